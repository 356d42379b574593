"""The work on one translation: every turn translated, translated back, and rated by judges."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from primum.core.message import Message
from primum.engine.asking import Asker
from primum.engine.caller import Answer
from primum.generation.draft import Draft, Dropped, DropReason, Step
from primum.generation.prompt import load_prompt
from primum.generation.rating_answer import (
    Ends,
    fenced_turns,
    rating_code,
    rating_schema,
    read_ratings,
)
from primum.generation.request_style import language_words
from primum.generation.role_question import model_for, question
from primum.generation.stage import RoleModel
from primum.generation.stages.translation_text import read_translation
from primum.judging.fence import fenced

Direction = Literal["translate", "back-translate"]
Check = Literal["meaning", "naturalness"]
CHECKS: tuple[Check, ...] = ("meaning", "naturalness")
ENDS: dict[Check, Ends] = {"meaning": {"meaning": (1, 5)}, "naturalness": {"naturalness": (1, 5)}}
_CONTEXT = {
    "en": ("The whole conversation, for understanding only", "What was translated so far"),
    "ja": ("会話の全体（理解のためのもの）", "これまでの訳文"),
}


@dataclass(slots=True)
class Translation:
    """One draft on its way into another language."""

    draft: Draft
    to: str
    turns: list[str] = field(default_factory=list)
    back: list[str] = field(default_factory=list)
    ratings: dict[Check, list[int]] = field(default_factory=dict)
    unread_ratings: int = 0
    translator: str = ""
    steps: list[Step] = field(default_factory=list)
    failure: Dropped | None = None
    correction: tuple[str, ...] = ()
    """What a person made of it after it had failed."""

    @property
    def is_kept(self) -> bool:
        """Whether there is a translation that may be used."""
        return self.failure is None or bool(self.correction)

    @property
    def final_turns(self) -> tuple[str, ...]:
        """The translation that is used."""
        return self.correction or tuple(self.turns)

    def fail(self, reason: DropReason, detail: str, model: str = "", call: str = "") -> None:
        """Note why nothing comes of it."""
        self.failure = Dropped(reason, detail, self.draft, model, call)

    def mean(self, check: Check) -> float | None:
        """Over the judges whose rating could be read; None where none could."""
        scores = self.ratings.get(check)
        return sum(scores) / len(scores) if scores else None


class Translators(NamedTuple):
    """Who asks whom, under which name."""

    asker: Asker
    models: Sequence[RoleModel]
    stage: str


async def translate(work: Sequence[Translation], asked: Translators, direction: Direction) -> None:
    """Fill ``turns`` (or ``back``), turn by turn; the failed ones are left out from then on."""
    last = max((len(each.draft.turns) for each in work), default=0)
    for number in range(last):
        open_work = [
            each for each in work if each.failure is None and number < len(each.draft.turns)
        ]
        chosen = [model_for(asked.models, each.draft.id) for each in open_work]
        answers = await asked.asker.ask_all(
            question(model, load_prompt(direction).messages(*_gaps(each, number, direction)))
            for each, model in zip(open_work, chosen, strict=True)
        )
        for each, model, answer in zip(open_work, chosen, answers, strict=True):
            _take(each, number, direction, answer, model.model.name)
            each.steps.append(_step(each, number, asked.stage, direction, answer, model))


async def rate(work: Sequence[Translation], asked: Translators, check: Check) -> None:
    """Fill the ratings of that check, one of each judge; nobody could be read: a failure."""
    open_work = [each for each in work if each.failure is None]
    pairs = [(each, judge) for each in open_work for judge in asked.models]
    ends = ENDS[check]
    answers = await asked.asker.ask_all(
        question(judge, _check_messages(each, check), schema=rating_schema(ends))
        for each, judge in pairs
    )
    problems: dict[int, str] = {}
    for (each, judge), answer in zip(pairs, answers, strict=True):
        ratings = read_ratings(answer.response.text, ends, _code(each, check))
        if ratings.scores is None:
            each.unread_ratings += 1
            problems[id(each)] = ratings.problem if answer.response.text else "no answer"
            continue
        score = ratings.scores[check]
        each.ratings.setdefault(check, []).append(score)
        each.steps.append(
            Step(
                asked.stage,
                "translation",
                judge.model.name,
                load_prompt(check).label,
                answer.key.hex(),
                {check: float(score)},
            )
        )
    for each in open_work:
        if each.mean(check) is None:
            detail = f"the judge's rating of {check}: {problems.get(id(each), 'no answer')}"
            each.fail("unparseable", detail)


def _gaps(each: Translation, number: int, direction: Direction) -> tuple[str, dict[str, str]]:
    """The prompt's language and what fills it."""
    source, to = _texts(each, direction), _to(each, direction)
    code = rating_code(direction, to, *source, str(number))
    done = each.turns if direction == "translate" else each.back
    told = "ja" if to == "ja" else "en"
    from_language = each.draft.language if direction == "translate" else each.to
    return told, {
        "from_language": language_words(from_language),
        "to_language": language_words(to),
        "context": _context(source, done, code, told),
        "message": fenced("MESSAGE", source[number], code),
    }


def _context(source: Sequence[str], done: Sequence[str], code: str, told: str) -> str:
    if len(source) == 1:
        return ""
    whole, so_far = _CONTEXT[told]
    parts = [f"{whole}:\n{fenced_turns('CONVERSATION', source, code)}"]
    if done:
        parts.append(f"{so_far}:\n{fenced_turns('TRANSLATED', done, code)}")
    return "\n\n".join(parts) + "\n\n"


def _take(each: Translation, number: int, direction: Direction, answer: Answer, model: str) -> None:
    source = _texts(each, direction)[number]
    from_language = each.draft.language if direction == "translate" else each.to
    read = read_translation(answer.response, source, from_language, _to(each, direction))
    key = answer.key.hex()
    if read.reason is not None:
        back = "" if direction == "translate" else "back-translation: "
        turn = f"turn {number + 1}: " if len(each.draft.turns) > 1 else ""
        each.fail(read.reason, f"{back}{turn}{read.detail}", model, key)
        return
    (each.turns if direction == "translate" else each.back).append(read.text)
    if direction == "translate":
        each.translator = model


def _step(  # noqa: PLR0917 - what one call was
    each: Translation,
    number: int,
    stage: str,
    direction: Direction,
    answer: Answer,
    asked: RoleModel,
) -> Step:
    pair = (each.draft.language, each.to)
    note = " → ".join(pair if direction == "translate" else reversed(pair))
    turn = f", turn {number + 1}" if len(each.draft.turns) > 1 else ""
    label, key = load_prompt(direction).label, answer.key.hex()
    return Step(stage, "translation", asked.model.name, label, key, note=f"{note}{turn}")


def _check_messages(each: Translation, check: Check) -> tuple[Message, ...]:
    code = _code(each, check)
    values = {
        "from_language": language_words(each.draft.language),
        "to_language": language_words(each.to),
        "original": fenced_turns("ORIGINAL", each.draft.turns, code),
        "translation": fenced_turns("TRANSLATION", each.turns, code),
        "back": fenced_turns("BACK TRANSLATION", each.back, code),
        "code": code,
    }
    return load_prompt(check).messages(each.to, values)


def _code(each: Translation, check: Check) -> str:
    return rating_code(check, each.to, *each.draft.turns, *each.turns, *each.back)


def _texts(each: Translation, direction: Direction) -> Sequence[str]:
    return each.draft.turns if direction == "translate" else each.turns


def _to(each: Translation, direction: Direction) -> str:
    return each.to if direction == "translate" else each.draft.language
