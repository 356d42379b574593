"""The course of searches for a suffix: one thin line each, and their mean."""

from __future__ import annotations

import math
from collections.abc import Sequence

from primum.reporting.svg import to_svg
from primum.reporting.vega import Spec

WIDTH, HEIGHT = 640, 320
_INK, _QUIET, _LINE = "#222222", "#6b6b6b", "#1f5fa8"


def loss_chart(curves: Sequence[Sequence[float]], *, title: str) -> str:
    """An SVG of loss by step; each curve begins with the loss before the first step.

    The mean runs as far as all curves do. Losses are in nats per token of the target.
    """
    points = [
        {"step": step, "loss": loss, "curve": number}
        for number, curve in enumerate(curves)
        for step, loss in enumerate(curve)
        if math.isfinite(loss)
    ]
    finite = [[loss for loss in curve if math.isfinite(loss)] for curve in curves]
    shared = min((len(curve) for curve in finite), default=0)
    means = [
        {"step": step, "loss": sum(curve[step] for curve in finite) / len(finite)}
        for step in range(shared)
    ]
    x: Spec = {"field": "step", "type": "quantitative", "title": "step"}
    y: Spec = {"field": "loss", "type": "quantitative", "title": "loss, nats per token"}
    thin: Spec = {"type": "line", "strokeWidth": 1, "opacity": 0.45, "stroke": _LINE}
    spec: Spec = {
        "width": WIDTH,
        "height": HEIGHT,
        "padding": 12,
        "background": "white",
        "layer": [
            {
                "data": {"values": points},
                "mark": thin,
                "encoding": {"x": x, "y": y, "detail": {"field": "curve"}},
            },
            {
                "data": {"values": means},
                "mark": {"type": "line", "strokeWidth": 3, "stroke": _INK},
                "encoding": {"x": x, "y": y},
            },
        ],
        "config": {
            "view": {"stroke": None},
            "axis": {"labelColor": _QUIET, "titleColor": _QUIET, "gridColor": "#e4e4e4"},
        },
    }
    first, last = (means[0]["loss"], means[-1]["loss"]) if means else (math.nan, math.nan)
    told = f"{len(curves)} searches; their mean falls from {first:.2f} to {last:.2f}"
    return to_svg(spec, prefix="loss", title=title, description=told)
