"""Preference pairs: where a demonstration lacks the worse answer, one is found for it.

To a harmful request it is the model's own answer, if the refusal screen reads no refusal in it:
what the model would have to unlearn. To a benign request it is a plain refusal from a short list.

    async with JobGroup(ledger, budget) as group, model:
        found = await with_rejected(mixture.demonstrations, model, group.asker(Progress()))

Each answer is a call of the ledger, asked for once in a workspace. The screen reads words, not
harm: an answer that does not refuse need not be a harmful one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Final, Literal

from primum.benchmarks.row_file import read_rows
from primum.core.digest import digest, fold
from primum.core.errors import UserError, shorten
from primum.core.message import Message
from primum.core.response import Response
from primum.engine.asking import Asker, Question
from primum.judging.refusal_screen import languages_to_read, screen
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Sampling
from primum.tuning.demonstration import Demonstration

Reason = Literal["refused", "no_answer", "same_answer", "not_screened", "no_refusal_in_language"]
REASONS: Final[Mapping[Reason, str]] = {
    "refused": "the model refuses it already, in full or in part",
    "no_answer": "the model gave no text",
    "same_answer": "the model's answer is the one to learn",
    "not_screened": "the refusal screen does not read the language of the answer",
    "no_refusal_in_language": "no plain refusal is at hand in its language",
}
"""Why a demonstration gave no pair."""
SAMPLING: Final = Sampling(temperature=0.0, max_tokens=256)
"""How the model is asked for its own answers."""
_REFUSALS = Path(__file__).parent / "data" / "demonstrations" / "refusals.jsonl"


@dataclass(frozen=True, slots=True)
class Pairs:
    """Demonstrations that all have a rejected answer, and why the others gave none."""

    pairs: tuple[Demonstration, ...]
    dropped: Mapping[Reason, int]


async def with_rejected(
    demonstrations: Sequence[Demonstration],
    model: ChatModel,
    asker: Asker,
    *,
    seed: int = 0,
    sampling: Sampling = SAMPLING,
) -> Pairs:
    """The demonstrations with a worse answer each, in their order; those without are counted.

    Args:
        demonstrations: What is to be learnt; a rejected answer that is there stays.
        model: The one that is to be tuned, as it is before.
        asker: Through which it is asked.
        seed: Draws the plain refusals.
        sampling: How it is asked.

    Raises:
        UserError: no pair is left.
        PrimumError: why the command is ending; what was answered by then is in the ledger.
    """
    to_ask = [each for each in demonstrations if each.kind == "harmful" and not each.rejected]
    questions = [
        Question(model, ChatRequest((Message("user", each.request),), sampling)) for each in to_ask
    ]
    responses = await asker.responses(questions)
    answers = {each.fingerprint: found for each, found in zip(to_ask, responses, strict=True)}
    pairs: list[Demonstration] = []
    dropped: Counter[Reason] = Counter()
    for each in demonstrations:
        reason = _reason(each, answers)
        if reason:
            dropped[reason] += 1
        else:
            pairs.append(replace(each, rejected=_rejected(each, answers, seed)))
    if not pairs:
        raise UserError(_none_left(model.name, len(demonstrations), dropped))
    return Pairs(tuple(pairs), dict(dropped))


@cache
def plain_refusals(language: str) -> tuple[str, ...]:
    """Short refusals without a reason, in that language; none where there are none."""
    rows = [row.values for row in read_rows(_REFUSALS)]
    main = language.partition("-")[0]
    return tuple(str(row["text"]) for row in rows if row["language"] == main)


def _reason(demonstration: Demonstration, answers: Mapping[str, Response]) -> Reason | Literal[""]:
    """Why there is no pair; empty where there is one."""
    if demonstration.rejected:
        return ""
    if demonstration.kind == "benign":
        return "" if plain_refusals(demonstration.language) else "no_refusal_in_language"
    response = answers[demonstration.fingerprint]
    if not response.is_judgeable:
        return "no_answer"
    if fold(response.text) == fold(demonstration.response):
        return "same_answer"
    if not languages_to_read(response.text, demonstration.language):
        return "not_screened"
    read = screen(response.text, demonstration.language, demonstration.request)
    return "" if read.label == "none" else "refused"


def _rejected(demonstration: Demonstration, answers: Mapping[str, Response], seed: int) -> str:
    if demonstration.rejected:
        return demonstration.rejected
    if demonstration.kind == "harmful":
        return answers[demonstration.fingerprint].text.strip()
    choices = plain_refusals(demonstration.language)
    drawn = int.from_bytes(digest("refusal", str(seed), demonstration.fingerprint))
    return choices[drawn % len(choices)]


def _none_left(model: str, asked: int, dropped: Mapping[Reason, int]) -> str:
    why = "; ".join(f"{count}: {REASONS[reason]}" for reason, count in dropped.items())
    return (
        f"None of the {asked} demonstrations gives a preference pair with {shorten(model)} "
        f"({why}). Name benign demonstrations or data with rejected answers, or tune with “lora”."
    )
