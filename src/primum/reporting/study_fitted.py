"""A study's table cut to the width of a terminal, and which columns that cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from primum.reporting.table import Row, Table
from primum.reporting.visible import cells_wide

_GAP = 2
_NAME = 26
"""Cells that the first column takes at most before another gives way."""
_LEAST_NAME = 10
_LEAST_COLUMNS = 2


@dataclass(frozen=True, slots=True)
class FittedTable:
    """A table that a terminal has room for."""

    table: Table
    left_out: tuple[str, ...] = ()
    """Labels of the columns that it had no room for, in the order of the table."""


def fitted_table(
    table: Table, width: int, gives_way: Sequence[str], joins_first: Sequence[str] = ()
) -> FittedTable:
    """The table without as many columns as it takes to leave the first one its room.

    Args:
        table: without line breaks in its cells.
        width: of the terminal.
        gives_way: labels of columns, the first to go first; the others always stay.
        joins_first: those of them whose cells move into the first column instead.
    """
    kept = list(range(len(table.columns)))
    moved: list[int] = []
    for label in gives_way:
        if _needs(table, kept) <= width:
            break
        gone = [place for place in kept if place and table.columns[place].label == label]
        kept = [place for place in kept if place not in gone]
        moved += gone if label in joins_first else []
    left_out = [
        column.label
        for place, column in enumerate(table.columns)
        if place not in kept and place not in moved
    ]
    shown = chosen(_joined(table, moved), kept)
    columns = tuple(replace(column, from_width=0) for column in shown.columns)
    return FittedTable(replace(shown, columns=columns), tuple(left_out))


def as_wide(table: Table, width: int) -> FittedTable:
    """The table without columns that ask for a wider terminal, and without the last too many."""
    kept = [place for place, column in enumerate(table.columns) if column.from_width <= width]
    while len(kept) > _LEAST_COLUMNS and _needs(table, kept, _LEAST_NAME) > width:
        kept.pop()
    left_out = (c.label for place, c in enumerate(table.columns) if place not in kept)
    return FittedTable(chosen(table, kept), tuple(left_out))


def chosen(table: Table, kept: Sequence[int]) -> Table:
    """The table with these columns only."""
    columns = tuple(table.columns[place] for place in kept)
    rows = tuple(
        row if row.heading else replace(row, cells=tuple(row.cells[place] for place in kept))
        for row in table.rows
    )
    return replace(table, columns=columns, rows=rows)


def one_line(table: Table) -> Table:
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


def _needs(table: Table, kept: Sequence[int], name: int = _NAME) -> int:
    """Cells that these columns take, the first one of them ``name``."""
    body = [row for row in table.rows if not row.heading]
    needed = name
    for place in kept[1:]:
        column = table.columns[place]
        cells = [cells_wide(row.cells[place]) for row in body]
        wide = max(cells_wide(column.label), *cells) if cells else cells_wide(column.label)
        needed += _GAP + (wide if column.numeric else min(wide, name))
    return needed


def _joined(table: Table, moved: Sequence[int]) -> Table:
    """With these columns' cells in the first one too."""
    rows = tuple(row if row.heading else _row_joined(row, moved) for row in table.rows)
    return replace(table, rows=rows)


def _row_joined(row: Row, moved: Sequence[int]) -> Row:
    first = " · ".join((row.cells[0], *(row.cells[place] for place in moved)))
    return replace(row, cells=(first, *row.cells[1:]))
