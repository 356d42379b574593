"""Paired non-inferiority: how much worse, at most, is the second side on the same requests?

    paired_bounds("rate", first, second, clusters=labels, low=0, high=1, level=0.05)

Differences are second minus first. Unlike ``paired.py`` this knows no missing pair: the caller has
filled them, against the candidate to pass it and for it to fail it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtri

from primum.core.summary import MetricKind
from primum.statistics.cluster import (
    ROUNDING,
    as_values,
    cluster_codes,
    mean_variance,
    real_clusters,
)
from primum.statistics.one_sided import Bounds, one_sided_bounds
from primum.statistics.paired import clustered_rate_limits, paired_rate_limits, paired_table


def paired_bounds(
    kind: MetricKind,
    first: ArrayLike,
    second: ArrayLike,
    *,
    clusters: ArrayLike | None,
    low: float,
    high: float,
    level: float,
) -> Bounds:
    """Bounds of the mean difference, second minus first, each one-sided at ``level``.

    Rates: the limits of Newcombe's hybrid score interval (1998, method 10; on effective sizes
    where clustered) at confidence 1 - 2·level. It has width where no pair differs, as a t bound
    has not. Means: as ``one_sided_bounds`` over the differences, which lie in ±(high - low).
    Fewer than two clusters bear no bound.
    """
    left, right = as_values(first), as_values(second)
    labels = real_clusters(clusters) if left.size else None
    count = int(np.unique(cluster_codes(labels, left.size)).size)
    if count < 2:
        return Bounds(None, None, "none", count)
    if kind == "mean":
        span = high - low
        return one_sided_bounds(
            "mean", right - left, clusters=labels, low=-span, high=span, level=level
        )
    confidence = 1 - 2 * level
    if labels is None:
        limits = paired_rate_limits(paired_table(left, right), confidence)
        return Bounds(*limits, "newcombe-paired", count)
    limits = clustered_rate_limits(left, right, labels, confidence)
    return Bounds(*limits, "newcombe-cluster", count)


def needed_pairs(
    first: ArrayLike,
    second: ArrayLike,
    *,
    clusters: ArrayLike | None,
    limit: float,
    span: float,
    level: float,
    power: float = 0.8,
) -> int | None:
    """About how many pairs clear ``limit`` with chance ``power`` at such differences.

    ((z_level + z_power) s / d)² with the cluster-robust s of one difference and its distance d to
    the limit (Julious 2004 for means; for rates with the discordance as seen).
    Where all differences are equal, s² is that of one pair that differs by the whole ``span``.
    None: the difference stands on the limit, or there is none.
    """
    differences = as_values(second) - as_values(first)
    n = differences.size
    if not n:
        return None
    distance = abs(limit - float(differences.mean()))
    if distance <= ROUNDING * max(1.0, span):
        return None
    spread = (mean_variance(differences, real_clusters(clusters)).variance or 0.0) * n
    if spread <= ROUNDING * span**2:
        spread = span**2 / n
    quantiles = float(ndtri(1 - level) + ndtri(power))
    size = max(2.0, quantiles**2 * spread / distance**2)
    return math.ceil(size - 1e-9) if size <= 10**7 else None
