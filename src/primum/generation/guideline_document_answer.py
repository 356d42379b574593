"""What a model found in a part of a document, read strictly; quotations must stand in the text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple, get_args

from primum.core.errors import shorten
from primum.core.message import Message
from primum.core.response import Response
from primum.engine.asking import Asker, Question
from primum.generation.guideline_document import Document, Place, folded
from primum.generation.prompt import load_prompt
from primum.generation.rating_answer import rating_code
from primum.generation.refusal_reading import is_refusal
from primum.generation.role_question import question
from primum.generation.stage import RoleModel
from primum.judging.fence import fenced
from primum.judging.judge_answer import last_object
from primum.judging.verdict_schema import CHECK_KEY

Fault = Literal[
    "no_answer", "refused", "cut_off", "prose", "malformed", "not_in_document", "repeated"
]
"""Why an answer, or an entry of one, is not used. ``malformed``: JSON of another form."""
FAULTS: tuple[Fault, ...] = get_args(Fault)

MOST_FOR_EACH_PART = 20
_LIST = "guidelines"
_TEXTS = ("title_en", "title_ja", "text_en", "text_ja", "quotation")
_LONGEST = {"title_en": 120, "title_ja": 120, "text_en": 1_500, "text_ja": 1_500}
_LONGEST_ANSWER = 60_000


class FoundGuideline(NamedTuple):
    """One rule, and where it stands."""

    title_en: str
    title_ja: str
    text_en: str
    text_ja: str
    quotation: str
    place: Place


@dataclass(slots=True)
class FoundGuidelines:
    """All rules that were found, in the order of the document, and what was not used."""

    guidelines: list[FoundGuideline] = field(default_factory=list)
    faults: Counter[Fault] = field(default_factory=Counter)
    example: dict[Fault, str] = field(default_factory=dict)
    """The first of each, shortened."""
    parts: int = 0

    def fault(self, fault: Fault, text: str = "") -> None:
        """Count one."""
        self.faults[fault] += 1
        self.example.setdefault(fault, shorten(text, 120))


def document_questions(document: Document, asked: RoleModel, characters: int) -> list[Question]:
    """One question for each part of the document."""
    parts = document.parts(characters)
    return [
        question(asked, _messages(part, number, len(parts)), schema=_schema())
        for number, part in enumerate(parts, start=1)
    ]


async def find_guidelines(
    document: Document, asked: RoleModel, asker: Asker, characters: int
) -> FoundGuidelines:
    """The guidelines that the model finds in the document.

    Raises:
        PrimumError: why the command is ending.
    """
    parts = document.parts(characters)
    responses = await asker.responses(document_questions(document, asked, characters))
    found = FoundGuidelines(parts=len(parts))
    for part, response in zip(parts, responses, strict=True):
        _take(found, document, part, response)
    found.guidelines.sort(key=lambda each: each.place.number)
    return found


def _take(found: FoundGuidelines, document: Document, part: str, response: Response) -> None:
    if not response.is_judgeable:
        found.fault("no_answer", response.error or response.outcome)
        return
    answer = last_object(
        response.text,
        frozenset({CHECK_KEY, _LIST}),
        _code(part),
        most_characters=_LONGEST_ANSWER,
    )
    if answer is None or answer.fields is None:
        found.fault(_kind_of(response, has_json=answer is not None), response.text)
        return
    entries = answer.fields[_LIST]
    if not isinstance(entries, list):
        found.fault("malformed", str(entries))
        return
    for entry in entries[:MOST_FOR_EACH_PART]:
        _take_entry(found, document, entry)


def _kind_of(response: Response, *, has_json: bool) -> Fault:
    if response.outcome == "truncated":
        return "cut_off"
    if has_json:
        return "malformed"
    is_declined = any(is_refusal(response.text, language) for language in ("en", "ja"))
    return "refused" if is_declined else "prose"


def _take_entry(found: FoundGuidelines, document: Document, entry: Any) -> None:
    if not isinstance(entry, dict) or set(entry) != set(_TEXTS):
        found.fault("malformed", str(entry))
        return
    texts = {name: " ".join(entry[name].split()) for name in _TEXTS if _is_text(entry[name])}
    too_long = any(len(texts.get(name, "")) > most for name, most in _LONGEST.items())
    if len(texts) < len(_TEXTS) or too_long:
        found.fault("malformed", str(entry))
        return
    place = document.place_of(texts["quotation"])
    if place is None:
        found.fault("not_in_document", texts["quotation"])
        return
    sought = folded(texts["quotation"])
    if any(folded(each.quotation) == sought for each in found.guidelines):
        found.fault("repeated", texts["quotation"])
        return
    found.guidelines.append(FoundGuideline(**texts, place=place))


def _is_text(value: object) -> bool:
    if not isinstance(value, str) or not folded(value):
        return False
    return " ".join(value.split()).isprintable()


def _messages(part: str, number: int, parts: int) -> tuple[Message, ...]:
    code = _code(part)
    values = {
        "part": str(number),
        "parts": str(parts),
        "document": fenced("DOCUMENT", part, code),
        "most": str(MOST_FOR_EACH_PART),
        "code": code,
    }
    return load_prompt("guidelines").messages("en", values)


def _code(part: str) -> str:
    return rating_code("guidelines", part)


def _schema() -> dict[str, Any]:
    text = {"type": "string", "minLength": 1}
    entry = {
        "type": "object",
        "properties": dict.fromkeys(_TEXTS, text),
        "required": list(_TEXTS),
        "additionalProperties": False,
    }
    return {
        "type": "object",
        "properties": {CHECK_KEY: {"type": "string"}, _LIST: {"type": "array", "items": entry}},
        "required": [CHECK_KEY, _LIST],
        "additionalProperties": False,
    }


def nothing_found(document: Document, model: str, found: FoundGuidelines) -> str:
    """One sentence on why no guideline came of it."""
    if not found.faults:
        return (
            f"{document.path}: {model} found no rule in its {_parts(found.parts)} that an "
            "assistant could be asked to break. Name another model with --model, or another file."
        )
    fault = found.faults.most_common(1)[0][0]
    example = f" (“{found.example[fault]}”)" if found.example.get(fault) else ""
    return (
        f"{document.path}: no guideline was found in its {_parts(found.parts)}: {model} "
        f"{_said(found, fault)}{example}. Name a more able model with --model"
        f"{', or allow longer answers with --max-tokens' if fault == 'cut_off' else ''}."
    )


_SAID: dict[Fault, str] = {
    "no_answer": "gave no answer {times}",
    "refused": "declined {times}",
    "cut_off": "was cut off by the token limit {times}",
    "prose": "answered {times} in prose instead of JSON",
    "malformed": "answered {times} in JSON of another form",
    "not_in_document": "gave {quotations} not found in the document",
    "repeated": "gave {quotations} more than once",
}


def _said(found: FoundGuidelines, fault: Fault) -> str:
    count = found.faults[fault]
    times = "once" if count == 1 else f"{count} times"
    return _SAID[fault].format(times=times, quotations=f"{count} quotation{'s' * (count != 1)}")


def fault_words(found: FoundGuidelines) -> Sequence[str]:
    """One note for each kind of fault."""
    return [f"The model {_said(found, name)}." for name in FAULTS if found.faults[name]]


def _parts(count: int) -> str:
    return f"{count} part{'s' * (count != 1)}"
