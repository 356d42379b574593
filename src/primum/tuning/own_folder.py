"""The folder of an adapter that is being tuned: made this plan's own, held by one process."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from primum.core.errors import UserError, shorten
from primum.tuning.checkpoint import newest
from primum.tuning.planning import TRAINING, TuningPlan
from primum.tuning.progress import TuningProgress

OWN = "plan.json"
"""In the training folder: whose it is."""
_LOCK = "tuning.lock"
_POLL_SECONDS = 0.5


@contextlib.contextmanager
def own_folder(
    plan: TuningPlan, progress: TuningProgress, wait_seconds: float = 0.0
) -> Iterator[None]:
    """Run with the plan's folder made, and no other process tuning into it.

    A tuning that fails before its first checkpoint leaves nothing behind. Whether another process
    finished it meanwhile is for the caller to ask, inside.

    Raises:
        UserError: the folder holds something else or cannot be written, or another process tunes
            into it for longer than ``wait_seconds``.
    """
    with _writable(plan.folder):
        plan.folder.mkdir(parents=True, exist_ok=True)
    with _held(plan.folder, progress, wait_seconds):
        if plan.finished is None:
            with _writable(plan.folder):
                _take_folder(plan)
        try:
            yield
        except UserError:
            if newest(plan.training_folder) is None:
                shutil.rmtree(plan.training_folder, ignore_errors=True)
            raise


def _take_folder(plan: TuningPlan) -> None:
    """Make the folder this plan's own.

    Raises:
        UserError: it holds something else.
    """
    own, folder = plan.training_folder / OWN, plan.folder
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


@contextlib.contextmanager
def _writable(folder: Path) -> Iterator[None]:
    """Turn a folder that cannot be written into a sentence.

    Raises:
        UserError: it cannot.
    """
    try:
        yield
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
def _held(folder: Path, progress: TuningProgress, wait_seconds: float) -> Iterator[None]:
    """Run while no other process tunes into this folder.

    Raises:
        UserError: one does, and goes on for longer than that.
    """
    lock = FileLock(folder / _LOCK)
    stage = progress.stage
    try:
        try:
            lock.acquire(timeout=0)
        except Timeout:
            progress.stage = "waiting"
            lock.acquire(timeout=wait_seconds, poll_interval=_POLL_SECONDS)
    except Timeout:
        raise UserError(
            f"Another process is tuning into {folder}. Wait for it (--wait SECONDS), or name "
            "another --output."
        ) from None
    progress.stage = stage
    try:
        yield
    finally:
        # Before it is released: whoever waits would else hold a file that is no longer there.
        (folder / _LOCK).unlink(missing_ok=True)
        lock.release()
        with contextlib.suppress(OSError):
            # Of a tuning that came to nothing; any other folder is not empty.
            folder.rmdir()


def write_json(file: Path, value: Any) -> None:
    """Write the value; a reader finds the file whole or not at all."""
    draft = file.with_name(file.name + ".part")
    draft.write_text(json.dumps(value, ensure_ascii=False), "utf-8")
    draft.replace(file)
