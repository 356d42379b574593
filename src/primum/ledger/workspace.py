"""A workspace: one folder with one ledger and the reports; one process writes to it at a time."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock, Timeout

from primum.core.errors import WorkspaceError, shorten

DEFAULT_WORKSPACE = "primum-workspace"
ENVIRONMENT_VARIABLE = "PRIMUM_WORKSPACE"


@dataclass(frozen=True, slots=True)
class Workspace:
    """Paths of a workspace."""

    folder: Path

    @property
    def ledger(self) -> Path:
        """The SQLite file."""
        return self.folder / "ledger.sqlite"

    @property
    def reports(self) -> Path:
        """The folder of rendered reports."""
        return self.folder / "reports"

    @property
    def lock(self) -> Path:
        """The lock file; its content names the holder."""
        return self.folder / "writer.lock"

    @property
    def holder(self) -> Path:
        """Who holds the lock, as JSON: pid, command, since."""
        return self.folder / "writer.json"

    def create(self) -> None:
        """Make the folder.

        Raises:
            WorkspaceError: it cannot be made or written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise WorkspaceError(
                f"The workspace {self.folder} cannot be made ({_reason(error)}). "
                f"Name a folder you may write with --workspace or {ENVIRONMENT_VARIABLE}."
            ) from error
        if not os.access(self.folder, os.W_OK):
            raise read_only(self.folder)


def locate(folder: Path | None) -> Workspace:
    """The workspace named by the user, by the environment, or the default in this folder."""
    return Workspace(folder or Path(os.environ.get(ENVIRONMENT_VARIABLE) or DEFAULT_WORKSPACE))


def read_only(folder: Path) -> WorkspaceError:
    """The error for a workspace that may not be written."""
    return WorkspaceError(
        f"The workspace {folder} is read-only. Reports can be read from it; to run, name a folder "
        f"you may write with --workspace or {ENVIRONMENT_VARIABLE}."
    )


@contextlib.contextmanager
def hold(workspace: Workspace, *, wait_seconds: float = 0) -> Iterator[None]:
    """Hold the workspace for writing; the system frees it if this process dies.

    Raises:
        WorkspaceError: another process holds it for longer than ``wait_seconds``.
    """
    lock = FileLock(workspace.lock)
    try:
        lock.acquire(timeout=wait_seconds)
    except Timeout as error:
        raise WorkspaceError(_held(workspace)) from error
    except OSError as error:
        raise read_only(workspace.folder) from error
    try:
        workspace.holder.write_text(
            json.dumps(
                {
                    "pid": os.getpid(),
                    "command": " ".join(sys.argv)[:200],
                    "since": time.strftime("%Y-%m-%d %H:%M:%S"),
                }
            )
        )
        yield
    finally:
        workspace.holder.unlink(missing_ok=True)
        lock.release()


def _held(workspace: Workspace) -> str:
    try:
        who = json.loads(workspace.holder.read_text())
        holder = f"process {who['pid']} (“{shorten(str(who['command']))}”) since {who['since']}"
    except (OSError, ValueError, KeyError):
        holder = "another process"
    return (
        f"The workspace {workspace.folder} is held by {holder}. Wait for it, add --wait SECONDS, "
        "or name another --workspace."
    )


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
