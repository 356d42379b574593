"""Effects of units that are crossed with items, and what every item cluster adds to them.

Where items differ in difficulty, a missing score would tilt a plain mean. The two-way additive fit
(unit + item, least squares over the observed cells) takes the item's difficulty from the units
that have it; on complete data it is the plain mean.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from primum.statistics.cluster import Codes, Floats
from primum.statistics.crossed_design import Mask, Units

_RANK_TOLERANCE = 1e-9
_FILLING_ROUNDS = 25


class Fit(NamedTuple):
    """One block of items; matrices are units × clusters."""

    effects: Floats
    """One per unit; of an additive fit, up to a constant shared by all units."""
    influence: Floats
    """What each cluster adds to each unit's effect; rows sum to about zero."""
    cells: Floats
    """What each cell's own noise adds to the contrast, items' share in it taken out."""
    clusters: int
    """Clusters with an item in this block."""
    is_connected: bool
    """Whether items tie all units together, so that effects can be compared among all."""


def fit_block(scores: Floats, clusters: Codes, count: int, units: Units) -> Fit | None:
    """The units' effects over this block; None where the contrast cannot be estimated.

    ``scores`` (units × items) holds only items that bear on the contrast; ``clusters`` are codes
    below ``count``.
    """
    observed = ~np.isnan(scores)
    present = int(np.unique(clusters).size)
    if units.is_plain:
        sizes = observed.sum(axis=1, keepdims=True)
        effects = np.where(observed, scores, 0.0).sum(axis=1) / sizes[:, 0]
        residuals = np.where(observed, scores - effects[:, None], 0.0)
        influence = residuals / sizes
        shares = units.weights[:, None] * observed / sizes
        is_connected = True
    else:
        additive = additive_fit(scores)
        solved = additive.inverse @ units.weights
        if not np.allclose(additive.normal @ solved, units.weights, rtol=0, atol=1e-8):
            return None
        effects, residuals = additive.effects, additive.residuals
        influence = additive.inverse @ residuals
        means = (solved @ observed) / observed.sum(axis=0)
        shares = np.where(observed, solved[:, None] - means, 0.0)
        is_connected = additive.is_connected
    own = _own_noise(residuals, observed, units.fitted)
    return Fit(
        effects,
        cluster_totals(influence, clusters, count),
        cluster_totals(shares * own, clusters, count),
        present,
        is_connected,
    )


class AdditiveFit(NamedTuple):
    """Least squares of unit + item over the observed cells."""

    effects: Floats
    """One per unit, up to a constant for each set of units that items tie together."""
    residuals: Floats
    """Units × items, 0 where not observed."""
    normal: Floats
    """Normal matrix of the units, items partialled out."""
    inverse: Floats
    """Its pseudo-inverse; times the residuals, it is each item's influence on the effects."""
    is_connected: bool


def additive_fit(scores: Floats) -> AdditiveFit:
    """The two-way additive fit; every unit and every item has an observed cell.

    Items are partialled out (Frisch-Waugh-Lovell), which leaves one equation per unit.
    """
    observed = ~np.isnan(scores)
    if observed.all():
        return _complete_fit(scores)
    weights = observed.astype(np.float64)
    counts = weights.sum(axis=0)
    filled = np.where(observed, scores, 0.0)
    within = np.where(observed, scores - filled.sum(axis=0) / counts, 0.0)
    normal = np.diag(weights.sum(axis=1)) - (weights / counts) @ weights.T
    values, vectors = np.linalg.eigh(normal)
    kept = values > _RANK_TOLERANCE * max(1.0, float(values[-1]))
    inverse = (vectors[:, kept] / values[kept]) @ vectors[:, kept].T
    effects = inverse @ within.sum(axis=1)
    fitted = weights * effects[:, None]
    residuals = np.where(observed, within - effects[:, None] + fitted.sum(axis=0) / counts, 0.0)
    return AdditiveFit(effects, residuals, normal, inverse, int(kept.sum()) == len(scores) - 1)


def _complete_fit(scores: Floats) -> AdditiveFit:
    """The closed form, so that effects are plain means to the last digit."""
    units, items = scores.shape
    effects = scores.mean(axis=1)
    residuals = scores - effects[:, None] - (scores.mean(axis=0) - effects.mean())
    centring = np.eye(units) - 1 / units
    return AdditiveFit(effects, residuals, items * centring, centring / items, is_connected=True)


def cluster_totals(values: Floats, clusters: Codes, count: int) -> Floats:
    """Rows summed within clusters: units × clusters."""
    return np.array([np.bincount(clusters, weights=row, minlength=count) for row in values])


def _own_noise(residuals: Floats, observed: Mask, fitted: Floats) -> Floats:
    """Residuals less what units of one side share on an item, scaled up for the fit's leverage.

    The fit per item is over its observed cells: missing ones are filled with their fitted value
    until they agree with it (the least-squares form of the EM algorithm).
    """
    filled = residuals
    for _ in range(0 if observed.all() else _FILLING_ROUNDS):
        filled = np.where(observed, residuals, fitted @ filled)
    own = np.where(observed, residuals - fitted @ filled, 0.0)
    free = 1 - np.diag(fitted)
    scale = np.where(free > _RANK_TOLERANCE, 1 / np.sqrt(np.maximum(free, _RANK_TOLERANCE)), 0.0)
    scaled: Floats = own * scale[:, None]
    return scaled
