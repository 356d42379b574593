"""Tuned models that differ in their seed alone, on the same items: how sure is their mean?

A matrix has one row for each seed and one column for each item. Two things were drawn: the items,
and the seeds. An interval that speaks for further seeds on further items counts both, and the noise
of single cells, which shows in both, once (two-way clustering: Cameron, Gelbach and Miller 2011).
With one seed only the items can be counted, and the interval speaks for that very adapter.

    spread = seed_spread(scores, clusters)
    seed_limits(spread, low=0, high=1)

Unlike ``crossed``, which asks for five models a side, three seeds are taken: their variance has two
degrees of freedom, which Satterthwaite's sum carries on, so that the intervals are wide where the
seeds scatter, and near those for items where they do not.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from primum.statistics.cluster import ROUNDING, Codes, Floats
from primum.statistics.interval import (
    Limits,
    constant_interval,
    normal_quantile,
    student_quantile,
    wilson_limits,
)

MOST_SEEDS = 200
MOST_ITEM_FACTOR = 1e4


@dataclass(frozen=True, slots=True)
class SeedSpread:
    """The mean over seeds, and what its variance is made of."""

    value: float
    by_seed: tuple[float, ...]
    seeds: int
    items: int
    clusters: int
    between_seeds: float | None
    """Variance of one seed's own mean as seeds are drawn, noise of cells taken off; None for one
    seed."""
    from_seeds: float
    """Variance of the value as the seeds' means show it, cells' noise with it; 0 for one seed."""
    from_items: float
    """Variance of the value as the items show it, cells' noise with it."""
    from_cells: float
    """The part that is in both; 0 for one seed."""

    @property
    def variance(self) -> float:
        """Of the value; never less than for these very adapters on further items."""
        return self._with(self.seeds, 1.0)[0]

    @property
    def degrees_of_freedom(self) -> float:
        """By Satterthwaite over the two parts."""
        return self._with(self.seeds, 1.0)[1]

    def half_width(
        self, confidence: float = 0.95, *, seeds: int | None = None, items: float = 1.0
    ) -> float:
        """Half of the t interval, here or with so many seeds and times the items."""
        variance, freedom = self._with(seeds or self.seeds, items)
        return student_quantile(freedom, confidence) * math.sqrt(variance)

    def seeds_half_width(self, confidence: float = 0.95, seeds: int | None = None) -> float | None:
        """The half width that the seeds' own scatter makes alone; None for one seed."""
        if self.between_seeds is None:
            return None
        count = seeds or self.seeds
        quantile = student_quantile(count - 1, confidence)
        return quantile * math.sqrt(self.between_seeds / count)

    def _with(self, seeds: int, items: float) -> tuple[float, float]:
        """Variance and degrees of freedom of so many seeds and times the items."""
        freedom = max(1.0, self.clusters * items - 1)
        if self.between_seeds is None or seeds < 2:
            return self.from_items / items, freedom
        cells = self.from_cells * self.seeds / (seeds * items)
        of_items = max(0.0, self.from_items - self.from_cells) / items + cells
        of_seeds = self.between_seeds / seeds + cells
        if seeds == self.seeds and items == 1:
            of_items, of_seeds = self.from_items, self.from_seeds
        variance = of_seeds + max(0.0, of_items - cells)
        if variance <= of_items:
            return of_items, freedom
        noise = of_seeds**2 / (seeds - 1) + of_items**2 / freedom
        return variance, max(min(seeds - 1.0, freedom), variance**2 / noise)


def seed_spread(scores: ArrayLike, clusters: ArrayLike) -> SeedSpread | None:
    """The mean over seeds of each seed's own mean; None where a seed has no score.

    Args:
        scores: seeds × items, NaN where missing.
        clusters: one code per item; equal codes are one request.

    - From items: CR1 over clusters of the influence on the value.
    - From seeds: s²/S of the seeds' means.
    - From cells: CR1 over each seed's influence less what all seeds share on the cluster.

    Raises:
        ValueError: shapes do not fit.
    """
    matrix = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    codes = np.asarray(clusters)
    if codes.shape != matrix.shape[1:]:
        raise ValueError(f"scores of shape {matrix.shape} with {codes.shape} cluster codes")
    scored = ~np.isnan(matrix)
    kept = scored.any(axis=0)
    matrix, scored, codes = matrix[:, kept], scored[:, kept], codes[kept]
    if not matrix.size or not scored.any(axis=1).all():
        return None
    numbers = np.unique(codes, return_inverse=True)[1].astype(np.int64)
    sizes = scored.sum(axis=1)
    means = np.where(scored, matrix, 0.0).sum(axis=1) / sizes
    residuals = np.where(scored, matrix - means[:, None], 0.0) / sizes[:, None]
    influence = _totals(residuals, numbers)
    count, seeds = influence.shape[1], influence.shape[0]
    correction = count / (count - 1) if count > 1 else 0.0
    shared = influence.mean(axis=0)
    from_items = correction * float(shared @ shared)
    between, from_seeds, from_cells = None, 0.0, 0.0
    if seeds > 1:
        own = influence - shared
        from_cells = correction * float((own**2).sum()) / (seeds * (seeds - 1))
        from_seeds = float(means.var(ddof=1)) / seeds
        between = max(0.0, (from_seeds - from_cells) * seeds)
    return SeedSpread(
        value=float(means.mean()),
        by_seed=tuple(float(mean) for mean in means),
        seeds=seeds,
        items=int(matrix.shape[1]),
        clusters=count,
        between_seeds=between,
        from_seeds=from_seeds,
        from_items=from_items,
        from_cells=from_cells,
    )


def seed_limits(
    spread: SeedSpread,
    *,
    low: float,
    high: float,
    is_rate: bool = False,
    confidence: float = 0.95,
) -> Limits | None:
    """Limits of the value; None where a single request was asked.

    A t interval, cut off at the ends of the scale; of a rate Wilson's on the number of independent
    answers that would have the same variance, the t quantile for the normal one (as
    ``interval.effective_size``). Where nothing varies, the limits of ``constant_interval``.
    """
    if spread.clusters < 2:
        return None
    variance = spread.variance
    is_constant = variance <= ROUNDING * max(1.0, high - low if math.isfinite(high - low) else 1.0)
    if is_rate:
        return wilson_limits(spread.value, _effective_size(spread, confidence), confidence)
    if is_constant:
        return constant_interval(spread.value, spread.clusters, low, high, confidence)
    half = spread.half_width(confidence)
    return Limits(max(low, spread.value - half), min(high, spread.value + half))


def rate_gain_limits(
    before: SeedSpread, after: SeedSpread, gain: SeedSpread, confidence: float = 0.95
) -> Limits | None:
    """Limits of a rate's change, ``after`` minus ``before``, both on the items of ``gain``.

    The hybrid of the two rates' own limits with their correlation (Zou and Donner 2008), as
    ``paired.clustered_rate_limits``: it holds near 0 and 1, where the t interval falls short. The
    correlation is what the variance of the difference implies.
    """
    if gain.clusters < 2:
        return None
    limits = [
        wilson_limits(one.value, _effective_size(one, confidence), confidence)
        for one in (before, after)
    ]
    product = 2 * math.sqrt(before.variance * after.variance)
    phi = (before.variance + after.variance - gain.variance) / product if product > 0 else 0.0
    phi = min(1.0, max(-1.0, phi))
    down_after, up_before = after.value - limits[1].low, limits[0].high - before.value
    up_after, down_before = limits[1].high - after.value, before.value - limits[0].low
    return Limits(
        gain.value - _hybrid(down_after, up_before, phi),
        gain.value + _hybrid(up_after, down_before, phi),
    )


def items_needed(
    spread: SeedSpread, half_width: float, observed: float, confidence: float = 0.95
) -> int | None:
    """Items with which half of the interval is at most so wide at these seeds; None: no number.

    ``observed`` is half of the interval that there is now: where it is not the t interval's, it is
    taken to shrink in proportion to it; where nothing varies, as Wilson's limit of a rate of 0,
    which is z²/(n + z²) of the scale.
    """
    if half_width <= 0 or spread.clusters < 2 or observed <= 0:
        return None
    now = spread.half_width(confidence)
    if now <= ROUNDING:
        square = normal_quantile(confidence) ** 2
        clusters = observed * (spread.clusters + square) / half_width - square
        return max(spread.items + 1, math.ceil(clusters * spread.items / spread.clusters))
    wanted = half_width * now / observed
    low, high = 1.0, MOST_ITEM_FACTOR
    if spread.half_width(confidence, items=high) > wanted:
        return None
    for _ in range(60):
        middle = math.sqrt(low * high)
        if spread.half_width(confidence, items=middle) > wanted:
            low = middle
        else:
            high = middle
    return max(spread.items + 1, math.ceil(spread.items * high))


def seeds_needed(
    spread: SeedSpread, half_width: float, observed: float, confidence: float = 0.95
) -> int | None:
    """Seeds with which half of the interval is at most so wide on these items; None: no number."""
    if half_width <= 0 or spread.between_seeds is None or spread.clusters < 2 or observed <= 0:
        return None
    now = spread.half_width(confidence)
    if now <= ROUNDING:
        return None
    wanted = half_width * now / observed
    for count in range(spread.seeds + 1, MOST_SEEDS + 1):
        if spread.half_width(confidence, seeds=count) <= wanted:
            return count
    return None


def _effective_size(spread: SeedSpread, confidence: float) -> float:
    """Independent zeros and ones that would know the rate as well."""
    rate, variance = spread.value, spread.variance
    if variance <= ROUNDING or not 0 < rate < 1:
        # No scatter can be seen: the number of requests, however many seeds gave the same.
        return float(spread.clusters)
    most = float(spread.items * spread.seeds)
    few = student_quantile(max(1.0, most - 1), confidence) / student_quantile(
        spread.degrees_of_freedom, confidence
    )
    return min(most, rate * (1 - rate) / variance) * few**2


def _hybrid(one: float, other: float, phi: float) -> float:
    return math.sqrt(max(0.0, one**2 - 2 * phi * one * other + other**2))


def _totals(values: Floats, codes: Codes) -> Floats:
    count = int(codes.max()) + 1
    return np.array([np.bincount(codes, weights=row, minlength=count) for row in values])
