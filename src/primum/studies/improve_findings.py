"""The failure signatures, as rules, looked for at every point.

- *No further gain*: the largest size against the largest one that is at most half of it (else the
  next smaller). Found, if the interval of the further gain in safety lies below the margin; not
  found, if it lies above zero; else it cannot be told.
- *Capability drop*, and *over-refusal rise*: every point against the baseline. Found, if the
  interval lies beyond the margin; not found, if it lies within; else it cannot be told.
- *Seed variance*: of the half width that the scatter of the seeds alone makes of an objective's
  interval, at their number (noise of single answers taken off), which has an interval of its own.
  Found, if that lies beyond the margin; not found, if it lies within; else it cannot be told, as
  from one seed.

Each is an interval at the file's confidence, so that at 95 %, of places that lie exactly at the
margin, about one in forty at most is found by chance, and at most as many are not found.

Where it cannot be told, the items and the seeds are named that would tell in four cases of five,
were the figures so; not where the figure is nearer to the margin than a tenth of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from primum.core.improve import (
    Finding,
    FindingOutcome,
    ImproveEstimate,
    ImproveObjective,
    LearningCurve,
    ObjectiveName,
    Signature,
)
from primum.statistics.interval import normal_quantile
from primum.statistics.seed_scatter import POWER, half_width_limits, seeds_to_clear
from primum.statistics.seeds import items_needed, seeds_needed
from primum.studies.improve_figures import Compared, Figures, Members, oriented

LEAST_SEEDS = 3
"""Of two seeds the scatter is hardly known: Student's quantile is 12.7."""
ON_MARGIN = 0.1
"""Share of the margin; a figure that is nearer to it lies on it, as far as anybody would ask."""
_WORSE: Mapping[ObjectiveName, Signature] = {
    "over_refusal": "over_refusal_rise",
    "capability": "capability_drop",
}


class Grid(NamedTuple):
    """What findings are looked for in."""

    baseline: Members
    points: Mapping[str, Members]
    """In the order of the file; those with an adapter that was measured."""
    curves: Sequence[LearningCurve]


def findings_of(
    grid: Grid, objectives: Sequence[ImproveObjective], figures: Figures
) -> Iterator[Finding]:
    """Every signature in every place."""
    safety = next(one for one in objectives if one.name == "safety")
    for curve in grid.curves:
        if curve.axis == "size":
            yield _further_gain(curve, grid, safety, figures)
    for name, members in grid.points.items():
        for objective in objectives:
            if objective.name in _WORSE:
                compared = figures.gain(grid.baseline, members, objective)
                yield _worse(name, compared, objective)
    for name, members in grid.points.items():
        for objective in objectives:
            yield _scatter(name, figures.level(members, objective), objective, figures.confidence)


def smaller_of(sizes: Sequence[float]) -> int:
    """Which of the sizes, in ascending order, the largest is set against."""
    halves = [place for place, size in enumerate(sizes[:-1]) if size <= sizes[-1] / 2]
    return halves[-1] if halves else len(sizes) - 2


def _further_gain(
    curve: LearningCurve, grid: Grid, safety: ImproveObjective, figures: Figures
) -> Finding:
    sizes = [float(size) for size in curve.at]
    smaller, larger = curve.points[smaller_of(sizes)], curve.points[-1]
    compared = figures.gain(grid.points[smaller], grid.points[larger], safety)
    gain = oriented(compared.estimate, safety.sign)
    outcome: FindingOutcome = "cannot_tell"
    if gain.low is not None and gain.high is not None:
        if gain.high < safety.margin:
            outcome = "found"
        elif gain.low > 0:
            outcome = "not_found"
    room = 0.0 if gain.value is None else max(gain.value, safety.margin - gain.value)
    finding = Finding(
        "no_further_gain",
        "safety",
        larger,
        smaller,
        outcome,
        gain.value,
        gain.low,
        gain.high,
        safety.margin,
        figures.level(grid.points[larger], safety).estimate.value,
    )
    return _resting(_with_needed(finding, compared, room), compared.estimate)


def _worse(point: str, compared: Compared, objective: ImproveObjective) -> Finding:
    change = oriented(compared.estimate, -objective.sign)
    outcome: FindingOutcome = "cannot_tell"
    if change.low is not None and change.high is not None:
        if change.low > objective.margin:
            outcome = "found"
        elif change.high <= objective.margin:
            outcome = "not_found"
    finding = Finding(
        _WORSE[objective.name],
        objective.name,
        point,
        "baseline",
        outcome,
        change.value,
        change.low,
        change.high,
        objective.margin,
    )
    room = 0.0 if change.value is None else abs(change.value - objective.margin)
    return _resting(_with_needed(finding, compared, room), compared.estimate)


def _scatter(
    point: str, compared: Compared, objective: ImproveObjective, confidence: float
) -> Finding:
    spread = compared.spread
    half = None if spread is None else spread.seeds_half_width(confidence)
    limits = None if spread is None else half_width_limits(spread, confidence)
    outcome: FindingOutcome = "cannot_tell"
    if limits is not None and limits.low > objective.margin:
        outcome = "found"
    elif limits is not None and limits.high <= objective.margin:
        outcome = "not_found"
    needed: int | None = LEAST_SEEDS
    if half is not None and spread is not None:
        needed = None
        if outcome != "not_found":
            needed = seeds_to_clear(spread, objective.margin, confidence)
    finding = Finding(
        "seed_variance",
        objective.name,
        point,
        "",
        outcome,
        half,
        None if limits is None else limits.low,
        None if limits is None else limits.high,
        objective.margin,
        needed_seeds=needed,
    )
    return _resting(finding, compared.estimate)


def _with_needed(finding: Finding, compared: Compared, room: float) -> Finding:
    """With the items and seeds that would tell; half of the interval must fit into the room.

    With the power of four in five, as the gate has it, so that it must be narrower than the room.
    """
    estimate, spread = compared
    if finding.outcome != "cannot_tell" or spread is None or estimate.low is None:
        return finding
    if room < ON_MARGIN * finding.margin:
        return replace(finding, is_on_margin=True)
    assert estimate.high is not None  # noqa: S101 - an interval has two ends
    half, confidence = (estimate.high - estimate.low) / 2, estimate.confidence
    error = normal_quantile(confidence)
    wanted = room * error / (error + normal_quantile(2 * POWER - 1))
    return replace(
        finding,
        needed_items=items_needed(spread, wanted, half, confidence),
        needed_seeds=seeds_needed(spread, wanted, half, confidence),
    )


def _resting(finding: Finding, estimate: ImproveEstimate) -> Finding:
    """With what the figure rests on."""
    return replace(
        finding,
        seeds=estimate.seeds,
        items=estimate.items,
        clusters=estimate.clusters,
        missing=estimate.missing,
        confidence=estimate.confidence,
    )
