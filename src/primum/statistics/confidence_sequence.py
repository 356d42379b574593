"""Anytime-valid tests and bounds of a bounded mean: they may be looked at after every observation.

    bets = BettingTest(limit=0.1, above=False)      # is the mean below 0.1?
    for value in values:
        bets.observe(value)
    bets.peak >= 1 / 0.05                           # then it is, at a level of 5 %

If the mean stood at the limit (or beyond it), the capital of a gambler who bets on the opposite
would be a nonnegative martingale (supermartingale), and by Ville's inequality (1939) it would ever
reach 1/α with chance α at most, however long one plays and whenever one stops. So the test holds
its level at a stopping time that depends on the data, which a fixed-n test does not.

Bets: the diversified Kelly bets of Waudby-Smith and Ramdas (2024, "Estimating means of bounded
random variables by betting"): the capital is spread over fractions of the greatest bet that cannot
ruin, at the quantiles of the arcsine law (the mixture of Krichevsky and Trofimov 1981, whose cost
over the best constant bet grows like half a logarithm). Seen as one gambler, this bets at every
step the mean of the fractions weighted by what each has won so far, which is a predictable plug-in
bet, truncated below ruin. Unlike a plug-in of mean and variance it needs no start-up, its capital
does not depend on the order of what was seen, and it is monotone in the limit, so that inverting it
gives an interval.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from primum.statistics.cluster import Floats

FRACTIONS = 40
_SHARES: Floats = np.sin(np.pi * (np.arange(FRACTIONS) + 0.5) / (2 * FRACTIONS)) ** 2
"""Quantiles of the arcsine law (Beta(1/2, 1/2)); the greatest is 0.9996, so nothing ruins."""


class BettingTest:
    """Capital against “the mean lies on the other side of ``limit``”, for values in 0..1.

    Args:
        limit: strictly between 0 and 1.
        above: bet that the mean is above the limit (against: at most the limit), or else below.
    """

    __slots__ = ("_bets", "_limit", "_log_wealth", "n", "peak")

    def __init__(self, limit: float, *, above: bool) -> None:
        if not 0 < limit < 1:
            raise ValueError(f"a limit of {limit:g} is not between 0 and 1")
        self._limit = limit
        # Each factor 1 + bet (x - limit) stays positive for every x in 0..1.
        self._bets: Floats = _SHARES / limit if above else -_SHARES / (1 - limit)
        self._log_wealth: Floats = np.zeros(FRACTIONS)
        self.n = 0
        self.peak = 1.0
        """Greatest capital so far."""

    def observe(self, value: float) -> None:
        """Bet on one value.

        Raises:
            ValueError: it is outside 0..1.
        """
        if not 0 <= value <= 1:
            raise ValueError(f"{value:g} is outside 0..1")
        self._log_wealth += np.log1p(self._bets * (value - self._limit))
        self.n += 1
        self.peak = max(self.peak, self.capital)

    @property
    def capital(self) -> float:
        """What one unit has become."""
        top = float(self._log_wealth.max())
        mean = float(np.exp(self._log_wealth - top).mean())
        return math.exp(min(700.0, top + math.log(mean)))


def capital_path(values: ArrayLike, limit: float, *, above: bool) -> Floats:
    """The capital of ``BettingTest`` after each value; the values' last axis is time."""
    array = np.asarray(values, dtype=np.float64)
    bets = _SHARES / limit if above else -_SHARES / (1 - limit)
    capital = np.zeros_like(array)
    for bet in bets:
        capital += np.exp(np.minimum(700, np.cumsum(np.log1p(bet * (array - limit)), axis=-1)))
    path: Floats = capital / FRACTIONS
    return path


def lower_bound_ever(values: ArrayLike, level: float) -> float:
    """The greatest lower bound of the mean that the sequence gave at any time so far.

    One side of the confidence sequence, by inversion: the limits below it were all rejected at
    ``level`` at some time (Waudby-Smith and Ramdas 2024, section 4). With chance 1 - ``level`` it
    is below the mean at all times together.
    """
    array = np.asarray(values, dtype=np.float64)
    return _last_rejected(array, level) if array.size else 0.0


def upper_bound_ever(values: ArrayLike, level: float) -> float:
    """The least upper bound of the mean that the sequence gave at any time so far."""
    array = np.asarray(values, dtype=np.float64)
    return 1 - _last_rejected(1 - array, level) if array.size else 1.0


def _last_rejected(values: NDArray[np.float64], level: float) -> float:
    """Capital on “above” falls as the limit rises, at every time, so that halving finds it."""
    low, high = 0.0, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        is_rejected = capital_path(values, middle, above=True).max() >= 1 / level
        low, high = (middle, high) if is_rejected else (low, middle)
    return low
