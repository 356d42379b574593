"""Drawings over the occasions of a watch: values with intervals, and what endpoints reported.

Knows places, values and pixels, not watches. Lines differ in colour, symbol and dashes; an alarm is
a symbol below the axis, so that it is seen without colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from primum.reporting.pixel import PixelSheet
from primum.reporting.study_plots import CELL, Box, round_ticks
from primum.reporting.turn_panel import STYLES
from primum.reporting.vega import NARROW, Axis, Size, Spec
from primum.reporting.visible import wrap_cells

ALARM_COLOUR = "var(--harmful)"
_LEFT, _RIGHT, _TOP = 44.0, 14.0, 14.0
_HEIGHT = 200.0
_QUIET = "var(--quiet)"
_RULE = "var(--rule)"
_SHIFT = 7.0
"""Between two lines at one occasion, so that their intervals do not hide each other."""


@dataclass(frozen=True, slots=True)
class DriftPoint:
    """One value; ``place`` counts the occasions of the chart from 0."""

    place: int
    value: float
    low: float | None
    high: float | None
    is_alarm: bool = False


@dataclass(frozen=True, slots=True)
class DriftLine:
    """One series; ``style`` is a key of ``STYLES``."""

    style: str
    points: tuple[DriftPoint, ...]


@dataclass(frozen=True, slots=True)
class DriftMarks:
    """What else happened: places of occasions."""

    versions: tuple[int, ...] = ()
    """At which the endpoint reported another version."""
    shaded: tuple[int, ...] = ()
    """At which a change may lie."""
    beginnings: tuple[int, ...] = ()
    """At which the comparison began anew."""


@dataclass(frozen=True, slots=True)
class Span:
    """Occasions in a row with one value; ends included."""

    first: int
    last: int
    text: str


@dataclass(frozen=True, slots=True)
class TimeRow:
    """What one endpoint reported, over all occasions."""

    label: str
    spans: tuple[Span, ...]


def drift_lines(
    lines: Sequence[DriftLine],
    occasions: Sequence[str],
    axis: Axis,
    marks: DriftMarks,
    size: Size = NARROW,
) -> Spec:
    """Lines over the occasions, with alarms below and versions behind."""
    sheet = PixelSheet(size.width, _TOP + _HEIGHT + 44)
    box = Box(_LEFT, _TOP, size.width - _LEFT - _RIGHT, _HEIGHT)
    step = box.width / max(1, len(occasions))
    for place in marks.shaded:
        left = box.x + step * place
        sheet.block((left, box.y), (left + step, box.bottom), "var(--neutral)")
    _levels(sheet, box, axis)
    for place in marks.versions:
        x = box.x + step * place
        sheet.rule((x, box.y), (x, box.bottom), "var(--neutral)", thick=1.5, dash=(5, 3))
    for place in marks.beginnings:
        x = box.x + step * place
        sheet.rule((x, box.y), (x, box.bottom), _QUIET, thick=2)
    _names(sheet, box, step, occasions, size)
    for number, line in enumerate(lines):
        shift = (number - (len(lines) - 1) / 2) * _SHIFT
        _line(sheet, box._replace(x=box.x + shift), line, axis, step)
    return sheet.spec()


def time_rows(rows: Sequence[TimeRow], occasions: Sequence[str], size: Size = NARROW) -> Spec:
    """For each endpoint a line of spans, the value written above each, a mark where it changed."""
    height = 44.0
    sheet = PixelSheet(size.width, 8 + height * len(rows) + 30)
    box = Box(10.0, 8.0, size.width - 24.0, height * len(rows))
    step = box.width / max(1, len(occasions))
    for number, row in enumerate(rows):
        y = box.y + height * (number + 1) - 6
        sheet.text(box.x, y - 28, _cut(row.label, box.width), _QUIET)
        for place, span in enumerate(row.spans):
            left, right = box.x + step * span.first, box.x + step * (span.last + 1)
            colour = STYLES["line1" if place % 2 == 0 else "line2"].colour
            sheet.rule((left + 2, y), (right - 2, y), colour, thick=5)
            sheet.text(left + 3, y - 12, _cut(span.text, right - left - 6))
            if place:
                sheet.marker(left, y, ALARM_COLOUR, "diamond")
    _names(sheet, box, step, occasions, size)
    return sheet.spec()


def _line(sheet: PixelSheet, box: Box, line: DriftLine, axis: Axis, step: float) -> None:
    style = STYLES[line.style]
    places = [
        (box.x + step * (point.place + 0.5), box.down(point.value, axis)) for point in line.points
    ]
    sheet.line(places, style.colour, dash=style.dash)
    for (x, y), point in zip(places, line.points, strict=True):
        if point.low is not None and point.high is not None:
            ends = (x, box.down(point.low, axis)), (x, box.down(point.high, axis))
            sheet.rule(*ends, style.colour, thick=1.5)
        sheet.marker(x, y, style.colour, style.shape)
        if point.is_alarm:
            sheet.marker(x, box.bottom + 30, ALARM_COLOUR, "triangle-down")


def _levels(sheet: PixelSheet, box: Box, axis: Axis) -> None:
    edge = 1e-9 * (axis.high - axis.low)
    for tick in round_ticks(axis.low, axis.high):
        if not axis.low - edge <= tick <= axis.high + edge:
            continue
        y = box.down(tick, axis)
        sheet.rule((box.x, y), (box.x + box.width, y), _RULE, thick=1)
        text = f"{tick * 100:.6g}%" if axis.is_rate else f"{tick:.6g}"
        sheet.text(box.x - 6, y, text, _QUIET, align="right")


def _names(sheet: PixelSheet, box: Box, step: float, occasions: Sequence[str], size: Size) -> None:
    """The occasions below the plot, every second or tenth where they are many."""
    most = 10 if size is NARROW else 24
    every = max(1, math.ceil(len(occasions) / most))
    for place in range(0, len(occasions), every):
        x = box.x + step * (place + 0.5)
        sheet.text(x, box.bottom + 14, occasions[place], _QUIET, align="center")


def _cut(text: str, width: float) -> str:
    return wrap_cells(text, max(2, int(width / CELL)), most_lines=1)[0]
