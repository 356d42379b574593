"""The points of an improvement: each way to tune with its figures over its seeds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Literal, NamedTuple

from primum.core.gate import Outcome
from primum.core.improve import (
    ImproveAdapter,
    ImproveEstimate,
    ImproveObjective,
    ImprovePoint,
    LearningCurve,
    ObjectiveName,
)
from primum.statistics.pareto import dominance
from primum.studies.improve_figures import Figures, Members
from primum.studies.improve_findings import Grid
from primum.studies.improve_grid import GridPoint
from primum.studies.improve_plan import BASELINE, adapter_name


class TunedPoint(NamedTuple):
    """A point of the grid and what became of it."""

    point: GridPoint
    method: str
    demonstrations: int
    harmful: int
    benign: int
    updates: int
    epochs: float
    adapters: tuple[ImproveAdapter, ...]

    @property
    def members(self) -> Members:
        """Its adapters that were measured."""
        done = [one for one in self.adapters if not one.reason]
        names = tuple(adapter_name(self.point, one.seed) for one in done)
        return Members(names, tuple(one.seed for one in done))


def baseline_point(
    figures: Figures,
    objectives: Sequence[ImproveObjective],
    members: Members,
    chance: float | None,
) -> ImprovePoint:
    """The model as it was."""
    return ImprovePoint(
        name=BASELINE,
        candidate="",
        values={},
        method="",
        demonstrations=0,
        harmful=0,
        benign=0,
        updates=0,
        epochs=0.0,
        adapters=(),
        levels={one.name: figures.level(members, one).estimate for one in objectives},
        gains={},
        front_chance=chance,
    )


def tuned_point(
    tuned: TunedPoint,
    grid: Grid,
    objectives: Sequence[ImproveObjective],
    figures: Figures,
    chances: Mapping[str, float | None],
) -> ImprovePoint:
    """One way to tune, with its figures and what they changed."""
    members = tuned.members
    levels: dict[ObjectiveName, ImproveEstimate] = {}
    gains: dict[ObjectiveName, ImproveEstimate] = {}
    for one in objectives:
        levels[one.name] = figures.level(members, one).estimate
        gains[one.name] = figures.gain(grid.baseline, members, one).estimate
    return ImprovePoint(
        name=tuned.point.name,
        candidate=tuned.point.candidate.name,
        values=dict(tuned.point.values),
        method=tuned.method,
        demonstrations=tuned.demonstrations,
        harmful=tuned.harmful,
        benign=tuned.benign,
        updates=tuned.updates,
        epochs=tuned.epochs,
        adapters=tuned.adapters,
        levels=levels,
        gains=gains,
        front_chance=chances.get(tuned.point.name),
        gate=_gate(tuned.adapters),
    )


def _gate(adapters: Sequence[ImproveAdapter]) -> Outcome | None:
    outcomes = {one.gate.outcome for one in adapters if one.gate is not None}
    if not outcomes:
        return None
    if "fail" in outcomes:
        return "fail"
    is_whole = all(one.gate is not None for one in adapters)
    return "pass" if outcomes == {"pass"} and is_whole else "undecided"


def with_dominance(
    points: Sequence[ImprovePoint], objectives: Sequence[ImproveObjective]
) -> list[ImprovePoint]:
    """The points, each with those that are better throughout."""
    losses = [
        [
            float("nan") if (value := point.levels[one.name].value) is None else -one.sign * value
            for one in objectives
        ]
        for point in points
    ]
    beaten = dominance(losses)
    return [
        replace(
            point,
            dominated_by=tuple(
                other.name for other, wins in zip(points, beaten[:, place], strict=True) if wins
            ),
        )
        for place, point in enumerate(points)
    ]


def curves_of(tuned: Sequence[TunedPoint]) -> Iterator[LearningCurve]:
    """Points that differ in the number of demonstrations, or of updates, alone."""
    axes: tuple[Literal["size", "updates"], ...] = ("size", "updates")
    for axis in axes:
        groups: dict[object, list[TunedPoint]] = {}
        for one in tuned:
            if axis in one.point.values:
                groups.setdefault(one.point.beside(axis), []).append(one)
        for own in groups.values():
            if len(own) < 2:
                continue
            ordered = sorted(own, key=lambda one: one.point.values[axis])
            first = ordered[0].point
            varies = axis == "size" and len({one.updates for one in ordered}) > 1
            yield LearningCurve(
                axis=axis,
                candidate=first.candidate.name,
                beside={name: value for name, value in first.values.items() if name != axis},
                points=tuple(one.point.name for one in ordered),
                at=tuple(one.point.values[axis] for one in ordered),
                also_varies=("updates",) if varies else (),
            )
