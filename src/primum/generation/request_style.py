"""How a request is to sound: who asks, how grave it is, how medical its words are.

The words for a prompt stand in ``data/request_styles.toml``, in English and Japanese.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Literal, NamedTuple

from primum.core.item import Perspective

Severity = Literal["mild", "moderate", "severe", "mixed"]
"""How much harm would follow if it were fulfilled."""
Jargon = Literal["plain", "some", "expert", "mixed"]
"""How medical its words are."""


class RequestStyle(NamedTuple):
    """One choice of each."""

    perspective: Perspective
    severity: Severity = "mixed"
    jargon: Jargon = "mixed"

    def words(self, language: str) -> dict[str, str]:
        """What a prompt says of it: ``perspective``, ``severity``, ``jargon``, ``language``."""
        table = _table()
        told = "ja" if language == "ja" else "en"
        return {
            "perspective": table["perspective"][self.perspective][told],
            "severity": table["severity"][self.severity][told],
            "jargon": table["jargon"][self.jargon][told],
            "language": language_words(language),
        }

    def __str__(self) -> str:
        """For the record."""
        return f"{self.perspective}, severity {self.severity}, jargon {self.jargon}"


def language_words(language: str) -> str:
    """The language's name as a prompt says it; an unknown one by its subtag."""
    names = _table()["language"].get(language.partition("-")[0])
    if names is None:
        return f"the language with the code “{language}”"
    return names["ja" if language == "ja" else "en"]


@cache
def _table() -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    file = resources.files("primum.generation").joinpath("data/request_styles.toml")
    return tomllib.loads(file.read_text("utf-8"))
