"""The folder where weights are kept between runs, and what can go wrong when writing to it.

Knows files and checksums; does not know where weights come from.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock
from platformdirs import user_cache_dir

from primum.core.digest import digest
from primum.core.errors import UserError

Progress = Callable[[int, int | None], None]
"""Called with the bytes done and the bytes in all, None where the total is not known."""

CHUNK_BYTES = 1 << 20
GGUF_MAGIC = b"GGUF"
_UNWRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR, errno.EEXIST)


class UnavailableSourceError(UserError):
    """One source of weights does not answer; another may."""


def cache_folder() -> Path:
    """The folder named by ``PRIMUM_CACHE``, or else the user's cache folder for Primum."""
    named = os.environ.get("PRIMUM_CACHE")
    return Path(named).expanduser() if named else Path(user_cache_dir("primum", appauthor=False))


@contextmanager
def locked(target: Path) -> Iterator[None]:
    """Run while no other process writes the same file: two runs must not fetch it twice."""
    with disk_errors(target.parent):
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(f"{target}.lock")
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


@contextmanager
def disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full or read-only disk into a sentence.

    Raises:
        UserError: the folder cannot be written; other errors pass unchanged.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _no_space(folder) from error
        if error.errno in _UNWRITABLE:
            raise UserError(
                f"The cache folder {folder} cannot be written ({error.strerror}). "
                "Name another folder with the environment variable PRIMUM_CACHE."
            ) from error
        raise


def require_space(folder: Path, needed_bytes: int) -> None:
    """Return if the disk has room.

    Raises:
        UserError: less is free than is needed; found before an hour of download, not after.
    """
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise UserError(
            f"{needed_bytes / 1e6:,.0f} MB are needed in {folder} and {free / 1e6:,.0f} MB are "
            "free. Make room, or name another folder with the environment variable PRIMUM_CACHE."
        )


def _no_space(folder: Path) -> UserError:
    return UserError(
        f"The disk is full: weights could not be written to {folder}. "
        "Make room, or name another folder with the environment variable PRIMUM_CACHE."
    )


def sha256_of(path: Path) -> str:
    """The file's SHA-256 in hexadecimal, remembered by path, size and time of change.

    Weights reach tens of gigabytes, and a run that is answered by the ledger alone must start in a
    second.
    """
    status = path.stat()
    place = str(path.resolve())
    stamp = [place, status.st_size, status.st_mtime_ns]
    note = cache_folder() / "checksums" / f"{digest(place).hex()}.json"
    with suppress(OSError, ValueError, KeyError, TypeError):
        remembered = json.loads(note.read_bytes())
        if remembered["stamp"] == stamp:
            return str(remembered["sha256"])
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    # A cache that cannot be written costs time at the next start, nothing else.
    with suppress(OSError):
        note.parent.mkdir(parents=True, exist_ok=True)
        draft = note.with_suffix(f".{os.getpid()}.tmp")
        draft.write_text(json.dumps({"stamp": stamp, "sha256": found}))
        draft.replace(note)
    return found


def require_gguf(path: Path) -> None:
    """Return if the file is a GGUF model.

    Raises:
        UserError: it is missing, unreadable, or something else.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(len(GGUF_MAGIC))
    except FileNotFoundError:
        raise UserError(
            f"There is no file {path}. Give the path of a GGUF model, as embedded:PATH.gguf."
        ) from None
    except OSError as error:
        raise UserError(f"The model file {path} cannot be read: {error.strerror}.") from error
    if start != GGUF_MAGIC:
        raise UserError(
            f"{path} is not a GGUF model: it starts with {start!r} where {GGUF_MAGIC!r} was "
            "expected. Give a file in llama.cpp's GGUF format."
        )


def require_checksum(path: Path, found: str, expected: str, origin: str) -> None:
    """Return if the checksum is the expected one; otherwise the file is removed.

    Raises:
        UserError: the file is not what it should be.
    """
    if found == expected:
        return
    path.unlink(missing_ok=True)
    raise UserError(
        f"{origin} gave a file with SHA-256 {found[:16]}… where {expected[:16]}… was expected; it "
        "was not kept. Try again, and if it recurs ask who runs the mirror or proxy in between."
    )
