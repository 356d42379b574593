"""The figures of points over their seeds, and paired differences between points.

Everything is read off the panels (members × items): a member is the baseline or one adapter. A
difference takes an item where both sides have a score; adapters of two points are paired by seed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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

    def gain(self, before: Members, after: Members, objective: ImproveObjective) -> Compared:
        """After minus before, in the metric's units."""
        first, second, seeds = paired(before, after)
        old, new = self._cells(first, objective), self._cells(second, objective)
        # The baseline stands once for every seed; what it lacks is missing once.
        missing = self._cells(list(dict.fromkeys(first)), objective).missing
        both = ~(np.isnan(old.scores) | np.isnan(new.scores))
        gains = np.where(both, new.scores - old.scores, np.nan)
        spread = seed_spread(gains, new.clusters) if len(gains) else None
        limits = None
        if spread is not None:
            metric = objective.metric
            if metric.kind == "rate":
                sides = [
                    seed_spread(np.where(both, side.scores, np.nan), side.clusters)
                    for side in (old, new)
                ]
                if sides[0] is not None and sides[1] is not None:
                    limits = rate_gain_limits(sides[0], sides[1], spread, self.confidence)
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
            by_seed=tuple(
                SeedValue(seed, value) for seed, value in zip(seeds, spread.by_seed, strict=False)
            ),
            seed_deviation=None if between is None else float(np.sqrt(between)),
            confidence=self.confidence,
        )


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
    value, low, high = estimate.value, estimate.low, estimate.high
    return ImproveEstimate(
        value=None if value is None else -value,
        low=None if high is None else -high,
        high=None if low is None else -low,
        reach=estimate.reach,
        seeds=estimate.seeds,
        items=estimate.items,
        clusters=estimate.clusters,
        missing=estimate.missing,
        by_seed=tuple(
            SeedValue(one.seed, None if one.value is None else -one.value)
            for one in estimate.by_seed
        ),
        seed_deviation=estimate.seed_deviation,
        confidence=estimate.confidence,
    )
