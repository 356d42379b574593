"""Demonstrations in files: the user's, our own, and folders that ``primum generate`` wrote."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from primum.benchmarks.item_form import Row
from primum.benchmarks.row_file import SUFFIXES, read_rows
from primum.core.errors import DataError
from primum.tuning.demonstration import Demonstration, Kind
from primum.tuning.row_form import RowForm

GENERATED_ITEMS: Final = "items.jsonl"
"""The file that makes a folder a generated benchmark."""


@dataclass(frozen=True, slots=True)
class FileContent:
    """What a file of demonstrations holds."""

    demonstrations: tuple[Demonstration, ...]
    notes: tuple[str, ...]


def read_demonstrations(path: Path, *, source: str, kind: Kind, licence: str = "") -> FileContent:
    """The demonstrations of one file.

    Args:
        path: JSONL, JSON, CSV, TSV or parquet.
        source: What they are called.
        kind: Of the rows that do not say it themselves.
        licence: Of the rows that do not say it themselves.

    Raises:
        DataError: the file is missing, of an unknown form or empty, or a row is no demonstration.
        UserError: a parquet file without the extra that reads it.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(path, f"the ending is not known; expected one of {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise DataError(path, "there is no such file.")
    form = RowForm(path, source, kind, licence)
    found = tuple(_distinct(form, read_rows(path)))
    if not found:
        raise DataError(path, "the file holds no demonstrations.")
    return FileContent(found, _noted(form))


def read_generated(folder: Path, *, source: str) -> FileContent:
    """The items of a generated benchmark that have a safe response, single-turn ones only.

    Raises:
        DataError: the folder holds no items, or none of them has a response.
    """
    path = folder / GENERATED_ITEMS
    if not path.is_file():
        raise DataError(
            folder,
            f"the folder holds no {GENERATED_ITEMS}; one that `primum generate` wrote was "
            "expected.",
        )
    form = RowForm(path, source, "harmful")
    rows = list(read_rows(path))
    answered = [row for row in rows if row.values.get("reference")]
    single = [row for row in answered if row.values.get("request")]
    if not single:
        raise DataError(
            path,
            f"none of its {len(rows)} items is a single request with a safe response "
            "(“reference”). Run a recipe with the stage “safe-responses”.",
        )
    form.notes["no safe response"] = len(rows) - len(answered)
    form.notes["a conversation of several turns"] = len(answered) - len(single)
    found = tuple(_distinct(form, iter(single)))
    return FileContent(found, _noted(form))


def _distinct(form: RowForm, rows: Iterator[Row]) -> Iterator[Demonstration]:
    """The rows as demonstrations; the same request with the same answers twice is a fault."""
    first_places: dict[tuple[str, str, str], int] = {}
    for row in rows:
        found = form.demonstration(row)
        key = (found.request, found.response, found.rejected)
        first = first_places.setdefault(key, row.place)
        if first != row.place:
            raise form.fault(
                row,
                f"the same request and answer as in {row.kind} {first}. Remove one; "
                "demonstrations must differ.",
            )
        yield found


def _noted(form: RowForm) -> tuple[str, ...]:
    return tuple(
        f"{form.source}: {count} row{'s' if count > 1 else ''} with {what}"
        for what, count in form.notes.items()
        if count
    )
