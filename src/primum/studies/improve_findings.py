"""The failure signatures, as rules, looked for at every point.

- *No further gain*: the largest size against the largest one that is at most half of it (else the
  next smaller). Found, if the interval of the further gain in safety lies below the margin; not
  found, if it lies above zero; else it cannot be told.
- *Capability drop*, and *over-refusal rise*: every point against the baseline. Found, if the
  interval lies beyond the margin; not found, if it lies within; else it cannot be told.
- *Seed variance*: not found, if the scatter of the seeds alone, at their number, makes at most the
  margin of an objective's interval (the half width; noise of single answers taken off). Found, if
  it makes more and is no noise itself (F test at the same confidence); else it cannot be told, as
  from one seed.

Where it cannot be told, the items and the seeds are named that would tell, were the figures so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from primum.core.improve import (
    Finding,
    FindingOutcome,
    ImproveObjective,
    LearningCurve,
    ObjectiveName,
    Signature,
)
from primum.statistics.seeds import items_needed, scatter_p, seeds_for_scatter, seeds_needed
from primum.studies.improve_figures import Compared, Figures, Members, oriented

LEAST_SEEDS = 3
"""Of two seeds the scatter is hardly known: Student's quantile is 12.7."""
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
    return Finding(
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
        *_needed(outcome, compared, room, figures.confidence),
    )


def _worse(point: str, compared: Compared, objective: ImproveObjective) -> Finding:
    change = oriented(compared.estimate, -objective.sign)
    outcome: FindingOutcome = "cannot_tell"
    if change.low is not None and change.high is not None:
        if change.low > objective.margin:
            outcome = "found"
        elif change.high <= objective.margin:
            outcome = "not_found"
    room = 0.0 if change.value is None else abs(change.value - objective.margin)
    return Finding(
        _WORSE[objective.name],
        objective.name,
        point,
        "baseline",
        outcome,
        change.value,
        change.low,
        change.high,
        objective.margin,
        None,
        *_needed(outcome, compared, room, compared.estimate.confidence),
    )


def _scatter(
    point: str, compared: Compared, objective: ImproveObjective, confidence: float
) -> Finding:
    spread = compared.spread
    half = None if spread is None else spread.seeds_half_width(confidence)
    outcome: FindingOutcome = "cannot_tell"
    needed: int | None = LEAST_SEEDS
    if half is not None and spread is not None:
        chance = scatter_p(spread)
        needed = seeds_for_scatter(spread, objective.margin, confidence)
        if half <= objective.margin:
            outcome, needed = "not_found", None
        elif chance is not None and chance < 1 - confidence:
            outcome = "found"
    return Finding(
        "seed_variance",
        objective.name,
        point,
        "",
        outcome,
        half,
        None,
        None,
        objective.margin,
        needed_seeds=needed,
    )


def _needed(
    outcome: FindingOutcome, compared: Compared, room: float, confidence: float
) -> tuple[int | None, int | None]:
    """Items and seeds with which half of the interval would fit into the room."""
    estimate, spread = compared
    if outcome != "cannot_tell" or spread is None or estimate.low is None or estimate.high is None:
        return None, None
    half = (estimate.high - estimate.low) / 2
    return (
        items_needed(spread, room, half, confidence),
        seeds_needed(spread, room, half, confidence),
    )
