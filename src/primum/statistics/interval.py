"""Intervals of one mean or one rate: a number without its interval is not a result.

Every function takes observed values only (no NaN); ``estimate.py`` deals with missing ones.

    mean_interval([1, 2, 2, 5], low=1, high=5)      # Interval(low=…, high=…, method="t", …)
    rate_interval([1, 0, 1, 1], clusters=[7, 7, 8, 9])

Where data cannot bear an interval (fewer than two clusters), the limits are None. Where all
values are equal, a t interval would have no width and claim certainty; see ``constant_interval``.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaincinv, ndtri, stdtrit

from primum.statistics.cluster import (
    ROUNDING,
    Floats,
    MeanVariance,
    as_values,
    cluster_codes,
    is_constant,
    mean_variance,
)


class Interval(NamedTuple):
    """Two-sided confidence limits; None where the data cannot bear them."""

    low: float | None
    high: float | None
    method: str
    clusters: int | None = None
    """Number of clusters, where clusters were given."""


class Limits(NamedTuple):
    """A pair of limits that always exists."""

    low: float
    high: float


def student_quantile(degrees_of_freedom: float, confidence: float) -> float:
    """The two-sided critical value of Student's t."""
    return float(stdtrit(degrees_of_freedom, _upper_tail(confidence)))


def normal_quantile(confidence: float) -> float:
    """The two-sided critical value of the standard normal."""
    return float(ndtri(_upper_tail(confidence)))


def mean_interval(
    values: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    low: float = -math.inf,
    high: float = math.inf,
    confidence: float = 0.95,
) -> Interval:
    """The t interval of a mean, cluster-robust (CR1, G-1 degrees of freedom) where clustered.

    ``low`` and ``high`` are the ends of the scale; limits are cut off there. Fewer than two
    clusters give no limits. Equal values are handed to ``constant_interval``. Where values vary
    but the clusters' residuals cancel exactly, the plain t interval stands in, since a
    zero-width interval would claim certainty.

    Source: Liang and Zeger 1986; G-1 degrees of freedom as in Cameron and Miller 2015.
    """
    array = as_values(values)
    spread = mean_variance(array, clusters)
    count = None if clusters is None else spread.clusters
    if spread.variance is None:
        return Interval(None, None, "none", count)
    if is_constant(array):
        limits = constant_interval(float(array[0]), spread.clusters, low, high, confidence)
        if limits is None:
            return Interval(None, None, "none", count)
        return Interval(limits.low, limits.high, "rule-of-three", count)
    name = "t" if clusters is None else "cluster-t"
    if spread.variance <= ROUNDING * float(array.var()):
        name, spread = "t", mean_variance(array)
    limits = _student_limits(float(array.mean()), spread, confidence)
    return Interval(float(max(limits.low, low)), float(min(limits.high, high)), name, count)


def constant_interval(
    value: float, count: int, low: float, high: float, confidence: float = 0.95
) -> Limits | None:
    """Limits for a mean on a bounded scale when all of ``count`` clusters gave the same value.

    By Clopper and Pearson, a share of up to p = 1 - (α/2)^(1/count) of the population may
    differ and still go unseen (the "rule of three", Hanley and Lippman-Hand 1983). The limits are
    the means if all of that share stood at one end of the scale. None on an unbounded scale.
    """
    if not (math.isfinite(low) and math.isfinite(high)):
        return None
    unseen = 1 - (1 - _upper_tail(confidence)) ** (1 / count)
    return Limits(value - unseen * (value - low), value + unseen * (high - value))


def wilson_limits(rate: float, n: float, confidence: float = 0.95) -> Limits:
    """Wilson's score limits of a rate; ``n`` > 0 may be an effective, fractional sample size.

    Source: Wilson 1927. The limits are never outside 0..1 and never without width.

    Raises:
        ValueError: the rate is outside 0..1, or n is not positive.
    """
    if not 0 <= rate <= 1 or not n > 0:
        raise ValueError(f"a rate of {rate} among {n} has no Wilson interval")
    z2 = normal_quantile(confidence) ** 2
    centre = (rate + z2 / (2 * n)) / (1 + z2 / n)
    half = math.sqrt(z2 * (rate * (1 - rate) / n + z2 / (4 * n * n))) / (1 + z2 / n)
    return Limits(
        0.0 if rate == 0 else max(0.0, centre - half),
        1.0 if rate == 1 else min(1.0, centre + half),
    )


def exact_limits(rate: float, n: float, confidence: float = 0.95) -> Limits:
    """Clopper and Pearson's exact limits of a rate; ``n`` > 0 may be an effective, fractional size.

    Source: Clopper and Pearson 1934; for effective sizes Korn and Graubard 1998. For a
    whole ``n`` they hold the truth at least as often as ``confidence`` says, also near 0 and 1.

    Raises:
        ValueError: the rate is outside 0..1, or n is not positive.
    """
    if not 0 <= rate <= 1 or not n > 0:
        raise ValueError(f"a rate of {rate} among {n} has no Clopper-Pearson interval")
    ones, zeros, upper = rate * n, (1 - rate) * n, _upper_tail(confidence)
    return Limits(
        0.0 if rate == 0 else float(betaincinv(ones, zeros + 1, 1 - upper)),
        1.0 if rate == 1 else float(betaincinv(ones + 1, zeros, upper)),
    )


def rate_interval(
    values: ArrayLike, *, clusters: ArrayLike | None = None, confidence: float = 0.95
) -> Interval:
    """Wilson's interval of the rate of ones among zeros and ones, on an effective n if clustered.

    Fewer than two clusters give no limits. See ``effective_size`` for the clustered form.

    Raises:
        ValueError: a value is neither 0 nor 1.
    """
    array = as_values(values)
    if not np.isin(array, (0.0, 1.0)).all():
        raise ValueError("a rate is taken over zeros and ones only")
    count = len(np.unique(cluster_codes(clusters, array.size)))
    shown = None if clusters is None else count
    if count < 2:
        return Interval(None, None, "none", shown)
    size = effective_size(array, clusters, confidence)
    limits = wilson_limits(float(array.mean()), size, confidence)
    return Interval(*limits, "wilson" if clusters is None else "wilson-cluster", shown)


def effective_size(
    values: Floats, clusters: ArrayLike | None = None, confidence: float = 0.95
) -> float:
    """The number of independent zeros and ones that would know the rate as well.

    n / deff with the design effect deff = V_CR1 / (p(1-p)/(n-1)), at least 1, times
    (t_{n-1} / t_{G-1})² for the few clusters that V was estimated from (Korn and Graubard 1998;
    used with Wilson's interval in Dean and Pagano 2015). Where p is 0 or 1 no design effect can
    be seen, and the number of clusters is taken: the cautious end. One cluster counts as one.
    Clusters of one observation give n itself.
    """
    n = values.size
    spread = mean_variance(values, clusters)
    rate = float(values.mean())
    if spread.variance is None or rate in (0.0, 1.0):
        return float(spread.clusters)
    design_effect = max(1.0, spread.variance / (rate * (1 - rate) / (n - 1)))
    few = student_quantile(n - 1, confidence) / student_quantile(spread.clusters - 1, confidence)
    return n / design_effect * few**2


def _student_limits(mean: float, spread: MeanVariance, confidence: float) -> Limits:
    half = student_quantile(spread.clusters - 1, confidence) * math.sqrt(spread.variance or 0.0)
    return Limits(mean - half, mean + half)


def _upper_tail(confidence: float) -> float:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; a number between 0 and 1 is expected")
    return (1 + confidence) / 2
