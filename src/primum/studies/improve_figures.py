"""The figures of points over their seeds, and paired differences between points.

Everything is read off the panels (members × items): a member is the baseline or one adapter. A
difference takes an item where both sides have a score; adapters of two points are paired by seed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from primum.core.improve import ImproveEstimate, ImproveObjective, SeedValue
from primum.statistics.cluster import Codes, Floats
from primum.statistics.interval import Limits
from primum.statistics.seeds import SeedSpread, rate_gain_limits, seed_limits, seed_spread
from primum.studies.improve_objective import group_mask
from primum.studies.panel import Panel


class Members(NamedTuple):
    """The adapters of a point; the baseline has one, without a seed."""

    names: tuple[str, ...]
    seeds: tuple[int, ...]
    """Empty for the baseline."""


class Compared(NamedTuple):
    """An estimate with what its variance is made of."""

    estimate: ImproveEstimate
    spread: SeedSpread | None

    def of_seeds(self, seeds: Sequence[int], own: Sequence[ImproveEstimate]) -> Compared:
        """The same with each seed's own figure, where all of them have one."""
        if self.spread is None:
            return self
        values = tuple(
            SeedValue(seed, one.value, one.low, one.high, one.items, one.clusters, one.missing)
            for seed, one in zip(seeds, own, strict=False)
        )
        return Compared(replace(self.estimate, by_seed=values), self.spread)


class _Cells(NamedTuple):
    scores: Floats
    """Rows × items of the objective."""
    missing: int
    clusters: Codes


@dataclass(frozen=True, slots=True)
class Figures:
    """All panels of an improvement."""

    panels: Mapping[str, Panel]
    confidence: float = 0.95

    def level(self, members: Members, objective: ImproveObjective) -> Compared:
        """The figure itself."""
        whole = self._level(members, objective)
        own = [self._level(one, objective).estimate for one in _each(members)]
        return whole.of_seeds(members.seeds, own)

    def gain(self, before: Members, after: Members, objective: ImproveObjective) -> Compared:
        """After minus before, in the metric's units."""
        first, second, seeds = paired(before, after)
        whole = self._gain((first, second), seeds, objective)
        own = [
            self._gain(((old,), (new,)), (seed,), objective).estimate
            for old, new, seed in zip(first, second, seeds, strict=True)
        ]
        return whole.of_seeds(seeds, own)

    def _level(self, members: Members, objective: ImproveObjective) -> Compared:
        cells = self._cells(members.names, objective)
        spread = seed_spread(cells.scores, cells.clusters) if len(cells.scores) else None
        metric = objective.metric
        limits = None
        if spread is not None:
            limits = seed_limits(
                spread,
                low=metric.low,
                high=metric.high,
                is_rate=metric.kind == "rate",
                confidence=self.confidence,
            )
        return Compared(self._estimate(spread, limits, members.seeds, cells.missing), spread)

    def _gain(
        self,
        sides: tuple[Sequence[str], Sequence[str]],
        seeds: Sequence[int],
        objective: ImproveObjective,
    ) -> Compared:
        """``sides``: the names before, and those after, pair by pair."""
        old, new = (self._cells(names, objective) for names in sides)
        # The baseline stands once for every seed; what it lacks is missing once.
        missing = self._cells(list(dict.fromkeys(sides[0])), objective).missing
        both = ~(np.isnan(old.scores) | np.isnan(new.scores))
        gains = np.where(both, new.scores - old.scores, np.nan)
        spread = seed_spread(gains, new.clusters) if len(gains) else None
        limits = None
        if spread is not None:
            metric = objective.metric
            if metric.kind == "rate":
                spreads = [
                    seed_spread(np.where(both, side.scores, np.nan), side.clusters)
                    for side in (old, new)
                ]
                if spreads[0] is not None and spreads[1] is not None:
                    limits = rate_gain_limits(spreads[0], spreads[1], spread, self.confidence)
            else:
                width = metric.high - metric.low
                limits = seed_limits(spread, low=-width, high=width, confidence=self.confidence)
        estimate = self._estimate(spread, limits, seeds, missing + new.missing)
        return Compared(estimate, spread)

    def rows(self, names: Sequence[str], objective: ImproveObjective) -> tuple[Floats, Codes]:
        """Scores of these members on the objective's items, and the items' requests."""
        cells = self._cells(names, objective)
        return cells.scores, cells.clusters

    def _cells(self, names: Sequence[str], objective: ImproveObjective) -> _Cells:
        panel = self.panels[objective.part]
        grid = panel.grids[objective.metric.id]
        known = [name for name in names if name in panel.members]
        rows = panel.rows(known)
        mask = np.asarray(group_mask(panel, objective.group), dtype=np.bool_)
        mask &= grid.planned.any(axis=0)
        scores, planned = grid.values[rows][:, mask], grid.planned[rows][:, mask]
        missing = int((planned & np.isnan(scores)).sum())
        return _Cells(scores, missing, panel.clusters[mask])

    def _estimate(
        self,
        spread: SeedSpread | None,
        limits: Limits | None,
        seeds: Sequence[int],
        missing: int,
    ) -> ImproveEstimate:
        if spread is None:
            return ImproveEstimate(
                None, None, None, "items", len(seeds), 0, 0, missing, confidence=self.confidence
            )
        between = spread.between_seeds
        return ImproveEstimate(
            value=spread.value,
            low=None if limits is None else limits.low,
            high=None if limits is None else limits.high,
            reach="items" if spread.seeds < 2 else "seeds",
            seeds=spread.seeds,
            items=spread.items,
            clusters=spread.clusters,
            missing=missing,
            seed_deviation=None if between is None else float(np.sqrt(between)),
            confidence=self.confidence,
        )


def _each(members: Members) -> Iterator[Members]:
    """Each adapter by itself; none of the baseline, which has no seed."""
    for name, seed in zip(members.names, members.seeds, strict=False):
        yield Members((name,), (seed,))


def paired(
    before: Members, after: Members
) -> tuple[tuple[str, ...], tuple[str, ...], tuple[int, ...]]:
    """The names on both sides, and the seeds that pair them; the baseline stands to every seed."""
    if not before.seeds:
        return before.names * len(after.names), after.names, after.seeds
    place = dict(zip(before.seeds, before.names, strict=True))
    shared = [
        (place[seed], name, seed)
        for name, seed in zip(after.names, after.seeds, strict=True)
        if seed in place
    ]
    return (
        tuple(first for first, _, _ in shared),
        tuple(second for _, second, _ in shared),
        tuple(seed for _, _, seed in shared),
    )


def oriented(estimate: ImproveEstimate, sign: int) -> ImproveEstimate:
    """The estimate with its sign turned where ``sign`` is -1."""
    if sign > 0:
        return estimate
    return replace(
        estimate,
        value=_turned(estimate.value),
        low=_turned(estimate.high),
        high=_turned(estimate.low),
        by_seed=tuple(
            replace(one, value=_turned(one.value), low=_turned(one.high), high=_turned(one.low))
            for one in estimate.by_seed
        ),
    )


def _turned(value: float | None) -> float | None:
    return None if value is None else -value
