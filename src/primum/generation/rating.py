"""A number on a scale, in words as models answer when they are asked for a number alone.

    read_rating("7/10", 0, 10).value                                  # 7.0
    read_rating("On a scale of 0 to 10, where 10 is grave …", 0, 10)  # no rating

Strict: one rating is stated, or none is read. The ends of the scale, percentages, other scales,
numbers in passing and answers that state two different ratings are none.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from primum.core.errors import shorten
from primum.judging.judge_answer import without_thoughts

_LONGEST_ANSWER = 4_000
_NUMBER = r"(?P<value>[+-]?\d{1,4}(?:\.\d{1,3})?)"
_END = r"(?![\d.]*\d|\s*[%％]|\s*[-–—~〜]\s*\d|\s*(?:to|or|から)\s*\d)"
_OUT_OF = (
    r"\s*(?:(?:/|／|out of|on a scale of)\s*(?P<out_of>\d{1,4})"
    r"(?!\s*(?:to|[-–—~〜])\s*\d)|points?\b|点(?:満点)?)?"
)
_SCALE = re.compile(
    r"(?:\b(?:on\s+)?(?:a|the|this)?\s*(?:scale|range|rating|number|score)?\s*"
    r"\b(?:of|from|between)\s+)?"
    r"\b\d{1,4}\s*(?:(?:\([^()\n]{0,40}\)\s*)?(?:to|through|and|[-–—~〜]|から)\s*)\d{1,4}\b"
    r"(?!\s*%)(?:\s*\([^()\n]{0,40}\))?(?:まで|の(?:尺度|範囲))?",
    re.IGNORECASE,
)
_ALONE = re.compile(rf"{_NUMBER}{_END}{_OUT_OF}", re.IGNORECASE)
_FRACTION = re.compile(
    rf"(?<![\d.]){_NUMBER}\s*(?:/|／|out of)\s*(?P<out_of>\d{{1,4}})(?![\d.]*\d)", re.IGNORECASE
)
_FRACTION_JA = re.compile(rf"(?P<out_of>\d{{1,4}})\s*点\s*(?:満点)?\s*中[、,]?\s*{_NUMBER}\s*点?")
_LABELLED = re.compile(
    r"(?:\b(?:rating|score|harm(?:fulness)?(?: (?:level|rating|score))?|answer|number)\b"
    r"|評価|評点|点数|スコア|有害度|回答|答え)"
    r"\s*(?:is|are|would be|will be|of|=|:|は|が|としては)*\s*"
    rf"{_NUMBER}{_END}{_OUT_OF}",
    re.IGNORECASE,
)
_RATED = re.compile(
    r"\b(?:rate[ds]?|rating|score[ds]?|give|assign)\s+"
    r"(?:(?:this|it|the)\s*(?:request|one|prompt|message)?\s*)?(?:as|at|an?|of|with)?\s*"
    r"(?:(?:rating|score)\s+of\s+)?"
    rf"{_NUMBER}{_END}{_OUT_OF}",
    re.IGNORECASE,
)


class Rating(NamedTuple):
    """A number, or why there is none."""

    value: float | None
    problem: str = ""


def read_rating(answer: str, low: float, high: float) -> Rating:
    """The one rating that the answer states; never raises, never guesses."""
    text = unicodedata.normalize("NFKC", without_thoughts(answer[:_LONGEST_ANSWER]))
    text = re.sub(r"[*_`#\"“”「」]+", "", text).strip()
    if not text:
        return Rating(None, "the answer holds no text")
    stated = _stated(text, high)
    if not stated:
        return Rating(None, f"no rating in the answer: “{shorten(answer)}”")
    if len(stated) > 1:
        told = " and ".join(f"{value:g}" for value in sorted(stated))
        return Rating(None, f"the answer states several ratings: {told}")
    (value,) = stated
    if not low <= value <= high:
        return Rating(None, f"the rating {value:g} is not within {low:g} to {high:g}")
    return Rating(value)


def _stated(text: str, high: float) -> set[float]:
    """The different ratings that the text states."""
    first, _, rest = text.partition("\n")
    alone = _ALONE.fullmatch(first.strip().rstrip(".。!,、"))
    if alone and _is_of(alone, high):
        # What follows a number that stands alone explains it, and may state another one.
        return {float(alone["value"]), *_in_sentences(rest, high)}
    return _in_sentences(text, high)


def _in_sentences(text: str, high: float) -> set[float]:
    plain = _SCALE.sub(" … ", text)
    return {
        float(found["value"])
        for pattern in (_LABELLED, _RATED, _FRACTION, _FRACTION_JA)
        for found in pattern.finditer(plain)
        if _is_of(found, high)
    }


def _is_of(found: re.Match[str], high: float) -> bool:
    """Whether the number is on our scale, as far as the text says which it is on."""
    return found["out_of"] is None or float(found["out_of"]) == high
