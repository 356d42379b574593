"""A run or a comparison as text for the terminal.

    render_terminal(summary, Console(), "ja")

Narrow terminals get fewer columns; figures are never broken over lines. Every text from a run
goes through ``visible`` and is handed to rich as plain text, so that neither its markup nor a
terminal escape sequence takes effect. Colour is left to rich, which writes none into a pipe.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.text import Text

from primum.core.summary import PairwiseComparison, RunComparison, RunSummary
from primum.reporting.along_view import along_tables
from primum.reporting.behaviour_view import behaviour_tables
from primum.reporting.catalogue import Catalogue, load_catalogue
from primum.reporting.comparison_tables import (
    between_sides,
    comparison_sections,
    setup_differences,
)
from primum.reporting.contrast_table import contrast_table
from primum.reporting.decay import decay_tables
from primum.reporting.heat import heat_tables
from primum.reporting.judge_tables import agreement_tables, discrimination_tables
from primum.reporting.narrative import NoticeText, comparison_headline, headline, notice_texts
from primum.reporting.outcome_tables import response_outcomes, usage, verdict_outcomes
from primum.reporting.pairwise_page import (
    differing_settings,
    named_tests,
    paired_contrasts,
    runs_table,
)
from primum.reporting.placement import (
    Placement,
    caveat_texts,
    placement_sentences,
)
from primum.reporting.placement_overview import overview_tables
from primum.reporting.published_tables import own_published, published_tables
from primum.reporting.run_facts import run_lines, run_title, side_names, which_run
from primum.reporting.summary_tables import (
    breakdown,
    further_measures,
    key_figures,
    side_by_side,
    told_apart,
    turn_table,
)
from primum.reporting.survival_view import survival_tables
from primum.reporting.table import Table
from primum.reporting.terminal_table import table_lines
from primum.reporting.views import views_table
from primum.reporting.visible import cells_wide, pad_cells, wrap_cells
from primum.reporting.wording import Wording, leads, wording_of

_GAP = 2
"""Spaces between columns."""


def render_terminal(
    summary: RunSummary,
    console: Console,
    language: str = "en",
    *,
    is_brief: bool = False,
    placements: Sequence[Placement] = (),
) -> None:
    """Print the run: what was asked, figures, breakdowns, contrasts, outcomes, notices.

    Args:
        summary: the run.
        console: where to; its width decides the columns.
        language: ``en`` or ``ja``.
        is_brief: leave out breakdowns and secondary measures, as after ``primum evaluate``.
        placements: published results to show beside the run.
    """
    catalogue = load_catalogue(language)
    wording = wording_of(catalogue, [summary])
    print_heading(console, run_title(summary, catalogue))
    print_facts(console, run_lines(summary, catalogue))
    print_sentences(console, headline(summary, wording)[1:])
    tables = [key_figures(summary, wording), side_by_side(summary, wording)]
    if not is_brief:
        tables += _further_tables(summary, wording, console.width)
    tables += [response_outcomes(summary, catalogue), verdict_outcomes(summary, catalogue)]
    tables += [usage(summary, catalogue)]
    print_tables(console, tables)
    if placements:
        _placements(console, placements, wording)
    texts = notice_texts(summary.notices, wording)
    print_notices(console, texts, catalogue, catalogue.ui("can_show"))


def _further_tables(summary: RunSummary, wording: Wording, width: int) -> list[Table]:
    """Views, breakdowns, turns, twins, languages, judges, and last the figures as published."""
    by = [breakdown(summary, wording, name) for name in told_apart(summary) if name != "turn"]
    contrasts = [c for c in summary.contrasts if leads(c, summary.metrics)]
    return [
        further_measures(summary, wording),
        views_table(summary, wording),
        *by,
        *along_tables(summary, wording),
        *behaviour_tables(summary, wording),
        *heat_tables(summary, wording, width),
        turn_table(summary, wording),
        *decay_tables(summary, wording),
        *survival_tables(summary, wording),
        *discrimination_tables(summary, wording),
        contrast_table(contrasts, wording, wording.catalogue.ui("contrasts")),
        *agreement_tables(summary, wording),
        *published_tables(own_published(summary), summary.published_tests, wording),
    ]


def _placements(console: Console, placements: Sequence[Placement], wording: Wording) -> None:
    catalogue = wording.catalogue
    _print(console, [catalogue.ui("beside")], "bold underline")
    print_sentences(
        console, [catalogue.ui("beside_warning"), *placement_sentences(placements, wording)]
    )
    for one in placements:
        print_notices(console, caveat_texts(one, wording), catalogue)
        console.print()
        print_tables(console, overview_tables([one], wording))


def render_pairwise_terminal(
    comparison: PairwiseComparison, console: Console, language: str = "en"
) -> None:
    """Print several runs: their figures, the paired differences, the published tests."""
    catalogue = load_catalogue(language)
    wording = wording_of(catalogue, comparison.runs)
    print_heading(console, catalogue.ui("title_pairwise", n=len(comparison.runs)))
    for place, run in enumerate(comparison.runs, start=1):
        console.print(Text(catalogue.ui("run_n", n=place), style="bold"))
        print_facts(console, which_run(run, catalogue))
    paired = paired_contrasts(comparison, wording)
    differences, note = catalogue.ui("paired_differences"), catalogue.ui("paired_note")
    tables = [
        runs_table(comparison, wording),
        contrast_table(paired, wording, differences, note=note),
        *published_tables((), named_tests(comparison, wording), wording),
        differing_settings(comparison, wording),
    ]
    print_tables(console, tables)
    texts = notice_texts(comparison.notices, wording)
    print_notices(console, texts, catalogue, catalogue.ui("can_show_comparison"))


def render_comparison_terminal(
    comparison: RunComparison, console: Console, language: str = "en"
) -> None:
    """Print the comparison: both runs, the paired differences, what is missing."""
    catalogue = load_catalogue(language)
    wording = wording_of(catalogue, [comparison.first, comparison.second])
    names = side_names(comparison.first, comparison.second, catalogue)
    print_heading(console, catalogue.ui("title_comparison", first=names[0], second=names[1]))
    for key, run in (("first_run", comparison.first), ("second_run", comparison.second)):
        console.print(Text(catalogue.ui(key), style="bold"))
        print_facts(console, run_lines(run, catalogue))
    print_sentences(console, comparison_headline(comparison, wording))
    tables = [
        *comparison_sections(comparison, wording),
        *published_tables((), between_sides(comparison, catalogue), wording),
        setup_differences(comparison, catalogue),
    ]
    for key, run in (("first_run", comparison.first), ("second_run", comparison.second)):
        own = key_figures(run, wording.of_run(run))
        caption = catalogue.ui("detail", name=catalogue.ui(key), value=own.caption)
        tables.append(Table(caption, own.columns, own.rows, own.note))
    print_tables(console, tables)
    texts = notice_texts(comparison.notices, wording)
    print_notices(console, texts, catalogue, catalogue.ui("can_show_comparison"))


def print_tables(console: Console, tables: Iterable[Table]) -> None:
    """Print the tables that have rows, each note once."""
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


def print_heading(console: Console, text: str) -> None:
    """Print a title."""
    console.print()
    _print(console, wrap_cells(text, console.width), "bold")
    console.print()


def print_facts(console: Console, lines: Sequence[tuple[str, str]]) -> None:
    """Print (label, value) lines in two columns."""
    left = max(cells_wide(label) for label, _ in lines) + _GAP
    for label, value in lines:
        first, *rest = wrap_cells(value, max(10, console.width - left))
        line = Text(pad_cells(label, left), style="dim")
        line.append(first, style="not dim")
        console.print(line, no_wrap=True, overflow="ignore", crop=False)
        _print(console, [" " * left + more for more in rest])
    console.print()


def print_sentences(console: Console, sentences: Iterable[str]) -> None:
    """Print sentences, wrapped."""
    for sentence in sentences:
        _print(console, wrap_cells(sentence, console.width))
    console.print()


def print_notices(
    console: Console, notices: Sequence[NoticeText], catalogue: Catalogue, title: str = ""
) -> None:
    """Print the notices under their title."""
    if not notices:
        return
    _print(console, [title] if title else [], "bold underline")
    for notice in notices:
        name = f"{catalogue.label('ui', notice.level)}: "
        details = f" ({'; '.join(notice.details)})" if notice.details else ""
        lines = wrap_cells(name + notice.text.replace("`", "") + details, console.width)
        first = Text(lines[0])
        first.stylize("yellow" if notice.level == "warning" else "bold", 0, len(name) - 1)
        console.print(first, no_wrap=True, overflow="ignore", crop=False)
        _print(console, lines[1:])
