"""Bootstrap over models and items at once, as a second method beside the t interval.

The pigeonhole bootstrap: units are resampled within their side (kin together, over both sides
where they stand on both), item clusters across the block, each with replacement (Owen 2007). It
errs on the wide side where the noise of single cells dominates. The statistic is linear in the
clusters' influence, so all resamples are two matrix products.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from primum.statistics.cluster import Codes, Floats
from primum.statistics.crossed_design import Units
from primum.statistics.interval import Limits

_CELLS_AT_ONCE = 4_000_000
_LEAST_DEFINED = 0.9
"""Share of resamples in which a slope must exist for limits to be given."""


class Drawing(NamedTuple):
    """How the bootstrap draws."""

    generator: np.random.Generator
    resamples: int = 1000


def pigeonhole_limits(
    effects: Floats,
    influence: Floats,
    units: Units,
    drawing: Drawing,
    *,
    draws_models: bool,
    confidence: float,
) -> Limits | None:
    """Percentile limits of the contrast; None where resamples do not differ.

    ``influence`` is units × clusters, as of ``crossed_fit.Fit``; with ``draws_models`` False only
    items are resampled.
    """
    step = max(1, _CELLS_AT_ONCE // max(1, influence.shape[1]))
    parts = []
    for start in range(0, drawing.resamples, step):
        size = min(step, drawing.resamples - start)
        moved = effects + cluster_counts(drawing.generator, influence.shape[1], size) @ influence.T
        weights = _drawn_weights(units, drawing.generator, size) if draws_models else units.weights
        parts.append((weights * moved).sum(axis=1))
    values = np.concatenate(parts) if parts else np.empty(0)
    values = values[np.isfinite(values)]
    if values.size < max(2.0, _LEAST_DEFINED * drawing.resamples):
        return None
    if math.isclose(float(values.min()), float(values.max()), rel_tol=1e-9, abs_tol=1e-12):
        return None
    tails = ((1 - confidence) / 2, (1 + confidence) / 2)
    low, high = np.quantile(values, tails)
    return Limits(float(low), float(high))


def cluster_counts(generator: np.random.Generator, count: int, size: int) -> Floats:
    """How often each of ``count`` clusters is drawn in each of ``size`` resamples."""
    drawn = generator.integers(0, count, size=(size, count))
    drawn += count * np.arange(size)[:, None]
    counts = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
    return counts.astype(np.float64)


def _drawn_weights(units: Units, generator: np.random.Generator, size: int) -> Floats:
    drawn = _drawn_counts(units, generator, size)
    if units.slope is not None:
        return _slope_weights(drawn, units.strata, units.slope)
    weighed = drawn * units.weights
    for stratum in np.unique(units.strata):
        inside = np.flatnonzero(units.strata == stratum)
        totals = drawn[:, inside].sum(axis=1, keepdims=True)
        weighed[:, inside] *= np.divide(
            inside.size, totals, out=np.full(totals.shape, np.nan), where=totals > 0
        )
    return weighed


def _drawn_counts(units: Units, generator: np.random.Generator, size: int) -> Floats:
    """How often each unit is drawn: kin together, within its side where no kin spans sides."""
    if units.has_kin_across:
        return cluster_counts(generator, int(units.kin.max()) + 1, size)[:, units.kin]
    drawn = np.zeros((size, units.rows.size))
    for stratum in np.unique(units.strata):
        inside = np.flatnonzero(units.strata == stratum)
        kin = np.unique(units.kin[inside], return_inverse=True)[1].astype(np.int64)
        drawn[:, inside] = cluster_counts(generator, int(kin.max()) + 1, size)[:, kin]
    return drawn


def _slope_weights(drawn: Floats, strata: Codes, doses: Floats) -> Floats:
    same = (strata[:, None] == strata[None, :]).astype(np.float64)
    totals = drawn @ same
    sums = (drawn * doses) @ same
    means = np.divide(sums, totals, out=np.zeros_like(sums), where=totals > 0)
    centred = drawn * (doses - means)
    squares = (centred * (doses - means)).sum(axis=1, keepdims=True)
    with np.errstate(divide="ignore", invalid="ignore"):
        weights: Floats = np.where(squares > 1e-9, centred / squares, np.nan)
    return weights
