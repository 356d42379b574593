"""The yield of a recipe as a drawing: what each stage kept, and what it dropped and why.

The SVG stands alone: it takes no colour, font or script from anywhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import NamedTuple

from primum.core.errors import shorten
from primum.generation.yields import StageYield, reason_words

WIDTH = 900
_PLOT = 560
_LEFT = 16
_TOP = 74
_ROW = 58
_BAR = 18
_INK, _QUIET, _RULE, _KEPT, _DROPPED = "#1c1e21", "#585d64", "#dcdcd6", "#1f5fa8", "#e0b8a8"
_GIVEN = "#444a52"
_REASONS_SHOWN = 4


class _Row(NamedTuple):
    stage: StageYield
    top: float
    scale: float

    @property
    def dropped(self) -> int:
        return sum(self.stage.dropped.values())


def funnel_svg(title: str, stages: Sequence[StageYield]) -> str:
    """The drawing, one row for each stage, all rows on one scale of drafts."""
    most = max((_extent(stage) for stage in stages), default=0) or 1
    height = _TOP + _ROW * len(stages) + 12
    rows = [_Row(stage, _TOP + _ROW * number, _PLOT / most) for number, stage in enumerate(stages)]
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" '
        f'viewBox="0 0 {WIDTH} {height}" role="img" aria-labelledby="title description" '
        'font-family="system-ui, sans-serif" font-size="13">'
    )
    parts = [
        head,
        f'<title id="title">{escape(shorten(title, 120))}</title>',
        f'<desc id="description">{escape(_in_words(stages))}</desc>',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        _text(_LEFT, 26, shorten(title, 90), size=16, weight="600"),
        *_legend(),
        *(part for row in rows for part in _drawn(row)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _extent(stage: StageYield) -> int:
    return max(stage.drafts_in, stage.kept + sum(stage.dropped.values()))


def _legend() -> list[str]:
    return [
        _box(_LEFT, 42, 12, 12, _KEPT),
        _text(_LEFT + 18, 53, "kept"),
        _box(_LEFT + 64, 42, 12, 12, _DROPPED),
        _text(_LEFT + 82, 53, "dropped"),
        _box(_LEFT + 150, 40, 2, 16, _GIVEN),
        _text(_LEFT + 158, 53, "given to the stage"),
    ]


def _drawn(row: _Row) -> list[str]:
    stage, top = row.stage, row.top
    kept, lost = stage.kept * row.scale, row.dropped * row.scale
    given = f"{stage.drafts_in:,} in, " if stage.drafts_in else ""
    bar = top + 20
    parts = [
        _box(_LEFT, top - 4, WIDTH - 2 * _LEFT, 1, _RULE),
        _text(_LEFT, top + 13, shorten(stage.name, 50), weight="600"),
        _text(_LEFT + _PLOT, top + 13, f"{given}{stage.kept:,} kept", anchor="end"),
        _box(_LEFT, bar, kept, _BAR, _KEPT),
        _box(_LEFT + kept, bar, lost, _BAR, _DROPPED),
    ]
    if stage.drafts_in:
        parts.append(_box(_LEFT + stage.drafts_in * row.scale - 1, bar - 4, 2, _BAR + 8, _GIVEN))
    for number, line in enumerate(_reasons(stage)):
        parts.append(_text(_LEFT + _PLOT + 18, top + 13 + 14 * number, line, color=_QUIET, size=12))
    return parts


def _reasons(stage: StageYield) -> list[str]:
    """Why drafts were dropped, the rarest ones summed up."""
    named = [f"{count:,} {reason_words(reason, count)}" for reason, count in stage.dropped.items()]
    if len(named) <= _REASONS_SHOWN - 1:
        return named
    shown = list(stage.dropped.values())[_REASONS_SHOWN - 2 :]
    return [*named[: _REASONS_SHOWN - 2], f"{sum(shown):,} for {len(shown)} other reasons"]


def _in_words(stages: Sequence[StageYield]) -> str:
    return " ".join(
        f"{stage.name}: {stage.drafts_in} in, {stage.kept} kept, "
        f"{sum(stage.dropped.values())} dropped."
        for stage in stages
    )


def _box(x: float, y: float, width: float, height: float, color: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" fill="{color}"/>'
    )


def _text(
    x: float,
    y: float,
    text: str,
    *,
    color: str = _INK,
    size: int = 13,
    weight: str = "400",
    anchor: str = "start",
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" fill="{color}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )
