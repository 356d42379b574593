"""Forms in which people answer a protocol's requests, and what they are told beforehand.

    items = items_of(EvaluationRequest(protocol="primum-core", language=("ja",), limit=40))
    forms = forms_of(items, respondents=("R1", "R2"), seed=1)
    write_form(forms[0], Path("answers/R1.csv"))

A form tells no one's intent, guideline or source: rows carry the item's id, since names of items
say what they are. Each respondent has an order of their own, with the turns of a conversation kept
together. A filled form is read by ``answers:FILE``, several in one folder by ``answers:FOLDER``.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

from primum.core.digest import digest
from primum.core.errors import UserError
from primum.core.item import Item
from primum.evaluation.planning import make_plan
from primum.evaluation.request import EvaluationRequest
from primum.generation.spreadsheet import guarded
from primum.models.cache import Progress

COLUMNS = ("no", "item", "turn", "turns", "language", "request", "answer", "respondent")
"""``respondent`` is last and never empty: spreadsheets drop empty cells at a row's end."""
MARK_COLUMN = "content"
MARK = {"en": "may distress", "ja": "不快な内容の可能性"}
INSTRUCTION_LANGUAGES: tuple[Literal["en", "ja"], ...] = ("en", "ja")


class FormRow(NamedTuple):
    """One turn to be answered."""

    number: int
    """Of the conversation in this form, from 1."""
    item: Item
    turn: int
    """From 0."""


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What one person is asked, in that person's order."""

    respondent: str
    """A code, no name."""
    rows: tuple[FormRow, ...]

    @property
    def requests(self) -> int:
        """Conversations; most have one turn."""
        return self.rows[-1].number if self.rows else 0


def items_of(request: EvaluationRequest, *, download: Progress | None = None) -> tuple[Item, ...]:
    """The very items that an evaluation with these settings will ask.

    Raises:
        UserError: something named is unknown, unreadable or empty.
    """
    # Who answers and judges does not decide the items. The embedded model stands in for both,
    # because it needs no key; it is neither fetched nor started.
    stand_in = {"model": "embedded", "judge_models": ("embedded",)}
    plan = make_plan(request.model_copy(update=stand_in), download=download)
    return tuple(plan.items())


def forms_of(items: Iterable[Item], respondents: Sequence[str], *, seed: int) -> list[AnswerForm]:
    """One form for each respondent; the same seed and respondent give the same order."""
    known = tuple(items)
    return [
        AnswerForm(respondent, tuple(_rows(_shuffled(known, respondent, seed))))
        for respondent in respondents
    ]


def _shuffled(items: Sequence[Item], respondent: str, seed: int) -> list[Item]:
    """A random order in two halves, with twins and translations in different ones.

    Side by side, a harmful request and its benign twin would say what they are.
    """
    ranked = sorted((digest("form-1", str(seed), respondent, item.id), item.id) for item in items)
    known = {item.id: item for item in items}
    halves: tuple[list[Item], list[Item]] = ([], [])
    seen: Counter[str] = Counter()
    for _, item_id in ranked:
        item = known[item_id]
        pair = item.twin_pair or item.translation_pair or item_id
        # Members of a pair take turns, beginning at a random half.
        half = digest("half-1", str(seed), respondent, pair)[0] + seen[pair]
        seen[pair] += 1
        halves[half % 2].append(item)
    return [*halves[0], *halves[1]]


def _rows(items: Iterable[Item]) -> Iterable[FormRow]:
    for number, item in enumerate(items, start=1):
        for turn in range(len(item.turns)):
            yield FormRow(number, item, turn)


def write_form(form: AnswerForm, path: Path, *, mark_harmful: bool = False) -> None:
    """Write the form as CSV that spreadsheets open as it is.

    Args:
        form: whose form.
        path: a new file.
        mark_harmful: add a column that marks requests for something harmful. It protects those who
            want to skip them, and tells the rest what the request is.

    Raises:
        UserError: the file exists or cannot be written.
    """
    columns = (MARK_COLUMN, *COLUMNS) if mark_harmful else COLUMNS
    try:
        # "x": answers of a person that lie there are never overwritten.
        with path.open("x", newline="", encoding="utf-8-sig") as out:
            writer = csv.writer(out)
            writer.writerow(columns)
            for row in form.rows:
                mark = (_mark(row.item),) if mark_harmful else ()
                writer.writerow((*mark, *_cells(row, form.respondent)))
    except OSError as error:
        raise _unwritable(path, error) from None


def _cells(row: FormRow, respondent: str) -> tuple[str | int, ...]:
    request = row.item.turns[row.turn]
    return (
        row.number,
        row.item.id,
        row.turn + 1,
        len(row.item.turns),
        row.item.language,
        guarded(request),
        "",
        respondent,
    )


def _mark(item: Item) -> str:
    return MARK.get(item.language, MARK["en"]) if item.intent == "harmful" else ""


def instructions(language: Literal["en", "ja"], forms: Sequence[AnswerForm], protocol: str) -> str:
    """Consent and instructions for the people who answer; square brackets are to be filled in."""
    file = resources.files("primum.studies").joinpath(f"data/consent-{language}.md")
    form = forms[0]
    values = {
        "protocol": protocol,
        "requests": f"{form.requests:,}",
        "rows": f"{len(form.rows):,}",
        "people": f"{len(forms):,}",
    }
    text = file.read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text


def write_instructions(path: Path, text: str) -> None:
    """Write the text to a new file.

    Raises:
        UserError: the file exists or cannot be written.
    """
    try:
        with path.open("x", encoding="utf-8") as out:
            out.write(text)
    except OSError as error:
        raise _unwritable(path, error) from None


def _unwritable(path: Path, error: OSError) -> UserError:
    if isinstance(error, FileExistsError):
        return UserError(
            f"{path} exists already; what was written in it would be lost. Name another output."
        )
    return UserError(f"{path} cannot be written: {error.strerror or type(error).__name__}.")
