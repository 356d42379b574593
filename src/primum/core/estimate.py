"""A number that can be defended: its interval, its n, and what is missing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean or a rate with its uncertainty."""

    value: float | None
    """None where nothing was scored."""
    low: float | None
    """Lower end of the interval; None where n is too small for one."""
    high: float | None
    n: int
    """Observations that were scored."""
    missing: int
    """Observations that should have been scored and were not."""
    worst: float | None
    """The value if every missing observation had been the worst possible."""
    best: float | None
    """The value if every missing observation had been the best possible."""
    method: str
    """Name of the interval's method, for example ``wilson`` or ``cluster-t``."""
    clusters: int | None = None
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class Difference:
    """A paired difference (second minus first) over the units scored on both sides."""

    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    pairs: int
    dropped: int
    """Units that are missing on at least one side."""
    test: str
    """Name of the test behind the p-value."""
    method: str
    """Name of the interval's method."""
    note: str = ""
