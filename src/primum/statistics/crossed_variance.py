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
from primum.statistics.crossed_design import Mask, Units
from primum.statistics.crossed_fit import Fit

MINIMUM_RANDOM_UNITS = 5
"""Independent units on each side (of a slope: residual degrees of freedom) below which an
interval does not speak for further models."""
_LEAST_LEFT = 1e-9
"""Share of a unit's variance that the fit must leave, for it to be blown up."""


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
    doses' spread for a slope. Units that are kin are clusters of these; see ``_kin_spread``.
    """
    models = _model_spread(fits, units)
    if models is None or not all(fit.is_connected for fit in fits):
        return None
    cells = _cell_variance(fits, units)
    variance = models.variance + max(0.0, items.variance - cells)
    parts = [models, items]
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


def _model_spread(fits: Sequence[Fit], units: Units) -> Spread | None:
    if _independent_units(units) < MINIMUM_RANDOM_UNITS:
        return None
    effects = total_effects(fits)
    residuals = effects - units.fitted @ effects
    if units.slope is not None:
        return _slope_spread(residuals, units)
    return _kin_spread(residuals, units)


def _slope_spread(residuals: Floats, units: Units) -> Spread:
    """Residual variance over the doses' spread; kin have part of their effect in common.

    How large a part is estimated and then taken halfway to all of it, since a few kin tell little
    and kin of one size taken for independent are bold. Degrees of freedom are those of kin that
    have one effect. (Clustered residuals keep the level, too, but leave two of them where eight
    bases have twelve models.)
    """
    weights, square = units.weights, float(residuals @ residuals)
    free = residuals.size - int(np.unique(units.strata).size) - 1.0
    apart = Spread(square / free * float(weights @ weights), free)
    alike = (units.kin[:, None] == units.kin) & ~np.eye(residuals.size, dtype=np.bool_)
    if not alike.any():
        return apart
    left = np.eye(residuals.size) - units.fitted
    shared = left @ alike.astype(np.float64)
    kinship = (1 + _kinship(residuals, left, shared, alike)) / 2
    trace = float(np.trace(shared))
    if free + trace < _LEAST_LEFT:
        return apart
    both = left + shared
    df = (free + trace) ** 2 / float(np.trace(both @ both))
    loading = float(weights @ weights) + kinship * float(weights @ alike @ weights)
    variance = square / (free + kinship * trace) * loading
    return Spread(max(variance, apart.variance), df)


def _kinship(residuals: Floats, left: Floats, shared: Floats, alike: Mask) -> float:
    """The correlation of kin by the method of moments, from 0 to 1; 1 where it cannot be told."""
    once, twice = float(np.trace(shared)), float(np.trace(shared @ shared))
    moments = np.array([[float(np.trace(left)), once], [once, twice]])
    if abs(float(np.linalg.det(moments))) < _LEAST_LEFT:
        return 1.0
    found = np.array([residuals @ residuals, residuals @ alike @ residuals])
    own, common = np.linalg.solve(moments, found)
    return float(np.clip(common / own, 0, 1)) if own > 0 else 1.0


def _independent_units(units: Units) -> int:
    """On the smaller side; kin on both sides count once on each. Of a slope, those to spare."""
    if units.slope is not None:
        return int(np.unique(units.kin).size - np.unique(units.strata).size) - 1
    sides = [units.kin[units.strata == stratum] for stratum in np.unique(units.strata)]
    return min(int(np.unique(side).size) for side in sides)


def _kin_spread(residuals: Floats, units: Units) -> Spread:
    """Kin as clusters, each blown up by what the fit took from it (CR2: Bell and McCaffrey 2002).

    Without kin it is Welch's variance with Welch's degrees of freedom, and with each model of one
    side the kin of one of the other, that of the paired differences. Degrees of freedom are those
    of the quadratic form where units are independent, each side with a variance of its own. Where
    some models of a side have kin on the other and some have not it is cautious.
    """
    size = residuals.size
    loads = np.zeros((int(units.kin.max()) + 1, size))
    for code, load in enumerate(loads):
        own = np.flatnonzero(units.kin == code)
        left, axes = np.linalg.eigh(np.eye(own.size) - units.fitted[np.ix_(own, own)])
        kept = left > _LEAST_LEFT
        load[own] = ((units.weights[own] @ axes[:, kept]) / np.sqrt(left[kept])) @ axes[:, kept].T
    totals = loads @ residuals
    reaching = loads @ (np.eye(size) - units.fitted)
    form = (reaching * _own_variances(residuals, units)) @ reaching.T
    df = float(np.trace(form)) ** 2 / float((form**2).sum())
    return Spread(float(totals @ totals), df)


def _own_variances(residuals: Floats, units: Units) -> Floats:
    """The variance of each unit's effect, one for each side; only their ratio matters."""
    found = np.empty(residuals.size)
    for stratum in np.unique(units.strata):
        inside = units.strata == stratum
        found[inside] = (residuals[inside] ** 2).sum() / (inside.sum() - 1)
    return found if found.any() else np.ones(residuals.size)


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
