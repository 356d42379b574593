"""Drawings of many models: dots with intervals, points on two measures, lines between two columns.

Knows labels, numbers and pixels, not studies. Colour is never all that tells classes apart.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from primum.reporting.pixel import PixelSheet
from primum.reporting.turn_panel import STYLES
from primum.reporting.vega import NARROW, Axis, Size, Spec
from primum.reporting.visible import cells_wide, wrap_cells

CELL = 5.9
"""Half an em of a label, in pixels."""
_LABEL_WIDTH = 300.0
_QUIET = "var(--quiet)"
_RULE = "var(--rule)"
_BOTTOM = 24.0
_LABEL_STEP = 13.0
"""Least distance between the middles of two labels, in pixels."""


@dataclass(frozen=True, slots=True)
class DotRow:
    """One value with its interval, its name, and what is printed beside it."""

    label: str
    style: str
    value: float | None
    low: float | None
    high: float | None
    figures: str


@dataclass(frozen=True, slots=True)
class Spot:
    """One point on two measures, each with its interval."""

    label: str
    style: str
    x: tuple[float, float | None, float | None]
    """Value, low, high."""
    y: tuple[float, float | None, float | None]


@dataclass(frozen=True, slots=True)
class SlopeLine:
    """One line from the left column to the right one."""

    label: str
    style: str
    left: tuple[float, float | None, float | None]
    right: tuple[float, float | None, float | None]


@dataclass(frozen=True, slots=True)
class SlopePanel:
    """One plot of lines; ``behind`` are drawn faintly for comparison."""

    title: str
    lines: tuple[SlopeLine, ...]
    behind: tuple[SlopeLine, ...] = ()


class Box(NamedTuple):
    """Where a plot lies."""

    x: float
    y: float
    width: float
    height: float

    @property
    def bottom(self) -> float:
        """The lower edge."""
        return self.y + self.height

    def across(self, value: float, axis: Axis) -> float:
        """Position of a value on the horizontal axis."""
        return self.x + (value - axis.low) / (axis.high - axis.low) * self.width

    def down(self, value: float, axis: Axis) -> float:
        """Position of a value on the vertical axis."""
        return self.bottom - (value - axis.low) / (axis.high - axis.low) * self.height


def round_ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values that hold both ends between them."""
    reach = max(high - low, 1e-9)
    scale = 10.0 ** math.floor(math.log10(reach / (most - 1)))
    step = next(
        found
        for found in (scale * factor for factor in (1, 2, 2.5, 5, 10, 20))
        if math.ceil(high / found - 1e-9) - math.floor(low / found + 1e-9) + 1 <= most
    )
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [place * step for place in range(first, max(last, first + 1) + 1)]


def fitted_axis(
    values: Iterable[float | None], limits: tuple[float, float], title: str, *, is_rate: bool
) -> Axis:
    """The part of the scale that holds all values, its ends round."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    low, high = (min(known), max(known)) if known else limits
    ticks = round_ticks(low, high)
    ends = max(limits[0], ticks[0]), min(limits[1], ticks[-1])
    if ends[1] - ends[0] < 1e-9:
        ends = limits
    return Axis(*ends, title, is_rate)


def dot_rows(rows: Sequence[DotRow], axis: Axis, size: Size = NARROW) -> Spec:
    """Names, values with intervals, and figures, a line each; narrow charts take two."""
    is_wide = size is not NARROW
    step, top = (23.0, 6.0) if is_wide else (38.0, 6.0)
    width = size.width - 10.0
    sheet = PixelSheet(size.width, top + step * len(rows) + _BOTTOM + (16 if axis.title else 0))
    figures = max((cells_wide(row.figures) for row in rows), default=0) * CELL + 10
    left = _LABEL_WIDTH if is_wide else 8.0
    right = width - figures if is_wide else width - 4
    box = Box(left, top, right - left, step * len(rows))
    _across_axis(sheet, box, axis)
    for place, row in enumerate(rows):
        y = top + step * (place + 0.5) + (0 if is_wide else 8)
        name_y = y if is_wide else y - 18
        room = left - 16 if is_wide else width - figures
        sheet.text(0, name_y, _fitting(row.label, room))
        sheet.text(width, name_y, row.figures, _QUIET, align="right")
        if row.value is not None:
            _dot(sheet, box, axis, row, y)
    return sheet.spec()


def scatter(
    spots: Sequence[Spot], axes: tuple[Axis, Axis], size: Size = NARROW, *, with_names: bool
) -> Spec:
    """Points with an interval both ways, each labelled where there is room beside it."""
    across, down = axes
    height = 460.0 if size is not NARROW else 360.0
    sheet = PixelSheet(size.width, height + 90)
    box = Box(46.0, 28.0, size.width - 46.0 - 16.0, height)
    sheet.text(0, 8, _fitting(down.title, size.width), _QUIET)
    _across_axis(sheet, box, across)
    _down_axis(sheet, box, down)
    thick = 1.5 if len(spots) <= 8 else 1
    taken: list[_Area] = []
    for spot in spots:
        colour = STYLES[spot.style].colour
        x, y = box.across(spot.x[0], across), box.down(spot.y[0], down)
        if spot.x[1] is not None and spot.x[2] is not None:
            ends = (box.across(spot.x[1], across), y), (box.across(spot.x[2], across), y)
            sheet.rule(*ends, colour, thick=thick)
        if spot.y[1] is not None and spot.y[2] is not None:
            ends = (x, box.down(spot.y[1], down)), (x, box.down(spot.y[2], down))
            sheet.rule(*ends, colour, thick=thick)
        taken.append(_Area(x - 5, y - 5, x + 5, y + 5))
    for spot in spots:
        x, y = box.across(spot.x[0], across), box.down(spot.y[0], down)
        style = STYLES[spot.style]
        sheet.marker(x, y, style.colour, style.shape)
        label = _fitting(spot.label, 170) if with_names else spot.label
        area = _place_label(x, y, label, box, taken)
        taken.append(area)
        sheet.text(area.left, (area.top + area.bottom) / 2, label)
    return sheet.spec()


def slopes(
    panels: Sequence[SlopePanel],
    columns: tuple[str, str],
    axis: Axis,
    size: Size = NARROW,
    *,
    with_names: bool,
) -> Spec:
    """Plots of two columns; each line is labelled at its right end."""
    abreast = min(len(panels), 1 if size is NARROW else 3)
    gap, left, top = 26.0, 44.0, 44.0
    cell = (size.width - left - gap * (abreast - 1)) / abreast
    # Labels stand one below the other however many lines end at one value.
    height = max(300.0, _LABEL_STEP * max(len(panel.lines) for panel in panels))
    row_height = top + height + 14
    sheet = PixelSheet(size.width, row_height * math.ceil(len(panels) / abreast))
    for place, panel in enumerate(panels):
        row, column = divmod(place, abreast)
        box = Box(left + column * (cell + gap), row * row_height + top, cell, height)
        sheet.text(box.x, box.y - 34, _fitting(panel.title, cell))
        names = min(200.0, cell * 0.45) if with_names else 34.0
        ends = box.x + 0.14 * (cell - names), box.x + 0.86 * (cell - names)
        _slope_panel(sheet, panel, box, axis, ends, labelled=column == 0)
        for name, x in zip(columns, ends, strict=True):
            sheet.text(x, box.y - 14, name, _QUIET, align="center")
    return sheet.spec()


def _slope_panel(
    sheet: PixelSheet,
    panel: SlopePanel,
    box: Box,
    axis: Axis,
    ends: tuple[float, float],
    *,
    labelled: bool,
) -> None:
    spread = 0.11 * (ends[1] - ends[0])
    for tick in _ticks(axis):
        y = box.down(tick, axis)
        sheet.rule((box.x, y), (ends[1] + spread / 2 + 6, y), _RULE, thick=1)
        if labelled:
            sheet.text(box.x - 6, y, _tick(tick, axis), _QUIET, align="right")
    for line in panel.behind:
        points = [
            (x, box.down(v[0], axis)) for x, v in zip(ends, (line.left, line.right), strict=True)
        ]
        sheet.line(points, _RULE, thick=1)
    count = len(panel.lines)
    for place, line in enumerate(panel.lines):
        style = STYLES[line.style]
        shift = spread * (place - (count - 1) / 2) / max(1, count - 1) if count > 1 else 0.0
        points = []
        for x, side in zip(ends, (line.left, line.right), strict=True):
            points.append((x + shift, box.down(side[0], axis)))
            if side[1] is not None and side[2] is not None:
                low, high = box.down(side[1], axis), box.down(side[2], axis)
                sheet.rule((x + shift, low), (x + shift, high), style.colour, thick=1)
        sheet.line(points, style.colour)
        for x, y in points:
            sheet.marker(x, y, style.colour, style.shape)
    ended = [box.down(line.right[0], axis) for line in panel.lines]
    heights = spread_out(ended, _LABEL_STEP, (box.y, box.bottom))
    x = ends[1] + spread / 2 + 20
    for line, end, y in zip(panel.lines, ended, heights, strict=True):
        if abs(y - end) > _LABEL_STEP / 2:
            sheet.rule((x - 14, end), (x - 3, y), _RULE, thick=1)
        sheet.text(x, y, _fitting(line.label, box.x + box.width - x))


def spread_out(
    places: Sequence[float], least: float, limits: tuple[float, float] | None = None
) -> list[float]:
    """The places moved apart as little as needed for that distance, in their order.

    Args:
        places: where each would be best.
        least: distance from one to the next.
        limits: none leaves these, as long as there is room for all between them.
    """
    order = sorted(range(len(places)), key=lambda one: places[one])
    blocks: list[tuple[float, int]] = []
    for one in order:
        middle, size = places[one], 1
        while blocks and blocks[-1][0] + least * (blocks[-1][1] + size) / 2 > middle:
            before, many = blocks.pop()
            middle = (before * many + middle * size) / (many + size)
            size += many
        blocks.append((middle, size))
    moved = [
        middle + least * (place - (size - 1) / 2)
        for middle, size in blocks
        for place in range(size)
    ]
    if limits is not None:
        last = len(moved) - 1
        moved = [
            max(min(y, limits[1] - least * (last - place)), limits[0] + least * place)
            for place, y in enumerate(moved)
        ]
    return [moved[order.index(one)] for one in range(len(places))]


class _Area(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float

    def overlap(self, other: _Area) -> float:
        wide = min(self.right, other.right) - max(self.left, other.left)
        high = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, wide) * max(0.0, high)


def _place_label(x: float, y: float, label: str, box: Box, taken: Sequence[_Area]) -> _Area:
    """The place beside the point that covers least of what is there."""
    width = cells_wide(label) * CELL + 2
    best, least = _Area(x + 7, y - 7, x + 7 + width, y + 7), math.inf
    for distance in (8.0, 18.0, 30.0):
        for dx, dy in (
            (1, -0.7),
            (1, 0.7),
            (-1, -0.7),
            (-1, 0.7),
            (0, -1),
            (0, 1),
            (1, 0),
            (-1, 0),
        ):
            left = x + dx * distance - (width if dx < 0 else width / 2 if dx == 0 else 0)
            middle = y + dy * (distance + 2)
            area = _Area(left, middle - 6, left + width, middle + 6)
            cost = sum(area.overlap(other) for other in taken) + distance / 4
            inside = box.x <= area.left and area.right <= box.x + box.width + 12
            inside = inside and box.y - 4 <= area.top and area.bottom <= box.bottom + 4
            cost += 0 if inside else 2000
            if cost < least:
                best, least = area, cost
    return best


def _dot(sheet: PixelSheet, box: Box, axis: Axis, row: DotRow, y: float) -> None:
    style = STYLES[row.style]
    if row.low is not None and row.high is not None:
        ends = box.across(row.low, axis), box.across(row.high, axis)
        sheet.rule((ends[0], y), (ends[1], y), style.colour)
    if row.value is not None:
        sheet.marker(box.across(row.value, axis), y, style.colour, style.shape)


def _across_axis(sheet: PixelSheet, box: Box, axis: Axis) -> None:
    for tick in _ticks(axis):
        x = box.across(tick, axis)
        is_zero = axis.zero_line and abs(tick) < 1e-9
        sheet.rule((x, box.y), (x, box.bottom), _QUIET if is_zero else _RULE, thick=1)
        sheet.text(x, box.bottom + 14, _tick(tick, axis), _QUIET, align="center")
    if axis.title:
        lines = wrap_cells(axis.title, int(box.width / CELL), most_lines=2)
        for place, line in enumerate(lines):
            middle = box.x + box.width / 2
            sheet.text(middle, box.bottom + 32 + 14 * place, line, _QUIET, align="center")


def _down_axis(sheet: PixelSheet, box: Box, axis: Axis) -> None:
    for tick in _ticks(axis):
        y = box.down(tick, axis)
        sheet.rule((box.x, y), (box.x + box.width, y), _RULE, thick=1)
        sheet.text(box.x - 6, y, _tick(tick, axis), _QUIET, align="right")


def _ticks(axis: Axis) -> list[float]:
    edge = 1e-9 * (axis.high - axis.low)
    found = round_ticks(axis.low, axis.high)
    return [tick for tick in found if axis.low - edge <= tick <= axis.high + edge]


def _tick(value: float, axis: Axis) -> str:
    shown = f"{value * 100:.6g}" if axis.is_rate else f"{value:.6g}"
    shown = shown.replace("-", "−") if float(shown.replace("−", "-")) else "0"
    return f"{shown}%" if axis.is_rate and not axis.zero_line else shown


def _fitting(label: str, width: float) -> str:
    return wrap_cells(label, max(4, int(width / CELL)), most_lines=1)[0]
