"""The folder of an adapter that is being tuned: made this plan's own, held by one process."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from primum.core.errors import UserError, shorten
from primum.tuning.planning import TRAINING, TuningPlan

OWN = "plan.json"
"""In the training folder: whose it is."""
_LOCK = "tuning.lock"


@contextlib.contextmanager
def own_folder(plan: TuningPlan) -> Iterator[None]:
    """Run with the plan's folder made, and no other process tuning into it."""
    _take_folder(plan)
    with _held(plan.folder):
        yield


def _take_folder(plan: TuningPlan) -> None:
    """Make the folder this plan's own.

    Raises:
        UserError: it holds something else, or cannot be written.
    """
    own, folder = plan.training_folder / OWN, plan.folder
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if own.is_file():
            begun = json.loads(own.read_text("utf-8")).get("id")
            if begun != plan.id:
                raise UserError(
                    f"In {folder} another tuning was begun ({shorten(str(begun))}; this would be "
                    f"{plan.id}). Name another --output, or delete the folder."
                )
            return
        if not all(_is_of_a_beginning(each) for each in folder.iterdir()):
            raise UserError(
                f"The folder {folder} is not empty and holds no tuning of this kind. Name an "
                "empty or a new folder with --output."
            )
        plan.training_folder.mkdir(exist_ok=True)
        write_json(own, {"id": plan.id, "request": plan.request.model_dump(mode="json")})
    except OSError as error:
        raise UserError(
            f"The folder {folder} cannot be written ({error.strerror}). Name another --output."
        ) from error


def _is_of_a_beginning(path: Path) -> bool:
    """Whether a process that was killed before it could say whose folder it is left it."""
    if path.name == TRAINING and path.is_dir():
        return all(each.name == f"{OWN}.part" for each in path.iterdir())
    return path.name == _LOCK


@contextlib.contextmanager
def _held(folder: Path) -> Iterator[None]:
    """Run while no other process tunes into this folder.

    Raises:
        UserError: one does.
    """
    lock = FileLock(folder / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UserError(
            f"Another process is tuning into {folder}. Wait for it, or name another --output."
        ) from None
    try:
        yield
    finally:
        lock.release()
        (folder / _LOCK).unlink(missing_ok=True)


def write_json(file: Path, value: Any) -> None:
    """Write the value; a reader finds the file whole or not at all."""
    draft = file.with_name(file.name + ".part")
    draft.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    draft.replace(file)
