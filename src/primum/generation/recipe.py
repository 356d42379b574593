"""A recipe: guidelines, models by role, stages in order; all that a generated benchmark came from.

```toml
id = "our-house-rules"
title.en = "Requests that break our house rules"
guidelines = ["house-rules.toml"]
languages = ["en"]
perspective = "patient"
seed = 1

[[role]]
name = "generators"
models = ["openai/gpt-4.1-mini"]
temperature = 1.0

[[stage]]
kind = "seeds"
role = "generators"
per_guideline = 10

[[stage]]
kind = "near-duplicates"
```
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Any

from pydantic import ConfigDict, Field, field_validator

from primum.core.digest import digest_of
from primum.core.item import Perspective
from primum.generation.written_table import WrittenTable

Text = Annotated[str, Field(min_length=1)]
MOST_TEMPERATURE = 2.0
"""Providers take no more."""


class _Table(WrittenTable):
    model_config = ConfigDict(frozen=True, extra="forbid")


class RecipeTitles(_Table):
    """A text in both languages; one stands for both."""

    en: str = ""
    ja: str = ""


class RoleSettings(_Table):
    """Models that play one part, and how they are asked."""

    name: Text
    models: tuple[Text, ...] = Field(min_length=1)
    """As ``primum evaluate --model`` takes them."""
    base_url: str | None = None
    api_key_variable: str | None = None
    system_prompt: str = ""
    temperature: float | None = Field(default=1.0, ge=0, le=MOST_TEMPERATURE)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=2048, ge=1)
    seed: int | None = None
    """Of the sampling, where the endpoint takes one; repeats add to it."""

    @field_validator("models", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class StageTable(WrittenTable):
    """One ``[[stage]]``; the keys beside kind and name are the stage's own settings."""

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: Text
    name: str = ""
    """How the recipe calls it; empty: the kind, with a number from the second on."""

    @property
    def own(self) -> dict[str, Any]:
        """The stage's own settings, as written."""
        return dict(self.model_extra or {})


class DemoSampling(_Table):
    """How one role is asked in a demo; what is left out is as for the others."""

    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float | None = Field(default=None, ge=0, le=MOST_TEMPERATURE)
    top_p: float | None = Field(default=None, gt=0, le=1)


class DemoTable(_Table):
    """``[demo]``: how ``--demo`` makes the recipe small enough for the embedded model."""

    only: tuple[str, ...] = ()
    """Full ids of guidelines; empty: the first two."""
    languages: tuple[str, ...] = ()
    """Empty: those of the recipe."""
    max_tokens: int | None = Field(default=320, ge=1)
    """Of every answer."""
    temperature: float | None = Field(default=0.6, ge=0, le=MOST_TEMPERATURE)
    """Of every role: a small model that is asked at 1 hardly keeps to a form."""
    sampling: dict[str, DemoSampling] = Field(default={})
    """Role → how it is asked otherwise: below 1 a small model that writes freely ends in a loop."""
    roles: dict[str, tuple[Text, ...]] = Field(default={}, alias="role")
    """Role → its models; a role that is not named asks the embedded model."""
    stages: dict[str, dict[str, Any]] = Field(default={}, alias="stage")
    """Stage's name → settings laid over its own."""
    without: tuple[str, ...] = ()
    """Names of stages that are left out."""


class Recipe(_Table):
    """A whole recipe."""

    id: Text
    version: str = "1"
    title: RecipeTitles = RecipeTitles()
    description: RecipeTitles = RecipeTitles()
    source: str = ""
    """The publication whose pipeline it follows, and how it departs from it."""
    guidelines: tuple[Text, ...] = Field(min_length=1)
    """Guideline sets, or files of one's own."""
    only: tuple[str, ...] = ()
    """Full ids of guidelines; empty: all of the sets."""
    languages: tuple[Text, ...] = Field(default=("en",), min_length=1)
    perspective: Perspective = "clinician"
    seed: int = 0
    licence: str = "CC-BY-4.0"
    """Of the benchmark that comes out."""
    roles: tuple[RoleSettings, ...] = Field(default=(), alias="role")
    stages: tuple[StageTable, ...] = Field(alias="stage", min_length=1)
    demo: DemoTable | None = None

    @field_validator("guidelines", "only", "languages", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def fingerprint(self) -> str:
        """Content hash of all but the demo, 32 hexadecimal digits."""
        return digest_of(self.model_dump(mode="json", by_alias=True, exclude={"demo"})).hex()

    @property
    def stage_names(self) -> tuple[str, ...]:
        """Every stage's name: its own, or its kind, with a number from the second on."""
        seen: Counter[str] = Counter()
        names: list[str] = []
        for stage in self.stages:
            seen[stage.kind] += not stage.name
            number = seen[stage.kind]
            names.append(stage.name or (stage.kind if number == 1 else f"{stage.kind}-{number}"))
        return tuple(names)
