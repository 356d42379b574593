"""The macro mean: every group counts once, however many rows it has.

Groups are fixed strata (the nine principles are all the principles there are), so only the
sampling inside each group makes the macro mean uncertain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from primum.core.estimate import Estimate
from primum.core.summary import Better, MetricKind
from primum.statistics.cluster import (
    Floats,
    as_values,
    cluster_codes,
    mean_variance,
    real_clusters,
)
from primum.statistics.estimate import Bounds, bounds_of_missing
from primum.statistics.interval import (
    Interval,
    constant_interval,
    mean_interval,
    student_quantile,
)
from primum.statistics.macro_rate import Stratum, macro_rate_interval, mover


def macro_estimate(
    kind: MetricKind,
    values: ArrayLike,
    groups: ArrayLike,
    *,
    low: float,
    high: float,
    better: Better | None = None,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> Estimate:
    """The unweighted mean over groups of the groups' means or rates.

    Args:
        kind: decides the interval, see below.
        values: one per planned observation; NaN where missing; zeros and ones for a rate.
        groups: one label per observation.
        low: least possible value.
        high: greatest possible value.
        better: which end is good.
        clusters: one label per observation; clusters do not cross groups.
        confidence: of the interval.

    The value is over the groups in which something was scored; the bounds are the mean of the
    groups' bounds over all groups. ``n`` and ``missing`` count observations.

    - Mean: sqrt(Σ v_g)/G with Satterthwaite's degrees of freedom (Welch-Satterthwaite 1946), v_g
      cluster-robust (method ``stratified-t``). A group with fewer than two clusters has no variance
      of its own and takes the pooled variance of one cluster of the other groups. Where no group
      has two clusters: a t interval over the groups' means as if the groups were drawn at random,
      which errs on the wide side (``t-groups``).
    - Rate: Clopper and Pearson's limits on an effective size, with the variance of small groups
      drawn towards what the groups have in common (method ``stratified-clopper-pearson``); see
      ``macro_rate_interval``.
    """
    array = as_values(values)
    shared = real_clusters(clusters)
    strata = _strata(array, groups, shared)
    seen = [group for group in strata if group.values.size]
    bounds = _bounds(strata, low, high, better)
    interval = _interval(kind, seen, low, high, confidence)
    return Estimate(
        value=float(np.mean([group.values.mean() for group in seen])) if seen else None,
        low=interval.low,
        high=interval.high,
        n=sum(group.values.size for group in seen),
        missing=sum(group.missing for group in strata),
        worst=bounds.worst,
        best=bounds.best,
        method=interval.method,
        clusters=None if shared is None else sum(group.cluster_count for group in seen),
        confidence=confidence,
    )


def _strata(values: Floats, groups: ArrayLike, clusters: ArrayLike | None) -> list[Stratum]:
    codes = cluster_codes(groups, values.size)
    labels = cluster_codes(clusters, values.size)
    order = np.argsort(codes, kind="stable")
    edges = np.flatnonzero(np.diff(codes[order])) + 1
    strata = []
    for rows in np.split(order, edges) if order.size else []:
        scored = rows[~np.isnan(values[rows])]
        strata.append(Stratum(values[scored], labels[scored], int(rows.size - scored.size)))
    return strata


def _bounds(strata: Sequence[Stratum], low: float, high: float, better: Better | None) -> Bounds:
    each = [
        bounds_of_missing(
            float(group.values.sum()),
            group.values.size,
            group.missing,
            low=low,
            high=high,
            better=better,
        )
        for group in strata
    ]
    worst = [bounds.worst for bounds in each if bounds.worst is not None]
    best = [bounds.best for bounds in each if bounds.best is not None]
    if not each or len(worst) < len(each):
        return Bounds(None, None)
    return Bounds(float(np.mean(worst)), float(np.mean(best)))


def _interval(
    kind: MetricKind, seen: Sequence[Stratum], low: float, high: float, confidence: float
) -> Interval:
    if not seen:
        return Interval(None, None, "none")
    if kind == "rate":
        return macro_rate_interval(seen, confidence)
    means = np.array([group.values.mean() for group in seen])
    if all(group.cluster_count < 2 for group in seen):
        interval = mean_interval(means, low=low, high=high, confidence=confidence)
        return interval._replace(method="t-groups" if interval.method == "t" else interval.method)
    return _stratified_t(means, seen, low, high, confidence)


def _stratified_t(
    means: Floats, seen: Sequence[Stratum], low: float, high: float, confidence: float
) -> Interval:
    own: list[tuple[float, int]] = []
    alone: list[Stratum] = []
    for group in seen:
        spread = mean_variance(group.values, group.clusters)
        if spread.variance is None:
            alone.append(group)
        else:
            own.append((spread.variance, spread.clusters - 1))
    pooled_df = sum(df for _, df in own)
    # The variance of one cluster: a group's variance of the mean times its number of clusters.
    pooled = sum(variance * (df + 1) * df for variance, df in own) / pooled_df
    parts = [*own, (pooled * len(alone), pooled_df)]
    total = sum(variance for variance, _ in parts)
    centre = float(means.mean())
    if total <= 0:
        limits = [
            constant_interval(float(mean), group.cluster_count, low, high, confidence)
            for mean, group in zip(means, seen, strict=True)
        ]
        known = [limit for limit in limits if limit is not None]
        if len(known) < len(limits):
            return Interval(None, None, "none")
        return Interval(*mover(means, known), "rule-of-three")
    df = total**2 / sum(variance**2 / df for variance, df in parts if variance > 0)
    half = student_quantile(df, confidence) * math.sqrt(total) / means.size
    return Interval(float(max(low, centre - half)), float(min(high, centre + half)), "stratified-t")
