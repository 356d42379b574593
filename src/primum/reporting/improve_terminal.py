"""An improvement as text for the terminal, as ``terminal`` has it."""

from __future__ import annotations

from rich.console import Console

from primum.core.improve import ImproveSummary
from primum.reporting.improve_page import (
    header_lines,
    in_short,
    notice_texts,
    recommendation_sentences,
)
from primum.reporting.improve_tables import (
    changes_table,
    findings_table,
    points_table,
    transfer_table,
)
from primum.reporting.improve_words import improve_words
from primum.reporting.study_fitted import one_line
from primum.reporting.terminal import (
    print_facts,
    print_heading,
    print_notices,
    print_sentences,
    print_tables,
)


def render_improve_terminal(
    summary: ImproveSummary, console: Console, language: str = "en"
) -> None:
    """Print the improvement: what was found, every point, what changed, what failed."""
    words = improve_words(summary, language)
    print_heading(console, words.title)
    print_facts(console, header_lines(words))
    print_sentences(console, in_short(words))
    tables = [
        points_table(words),
        changes_table(words),
        findings_table(words, ("found", "cannot_tell"), words.text("failures")),
        transfer_table(words),
    ]
    print_tables(console, [one_line(table) for table in tables if table.rows])
    print_heading(console, words.text("recommendation"))
    print_sentences(console, recommendation_sentences(words))
    print_notices(console, notice_texts(words), words.catalogue, words.text("can_show"))
