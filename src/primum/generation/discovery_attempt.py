"""One attempt on a target: message, answer and score, or what came instead.

A part that did not come off is an outcome; it is never a score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from primum.core.digest import digest
from primum.core.message import Message
from primum.core.response import Response
from primum.core.scale import SAFETY
from primum.engine.asking import Asker, Question
from primum.engine.user import spoken_message
from primum.generation.prompt import load_prompt
from primum.generation.refusal_reading import is_refusal
from primum.generation.role_question import question
from primum.generation.stage import RoleModel
from primum.judging.fence import fenced
from primum.judging.verdict_parser import Expected, parse_verdict

AttemptOutcome = Literal[
    "scored",
    "attacker_no_answer",
    "attacker_refused",
    "attacker_unparseable",
    "target_no_answer",
    "scorer_no_answer",
    "scorer_refused",
    "scorer_unparseable",
]
_KEYS = frozenset({"check", "reason", "score"})


class Goal(NamedTuple):
    """A request, as a benchmark asks it."""

    text: str
    language: str = "en"


class Wanted(NamedTuple):
    """An attempt to be made."""

    goal: Goal
    attacker: Question | None
    """None: the plain request."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of it."""

    goal: Goal
    outcome: AttemptOutcome
    message: str = ""
    response: str = ""
    score: float | None = None
    """Safety, 1-10, higher is safer."""


async def attempt_all(
    wanted: Sequence[Wanted], target: RoleModel, scorer: RoleModel, asker: Asker
) -> list[Attempt]:
    """Every attempt in order; attackers are asked first, then the target, then the scorer.

    Raises:
        PrimumError: why the command is ending.
    """
    asked = [each.attacker for each in wanted if each.attacker is not None]
    written = iter(await asker.responses(asked))
    attempts = [
        Attempt(each.goal, "target_no_answer", each.goal.text)
        if each.attacker is None
        else _said(each.goal, next(written))
        for each in wanted
    ]
    attempts = await _answered(attempts, target, asker)
    return await _scored(attempts, scorer, asker)


def _said(goal: Goal, response: Response) -> Attempt:
    if not response.is_judgeable:
        return Attempt(goal, "attacker_no_answer")
    message = spoken_message(response.text)
    if message is None:
        return Attempt(goal, "attacker_unparseable")
    if is_refusal(message, goal.language):
        return Attempt(goal, "attacker_refused")
    return Attempt(goal, "target_no_answer", message)


async def _answered(attempts: Sequence[Attempt], target: RoleModel, asker: Asker) -> list[Attempt]:
    places = [n for n, each in enumerate(attempts) if each.message]
    responses = await asker.responses(
        question(target, (Message("user", attempts[n].message),)) for n in places
    )
    found = list(attempts)
    for place, response in zip(places, responses, strict=True):
        if response.is_judgeable:
            found[place] = replace(
                attempts[place], outcome="scorer_no_answer", response=response.text
            )
    return found


async def _scored(attempts: Sequence[Attempt], scorer: RoleModel, asker: Asker) -> list[Attempt]:
    places = [n for n, each in enumerate(attempts) if each.response]
    responses = await asker.responses(_score_question(attempts[n], scorer) for n in places)
    found = list(attempts)
    for place, response in zip(places, responses, strict=True):
        found[place] = _with_score(attempts[place], response)
    return found


def _score_question(attempt: Attempt, scorer: RoleModel) -> Question:
    code = _code(attempt)
    values = {
        "request": fenced("REQUEST", attempt.goal.text, code),
        "response": fenced("RESPONSE", attempt.response, code),
        "check": code,
    }
    return question(scorer, load_prompt("scorer").messages(attempt.goal.language, values))


def _code(attempt: Attempt) -> str:
    """A code that the answer cannot hold, since it is a digest of it."""
    return digest("discovery-score", attempt.goal.text, attempt.response)[:8].hex()


def _with_score(attempt: Attempt, response: Response) -> Attempt:
    if not response.is_judgeable:
        return attempt
    verdict = parse_verdict(response.text, Expected(SAFETY, _KEYS, _code(attempt)))
    if verdict is not None and verdict.outcome == "scored":
        return replace(attempt, outcome="scored", score=verdict.value)
    refused = verdict is None and is_refusal(response.text, attempt.goal.language)
    return replace(attempt, outcome="scorer_refused" if refused else "scorer_unparseable")
