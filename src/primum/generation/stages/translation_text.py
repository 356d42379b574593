"""What a translator wrote, read as a translation and nothing else; each failure has its reason."""

from __future__ import annotations

import re
from typing import NamedTuple

from primum.core.digest import fold
from primum.core.errors import shorten
from primum.core.response import Response
from primum.generation.draft import DropReason
from primum.generation.refusal_reading import is_refusal
from primum.judging.judge_answer import without_thoughts

LONGEST_RATIO = 8
"""A text of more than this many times the original's characters (and 200) is no translation."""
_FENCE = re.compile(r"\A\s*```\w*\n(.*?)\n?```\s*\Z", re.DOTALL)
_HEADING = re.compile(
    r"\A[^\n]{0,80}(?:translat|翻訳|訳文|和訳|英訳)[^\n]{0,60}[:：]\s*\n", re.IGNORECASE
)
_LABEL = re.compile(r"\A(?:translation|翻訳文?|訳文|和訳|英訳)\s*[:：]\s*", re.IGNORECASE)
_QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』", "«": "»"}
_KANA = re.compile("[ぁ-んァ-ヴー]")
_HAN = re.compile("[一-鿿々]")
_LATIN = re.compile("[A-Za-z]")
_SENTENCE = re.compile(r".*?(?:[。！？\n]|[.!?](?=\s|\Z))", re.DOTALL)
_ASKS = re.compile(r"(?:ください|下さい|ほしい(?:です)?)[。！]?\s*\Z")
_MARK_LINE = re.compile(r"^(?:<<<|‹‹‹)[^\n]*$\n?", re.MULTILINE)


class Reading(NamedTuple):
    """The translation, or why there is none."""

    text: str = ""
    reason: DropReason | None = None
    detail: str = ""


def read_translation(response: Response, source: str, source_language: str, to: str) -> Reading:
    """The translation that the response holds.

    Args:
        response: the translator's.
        source: what was to be translated.
        source_language: its language.
        to: the language asked for.
    """
    if not response.is_judgeable:
        return Reading(reason="no_answer", detail=response.error or response.outcome)
    if response.outcome == "truncated":
        return Reading(reason="unparseable", detail="the token limit cut the translation off")
    text = _own_text(response.text, source)
    if not text:
        return Reading(reason="unparseable", detail="the answer holds no text")
    if _declines(text, to) and not is_refusal(source, source_language):
        return Reading(reason="refused", detail=shorten(text, 200))
    problem = _form_problem(text, source, to)
    return Reading(reason="unparseable", detail=problem) if problem else Reading(text)


def _declines(text: str, language: str) -> bool:
    """Whether the translator declines, rather than translates somebody who speaks of declining.

    A request may well hold the words (“explain why we cannot tell”). A translator that declines
    says so at once and asks for nothing; one that does so later is left to the judge of meaning.
    """
    opening = _SENTENCE.match(text)
    first = opening[0] if opening else text
    return is_refusal(text, language) and is_refusal(first, language) and not _ASKS.search(first)


def is_written_in(text: str, language: str) -> bool:
    """Whether the script is that of the language; True for languages whose script is not known."""
    base = language.partition("-")[0]
    if base == "ja":
        return bool(_KANA.search(text)) or (bool(_HAN.search(text)) and len(text) <= 12)
    if base in ("en", "de", "fr", "es", "it", "pt", "nl"):
        foreign = len(_KANA.findall(text)) + len(_HAN.findall(text))
        return len(_LATIN.findall(text)) > 4 * foreign
    return True


def _own_text(answer: str, source: str) -> str:
    """The answer without thoughts, fences, a heading and quotation marks around it."""
    text = without_thoughts(answer).strip()
    if fence := _FENCE.match(text):
        text = fence[1].strip()
    text = _MARK_LINE.sub("", text).strip()
    lines = text.split("\n")
    if all(line.startswith("|") for line in lines if line.strip()):
        text = "\n".join(line.removeprefix("|").removeprefix(" ") for line in lines).strip()
    if not _HEADING.match(source):
        text = _HEADING.sub("", text).strip()
    if not _LABEL.match(source):
        text = _LABEL.sub("", text).strip()
    closing = _QUOTES.get(text[:1])
    is_wrapped = closing and len(text) > 1 and text.endswith(closing) and closing not in text[1:-1]
    if is_wrapped and source.strip()[:1] not in _QUOTES:
        text = text[1:-1].strip()
    return text


def _form_problem(text: str, source: str, to: str) -> str:
    has_letters = bool(fold(source).replace(" ", "").strip("0123456789"))
    if has_letters and fold(text) == fold(source):
        return "the text came back untranslated"
    if has_letters and not is_written_in(text, to):
        return f"the answer is not written in the language “{to}”: {shorten(text)}"
    if len(text) > LONGEST_RATIO * len(source) + 200:
        return f"the answer is {len(text):,} characters long, the original {len(source):,}"
    return ""
