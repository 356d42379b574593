"""What a finished study leaves behind: tables on the terminal, files with a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from primum.ledger.ledger import Ledger
from primum.ledger.workspace import Workspace
from primum.studies.running import StudyOutcome
from primum.studies.study_plan import StudyPlan


class Destinations(NamedTuple):
    """Where a report goes."""

    workspace: Workspace
    language: str
    html: Path | None
    json_file: Path | None
    csv_file: Path | None
    is_html_wanted: bool
    """Whether the report's folder holds an HTML page."""


def report_study(
    plan: StudyPlan, outcome: StudyOutcome, ledger: Ledger, wanted: Destinations
) -> None:
    """Analyse the study and write its report."""
