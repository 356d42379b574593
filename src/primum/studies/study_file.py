"""A study file: which models, which protocols, what is compared, declared before the first call.

    study = read_study(Path("ours.toml"))

```toml
id = "tuned-against-base"
title.en = "Does medical tuning cost safety?"
title.ja = "医療向け調整は安全性を下げるか"
seed = 1
factors = ["class", "language"]

[[protocol]]
protocol = "primum-core"
limit = 200

[[model]]
name = "qwen3-8b"
model = "openrouter/qwen/qwen3-8b"
class = "general"
family = "Qwen3"
size = 8

[[model]]
name = "ii-medical-8b"
model = "ii-medical-8b"
base_url = "http://localhost:8000/v1"
class = "medical"
base = "qwen3-8b"

[[contrast]]
name = "medical tuning"
kind = "pairs"
measure = "refusal.full"
```
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from primum.core.digest import digest_of
from primum.core.study import ContrastKind
from primum.evaluation.protocol import SampleMethod

Text = Annotated[str, Field(min_length=1)]

MODEL_FACTORS = ("class", "family", "base", "profile", "languages")
"""Labels that every model may have; ``labels`` holds any further ones."""
ITEM_FACTORS = ("language", "perspective", "intent", "benchmark", "strategy", "category", "source")
"""What items differ in; contrasts across them are within each model."""


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class StudyTitles(_Table):
    """A text in both languages; one stands for both."""

    en: str = ""
    ja: str = ""

    @model_validator(mode="after")
    def _has_one(self) -> Self:
        if not self.en and not self.ja:
            raise ValueError("a title in en or in ja is expected")
        return self

    def mapping(self) -> dict[str, str]:
        """Language → text."""
        return {"en": self.en or self.ja, "ja": self.ja or self.en}


class PartSettings(_Table):
    """One protocol, and where this study departs from it; the keys are those of ``evaluate``."""

    protocol: Text
    name: str = ""
    """How the study calls it; empty: the protocol's id."""
    benchmark: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    columns: dict[str, str] = {}
    guidelines: tuple[str, ...] = ()
    language: tuple[str, ...] = ()
    perspective: tuple[str, ...] = ()
    intent: tuple[str, ...] = ()
    guideline: tuple[str, ...] = ()
    limit: int | Literal["all"] | None = None
    sample: SampleMethod | None = None
    repeats: int | None = Field(default=None, ge=1)
    judges: tuple[str, ...] = ()
    judge_models: tuple[str, ...] = ()
    judge_base_url: str | None = None
    judge_api_key_variable: str | None = None
    judge_max_tokens: int | None = Field(default=None, ge=1)
    profile: str | None = None
    """For models that name none."""
    max_tokens: int | None = Field(default=None, ge=1)

    @field_validator(
        "benchmark", "data", "guidelines", "language", "perspective", "intent", "guideline",
        "judges", "judge_models", mode="before",
    )  # fmt: skip
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class ModelSettings(_Table):
    """One model under one deployment profile, or the people of an answers file."""

    name: Text
    model: Text
    """As ``primum evaluate --model`` takes it; ``answers:FILE`` for people."""
    respondents: Literal["all"] | tuple[str, ...] = ()
    """Of an answers file: whose answers, each a member of the study of its own."""
    base_url: str | None = None
    api_key_variable: str | None = None
    timeout_seconds: float = Field(default=300.0, gt=0)
    concurrency: int | None = Field(default=None, ge=1)
    slots: int | None = Field(default=None, ge=1)
    context_tokens: int | None = Field(default=None, ge=64)
    profile: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    top_p: float | None = None
    max_tokens: int | None = None
    class_: str = Field(default="", alias="class")
    """general, medical, commercial, open, people … any word."""
    base: str = ""
    """Name of the model that this one was made from."""
    family: str = ""
    size: float | None = Field(default=None, gt=0, le=1e6, allow_inf_nan=False)
    """Billions of parameters."""
    languages: str = ""
    """What the model is made for: ``ja``, ``en``, ``multilingual`` … any word."""
    labels: dict[str, str] = {}
    """Further factors."""
    protocols: tuple[str, ...] = ()
    """Names of the parts that it takes; empty: all."""
    source: str = ""
    """Where the model can be had; for the reader."""


class ContrastSettings(_Table):
    """One comparison, declared before the first call. The difference is second minus first."""

    name: Text
    kind: ContrastKind
    factor: str = ""
    """``groups`` and ``interaction``: the label that forms the two groups."""
    first: str = ""
    second: str = ""
    across: str = ""
    """``interaction`` and ``within``: what the items differ in."""
    levels: tuple[str, ...] = ()
    """Of ``across``: two levels, the second minus the first."""
    protocol: str = ""
    """Name of a part; empty: every part that has the measure."""
    measure: str = ""
    """Key of a metric (``refusal.full``), or with its intent (``refusal.full|benign``); empty: the
    leading measure on harmful items."""
    models: dict[str, str | tuple[str, ...]] = {}
    """Label → value(s): only these models."""
    items: dict[str, str] = {}
    """Dimension → level: only these items."""


class StudyFile(_Table):
    """A whole study."""

    id: Text
    title: StudyTitles
    description: StudyTitles | None = None
    source: str = ""
    """The publication whose shape it has."""
    version: str = "1"
    seed: int = 0
    """Of samples of items and of the bootstrap."""
    confidence: float = Field(default=0.95, gt=0, lt=1)
    factors: tuple[str, ...] = ()
    """What the study varies; exploratory contrasts are made over these."""
    parts: tuple[PartSettings, ...] = Field(alias="protocol", min_length=1)
    models: tuple[ModelSettings, ...] = Field(alias="model", min_length=1)
    contrasts: tuple[ContrastSettings, ...] = Field(default=(), alias="contrast")

    @property
    def fingerprint(self) -> str:
        """Content hash, 32 hexadecimal digits."""
        return digest_of(self.model_dump(mode="json", by_alias=True)).hex()
