"""How much seeds scatter, with an interval: their standard deviation beyond single answers' noise.

    limits = scatter_limits(spread)              # of one seed's own mean
    half_width_limits(spread)                    # of the half width that they make of a mean

The mean square of the seeds' means over its expectation is chi-square with S-1 degrees of freedom;
the noise of single cells, which is in it, is known from the cells and taken off. The limits are
those of Tukey and Williams: an F quantile each way, cut off at zero. With three seeds they are
wide: from half to six times of what is seen, noise included.
"""

from __future__ import annotations

import math

from scipy.special import chdtrc, chdtri, fdtri

from primum.statistics.interval import Limits, student_quantile
from primum.statistics.seeds import MOST_SEEDS, SeedSpread

POWER = 0.8
"""With which what is needed would tell: in four cases of five."""


def scatter_limits(spread: SeedSpread, confidence: float = 0.95) -> Limits | None:
    """Two-sided limits of the standard deviation between seeds; None for one seed or request.

    Source: Tukey 1951, Williams 1962 (one-way random effects), with the cluster-robust variance of
    the cells in place of the mean square within.
    """
    if spread.between_seeds is None or spread.clusters < 2:
        return None
    free, rest = spread.seeds - 1.0, (spread.seeds - 1.0) * (spread.clusters - 1.0)
    seen, noise = spread.from_seeds * spread.seeds, spread.from_cells * spread.seeds
    tail = (1 - confidence) / 2
    low = seen / float(fdtri(free, rest, 1 - tail)) - noise
    # Seeds that happen to lie closer together than the noise alone would have them tell no more
    # than seeds that lie as the noise has them; else chance would make the limit zero.
    high = max(seen, noise) / float(fdtri(free, rest, tail)) - noise
    return Limits(*(math.sqrt(max(0.0, end)) for end in (low, high)))


def half_width_limits(spread: SeedSpread, confidence: float = 0.95) -> Limits | None:
    """Limits of what ``SeedSpread.seeds_half_width`` estimates; None for one seed or request."""
    limits = scatter_limits(spread, confidence)
    if limits is None:
        return None
    factor = student_quantile(spread.seeds - 1, confidence) / math.sqrt(spread.seeds)
    return Limits(limits.low * factor, limits.high * factor)


def seeds_to_clear(spread: SeedSpread, margin: float, confidence: float = 0.95) -> int | None:
    """Seeds with which the upper limit is at most the margin; None: no number.

    In four cases of five, if they scatter as they are seen to do here: more seeds are known better,
    and make less of the mean's interval.
    """
    if spread.between_seeds is None or spread.clusters < 2 or margin <= 0:
        return None
    noise = spread.from_cells * spread.seeds
    tail = (1 - confidence) / 2
    if spread.between_seeds + noise <= 0:
        return None
    for count in range(spread.seeds + 1, MOST_SEEDS + 1):
        allowed = (margin / student_quantile(count - 1, confidence)) ** 2 * count
        ratio = (allowed + noise) / (spread.between_seeds + noise)
        least = float(chdtri(count - 1.0, 1 - tail))
        # The limit is at least what the noise alone makes it, which must be within as well.
        is_reachable = noise / least * (count - 1.0) - noise <= allowed
        if is_reachable and float(chdtrc(count - 1.0, least * ratio)) <= 1 - POWER:
            return count
    return None
