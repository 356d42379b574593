"""Sampling variance of a contrast over units crossed with items.

Two questions have two answers. For these very models on further items, only items vary. For
further models like these, models vary as well; the noise of a single cell then shows in both
spreads, and is taken off once (two-way clustering: Cameron, Gelbach and Miller 2011).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from primum.statistics.cluster import Floats
from primum.statistics.crossed_design import Units
from primum.statistics.crossed_fit import Fit

MINIMUM_RANDOM_UNITS = 5
"""Independent units on each side (of a slope: residual degrees of freedom) below which an
interval does not speak for further models."""


class Spread(NamedTuple):
    """A variance and the degrees of freedom behind it."""

    variance: float
    degrees_of_freedom: float


def item_spread(fits: Sequence[Fit], units: Units) -> Spread | None:
    """The variance from the items alone, CR1; None where a block has fewer than two clusters.

    Degrees of freedom G-1; of two blocks Welch's, at most those of all clusters together.
    """
    if any(fit.clusters < 2 for fit in fits):
        return None
    parts = [
        _few_clusters(fit) * sign * (units.weights @ fit.influence)
        for sign, fit in zip((-1, 1)[-len(fits) :], fits, strict=True)
    ]
    total = np.sum(parts, axis=0)
    every = total.size - 1.0
    spreads = [
        Spread(float(part @ part), fit.clusters - 1.0)
        for part, fit in zip(parts, fits, strict=True)
    ]
    return Spread(float(total @ total), min(every, satterthwaite(spreads)))


def crossed_spread(fits: Sequence[Fit], units: Units, items: Spread) -> Spread | None:
    """The variance where both models and items are drawn; None for too few models.

    V_models + V_items - V_cells, at least V_models; degrees of freedom by Satterthwaite over the
    parts. (Never below V_items either, as is also proposed, rejects true nulls at half the nominal
    rate where models hardly differ: simulated, see ``test_crossed_coverage.py``.)

    V_models is Welch's for groups, s²/n for units against zero, and the residual variance over the
    doses' spread for a slope.
    """
    models = _model_spreads(fits, units)
    if models is None or not all(fit.is_connected for fit in fits):
        return None
    between = math.fsum(part.variance for part in models)
    cells = _cell_variance(fits, units)
    variance = between + max(0.0, items.variance - cells)
    parts = [*models, items]
    noise = math.fsum(
        part.variance**2 / part.degrees_of_freedom for part in parts if part.variance > 0
    )
    return Spread(variance, variance**2 / noise if noise > 0 else items.degrees_of_freedom)


def satterthwaite(parts: Sequence[Spread]) -> float:
    """Degrees of freedom of a sum of independent variances (Satterthwaite 1946)."""
    noise = sum(part.variance**2 / part.degrees_of_freedom for part in parts)
    if noise <= 0:
        return min(part.degrees_of_freedom for part in parts)
    return sum(part.variance for part in parts) ** 2 / noise


def total_effects(fits: Sequence[Fit]) -> Floats:
    """The units' effects; of two blocks, second minus first."""
    return fits[0].effects if len(fits) == 1 else fits[1].effects - fits[0].effects


def total_influence(fits: Sequence[Fit]) -> Floats:
    """What each cluster adds to each unit's effect; of two blocks, second minus first."""
    return fits[0].influence if len(fits) == 1 else fits[1].influence - fits[0].influence


def _model_spreads(fits: Sequence[Fit], units: Units) -> list[Spread] | None:
    effects = total_effects(fits)
    residuals = effects - units.fitted @ effects
    if units.slope is not None:
        df = residuals.size - int(np.unique(units.strata).size) - 1
        if df < MINIMUM_RANDOM_UNITS:
            return None
        square = float(residuals @ residuals) / df
        return [Spread(square * float(units.weights @ units.weights), float(df))]
    spreads = []
    for stratum in np.unique(units.strata):
        inside = units.strata == stratum
        kin = np.unique(units.kin[inside], return_inverse=True)[1]
        totals = np.bincount(kin, weights=(units.weights * residuals)[inside])
        if totals.size < MINIMUM_RANDOM_UNITS:
            return None
        few = totals.size / (totals.size - 1)
        spreads.append(Spread(few * float(totals @ totals), totals.size - 1.0))
    return spreads


def _cell_variance(fits: Sequence[Fit], units: Units) -> float:
    signed = [
        _few_clusters(fit) * sign * fit.cells
        for sign, fit in zip((-1, 1)[-len(fits) :], fits, strict=True)
    ]
    cells = np.sum(signed, axis=0)
    together = np.zeros((int(units.kin.max()) + 1, cells.shape[1]))
    np.add.at(together, units.kin, cells)
    return float((together**2).sum())


def _few_clusters(fit: Fit) -> float:
    return math.sqrt(fit.clusters / (fit.clusters - 1))
