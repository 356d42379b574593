"""Contrasts of models that answered the same items, with intervals for items, or for models too.

The scores of a block are a matrix, models × items, NaN where a score is missing or was never asked
for. One block gives a contrast of models; two blocks, for two levels of the items that cannot be
paired item by item, give how much the contrast differs between them (second minus first). Where
levels can be paired (translations, twins), hand over one block of paired differences.

    block = Block(scores, clusters=request_codes)
    crossed_contrast([block], Groups([0, 0, 0, 1, 1, 1]), generator=np.random.default_rng(1))

It knows rows and columns only; names and labels are the caller's.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtr

from primum.core.study import CrossedDifference, Reach
from primum.statistics.cluster import ROUNDING, Codes, Floats
from primum.statistics.crossed_bootstrap import Drawing, pigeonhole_limits
from primum.statistics.crossed_design import (
    Dose,
    Each,
    Groups,
    Mask,
    ModelDesign,
    Pairs,
    Units,
    unit_scores,
    units_of,
)
from primum.statistics.crossed_fit import Fit, fit_block
from primum.statistics.crossed_variance import (
    MINIMUM_RANDOM_UNITS,
    Spread,
    crossed_spread,
    item_spread,
    total_effects,
    total_influence,
)
from primum.statistics.interval import Limits, student_quantile

__all__ = [
    "MINIMUM_RANDOM_UNITS",
    "Block",
    "Dose",
    "Each",
    "Groups",
    "ModelDesign",
    "Pairs",
    "crossed_contrast",
]


class Block(NamedTuple):
    """Scores of models on some items."""

    scores: ArrayLike
    """Models × items; NaN where missing or not asked."""
    clusters: ArrayLike
    """One code per item; equal codes, also across blocks, are one request."""
    planned: ArrayLike | None = None
    """Models × items, whether a score was planned; None: all were. Only counts ``missing``."""
    low: float = -math.inf
    """The lowest score that there can be; see ``crossed_bounds``."""
    high: float = math.inf


class _Matrix(NamedTuple):
    """A block as units × items."""

    scores: Floats
    clusters: Codes
    missing: Mask


def crossed_contrast(
    blocks: Sequence[Block],
    design: ModelDesign,
    *,
    generator: np.random.Generator | None = None,
    width: float = math.inf,
    confidence: float = 0.95,
    resamples: int = 1000,
) -> CrossedDifference:
    """The contrast with its interval, p-value and, given a generator, a bootstrap interval.

    Args:
        blocks: one, or two for the difference of the contrast between two levels of the items.
        design: which models are compared; see ``crossed_design``.
        generator: of the bootstrap; None makes none.
        width: of the scale; limits of anything but a slope are cut off where it ends.
        confidence: of all intervals.
        resamples: of the bootstrap.

    - Value: groups and doses by the additive fit over observed cells, on complete data the
      difference of plain means; pairs, and each model against zero, by plain means over the items
      that the pair or the model has. A model (or pair) without a score in one of the blocks is
      left out.
    - Items bear on a group contrast or a slope where both sides (positive and negative weights)
      have a score; on pairs where some pair has both; on ``Each`` where some model has one.
    - ``reach`` is ``models`` where each side has ``MINIMUM_RANDOM_UNITS`` independent units and
      items tie all of them together; else ``items``. Kin count once on each side that they stand
      on; of a slope it is the kin that are left when each family and the slope took one. See
      ``crossed_variance`` for both.
    - A slope whose reach is ``items`` has an interval and no p-value: sizes are the models' own,
      so a few models that differ make one without any help of size.
    - ``units_first`` and ``units_second`` are the models of both groups; of pairs, each and dose
      the first is the number of units and the second 0.
    - Fewer than two clusters in a block, an empty side, no spread, or sides that no items tie
      together give no limits and the method ``none``.

    Raises:
        ValueError: blocks or design have shapes that do not fit, scores are infinite.
    """
    matrices = _matrices(blocks, design)
    units = _shared_units(matrices, design)
    if units is None:
        return _nothing(matrices, confidence)
    bearing = [_bearing(matrix, units) for matrix in matrices]
    every = np.concatenate([matrix.clusters for matrix in bearing])
    count = int(np.unique(every).size)
    codes = np.unique(every, return_inverse=True)[1].astype(np.int64)
    parts = np.split(codes, np.cumsum([matrix.clusters.size for matrix in bearing])[:-1])
    fits = [
        fit
        for matrix, part in zip(bearing, parts, strict=True)
        if (fit := fit_block(matrix.scores, part, count, units)) is not None
    ]
    if len(fits) < len(bearing):
        return _nothing(matrices, confidence)
    drawing = None if generator is None else Drawing(generator, resamples)
    ends = width * len(blocks) if units.slope is None else math.inf
    noise = ROUNDING * max(float(np.nanvar(matrix.scores)) for matrix in bearing)
    return _difference(
        _Contrast(matrices, bearing, units, fits, count), ends, noise, drawing, confidence
    )


class _Contrast(NamedTuple):
    planned: Sequence[_Matrix]
    bearing: Sequence[_Matrix]
    units: Units
    fits: Sequence[Fit]
    clusters: int


def _difference(
    contrast: _Contrast, ends: float, noise: float, drawing: Drawing | None, confidence: float
) -> CrossedDifference:
    units, fits = contrast.units, contrast.fits
    effects = total_effects(fits)
    value = float(units.weights @ effects)
    items = item_spread(fits, units)
    crossed = None if items is None else crossed_spread(fits, units, items)
    reach: Reach = "items" if crossed is None else "models"
    is_untested = units.slope is not None and crossed is None
    spread = _real(crossed or items, noise)
    own = _limits(value, _real(items, noise), ends, confidence)
    limits = _limits(value, spread, ends, confidence)
    drawn = None
    if drawing is not None and items is not None:
        drawn = pigeonhole_limits(
            effects,
            total_influence(fits),
            units,
            drawing,
            draws_models=crossed is not None,
            confidence=confidence,
        )
    return CrossedDifference(
        value=value,
        low=None if limits is None else limits.low,
        high=None if limits is None else limits.high,
        p_value=None if spread is None or is_untested else _p_value(value, spread),
        reach=reach,
        items=sum(matrix.clusters.size for matrix in contrast.bearing),
        clusters=contrast.clusters,
        units_first=_units_first(units),
        units_second=units.rows.size - _units_first(units),
        missing=_missing(contrast.planned, units.rows),
        method="none" if spread is None else _METHODS[reach],
        degrees_of_freedom=None if spread is None else spread.degrees_of_freedom,
        items_low=None if own is None else own.low,
        items_high=None if own is None else own.high,
        bootstrap_low=None if drawn is None else max(-ends, drawn.low),
        bootstrap_high=None if drawn is None else min(ends, drawn.high),
        confidence=confidence,
        bases=None if units.slope is None else int(np.unique(units.kin).size),
        families=None if units.slope is None else int(np.unique(units.strata).size),
    )


_METHODS: dict[Reach, str] = {"models": "two-way-cluster-t", "items": "item-cluster-t"}


def _matrices(blocks: Sequence[Block], design: ModelDesign) -> list[_Matrix]:
    if len(blocks) not in (1, 2):
        raise ValueError(f"{len(blocks)} blocks; one or two are expected")
    matrices = []
    for block in blocks:
        scores = np.asarray(block.scores, dtype=np.float64)
        clusters = np.asarray(block.clusters)
        if scores.ndim != 2 or clusters.shape != scores.shape[1:]:
            raise ValueError(f"scores of shape {scores.shape} with {clusters.shape} cluster codes")
        if np.isinf(scores).any():
            raise ValueError("scores hold an infinite number")
        planned = np.ones(scores.shape) if block.planned is None else np.asarray(block.planned)
        if planned.shape != scores.shape:
            raise ValueError(f"{planned.shape} planned cells for scores of shape {scores.shape}")
        rows = unit_scores(design, scores)
        missing = np.isnan(rows) & (unit_scores(design, np.where(planned, 0.0, np.nan)) == 0)
        matrices.append(_Matrix(rows, clusters, missing))
    if len({len(matrix.scores) for matrix in matrices}) > 1:
        raise ValueError("blocks have different numbers of models")
    return matrices


def _shared_units(matrices: Sequence[_Matrix], design: ModelDesign) -> Units | None:
    """The units with a bearing score in every block: leaving one out may strip others of items."""
    present = np.ones(len(matrices[0].scores), dtype=np.bool_)
    while True:
        units = units_of(design, present)
        if units is None:
            return None
        held = np.zeros_like(present)
        held[units.rows] = np.all(
            [(~np.isnan(_bearing(matrix, units).scores)).any(axis=1) for matrix in matrices], axis=0
        )
        if held[units.rows].all():
            return units
        present = held


def _bearing(matrix: _Matrix, units: Units) -> _Matrix:
    scores = matrix.scores[units.rows]
    observed = ~np.isnan(scores)
    if units.is_plain:
        kept = observed.any(axis=0)
    else:
        kept = np.all([observed[side].any(axis=0) for side in units.sides], axis=0)
    return _Matrix(scores[:, kept], matrix.clusters[kept], matrix.missing)


def _units_first(units: Units) -> int:
    if units.is_plain or units.slope is not None:
        return int(units.rows.size)
    return int((units.strata == 0).sum())


def _missing(matrices: Sequence[_Matrix], rows: Codes) -> int:
    return sum(int(matrix.missing[rows].sum()) for matrix in matrices)


def _real(spread: Spread | None, noise: float) -> Spread | None:
    return spread if spread is not None and spread.variance > noise else None


def _limits(value: float, spread: Spread | None, ends: float, confidence: float) -> Limits | None:
    if spread is None:
        return None
    half = student_quantile(spread.degrees_of_freedom, confidence) * math.sqrt(spread.variance)
    return Limits(max(-ends, value - half), min(ends, value + half))


def _p_value(value: float, spread: Spread) -> float:
    return float(2 * stdtr(spread.degrees_of_freedom, -abs(value) / math.sqrt(spread.variance)))


def _nothing(matrices: Sequence[_Matrix], confidence: float) -> CrossedDifference:
    return CrossedDifference(
        value=None,
        low=None,
        high=None,
        p_value=None,
        reach="items",
        items=0,
        clusters=0,
        units_first=0,
        units_second=0,
        missing=sum(int(matrix.missing.sum()) for matrix in matrices),
        method="none",
        confidence=confidence,
    )
