"""A run or a comparison as text for the terminal.

    render_terminal(summary, Console(), "ja")

Narrow terminals get fewer columns; figures are never broken over lines. Every text from a run
goes through ``visible`` and is handed to rich as plain text, so that neither its markup nor a
terminal escape sequence takes effect. Colour is left to rich, which writes none into a pipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.text import Text

from primum.core.summary import RunComparison, RunSummary
from primum.reporting.catalogue import Catalogue, load_catalogue
from primum.reporting.comparison_tables import comparison_sections, setup_differences
from primum.reporting.narrative import NoticeText, comparison_headline, headline, notice_texts
from primum.reporting.run_facts import run_lines, side_names, target_name
from primum.reporting.summary_tables import (
    breakdown,
    contrast_table,
    further_measures,
    key_figures,
    response_outcomes,
    side_by_side,
    told_apart,
    usage,
    verdict_outcomes,
)
from primum.reporting.table import Row, Table
from primum.reporting.visible import cells_wide, pad_cells, wrap_cells
from primum.reporting.wording import leads, wording_of

_GAP = 2
"""Spaces between columns."""


def render_terminal(
    summary: RunSummary, console: Console, language: str = "en", *, is_brief: bool = False
) -> None:
    """Print the run: what was asked, figures, breakdowns, contrasts, outcomes, notices.

    Args:
        summary: the run.
        console: where to; its width decides the columns.
        language: ``en`` or ``ja``.
        is_brief: leave out breakdowns and secondary measures, as after ``primum evaluate``.
    """
    catalogue = load_catalogue(language)
    wording = wording_of(catalogue, [summary])
    target = target_name(summary.spec, catalogue)
    _heading(console, catalogue.ui("title", target=target))
    _facts(console, run_lines(summary, catalogue))
    _sentences(console, headline(summary, wording)[1:])
    tables = [key_figures(summary, wording), side_by_side(summary, wording)]
    if not is_brief:
        tables += [further_measures(summary, wording)]
        tables += [breakdown(summary, wording, name) for name in told_apart(summary)]
        contrasts = [c for c in summary.contrasts if leads(c, summary.metrics)]
        tables += [contrast_table(contrasts, wording, catalogue.ui("contrasts"))]
    tables += [response_outcomes(summary, catalogue), verdict_outcomes(summary, catalogue)]
    tables += [usage(summary, catalogue)]
    _tables(console, tables)
    texts = notice_texts(summary.notices, wording)
    _notices(console, texts, catalogue, catalogue.ui("can_show"))


def render_comparison_terminal(
    comparison: RunComparison, console: Console, language: str = "en"
) -> None:
    """Print the comparison: both runs, the paired differences, what is missing."""
    catalogue = load_catalogue(language)
    wording = wording_of(catalogue, [comparison.first, comparison.second])
    names = side_names(comparison.first, comparison.second, catalogue)
    _heading(console, catalogue.ui("title_comparison", first=names[0], second=names[1]))
    for key, run in (("first_run", comparison.first), ("second_run", comparison.second)):
        console.print(Text(catalogue.ui(key), style="bold"))
        _facts(console, run_lines(run, catalogue))
    _sentences(console, comparison_headline(comparison, wording))
    tables = [*comparison_sections(comparison, wording), setup_differences(comparison, catalogue)]
    for key, run in (("first_run", comparison.first), ("second_run", comparison.second)):
        own = key_figures(run, wording.of_run(run))
        caption = catalogue.ui("detail", name=catalogue.ui(key), value=own.caption)
        tables.append(Table(caption, own.columns, own.rows, own.note))
    _tables(console, tables)
    texts = notice_texts(comparison.notices, wording)
    _notices(console, texts, catalogue, catalogue.ui("can_show_comparison"))


def table_lines(table: Table, width: int) -> list[Text]:
    """The table with the columns that a terminal of that width has room for."""
    shown = [place for place, c in enumerate(table.columns) if c.from_width <= width]
    body = [row for row in table.rows if not row.heading]
    widths = {
        place: max(cells_wide(cell) for cell in _column(table, body, place)) for place in shown
    }
    figures = sum(widths[place] + _GAP for place in shown if table.columns[place].numeric)
    words = [place for place in shown if not table.columns[place].numeric]
    indent = "  " if len(body) < len(table.rows) else ""
    room = max(10, (width - figures - _GAP * (len(words) - 1)) // max(1, len(words)))
    for place in words:
        widths[place] = min(room, widths[place] + len(indent) * (place == 0))
    header = [table.columns[place].label for place in shown]
    lines = [Text(line, style="bold") for line in _row_lines(header, table, shown, widths, "")]
    lines.append(Text("─" * max(line.cell_len for line in lines), style="dim"))
    for row in table.rows:
        if row.heading:
            lines += [Text(line, style="bold") for line in wrap_cells(row.cells[0], width)]
        else:
            cells = [row.cells[place] for place in shown]
            lines += [Text(line) for line in _row_lines(cells, table, shown, widths, indent)]
    return lines


def _column(table: Table, body: Sequence[Row], place: int) -> list[str]:
    return [table.columns[place].label, *(row.cells[place] for row in body)]


def _row_lines(
    cells: Sequence[str],
    table: Table,
    shown: Sequence[int],
    widths: Mapping[int, int],
    indent: str,
) -> list[str]:
    columns: list[list[str]] = []
    for cell, place in zip(cells, shown, strict=True):
        before = indent if place == 0 else ""
        lines = wrap_cells(cell, widths[place] - len(before))
        right = table.columns[place].numeric
        columns.append([pad_cells(before + line, widths[place], right=right) for line in lines])
    height = max(len(column) for column in columns)
    for column, place in zip(columns, shown, strict=True):
        column.extend([" " * widths[place]] * (height - len(column)))
    return [(" " * _GAP).join(parts).rstrip() for parts in zip(*columns, strict=True)]


def _tables(console: Console, tables: Iterable[Table]) -> None:
    noted: set[str] = set()
    for table in tables:
        if not table.rows:
            continue
        _print(console, wrap_cells(table.caption, console.width), "bold underline")
        for line in table_lines(table, console.width):
            console.print(line, no_wrap=True, overflow="ignore", crop=False)
        if table.note and table.note not in noted:
            _print(console, wrap_cells(table.note, console.width), "dim")
            noted.add(table.note)
        console.print()


def _print(console: Console, lines: Iterable[str], style: str = "") -> None:
    for line in lines:
        console.print(Text(line, style=style), no_wrap=True, overflow="ignore", crop=False)


def _heading(console: Console, text: str) -> None:
    console.print()
    _print(console, wrap_cells(text, console.width), "bold")
    console.print()


def _facts(console: Console, lines: Sequence[tuple[str, str]]) -> None:
    left = max(cells_wide(label) for label, _ in lines) + _GAP
    for label, value in lines:
        first, *rest = wrap_cells(value, max(10, console.width - left))
        line = Text(pad_cells(label, left), style="dim")
        line.append(first, style="not dim")
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
        _print(console, [" " * left + more for more in rest])
    console.print()


def _sentences(console: Console, sentences: Iterable[str]) -> None:
    for sentence in sentences:
        _print(console, wrap_cells(sentence, console.width))
    console.print()


def _notices(
    console: Console, notices: Sequence[NoticeText], catalogue: Catalogue, title: str
) -> None:
    if not notices:
        return
    _print(console, [title], "bold underline")
    for notice in notices:
        name = f"{catalogue.label('ui', notice.level)}: "
        details = f" ({'; '.join(notice.details)})" if notice.details else ""
        lines = wrap_cells(name + notice.text.replace("`", "") + details, console.width)
        first = Text(lines[0])
        first.stylize("yellow" if notice.level == "warning" else "bold", 0, len(name) - 1)
        console.print(first, no_wrap=True, overflow="ignore", crop=False)
        _print(console, lines[1:])
