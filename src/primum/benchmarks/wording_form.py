"""How a request is put: as a question, as a command, or as neither.

The rules are simple and stand in ``data/lexicon/request-forms.toml``. They read the last user turn,
which holds what a conversation was leading up to. What they are worth was measured on labelled
requests (``medical_lexicon_check``); the Japanese endings were gathered from the set that they are
measured on.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict

from primum.benchmarks.medical_lexicon import words

RequestForm = Literal["imperative", "question", "statement"]
REQUEST_FORMS: tuple[RequestForm, ...] = get_args(RequestForm)
FORM_LANGUAGES = ("en", "ja")

_RULES = Path(__file__).parent / "data" / "lexicon" / "request-forms.toml"
_SENTENCE = {
    "en": re.compile(r"[^.!?:;\n]+[.!?:;]*"),
    "ja": re.compile(r"[^。.!?\n]+[。.!?]*"),
}
_QUOTED = re.compile(r"[“\"「『(][^”\"」』)]*[”\"」』)]")


class EnglishRules(BaseModel):
    """Opening words."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    question_openings: str
    commands: str
    fillers: str
    not_after_command: str


class JapaneseRules(BaseModel):
    """Endings of sentences."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    questions: tuple[str, ...]
    commands: tuple[str, ...]


class FormRules(BaseModel):
    """The rules of each language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    en: EnglishRules
    ja: JapaneseRules


def request_form(text: str, language: str) -> RequestForm | None:
    """The form of the text's first sentence that asks; None in a language without rules."""
    primary = language.partition("-")[0]
    if primary not in FORM_LANGUAGES:
        return None
    form_of = _english if primary == "en" else _japanese
    found = (form_of(sentence) for sentence in _sentences(text, primary))
    return next((form for form in found if form is not None), "statement")


@cache
def form_rules() -> FormRules:
    """The rules as they stand in the package."""
    return FormRules.model_validate(tomllib.loads(_RULES.read_text(encoding="utf-8")))


def _sentences(text: str, language: str) -> Iterator[str]:
    # What is quoted is not asked: “Write ‘How are you?’ on a card” commands.
    normal = _QUOTED.sub(" ", unicodedata.normalize("NFKC", text))
    for found in _SENTENCE[language].finditer(normal):
        if sentence := found[0].strip():
            yield sentence


def _english(sentence: str) -> RequestForm | None:
    if sentence.rstrip(".:;! ").endswith("?"):
        return "question"
    fillers, verbs, openings, after = _english_words()
    opening = words(sentence)
    while opening and opening[0] in fillers:
        opening = opening[1:]
    if not opening:
        return None
    if opening[0] in verbs and (len(opening) == 1 or opening[1] not in after):
        return "imperative"
    return "question" if opening[0] in openings and not sentence.endswith(":") else None


@cache
def _english_words() -> tuple[frozenset[str], frozenset[str], frozenset[str], frozenset[str]]:
    rules = form_rules().en
    listed = (rules.fillers, rules.commands, rules.question_openings, rules.not_after_command)
    fillers, verbs, openings, after = (frozenset(each.split()) for each in listed)
    return fillers, verbs, openings, after


def _japanese(sentence: str) -> RequestForm | None:
    rules = form_rules().ja
    bare = sentence.rstrip("。.! ")
    # 「…いただけますか」 is a request in the form of a question.
    if bare.rstrip("? ").endswith(rules.commands):
        return "imperative"
    return "question" if bare.endswith(rules.questions) else None
