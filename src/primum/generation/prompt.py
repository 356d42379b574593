"""A stage's prompt: a file with an id, a version and a text for each language.

prompt = load_prompt("seeds")
messages = prompt.messages("ja", {"guideline": "…", "count": "10"})
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from primum.core.digest import digest_of
from primum.core.message import Message, Role
from primum.judging.template import Template

Text = Annotated[str, Field(min_length=1)]


class PromptText(BaseModel):
    """What is said in one language; gaps are written ``{name}``, braces doubled."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    system: str = ""
    user: Text
    prefill: str = ""
    """The beginning of the answer, put into the model's mouth."""


class PromptFile(BaseModel):
    """The file of one prompt."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: Text
    version: Text
    source: str = ""
    """The published step that it stands for; the wording is ours."""
    en: PromptText
    ja: PromptText | None = None
    """None: the English text serves every language."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """A prompt that can be filled."""

    file: PromptFile

    @property
    def label(self) -> str:
        """Id, version and content hash, for the record."""
        return f"{self.file.id}@{self.file.version}:{digest_of(self.file.model_dump()).hex()[:8]}"

    def messages(self, language: str, values: Mapping[str, str]) -> tuple[Message, ...]:
        """The messages in that language, their gaps filled; values are never expanded themselves.

        Raises:
            KeyError: a gap has no value.
        """
        text = self.file.ja if language == "ja" and self.file.ja is not None else self.file.en
        parts: tuple[tuple[Role, str], ...] = (("system", text.system), ("user", text.user))
        filled = [
            Message(role, Template.of_format(part.strip()).fill(values))
            for role, part in parts
            if part.strip()
        ]
        if text.prefill:
            filled.append(Message("assistant", Template.of_format(text.prefill).fill(values)))
        return tuple(filled)


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt of that name among those that ship."""
    file = resources.files("primum.generation").joinpath(f"data/prompts/{name}.toml")
    return Prompt(PromptFile.model_validate(tomllib.loads(file.read_text("utf-8"))))
