"""Every error that Primum raises on purpose.

PrimumError
├── UserError               the user can fix this: printed as one clean sentence, exit code 2
│   ├── UnknownNameError    a name that is not in a list; near misses are named
│   ├── ScaleMismatchError  two scores of different scales met
│   ├── MissingKeyError     an API key's environment variable is not set
│   ├── EndpointError       an endpoint is down, refuses the key, or does not serve the model
│   ├── WorkspaceError      a workspace that is held, read-only, full or not a workspace
│   └── DataError           a file that does not hold what it should: file and line are named
├── BudgetReached           the run's budget is spent: the run can be continued, exit code 3
└── RunInterrupted          the run was stopped (Ctrl-C, SIGTERM): it can be continued, exit 130

A message says what was found, where, what was expected, and what to do.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from pathlib import Path


class PrimumError(Exception):
    """Any error that Primum raises on purpose."""


class UserError(PrimumError):
    """Something that the user can fix; printed without a traceback."""


class UnknownNameError(UserError):
    """A name that is not known; the message lists the near misses, or else all known names."""

    def __init__(self, kind: str, name: str, known: Iterable[str], hint: str = "") -> None:
        names = sorted(set(known))
        near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.5)
        if near:
            rest = f"Did you mean {_either(near)}?"
        elif names:
            rest = f"Known: {', '.join(names[:20])}{', …' if len(names) > 20 else ''}."
        else:
            rest = "None is known."
        super().__init__(f"Unknown {kind} “{shorten(name)}”. {rest}{' ' + hint if hint else ''}")


class ScaleMismatchError(UserError, TypeError):
    """Two scores of different scales were compared or combined."""


class MissingKeyError(UserError):
    """The environment variable that should hold an API key is not set."""


class EndpointError(UserError):
    """An endpoint cannot be used: it is down, refuses the key, or does not serve the model."""


class WorkspaceError(UserError):
    """The workspace cannot be used: held by another process, read-only, full, or foreign."""


class DataError(UserError):
    """A file does not hold what it should; the message names the file and, if known, the line."""

    def __init__(self, path: Path | str, problem: str, *, line: int | None = None) -> None:
        where = f"{path}, line {line}" if line is not None else str(path)
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.line = line


class BudgetReached(PrimumError):  # noqa: N818 - an ordinary end of a run, not a fault
    """The budget of this command is spent; the same command continues the run."""


class RunInterrupted(PrimumError):  # noqa: N818 - an ordinary end of a run, not a fault
    """The run was stopped from outside; the same command continues it."""


def shorten(text: str, length: int = 60) -> str:
    """The text on one line, control characters made visible, cut to ``length`` characters.

    Everything from outside (model output, file content, names) passes through here before it
    reaches an error message, a log or the terminal.
    """
    one_line = " ".join(text.split())
    visible = "".join(c if c.isprintable() else "�" for c in one_line)
    return visible if len(visible) <= length else visible[: length - 1] + "…"


def _either(names: list[str]) -> str:
    quoted = [f"“{name}”" for name in names]
    return quoted[0] if len(quoted) == 1 else ", ".join(quoted[:-1]) + f" or {quoted[-1]}"
