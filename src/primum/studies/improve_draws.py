"""What the figures would be, had other items and other seeds been drawn.

Requests are drawn with replacement within each part, once for all models, so that what they share
stays shared; seeds are drawn once for all points. With few seeds such draws vary too little by
about the factor (S-1)/S, which is said where they are used.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from primum.core.improve import ImproveObjective
from primum.statistics.cluster import Floats
from primum.statistics.crossed_bootstrap import cluster_counts
from primum.statistics.pareto import front_chances
from primum.studies.improve_figures import Figures, Members


@dataclass(slots=True)
class Draws:
    """Resamples of one improvement; equal for equal figures and seeds."""

    figures: Figures
    seeds: tuple[int, ...]
    resamples: int
    _of_requests: dict[str, Floats] = field(default_factory=dict)
    _of_seeds: Floats | None = None

    def means(self, members: Members, objective: ImproveObjective) -> Floats:
        """The point's figure in every resample; NaN where nothing was drawn."""
        scores, clusters = self.figures.rows(members.names, objective)
        if not len(scores):
            return np.full(self.resamples, np.nan)
        counts = self._requests(objective.part)[:, clusters]
        scored = ~np.isnan(scores)
        weights = counts @ scored.T.astype(np.float64)
        totals = counts @ np.where(scored, scores, 0.0).T
        own = np.divide(totals, weights, out=np.full(totals.shape, np.nan), where=weights > 0)
        if not members.seeds:
            alone: Floats = own[:, 0]
            return alone
        drawn = self._seeds()[:, [self.seeds.index(seed) for seed in members.seeds]]
        drawn = np.where(np.isnan(own), 0.0, drawn)
        all_drawn = drawn.sum(axis=1)
        sums = (drawn * np.where(np.isnan(own), 0.0, own)).sum(axis=1)
        found: Floats = np.divide(
            sums, all_drawn, out=np.full(self.resamples, np.nan), where=all_drawn > 0
        )
        return found

    def chances(
        self, points: Mapping[str, Members], objectives: Sequence[ImproveObjective]
    ) -> dict[str, float | None]:
        """Point → how often no other one dominates it."""
        table = np.stack(
            [
                np.stack(
                    [-one.sign * self.means(members, one) for one in objectives],
                    axis=-1,
                )
                for members in points.values()
            ],
            axis=1,
        )
        found = front_chances(table)
        return {
            name: None if np.isnan(chance) else float(chance)
            for name, chance in zip(points, found, strict=True)
        }

    def _requests(self, part: str) -> Floats:
        if part not in self._of_requests:
            panel = self.figures.panels[part]
            place = sorted(self.figures.panels).index(part)
            generator = np.random.default_rng([20_261_121, place])
            count = int(panel.clusters.max(initial=-1)) + 1
            self._of_requests[part] = cluster_counts(generator, count, self.resamples)
        return self._of_requests[part]

    def _seeds(self) -> Floats:
        if self._of_seeds is None:
            generator = np.random.default_rng([20_261_121, 1_000_000])
            self._of_seeds = cluster_counts(generator, len(self.seeds), self.resamples)
        return self._of_seeds
