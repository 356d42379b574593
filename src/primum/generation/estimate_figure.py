"""An estimate as plain values for a data card: value, limits, n, method."""

from __future__ import annotations

from typing import Any

from primum.core.estimate import Estimate


def estimate_figure(estimate: Estimate) -> dict[str, Any]:
    """Value, interval and n; ``missing`` only where something is missing."""
    figure: dict[str, Any] = {
        "value": _rounded(estimate.value),
        "low": _rounded(estimate.low),
        "high": _rounded(estimate.high),
        "n": estimate.n,
        "method": estimate.method,
    }
    return figure | ({"missing": estimate.missing} if estimate.missing else {})


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
