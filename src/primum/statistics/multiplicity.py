"""Adjustment of p-values: many comparisons find something by chance."""

from __future__ import annotations

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Holm's step-down adjusted p-values, in the order given (Holm 1979).

    None (no test could be made) stays None and does not count as a comparison.

    Raises:
        ValueError: a p-value is outside 0..1.
    """
    order = sorted((p, index) for index, p in _checked(p_values))
    adjusted: list[float | None] = [None] * len(p_values)
    running = 0.0
    for rank, (p, index) in enumerate(order):
        running = max(running, min(1.0, (len(order) - rank) * p))
        adjusted[index] = running
    return adjusted


def bonferroni(p_values: Sequence[float | None]) -> list[float | None]:
    """Each p-value times the number of comparisons, at most 1; None stays None and is not counted.

    Raises:
        ValueError: a p-value is outside 0..1.
    """
    tested = _checked(p_values)
    adjusted: list[float | None] = [None] * len(p_values)
    for index, p in tested:
        adjusted[index] = min(1.0, len(tested) * p)
    return adjusted


def _checked(p_values: Sequence[float | None]) -> list[tuple[int, float]]:
    tested = [(index, p) for index, p in enumerate(p_values) if p is not None]
    for _, p in tested:
        if not 0 <= p <= 1:
            raise ValueError(f"a p-value of {p} is outside 0..1")
    return tested
