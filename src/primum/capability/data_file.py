"""The data files of a user's own task, checked line by line before the harness reads them.

The harness and the reader of data sets below it name neither line nor field. Here every line is
held to what the task file says about it: the fields that ``doc_to_text``, ``doc_to_choice`` and
``doc_to_target`` name are there, and the right answer is one of the options. What cannot be told
from the files alone (functions, templates with conditions, other formats) is left to the harness.
"""

from __future__ import annotations

import csv
import difflib
import io
import json
from ast import literal_eval
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from primum.core.errors import DataError, shorten

_KEYS = ("doc_to_text", "doc_to_choice", "doc_to_target")
_OPTIONAL = ("{%", " if ", "default(", " or ", " is ")
"""What a template holds that may do without a field."""
_READ = {"json": (".json", ".jsonl"), "csv": (".csv",)}
_SPLITS = ("test_split", "validation_split", "training_split", "fewshot_split")
_NO_DOCUMENTS = "the file holds no documents; one a line was expected, each with {fields}."


class Place(NamedTuple):
    """Where a document stands."""

    file: Path
    line: int | None
    """None where the format has no line for each document."""


class DataRow(NamedTuple):
    """One document as its file has it."""

    place: Place
    fields: Mapping[str, Any]


class _Wanted(NamedTuple):
    """What a task file wants of every document."""

    task: str
    fields: Mapping[str, str]
    """Field → the key of the task file that names it."""
    options: str | tuple[Any, ...]
    """The field that holds them, or themselves; empty where they cannot be told."""
    answer: str
    """The field that holds the right answer; empty where it cannot be told."""
    is_rendered: bool
    """Whether the answer goes through a template, which turns digits into a number."""


def check_data_files(name: str, config: Mapping[str, Any], files: Sequence[Path]) -> None:
    """Return if every document has what the task file names.

    Raises:
        DataError: a file, with the line, that has not: the field is named, and what was expected.
    """
    if config.get("process_docs") or config.get("use_prompt"):
        return
    wanted = _wanted(name, config)
    for file in files:
        rows = read_rows(file, config)
        if rows is None:
            continue
        if not rows:
            raise DataError(file, _NO_DOCUMENTS.format(fields=_listed(wanted.fields) or "fields"))
        for row in rows:
            _check_row(row, wanted)


def used_files(config: Mapping[str, Any], placed: Any) -> list[Path]:
    """The files of the splits that the task uses; ``placed`` is ``data_files`` with whole paths."""
    used = {str(config[key]) for key in _SPLITS if config.get(key)}
    splits = placed if isinstance(placed, Mapping) else {"train": placed}
    found = [each for split, each in splits.items() if split in used]
    paths = [str(one) for each in found for one in (each if isinstance(each, list) else [each])]
    return [file for path in paths for file in _opened(Path(path))]


def place_of(config: Mapping[str, Any], placed: Any, position: int) -> Place | None:
    """Where the tested document of that number stands; None where it cannot be told."""
    tested = str(config.get("test_split") or config.get("validation_split"))
    files = used_files({"test_split": tested}, placed)
    if config.get("process_docs") or len(files) != 1:
        return None
    rows = read_rows(files[0], config)
    return rows[position].place if rows and position < len(rows) else None


def read_rows(file: Path, config: Mapping[str, Any]) -> list[DataRow] | None:
    """The documents of a JSON, JSON lines or CSV file; None for what only the harness reads.

    Raises:
        DataError: the file, or a line of it, cannot be read.
    """
    kind = str(config.get("dataset_path"))
    settings = config.get("dataset_kwargs") or {}
    if file.suffix not in _READ.get(kind, ()) or set(settings) - {"data_files"}:
        return None
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise DataError(file, f"the file cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise DataError(file, "the file is not UTF-8. Save it as UTF-8.") from None
    if kind == "csv":
        reader = csv.DictReader(io.StringIO(text))
        return [DataRow(Place(file, reader.line_num), _numbers(row)) for row in reader]
    if text.lstrip().startswith("["):
        return _list(file, text)
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip()]
    if len(lines) > 1 and _is_json(text):
        return None  # one object over many lines: columns, which the harness reads
    return [_row(Place(file, number), _parsed(file, number, line)) for number, line in lines]


def _opened(path: Path) -> list[Path]:
    if path.exists() or not any(mark in path.name for mark in "*?["):
        return [path]
    return sorted(path.parent.glob(path.name))


def _list(file: Path, text: str) -> list[DataRow]:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        raise DataError(file, _not_json(error), line=error.lineno) from None
    return [_row(Place(file, None), each) for each in content]


def _parsed(file: Path, number: int, line: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise DataError(file, _not_json(error), line=number) from None


def _not_json(error: json.JSONDecodeError) -> str:
    return f"not valid JSON (at character {error.colno}: {error.msg}); one object was expected."


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return False
    return True


def _row(place: Place, content: Any) -> DataRow:
    if not isinstance(content, dict):
        found = shorten(json.dumps(content, ensure_ascii=False), 60)
        raise DataError(
            place.file, f"found {found}; an object with the document's fields was expected.",
            line=place.line,
        )  # fmt: skip
    return DataRow(place, content)


def _numbers(row: Mapping[str, Any]) -> dict[str, Any]:
    """A line of CSV, its whole numbers as such."""
    return {
        str(key): int(value) if isinstance(value, str) and value.isdecimal() else value
        for key, value in row.items()
    }


def _wanted(name: str, config: Mapping[str, Any]) -> _Wanted:
    fields: dict[str, str] = {}
    for key in _KEYS:
        for field in _named(config.get(key)):
            fields.setdefault(field, key)
    is_choice = config.get("output_type") == "multiple_choice"
    options: str | tuple[Any, ...] = ""
    target, choices = config.get("doc_to_target"), config.get("doc_to_choice")
    if is_choice and isinstance(choices, list | tuple):
        options = tuple(choices)
    elif is_choice and isinstance(choices, str) and choices.isidentifier():
        options = choices
    alone = _alone(target) if is_choice else ""
    return _Wanted(name, fields, options, alone, alone != target)


def _named(said: Any) -> Iterator[str]:
    """The fields that a value of the task file needs of every document."""
    if not isinstance(said, str):
        return
    if said.isidentifier():
        yield said
    elif "{{" in said and not any(mark in said for mark in _OPTIONAL):
        from jinja2 import Environment, TemplateSyntaxError, meta

        reader = Environment(autoescape=False)  # noqa: S701 - it is parsed, never rendered
        try:
            found = meta.find_undeclared_variables(reader.parse(said))
        except TemplateSyntaxError:
            return
        yield from sorted(found - set(reader.globals))


def _alone(said: Any) -> str:
    """The field, where the value is a field's name or a template of one field and no more."""
    if not isinstance(said, str):
        return ""
    inner = said.strip()
    if inner.startswith("{{") and inner.endswith("}}"):
        inner = inner[2:-2].strip()
    return inner if inner.isidentifier() else ""


def _check_row(row: DataRow, wanted: _Wanted) -> None:
    for field, key in wanted.fields.items():
        if row.fields.get(field) is None:
            raise _bad(row, _lacks(row, field, key, wanted.task))
    options = wanted.options
    if isinstance(options, str) and options:
        options = row.fields[options]
        if not isinstance(options, list) or not options:
            found = f"the field “{wanted.options}” holds {_shown(options)}"
            raise _bad(row, f"{found}; a list of options was expected.")
    # Where the text is a number, it is the right one of several texts, and the answer is free.
    text = _alone_of_text(row, wanted)
    if not options or not wanted.answer or isinstance(text, int):
        return
    answer = row.fields[wanted.answer]
    for place in _places(answer, is_rendered=wanted.is_rendered):
        if not _is_right(place, options):
            raise _bad(
                row,
                f"the field “{wanted.answer}” holds {_shown(answer)}, and there are {len(options)} "
                f"options; a whole number from 0 to {len(options) - 1} was expected, or the text "
                "of one of them.",
            )


def _alone_of_text(row: DataRow, wanted: _Wanted) -> Any:
    field = next((each for each, key in wanted.fields.items() if key == "doc_to_text"), "")
    return row.fields.get(field)


def _places(answer: Any, *, is_rendered: bool) -> Sequence[Any]:
    if is_rendered and isinstance(answer, str):
        with suppress(SyntaxError, ValueError):
            answer = literal_eval(answer) if answer.isdigit() or answer[:1] == "[" else answer
    return answer if isinstance(answer, list) and answer else [answer]


def _is_right(place: Any, options: Sequence[Any]) -> bool:
    if isinstance(place, int) and not isinstance(place, bool):
        return 0 <= place < len(options)
    return isinstance(place, str) and place in options


def _lacks(row: DataRow, field: str, key: str, task: str) -> str:
    about = f"the field “{shorten(field)}”, which {key} of the task “{shorten(task)}” names,"
    if field in row.fields:
        return f"{about} is empty; a value was expected."
    near = difflib.get_close_matches(field, [str(each) for each in row.fields], n=1, cutoff=0.6)
    meant = f" Was “{shorten(near[0])}” meant to be it?" if near else ""
    return f"{about} is missing; there are {_listed(row.fields) or 'none'}.{meant}"


def _bad(row: DataRow, problem: str) -> DataError:
    return DataError(row.place.file, problem, line=row.place.line)


def _shown(value: Any) -> str:
    return shorten(json.dumps(value, ensure_ascii=False), 60)


def _listed(names: Any) -> str:
    shown = [f"“{shorten(str(name))}”" for name in names]
    return ", ".join(shown[:8]) + (" …" if len(shown) > 8 else "")
