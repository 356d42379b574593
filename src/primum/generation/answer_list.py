r"""The entries of a list that a model wrote, and nothing else of its answer.

    read_list("Here they are:\n1. First\n2) Second\n\nGood luck!").entries   # ("First", "Second")

Read strictly: numbered lines whose numbers go on, bullets, a JSON array, or JSON lines. What comes
before the first entry is kept apart; what follows the last one is dropped. Prose has no entries.
"""

from __future__ import annotations

import json
import re
import unicodedata
from typing import Any, NamedTuple

from primum.judging.judge_answer import without_thoughts

MOST_CHARACTERS = 200_000
"""Of an answer; the rest is not read."""


class AnswerList(NamedTuple):
    """What an answer holds."""

    entries: tuple[str, ...]
    """In order; an entry that says nothing is the empty text."""
    preamble: str = ""
    """What was written before the first entry; all of it where there is none."""
    cut: str = ""
    """The entry that the token limit cut off; it is none of the entries."""


_SPECIAL = re.compile(r"<\|[^<>|\n]{1,40}\|>|</?s>|\[/?INST\]")
_FENCE = re.compile(r"^[ \t]*```\w{0,20}[ \t]*$", re.MULTILINE)
_LABEL = r"(?:(?:request|question|prompt|query|item|質問|依頼|相談|要求|問い?|例)\s*)?"
_CIRCLED = "①-⑳㉑-㉟㊱-㊿"
_NUMBERED = re.compile(
    rf"^(?P<indent>\s*)(?:[-*•]\s+)?(?:\*\*|__|#{{1,4}}\s*)?{_LABEL}"
    rf"(?:(?P<circled>[{_CIRCLED}])\s*[.、:：．]?"
    r"|[(（\[【]\s*(?P<inside>\d{1,3})\s*[)）\]】]\s*[.、:：．]?"
    r"|(?P<plain>\d{1,3})\s*(?:[.．、)）:：](?!\d)|(?=\*\*|__)|\s[-–—]\s))"
    r"(?:\*\*|__)?\s*(?P<text>.*)$",
    re.IGNORECASE,
)
_BULLET = re.compile(r"^(?P<indent>\s*)(?:[-*•‣▪●○◦]\s+|[・･]\s*)(?P<text>\S.*)$")
_DASHES_AND_DOTS = " .…-–—_*"
_PLACEHOLDER = re.compile(r"[\[<{（(【][^\[\]<>{}]*[\]>})）】]")
_QUOTES = {'"': '"', "“": "”", "「": "」", "『": "』", "'": "'", "‘": "’", "«": "»"}


def read_list(text: str, *, is_cut: bool = False) -> AnswerList:
    """The list in the answer.

    Args:
        text: all that the model wrote.
        is_cut: whether the token limit ended it; its last entry is then not whole.
    """
    own = _SPECIAL.sub("", without_thoughts(text[:MOST_CHARACTERS]))
    own = _FENCE.sub("", own).strip()
    found = _from_json(own) or _from_numbers(own) or _from_bullets(own)
    if found is None:
        return AnswerList((), own)
    if is_cut and found.entries and not own.endswith(("]", "}")):
        return AnswerList(found.entries[:-1], found.preamble, found.entries[-1])
    return found


def clean_entry(text: str) -> str:
    """The entry on one line, without emphasis and quotation marks around it; "" for a mere gap."""
    plain = " ".join(text.split())
    for mark in ("**", "__"):
        if plain.count(mark) == 1 or (plain.startswith(mark) and plain.endswith(mark)):
            plain = plain.replace(mark, "")
    plain = plain.strip()
    closing = _QUOTES.get(plain[:1])
    if closing and len(plain) > 1 and plain.endswith(closing) and closing not in plain[1:-1]:
        plain = plain[1:-1].strip()
    bare = plain.strip(_DASHES_AND_DOTS)
    return "" if not bare or _PLACEHOLDER.fullmatch(bare) else plain


class _Line(NamedTuple):
    number: int
    text: str


def _from_numbers(text: str) -> AnswerList | None:
    """Lines that start with a number, each number the next one or a new start at 1."""
    entries: list[list[str]] = []
    preamble: list[str] = []
    last, is_open = 0, False
    for line in text.splitlines():
        found = _numbered(line)
        if found and (not entries or found.number == 1 or last < found.number <= last + 2):
            entries.append([found.text])
            last, is_open = found.number, True
        elif not entries:
            preamble.append(line)
        elif is_open:
            is_open = _goes_on(entries[-1], line)
    return _list_of(entries, preamble)


def _from_bullets(text: str) -> AnswerList | None:
    entries: list[list[str]] = []
    preamble: list[str] = []
    is_open = False
    for line in text.splitlines():
        if found := _BULLET.match(line):
            entries.append([found["text"]])
            is_open = True
        elif not entries:
            preamble.append(line)
        elif is_open:
            is_open = _goes_on(entries[-1], line)
    return _list_of(entries, preamble) if len(entries) > 1 else None


def _goes_on(entry: list[str], line: str) -> bool:
    """Whether the line belongs to the entry, which then holds it.

    An entry goes on in an indented line, and begins below its number where that stands alone.
    """
    if not line.strip():
        return not any(part.strip() for part in entry)
    if any(part.strip() for part in entry) and not line[:1].isspace():
        return False
    entry.append(line)
    return True


def _numbered(line: str) -> _Line | None:
    found = _NUMBERED.match(line)
    if found is None:
        return None
    digits = found["circled"] or found["inside"] or found["plain"]
    number = int(unicodedata.numeric(digits)) if found["circled"] else int(digits)
    return _Line(number, found["text"])


def _list_of(entries: list[list[str]], preamble: list[str]) -> AnswerList | None:
    if not entries:
        return None
    cleaned = tuple(clean_entry(" ".join(parts)) for parts in entries)
    return AnswerList(cleaned, "\n".join(preamble).strip())


def _from_json(text: str) -> AnswerList | None:
    """A JSON array anywhere, or every line of the answer that is a JSON object or text."""
    start = re.search(r"\[\s*[\"{]", text)
    if start is not None:
        try:
            value, _ = json.JSONDecoder(strict=False).raw_decode(text, start.start())
        except (ValueError, RecursionError):
            value = None
        texts = [_text_of(each) for each in value] if isinstance(value, list) else []
        if texts and None not in texts:
            entries = tuple(clean_entry(each or "") for each in texts)
            return AnswerList(entries, text[: start.start()].strip())
    return _from_json_lines(text)


def _from_json_lines(text: str) -> AnswerList | None:
    entries: list[str] = []
    preamble: list[str] = []
    for line in text.splitlines():
        shown = line.strip().rstrip(",")
        try:
            found = _text_of(json.loads(shown)) if shown[:1] in ("{", '"') else None
        except (ValueError, RecursionError):
            found = None
        if found is not None:
            entries.append(clean_entry(found))
        elif not entries:
            preamble.append(line)
    # A single quoted line may as well be prose.
    is_list = len(entries) > 1 or (bool(entries) and text.startswith("{"))
    return AnswerList(tuple(entries), "\n".join(preamble).strip()) if is_list else None


def _text_of(value: Any) -> str | None:
    """The text, or the only text among an object's values."""
    if isinstance(value, str):
        return value
    if not isinstance(value, dict):
        return None
    texts = [each for each in value.values() if isinstance(each, str)]
    return texts[0] if len(texts) == 1 else None
