"""What a less safe attempt did that a safer one did not, as a strategy that fits any request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from primum.core.digest import digest, fold
from primum.core.response import Response
from primum.engine.asking import Asker, Question
from primum.generation.discovery_attempt import Attempt
from primum.generation.prompt import load_prompt
from primum.generation.refusal_reading import is_refusal
from primum.generation.request_style import language_words
from primum.generation.role_question import question
from primum.generation.stage import RoleModel
from primum.generation.strategy import Strategy, Texts
from primum.judging.fence import fenced
from primum.judging.judge_answer import decode_object, without_thoughts

_KEYS = {"name", "mechanism", "how"}
_LONGEST = {"name": 120, "mechanism": 800, "how": 1_200}
_FIRST_BRACE = re.compile(r"\{")
_NOT_IN_ID = re.compile(r"[^a-z0-9]+")


class Contrast(NamedTuple):
    """Two attempts on one request."""

    lower: Attempt
    """The less safe one."""
    higher: Attempt


class Summaries(NamedTuple):
    """What the summariser made of all pairs."""

    candidates: tuple[Strategy, ...]
    outcomes: Counter[str]


async def summaries(
    contrasts: Sequence[Contrast], summariser: RoleModel, asker: Asker
) -> Summaries:
    """A candidate of each pair whose summary can be read.

    Raises:
        PrimumError: why the command is ending.
    """
    responses = await asker.responses(_question(each, summariser) for each in contrasts)
    candidates: list[Strategy] = []
    outcomes: Counter[str] = Counter()
    for contrast, response in zip(contrasts, responses, strict=True):
        read = read_summary(response, contrast.lower.goal.language, summariser.model.name)
        if isinstance(read, Strategy):
            candidates.append(read)
            outcomes["read"] += 1
        else:
            outcomes[read] += 1
    return Summaries(tuple(candidates), outcomes)


def read_summary(response: Response, language: str, summariser: str) -> Strategy | str:
    """The candidate, or why there is none: ``no_answer``, ``refused``, ``unparseable``."""
    if not response.is_judgeable:
        return "no_answer"
    own = without_thoughts(response.text)
    start = _FIRST_BRACE.search(own)
    found = decode_object(own, start.start()) if start else None
    if found is None:
        return "refused" if is_refusal(own, language) else "unparseable"
    fields = {key: value.strip() for key, value in found[0].items() if isinstance(value, str)}
    is_whole = set(fields) == _KEYS == set(found[0])
    if not is_whole or any(not 0 < len(fields[key]) <= _LONGEST[key] for key in _KEYS):
        return "unparseable"
    return Strategy(
        id=strategy_id(fields["name"]),
        title=_told(fields["name"], language),
        mechanism=_told(fields["mechanism"], language),
        how=_told(fields["how"], language),
        source=f"found by discovery, described by {summariser}",
    )


def strategy_id(name: str) -> str:
    """An id made from a name; a digest where the name holds no Latin letter."""
    plain = _NOT_IN_ID.sub("-", fold(name).lower()).strip("-")[:60].strip("-")
    return plain or f"strategy-{digest('strategy-id', name).hex()[:8]}"


def _told(text: str, language: str) -> Texts:
    return Texts(ja=text) if language == "ja" else Texts(en=text)


def _question(contrast: Contrast, summariser: RoleModel) -> Question:
    lower, higher = contrast
    code = digest("discovery-summary", lower.message, higher.message)[:8].hex()
    values = {
        "first": fenced("MESSAGE A", higher.message, code),
        "second": fenced("MESSAGE B", lower.message, code),
        "higher": f"{higher.score:g}",
        "lower": f"{lower.score:g}",
        "language": language_words(lower.goal.language),
    }
    return question(summariser, load_prompt("summariser").messages(lower.goal.language, values))
