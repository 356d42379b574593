"""A judge's answers about behaviours become the share that a response gets right.

Nothing of what the judge says is taken on trust. What it says *is* in the response has to be
quoted: a required behaviour that is met, a forbidden one that is not. What it says is *absent* (a
required behaviour that is not met, a forbidden one that is) cannot be quoted, and is taken as said.

- No quotation where one is needed: no verdict on that behaviour.
- A quotation that does not stand in the response, an unknown or repeated id, a behaviour left out:
  no verdict at all, since a judge that invents or skips cannot be believed about the rest.

    value = behaviours got right / applicable behaviours with a verdict
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, get_args

from primum.core.digest import fold
from primum.core.errors import shorten
from primum.core.judgement import Verdict
from primum.guidelines.behaviour import Behaviour
from primum.judging.grounded_parser import sentences_of
from primum.judging.judge_answer import last_object
from primum.judging.verdict_parser import REASON_LENGTH
from primum.judging.verdict_schema import CHECK_KEY

BEHAVIOUR_PARSER_VERSION = "2"
BEHAVIOURS_KEY = "behaviours"
BEHAVIOUR_KEY = "behaviour"
QUOTATION_KEY = "quotation"
ANSWER_KEY = "answer"

BehaviourAnswer = Literal["met", "not_met", "not_applicable"]
BEHAVIOUR_ANSWERS: tuple[BehaviourAnswer, ...] = get_args(BehaviourAnswer)

APPLICABLE, NOT_APPLICABLE, UNQUOTED = "applicable", "not_applicable", "unquoted"
"""Measures beside the behaviours' own: with a verdict, not applying, without the quotation that a
verdict needs. The id of a behaviour holds a “/”, so that none can have such a name."""

UNQUOTED_MARK = f"{UNQUOTED}:"
"""Before the id of a behaviour that lacks its quotation: one without any measure does not apply."""

_LONGEST_ANSWER = 100_000
_KEYS = frozenset({CHECK_KEY, BEHAVIOURS_KEY})
_LEAST_LETTERS = 8
_LEAST_CHARACTERS = 4


@dataclass(frozen=True, slots=True)
class AskedBehaviours:
    """What the judge was asked about, and how it must answer."""

    response: str
    behaviours: tuple[Behaviour, ...]
    code: str


class _Answered(NamedTuple):
    behaviour: Behaviour
    answer: str
    quotation: str


class _ProblemError(Exception):
    """Why a list of answers is no verdict."""


def parse_behaviours(answer: str, asked: AskedBehaviours) -> Verdict | None:
    """The verdict in the answer, or None if the judge's own words hold no attempt at one.

    Never raises, whatever the answer is.
    """
    found = last_object(answer, _KEYS, asked.code, most_characters=_LONGEST_ANSWER)
    if found is None:
        return None
    if found.fields is None:
        return Verdict("unparseable", reason=found.problem)
    try:
        answered = tuple(_entries(found.fields[BEHAVIOURS_KEY], asked))
        quoted = tuple(each for each in answered if _has_its_quotation(each, asked.response))
    except _ProblemError as problem:
        return Verdict("unparseable", reason=str(problem))
    return _verdict(answered, quoted)


def _entries(listed: object, asked: AskedBehaviours) -> Iterator[_Answered]:
    if not isinstance(listed, list):
        raise _ProblemError(f"the judge's “{BEHAVIOURS_KEY}” is no list")
    left = {each.id: each for each in asked.behaviours}
    known = frozenset(left)
    for entry in listed:
        name = _text(entry, BEHAVIOUR_KEY).strip()
        behaviour = left.pop(name, None)
        if behaviour is None:
            what = "answers twice for" if name in known else "was not asked about"
            raise _ProblemError(f"the judge {what} the behaviour “{shorten(name, 80)}”")
        given = _text(entry, ANSWER_KEY)
        answer = given.strip().casefold().replace(" ", "_").replace("-", "_")
        if answer not in BEHAVIOUR_ANSWERS:
            raise _ProblemError(f"the judge's answer “{shorten(given)}” is not known")
        yield _Answered(behaviour, answer, _text(entry, QUOTATION_KEY, optional=True))
    if left:
        raise _ProblemError(
            f"the judge leaves out {len(left)} of {len(asked.behaviours)} behaviours, "
            f"“{next(iter(left))}” first"
        )


def _text(entry: object, key: str, *, optional: bool = False) -> str:
    value = entry.get(key) if isinstance(entry, dict) else None
    if value is None and optional:
        return ""
    if not isinstance(value, str):
        raise _ProblemError(f"an entry of the judge's list holds no text as its {key}")
    return value


def _has_its_quotation(answered: _Answered, response: str) -> bool:
    """Whether there is the quotation that the answer needs, if it needs one.

    Raises:
        _ProblemError: the quotation does not stand in the response.
    """
    if not _needs_quotation(answered):
        return True
    letters = _letters(answered.quotation)
    if letters not in _letters(response):
        raise _ProblemError(
            f"the judge quotes “{shorten(answered.quotation)}”, which is not in the response"
        )
    return _says_enough(letters) or any(letters == _letters(one) for one in sentences_of(response))


def _needs_quotation(answered: _Answered) -> bool:
    is_required = answered.behaviour.kind == "required"
    return answered.answer == ("met" if is_required else "not_met")


def _says_enough(letters: str) -> bool:
    """Whether a passage of these letters is more than a word that stands anywhere."""
    return len(letters) >= (_LEAST_LETTERS if letters.isascii() else _LEAST_CHARACTERS)


def _verdict(answered: Sequence[_Answered], quoted: Sequence[_Answered]) -> Verdict:
    applicable = [each for each in quoted if each.answer != "not_applicable"]
    measures = {each.behaviour.id: float(each.answer == "met") for each in applicable}
    right = sum(measures.values())
    unquoted = len(answered) - len(quoted)
    lacking = {
        f"{UNQUOTED_MARK}{each.behaviour.id}": 1.0 for each in answered if each not in quoted
    }
    counts = {
        **lacking,
        APPLICABLE: float(len(applicable)),
        NOT_APPLICABLE: float(len(quoted) - len(applicable)),
        UNQUOTED: float(unquoted),
    }
    if applicable:
        reason = shorten(_reason(applicable), REASON_LENGTH)
        return Verdict("scored", right / len(applicable), reason, {**measures, **counts})
    if unquoted:
        reason = "the judge quotes nothing for the behaviours that it says are in the response"
        return Verdict("unparseable", reason=reason, measures=counts)
    reason = f"none of the {len(answered)} behaviours applies to this exchange"
    return Verdict("missing", reason=reason, measures=counts)


def _reason(applicable: Sequence[_Answered]) -> str:
    wrong = [each for each in applicable if each.answer == "not_met"]
    shown = f"{len(applicable) - len(wrong)} of {len(applicable)} applicable behaviours met"
    if not wrong:
        return shown
    listed = (
        each.behaviour.slug + (f" “{each.quotation}”" if _needs_quotation(each) else "")
        for each in wrong
    )
    return f"{shown}; not met: {', '.join(listed)}"


def _letters(text: str) -> str:
    """Letters and digits alone: what a copy keeps whatever it does to marks and spaces."""
    return fold(text).replace(" ", "")
