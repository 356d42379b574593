"""Checkpoints of a tuning: a folder counts only once it carries a mark, which is written last.

A process may be killed in the middle of writing one; what is not marked is thrown away. The one
before it is kept until then.
"""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARK = "primum-checkpoint.json"
_PREFIX = "checkpoint-"
_FIELDS = ("update", "seconds", "sessions", "tokens")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A whole checkpoint."""

    folder: Path
    update: int
    seconds: float
    """Of training until then, over all sessions."""
    sessions: int
    tokens: int
    """Seen until then, over all sessions."""


def newest(folder: Path) -> Checkpoint | None:
    """The latest whole checkpoint in the training folder, or None."""
    found = []
    for place in folder.glob(f"{_PREFIX}*"):
        try:
            mark: Any = json.loads((place / MARK).read_text("utf-8"))
            found.append(Checkpoint(place, **{name: mark[name] for name in _FIELDS}))
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return max(found, key=lambda each: each.update, default=None)


def mark(folder: Path, update: int, *, seconds: float, sessions: int, tokens: int) -> None:
    """Make the checkpoint of that update count, and drop every other one."""
    place = folder / f"{_PREFIX}{update}"
    for file in place.iterdir():
        _flush(file)
    draft = place / f"{MARK}.part"
    values = (update, seconds, sessions, tokens)
    draft.write_text(json.dumps(dict(zip(_FIELDS, values, strict=True))), "utf-8")
    _flush(draft)
    draft.replace(place / MARK)
    drop_others(folder, place)


def drop_others(folder: Path, keep: Path | None) -> None:
    """Remove every checkpoint but one."""
    for place in folder.glob(f"{_PREFIX}*"):
        if place != keep:
            shutil.rmtree(place, ignore_errors=True)


def _flush(file: Path) -> None:
    with file.open("rb") as opened:
        os.fsync(opened.fileno())
