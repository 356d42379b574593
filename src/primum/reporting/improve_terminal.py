"""An improvement as text for the terminal, as ``terminal`` has it."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console

from primum.core.improve import ImproveSummary
from primum.reporting.improve_finding_tables import (
    finding_sentences,
    silent_sentences,
    transfer_sentences,
)
from primum.reporting.improve_long import long_changes, long_points
from primum.reporting.improve_page import (
    failures_note,
    header_lines,
    in_short,
    notice_texts,
    recommendation_rule,
    recommendation_sentences,
)
from primum.reporting.improve_words import improve_words
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
    print_tables(console, [long_points(words), long_changes(words)])
    note = failures_note(words)
    _print_list(
        console, words.text("failures"), [*finding_sentences(words, ("found", "cannot_tell")), note]
    )
    if summary.transfers:
        note = words.text("transfer_note")
        _print_list(console, words.text("transfer"), [*transfer_sentences(words), note])
    _print_list(console, words.text("not_looked_for"), silent_sentences(words))
    print_heading(console, words.text("recommendation"))
    print_sentences(console, [recommendation_rule(words), *recommendation_sentences(words)])
    print_notices(console, notice_texts(words), words.catalogue, words.text("can_show"))


def _print_list(console: Console, title: str, sentences: Sequence[str]) -> None:
    """Sentences under a title; nothing where there is none."""
    if sentences:
        print_heading(console, title)
        print_sentences(console, sentences)
