"""Numbers as a reader sees them: the same digits in the terminal, in HTML and in charts.

Rates are percentages with one decimal, means have two. What is not known is a dash, never 0.
"""

from __future__ import annotations

import math

from primum.core.estimate import Estimate

DASH = "–"
_MINUS = "−"


def number(value: float | None, *, rate: bool, signed: bool = False) -> str:
    """The value without a unit; rates are scaled to percent."""
    if value is None or not math.isfinite(value):
        return DASH
    digits = 1 if rate else 2
    rounded = round(value * 100 if rate else value, digits) + 0.0
    return f"{rounded:{'+' if signed and rounded else ''}.{digits}f}".replace("-", _MINUS)


def with_unit(value: float | None, *, rate: bool) -> str:
    """The value; a rate with its percent sign."""
    text = number(value, rate=rate)
    return f"{text}%" if rate and text != DASH else text


def interval(low: float | None, high: float | None, *, rate: bool, signed: bool = False) -> str:
    """``[low, high]``, or a dash where there is no interval."""
    ends = number(low, rate=rate, signed=signed), number(high, rate=rate, signed=signed)
    return DASH if DASH in ends else f"[{ends[0]}, {ends[1]}]"


def bounds(estimate: Estimate, *, rate: bool) -> str:
    """The value if all missing were worst … best; a dash where nothing is missing."""
    if not estimate.missing:
        return DASH
    worst, best = number(estimate.worst, rate=rate), number(estimate.best, rate=rate)
    return DASH if DASH in (worst, best) else f"{worst} … {best}"


def p_value(value: float | None) -> str:
    """The p-value to two significant digits, at least 0.001."""
    if value is None or not math.isfinite(value):
        return DASH
    if value < 0.001:
        return "<0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def count(value: float) -> str:
    """A whole number with thin groups of three digits, or up to two decimals."""
    if not math.isfinite(value):
        return DASH
    if float(value).is_integer():
        return f"{int(value):,}"
    return f"{value:,.2f}" if abs(value) >= 0.01 else f"{value:.2g}"


def percent(part: float, whole: float) -> str:
    """``part`` of ``whole`` in percent."""
    return with_unit(part / whole, rate=True) if whole else DASH
