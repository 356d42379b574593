"""A judge model's whole-number ratings of one text, read strictly: all of them, or none.

    code = rating_code(original, translation)
    ratings = read_ratings(response.text, {"meaning": (1, 5)}, code)

The material that is judged stands in the prompt between fence lines that carry the check code; an
answer counts only if it carries the code too, so that no text can rate itself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from primum.core.digest import digest
from primum.core.errors import shorten
from primum.judging.fence import CODE_BYTES, fenced
from primum.judging.judge_answer import last_object
from primum.judging.verdict_schema import CHECK_KEY

Ends = Mapping[str, tuple[int, int]]
"""What is rated → least and greatest rating."""

_LONGEST_ANSWER = 16_000


class Ratings(NamedTuple):
    """What the judge said, or why it is none."""

    scores: Mapping[str, int] | None
    problem: str = ""


def rating_code(*texts: str) -> str:
    """The check code of the texts, 16 hexadecimal digits; equal texts have equal codes."""
    return digest("rating-1", *texts)[:CODE_BYTES].hex()


def fenced_turns(label: str, turns: Sequence[str], code: str) -> str:
    """The turns, each fenced; numbered where there are several."""
    if len(turns) == 1:
        return fenced(label, turns[0], code)
    named = (f"{label} {chr(ord('A') + number)}" for number in range(len(turns)))
    return "\n".join(fenced(name, turn, code) for name, turn in zip(named, turns, strict=True))


def read_ratings(answer: str, ends: Ends, code: str) -> Ratings:
    """The ratings in the answer; never raises, never guesses."""
    found = last_object(
        answer, frozenset({CHECK_KEY, *ends}), code, most_characters=_LONGEST_ANSWER
    )
    if found is None:
        return Ratings(None, f"no rating in the answer: “{shorten(answer)}”")
    if found.fields is None:
        return Ratings(None, found.problem)
    scores: dict[str, int] = {}
    for name, (low, high) in ends.items():
        score = _whole_number(found.fields[name])
        if score is None or not low <= score <= high:
            shown = shorten(str(found.fields[name]))
            return Ratings(None, f"“{name}” holds “{shown}”, no whole number from {low} to {high}")
        scores[name] = score
    return Ratings(scores)


def rating_schema(ends: Ends) -> dict[str, Any]:
    """The JSON schema of such an answer."""
    numbers = {
        name: {"type": "integer", "enum": list(range(low, high + 1))}
        for name, (low, high) in ends.items()
    }
    return {
        "type": "object",
        "properties": {CHECK_KEY: {"type": "string"}, **numbers},
        "required": [CHECK_KEY, *ends],
        "additionalProperties": False,
    }


def _whole_number(value: object) -> int | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, int):
        return value
    if isinstance(value, str) and value.strip().isdecimal() and len(value.strip()) < 3:
        return int(value)
    return None
