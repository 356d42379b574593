"""The list of translations that failed, for a person, and what the person makes of them.

Whoever writes a translation into ``corrected_1`` (and so on) has it used by the next run; what a
person wrote is kept in the file whatever else becomes of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from primum.benchmarks.item_form import Row
from primum.core.errors import DataError
from primum.generation.review_form import row_id
from primum.generation.spreadsheet import read_sheet, shown_text, write_sheet
from primum.generation.stages.translation_work import Translation

_CORRECTED = "corrected_"
_COLUMNS = ("item", "reason", "detail", "language", "to", "meaning", "naturalness")
_KINDS = ("turn", "translation", "back", "corrected")
_TEXT = re.compile(rf"({'|'.join(_KINDS)})_([1-9]\d?)").fullmatch


class _Key(NamedTuple):
    item: str
    to: str


def apply_corrections(path: Path, work: Sequence[Translation]) -> None:
    """Take over what a person wrote into the list; only for translations that failed.

    Raises:
        DataError: the file is no such list, or a turn has neither a correction nor a translation.
    """
    rows = _corrected_rows(path)
    for each in work:
        row = rows.get(_key(each))
        if row is not None and each.failure is not None:
            each.correction = _correction(path, row, each)


def write_failed(path: Path, work: Sequence[Translation]) -> None:
    """The list, with what a person wrote into it before; no file where nothing failed.

    Raises:
        WorkspaceError: it cannot be written.
    """
    written = _corrected_rows(path)
    rows = {_key(each): _failed_row(each) for each in work if each.failure is not None}
    for key, row in written.items():
        rows[key] = {**rows.get(key, _as_it_was(row)), **_cells(row)}
    if not rows:
        path.unlink(missing_ok=True)
        return
    numbers = {int(found[2]) for row in rows.values() for name in row if (found := _TEXT(name))}
    texts = [f"{kind}_{number}" for kind in _KINDS for number in sorted(numbers)]
    write_sheet(path, [*_COLUMNS, *texts], rows.values())


def _as_it_was(row: Row) -> dict[str, str | float | None]:
    return {
        name: shown_text(str(value or ""))
        for name, value in row.values.items()
        if name in _COLUMNS or _TEXT(name)
    }


def _key(each: Translation) -> _Key:
    return _Key(row_id(each.draft), each.to)


def _corrected_rows(path: Path) -> dict[_Key, Row]:
    """The rows into which a person wrote something."""
    if not path.is_file():
        return {}
    found: dict[_Key, Row] = {}
    for row in read_sheet(path, "item"):
        for name in ("to", "turn_1"):
            if name not in row.values:
                problem = f"the column “{name}” is missing. Columns must stay as they were."
                raise DataError(path, problem, line=1)
        if not any(name.startswith(_CORRECTED) for name in row.values):
            raise DataError(
                path,
                f"no column “{_CORRECTED}1” is there, so what a person wrote cannot be read. "
                "Nothing is written over it: put the headings back, or move the file away.",
                line=1,
            )
        if not _cells(row):
            continue
        key = _Key(str(row.values["item"]).strip(), str(row.values["to"]).strip())
        if key in found:
            problem = f"“{key.item}” is corrected in line {found[key].place} already. Keep one."
            raise DataError(path, problem, line=row.place)
        found[key] = row
    return found


def _cells(row: Row) -> dict[str, str]:
    """Column → what a person wrote there."""
    cells = {
        name: shown_text(str(value or "").strip())
        for name, value in row.values.items()
        if name.startswith(_CORRECTED) and _TEXT(name)
    }
    return {name: text for name, text in cells.items() if text}


def _correction(path: Path, row: Row, each: Translation) -> tuple[str, ...]:
    cells = _cells(row)
    expected = [f"{_CORRECTED}{number}" for number in range(1, len(each.draft.turns) + 1)]
    if extra := next((name for name in cells if name not in expected), ""):
        turns_words = f"{len(expected)} turn{'s' * (len(expected) != 1)}"
        problem = f"“{extra}” holds a text, but the item has {turns_words}. Clear it."
        raise DataError(path, problem, line=row.place)
    turns: list[str] = []
    for number in range(1, len(each.draft.turns) + 1):
        made = each.turns[number - 1] if number <= len(each.turns) else ""
        text = cells.get(f"{_CORRECTED}{number}", made)
        if not text:
            raise DataError(
                path,
                f"“{_CORRECTED}{number}” is empty and there is no translation of that turn to "
                "keep. Write one, or clear the other corrections of the row.",
                line=row.place,
            )
        turns.append(text)
    return tuple(turns)


def _failed_row(each: Translation) -> dict[str, str | float | None]:
    row: dict[str, str | float | None] = {
        "item": row_id(each.draft),
        "reason": each.failure.reason if each.failure else "",
        "detail": each.failure.detail if each.failure else "",
        "language": each.draft.language,
        "to": each.to,
        "meaning": each.mean("meaning"),
        "naturalness": each.mean("naturalness"),
    }
    for kind, texts in (
        ("turn", each.draft.turns),
        ("translation", each.turns),
        ("back", each.back),
    ):
        row |= {f"{kind}_{number}": text for number, text in enumerate(texts, start=1)}
    return row
