"""Where a Hugging Face model lies: a folder, an adapter, a repository of the hub, a GGUF file.

    open_source("models/llama-3.1-8b-instruct").load("cpu", "float32")
    open_source("Qwen/Qwen3-8B@9c925d6")
    open_source("embedded")                     # the pinned SmolLM2 of Primum, as torch weights
    open_source("primum-workspace/adapters/4f0c")     # a LoRA adapter, on the base that it names

A source knows its content before anything heavy is imported, so that a run whose calls are all in
the ledger loads no weights.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from primum.core.digest import digest
from primum.core.errors import UserError, shorten
from primum.models.cache import Progress, sha256_of
from primum.models.weights import FileWeights, Weights, embedded_weights, pinned

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

WEIGHT_FILES = ("*.safetensors", "*.bin")
SETTING_FILES = ("*.json", "*.model", "*.txt", "*.jinja")
"""Beside the weights these decide what is answered: configuration, tokenizer, chat template."""
CARD = "README.md"
MISSING_EXTRA = (
    "Models in this process need torch and transformers, which are not installed. Install them "
    "with “pip install primum[local]”, or name a model behind an endpoint, as in ollama/MODEL."
)
_REPOSITORY = re.compile(r"[\w.-]+/[\w.-]+")
_LICENCE_LINE = re.compile(r"^license:[ \t]*['\"]?([^'\"\n]+)", re.MULTILINE)


class Loaded(NamedTuple):
    """A model that can be asked, and its tokenizer."""

    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerBase


class LocalSource(Protocol):
    """Somewhere a model's weights and tokenizer come from."""

    @property
    def identity(self) -> Mapping[str, str]:
        """What decides the answers: name and content, never a path."""

    @property
    def licence(self) -> str:
        """The licence that it states; empty where it states none."""

    def require_chat_template(self) -> None:
        """Return if a chat template lies beside the weights, or cannot be told before they load.

        Raises:
            UserError: there is none.
        """

    def load(self, device: str, dtype: str, *, needs_chat_template: bool = True) -> Loaded:
        """The model on the device.

        Raises:
            UserError: it cannot be read, or lacks the chat template that is needed.
        """


@dataclass(frozen=True)
class FolderSource:
    """A folder as ``save_pretrained`` writes it."""

    folder: Path

    @cached_property
    def identity(self) -> Mapping[str, str]:
        """The folder's name and the digest of its files.

        Raises:
            UserError: it holds no model.
        """
        weights = _matching(self.folder, WEIGHT_FILES)
        if not weights or not (self.folder / "config.json").is_file():
            raise UserError(
                f"The folder “{self.folder}” holds no model: config.json and weights "
                "(*.safetensors) were expected, as save_pretrained writes them."
            )
        files = [*weights, *_matching(self.folder, SETTING_FILES)]
        content = [part for file in files for part in (file.name, sha256_of(file))]
        return {"model": self.folder.resolve().name, "content": digest(*content).hex()}

    @property
    def licence(self) -> str:
        """As its README.md states it."""
        return _licence_in(self.folder)

    def require_chat_template(self) -> None:
        """Return if one lies in the folder."""
        _require_chat_template(self.folder, self.folder.resolve().name)

    def load(self, device: str, dtype: str, *, needs_chat_template: bool = True) -> Loaded:
        """The model on the device."""
        place = {"pretrained_model_name_or_path": str(self.folder)}
        return _load(place, device, dtype, needs_chat_template=needs_chat_template)


@dataclass(frozen=True)
class RepositorySource:
    """A repository of the Hugging Face hub, at one commit."""

    repository: str
    revision: str = "main"

    @cached_property
    def _snapshot(self) -> Path:
        from huggingface_hub import snapshot_download
        from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

        patterns = [*WEIGHT_FILES, *SETTING_FILES, CARD]
        try:
            folder = snapshot_download(
                self.repository, revision=self.revision, allow_patterns=patterns
            )
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError, ValueError) as error:
            raise UserError(
                f"The model “{shorten(self.repository)}” cannot be had from the Hugging Face hub "
                f"({shorten(str(error), 160)}). Check name and revision, set HF_TOKEN for a gated "
                "model, or name a folder that holds it."
            ) from error
        return Path(folder)

    @property
    def identity(self) -> Mapping[str, str]:
        """The repository and its commit."""
        return {"model": self.repository, "revision": self._snapshot.name}

    @property
    def licence(self) -> str:
        """As its README.md states it."""
        return _licence_in(self._snapshot)

    def require_chat_template(self) -> None:
        """Return if one lies in the snapshot."""
        _require_chat_template(self._snapshot, self.repository)

    def load(self, device: str, dtype: str, *, needs_chat_template: bool = True) -> Loaded:
        """The model on the device."""
        place = {"pretrained_model_name_or_path": str(self._snapshot)}
        return _load(place, device, dtype, needs_chat_template=needs_chat_template)


@dataclass(frozen=True)
class GgufSource:
    """A GGUF file, its blocks made into ordinary weights."""

    weights: Weights
    progress: Progress | None = None

    @property
    def identity(self) -> Mapping[str, str]:
        """The file's label and checksum."""
        return {"model": self.weights.label, "sha256": self.weights.sha256}

    @property
    def licence(self) -> str:
        """That of the pinned weights; files of others are not read for it."""
        return pinned().licence if self.weights.sha256 == pinned().sha256 else ""

    def require_chat_template(self) -> None:
        """Return: what is inside the file is known only when it is loaded."""

    def load(self, device: str, dtype: str, *, needs_chat_template: bool = True) -> Loaded:
        """The model on the device, dequantised."""
        file = self.weights.path(self.progress)
        place = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
        return _load(place, device, dtype, is_gguf=True, needs_chat_template=needs_chat_template)


def open_source(argument: str, progress: Progress | None = None) -> LocalSource:
    """The source that a user names after ``hf:``; nothing is loaded.

    A folder with an adapter stands for its base with the adapter merged in; ``FOLDER@BASE`` says
    where the base lies, if not where the adapter's own files say.

    Raises:
        UserError: it is neither a folder, a GGUF file nor a repository's name.
    """
    # Here, since the two open each other.
    from primum.models.adapter_source import adapter_source

    if adapter := adapter_source(argument, progress):
        return adapter
    if argument == "embedded":
        return GgufSource(embedded_weights(), progress)
    path = Path(argument).expanduser()
    if path.suffix == ".gguf":
        return GgufSource(FileWeights(path), progress)
    if path.is_dir():
        return FolderSource(path)
    name, _, revision = argument.partition("@")
    if _REPOSITORY.fullmatch(name) and ".." not in name:
        return RepositorySource(name, revision or "main")
    raise UserError(
        f"“hf:{shorten(argument)}” names no model: a folder of a model or adapter, a .gguf file, "
        "OWNER/NAME[@REVISION] of the Hugging Face hub, or “embedded” was expected."
    )


def runtime_version() -> str:
    """The libraries that compute the answers, by version.

    Raises:
        UserError: they are not installed.
    """
    try:
        return f"transformers {version('transformers')}, torch {version('torch')}"
    except PackageNotFoundError:
        raise UserError(MISSING_EXTRA) from None


def _load(
    place: Mapping[str, str],
    device: str,
    dtype: str,
    *,
    is_gguf: bool = False,
    needs_chat_template: bool = True,
) -> Loaded:
    runtime_version()
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig
    from transformers.utils import logging

    # Its bars would run through the live line of a run.
    logging.disable_progress_bar()
    more: dict[str, Any] = {"quantization_config": GgufConfig(dequantize=True)} if is_gguf else {}
    name = Path(place["pretrained_model_name_or_path"]).name
    # The bar of a GGUF file's conversion has no switch.
    quiet = contextlib.redirect_stderr(io.StringIO()) if is_gguf else contextlib.nullcontext()
    try:
        with quiet:
            tokenizer = AutoTokenizer.from_pretrained(**place)
            model = AutoModelForCausalLM.from_pretrained(**place, dtype=dtype, **more)
    except (OSError, ValueError, KeyError, RuntimeError) as error:
        raise UserError(
            f"The model “{shorten(place.get('gguf_file', name))}” cannot be loaded: "
            f"{shorten(str(error), 200)} A causal language model was expected."
        ) from error
    if needs_chat_template and not tokenizer.chat_template:
        raise _no_chat_template(place.get("gguf_file", name))
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    tokenizer.padding_side = "left"
    return Loaded(model.to(device).eval(), tokenizer)


def _require_chat_template(folder: Path, name: str) -> None:
    """Return if the files of the tokenizer hold a template, in either of the places for it."""
    try:
        settings: Any = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
    except (OSError, ValueError):
        settings = {}
    is_in_settings = isinstance(settings, dict) and bool(settings.get("chat_template"))
    if not is_in_settings and not any(folder.glob("chat_template*")):
        raise _no_chat_template(name)


def _no_chat_template(name: str) -> UserError:
    return UserError(
        f"The tokenizer of “{shorten(name)}” has no chat template, so it is not known how a "
        "conversation is put to it. Take its chat or instruct version."
    )


def _licence_in(folder: Path) -> str:
    """What the head of the folder's model card gives as its licence; empty where nothing does."""
    try:
        _, head, _ = (folder / CARD).read_text("utf-8").split("---", 2)
    except (OSError, ValueError):
        return ""
    found = _LICENCE_LINE.search(head)
    return shorten(found[1].strip()) if found else ""


def _matching(folder: Path, patterns: tuple[str, ...]) -> list[Path]:
    return sorted({file for pattern in patterns for file in folder.glob(pattern)})
