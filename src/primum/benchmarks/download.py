"""Published files fetched once into the cache, each checked by SHA-256 before it is kept.

It does not know what the files hold.
"""

from __future__ import annotations

import errno
import hashlib
import http.client
import os
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path

from primum.benchmarks.published_file import PublishedFile
from primum.benchmarks.registry import Progress
from primum.core.errors import UserError, shorten

TIMEOUT_SECONDS = 30.0
_CONNECTIONS = 4
_ATTEMPTS = 3


class FetchError(Exception):
    """Why one file could not be fetched, in words; the caller says what to do instead."""


def fetch(
    files: Sequence[PublishedFile],
    *,
    base_url: str,
    folder: Path,
    progress: Progress | None = None,
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Every file lies in the folder under its path, with the published content.

    Files that are there already and are whole are not fetched again; a damaged one is.

    Raises:
        FetchError: a file cannot be fetched, or is not the published one.
        UserError: the folder cannot be written.
    """
    wanted = [file for file in files if not _is_whole(file, folder / file.path)]
    total = sum(file.bytes for file in wanted)
    done = 0
    if progress and wanted:
        progress(0, total)
    with ThreadPoolExecutor(_CONNECTIONS) as pool:
        tasks = {
            pool.submit(
                _fetch_one, file, f"{base_url}/{file.path}", folder / file.path, pause
            ): file
            for file in wanted
        }
        try:
            for task in as_completed(tasks):
                task.result()
                done += tasks[task].bytes
                if progress:
                    progress(done, total)
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _is_whole(file: PublishedFile, path: Path) -> bool:
    try:
        return file.matches(path)
    except OSError:
        return False


def _fetch_one(file: PublishedFile, url: str, target: Path, pause: Callable[[float], None]) -> None:
    data = _body(file, url, pause)
    found = hashlib.sha256(data).hexdigest()
    if found != file.sha256:
        raise FetchError(
            f"{shorten(url, 200)} sent {len(data)} bytes with SHA-256 {found[:12]}…, but "
            f"{file.bytes} bytes with {file.sha256[:12]}… were published. Something on the way, "
            "such as a proxy's login page, may have answered instead"
        )
    _keep(data, target)


def _body(file: PublishedFile, url: str, pause: Callable[[float], None]) -> bytes:
    """The body of the answer; broken connections and passing faults are tried again."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            # The address is the package's own table, or the one that a test gives.
            with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310
                # One byte more than published is enough to see that it is another file.
                data = bytes(answer.read(file.bytes + 1))
                if answer.length and len(data) < file.bytes:
                    raise http.client.IncompleteRead(data)
                return data
        except urllib.error.HTTPError as error:
            if not _passes(error.code) or attempt == _ATTEMPTS:
                raise FetchError(f"{shorten(url, 200)} answered HTTP {error.code}") from None
        except (OSError, http.client.HTTPException) as error:
            reason = getattr(error, "reason", error)
            if attempt == _ATTEMPTS:
                raise FetchError(
                    f"{shorten(url, 200)} could not be reached ({shorten(str(reason), 120)})"
                ) from None
        pause(0.5 * 2**attempt)
    raise AssertionError("the last attempt returns or raises")


def _passes(status: int) -> bool:
    """Whether the fault is likely to be over in a moment."""
    return status in (408, 429) or status >= 500


def _keep(data: bytes, target: Path) -> None:
    """The data lie in the target, whole or not at all."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
        partial = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            partial.replace(target)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        what = "no space is left" if full else error.strerror or type(error).__name__
        raise UserError(
            f"{target.parent}: the download cannot be kept: {what}. Free some space, or name "
            "another folder in the environment variable PRIMUM_CACHE."
        ) from None
