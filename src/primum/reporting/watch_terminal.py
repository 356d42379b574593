"""A watch as text for the terminal, as ``terminal`` has it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from rich.console import Console

from primum.core.watch import WatchSummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.study_fitted import chosen
from primum.reporting.table import Table
from primum.reporting.terminal import (
    print_facts,
    print_heading,
    print_notices,
    print_sentences,
    print_tables,
)
from primum.reporting.visible import brief, cells_wide
from primum.reporting.watch_page import header_lines, in_short, notice_texts, untold_sentences
from primum.reporting.watch_tables import (
    alarm_table,
    change_table,
    figure_tables,
    gap_tables,
    overview_table,
    timeline_table,
)
from primum.reporting.watch_words import WatchWords, watch_words

_GAP = 2
_NAME = 26
"""Cells that a column of words takes at most before another column gives way."""
_GIVES_WAY = (
    "bounds",
    "direction",
    "calls",
    "evidence",
    "fingerprint",
    "n",
    "plausible",
    "state",
    "before",
    "change",
    "fixed",
    "rotating",
    "interval",
    "change_difference",
    "begun",
    "missing",
)
"""Columns, the first to go first; what was found, and of what, always stays."""


def render_watch_terminal(
    watch: WatchSummary, console: Console, language: str = "en", *, is_brief: bool = False
) -> None:
    """Print the watch: what was found, alarms, every series, new items, time line, notices.

    Args:
        watch: the watch.
        console: where to; its width decides the columns.
        language: ``en`` or ``ja``.
        is_brief: leave out the former occasions' figures, as after a new occasion.
    """
    words = watch_words(watch, load_catalogue(language))
    print_heading(console, words.title)
    print_facts(console, header_lines(words))
    print_sentences(console, in_short(words))
    tables = [alarm_table(words), overview_table(words)]
    if not is_brief:
        gaps = [
            replace(table, caption=f"{words.text('gaps')} {table.caption}")
            for table in gap_tables(words)
        ]
        tables += [*figure_tables(words), change_table(words), *gaps, timeline_table(words)]
    _print_fitted(console, tables, words)
    print_notices(console, notice_texts(words), words.catalogue, words.text("can_show"))


def render_untold(watch: WatchSummary, console: Console, language: str = "en") -> None:
    """Print the series of which nothing can be told; nothing at all where there is none."""
    words = watch_words(watch, load_catalogue(language))
    said = untold_sentences(words)
    if said:
        print_sentences(console, [words.title, *said])


def _print_fitted(console: Console, tables: Iterable[Table], words: WatchWords) -> None:
    """Each table as wide as there is room, with what was left out; each note once."""
    noted: set[str] = set()
    for table in tables:
        if not table.rows:
            continue
        fitted, left_out = _fitted(table, console.width, _labels(words))
        quoted = [words.catalogue.text("study", "quoted", name=brief(one, 60)) for one in left_out]
        columns = words.catalogue.listed(*quoted)
        line = words.catalogue.text("study", "columns_left_out", columns=columns) if quoted else ""
        notes = [note for note in (line, table.note) if note and note not in noted]
        noted.update(notes)
        print_tables(console, [replace(fitted, note=words.catalogue.joined(*notes))])


def _labels(words: WatchWords) -> list[str]:
    """What the columns that give way are called."""
    confidence = f"{words.watch.confidence * 100:g}"
    own = {
        "bounds": words.catalogue.ui("bounds"),
        "n": words.catalogue.ui("n"),
        "missing": words.catalogue.ui("missing"),
        "interval": words.catalogue.ui("interval", confidence=confidence),
    }
    return [own.get(key) or words.text(key) for key in _GIVES_WAY]


def _fitted(table: Table, width: int, gives_way: Sequence[str]) -> tuple[Table, list[str]]:
    """The table without as many columns as it takes, and what those are called."""
    kept = list(range(len(table.columns)))
    for label in gives_way:
        if _needs(table, kept) <= width:
            break
        kept = [place for place in kept if not place or table.columns[place].label != label]
    shown = chosen(table, kept)
    columns = tuple(replace(column, from_width=0) for column in shown.columns)
    left_out = [one.label for place, one in enumerate(table.columns) if place not in kept]
    return replace(shown, columns=columns), left_out


def _needs(table: Table, kept: Sequence[int]) -> int:
    """Cells that these columns take."""
    needed = -_GAP
    for place in kept:
        column = table.columns[place]
        cells = [column.label, *(row.cells[place] for row in table.rows)]
        wide = max(cells_wide(cell) for cell in cells)
        needed += _GAP + (wide if column.numeric else min(wide, _NAME))
    return needed
