"""Everything a user can say about a capability run, as one typed object: flags or a TOML file.

request = CapabilityRequest(model="hf:embedded", tasks=("primum-medical-small",), few_shot=3)
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from primum.core.errors import UnknownNameError

SMALL_TASKS = ("primum-medical-small", "primum-general-small")
"""Primum's own sets, which need no download."""


class CapabilityRequest(BaseModel):
    """What is to be measured."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "hf:embedded"
    tasks: tuple[str, ...] = Field(default=SMALL_TASKS, min_length=1)
    """Groups of Primum, names of lm-evaluation-harness, or YAML files."""
    include_path: tuple[str, ...] = ()
    """Folders with task files of one's own."""
    few_shot: int | None = Field(default=None, ge=0)
    """Examples before each question; None: what each task says, or none."""
    seeds: tuple[int, ...] = Field(default=(1234,), min_length=1)
    """One repeat each: which examples stand before a question."""
    limit: int | None = Field(default=None, ge=1)
    """Documents of each task, the first ones; None: all."""
    metric: str | None = None
    """What decides right or wrong, of those that the tasks have; None: the task's main one."""
    chat_template: bool = False
    """Whether a model in this process sees the prompt in its chat form; endpoints always do."""
    batch_size: int | None = Field(default=None, ge=1)

    base_url: str | None = None
    api_key_variable: str | None = None
    timeout_seconds: float = Field(default=300.0, gt=0)
    concurrency: int | None = Field(default=None, ge=1)
    max_calls: int | None = Field(default=None, ge=0)
    max_total_tokens: int | None = Field(default=None, ge=0)

    @field_validator("tasks", "include_path", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("seeds", mode="before")
    @classmethod
    def _one_seed_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, int) else value

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if len(set(value)) < len(value):
            raise ValueError("each seed may be named once")
        return value


@cache
def _preset_table() -> dict[str, dict[str, Any]]:
    text = resources.files("primum.capability").joinpath("data/presets.toml").read_text("utf-8")
    return tomllib.loads(text)


def presets() -> dict[str, str]:
    """Id → one line on what it is."""
    return {name: str(table["title"]) for name, table in _preset_table().items()}


def preset(name: str) -> dict[str, Any]:
    """The settings of that preset, as fields of a request.

    Raises:
        UnknownNameError: no such preset.
    """
    if name not in _preset_table():
        raise UnknownNameError("preset", name, _preset_table())
    return {key: value for key, value in _preset_table()[name].items() if key != "title"}
