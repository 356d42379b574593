"""How an outcome goes with an exposure, among rows that are alike in what is adjusted for.

These are associations: what the groups do not capture may stand behind both the exposure and the
outcome, and no slope here says what changing the exposure would do.

    adjusted_associations(harmfulness, {"terms": share_of_terms}, [guideline, source],
                          clusters=request)
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr

from primum.statistics.cluster import ROUNDING, Codes, Floats, as_values, cluster_codes
from primum.statistics.interval import student_quantile

_COLLINEAR = 1e-9
"""Share of an exposure's spread that must be left after adjustment for a slope to be taken."""


@dataclass(frozen=True, slots=True)
class Slope:
    """Change of the outcome with a change of the exposure; None where the data cannot tell."""

    value: float | None
    low: float | None
    high: float | None

    def times(self, factor: float) -> Slope:
        """The slope per ``factor`` units; ``factor`` is not negative."""
        scaled = [
            None if one is None else one * factor for one in (self.value, self.low, self.high)
        ]
        return Slope(*scaled)


@dataclass(frozen=True, slots=True)
class Fitted:
    """One slope of one model, on both scales."""

    per_unit: Slope
    per_deviation: Slope
    """Per standard deviation of the exposure over the rows taken."""
    p_value: float | None
    degrees_of_freedom: float | None
    method: str
    """``cr2-t``; ``none`` where there is no interval."""


@dataclass(frozen=True, slots=True)
class Association:
    """How an outcome goes with one exposure, adjusted and not, over the same rows."""

    adjusted: Fitted
    """Within groups; where exposures are taken jointly, at equal values of the others."""
    unadjusted: Fitted
    deviation: float | None
    """Standard deviation of the exposure."""
    n: int
    """Rows with an outcome and the exposures."""
    dropped: int
    """Rows that lack one of them."""
    clusters: int

    @property
    def per_unit(self) -> Slope:
        """The adjusted slope per unit of the exposure."""
        return self.adjusted.per_unit

    @property
    def per_deviation(self) -> Slope:
        """The adjusted slope per standard deviation of the exposure."""
        return self.adjusted.per_deviation

    @property
    def p_value(self) -> float | None:
        """Of the adjusted slope, against 0."""
        return self.adjusted.p_value

    @property
    def method(self) -> str:
        """Of the adjusted slope's interval."""
        return self.adjusted.method


def adjusted_association(
    outcome: ArrayLike,
    exposure: ArrayLike,
    groups: Sequence[ArrayLike],
    *,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Association:
    """The association of the outcome with one exposure; see ``adjusted_associations``."""
    found = adjusted_associations(
        outcome, {"exposure": exposure}, groups, clusters=clusters, confidence=confidence
    )
    return found["exposure"]


def adjusted_associations(
    outcome: ArrayLike,
    exposures: Mapping[str, ArrayLike],
    groups: Sequence[ArrayLike],
    *,
    clusters: ArrayLike | None = None,
    jointly: bool = False,
    confidence: float = 0.95,
) -> dict[str, Association]:
    """The associations of the outcome with each exposure, by least squares.

    Args:
        outcome: one per row; NaN where missing.
        exposures: name → one number per row (zeros and ones for a property that is there or
            not); NaN where missing.
        groups: what is adjusted for: each holds one label per row, and each label has an effect
            of its own on the outcome (fixed effects).
        clusters: one label per row; rows of one cluster are not independent. None: all are.
        jointly: whether all exposures stand in one regression, over rows that have all of them;
            else each is taken alone beside the groups.
        confidence: of the intervals.

    The variance is cluster-robust with Bell and McCaffrey's correction (CR2, 2002) and their
    Satterthwaite degrees of freedom (as in Imbens and Kolesár 2016), which hold their level with
    few clusters and with an exposure that few rows have, where G-1 would not. An exposure that
    does not vary within groups has no slope; a perfect fit has no interval.

    These are associations, not effects.

    Raises:
        ValueError: lengths differ, or a number is infinite.
    """
    table = _table(outcome, exposures, groups, clusters)
    found: dict[str, Association] = {}
    for name in exposures:
        taken = list(exposures) if jointly else [name]
        kept = ~np.isnan(table.outcome)
        for one in taken:
            kept &= ~np.isnan(table.exposures[one])
        rows = _rows(table, kept, name, [one for one in taken if one != name])
        found[name] = _association(rows, int((~kept).sum()), confidence)
    return found


class _Table(NamedTuple):
    outcome: Floats
    exposures: Mapping[str, Floats]
    groups: Sequence[Codes]
    clusters: Codes


class _Rows(NamedTuple):
    """Complete rows."""

    outcome: Floats
    exposure: Floats
    others: Floats
    """Rows × what is adjusted for, with the intercept."""
    clusters: Codes


def _table(
    outcome: ArrayLike,
    exposures: Mapping[str, ArrayLike],
    groups: Sequence[ArrayLike],
    clusters: ArrayLike | None,
) -> _Table:
    values = as_values(outcome)
    columns = {name: as_values(column) for name, column in exposures.items()}
    for name, column in columns.items():
        if column.size != values.size:
            raise ValueError(f"{column.size} values of {name!r} for {values.size} outcomes")
    codes = [cluster_codes(labels, values.size) for labels in groups]
    return _Table(values, columns, codes, cluster_codes(clusters, values.size))


def _rows(table: _Table, kept: NDArray[np.bool_], name: str, beside: Sequence[str]) -> _Rows:
    count = int(kept.sum())
    columns = [np.ones((count, 1))]
    for codes in table.groups:
        own = cluster_codes(codes[kept], count)
        columns.append(np.eye(int(own.max(initial=0)) + 1)[own])
    for one in beside:
        column = table.exposures[one][kept]
        columns.append(_standardised(column)[:, None])
    return _Rows(
        table.outcome[kept],
        table.exposures[name][kept],
        np.hstack(columns),
        cluster_codes(table.clusters[kept], count),
    )


def _standardised(column: Floats) -> Floats:
    """Centred, in its own standard deviations, so that ranks are judged on one scale."""
    spread = float(column.std()) if column.size else 0.0
    centred: Floats = column - column.mean() if column.size else column
    return centred / spread if spread > 0 else centred


def _association(rows: _Rows, dropped: int, confidence: float) -> Association:
    count = rows.outcome.size
    deviation = float(rows.exposure.std(ddof=1)) if count > 1 else None
    alone = rows._replace(others=np.ones((count, 1)))
    return Association(
        adjusted=_fitted(rows, deviation, confidence),
        unadjusted=_fitted(alone, deviation, confidence),
        deviation=deviation,
        n=count,
        dropped=dropped,
        clusters=int(np.unique(rows.clusters).size),
    )


def _fitted(rows: _Rows, deviation: float | None, confidence: float) -> Fitted:
    nothing = Slope(None, None, None)
    others = _basis(rows.others)
    total = rows.exposure - rows.exposure.mean() if rows.exposure.size else rows.exposure
    left = total - others @ (others.T @ total)
    square = float(left @ left)
    if deviation is None or square <= _COLLINEAR * float(total @ total):
        return Fitted(nothing, nothing, None, None, "none")
    value = float(left @ rows.outcome) / square
    basis = np.column_stack([others, left / math.sqrt(square)])
    residuals = rows.outcome - basis @ (basis.T @ rows.outcome)
    spread = _clustered(left / square, residuals, basis, rows.clusters)
    if spread is None or spread.variance <= ROUNDING * float(rows.outcome.var()) / square:
        alone = Slope(value, None, None)
        return Fitted(alone, alone.times(deviation), None, None, "none")
    error, df = math.sqrt(spread.variance), spread.degrees_of_freedom
    half = student_quantile(df, confidence) * error
    slope = Slope(value, value - half, value + half)
    p_value = float(2 * stdtr(df, -abs(value) / error))
    return Fitted(slope, slope.times(deviation), p_value, df, "cr2-t")


def _basis(columns: Floats) -> Floats:
    """Orthonormal columns that span the same; dummies of several groups overlap."""
    if not columns.size:
        return columns
    # From the small matrix of products: a decomposition of the tall one takes seconds.
    values, vectors = np.linalg.eigh(columns.T @ columns)
    real = values > _COLLINEAR * values[-1]
    kept: Floats = columns @ (vectors[:, real] / np.sqrt(values[real]))
    return kept


class _Spread(NamedTuple):
    variance: float
    degrees_of_freedom: float


def _clustered(
    weights: Floats, residuals: Floats, basis: Floats, clusters: Codes
) -> _Spread | None:
    """CR2 variance of the sum of ``weights`` times outcomes, with Bell-McCaffrey's df.

    With A_g = (I - H_gg)^(-1/2) and a_g = A_g w_g: V = Σ (a_g'e_g)². Under equal, independent
    errors V is a quadratic form with matrix entries a_g'(I - H)_gh a_h, whose trace and sum of
    squares give the degrees of freedom.
    """
    order = np.argsort(clusters, kind="stable")
    members = np.split(order, np.flatnonzero(np.diff(clusters[order])) + 1)
    if len(members) < 2:
        return None
    sizes, shared, totals = [], [], []
    for rows in members:
        own = basis[rows]
        adjusted = _root_inverse(np.eye(rows.size) - own @ own.T) @ weights[rows]
        sizes.append(float(adjusted @ adjusted))
        shared.append(own.T @ adjusted)
        totals.append(float(adjusted @ residuals[rows]))
    lengths, along = np.array(sizes), np.array(shared)
    free = lengths - (along**2).sum(axis=1)
    square = (
        float((lengths**2).sum())
        - 2 * float(lengths @ (along**2).sum(axis=1))
        + float(((along.T @ along) ** 2).sum())
    )
    trace = float(free.sum())
    if trace <= 0 or square <= ROUNDING * trace**2:
        return None
    return _Spread(math.fsum(total**2 for total in totals), trace**2 / square)


def _root_inverse(matrix: Floats) -> Floats:
    """The symmetric inverse square root; directions that the fit has used up are left out."""
    if len(matrix) == 1:
        only = float(matrix[0, 0])
        return np.array([[1 / math.sqrt(only) if only > _COLLINEAR else 0.0]])
    values, vectors = np.linalg.eigh(matrix)
    kept = values > _COLLINEAR
    root: Floats = (vectors[:, kept] / np.sqrt(values[kept])) @ vectors[:, kept].T
    return root
