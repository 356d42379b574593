"""Estimates that can be defended: value, interval, n, missing, and what the missing could change.

Values are arrays with NaN where an observation should have been scored and was not. Nothing is
ever imputed: the bounds say what the value would be if all missing observations stood at the worst
or the best end of the scale, which a reader can recompute from value, n and missing alone.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from primum.core.estimate import Estimate
from primum.core.summary import Better, MetricKind
from primum.statistics.cluster import as_values, real_clusters
from primum.statistics.interval import Interval, mean_interval, rate_interval


class Bounds(NamedTuple):
    """The value if every missing observation had been at the worst, and at the best end."""

    worst: float | None
    best: float | None


def bounds_of_missing(
    total: float, n: int, missing: int, *, low: float, high: float, better: Better | None
) -> Bounds:
    """What the mean becomes if all missing observations stood at either end of the scale.

    ``total`` is the sum over the ``n`` scored ones. For ``better`` None, "worst" is the lower
    number. On a scale without ends, or with nothing planned, there are no bounds (unless nothing
    is missing). Source: worst-case bounds, Manski 1990.
    """
    planned = n + missing
    if planned == 0 or (missing and not (math.isfinite(low) and math.isfinite(high))):
        return Bounds(None, None)
    least = (total + missing * low) / planned if missing else total / planned
    most = (total + missing * high) / planned if missing else total / planned
    return Bounds(most, least) if better == "lower" else Bounds(least, most)


def estimate_of(
    kind: MetricKind,
    values: ArrayLike,
    *,
    low: float,
    high: float,
    better: Better | None = None,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """The mean, or the rate of ones, over the scored values, with interval and bounds.

    Args:
        kind: ``mean`` takes a t interval, ``rate`` (zeros and ones) Wilson's; both are
            cluster-robust where clusters are given.
        values: one per planned observation; NaN where missing.
        low: least possible value.
        high: greatest possible value.
        better: which end is good; decides which bound is the worst one.
        clusters: one label per planned observation, or None for independent ones; labels that
            never repeat say the same.
        confidence: of the interval.

    Raises:
        ValueError: a rate over values other than 0 and 1, or lengths that differ.
    """
    array = as_values(values)
    scored = ~np.isnan(array)
    kept = array[scored]
    labels = None if clusters is None else real_clusters(np.asarray(clusters)[scored])
    missing = int(array.size - kept.size)
    bounds = bounds_of_missing(
        float(kept.sum()), kept.size, missing, low=low, high=high, better=better
    )
    if not kept.size:
        interval = Interval(None, None, "none", None if clusters is None else 0)
    elif kind == "rate":
        interval = rate_interval(kept, clusters=labels, confidence=confidence)
    else:
        interval = mean_interval(kept, clusters=labels, low=low, high=high, confidence=confidence)
    return Estimate(
        value=float(kept.mean()) if kept.size else None,
        low=interval.low,
        high=interval.high,
        n=int(kept.size),
        missing=missing,
        worst=bounds.worst,
        best=bounds.best,
        method=interval.method,
        clusters=interval.clusters,
        confidence=confidence,
    )
