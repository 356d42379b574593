"""A watch as text for the terminal, as ``terminal`` has it."""

from __future__ import annotations

from dataclasses import replace

from rich.console import Console

from primum.core.watch import WatchSummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.terminal import (
    print_facts,
    print_heading,
    print_notices,
    print_sentences,
    print_tables,
)
from primum.reporting.watch_page import header_lines, in_short, notice_texts
from primum.reporting.watch_tables import (
    alarm_table,
    change_table,
    figure_tables,
    gap_tables,
    overview_table,
    timeline_table,
)
from primum.reporting.watch_words import watch_words


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
    print_tables(console, tables)
    print_notices(console, notice_texts(words), words.catalogue, words.text("can_show"))
