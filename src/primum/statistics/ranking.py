"""The order of models on one measure, with what is uncertain about it.

A sorted list claims more than the scores can show. Ranks here come with joint intervals, letters
for models that cannot be told apart, and the probability of coming first.

    rank_models(scores, names, clusters, kind="mean", low=1, high=5, better="lower",
                generator=np.random.default_rng(1))
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from primum.core.estimate import Estimate
from primum.core.study import RankedModel
from primum.core.summary import Better, MetricKind
from primum.statistics.cluster import ROUNDING, Codes, Floats, cluster_codes
from primum.statistics.crossed_bootstrap import Drawing, cluster_counts
from primum.statistics.crossed_design import Mask
from primum.statistics.crossed_fit import additive_fit, cluster_totals
from primum.statistics.estimate import estimate_of
from primum.statistics.interval import constant_interval, student_quantile
from primum.statistics.letters import compact_letters

_TIE = 1e-9
"""Means closer than this are equal: they differ by rounding only."""
_ENOUGH_TO_FLIP = 12
"""Clusters below which flips are too few for a tail, and Bonferroni's t serves."""


class Ranking(NamedTuple):
    """The models, best first."""

    models: tuple[RankedModel, ...]
    items: int
    """Items that some model has a score on."""
    clusters: int
    method: str
    """``bootstrap-ranks``, or ``none`` where there is one model, or one cluster only."""
    unranked: tuple[str, ...]
    """Models without any score."""


class _Order(NamedTuple):
    """What is known of the order; arrays in the order of the models, better is greater."""

    is_better: Mask
    """[j, k]: j is better than k beyond chance."""
    best: Floats
    method: str


def rank_models(
    scores: ArrayLike,
    names: Sequence[str],
    clusters: ArrayLike | None,
    *,
    kind: MetricKind,
    low: float,
    high: float,
    better: Better,
    generator: np.random.Generator,
    planned: ArrayLike | None = None,
    confidence: float = 0.95,
    resamples: int = 2000,
) -> Ranking:
    """The models with estimates, ranks, joint rank intervals, letters and chances of being best.

    Args:
        scores: models × items, NaN where missing or not asked.
        names: one per model.
        clusters: one label per item, or None for independent items.
        kind: of the estimates, as in ``estimate_of``.
        low: least possible score.
        high: greatest possible score.
        better: which end is good.
        generator: of the flips and of the bootstrap over item clusters.
        planned: models × items, whether a score was planned; None: all were.
        confidence: of the estimates' intervals, and jointly of all rank intervals.
        resamples: of each.

    Estimates are each model's own, and ranks follow them. Whether two models differ is judged on
    the additive fit of model and item, so that a model which lacks the hard items gains nothing:
    all pairwise differences at once, by the largest studentised one under flipped signs of whole
    clusters (the wild bootstrap: Cameron, Gelbach and Miller 2008), or, of few clusters, each by
    Student's t at its share of the level. A model's rank lies between one more than those that are
    better beyond chance and the number of models less those that are worse (Mogstad, Romano,
    Shaikh and Wilhelm 2024, "Inference for ranks with applications to mobility across
    neighbourhoods and academic achievement across countries"); an interval always holds the
    model's own rank.

    A difference that is the same in every cluster has no spread to judge by; it is then real if
    the exact limits for unseen values exclude 0 (Bonferroni over the pairs). One cluster alone
    tells no models apart, and gives each the same chance of being best.

    Raises:
        ValueError: shapes that do not fit, a rate over other values than 0 and 1.
    """
    matrix, asked = _checked(scores, names, planned)
    codes = cluster_codes(clusters, matrix.shape[1])
    ranked = [row for row, own in enumerate(matrix) if not np.isnan(own).all()]
    estimates = [
        estimate_of(
            kind,
            matrix[row, asked[row]],
            low=low,
            high=high,
            better=better,
            clusters=None if clusters is None else codes[asked[row]],
            confidence=confidence,
        )
        for row in ranked
    ]
    kept = (~np.isnan(matrix)).any(axis=0)
    sign = 1.0 if better == "higher" else -1.0
    values, labels = sign * matrix[ranked][:, kept], cluster_codes(codes[kept], int(kept.sum()))
    order = _order(values, labels, high - low, Drawing(generator, resamples), confidence)
    return Ranking(
        _ranked([names[row] for row in ranked], estimates, sign, order),
        items=int(kept.sum()),
        clusters=int(np.unique(labels).size),
        method=order.method,
        unranked=tuple(name for row, name in enumerate(names) if row not in ranked),
    )


def _checked(
    scores: ArrayLike, names: Sequence[str], planned: ArrayLike | None
) -> tuple[Floats, Mask]:
    matrix = np.asarray(scores, dtype=np.float64)
    if matrix.ndim != 2 or len(matrix) != len(names):
        raise ValueError(f"scores of shape {matrix.shape} for {len(names)} models")
    if np.isinf(matrix).any():
        raise ValueError("scores hold an infinite number")
    asked = np.ones(matrix.shape, dtype=np.bool_)
    if planned is not None:
        asked = np.asarray(planned, dtype=np.bool_)
    if asked.shape != matrix.shape:
        raise ValueError(f"{asked.shape} planned cells for scores of shape {matrix.shape}")
    return matrix, asked | ~np.isnan(matrix)


def _ranked(
    names: Sequence[str], estimates: Sequence[Estimate], sign: float, order: _Order
) -> tuple[RankedModel, ...]:
    values = np.array([sign * (estimate.value or 0.0) for estimate in estimates])
    ranks = 1 + (values[None, :] > values[:, None] + _TIE).sum(axis=1)
    lows = np.minimum(ranks, 1 + order.is_better.sum(axis=0))
    highs = np.maximum(ranks, len(names) - order.is_better.sum(axis=1))
    places = sorted(range(len(names)), key=lambda model: (ranks[model], model))
    place_of = {model: place for place, model in enumerate(places)}
    differing = [
        (place_of[int(first)], place_of[int(second)])
        for first, second in zip(*np.nonzero(order.is_better), strict=True)
    ]
    letters = compact_letters(len(names), sorted(differing))
    return tuple(
        RankedModel(
            model=names[model],
            estimate=estimates[model],
            rank=int(ranks[model]),
            rank_low=int(lows[model]),
            rank_high=int(highs[model]),
            best_probability=float(order.best[model]),
            groups=letters[place],
        )
        for place, model in enumerate(places)
    )


def _order(
    scores: Floats,
    clusters: Codes,
    width: float,
    drawing: Drawing,
    confidence: float,
) -> _Order:
    models, count = len(scores), int(np.unique(clusters).size)
    if models < 2 or count < 2:
        return _Order(
            np.zeros((models, models), dtype=np.bool_), np.full(models, 1 / max(1, models)), "none"
        )
    fit = additive_fit(scores)
    influence = cluster_totals(fit.inverse @ fit.residuals, clusters, count)
    moved = cluster_counts(drawing.generator, count, drawing.resamples) @ influence.T
    pairs = np.array(list(combinations(range(models), 2)))
    differences = _Differences(
        fit.effects[pairs[:, 0]] - fit.effects[pairs[:, 1]],
        influence[pairs[:, 0]] - influence[pairs[:, 1]],
        np.abs(fit.normal @ fit.inverse)[pairs[:, 0], pairs[:, 1]] > _TIE,
    )
    signs = 2.0 * drawing.generator.integers(0, 2, size=(drawing.resamples, count)) - 1
    turned = signs @ influence.T
    flipped = turned[:, pairs[:, 0]] - turned[:, pairs[:, 1]]
    real = _real_differences(differences, flipped, width, confidence)
    is_better = np.zeros((models, models), dtype=np.bool_)
    up = differences.values > 0
    is_better[pairs[real & up, 0], pairs[real & up, 1]] = True
    is_better[pairs[real & ~up, 1], pairs[real & ~up, 0]] = True
    return _Order(is_better, _best_shares(fit.effects + moved), "bootstrap-ranks")


class _Differences(NamedTuple):
    """One entry per pair of models, first minus second."""

    values: Floats
    influence: Floats
    """Pairs × clusters."""
    is_tied: Mask
    """Whether items tie the two models together, so that they can be compared at all."""


def _real_differences(
    differences: _Differences, flipped: Floats, width: float, confidence: float
) -> Mask:
    """Which differences are beyond chance, jointly over all pairs."""
    count = differences.influence.shape[1]
    deviations = np.sqrt((differences.influence**2).sum(axis=1))
    varying = differences.is_tied & (deviations > math.sqrt(ROUNDING) * _scale(differences.values))
    real = np.zeros(varying.size, dtype=np.bool_)
    if varying.any():
        joint = 1 - (1 - confidence) / int(varying.sum())
        critical = student_quantile(count - 1, joint)
        if count >= _ENOUGH_TO_FLIP:
            shares = flipped[:, varying] ** 2 / deviations[varying] ** 2
            critical = _critical(shares.max(axis=1), count, confidence)
        errors = deviations[varying] * math.sqrt(count / (count - 1))
        real[varying] = np.abs(differences.values[varying]) > critical * errors
    for pair in np.flatnonzero(differences.is_tied & ~varying):
        value = float(differences.values[pair])
        if abs(value) > _TIE:
            joint = 1 - (1 - confidence) / varying.size
            limits = constant_interval(value, count, -width, width, joint)
            real[pair] = limits is not None and (limits.low > 0 or limits.high < 0)
    return real


def _critical(shares: Floats, clusters: int, confidence: float) -> float:
    """The critical value of the largest t, from squared flipped sums over the sums of squares.

    A flip whose clusters all point one way has no spread: its t has no end. The centred clusters
    spread less than what they stand for, by (G-1)/G, which the flips' own t without that factor
    makes good.
    """
    largest = float(np.sort(shares)[math.ceil(confidence * (shares.size - 1))])
    left = 1 - largest / clusters
    return math.sqrt(largest / left) if left > _TIE else math.inf


def _scale(values: Floats) -> float:
    return max(1.0, float(np.abs(values).max()))


def _best_shares(drawn: Floats) -> Floats:
    """How often each column is the greatest; ties are split."""
    first = drawn >= drawn.max(axis=1, keepdims=True) - _TIE
    shares: Floats = (first / first.sum(axis=1, keepdims=True)).mean(axis=0)
    return shares
