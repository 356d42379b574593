"""CSV files that people open in a spreadsheet, and nothing in them runs as a formula.

UTF-8 with a byte order mark, which spreadsheets need to read Japanese. A cell that would be run as
a formula is led by an apostrophe, which ``shown_text`` takes off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from primum.core.errors import WorkspaceError

_GUARDED = frozenset("=+-@\t\r\n＝＋－＠'")


def write_sheet(
    path: Path, columns: Sequence[str], rows: Iterable[Mapping[str, str | float | None]]
) -> None:
    """The file, written whole or not at all.

    Raises:
        WorkspaceError: it cannot be written.
    """
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({name: _cell(value) for name, value in row.items()})
    write_text(path, "\ufeff" + out.getvalue())


def write_text(path: Path, text: str) -> None:
    """The file, written whole or not at all; its folder is made.

    Raises:
        WorkspaceError: it cannot be written.
    """
    draft = path.with_name(f".{path.name}.writing")
    data = text.encode("utf-8", "replace")
    try:
        if path.is_file() and path.read_bytes() == data:
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(data)
        draft.replace(path)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WorkspaceError(f"{path} cannot be written: {reason}.") from None


def shown_text(cell: str) -> str:
    """The text that a cell stood for: line ends made one kind, the guard taken off."""
    text = cell.replace("\r\n", "\n").replace("\r", "\n")
    return text[1:] if text[:1] == "'" and text[1:2] in _GUARDED else text


def _cell(value: str | float | None) -> str:
    if isinstance(value, str):
        text = value.replace("\0", "")
        return f"'{text}" if text[:1] in _GUARDED else text
    return "" if value is None else f"{value:g}"
