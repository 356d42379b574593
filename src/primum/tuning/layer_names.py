"""The linear layers of a base by their names, read from the weights' headers: nothing is loaded."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from primum.core.errors import UserError, shorten
from primum.models.local_source import FolderSource, GgufSource, LocalSource
from primum.models.weights import pinned
from primum.tuning.settings import TuningSettings

ALL_LINEAR = "all-linear"
_OUTER = ("lm_head", "embed_tokens", "wte", "wpe", "embed_out", "embed_in")
"""Matrices that are no layers to adapt; the output layer is not offered."""
_LLAMA = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
_LONGEST_HEADER_BYTES = 100_000_000


def require_layers(base: LocalSource, model: str, settings: TuningSettings) -> None:
    """Return if the base has the target modules, or cannot be asked before it is loaded.

    Raises:
        UserError: it lacks one; those that it has are named.
    """
    if settings.target_modules == (ALL_LINEAR,):
        return
    there = _names(base)
    absent = [name for name in settings.target_modules if name not in there]
    if there and absent:
        raise no_such_layer(model, absent, sorted(there))


def no_such_layer(model: str, absent: list[str], there: list[str]) -> UserError:
    """What is said of target modules that the model does not have."""
    named = ", ".join(shorten(name) for name in absent)
    return UserError(
        f"{shorten(model)} has no linear layer named {named}. "
        f"Its own are: {', '.join(there)}. Name some with --target-modules, or {ALL_LINEAR}."
    )


def _names(base: LocalSource) -> frozenset[str]:
    """The last parts of the layers' names; empty where they cannot be told."""
    if isinstance(base, GgufSource) and base.weights.sha256 == pinned().sha256:
        # A GGUF file names its layers in its own way; of the pinned one we know the architecture.
        return frozenset(_LLAMA)
    if not isinstance(base, FolderSource):
        return frozenset()
    found: set[str] = set()
    for file in base.folder.glob("*.safetensors"):
        header = _header(file)
        if any(name.endswith("qweight") for name in header):
            return frozenset()
        found |= {name.removesuffix(".weight").rpartition(".")[2] for name in header}
    return frozenset(found - set(_OUTER))


def _header(file: Path) -> dict[str, Any]:
    """Matrix → what the header says of it; empty where it is none."""
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            whole: Any = json.loads(stream.read(min(length, _LONGEST_HEADER_BYTES)))
    except (OSError, ValueError, struct.error):
        return {}
    rows = whole.items() if isinstance(whole, dict) else ()
    return {
        name: row
        for name, row in rows
        if isinstance(row, dict) and len(row.get("shape", ())) > 1 and not name.endswith(".bias")
    }
