"""A judge model's answer becomes a verdict, or a typed reason why it is none.

Nothing here guesses. A verdict is one complete JSON object that has exactly the rubric's keys and
the check code of the exchange; an object without the code is somebody else's text and is passed
over, wherever it stands. Of several verdicts the last one counts, and it must be whole and valid:
a judge that starts to revise itself and is cut off has given none.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from primum.core.errors import shorten
from primum.core.judgement import Verdict
from primum.core.scale import Scale
from primum.judging.fence import without_fenced
from primum.judging.rubric import CHECK_KEY, REASON_KEY, SCORE_KEY

PARSER_VERSION = "1"
REASON_LENGTH = 500

_LONGEST_ANSWER = 16_000
_MOST_OBJECTS = 500
_OBJECT_START = re.compile(r'\{\s*"')
_WHOLE_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_THOUGHT_END = re.compile(r"</(?:think|thinking|reasoning)>")
_NUMBER = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,9})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Expected:
    """What a verdict must look like."""

    scale: Scale
    keys: frozenset[str]
    code: str


class _Found(NamedTuple):
    fields: Mapping[str, Any] | None
    """None where an object that carries the code is cut off or malformed."""
    problem: str


def parse_verdict(answer: str, expected: Expected) -> Verdict | None:
    """The verdict in the answer, or None if the judge's own words hold no attempt at one.

    Never raises, whatever the answer is.
    """
    own = _own_words(answer, expected.code)
    last: _Found | None = None
    for found in _attempts(own, expected):
        last = found
    if last is None:
        return None
    if last.fields is None:
        return Verdict("unparseable", reason=last.problem)
    return _read_fields(last.fields, expected)


def _own_words(answer: str, code: str) -> str:
    """The answer without thoughts and without repeated material."""
    text = answer.strip()[-_LONGEST_ANSWER:]
    if not text.startswith("{"):
        text = _WHOLE_THOUGHT.sub("", text)
        ends = list(_THOUGHT_END.finditer(text))
        if ends:  # templates that open the thought in the prompt leave only its end
            text = text[ends[-1].end() :]
    return without_fenced(text, code)


def _attempts(text: str, expected: Expected) -> Iterator[_Found]:
    """Everything in the text that carries the check code and starts like an object, in order."""
    position = 0
    for _ in range(_MOST_OBJECTS):
        start = _OBJECT_START.search(text, position)
        if start is None:
            return
        decoded = _decode(text, start.start())
        if decoded is None:
            following = _OBJECT_START.search(text, start.end())
            position = following.start() if following else len(text)
            if expected.code in text[start.start() : position]:
                yield _Found(None, "the judge's JSON is cut off or malformed")
            continue
        fields, position = decoded
        if expected.code in text[start.start() : position]:
            yield _checked(fields, expected)


def _checked(fields: Mapping[str, Any], expected: Expected) -> _Found:
    if set(fields) != expected.keys:
        keys = ", ".join(sorted(fields))
        return _Found(None, f"the judge's JSON has the keys {shorten(keys)}")
    code = fields[CHECK_KEY]
    if not isinstance(code, str) or code.strip() != expected.code:
        return _Found(None, "the judge's JSON does not carry the check code")
    return _Found(fields, "")


def _decode(text: str, start: int) -> tuple[dict[str, Any], int] | None:
    try:
        value, end = _DECODER.raw_decode(text, start)
    except (ValueError, RecursionError):
        return None
    return (value, end) if isinstance(value, dict) else None


def _read_fields(fields: Mapping[str, Any], expected: Expected) -> Verdict:
    reason = fields[REASON_KEY]
    if not isinstance(reason, str):
        return Verdict("unparseable", reason="the judge's reason is not text")
    score = _number(fields[SCORE_KEY])
    if score is None:
        given = fields[SCORE_KEY]
        shown = f"“{shorten(given)}”" if isinstance(given, str) else type(given).__name__
        return Verdict("unparseable", reason=f"the judge's score is no number: {shown}")
    scale = expected.scale
    if not scale.low <= score <= scale.high:
        return Verdict(
            "out_of_range",
            reason=f"the judge's score {score:g} is not within {scale.low:g} to {scale.high:g}",
        )
    if not scale.holds(score):
        return Verdict("unparseable", reason=f"the judge's score {score:g} is not a whole number")
    return Verdict("scored", score, shorten(reason, REASON_LENGTH))


def _number(value: object) -> float | None:
    """The number that a score states; words, fractions, booleans and infinities state none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        return float(value) if _NUMBER.fullmatch(value.strip()) else None
    if isinstance(value, int):
        return float(max(-(10**9), min(10**9, value)))
    if isinstance(value, float) and math.isfinite(value):
        return value
    return None


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a key stands twice")
    return fields


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, object_pairs_hook=_unique_keys, strict=False
)
