"""A LoRA adapter as a model: its base, with the adapter merged in when it is loaded.

    open_source("primum-workspace/adapters/4f0c")              # on the base that it was tuned on
    open_source("4f0c@models/llama-3.1-8b-instruct")           # the base lies here

Reads what ``primum tune`` wrote, and folders as peft writes them. Its identity is that of the base
and the content of the adapter's files, never a path.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from primum.core.digest import digest
from primum.core.errors import DataError, UserError, shorten
from primum.models.cache import Progress, sha256_of
from primum.models.local_source import Loaded, LocalSource, open_source

CONFIGURATION = "adapter_config.json"
WEIGHTS = "adapter_model.safetensors"
MANIFEST = "primum-adapter.json"
_CONTENT_KEYS = ("sha256", "content")
"""Of a base's identity: what stays when a file or folder is renamed."""


class TunedOn(BaseModel):
    """What an adapter's manifest says about its base."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    model: str
    """As it was named then, ``hf:`` before it."""
    identity: Mapping[str, str]


class _Head(BaseModel):
    """The part of a manifest that this room needs."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    base: TunedOn


@dataclass(frozen=True)
class AdapterSource:
    """A folder with an adapter, and the base that it goes on."""

    folder: Path
    base: LocalSource
    tuned_on: TunedOn | None = None
    """None where the adapter comes from elsewhere, so that its base cannot be checked."""

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """The base's, and the digest of the adapter's two files.

        Raises:
            UserError: the adapter is not whole, or was tuned on another base.
        """
        base = self.base.identity
        if self.tuned_on is not None and not is_same_base(base, self.tuned_on.identity):
            raise UserError(
                f"The adapter “{shorten(self.folder.name)}” was tuned on "
                f"{shorten(self.tuned_on.model)} ({_shown(self.tuned_on.identity)}), which is "
                f"not the model given now ({_shown(base)}). Name its own base: "
                f"hf:{self.folder}@BASE."
            )
        return {**base, "adapter": self.content}

    @property
    def content(self) -> str:
        """The digest of the adapter's two files.

        Raises:
            UserError: one is missing.
        """
        return content_of(self.folder)

    @property
    def licence(self) -> str:
        """That of the base."""
        return self.base.licence

    def require_chat_template(self) -> None:
        """Return if the base has one."""
        self.base.require_chat_template()

    def load(self, device: str, dtype: str, *, needs_chat_template: bool = True) -> Loaded:
        """The base on the device, the adapter merged in.

        Raises:
            UserError: peft is not installed, or the adapter does not fit the base.
        """
        _ = self.identity
        require_peft(f"“hf:{shorten(str(self.folder))}” is an adapter, which needs peft")
        from peft import PeftModel

        loaded = self.base.load(device, dtype, needs_chat_template=needs_chat_template)
        try:
            with warnings.catch_warnings():
                # Of the libraries among themselves; it would run through the live line of a run.
                warnings.simplefilter("ignore", FutureWarning)
                tuned = PeftModel.from_pretrained(loaded.model, str(self.folder))
        except (OSError, ValueError, KeyError, RuntimeError, TypeError) as error:
            raise UserError(
                f"The adapter “{shorten(self.folder.name)}” does not fit its base: "
                f"{shorten(str(error), 200)}"
            ) from error
        return Loaded(tuned.merge_and_unload().eval(), loaded.tokenizer)


def content_of(folder: Path) -> str:
    """The digest of the two files of the folder's adapter.

    Raises:
        UserError: one is missing.
    """
    parts: list[str] = []
    for name in (CONFIGURATION, WEIGHTS):
        file = folder / name
        if not file.is_file():
            raise UserError(
                f"The folder “{folder}” holds no whole adapter: {name} is missing. "
                "adapter_config.json and adapter_model.safetensors were expected."
            )
        parts += (name, sha256_of(file))
    return digest(*parts).hex()


def adapter_source(argument: str, progress: Progress | None = None) -> AdapterSource | None:
    """The adapter that is named, or None where the name is none of an adapter's folder.

    Raises:
        UserError: its base cannot be told, or is not there.
    """
    folder, base = Path(argument).expanduser(), ""
    if not (folder / CONFIGURATION).is_file():
        place, _, base = argument.partition("@")
        folder = Path(place).expanduser()
        if not base or not (folder / CONFIGURATION).is_file():
            return None
    tuned_on = _tuned_on(folder)
    named = base or (tuned_on.model if tuned_on else _named_by_peft(folder))
    try:
        source = open_source(named.removeprefix("hf:"), progress)
    except UserError as error:
        raise UserError(
            f"The adapter “{shorten(folder.name)}” goes on “{shorten(named, 120)}”, which is not "
            f"here. Say where that model is: hf:{folder}@BASE."
        ) from error
    return AdapterSource(folder, source, tuned_on)


def is_same_base(one: Mapping[str, str], other: Mapping[str, str]) -> bool:
    """Whether both are the same weights, whatever their file or folder is called."""
    for key in _CONTENT_KEYS:
        if key in one and key in other:
            return one[key] == other[key] and one.get("adapter") == other.get("adapter")
    return dict(one) == dict(other)


def require_peft(why: str) -> None:
    """Return if peft is installed.

    Raises:
        UserError: it is not.
    """
    try:
        version("peft")
    except PackageNotFoundError:
        raise UserError(
            f"{why}, which is not installed. Install it with “pip install primum[tune]”."
        ) from None


def _tuned_on(folder: Path) -> TunedOn | None:
    file = folder / MANIFEST
    if not file.is_file():
        return None
    try:
        return _Head.model_validate_json(file.read_bytes()).base
    except ValidationError as error:
        raise DataError(file, "this is no manifest as “primum tune” writes it.") from error


def _named_by_peft(folder: Path) -> str:
    try:
        settings: Any = json.loads((folder / CONFIGURATION).read_text("utf-8"))
        named = settings["base_model_name_or_path"]
    except (OSError, ValueError, KeyError, TypeError):
        named = None
    if not isinstance(named, str) or not named:
        raise UserError(
            f"{folder / CONFIGURATION} does not say on which model the adapter goes "
            f"(base_model_name_or_path). Say it: hf:{folder}@BASE."
        )
    return named


def _shown(identity: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {shorten(value, 20)}" for name, value in identity.items())
