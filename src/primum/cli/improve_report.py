"""What an improvement leaves behind: tables on the terminal, and a folder of files."""

from __future__ import annotations

from primum.cli.destinations import Destinations
from primum.cli.report import write_bytes
from primum.cli.screen import output
from primum.core.improve import ImproveSummary
from primum.ledger.ledger import Ledger
from primum.reporting.improve_machine import improve_to_csv, improve_to_json
from primum.reporting.improve_page import render_improve_html
from primum.reporting.improve_terminal import render_improve_terminal
from primum.studies.improve_analysis import analyse_improvement
from primum.studies.improve_plan import ImprovePlan
from primum.studies.improve_running import ImproveOutcome

FIGURES_FILE = "improve.json"
TABLE_FILE = "improve.csv"
PAGE_FILE = "improve.html"


def report_improvement(
    plan: ImprovePlan, outcome: ImproveOutcome, ledger: Ledger, wanted: Destinations
) -> None:
    """Analyse the improvement, show it, and write its files where the user wants them.

    Raises:
        UserError: an objective or a transfer names a figure that no run has.
        WorkspaceError: a file cannot be written.
    """
    summary = analyse_improvement(plan, outcome, ledger)
    if not wanted.is_piped:
        render_improve_terminal(summary, output(), wanted.language)
    folder = wanted.workspace.reports / f"improve-{plan.file.id}"
    files = _files(summary, wanted)
    for name, content in files.items():
        write_bytes(folder / name, content)
    if wanted.json_file is not None:
        write_bytes(wanted.json_file, files[FIGURES_FILE])
    if wanted.csv_file is not None:
        write_bytes(wanted.csv_file, files[TABLE_FILE])
    if wanted.html is not None:
        write_bytes(wanted.html, files.get(PAGE_FILE) or _page(summary, wanted))
    if not wanted.is_piped:
        page = folder / (PAGE_FILE if wanted.is_html_wanted else FIGURES_FILE)
        output().print(f"\nReport: {(wanted.html or page).resolve()}", soft_wrap=True)
        if summary.recommendation.adapter:
            output().print(
                f"Next: primum evaluate --model hf:{summary.recommendation.adapter}",
                soft_wrap=True,
                markup=False,
            )


def _files(summary: ImproveSummary, wanted: Destinations) -> dict[str, bytes]:
    files = {
        FIGURES_FILE: improve_to_json(summary),
        TABLE_FILE: improve_to_csv(summary).encode(),
    }
    if wanted.is_html_wanted:
        files[PAGE_FILE] = _page(summary, wanted)
    return files


def _page(summary: ImproveSummary, wanted: Destinations) -> bytes:
    return render_improve_html(summary, wanted.language).encode()
