"""An answer cut into the sentences that its writer speaks as themselves.

Quoted speech, requested scripts, dialogue lines, letters and code are what the writer *made*, not
what the writer says: they are measured as material and taken out of the sentences, so that "I can't
share that" in a script for a receptionist is no refusal.
"""

from __future__ import annotations

import json
import re
import unicodedata
from dataclasses import dataclass
from typing import NamedTuple

LONGEST_ANSWER = 20_000
"""Characters that are read; a refusal that starts later is not found."""
_LONGEST_SENTENCE = 400
_MOST_SENTENCES = 300

_THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL)
_CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_QUOTE_EN = re.compile(r"\"[^\"]{1,3000}\"|[“„][^“”„]{1,3000}[”“]|«[^«»]{1,3000}»")
_QUOTE_JA = re.compile(
    r"「[^「」]{1,1000}(?:「[^「」]{0,200}」[^「」]{0,800})*」|『[^『』]{1,1000}』"
)
_BLOCK_QUOTE = re.compile(r"^[ \t]*>[^\n]*$", re.MULTILINE)
_TABLE_ROW = re.compile(r"^[ \t]*\|[^\n]*\|[ \t]*$", re.MULTILINE)
_DIALOGUE_EN = re.compile(
    r"^[ \t]*(?:\*\*)?[A-Z][A-Za-z. ]{1,20}(?:\*\*)?:(?:\*\*)? [^\n]+$", re.MULTILINE
)
_DIALOGUE_JA = re.compile(r"^[ \t]*[^\s「」、。]{1,10}「[^「」\n]*」[。]?[ \t]*$", re.MULTILINE)
_LETTER_EN = re.compile(
    r"^(?:(?:dear|to whom it may concern|subject:|hi|hello)\b[^\n]{0,80}(?:,|:|\n)).*?"
    r"(?:^(?:sincerely|kind regards|best regards|regards|with best wishes|best wishes|best|thanks"
    r"|thank you|yours|warmly|respectfully)\b[^\n]{0,30}(?:\n[^\n]{1,40})?$|\Z)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_LETTER_JA = re.compile(
    r"^(?:[^\n。]{0,30}(?:皆様へ|各位|【お知らせ】|拝啓|様へ)[^\n]*\n.*?(?:敬具|以上|\n\n|\Z)"
    r"|(?:[^\n。]{1,20}様|件名[::][^\n]{1,60})\n.*?(?:敬具|以上|\Z))",
    re.DOTALL | re.MULTILINE,
)
_EMPHASIS = re.compile(r"[*_`#~]+")
_ITEM = re.compile(r"^\s*(?:[-*•・‣◦●▪]|\d{1,2}[.)．、]|[①-⑳]|\(\d{1,2}\)|- \[ \])\s*")
_END_EN = re.compile(
    r"[。]+|[.!?…]+(?<!\bDr\.)(?<!\bMr\.)(?<!\bMs\.)(?<!\bMrs\.)(?<!e\.g\.)(?<!i\.e\.)(?<!\bvs\.)"
    r"(?=[\s)\]]|$)|;(?=\s)"
)
_END_JA = re.compile(r"[。.!?…]+(?!\d)")
_CLAUSE_JA = re.compile(r"(?<=[すんたうるいだ])(?:が|けど|けれど|けれども|ものの)[、,]")
_CLAUSE_EN = re.compile(r" but,? (?=\w)")
_SPACES = re.compile(r"\s+")


class Sentence(NamedTuple):
    """One sentence (in Japanese: one clause) as the patterns see it."""

    text: str
    is_item: bool
    """Whether it is a line of a list."""
    paragraph: int
    made: int
    """Characters of quoted or other made material that stand in it."""


@dataclass(frozen=True, slots=True)
class AnswerText:
    """The answer's own sentences in order, quoted material reduced to its length."""

    sentences: tuple[Sentence, ...]
    starts_made: bool
    """Whether the answer opens with made material: a script, a letter, a dialogue."""


_JAPANESE_RUN = re.compile("[ぁ-んァ-ヴー一-鿿々、。]{4,}")
_KANA = re.compile("[ぁ-んァ-ヴ]")
_LATIN_RUN = re.compile(r"[A-Za-z'’]+(?:[ ,;]{1,2}[A-Za-z'’]+)+")
_ENGLISH = frozenset(
    [
        "i",
        "the",
        "and",
        "to",
        "of",
        "is",
        "are",
        "that",
        "this",
        "it",
        "you",
        "your",
        "for",
        "with",
        "not",
        "be",
        "can",
        "can't",
        "cannot",
        "won't",
        "i'm",
        "sorry",
        "but",
        "if",
        "have",
        "help",
        "would",
        "i'll",
        "i'd",
        "don't",
        "it's",
        "that's",
    ]
)
_ENGLISH_SHARE = 0.2
_LANGUAGE_SAMPLE = 4_000


def written_languages(text: str) -> tuple[str, ...]:
    """Those of English and Japanese in which at least a phrase of the answer is written.

    Kana tell Japanese from Chinese, the share of function words English from other languages in
    Latin letters.
    """
    sample = text[:_LANGUAGE_SAMPLE]
    runs = _LATIN_RUN.findall(sample)
    words = " ".join(runs).lower().replace("’", "'").replace(",", " ").replace(";", " ").split()
    english = sum(word in _ENGLISH for word in words)
    found = ["en"] if words and english >= _ENGLISH_SHARE * len(words) else []
    if any(_KANA.search(run) for run in _JAPANESE_RUN.findall(sample)):
        found.append("ja")
    return tuple(found)


def read_answer(text: str, language: str) -> AnswerText:
    """The sentences of an answer in that language."""
    text = _json_values(text[:LONGEST_ANSWER])
    text = _THOUGHT.sub("", text)
    text = text.replace("’", "'").replace("‘", "'").replace("＇", "'")
    marked = _mark_made(text, japanese=language == "ja")
    split = _split_ja if language == "ja" else _split_en
    sentences = tuple(split(marked))
    return AnswerText(sentences, marked.lstrip(" \n*#-").startswith(_OPEN))


_OPEN, _CLOSE = "\ue000", "\ue001"
_PASSAGE = 30
_ENDED = re.compile('[.!?。！？]["”」』]$')
"""A quoted passage of whole sentences ends the sentence that it stands in."""
_MADE = re.compile(f"{_OPEN}(\\d+){_CLOSE}")


def _mark_made(text: str, *, japanese: bool) -> str:
    """The text with made material replaced by a mark that holds its length."""
    text = text.replace(_OPEN, "").replace(_CLOSE, "")
    if "```" in text:
        text = _CODE.sub(_mark, text)
    patterns = [_BLOCK_QUOTE, _TABLE_ROW]
    if japanese:
        patterns += [_LETTER_JA, _DIALOGUE_JA, _QUOTE_JA, _QUOTE_EN]
    else:
        patterns += [_QUOTE_EN, _QUOTE_JA, _LETTER_EN]
    for pattern in patterns:
        text = pattern.sub(_mark, text)
    if not japanese and len(_DIALOGUE_EN.findall(text)) > 1:
        text = _DIALOGUE_EN.sub(_mark, text)
    return text


def _mark(match: re.Match[str]) -> str:
    length = sum(int(inner) for inner in _MADE.findall(match[0]))
    plain = _MADE.sub("", match[0]).strip()
    mark = f"{_OPEN}{length + len(plain)}{_CLOSE}"
    return f"{mark}. " if len(plain) > _PASSAGE and _ENDED.search(plain) else mark


def _split_en(text: str) -> list[Sentence]:
    return _sentences(_lines(text), _END_EN, _CLAUSE_EN)


def _split_ja(text: str) -> list[Sentence]:
    return _sentences(_lines(unicodedata.normalize("NFKC", text)), _END_JA, _CLAUSE_JA)


def _lines(text: str) -> list[str]:
    return text.splitlines()


def _sentences(lines: list[str], end: re.Pattern[str], clause: re.Pattern[str]) -> list[Sentence]:
    found: list[Sentence] = []
    paragraph = 0
    for line in lines:
        if not line.strip():
            paragraph += 1
            continue
        if len(found) > _MOST_SENTENCES:
            break
        body = _ITEM.sub("", line, count=1)
        is_item = body != line.lstrip() and len(body) < len(line)
        for piece in end.split(body):
            for part in _clauses(piece, clause):
                made = sum(int(length) for length in _MADE.findall(part))
                plain = _EMPHASIS.sub("", _MADE.sub("", part)).strip(" \t()[]-—–'")
                plain = _SPACES.sub(" ", plain).lower()
                if plain or made:
                    found.append(Sentence(plain[:_LONGEST_SENTENCE], is_item, paragraph, made))
    return found


def _clauses(piece: str, clause: re.Pattern[str]) -> list[str]:
    parts: list[str] = []
    start = 0
    for cut in clause.finditer(piece):
        parts.append(piece[start : cut.end()])
        start = cut.end()
    parts.append(piece[start:])
    return parts


def _json_values(text: str) -> str:
    """The text values of an answer that is one JSON object, as sentences."""
    bare = text.strip()
    if not (bare.startswith("{") and bare.endswith("}")):
        return text
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(fields, dict):
        return text
    return "\n".join(
        f"{key} {value}" if len(value) < 20 else value
        for key, value in fields.items()
        if isinstance(value, str)
    )
