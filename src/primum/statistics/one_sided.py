"""One-sided bounds of a rate or a mean, for decisions whose false passes must stay rare.

An interval for reading and a bound for deciding are not the same: one-sided, Wilson's bound of a
rate near 0 or 1 misses too often (after 0 events of n its upper bound is z²/(n + z²), which a rate
of 2.7/n reaches with chance 6.7 % at a level of 5 %), and a t bound of a mean misses where rare bad
values were not seen: where 90 % of scores are 1, 7 % are 2 and 3 % are 5, the outer of t and the
exact bound on the effective size errs in 12 % of samples of 60, since the 5s that make the spread
are mostly the ones that are not there. So a rate takes Clopper and Pearson's bound, and what is
clustered or no rate takes Gaffke's as well, which supposes no law (``gaffke``).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtr, bdtrik, ndtri

from primum.core.summary import MetricKind
from primum.statistics.cluster import (
    ROUNDING,
    Codes,
    Floats,
    as_values,
    cluster_codes,
    cluster_sums,
    is_constant,
    mean_variance,
    real_clusters,
)
from primum.statistics.gaffke import upper_bound
from primum.statistics.interval import (
    Limits,
    constant_interval,
    effective_size,
    exact_limits,
    mean_interval,
)

_MOST = 10**7
"""Sizes beyond this are not named: nobody asks so many."""


class Bounds(NamedTuple):
    """A lower and an upper bound, each one-sided at its own level; None with too little data."""

    low: float | None
    high: float | None
    method: str
    clusters: int


def one_sided_bounds(
    kind: MetricKind,
    values: ArrayLike,
    *,
    clusters: ArrayLike | None,
    low: float,
    high: float,
    level: float,
) -> Bounds:
    """Bounds that the true rate or mean is beyond with chance ``level`` at most, on either side.

    Args:
        kind: ``rate`` (zeros and ones) or ``mean``.
        values: no NaN; what is missing was filled by the caller, for it knows against whom.
        clusters: one label for each value, or None for independent ones.
        low: least possible value.
        high: greatest possible value.
        level: of each side alone, below 1/2.

    Fewer than two clusters bear no bound.
    """
    array = as_values(values)
    labels = real_clusters(clusters) if array.size else None
    count = int(np.unique(cluster_codes(labels, array.size)).size)
    if count < 2:
        return Bounds(None, None, "none", count)
    if kind == "rate":
        return _rate_bounds(array, labels, count, level)
    return _mean_bounds(array, labels, count, (low, high), level)


def _rate_bounds(array: Floats, labels: ArrayLike | None, count: int, level: float) -> Bounds:
    """Clopper and Pearson's; clustered, the outer of it on the effective size and of Gaffke's.

    The effective size (Korn and Graubard 1998) is itself a guess from few events: alone it errs in
    8 % with 60 requests of three answers, a rate of 5 % and most requests answered alike.
    """
    confidence = 1 - 2 * level
    limits = exact_limits(
        float(array.mean()), effective_size(array, labels, confidence), confidence
    )
    if labels is None:
        return Bounds(*limits, "clopper-pearson", count)
    return Bounds(
        *_outer(limits, _gaffke(array, labels, (0.0, 1.0), level)),
        "clopper-pearson-cluster",
        count,
    )


def _mean_bounds(
    array: Floats, labels: ArrayLike | None, count: int, ends: tuple[float, float], level: float
) -> Bounds:
    """The outer of the cluster-robust t bound and Gaffke's."""
    low, high = ends
    confidence = 1 - 2 * level
    if is_constant(array):
        limits = constant_interval(float(array[0]), count, low, high, confidence)
        if limits is None:
            return Bounds(None, None, "none", count)
        return Bounds(limits.low, limits.high, "rule-of-three", count)
    student = mean_interval(array, clusters=labels, low=low, high=high, confidence=confidence)
    assert student.low is not None  # noqa: S101 - there are two clusters at least
    assert student.high is not None  # noqa: S101
    found = _outer(Limits(student.low, student.high), _gaffke(array, labels, ends, level))
    return Bounds(*found, "t-or-gaffke" if labels is None else "t-or-gaffke-cluster", count)


def _gaffke(
    array: Floats, labels: ArrayLike | None, ends: tuple[float, float], level: float
) -> Limits:
    sums, (low, high) = cluster_sums(array, labels), ends
    return Limits(
        -upper_bound(-sums.totals, sums.sizes, -low, level),
        upper_bound(sums.totals, sums.sizes, high, level),
    )


def _outer(one: Limits, other: Limits) -> Limits:
    return Limits(min(one.low, other.low), max(one.high, other.high))


def needed_for_bound(
    kind: MetricKind,
    values: ArrayLike,
    *,
    clusters: ArrayLike | None,
    limit: float,
    low: float,
    high: float,
    level: float,
    power: float = 0.8,
) -> int | None:
    """Observations with which the one-sided bound clears ``limit`` with chance ``power``.

    At the mean and the spread of ``values``, clusters as they are. None: the mean stands on the
    limit or nearly so, or the values bear no estimate. A rate: the least n whose exact one-sided
    binomial test has that power, times the design effect. A mean: the n at which the distance d to
    the limit is (z_level + z_power) s / √n and the unseen cluster at the end of the scale, r / n,
    together; s is the cluster-robust spread of one observation, r how far the end is. At least the
    n at which the unseen share could no longer reach the limit if all values were equal.
    """
    array = as_values(values)
    if not array.size:
        return None
    mean, span = float(array.mean()), high - low
    distance = abs(limit - mean)
    if distance <= ROUNDING * max(1.0, span):
        return None
    labels = real_clusters(clusters)
    count = int(np.unique(cluster_codes(labels, array.size)).size)
    if kind == "rate":
        effect = array.size / effective_size(array, labels, 1 - 2 * level)
        size = _binomial_size(mean, limit, level, power)
        return None if size is None else _whole(size * effect)
    far = ((mean - low) if mean > limit else (high - mean)) * array.size / count
    unseen = distance * array.size / count / far if far > 0 else 1.0
    requests = math.log(level) / math.log1p(-unseen) if 0 < unseen < 1 else 1.0
    least = max(2.0, requests) * array.size / count
    spread = (mean_variance(array, labels).variance or 0.0) * array.size
    if spread <= ROUNDING * span**2:
        return _whole(least)
    half = float(ndtri(1 - level) + ndtri(power)) * math.sqrt(spread)
    root = (half + math.sqrt(half**2 + 4 * distance * far)) / (2 * distance)
    return _whole(max(least, root**2))


def _binomial_size(rate: float, limit: float, level: float, power: float) -> int | None:
    """The least n at which the exact test of ``limit`` finds ``rate`` with chance ``power``.

    Power rises in saw teeth, so that the doubling only brackets; the first n in the bracket that
    is enough is taken.
    """
    if not 0 <= limit <= 1:
        return None
    if rate > limit:
        rate, limit = 1 - rate, 1 - limit
    if limit <= 0:
        return None
    size = 2
    while _exact_power(np.array([size]), rate, limit, level)[0] < power:
        size *= 2
        if size > _MOST:
            return None
    if size > 1 << 16:
        return size
    sizes = np.arange(1, size + 1)
    return int(sizes[np.argmax(_exact_power(sizes, rate, limit, level) >= power)])


def _exact_power(sizes: Codes, rate: float, limit: float, level: float) -> Floats:
    """P(Clopper and Pearson's upper bound is at most ``limit``) for n trials at ``rate``.

    It is where P(X ≤ k | n, limit) ≤ level, so up to a greatest k.
    """
    none = bdtr(0, sizes, limit) > level
    most = np.floor(bdtrik(level, sizes, limit) + 1e-9)
    most = np.where(none | ~(most >= 0), 0.0, most)
    most -= (bdtr(most, sizes, limit) > level) & (most > 0)
    power: Floats = np.where(none, 0.0, bdtr(most, sizes, rate))
    return power


def _whole(size: float) -> int | None:
    return math.ceil(size - 1e-9) if size <= _MOST else None
