"""The interval of a macro rate: sound for groups of one observation and for groups of a hundred.

A group of one or two observations shows no spread of its own: its rate is 0 or 1 and half of its
limits have no width. Summed over many such groups, that claims far too much. So each group's
variance borrows from the other groups, the less the more the group itself knows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.statistics.cluster import ROUNDING, Floats, mean_variance
from primum.statistics.interval import (
    Interval,
    Limits,
    exact_limits,
    normal_quantile,
    student_quantile,
    wilson_limits,
)


class Stratum(NamedTuple):
    """What one group gave; it is never empty where an interval is asked for."""

    values: Floats
    """Scored values."""
    clusters: NDArray[np.int64]
    missing: int

    @property
    def cluster_count(self) -> int:
        """Number of clusters among the scored values."""
        return len(np.unique(self.clusters))


def macro_rate_interval(groups: Sequence[Stratum], confidence: float) -> Interval:
    """The interval of the mean of the groups' rates; None with fewer than two clusters in all.

    Clopper and Pearson's limits on the effective size p(1-p)/V (Korn and Graubard 1998), where V
    is the variance of the macro rate p: Σ q_g(1-q_g)/m_g / G². Here m_g is the group's size (see
    ``effective_sizes``) and q_g its rate after z² pseudo-observations (Agresti and Coull 1998)
    at a rate common to the groups, so that a group of one has almost the common variance and a
    group of a hundred almost its own. Two common rates are at hand: the macro rate, and the rate
    weighted by 1/m_g (as the variance weights the groups, so that by Jensen it errs on the wide
    side); of what lies between the two, the rate nearest 1/2 is taken. Where all rates are 0 or
    all are 1, the effective size is G²/Σ(1/m_g).

    On neither side is the interval narrower than the groups' Wilson limits combined by MOVER
    (Zou and Donner 2008): one small group may differ from the large ones, unseen.
    """
    if sum(group.cluster_count for group in groups) < 2:
        return Interval(None, None, "none")
    rates = np.array([group.values.mean() for group in groups])
    sizes = effective_sizes(groups, confidence)
    pooled = exact_limits(float(rates.mean()), _macro_size(rates, sizes, confidence), confidence)
    each = [
        wilson_limits(float(rate), float(size), confidence)
        for rate, size in zip(rates, sizes, strict=True)
    ]
    combined = mover(rates, each)
    return Interval(
        max(0.0, min(pooled.low, combined.low)),
        min(1.0, max(pooled.high, combined.high)),
        "stratified-clopper-pearson",
    )


def mover(means: Floats, limits: Sequence[Limits]) -> Limits:
    """Limits of the mean of independent ``means``, each with its own (Zou and Donner 2008)."""
    lower = math.sqrt(sum((m - x.low) ** 2 for m, x in zip(means, limits, strict=True)))
    upper = math.sqrt(sum((x.high - m) ** 2 for m, x in zip(means, limits, strict=True)))
    centre = float(means.mean())
    return Limits(centre - lower / means.size, centre + upper / means.size)


def effective_sizes(groups: Sequence[Stratum], confidence: float = 0.95) -> Floats:
    """How many independent observations each group is worth.

    Its observations over one design effect for all groups (the sum of their cluster-robust
    variances over the sum of their plain ones, since a small group cannot show its own), times
    (t_{Σ(n-1)} / t_{Σ(C-1)})² for the few clusters C. At most its observations, at least what they
    are worth if all within a cluster always agree: (Σ s)² / Σ s² over cluster sizes s (Kish 1965).
    """
    observed = np.array([float(group.values.size) for group in groups])
    least = np.array([_worth_if_clusters_agree(group) for group in groups])
    if (least == observed).all():
        return observed
    several = [group for group in groups if group.cluster_count > 1]
    plain = sum(mean_variance(group.values).variance or 0.0 for group in several)
    if plain <= ROUNDING:
        return least
    robust = sum(mean_variance(group.values, group.clusters).variance or 0.0 for group in several)
    few = student_quantile(
        sum(group.values.size - 1 for group in several), confidence
    ) / student_quantile(sum(group.cluster_count - 1 for group in several), confidence)
    sizes: Floats = np.maximum(least, observed / max(1.0, robust / plain) * few**2)
    return sizes


def _worth_if_clusters_agree(group: Stratum) -> float:
    sizes = np.unique(group.clusters, return_counts=True)[1]
    return float(sizes.sum() ** 2 / (sizes**2).sum())


def _macro_size(rates: Floats, sizes: Floats, confidence: float) -> float:
    rate = float(rates.mean())
    if rate in (0.0, 1.0):
        return float(rates.size**2 / (1 / sizes).sum())
    weighted = float(np.average(rates, weights=1 / sizes))
    common = min(max(0.5, min(rate, weighted)), max(rate, weighted))
    pseudo = normal_quantile(confidence) ** 2
    shrunk = (sizes * rates + pseudo * common) / (sizes + pseudo)
    variance = float((shrunk * (1 - shrunk) / sizes).sum()) / rates.size**2
    return rate * (1 - rate) / variance
