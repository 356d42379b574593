"""A table before it has a medium: the terminal drops late columns, HTML shows them all."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Column:
    """One column; figures are aligned right and never broken."""

    label: str
    numeric: bool = True
    from_width: int = 0
    """Least width of the terminal that shows it."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; a heading fills only its first cell and opens a group of rows."""

    cells: tuple[str, ...]
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Caption, columns, rows, and what a reader must know to read them."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""
