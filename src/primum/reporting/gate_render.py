"""A gate's decision on the terminal, as an HTML page, and as Markdown for a CI's step summary."""

from __future__ import annotations

import re
from collections.abc import Iterable

from rich.console import Console
from rich.text import Text

from primum import __version__
from primum.core.gate import GateDecision, Outcome
from primum.reporting.catalogue import load_catalogue
from primum.reporting.gate_view import GateView, gate_texts, gate_view
from primum.reporting.html import document
from primum.reporting.section import Part, Section
from primum.reporting.table import Table
from primum.reporting.terminal import (
    print_facts,
    print_heading,
    print_sentences,
    print_tables,
)
from primum.reporting.terminal_table import table_lines

_STYLES: dict[Outcome, str] = {"pass": "bold green", "fail": "bold red", "undecided": "bold yellow"}
_MARKS: dict[Outcome, str] = {"pass": "✅", "fail": "❌", "undecided": "❔"}
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>()#+!|~$-])")


def render_gate_terminal(decision: GateDecision, console: Console, language: str = "en") -> None:
    """Print the decision: rules, reasons, and the one line for logs."""
    view = gate_view(decision, language)
    print_heading(console, view.title)
    print_facts(console, view.facts)
    _print_rules(console, view.table)
    print_sentences(console, view.reasons)
    line = Text(view.line, style=_STYLES[view.outcome])
    console.print(line, soft_wrap=True)


def _print_rules(console: Console, table: Table) -> None:
    """Print the table, or rule by rule where the terminal is too narrow for it."""
    if max(line.cell_len for line in table_lines(table, console.width)) <= console.width:
        print_tables(console, [table])
        return
    labels = [column.label for column in table.columns[1:]]
    for row in table.rows:
        print_sentences(console, row.cells[:1])
        print_facts(console, list(zip(labels, row.cells[1:], strict=True)))
    print_sentences(console, [table.note])


def render_gate_html(decision: GateDecision, language: str = "en") -> str:
    """The decision as one self-contained HTML page."""
    view, texts = gate_view(decision, language), gate_texts(language)
    sections = (
        Section("decision", texts.says("document"), sentences=(view.headline,)),
        Section("rules", texts.says("rules"), parts=(Part(tables=(view.table,)),)),
        Section("reasons", texts.says("reasons"), sentences=view.reasons),
        Section("methods", texts.says("methods"), sentences=view.methods),
    )
    return document(
        load_catalogue(language), view.title, sections, version=__version__, lines=view.facts
    )


def gate_markdown(decision: GateDecision, language: str = "en") -> str:
    """The decision as GitHub Markdown; nothing in a name becomes markup."""
    view = gate_view(decision, language)
    return "\n".join((*_markdown_lines(view), ""))


def _markdown_lines(view: GateView) -> list[str]:
    columns = view.table.columns
    rules = [":--" if not column.numeric else "--:" for column in columns]
    return [
        f"## {_MARKS[view.outcome]} {_plain(view.title)}",
        "",
        _plain(view.headline),
        "",
        _row(column.label for column in columns),
        f"| {' | '.join(rules)} |",
        *(_row(row.cells) for row in view.table.rows),
        "",
        *(f"- {_plain(reason)}" for reason in view.reasons),
        "",
        *(f"- {_plain(name)}: {_plain(value)}" for name, value in view.facts),
        "",
        _plain(view.table.note),
    ]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(_plain(cell) for cell in cells)} |"


def _plain(text: str) -> str:
    return _MARKDOWN.sub(r"\\\1", " ".join(text.split()))
