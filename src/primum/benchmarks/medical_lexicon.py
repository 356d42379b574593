"""A list of medical words, so that the jargon of a request can be counted without a model.

The words stand in ``data/lexicon`` with their definition, origin and licence. English only: words
of Japanese are not set apart, and a list looked up inside running text would find parts of words.

    lexicon_for("en").grades(words("A cardiologist for my patient"))   # None, technical, …
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from primum.core.digest import digest

Grade = Literal["technical", "common", "general"]
"""``technical``: a medical term that a lay person would look up; ``common``: one that everybody
knows; ``general``: an everyday word for health and care that says nothing more particular."""
GRADES: tuple[Grade, ...] = get_args(Grade)
MEDICAL: tuple[Grade, ...] = ("technical", "common")
"""The grades that are medical terms."""

_FOLDER = Path(__file__).parent / "data" / "lexicon"
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
_POSSESSIVE = re.compile(r"'s?$")


class WordLists(BaseModel):
    """Words or phrases by grade."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    technical: str | tuple[str, ...]
    common: str | tuple[str, ...]
    general: str | tuple[str, ...]

    def of(self, grade: Grade) -> tuple[str, ...]:
        """The entries of one grade."""
        listed: str | tuple[str, ...] = getattr(self, grade)
        return tuple(listed.split()) if isinstance(listed, str) else listed

    def grade_of_entry(self) -> dict[str, Grade]:
        """Entry → its grade."""
        return {entry: grade for grade in GRADES for entry in self.of(grade)}


class WordRules(BaseModel):
    """Endings and beginnings that make a word technical where the lists lack it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    shortest: int = Field(ge=1)
    """Fewest letters of a word that the rules are applied to."""
    endings: str
    beginnings: str
    not_medical: str

    def take(self, word: str) -> bool:
        """Whether a rule makes the word a technical term."""
        if len(word) < self.shortest or word in self.not_medical.split():
            return False
        return word.endswith(tuple(self.endings.split())) or word.startswith(
            tuple(self.beginnings.split())
        )


class LexiconFile(BaseModel):
    """The file as it stands in the package."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    version: str
    language: str
    licence: str
    provenance: str
    words: WordLists
    phrases: WordLists
    rules: WordRules


@dataclass(frozen=True, slots=True)
class Lexicon:
    """The medical words of one language."""

    file: LexiconFile
    fingerprint: str
    """Hash of the file, 32 hexadecimal digits."""
    listed: Mapping[str, Grade]
    phrases: Mapping[str, tuple[tuple[tuple[str, ...], Grade], ...]]
    """First word → the phrases that begin with it, the longest first."""
    known: dict[str, Grade | None] = field(default_factory=dict, compare=False, repr=False)
    """Words looked up so far."""

    @property
    def size(self) -> int:
        """Number of listed words and phrases."""
        return len(self.listed) + sum(len(each) for each in self.phrases.values())

    def grades(self, text_words: Sequence[str]) -> list[Grade | None]:
        """The grade of each word in its text; None for a word that is no medical one.

        A phrase grades all its words, in place of what each would be alone.
        """
        found = [self.grade(word) for word in text_words]
        for place, word in enumerate(text_words):
            for phrase, grade in self.phrases.get(word, ()):
                if tuple(text_words[place : place + len(phrase)]) == phrase:
                    found[place : place + len(phrase)] = [grade] * len(phrase)
                    break
        return found

    def grade(self, word: str) -> Grade | None:
        """The grade of a word by itself."""
        if word not in self.known:
            self.known[word] = self._looked_up(_POSSESSIVE.sub("", word))
        return self.known[word]

    def _looked_up(self, word: str) -> Grade | None:
        for form in _forms(word):
            if form in self.listed:
                return self.listed[form]
        return "technical" if self.file.rules.take(word) else None


def words(text: str) -> list[str]:
    """The words of a text in lower case; a hyphen parts words, an apostrophe does not."""
    normal = unicodedata.normalize("NFKC", text).casefold().replace("\u2019", "'")
    return _WORD.findall(normal)


def lexicon_for(language: str) -> Lexicon | None:
    """The lexicon of a language (``en``, ``en-GB``); None where there is none."""
    primary = language.partition("-")[0]
    return load_lexicon(primary) if primary in covered_languages() else None


@cache
def covered_languages() -> tuple[str, ...]:
    """The languages that have a lexicon."""
    names = (path.stem.rpartition("-")[2] for path in _FOLDER.glob("medical-words-*.toml"))
    return tuple(sorted(names))


@cache
def load_lexicon(language: str) -> Lexicon:
    """The lexicon of one of the covered languages, as it stands in the package."""
    content = (_FOLDER / f"medical-words-{language}.toml").read_bytes().replace(b"\r\n", b"\n")
    file = LexiconFile.model_validate(tomllib.loads(content.decode()))
    phrases: dict[str, list[tuple[tuple[str, ...], Grade]]] = {}
    for entry, grade in file.phrases.grade_of_entry().items():
        parts = tuple(entry.split())
        phrases.setdefault(parts[0], []).append((parts, grade))
    return Lexicon(
        file,
        digest(content).hex(),
        file.words.grade_of_entry(),
        {first: tuple(sorted(each, key=lambda p: -len(p[0]))) for first, each in phrases.items()},
    )


def _forms(word: str) -> tuple[str, ...]:
    """The word, and what it may be the plural or the singular of."""
    forms = [word, f"{word}s"]
    if word.endswith("s") and not word.endswith("ss"):
        forms.append(word[:-1])
    if word.endswith("es"):
        forms += [word[:-2], f"{word[:-2]}is"]
    if word.endswith("ies"):
        forms.append(f"{word[:-3]}y")
    return tuple(forms)
