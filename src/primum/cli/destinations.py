"""Where the report of a study or an improvement goes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

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
