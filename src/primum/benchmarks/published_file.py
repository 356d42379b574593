"""The published files of a benchmark at one commit: where they are, what they must hold."""

from __future__ import annotations

import hashlib
import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

_PIECE_BYTES = 1 << 20


class PublishedFile(BaseModel):
    """One file as its authors published it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    """Relative to the root of the repository, with forward slashes."""
    split: str
    source: str
    category: int
    rows: int
    """Items that it must hold."""
    bytes: int
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    def matches(self, data: Path) -> bool:
        """Whether the file on disk is byte for byte the published one."""
        return data.stat().st_size == self.bytes and sha256_of(data) == self.sha256


class Publication(BaseModel):
    """Every file of a benchmark, and what is to be said about it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    repository: str
    commit: str = Field(pattern=r"^[0-9a-f]{40}$")
    base_url: str
    homepage: str
    licence: str
    citation: str
    file: tuple[PublishedFile, ...]

    @property
    def version(self) -> str:
        """The short commit."""
        return self.commit[:7]


def read_publication(path: Path) -> Publication:
    """The publication that the package's own table describes."""
    return Publication.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file, 64 hexadecimal digits."""
    state = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE_BYTES):
            state.update(piece)
    return state.hexdigest()
