"""A user's own items: JSONL, CSV, TSV or parquet, with a mapping from our fields to columns."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import orjson

from primum.benchmarks.benchmark import Benchmark, LoadTally
from primum.benchmarks.item_form import ItemForm, Row
from primum.benchmarks.registry import LoadRequest
from primum.benchmarks.text_file import read_csv, read_lines
from primum.core.errors import DataError, UserError, shorten
from primum.core.item import Item

SUFFIXES = (".jsonl", ".ndjson", ".csv", ".tsv", ".parquet")
"""File endings that are read as items."""


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
    used = {
        full_id.partition("/")[0]
        for item in read_items(form, LoadTally())
        for full_id in item.guidelines
    }
    return Benchmark(
        name=path.stem,
        titles={"en": path.stem, "ja": path.stem},
        version="",
        licence="",
        guideline_sets=tuple(each for each in request.guideline_sets if each.id in used),
        opener=lambda tally: read_items(form, tally),
    )


def read_items(form: ItemForm, tally: LoadTally) -> Iterator[Item]:
    """The items of the form's file, streamed.

    Raises:
        DataError: a row is no item, the same item stands twice, or the file holds none.
        UserError: a parquet file without the extra that reads it.
    """
    first_places: dict[str, int] = {}
    for row in _rows(form.path):
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


def _rows(path: Path) -> Iterator[Row]:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        return _parquet_rows(path)
    if suffix in (".csv", ".tsv"):
        return _csv_rows(path, "," if suffix == ".csv" else "\t")
    return _jsonl_rows(path)


def _jsonl_rows(path: Path) -> Iterator[Row]:
    for number, text in read_lines(path):
        if not text.strip():
            continue
        try:
            value = orjson.loads(text)
        except orjson.JSONDecodeError as error:
            if text.strip() in ("[", "{"):
                problem = (
                    "the file is one JSON document; one JSON object on each line was expected."
                )
            else:
                problem = f"not valid JSON: {shorten(error.msg)}."
            raise DataError(path, problem, line=number) from None
        if not isinstance(value, dict):
            kind = type(value).__name__
            raise DataError(
                path, f"a JSON {kind}; one JSON object on each line was expected.", line=number
            )
        yield Row(number, "line", value)


def _csv_rows(path: Path, delimiter: str) -> Iterator[Row]:
    records = read_csv(path, delimiter)
    header = next(records, None)
    if header is None:
        return
    columns = [name.strip() for name in header.cells]
    _check_header(path, columns, header.line)
    for line, cells in records:
        if len(cells) != len(columns):
            raise DataError(
                path,
                f"{len(cells)} cells found, {len(columns)} expected, as the header has "
                f"({shorten(', '.join(columns), 200)}). Quote a cell that holds “{delimiter}”.",
                line=line,
            )
        yield Row(line, "line", dict(zip(columns, cells, strict=True)))


def _check_header(path: Path, columns: list[str], line: int) -> None:
    repeated = [name for name, count in Counter(columns).items() if count > 1]
    if repeated:
        raise DataError(
            path, f"the column “{shorten(repeated[0])}” stands twice in the header.", line=line
        )
    if len(columns) == 1 and (";" in columns[0] or "\t" in columns[0]):
        raise DataError(
            path,
            f"one column found, “{shorten(columns[0])}”. The separator must be a comma (or a tab "
            "in a .tsv file).",
            line=line,
        )


def _parquet_rows(path: Path) -> Iterator[Row]:
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise UserError(
            f"{path}: reading parquet needs the extra “parquet”. Install it with "
            "`pip install 'primum[parquet]'`, or save the file as JSONL or CSV."
        ) from None
    try:
        with parquet.ParquetFile(path) as file:
            number = 0
            for batch in file.iter_batches(batch_size=1024):
                for values in batch.to_pylist():
                    number += 1
                    yield Row(number, "row", _plain(values))
    except (pa.ArrowException, OSError) as error:
        raise DataError(path, f"not a readable parquet file: {shorten(str(error), 120)}.") from None


def _plain(values: Any) -> dict[str, Any]:
    return {str(name): value for name, value in values.items()}
