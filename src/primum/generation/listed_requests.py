"""Calls that ask for a list of requests, and the drafts that their answers hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from primum.benchmarks.operational_word import operational_words
from primum.core.digest import fold
from primum.core.errors import shorten
from primum.core.message import Message
from primum.engine.asking import Asker
from primum.engine.caller import Answer
from primum.generation.answer_list import read_list
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.refusal_reading import is_refusal
from primum.generation.role_question import question
from primum.generation.stage import RoleModel

LEAST_CHARACTERS = 8
"""Shorter entries ask for nothing."""
_UNSPACED = frozenset({"ja", "zh", "th"})
_SHOWN = 200


class ListCall(NamedTuple):
    """One call for a list."""

    asked: RoleModel
    messages: tuple[Message, ...]
    repeat: int
    wanted: int
    """Requests asked for; what an answer holds beyond them is not used."""
    blank: Draft
    """The drafts' labels, without turns."""
    step: Step
    """The drafts' step, without the call."""


class EntryRules(NamedTuple):
    """What an entry must be to become a draft."""

    most_characters: int
    drops_operational: bool = False
    """Whether an entry with operational detail is dropped."""


class ReadRequests(NamedTuple):
    """What answers held."""

    drafts: tuple[Draft, ...]
    dropped: tuple[Dropped, ...]


async def ask_lists(
    asker: Asker, calls: Sequence[ListCall], rules: EntryRules
) -> list[ReadRequests]:
    """What each call brought, in order.

    Raises:
        PrimumError: why the command is ending.
    """
    answers = await asker.ask_all(question(c.asked, c.messages, c.repeat) for c in calls)
    return [read_requests(call, answer, rules) for call, answer in zip(calls, answers, strict=True)]


def read_requests(call: ListCall, answer: Answer, rules: EntryRules) -> ReadRequests:
    """The drafts in the answer, and why the rest of it is none."""
    model, key = call.asked.model.name, answer.key.hex()

    def dropped(reason: str, detail: str) -> Dropped:
        return Dropped(reason, shorten(detail, _SHOWN), model=model, call=key)  # type: ignore[arg-type]

    response, language = answer.response, call.blank.language
    if not response.is_judgeable:
        return ReadRequests((), (dropped("no_answer", response.error or response.outcome),))
    found = read_list(response.text, is_cut=response.outcome == "truncated")
    # A list behind a refusal is of something else than was asked for.
    if is_refusal(found.preamble, language):
        return ReadRequests((), (dropped("refused", found.preamble),))
    if not found.entries:
        detail = f"cut off: {found.cut}" if found.cut else f"no list: {found.preamble}"
        return ReadRequests((), (dropped("unparseable", detail),))
    drafts: list[Draft] = []
    rest = [dropped("unparseable", f"cut off: {found.cut}")] if found.cut else []
    step = replace(call.step, call=key)
    for place, entry in enumerate(found.entries):
        if place >= call.wanted:
            rest.append(dropped("not_drawn", f"beyond the {call.wanted} asked for: {entry}"))
        elif problem := entry_problem(entry, language, rules.most_characters):
            rest.append(dropped("unparseable" if entry else "empty", problem))
        elif stands_in(entry, call.messages, language):
            rest.append(dropped("stands_in_prompt", entry))
        elif rules.drops_operational and (word := operational_detail(entry, language)):
            # Named by its kind alone: the text itself is what should not be handed on.
            rest.append(dropped("operational", word))
        else:
            drafts.append(replace(call.blank, turns=(entry,), steps=(step,)))
    return ReadRequests(tuple(drafts), tuple(rest))


def entry_problem(entry: str, language: str, most_characters: int) -> str:
    """Why the entry can be no request in that language; empty if it can."""
    if not entry:
        return "the entry says nothing"
    if len(entry) > most_characters:
        return f"{len(entry):,} characters, at most {most_characters:,} are wanted: {entry}"
    if len(fold(entry)) < LEAST_CHARACTERS:
        return f"too short to ask for anything: {entry}"
    if not is_written_in(entry, language):
        return f"not in the language “{language}”: {entry}"
    return ""


def stands_in(entry: str, messages: Iterable[Message], language: str) -> bool:
    """Whether the entry, whole, is a part of what the model was told: it says the question back."""
    # Words are compared whole; scripts without spaces have no ends of words to look for.
    edge = "" if language.partition("-")[0] in _UNSPACED else " "
    own = f"{edge}{fold(entry)}{edge}"
    return any(own in f"{edge}{fold(message.content)}{edge}" for message in messages)


def operational_detail(entry: str, language: str) -> str:
    """What in the entry would itself help to do harm, by kind and reason; empty if nothing."""
    found = next(operational_words(entry, language), None)
    return f"{found.kind}: {found.reason}" if found else ""


def is_written_in(text: str, language: str) -> bool:
    """Whether the script is that of the language; True for languages whose script is not known."""
    main = language.partition("-")[0]
    letters = [c for c in text if c.isalpha()]
    kana = sum("\u3040" <= c <= "\u30ff" for c in letters)
    if main == "ja":
        return kana > 0
    latin = sum(c < "\u0250" for c in letters)
    return main != "en" or 2 * latin > len(letters)


def without_equals(drafts: Iterable[Draft], stage: str) -> ReadRequests:
    """The first of equal drafts; the others are near duplicates of it."""
    first: dict[str, Draft] = {}
    dropped: list[Dropped] = []
    for draft in drafts:
        if draft.id in first:
            source = first[draft.id].source
            detail = f"the same request as one by {source}"
            last = next((s for s in reversed(draft.steps) if s.stage == stage), None)
            call = last.call if last else ""
            dropped.append(Dropped("near_duplicate", detail, draft, draft.source, call))
        else:
            first[draft.id] = draft
    return ReadRequests(tuple(first.values()), tuple(dropped))


def yield_by_model(kept: Iterable[Draft], dropped: Iterable[Dropped]) -> dict[str, dict[str, int]]:
    """Model → how many of its requests were kept, and how many were not, by reason."""
    counts: dict[str, Counter[str]] = {}
    for draft in kept:
        counts.setdefault(draft.source, Counter())["kept"] += 1
    for one in dropped:
        counts.setdefault(one.model, Counter())[one.reason] += 1
    return {model: dict(counts[model]) for model in sorted(counts)}
