"""Clustered observations: rows that share a request are not independent; no formula may forget.

It knows numbers and cluster labels only; what a cluster means is the caller's choice.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

ROUNDING = 1e-12
"""Relative size below which a variance is rounding noise, not a finding."""


class ClusterSums(NamedTuple):
    """One entry per cluster."""

    sizes: Floats
    """Observations in the cluster."""
    totals: Floats
    """Sum of its values."""

    @property
    def means(self) -> Floats:
        """Mean value of each cluster."""
        return self.totals / self.sizes


class MeanVariance(NamedTuple):
    """The sampling variance of a mean; None where there are fewer than two clusters."""

    variance: float | None
    clusters: int


def as_values(values: ArrayLike) -> Floats:
    """The values as a one-dimensional float array.

    Raises:
        ValueError: more than one dimension, or a value that is infinite.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise ValueError(f"values have {array.ndim} dimensions; one is expected")
    if np.isinf(array).any():
        raise ValueError("values hold an infinite number")
    return array


def cluster_codes(clusters: ArrayLike | None, count: int) -> Codes:
    """Cluster labels as codes 0..G-1; every observation is its own cluster where none are given.

    Raises:
        ValueError: there is not exactly one label for each of the ``count`` observations.
    """
    if clusters is None:
        return np.arange(count, dtype=np.int64)
    labels = np.asarray(clusters)
    if labels.shape != (count,):
        raise ValueError(f"{labels.shape} cluster labels for {count} values")
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)


def real_clusters(clusters: ArrayLike | None) -> ArrayLike | None:
    """The labels, or None where no two observations share one: then they are independent."""
    if clusters is None:
        return None
    labels = np.asarray(clusters)
    return None if np.unique(labels).size == labels.size else labels


def cluster_sums(values: ArrayLike, clusters: ArrayLike | None = None) -> ClusterSums:
    """Size and total of every cluster, in the order of the sorted labels."""
    array = as_values(values)
    codes = cluster_codes(clusters, array.size)
    sizes = np.bincount(codes).astype(np.float64)
    totals = np.bincount(codes, weights=array).astype(np.float64)
    return ClusterSums(sizes, totals)


def mean_variance(values: ArrayLike, clusters: ArrayLike | None = None) -> MeanVariance:
    """The cluster-robust variance of the mean of ``values`` (no NaN), CR1.

    With residual totals u_g of G clusters: G/(G-1) · Σ u_g² / n² (Liang and Zeger 1986, with
    the G/(G-1) correction; for clusters of one this is s²/n).
    """
    sums = cluster_sums(values, clusters)
    count = len(sums.sizes)
    if count < 2:
        return MeanVariance(None, count)
    n = sums.sizes.sum()
    residual_totals = sums.totals - sums.sizes * (sums.totals.sum() / n)
    return MeanVariance(float(count / (count - 1) * (residual_totals**2).sum() / n**2), count)


def is_constant(values: Floats) -> bool:
    """Whether all values are equal, up to rounding."""
    return bool(np.ptp(values) <= ROUNDING * max(1.0, float(np.abs(values).max())))
