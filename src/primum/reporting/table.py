"""A table before it has a medium: the terminal drops late columns, HTML shows them all."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Column:
    """One column; figures are aligned right and never broken."""

    label: str
    numeric: bool = True
    from_width: int = 0
    """Least width of the terminal that shows it."""
    group: str = ""
    """What stands above it and the columns beside it that have the same."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row; a heading fills only its first cell and opens a group of rows.

    What follows a line break in a cell is set small below it.
    """

    cells: tuple[str, ...]
    heading: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Caption, columns, rows, and what a reader must know to read them."""

    caption: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    note: str = ""

    @property
    def groups(self) -> tuple[tuple[str, int], ...]:
        """What stands above the columns, each with how many it spans; empty where nothing does."""
        found = [(name, len(list(same))) for name, same in groupby(c.group for c in self.columns)]
        return tuple(found) if any(name for name, _ in found) else ()
