"""One metric over all items and over every group of every dimension.

Micro counts every observation once; macro counts every main guideline once, because published
sets have unequal numbers of requests per guideline.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.core.estimate import Estimate
from primum.core.summary import GROUP_MARK, Cell, Metric
from primum.evaluation.layout import DIMENSIONS, Mask, RunLayout
from primum.evaluation.metric import MetricRule, Observations, metric_of, observe, unit_of
from primum.evaluation.score import Scores
from primum.evaluation.setting import SummarySettings
from primum.statistics.estimate import estimate_of
from primum.statistics.macro import macro_estimate
from primum.statistics.median import median_estimate
from primum.statistics.ratio import share_of_parts

CROSSED = (
    ("category", "strategy"),
    ("perspective", "language"),
    ("perspective", "benchmark"),
)
"""Pairs of dimensions that the leading metrics are also broken down by."""
CROSSED_WITH_TURN = (("turn", "language"), ("turn", "strategy"), ("turn", "category"))
ALWAYS_SHOWN = frozenset({"benchmark", "perspective", "language"})
"""Dimensions that are shown even with a single group: whose view, in which language, and of a run
of several benchmarks which one."""


class Measured(NamedTuple):
    """A metric with what it is computed over."""

    metric: Metric
    rule: MetricRule
    scores: Scores
    observations: Observations
    """Of the metric's intent only."""


def measure(
    rule: MetricRule, scores: Scores, intent: str, layout: RunLayout, settings: SummarySettings
) -> Measured:
    """The metric's observations on the items of one intent."""
    observations = observe(rule, scores, layout, settings, unit_of(rule, settings))
    kept = _concerned(scores, intent, layout)
    return Measured(
        metric_of(rule, scores, intent), rule, scores, select(observations, kept[observations.item])
    )


def measure_turns(measured: Measured, layout: RunLayout, settings: SummarySettings) -> Observations:
    """The same metric turn by turn, on the items of several turns only.

    Items of one turn are left out: the first turn of the others would else be set against
    another mix of requests.
    """
    observations = observe(measured.rule, measured.scores, layout, settings, "turn")
    kept = layout.multi_turn & _concerned(measured.scores, measured.metric.intent, layout)
    return select(observations, kept[observations.item])


def _concerned(scores: Scores, intent: str, layout: RunLayout) -> Mask:
    """Per item: whether it is of the intent and judged at all."""
    mask: Mask = layout.covered(scores.scope) & (layout.intents == intent)
    return mask


def select(observations: Observations, kept: Mask) -> Observations:
    """The observations where the mask is true."""
    return _take(observations, np.flatnonzero(kept))


def cells_of(measured: Measured, layout: RunLayout, settings: SummarySettings) -> list[Cell]:
    """Overall and by dimension; a dimension with one group is left out, see ``ALWAYS_SHOWN``."""
    metric, observations = measured.metric, measured.observations
    micro = estimate_over(measured, observations, layout, settings)
    cells = [Cell(metric.id, "overall", "micro", micro)]
    guideline = layout.labels["guideline"][observations.item]
    is_averaged = measured.rule.reading in ("mean", "share", "held")
    if is_averaged and np.unique(guideline[guideline != ""]).size > 1:
        macro = _macro(metric, select(observations, guideline != ""), layout, settings)
        cells.append(Cell(metric.id, "overall", "macro", macro))
    always = ALWAYS_SHOWN
    if np.unique(layout.labels["benchmark"]).size > 1:
        # A measure that one set of a suite has alone must still say which.
        always |= {"benchmark"}
    for dimension in DIMENSIONS:
        labels = layout.labels[dimension][observations.item]
        for group, members in _grouped(labels, single=dimension in always):
            estimate = estimate_over(measured, _take(observations, members), layout, settings)
            cells.append(Cell(metric.id, dimension, group, estimate))
    if metric.primary:
        cells.extend(_crossed(measured, observations, CROSSED, layout, settings))
    if measured.rule.has_turns:
        by_turn = measure_turns(measured, layout, settings)
        for turn in np.unique(by_turn.turn).tolist():
            estimate = estimate_over(
                measured, select(by_turn, by_turn.turn == turn), layout, settings
            )
            cells.append(Cell(metric.id, "turn", str(turn + 1), estimate))
        if metric.primary:
            cells.extend(_crossed(measured, by_turn, CROSSED_WITH_TURN, layout, settings))
    return cells


def _take(observations: Observations, members: NDArray[np.int64]) -> Observations:
    return Observations(
        observations.values[members],
        observations.item[members],
        observations.repeat[members],
        observations.turn[members],
        *(
            None if column is None else column[members]
            for column in (observations.weights, observations.at_low, observations.at_high)
        ),
    )


def _grouped(labels: NDArray[np.str_], *, single: bool) -> Iterator[tuple[str, NDArray[np.int64]]]:
    """Each label with its positions; nothing if there is only one and it may be left out."""
    names, codes = np.unique(labels, return_inverse=True)
    if np.count_nonzero(names != "") < (1 if single else 2):
        return
    order = np.argsort(codes, kind="stable")
    edges = np.cumsum(np.bincount(codes, minlength=names.size))[:-1]
    for name, members in zip(names.tolist(), np.split(order, edges), strict=True):
        if name:
            yield name, members


def _crossed(
    measured: Measured,
    observations: Observations,
    pairs: Sequence[tuple[str, str]],
    layout: RunLayout,
    settings: SummarySettings,
) -> Iterator[Cell]:
    """Two dimensions at once, where both have several groups."""
    for pair in pairs:
        first, second = (_labels_of(name, observations, layout) for name in pair)
        if any(np.unique(labels[labels != ""]).size < 2 for labels in (first, second)):
            continue
        joined = np.where(
            (first == "") | (second == ""),
            "",
            np.char.add(np.char.add(first, GROUP_MARK), second),
        )
        for group, members in _grouped(joined, single=True):
            estimate = estimate_over(measured, _take(observations, members), layout, settings)
            yield Cell(measured.metric.id, "*".join(pair), group, estimate)


def _labels_of(name: str, observations: Observations, layout: RunLayout) -> NDArray[np.str_]:
    if name == "turn":
        return (observations.turn + 1).astype(np.str_)
    return layout.labels[name][observations.item]


def estimate_over(
    measured: Measured, observations: Observations, layout: RunLayout, settings: SummarySettings
) -> Estimate:
    """The metric over some of its observations."""
    metric, clusters = measured.metric, layout.item_cluster[observations.item]
    if measured.rule.reading == "median":
        return median_estimate(
            observations.values,
            low=metric.low,
            high=metric.high,
            better=metric.better,
            clusters=clusters,
            confidence=settings.confidence,
        )
    if observations.weights is not None:
        return share_of_parts(
            observations.values,
            observations.weights,
            better=metric.better,
            clusters=clusters,
            confidence=settings.confidence,
        ).share
    estimate = estimate_of(
        metric.kind,
        observations.values,
        low=metric.low,
        high=metric.high,
        better=metric.better,
        clusters=clusters,
        confidence=settings.confidence,
    )
    ones = np.zeros(observations.values.size, dtype=np.int64)
    return _with_turn_bounds(estimate, metric, observations, ones)


def _with_turn_bounds(
    estimate: Estimate, metric: Metric, observations: Observations, groups: NDArray[Any]
) -> Estimate:
    """The estimate with bounds that fill the missing turns only; the mean over groups' means."""
    if observations.at_low is None or observations.at_high is None or not groups.size:
        return estimate
    codes = np.unique(groups, return_inverse=True)[1]
    sizes = np.bincount(codes)
    least, most = (
        float((np.bincount(codes, weights=column) / sizes).mean())
        for column in (observations.at_low, observations.at_high)
    )
    worst, best = (most, least) if metric.better == "lower" else (least, most)
    return replace(estimate, worst=worst, best=best)


def _macro(
    metric: Metric, observations: Observations, layout: RunLayout, settings: SummarySettings
) -> Estimate:
    guidelines = layout.labels["guideline"][observations.item]
    estimate = macro_estimate(
        metric.kind,
        observations.values,
        guidelines,
        low=metric.low,
        high=metric.high,
        better=metric.better,
        clusters=layout.item_cluster[observations.item],
        confidence=settings.confidence,
    )
    return _with_turn_bounds(estimate, metric, observations, guidelines)
