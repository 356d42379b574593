"""Where a report goes, and that it goes over nothing that was read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from primum.core.errors import UserError
from primum.ledger.workspace import Workspace


class Destinations(NamedTuple):
    """Where a report goes."""

    workspace: Workspace
    language: str
    html: Path | None
    json_file: Path | None
    csv_file: Path | None
    is_html_wanted: bool
    """Whether the report's folder holds an HTML page."""

    @property
    def is_piped(self) -> bool:
        """Whether standard output is for another program."""
        return any(str(path) == "-" for path in (self.json_file, self.csv_file))


def require_apart(written: Iterable[Path | None], read: Iterable[Path | str | None]) -> None:
    """Return if no file that is to be written is one that is read.

    Raises:
        UserError: one is, and would be lost.
    """
    inputs = {Path(each).expanduser().resolve() for each in read if each is not None}
    for path in written:
        if path is not None and str(path) != "-" and path.expanduser().resolve() in inputs:
            raise UserError(
                f"{path} is read here, and would be overwritten. Name another file to write."
            )
