"""Who is compared with whom, where the same models answer the same items.

A design turns rows of scores (one per model) into units, each with a weight: the contrast is the
weighted sum of the units' effects. It knows nothing of items.

    Groups([0, 0, 0, 1, 1, 1])      # second group minus first; -1: not in the contrast
    Pairs([(0, 3), (1, 4)])         # tuned minus its base, mean over pairs
    Each()                          # every model by itself, against 0
    Dose([0, 0, 0, 1, 1], np.log2([1, 4, 8, 7, 70]))  # slope per doubling, within families

Models made from one base are alike. Each design takes their ``kin``, one code per model: models of
one code, on whatever side, are no independent draws.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.statistics.cluster import Codes, Floats

_NEGLIGIBLE = 1e-9
"""Relative size below which a weight is rounding noise."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Groups:
    """The mean of the models of group 1 minus that of group 0; each model weighs the same."""

    codes: Sequence[int]
    """One per model: 0, 1, or -1 for a model that is in neither group."""
    kin: Sequence[int] | None = None
    """One code per model; None: all are independent."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """The mean over pairs of second minus first, by item: a pair takes items scored by both."""

    pairs: Sequence[tuple[int, int]]
    """Rows of the base and of what was made from it. Pairs of one base are not independent."""
    kin: Sequence[int] | None = None
    """One code per model, the base's is its pair's; None: pairs of one base are kin."""


@dataclass(frozen=True, slots=True)
class Each:
    """The mean over models of each model's own mean: for differences within models."""

    kin: Sequence[int] | None = None
    """One code per model; None: all are independent."""


@dataclass(frozen=True, slots=True)
class Dose:
    """The common slope of the models' effects on ``doses`` within families."""

    families: Sequence[int]
    """One code per model; -1 for a model that is in none."""
    doses: Sequence[float] | Floats
    """One per model, for example log2 of its size."""
    kin: Sequence[int] | None = None
    """One code per model; None: all are independent."""


ModelDesign = Groups | Pairs | Each | Dose


class Units(NamedTuple):
    """The units that a contrast weighs; arrays are as long as ``rows``."""

    rows: Codes
    """Row of each unit in the matrix of ``unit_scores``."""
    weights: Floats
    strata: Codes
    """Side, or family: units are exchangeable within one."""
    kin: Codes
    """From 0; equal codes are not independent (models of one base, pairs of one base)."""
    fitted: Floats
    """Hat matrix: effects → what the design expects of them."""
    slope: Floats | None
    """Doses, where the contrast is a slope on them."""

    @property
    def is_plain(self) -> bool:
        """Whether the weights do not sum to zero: no item effect cancels, plain means serve."""
        return bool(self.weights.sum() > 0.5)

    @property
    def sides(self) -> tuple[Mask, Mask]:
        """Units that count down and units that count up."""
        least = _NEGLIGIBLE * np.abs(self.weights).max(initial=0.0)
        return self.weights < -least, self.weights > least

    @property
    def is_independent(self) -> bool:
        """Whether no two units are kin."""
        return int(np.unique(self.kin).size) == self.kin.size

    @property
    def has_kin_across(self) -> bool:
        """Whether units of different strata are kin."""
        places = set(zip(self.kin.tolist(), self.strata.tolist(), strict=True))
        return len(places) > int(np.unique(self.kin).size)


def unit_scores(design: ModelDesign, scores: Floats) -> Floats:
    """One row per unit: the models' scores, or the pairs' differences.

    Raises:
        ValueError: the design does not fit the number of models.
    """
    models = len(scores)
    if design.kin is not None and len(design.kin) != models:
        raise ValueError(f"{len(design.kin)} kin codes for {models} models")
    if isinstance(design, Pairs):
        pairs = np.asarray(design.pairs, dtype=np.int64).reshape(-1, 2)
        if pairs.size and (pairs.min() < 0 or pairs.max() >= models):
            raise ValueError(f"a pair names a row outside 0..{models - 1}")
        return scores[pairs[:, 1]] - scores[pairs[:, 0]]
    if isinstance(design, Groups) and len(design.codes) != models:
        raise ValueError(f"{len(design.codes)} group codes for {models} models")
    if isinstance(design, Dose) and not len(design.families) == len(design.doses) == models:
        raise ValueError(
            f"{len(design.families)} families and {len(design.doses)} doses for {models} models"
        )
    return scores


def units_of(design: ModelDesign, present: Mask) -> Units | None:
    """The units among the rows that are present; None where a side is empty or no dose varies.

    Raises:
        ValueError: a group code other than -1, 0 and 1, or a dose that is not finite.
    """
    if isinstance(design, Groups):
        return _group_units(design, present)
    if isinstance(design, Dose):
        return _dose_units(design, present)
    rows = np.flatnonzero(present)
    if not rows.size:
        return None
    if isinstance(design, Pairs):
        bases = np.asarray(design.pairs, dtype=np.int64)[rows, 0]
        kin = _kin(range(int(bases.max()) + 1) if design.kin is None else design.kin, bases)
    else:
        kin = _kin(design.kin, rows)
    strata = np.zeros(rows.size, dtype=np.int64)
    weights = np.full(rows.size, 1 / rows.size)
    return Units(rows, weights, strata, kin, _averages(strata), None)


def _group_units(design: Groups, present: Mask) -> Units | None:
    codes = np.asarray(design.codes, dtype=np.int64)
    if not np.isin(codes, (-1, 0, 1)).all():
        raise ValueError("a group code is -1, 0 or 1")
    rows = np.flatnonzero(present & (codes >= 0))
    strata = codes[rows]
    second = int(strata.sum())
    first = rows.size - second
    if not (first and second):
        return None
    weights = np.where(strata == 1, 1 / second, -1 / first)
    return Units(rows, weights, strata, _kin(design.kin, rows), _averages(strata), None)


def _dose_units(design: Dose, present: Mask) -> Units | None:
    families = np.asarray(design.families, dtype=np.int64)
    doses = np.asarray(design.doses, dtype=np.float64)
    kept = present & (families >= 0)
    if not np.isfinite(doses[kept]).all():
        raise ValueError("a dose is not a finite number")
    for family in np.unique(families):
        members = kept & (families == family)
        if members.any() and np.ptp(doses[members]) <= _NEGLIGIBLE:
            kept = kept & ~members
    rows = np.flatnonzero(kept)
    if not rows.size:
        return None
    strata = np.unique(families[rows], return_inverse=True)[1].astype(np.int64)
    means = _averages(strata)
    centred = doses[rows] - means @ doses[rows]
    square = float(centred @ centred)
    fitted = means + np.outer(centred, centred) / square
    kin = _kin(design.kin, rows)
    return Units(rows, centred / square, strata, kin, fitted, doses[rows])


def _kin(codes: Sequence[int] | None, rows: Codes) -> Codes:
    """The codes of these rows, from 0; of their own each, where none are given."""
    if codes is None:
        return np.arange(rows.size)
    return np.unique(np.asarray(codes)[rows], return_inverse=True)[1].astype(np.int64)


def _averages(strata: Codes) -> Floats:
    """The matrix that replaces each value by the mean of its stratum."""
    same = strata[:, None] == strata[None, :]
    averages: Floats = same / same.sum(axis=1, keepdims=True)
    return averages
