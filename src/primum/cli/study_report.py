"""What a study leaves behind: tables on the terminal, and a folder of files with a manifest."""

from __future__ import annotations

import shlex
from dataclasses import replace

from primum.cli.destinations import Destinations
from primum.cli.report import write_bytes
from primum.cli.screen import output
from primum.core.study import StudySummary
from primum.ledger.ledger import Ledger
from primum.reporting.study_html import render_study_html
from primum.reporting.study_machine import study_to_csv, study_to_json
from primum.reporting.study_terminal import render_study_terminal
from primum.studies.analysis import analyse_study
from primum.studies.manifest import (
    FIGURES_FILE,
    MANIFEST_FILE,
    PAGE_FILE,
    TABLE_FILE,
    manifest_of,
    to_bytes,
)
from primum.studies.running import StudyOutcome
from primum.studies.study_plan import StudyPlan


def report_study(
    plan: StudyPlan, outcome: StudyOutcome, ledger: Ledger, wanted: Destinations
) -> None:
    """Analyse the study, show it, and write its files where the user wants them.

    Raises:
        WorkspaceError: a file cannot be written.
    """
    ledger.flush()
    found = analyse_study(plan.study, outcome.members, plan.parts, ledger)
    summary = replace(found, command=next((run.plan.command for run in plan.runs), ""))
    if not wanted.is_piped:
        render_study_terminal(summary, output(), wanted.language, is_brief=True)
    files = _files(summary, wanted)
    folder = wanted.workspace.reports / f"study-{plan.study.id}"
    manifest = manifest_of(
        plan.study,
        outcome.members,
        plan.parts,
        ledger,
        files,
        command=summary.command,
        language=wanted.language,
    )
    for name, content in {**files, MANIFEST_FILE: to_bytes(manifest)}.items():
        write_bytes(folder / name, content)
    if wanted.json_file is not None:
        write_bytes(wanted.json_file, files[FIGURES_FILE])
    if wanted.csv_file is not None:
        write_bytes(wanted.csv_file, files[TABLE_FILE])
    if wanted.html is not None:
        write_bytes(wanted.html, files.get(PAGE_FILE) or _page(summary, wanted))
    if not wanted.is_piped:
        page = folder / PAGE_FILE if wanted.is_html_wanted else folder / FIGURES_FILE
        output().print(f"\nReport: {(wanted.html or page).resolve()}", soft_wrap=True)
        where = shlex.quote(str(folder)), shlex.quote(str(wanted.workspace.folder))
        output().print(
            "Check it: primum study verify {} --workspace {}".format(*where), soft_wrap=True
        )


def _files(summary: StudySummary, wanted: Destinations) -> dict[str, bytes]:
    files = {
        FIGURES_FILE: study_to_json(summary),
        TABLE_FILE: study_to_csv(summary).encode(),
    }
    if wanted.is_html_wanted:
        files[PAGE_FILE] = _page(summary, wanted)
    return files


def _page(summary: StudySummary, wanted: Destinations) -> bytes:
    return render_study_html(summary, wanted.language).encode()
