"""A user's own items: JSON, CSV, TSV or parquet, with a mapping from our fields to columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from primum.benchmarks.benchmark import Benchmark, LoadTally
from primum.benchmarks.item_form import ItemForm
from primum.benchmarks.registry import LoadRequest
from primum.benchmarks.row_file import SUFFIXES, read_rows
from primum.core.errors import DataError, shorten
from primum.core.item import Item

_MOST_LICENCES = 4
"""Named of a file whose items have many."""


def load_user_file(path: Path, request: LoadRequest) -> Benchmark:
    """The benchmark in the file; all rows are read once, so that a wrong file fails here.

    Raises:
        DataError: the file is missing, of an unknown form, empty, or a row is no item.
        UnknownNameError: the mapping names a field that items do not have.
        UserError: a parquet file without the extra that reads it.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise DataError(path, f"the ending is not known; expected one of {', '.join(SUFFIXES)}.")
    if not path.is_file():
        raise DataError(path, "there is no such file.")
    form = ItemForm(path, request.mapping, request.guideline_sets)
    used: set[str] = set()
    licences: dict[str, None] = {}
    for item in read_items(form, LoadTally()):
        used.update(full_id.partition("/")[0] for full_id in item.guidelines)
        licences[item.licence] = None
    return Benchmark(
        name=path.stem,
        titles={"en": path.stem, "ja": path.stem},
        version="",
        licence=_licence(tuple(licences)),
        guideline_sets=tuple(each for each in request.guideline_sets if each.id in used),
        opener=lambda tally: read_items(form, tally),
    )


def _licence(of_items: Sequence[str]) -> str:
    """The licences that the items name; empty where none does."""
    named = sorted(shorten(each) for each in of_items if each)
    shown = [*named[:_MOST_LICENCES], *(["…"] if len(named) > _MOST_LICENCES else [])]
    if named and "" in of_items:
        shown.append("not stated")
    return " + ".join(shown)


def read_items(form: ItemForm, tally: LoadTally) -> Iterator[Item]:
    """The items of the form's file, streamed.

    Raises:
        DataError: a row is no item, the same item stands twice, or the file holds none.
        UserError: a parquet file without the extra that reads it.
    """
    first_places: dict[str, int] = {}
    for row in read_rows(form.path):
        tally.read += 1
        item = form.item(row)
        first = first_places.setdefault(item.id, row.place)
        if first != row.place:
            raise form.fault(
                row, f"the same item as in {row.kind} {first}. Remove one; items must differ."
            )
        yield item
    if not tally.read:
        raise DataError(form.path, "the file holds no items.")
