"""Answers that were given elsewhere: by physicians, or by a system that cannot be called.

``answers:FILE`` reads JSONL or CSV with one answer a row, ``answers:FOLDER`` all such files of a
folder, one for each respondent::

    item,turn,answer,respondent
    starter-001-en,1,"I would not do that, because ...",Dr A

``item`` (or ``item_id``, ``id``, ``name``) is an item's id or its name; ``turn`` counts from 1 and
is 1 where there is no such column; ``answer`` may be called ``response`` or ``text``; other columns
are ignored. Several respondents in one file are chosen by ``answers:FILE@RESPONDENT``. CSV may be
separated by commas, semicolons or tabs, as spreadsheets write it in different countries.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, Self

import orjson

from primum.core.digest import digest_of
from primum.core.errors import DataError, UnknownNameError, UserError, shorten
from primum.core.item import Item
from primum.core.response import NO_ROW, Response
from primum.models.chat_model import ChatRequest
from primum.models.settings_file import read_text

ITEM_COLUMNS = ("item", "item_id", "id", "name")
ANSWER_COLUMNS = ("answer", "response", "text")
LONGEST_CELL = 1 << 26
"""Characters; the library's own limit is a mere 131,072."""
DELIMITERS = (",", ";", "\t")
FORMATS = {".jsonl": "JSONL", ".ndjson": "JSONL", ".csv": "CSV", ".tsv": "CSV"}


class RecordedAnswer(NamedTuple):
    """One row of an answers file."""

    item: str
    """Item id or name, as the file says."""
    turn: int
    """From 0."""
    text: str
    """Empty where the respondent left the answer blank."""
    respondent: str
    line: int
    """The line that the row ends on."""
    file: Path
    """Where it stands; of a folder, one of its files."""


class ItemTurn(NamedTuple):
    """One turn of one item."""

    item: Item
    turn: int
    """From 0."""


@dataclass(frozen=True, slots=True)
class AnswerMatch:
    """How a file of answers fits the items of a run."""

    matched: tuple[RecordedAnswer, ...]
    unmatched_rows: tuple[RecordedAnswer, ...]
    """Rows whose item or turn no item of the run has."""
    items_without_answer: tuple[ItemTurn, ...]
    """Turns that no row answers, or that the respondent left blank."""
    items_without_row: tuple[Item, ...]
    """No turn of these has a row: the respondent was not asked."""
    items_left_blank: tuple[Item, ...]
    """These have a row, and a turn without text: the respondent was asked, and it is missing."""


class RecordedAnswers:
    """A model that looks its answers up; nothing is ever called.

    Args:
        path: the answers file, or a folder of them.
        respondent: whose answers, where there are several people's.
        name: as it is shown.

    Raises:
        DataError: the file does not hold answers; file and line are named.
        UserError: the respondent must be named, or is not in the file.
    """

    answers_by_item = True

    def __init__(self, path: Path, respondent: str = "", *, name: str = "") -> None:
        answers = read_answers(path)
        self._respondent = _chosen(path, answers, respondent)
        self._name = name or f"answers:{path}" + (f"@{respondent}" if respondent else "")
        self._answers = {
            (answer.item, answer.turn): answer
            for answer in answers
            if answer.respondent == self._respondent
        }

    @property
    def name(self) -> str:
        """As the user named it."""
        return self._name

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The respondent and a hash of the answers, wherever the file lies."""
        content = sorted((item, turn, row.text) for (item, turn), row in self._answers.items())
        return {
            "provider": "answers",
            "respondent": self._respondent,
            "answers": digest_of(content).hex(),
        }

    @property
    def concurrency(self) -> int:
        """Look-ups cost nothing; this bounds what waits for the judge."""
        return 256

    @property
    def supports_schema(self) -> bool:
        """No: the answers exist already."""
        return False

    def match(self, items: Iterable[Item]) -> AnswerMatch:
        """What fits and what does not; the caller shows it before the run."""
        matched: list[RecordedAnswer] = []
        missing: list[ItemTurn] = []
        without_row: list[Item] = []
        left_blank: list[Item] = []
        used: set[tuple[str, int]] = set()
        for item in items:
            turns = range(len(item.turns))
            found = [self._find(item, turn) for turn in turns]
            used.update((name, turn) for turn in turns for name in (item.id, item.name))
            rows = [answer for answer in found if answer is not None]
            blank = [turn for turn, answer in enumerate(found) if answer is None or not answer.text]
            matched += rows
            missing += [ItemTurn(item, turn) for turn in blank]
            if blank:
                (left_blank if rows else without_row).append(item)
        unmatched = (answer for key, answer in self._answers.items() if key not in used)
        return AnswerMatch(
            tuple(matched),
            tuple(unmatched),
            tuple(missing),
            items_without_row=tuple(without_row),
            items_left_blank=tuple(left_blank),
        )

    def _find(self, item: Item, turn: int) -> RecordedAnswer | None:
        by_id = self._answers.get((item.id, turn))
        return by_id or (self._answers.get((item.name, turn)) if item.name else None)

    async def preflight(self) -> None:
        """Return; the file was read when the model was made."""

    async def complete(self, request: ChatRequest) -> Response:
        """The recorded answer, or ``no_answer``."""
        answer = None if request.item is None else self._find(request.item, request.turn)
        if answer is None or not answer.text:
            why = NO_ROW if answer is None else "the answer is blank"
            return Response("no_answer", model_reported=self._respondent, error=why)
        return Response("ok", answer.text, "recorded", model_reported=self._respondent)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to close."""


def read_answers(path: Path) -> tuple[RecordedAnswer, ...]:
    """Every row of the file, or of the folder's files in the order of their names.

    Raises:
        DataError: a file is not a table of answers, or two rows answer the same turn.
    """
    return _read_folder(path) if path.is_dir() else _read_file(path)


def _read_folder(folder: Path) -> tuple[RecordedAnswer, ...]:
    files = sorted(file for file in folder.iterdir() if file.suffix.lower() in FORMATS)
    if not files:
        raise DataError(folder, f"the folder holds no answers ({', '.join(FORMATS)}).")
    answers: list[RecordedAnswer] = []
    owner: dict[str, Path] = {}
    for file in files:
        own = _read_file(file)
        for name in dict.fromkeys(answer.respondent for answer in own):
            if name in owner:
                who = f"respondent “{shorten(name)}”" if name else "a respondent without a name"
                raise DataError(
                    file,
                    f"answers of {who} stand here and in {owner[name].name}. Give each person a "
                    "code of their own in the column “respondent”.",
                )
            owner[name] = file
        answers += own
    return tuple(answers)


def _read_file(path: Path) -> tuple[RecordedAnswer, ...]:
    form = FORMATS.get(path.suffix.lower())
    if form is None:
        raise DataError(path, f"answers are read from {', '.join(FORMATS)} files.")
    text = read_text(path)
    rows = _json_rows(path, text) if form == "JSONL" else _table_rows(path, text)
    answers = tuple(_answer(path, line, row) for line, row in rows)
    if not answers:
        raise DataError(path, "the file holds a header and no answers.")
    _refuse_duplicates(path, answers)
    return answers


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    # Only line feeds end a JSONL line: str.splitlines would also cut at U+2028 inside a string.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = orjson.loads(line)
        except orjson.JSONDecodeError as error:
            raise DataError(path, f"not valid JSON ({error}).", line=number) from None
        if not isinstance(row, dict):
            raise DataError(path, "each line must be a JSON object.", line=number)
        yield number, row


def _table_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, Any]]]:
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        for row in reader:
            if not any(row.values()):  # spreadsheets write rows of separators below a table
                continue
            if None in row or None in row.values():
                raise DataError(
                    path,
                    f"the row has another number of fields than the header's "
                    f"{len(reader.fieldnames or ())}. Put text with commas into double quotes.",
                    line=reader.line_num,
                )
            yield reader.line_num, row
    except csv.Error as error:
        raise DataError(path, f"not valid CSV ({error}).", line=reader.line_num) from None


def _delimiter(text: str) -> str:
    """What separates the columns: the first with which the header has an item and an answer."""
    header = text.splitlines()[0]
    for delimiter in DELIMITERS:
        names = {name.strip(' "') for name in header.split(delimiter)}
        if not names.isdisjoint(ITEM_COLUMNS) and not names.isdisjoint(ANSWER_COLUMNS):
            return delimiter
    return DELIMITERS[0]


def _answer(path: Path, line: int, row: Mapping[str, Any]) -> RecordedAnswer:
    item = _column(path, line, row, ITEM_COLUMNS)
    if not isinstance(item, (str, int)) or not str(item).strip():
        raise DataError(path, "the item's id or name is empty.", line=line)
    text = _column(path, line, row, ANSWER_COLUMNS)
    if text is not None and not isinstance(text, str):
        raise DataError(path, f"the answer must be text; found {shorten(repr(text))}.", line=line)
    return RecordedAnswer(
        str(item).strip(),
        _turn(path, line, row.get("turn", 1)),
        text if text and text.strip() else "",
        str(row.get("respondent") or "").strip(),
        line,
        path,
    )


def _column(path: Path, line: int, row: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    for name in names:
        if name in row:
            return row[name]
    found = ", ".join(shorten(str(key), 30) for key in list(row)[:12])
    raise DataError(
        path, f"no column “{names[0]}” (or {', '.join(names[1:])}); found: {found}.", line=line
    )


def _turn(path: Path, line: int, value: Any) -> int:
    text = str(value).strip()
    if isinstance(value, bool) or not text.isdecimal() or int(text) < 1:
        raise DataError(
            path, f"the turn must be a whole number from 1; found “{shorten(text)}”.", line=line
        )
    return int(text) - 1


def _refuse_duplicates(path: Path, answers: Iterable[RecordedAnswer]) -> None:
    seen: dict[tuple[str, int, str], int] = {}
    for answer in answers:
        key = (answer.item, answer.turn, answer.respondent)
        if key in seen:
            who = f" by “{shorten(answer.respondent)}”" if answer.respondent else ""
            raise DataError(
                path,
                f"item “{shorten(answer.item)}”, turn {answer.turn + 1}{who} is answered here and "
                f"on line {seen[key]}. Keep one of the two.",
                line=answer.line,
            )
        seen[key] = answer.line


def _chosen(path: Path, answers: Iterable[RecordedAnswer], respondent: str) -> str:
    known = sorted({answer.respondent for answer in answers})
    if respondent:
        if respondent not in known:
            raise UnknownNameError("respondent", respondent, filter(None, known))
        return respondent
    if len(known) > 1:
        names = ", ".join(shorten(name) or "(none)" for name in known[:20])
        raise UserError(
            f"{path} holds answers of {len(known):,} respondents ({names}). "
            f"Name one: answers:{path}@RESPONDENT."
        )
    return known[0]
