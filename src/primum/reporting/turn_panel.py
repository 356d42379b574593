"""Drawings over the turns of a conversation: values with intervals, and steps of survival.

Knows panels, series and pixels, not runs. Series differ in colour, symbol and dashes, so that they
are told apart without colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from primum.reporting.pixel import Dash, PixelSheet
from primum.reporting.vega import NARROW, Axis, Size, Spec
from primum.reporting.visible import wrap_cells

_LEFT, _RIGHT, _TOP = 44.0, 12.0, 12.0
_GAP = 22.0
_LINE = 15.0
_SHIFT = 22.0


class SeriesStyle(NamedTuple):
    """How one series is drawn, and its symbol in the legend."""

    colour: str
    shape: str
    symbol: str
    dash: Dash


STYLES = {
    "harmful": SeriesStyle("var(--harmful)", "circle", "●", (4, 3)),
    "benign": SeriesStyle("var(--benign)", "diamond", "◆", (4, 3)),
    "all": SeriesStyle("var(--neutral)", "square", "■", (2, 3)),
    "whole": SeriesStyle("var(--neutral)", "circle", "━", ()),
    "line1": SeriesStyle("var(--line1)", "circle", "●", ()),
    "line2": SeriesStyle("var(--line2)", "triangle-up", "▲", (6, 3)),
    "line3": SeriesStyle("var(--line3)", "diamond", "◆", (2, 2)),
    "line4": SeriesStyle("var(--line4)", "square", "■", (8, 2, 2, 2)),
    "line5": SeriesStyle("var(--line5)", "triangle-down", "▼", (1, 2)),
    "line6": SeriesStyle("var(--line6)", "cross", "✚", (10, 3)),
}
LINES = ("line1", "line2", "line3", "line4")


@dataclass(frozen=True, slots=True)
class TurnPoint:
    """One value of a series; ``place`` counts the turns of the chart from 0."""

    place: int
    value: float
    low: float | None
    high: float | None
    text: str
    """Printed below the axis, or in a panel of several above the interval."""


@dataclass(frozen=True, slots=True)
class TurnSeries:
    """One line; ``style`` is a key of ``STYLES``."""

    style: str
    points: tuple[TurnPoint, ...]


@dataclass(frozen=True, slots=True)
class TurnPanel:
    """One plot with its title."""

    title: str
    series: tuple[TurnSeries, ...]
    reference: tuple[float | None, ...] = ()
    """A value for each turn, drawn faintly in every panel for comparison."""


@dataclass(frozen=True, slots=True)
class StepLevel:
    """What a survival curve says after one turn."""

    value: float
    low: float | None
    high: float | None
    worst: float | None
    best: float | None


@dataclass(frozen=True, slots=True)
class StepSeries:
    """One survival curve."""

    style: str
    levels: tuple[StepLevel, ...]


@dataclass(frozen=True, slots=True)
class CountRow:
    """Numbers printed under the segments of a survival chart."""

    label: str
    counts: tuple[str, ...]
    colour: str = "var(--ink)"


def turn_lines(panel: TurnPanel, turns: Sequence[str], axis: Axis, size: Size = NARROW) -> Spec:
    """One plot over the turns, each turn named below it with the text of each series."""
    height = 210.0
    sheet = PixelSheet(size.width, _TOP + height + 26 + 16 * len(panel.series))
    box = _Box(_LEFT, _TOP, size.width - _LEFT - _RIGHT, height)
    _axis(sheet, box, axis, labelled=True)
    step = box.width / max(1, len(turns))
    for place, turn in enumerate(turns):
        sheet.text(box.x + step * (place + 0.5), box.bottom + 18, turn, align="center")
    for place, series in enumerate(panel.series):
        shift = (place - (len(panel.series) - 1) / 2) * _SHIFT
        _series(sheet, box, series, axis, step, shift=shift)
        for point in series.points:
            sheet.text(
                box.x + step * (point.place + 0.5),
                box.bottom + 34 + 16 * place,
                point.text,
                STYLES[series.style].colour,
                align="center",
            )
    return sheet.spec()


def turn_panels(
    panels: Sequence[TurnPanel], turns: Sequence[str], axis: Axis, size: Size = NARROW
) -> Spec:
    """Small plots on one scale, side by side, each value printed above its interval."""
    columns = min(len(panels), 2 if size is NARROW else 4)
    height = 120.0
    cell = (size.width - _LEFT - _RIGHT - _GAP * (columns - 1)) / columns
    titles = [wrap_cells(one.title, int(cell / 5.7), most_lines=3) for one in panels]
    heads = _LINE * max(len(lines) for lines in titles)
    row_height = heads + height + 40
    sheet = PixelSheet(size.width, row_height * math.ceil(len(panels) / columns))
    step = cell / max(1, len(turns))
    for place, panel in enumerate(panels):
        row, column = divmod(place, columns)
        box = _Box(_LEFT + column * (cell + _GAP), row * row_height + heads + 8, cell, height)
        offset = heads - _LINE * len(titles[place])
        for number, line in enumerate(titles[place]):
            sheet.text(box.x, row * row_height + offset + _LINE * (number + 0.5), line)
        _axis(sheet, box, axis, labelled=column == 0)
        for number, turn in enumerate(turns):
            x = box.x + step * (number + 0.5)
            sheet.text(x, box.bottom + 14, turn, "var(--quiet)", align="center")
        _reference(sheet, box, panel.reference, axis, step)
        for series in panel.series:
            _series(sheet, box, series, axis, step)
            _printed(sheet, box, series, axis, step)
    return sheet.spec()


def survival_steps(
    series: Sequence[StepSeries],
    segments: Sequence[str],
    rows: Sequence[CountRow],
    size: Size = NARROW,
) -> Spec:
    """Falling steps with bands and, dotted, bounds; counts stand below each segment.

    ``segments`` names the start and every turn.
    """
    height = 220.0
    axis = Axis(0, 1, "", is_rate=True)
    sheet = PixelSheet(size.width, _TOP + height + 30 + 16 * len(rows))
    box = _Box(_LEFT, _TOP, size.width - _LEFT - _RIGHT, height)
    _axis(sheet, box, axis, labelled=True)
    step = box.width / max(1, len(segments))
    for place, name in enumerate(segments):
        x = box.x + step * (place + 0.5)
        sheet.text(x, box.bottom + 18, name, "var(--quiet)", align="center")
    for one in series:
        _steps(sheet, box, one, axis, step, with_bounds=len(series) == 1)
    for place, row in enumerate(rows):
        y = box.bottom + 36 + 16 * place
        sheet.text(4, y, row.label, row.colour)
        for number, count in enumerate(row.counts, start=1):
            sheet.text(box.x + step * (number + 0.5), y, count, row.colour, align="center")
    return sheet.spec()


class _Box(NamedTuple):
    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        return self.y + self.height

    def at(self, value: float, axis: Axis) -> float:
        return self.bottom - (value - axis.low) / (axis.high - axis.low) * self.height


def ticks(axis: Axis) -> list[float]:
    """A few round values of the axis, both ends included."""
    reach = axis.high - axis.low
    steps = next((n for n in (4, 3, 5) if (reach / n).is_integer()), 4)
    return [axis.low + reach * place / steps for place in range(steps + 1)]


def _axis(sheet: PixelSheet, box: _Box, axis: Axis, *, labelled: bool) -> None:
    for tick in ticks(axis):
        y = box.at(tick, axis)
        sheet.rule((box.x, y), (box.x + box.width, y), "var(--rule)", thick=1)
        if labelled:
            text = f"{tick * 100:g}%" if axis.is_rate else f"{tick:g}"
            sheet.text(box.x - 6, y, text, "var(--quiet)", align="right")


def _series(
    sheet: PixelSheet,
    box: _Box,
    series: TurnSeries,
    axis: Axis,
    step: float,
    *,
    shift: float = 0,
) -> None:
    style = STYLES[series.style]
    points = [
        (box.x + step * (point.place + 0.5) + shift, box.at(point.value, axis))
        for point in series.points
    ]
    sheet.line(points, style.colour, dash=style.dash)
    for (x, y), point in zip(points, series.points, strict=True):
        if point.low is not None and point.high is not None:
            ends = (x, box.at(point.low, axis)), (x, box.at(point.high, axis))
            sheet.rule(*ends, style.colour)
        sheet.marker(x, y, style.colour, style.shape)


def _printed(sheet: PixelSheet, box: _Box, series: TurnSeries, axis: Axis, step: float) -> None:
    for point in series.points:
        top = box.at(point.value if point.high is None else point.high, axis)
        x, y = box.x + step * (point.place + 0.5), max(box.y + 2, top - 9)
        sheet.text(x, y, point.text, align="center")


def _reference(
    sheet: PixelSheet, box: _Box, values: Sequence[float | None], axis: Axis, step: float
) -> None:
    points = [
        (box.x + step * (place + 0.5), box.at(value, axis))
        for place, value in enumerate(values)
        if value is not None
    ]
    if len(points) > 1:
        sheet.line(points, STYLES["all"].colour, thick=1, dash=STYLES["all"].dash)


def _steps(
    sheet: PixelSheet,
    box: _Box,
    series: StepSeries,
    axis: Axis,
    step: float,
    *,
    with_bounds: bool,
) -> None:
    style = STYLES[series.style]
    top = box.at(1, axis)
    corners = [(box.x, top), (box.x + step, top)]
    for place, level in enumerate(series.levels, start=1):
        left, right = box.x + step * place, box.x + step * (place + 1)
        y = box.at(level.value, axis)
        corners += [(left, y), (right, y)]
        if level.low is not None and level.high is not None:
            low, high = box.at(level.low, axis), box.at(level.high, axis)
            sheet.block((left, low), (right, high), style.colour)
        for bound in (level.worst, level.best) if with_bounds else ():
            if bound is not None:
                ends = (left, box.at(bound, axis)), (right, box.at(bound, axis))
                sheet.rule(*ends, style.colour, thick=1, dash=(2, 3))
    sheet.line(corners, style.colour, thick=2, dash=style.dash)
