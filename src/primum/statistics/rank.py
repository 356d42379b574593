"""The signed-rank test and its shift: paired differences on scales whose steps are only ordered."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from primum.statistics.cluster import Codes, Floats, as_values
from primum.statistics.interval import normal_quantile
from primum.statistics.signflip import sign_flip_p, subset_sum_distribution

_EXACT_PAIRS = 50
"""Pairs up to which the shift's interval takes the exact distribution."""
_DECIMALS = 9
"""Differences closer than this are ties: 0.3 - 0.1 and 0.2 must share a rank."""


class SignedRank(NamedTuple):
    """The result of a signed-rank test."""

    positive_rank_sum: float
    """T+: sum of the ranks of the positive differences."""
    p_value: float | None
    """Two-sided; None without pairs."""
    name: str


class Shift(NamedTuple):
    """The Hodges-Lehmann shift; limits are None where there are too few pairs."""

    value: float
    low: float | None
    high: float | None


def wilcoxon_signed_rank(differences: ArrayLike) -> SignedRank:
    """Wilcoxon's signed-rank test of paired differences (no NaN), zeros by Pratt's rule.

    Zeros are ranked with the rest and then dropped (Pratt 1959), ties share their mean rank. The
    p-value is exact given the ranks (also with ties and zeros) while that is cheap, a few
    hundred pairs; beyond it is normal with variance Σ r²/4 and no continuity correction.
    """
    rounded = np.round(as_values(differences), _DECIMALS)
    if not rounded.size:
        return SignedRank(0.0, None, "none")
    signed = _doubled_ranks(np.abs(rounded)) * np.sign(rounded).astype(np.int64)
    p_value, exact = sign_flip_p(signed)
    positive = float(signed[signed > 0].sum()) / 2
    return SignedRank(positive, p_value, "wilcoxon-pratt-exact" if exact else "wilcoxon-pratt")


def hodges_lehmann(differences: ArrayLike, confidence: float = 0.95) -> Shift:
    """The median of the Walsh averages (d_i + d_j)/2, i <= j, with its signed-rank interval.

    The limits are order statistics of the Walsh averages, exact up to 50 pairs and by the normal
    approximation beyond (Hollander, Wolfe and Chicken 2014, sections 3.2 and 3.3); too few
    pairs for the confidence (fewer than 6 at 95 %) give no limits. Nor do ties so many that both
    limits are one point of the scale: that would claim certainty. Memory grows with the pairs, not
    with their square.

    Raises:
        ValueError: there is no difference.
    """
    array = np.round(as_values(differences), _DECIMALS)
    if not array.size:
        raise ValueError("no paired difference is left to take a shift of")
    averages = _WalshAverages(array)
    middle = (averages.count + 1) // 2
    value = (averages.smallest(middle) + averages.smallest(averages.count + 1 - middle)) / 2
    rank = _limit_rank(array.size, confidence)
    if rank < 1:
        return Shift(value, None, None)
    low, high = averages.smallest(rank), averages.smallest(averages.count + 1 - rank)
    return Shift(value, low, high) if low < high else Shift(value, None, None)


class _WalshAverages:
    """Order statistics of all n(n+1)/2 averages without forming them."""

    def __init__(self, values: Floats) -> None:
        self.values, counts = np.unique(values, return_counts=True)
        self.counts = counts.astype(np.int64)
        self.cumulative = np.concatenate([[0], np.cumsum(self.counts)])
        self.count = int(values.size * (values.size + 1) // 2)

    def smallest(self, rank: int) -> float:
        """The average of that rank, from 1: the least x with at least ``rank`` averages <= x."""
        low, high = float(self.values[0]), float(self.values[-1])
        if self._not_above(low) >= rank:
            return low
        # Values are multiples of 10^-9, averages of half that: a quarter of it tells all apart.
        while high - low > 10.0**-_DECIMALS / 4:
            centre = (low + high) / 2
            if not low < centre < high:
                break
            low, high = (low, centre) if self._not_above(centre) >= rank else (centre, high)
        return float(np.round(high, _DECIMALS))

    def _not_above(self, limit: float) -> int:
        partners = np.searchsorted(self.values, 2 * limit - self.values, side="right")
        ordered = int((self.counts * self.cumulative[partners]).sum())
        alone = int(self.cumulative[np.searchsorted(self.values, limit, side="right")])
        return (ordered + alone) // 2


def _limit_rank(pairs: int, confidence: float) -> int:
    """Which Walsh average from either end is the limit; 0 where none is far enough out."""
    if pairs <= _EXACT_PAIRS:
        tails = np.cumsum(subset_sum_distribution(np.arange(1, pairs + 1)))
        return int(np.searchsorted(tails, (1 - confidence) / 2, side="right"))
    spread = math.sqrt(pairs * (pairs + 1) * (2 * pairs + 1) / 24)
    return math.floor(pairs * (pairs + 1) / 4 - normal_quantile(confidence) * spread)


def _doubled_ranks(magnitudes: Floats) -> Codes:
    """Twice the mid-ranks: whole numbers even for ties."""
    _, inverse, counts = np.unique(magnitudes, return_inverse=True, return_counts=True)
    ranks = 2 * np.cumsum(counts) - counts + 1
    return ranks[inverse].astype(np.int64)
