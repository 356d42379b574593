"""Running an improvement from the command line: plan, tune and measure, report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from primum.cli.improve_screen import extent, live_improvement, show_plan, warnings_of
from primum.cli.option import file_options, language_option, wait_option, workspace_option
from primum.cli.screen import download_bar, notes, output
from primum.core.errors import PrimumError, UserError, shorten
from primum.ledger.ledger import Ledger, open_ledger, read_ledger
from primum.ledger.workspace import Workspace, locate
from primum.studies.improve_known import known_work
from primum.studies.improve_plan import ImprovePlan, make_improve_plan
from primum.studies.improve_progress import ImproveProgress
from primum.studies.improve_reading import DEMO, Improvement, read_improvement
from primum.studies.improve_running import ImproveOutcome, run_improvement

INCOMPLETE = 3
"""Exit code of an improvement that ended with an adapter incomplete."""


@click.command(
    "run",
    short_help="Tune a model over a grid, and see what it gained and what it lost.",
    epilog=(
        "Exit codes: 0 done; 2 fix what the message says; 3 an adapter is incomplete or a budget "
        "is spent; 130 stopped. After 3 and 130 the same command continues."
    ),
)
@click.argument("improvement", required=False, metavar="FILE|PRESET")
@click.option("--demo", is_flag=True, help="A small one on this machine; no account needed.")
@click.option("--dry-run", is_flag=True, help="Show adapters, runs and time; tune and ask nothing.")
@file_options
@click.option("--no-html", is_flag=True, help="Write no HTML report.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
@language_option
def run_command(
    *,
    improvement: str | None,
    demo: bool,
    dry_run: bool,
    html: Path | None,
    json_file: Path | None,
    csv_file: Path | None,
    no_html: bool,
    quiet: bool,
    workspace: Path | None,
    wait: float,
    report_language: str,
) -> int:
    """Make a model safer, and see what that costs: tuning over a grid, measured before and after.

    FILE is an improvement file (TOML): how safety, over-refusal and capability are measured, and
    candidates, each a way to tune with lists for what is varied. PRESET is one that comes with
    Primum. Every combination and seed is one adapter; baseline and adapters are put to the same
    requests. The report shows what is gained and lost with intervals, learning curves, four
    failure signatures, transfer, the gate's decision, and which one to take, or why none.

    \b
    Examples:
      primum improve --demo
      primum improve list
      primum improve show demo > ours.toml
      primum improve ours.toml --dry-run
      primum improve ours.toml --report-language ja --html ours.html

    A file:

    \b
      id = "refusals-or-a-mix"
      title.en = "Refusals alone, or mixed with helpful answers?"
      model = "hf:embedded"
      seeds = [1, 2, 3]
      [[evaluate]]
      protocol = "primum-core"
      profile = "embedded-quick"
      [capability]
      tasks = ["primum-medical-small"]
      [[candidate]]
      name = "refusals"
      harmful = ["general"]
      size = [25, 50, 100]
      [[candidate]]
      name = "mix"
      harmful = ["general"]
      benign = ["benign"]
      benign_share = 0.5
      size = [50, 100, 200]
      [gate]
      policy = "gate.toml"

    Stop it whenever you like: the same command continues, within a tuning as well. Paths in the
    file are meant from the folder that the command is given in; the policy's from the file's.
    """
    chosen = _chosen(improvement, demo=demo)
    place = locate(workspace)
    typed = "primum " + shlex.join(sys.argv[1:])
    with download_bar("Fetching what this improvement needs") as download:
        plan = make_improve_plan(chosen, place, command=typed, download=download)
    if dry_run:
        _show(plan, place)
        return 0
    with open_ledger(place, wait_seconds=wait) as ledger:
        outcome = _run(plan, ledger, quiet=quiet)
        # Charts and tables are loaded only for an improvement that has ended.
        from primum.cli.destinations import Destinations
        from primum.cli.improve_report import report_improvement

        wanted = Destinations(
            place, report_language, html, json_file, csv_file, is_html_wanted=not no_html
        )
        report_improvement(plan, outcome, ledger, wanted)
    return 0 if outcome.is_complete else INCOMPLETE


def _chosen(name: str | None, *, demo: bool) -> Improvement:
    if demo and name is not None:
        raise UserError(f"--demo is one of its own; leave “{shorten(name)}” or --demo out.")
    if demo:
        return read_improvement(DEMO)
    if name is None:
        raise UserError(
            "Name an improvement file or a preset (“primum improve list”), or try “primum improve "
            "--demo”."
        )
    return read_improvement(name)


def _show(plan: ImprovePlan, place: Workspace) -> None:
    if not place.ledger.exists():
        show_plan(plan, known_work(plan, None), output())
        return
    with read_ledger(place) as ledger:
        show_plan(plan, known_work(plan, ledger), output())


def _run(plan: ImprovePlan, ledger: Ledger, *, quiet: bool) -> ImproveOutcome:
    if not quiet:
        place = plan.workspace.folder
        notes().print(f"{extent(plan)}. Workspace {place}.", style="dim", markup=False)
        for warning in warnings_of(plan):
            notes().print(f"Note: {shorten(warning, 400)}", style="yellow", markup=False)
    progress = ImproveProgress.of(plan)
    try:
        with live_improvement(progress, quiet=quiet):
            outcome = run_improvement(plan, ledger, progress)
    except PrimumError:
        notes().print(f"{progress.done:,} of {len(progress.steps):,} steps are done.", style="dim")
        raise
    for adapter in outcome.incomplete:
        notes().print(
            f"Incomplete: {shorten(adapter.name)}. {shorten(adapter.reason, 400)}",
            style="yellow",
            markup=False,
        )
    return outcome
