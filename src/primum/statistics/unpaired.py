"""The difference of two estimates from different items, with limits made of theirs."""

from __future__ import annotations

import math
from typing import NamedTuple

from primum.core.estimate import Estimate


class Unpaired(NamedTuple):
    """Second minus first; None where an estimate is not known or has no interval."""

    value: float | None
    low: float | None
    high: float | None


def difference_of_estimates(first: Estimate, second: Estimate) -> Unpaired:
    """Second minus first, of independent items, with the limits of Zou and Donner (2008, MOVER).

    low = d - sqrt((v2 - l2)² + (u1 - v1)²), high = d + sqrt((u2 - v2)² + (v1 - l1)²). With Wilson's
    limits it is Newcombe's interval (1998) of two independent rates.
    """
    if first.value is None or second.value is None:
        return Unpaired(None, None, None)
    value = second.value - first.value
    ends = first.low, first.high, second.low, second.high
    if any(end is None for end in ends):
        return Unpaired(value, None, None)
    low1, high1, low2, high2 = (end for end in ends if end is not None)
    return Unpaired(
        value,
        value - math.hypot(second.value - low2, high1 - first.value),
        value + math.hypot(high2 - second.value, first.value - low1),
    )
