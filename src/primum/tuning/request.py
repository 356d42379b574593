"""Everything a user can say about a tuning, as one typed object: flags or a TOML file.

    request = TuningRequest(mix=MixSettings(harmful=("medsafetybench",), size=200))

In a file the keys of ``mix`` and ``settings`` are tables.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_validator

from primum.tuning.mix import MixSettings
from primum.tuning.settings import TuningSettings, preset


class TuningRequest(BaseModel):
    """What is to be tuned, on what, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "hf:embedded"
    """The base: ``hf:embedded``, ``hf:FOLDER``, ``hf:OWNER/NAME[@REVISION]``, ``hf:FILE.gguf``."""
    mix: MixSettings
    settings: TuningSettings = Field(default_factory=preset)
    held_out: tuple[str, ...] | None = None
    """Benchmarks that may not be trained on; None for all that are at hand."""
    data: tuple[str, ...] = ()
    """Where published sets lie: ``PATH``, or ``NAME=PATH`` for one of several."""
    output: Path | None = None
    """Folder of the adapter; None for ``adapters/ID`` of the workspace."""
    name: str = ""
    """For people: stands in the manifest."""
    device: str | None = None
    """``cpu`` or ``cuda``; None for a GPU if there is one."""
    checkpoint_every: int = Field(default=10, ge=1)
    """Updates between two checkpoints."""

    @field_validator("held_out", "data", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value
