"""A study as text for the terminal.

    render_study_terminal(study, Console(), "ja")

As ``terminal`` has it: narrow terminals get fewer columns, figures are never broken over lines,
and every text of a study is plain text.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rich.console import Console

from primum.core.study import StudySummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.study_behaviours import behaviour_tables
from primum.reporting.study_contrasts import (
    contrast_notices,
    contrast_table,
    declared,
    exploratory,
)
from primum.reporting.study_html import study_title
from primum.reporting.study_leaderboard import leaderboard
from primum.reporting.study_narrative import study_headline, study_notices
from primum.reporting.study_profile import language_tables, perspective_tables
from primum.reporting.study_run_notices import cut_notices
from primum.reporting.study_setup import header_lines
from primum.reporting.study_turns import turns_table
from primum.reporting.study_words import StudyWords, leads_of, study_words
from primum.reporting.table import Table
from primum.reporting.terminal import (
    print_facts,
    print_heading,
    print_notices,
    print_sentences,
    print_tables,
)
from primum.reporting.visible import cells_wide

_GAP = 2
_NAME = 26
"""Cells that the names of models take at most before a column gives way."""
_LEAST_COLUMNS = 4


def render_study_terminal(
    study: StudySummary, console: Console, language: str = "en", *, is_brief: bool = False
) -> None:
    """Print the study: what was found, the leaderboard, the contrasts, profiles, notices.

    Args:
        study: the study.
        console: where to; its width decides the columns.
        language: ``en`` or ``ja``.
        is_brief: leave out exploratory contrasts and profiles, as after ``primum study``.
    """
    words = study_words(study, load_catalogue(language))
    print_heading(console, study_title(words))
    print_facts(console, header_lines(words))
    print_sentences(console, study_headline(words))
    tables = [*_boards(words, console.width), *_contrasts(words, is_declared=True)]
    if not is_brief:
        tables += _further(words)
    print_tables(console, [_one_line(table) for table in tables])
    texts = (*study_notices(words), *cut_notices(words), *contrast_notices(declared(words), words))
    print_notices(console, texts, words.catalogue, words.text("can_show"))


def _contrasts(words: StudyWords, *, is_declared: bool) -> list[Table]:
    found = declared(words) if is_declared else exploratory(words)
    if not found:
        return []
    table = contrast_table(found, words, is_declared=is_declared)
    return [table if is_declared else replace(table, note=words.text("exploratory_note"))]


def _further(words: StudyWords) -> list[Table]:
    turns = [turns_table(measure, words) for measure in leads_of(words.study, "safety")]
    decay = words.catalogue.ui("decay")
    return [
        *(replace(table, caption=f"{decay} · {table.caption}") for table in turns),
        *perspective_tables(words),
        *(
            replace(table, caption=f"{words.text('languages')} · {table.caption}")
            for table in language_tables(words)
        ),
        *behaviour_tables(words),
        *_contrasts(words, is_declared=False),
    ]


def _boards(words: StudyWords, width: int) -> list[Table]:
    """The leaderboard, in a table for each part where the study has several."""
    whole = leaderboard(words)
    note = words.text("board_note_terminal", confidence=f"{words.study.confidence * 100:g}")
    parts = [name for name, _ in whole.groups if name] or [""]
    boards = []
    for part in parts:
        kept = [n for n, column in enumerate(whole.columns) if column.group in ("", part)]
        caption = f"{whole.caption} · {part}" if part else whole.caption
        table = _one_line(_chosen(replace(whole, caption=caption, note=note), kept))
        boards.append(_fitted(table, width))
    return boards


def _fitted(table: Table, width: int) -> Table:
    """The table without its last columns, as many as it takes to leave the names their room."""
    body = [row for row in table.rows if not row.heading]
    wide = [
        max(cells_wide(column.label), *(cells_wide(row.cells[place]) for row in body)) + _GAP
        for place, column in enumerate(table.columns)
    ]
    shown = [place for place, column in enumerate(table.columns) if column.from_width <= width]
    while len(shown) > _LEAST_COLUMNS and _NAME + sum(wide[place] for place in shown[1:]) > width:
        shown.pop()
    return _chosen(table, shown)


def _chosen(table: Table, kept: Sequence[int]) -> Table:
    columns = tuple(table.columns[place] for place in kept)
    rows = tuple(
        row if row.heading else replace(row, cells=tuple(row.cells[place] for place in kept))
        for row in table.rows
    )
    return replace(table, columns=columns, rows=rows)


def _one_line(table: Table) -> Table:
    """The table without line breaks in its cells."""
    columns = tuple(
        replace(column, label=column.label.partition("\n")[0], group="") for column in table.columns
    )
    rows = tuple(
        replace(
            row,
            cells=tuple(
                cell.replace("\n", " · " if place == 0 else " ")
                for place, cell in enumerate(row.cells)
            ),
        )
        for row in table.rows
    )
    return replace(table, columns=columns, rows=rows)
