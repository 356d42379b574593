"""Plain tables for lists: columns as wide as needed, the last one wrapped, untrusted text shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from primum.core.errors import shorten


def print_table(console: Console, headings: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under headings; nothing but the headings' names if there are no rows."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for number, heading in enumerate(headings):
        is_last = number == len(headings) - 1
        table.add_column(heading, no_wrap=not is_last, overflow="fold" if is_last else "ellipsis")
    for row in rows:
        table.add_row(*(Text(shorten(cell, 400)) for cell in row))
    console.print(table)


def print_facts(console: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Print named values, one a line, the names aligned; empty values are left out."""
    shown = [(name, value) for name, value in facts if value]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in shown:
        table.add_row(name, Text(value))
    console.print(table)
