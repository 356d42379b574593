"""Bootstrap intervals of a mean, for those who distrust the t interval on a skewed, bounded scale.

Clusters are resampled, never single rows. The generator is an argument: the same generator state
gives the same limits.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import ndtr, ndtri

from primum.statistics.cluster import ROUNDING, ClusterSums, Floats, cluster_sums
from primum.statistics.interval import Interval

BootstrapKind = Literal["percentile", "bca"]

_CELLS_AT_ONCE = 4_000_000


def bootstrap_mean_interval(
    values: ArrayLike,
    *,
    generator: np.random.Generator,
    clusters: ArrayLike | None = None,
    kind: BootstrapKind = "bca",
    resamples: int = 2000,
    confidence: float = 0.95,
) -> Interval:
    """The bootstrap interval of a mean over resampled clusters.

    ``percentile``: quantiles of the resampled means. ``bca``: bias-corrected and accelerated,
    acceleration from the jackknife over clusters (Efron 1987). Fewer than two clusters, or
    resamples that are all equal, give no limits.
    """
    sums = cluster_sums(values, clusters)
    count = len(sums.sizes)
    shown = None if clusters is None else count
    if count < 2:
        return Interval(None, None, "none", shown)
    means = _resampled_means(sums, generator, resamples)
    estimate = float(sums.totals.sum() / sums.sizes.sum())
    if np.ptp(means) <= ROUNDING * max(1.0, abs(estimate)):
        return Interval(None, None, "none", shown)
    tails = np.array([(1 - confidence) / 2, (1 + confidence) / 2])
    if kind == "bca":
        tails = _corrected_tails(tails, means, estimate, sums)
    low, high = np.quantile(means, tails)
    return Interval(float(low), float(high), f"bootstrap-{kind}", shown)


def _resampled_means(sums: ClusterSums, generator: np.random.Generator, resamples: int) -> Floats:
    count = len(sums.sizes)
    step = max(1, _CELLS_AT_ONCE // count)
    parts = []
    for start in range(0, resamples, step):
        drawn = generator.integers(0, count, size=(min(step, resamples - start), count))
        parts.append(sums.totals[drawn].sum(axis=1) / sums.sizes[drawn].sum(axis=1))
    return np.concatenate(parts)


def _corrected_tails(tails: Floats, means: Floats, estimate: float, sums: ClusterSums) -> Floats:
    # Half of the ties count as below, so that a discrete scale does not fake a bias.
    below = float((means < estimate).mean() + (means == estimate).mean() / 2)
    bias = ndtri(np.clip(below, 1 / (2 * means.size), 1 - 1 / (2 * means.size)))
    left_out = (sums.totals.sum() - sums.totals) / (sums.sizes.sum() - sums.sizes)
    deviations = left_out.mean() - left_out
    spread = float((deviations**2).sum())
    acceleration = float((deviations**3).sum()) / (6 * spread**1.5) if spread > 0 else 0.0
    shifted = bias + ndtri(tails)
    corrected: Floats = ndtr(bias + shifted / (1 - acceleration * shifted))
    return corrected
