"""What an improvement leaves behind: tables on the terminal, and a folder of files."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from primum.cli.screen import output
from primum.cli.table import print_table
from primum.ledger.ledger import Ledger
from primum.ledger.workspace import Workspace
from primum.studies.improve_plan import BASELINE, ImprovePlan
from primum.studies.improve_running import ImproveOutcome


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


def report_improvement(
    plan: ImprovePlan, outcome: ImproveOutcome, ledger: Ledger, wanted: Destinations
) -> None:
    """Show the runs of every adapter."""
    ledger.flush()
    rows = [(BASELINE, "", dict(outcome.baseline))]
    rows += [(one.name, str(one.folder or ""), dict(one.runs)) for one in outcome.adapters]
    print_table(
        output(),
        ("adapter", "runs", "folder"),
        (
            (name, ", ".join(f"{part} {run}" for part, run in runs.items()), folder)
            for name, folder, runs in rows
        ),
    )
