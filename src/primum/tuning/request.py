"""Everything a user can say about a tuning, as one typed object: flags or a TOML file.

    request = TuningRequest(mix=MixSettings(harmful=("medsafetybench",), size=200))

    request = request_of({"preset": "medsafetybench", "mix": {"harmful": "ours.jsonl"}})

In a file ``mix`` and ``settings`` are tables, and ``preset`` says which settings they change.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from primum.core.errors import UserError, shorten
from primum.tuning.mix import MixSettings
from primum.tuning.settings import DEFAULT_PRESETS, TuningSettings, preset, problem_of


class TuningRequest(BaseModel):
    """What is to be tuned, on what, and how."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    model: str = "hf:embedded"
    """The base: ``hf:embedded``, ``hf:FOLDER``, ``hf:OWNER/NAME[@REVISION]``, ``hf:FILE.gguf``."""
    mix: MixSettings
    settings: TuningSettings = Field(default_factory=preset)
    held_out: tuple[str, ...] | None = None
    """Further benchmarks that may not be trained on, besides those that never may."""
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


def request_of(values: Mapping[str, Any]) -> TuningRequest:
    """The request of plain values, as a TOML file or flags give them.

    ``preset`` names the settings that ``settings`` changes; by default the one of its method.

    Raises:
        UserError: a key that is not known, or a value that cannot be.
    """
    known = {"preset", *TuningRequest.model_fields}
    for key in values:
        if key not in known:
            raise UserError(
                f"The key “{shorten(key)}” is not known. Known: {', '.join(sorted(known))}."
            )
    tables = {name: _table(values, name) for name in ("mix", "settings")}
    if "harmful" not in tables["mix"]:
        if "benign" in tables["mix"]:
            raise UserError(
                "Benign sources are named, but no harmful ones, which are needed: requests with "
                "safe answers. Name some with --harmful (in a file: harmful in the table mix): "
                "medsafetybench, general, or a file of yours."
            )
        raise UserError(
            "Nothing to tune on is named. Name demonstrations with --harmful (in a file: harmful "
            "in the table mix): medsafetybench, general, or a file of yours."
        )
    changes = tables["settings"]
    default = DEFAULT_PRESETS.get(changes.get("method", "lora"), DEFAULT_PRESETS["lora"])
    settings = preset(str(values.get("preset", default))).with_changes(**changes)
    rest = {key: value for key, value in values.items() if key not in ("preset", *tables)}
    try:
        return TuningRequest.model_validate({**rest, "mix": tables["mix"], "settings": settings})
    except ValidationError as error:
        raise UserError(problem_of(error, TuningRequest)) from error


def _table(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    found = values.get(name, {})
    if not isinstance(found, Mapping):
        raise UserError(f"The key “{name}” holds no table. [{name}] was expected.")
    model: type[BaseModel] = MixSettings if name == "mix" else TuningSettings
    unknown = [key for key in found if key not in model.model_fields]
    if unknown:
        raise UserError(
            f"The key “{shorten(unknown[0])}” of {name} is not known. Known: "
            f"{', '.join(model.model_fields)}."
        )
    lists = ("harmful", "benign", "language")
    return {
        key: (value,) if key in lists and isinstance(value, str) else value
        for key, value in found.items()
    }
