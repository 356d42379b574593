"""How a model is tuned: method, adapter, updates, and what of an example counts.

    settings = preset("primum").with_changes(updates=20, seed=1)

Settings come from a preset (``data/presets``), changed by the user. Exactly one of ``updates`` and
``epochs`` says when tuning ends.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from primum.core.errors import UnknownNameError, UserError, shorten

Method = Literal["lora", "dpo"]
PromptForm = Literal["chat", "alpaca"]
Precision = Literal["auto", "float32", "bfloat16", "float16"]

DEFAULT_PRESET = "primum"
DEFAULT_PRESETS: Mapping[Method, str] = {"lora": DEFAULT_PRESET, "dpo": "primum-dpo"}
LEAVES_THE_RESULT = ("micro_batch_size", "gradient_checkpointing")
"""How the work is cut up, not what is learned: a tuning goes on under other values of these."""

EXPECTED_NUMBERS: Mapping[str, str] = {
    "float_type": "a number was expected, without quotation marks",
    "int_type": "a whole number was expected, without quotation marks",
}
"""pydantic's kinds of fault → what was expected, where its own words are of Python."""


class TuningSettings(BaseModel):
    """What decides, with the base model and the data, which adapter comes out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    method: Method = "lora"
    """``lora``: demonstrations; ``dpo``: preferred against rejected answers."""
    rank: int = Field(default=8, ge=1, strict=True)
    """Of the two matrices that are learned for every target module."""
    alpha: float = Field(default=16, gt=0, allow_inf_nan=False, strict=True)
    """The adapter's weight is alpha / rank."""
    dropout: float = Field(default=0.05, ge=0, lt=1, strict=True)
    target_modules: tuple[str, ...] = Field(default=("q_proj", "v_proj"), min_length=1)
    """Names of the linear layers that get an adapter; ``all-linear`` for all of them."""
    learning_rate: float = Field(default=3e-4, gt=0, allow_inf_nan=False, strict=True)
    """At its height: it rises over the warm-up and falls linearly to zero."""
    warmup_updates: int = Field(default=5, ge=0, strict=True)
    batch_size: int = Field(default=8, ge=1, strict=True)
    """Examples in one update, over all devices."""
    micro_batch_size: int | None = Field(default=None, ge=1, strict=True)
    """Examples at once on one device; by default the whole batch."""
    updates: int | None = Field(default=None, ge=1, strict=True)
    epochs: float | None = Field(default=None, gt=0, allow_inf_nan=False, strict=True)
    max_tokens: int = Field(default=512, ge=16, strict=True)
    """Of one example, request and answer together; what is longer is cut at its end."""
    prompt_form: PromptForm = "chat"
    """``chat``: the model's own chat template; ``alpaca``: the Alpaca form without input."""
    loss_on: Literal["response", "all"] = "response"
    """Of which tokens the loss is taken; of the answers' always in ``dpo``."""
    padding_side: Literal["left", "right"] = "right"
    beta: float | None = Field(default=None, gt=0, allow_inf_nan=False, strict=True)
    """Of ``dpo``: the larger, the closer the tuned model stays to its base."""
    seed: int = Field(default=0, ge=0, strict=True)
    precision: Precision = "auto"
    """Of the arithmetic on a GPU, ``auto`` being bfloat16 where it has it; a CPU takes float32."""
    gradient_checkpointing: bool = False
    """Less memory for about a fifth more time."""

    @field_validator("target_modules", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if (self.updates is None) == (self.epochs is None):
            raise ValueError("exactly one of updates and epochs is needed")
        if self.micro_batch_size is not None and self.batch_size % self.micro_batch_size:
            raise ValueError(
                f"batch_size {self.batch_size} is no multiple of micro_batch_size "
                f"{self.micro_batch_size}"
            )
        if (self.method == "dpo") != (self.beta is not None):
            raise ValueError("beta belongs to the method dpo, which needs it")
        if self.method == "dpo" and (self.loss_on == "all" or self.padding_side == "left"):
            raise ValueError("dpo compares answers: loss_on “response”, padding_side “right”")
        return self

    def with_changes(self, **changes: Any) -> TuningSettings:
        """The settings with other values; one of ``updates`` and ``epochs`` replaces the other.

        Raises:
            UserError: a value or a combination that cannot be.
        """
        known: dict[str, Any] = self.model_dump()
        if changes.get("updates") is not None:
            known["epochs"] = None
        elif changes.get("epochs") is not None:
            known["updates"] = None
        batch, micro = changes.get("batch_size"), known["micro_batch_size"]
        if batch and micro and "micro_batch_size" not in changes and batch % micro:
            known["micro_batch_size"] = None
        return _settings({**known, **changes})

    @property
    def decisive(self) -> dict[str, Any]:
        """The values that decide what is learned, for the identity of a tuning."""
        return self.model_dump(mode="json", exclude=set(LEAVES_THE_RESULT))

    @property
    def decisive_as_written(self) -> dict[str, Any]:
        """Of settings that were read: those that stood there, without what was added since."""
        return {
            name: value for name, value in self.decisive.items() if name in self.model_fields_set
        }


def preset_names() -> tuple[str, ...]:
    """The presets that come with Primum."""
    folder = resources.files("primum.tuning").joinpath("data/presets")
    files = (file.name for file in folder.iterdir() if file.name.endswith(".toml"))
    return tuple(sorted(name.removesuffix(".toml") for name in files))


@cache
def preset(name: str = DEFAULT_PRESET) -> TuningSettings:
    """The settings of that name.

    Raises:
        UnknownNameError: there is no such preset.
    """
    return _settings(tomllib.loads(preset_text(name)))


def preset_text(name: str) -> str:
    """The preset's file, with the reasons of its values.

    Raises:
        UnknownNameError: there is no such preset.
    """
    if name not in preset_names():
        raise UnknownNameError("preset", name, preset_names())
    file = resources.files("primum.tuning").joinpath(f"data/presets/{name}.toml")
    return file.read_text("utf-8")


def _settings(values: Mapping[str, Any]) -> TuningSettings:
    try:
        return TuningSettings.model_validate(values)
    except ValidationError as error:
        raise UserError(problem_of(error, TuningSettings)) from error


def problem_of(error: ValidationError, model: type[BaseModel]) -> str:
    """The first thing that is wrong, as one sentence."""
    first = error.errors()[0]
    if not first["loc"]:
        return f"The settings do not fit together: {first['msg'].removeprefix('Value error, ')}."
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(model.model_fields)
        return f"The key “{shorten(key)}” is not known. Known: {known}."
    said = EXPECTED_NUMBERS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    if isinstance(first["input"], dict):
        return f"The table “{shorten(key)}” does not fit together: {said}."
    value = shorten(str(first["input"]))
    return f"The key “{shorten(key)}” holds “{value}”: {said[:1].lower()}{said[1:]}."
