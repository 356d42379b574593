"""Running a study from the command line: plan, run, report."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click

from primum.cli.evaluate import LimitType
from primum.cli.number_range import NumberRange
from primum.cli.option import file_options, language_option, wait_option, workspace_option
from primum.cli.screen import download_bar, notes, output
from primum.cli.study_screen import extent, live_study, show_plan
from primum.core.errors import PrimumError, UserError, shorten
from primum.ledger.ledger import Ledger, open_ledger, read_ledger
from primum.ledger.workspace import Workspace, locate
from primum.studies.reading import read_study
from primum.studies.running import StudyOutcome, run_study
from primum.studies.study_file import StudyFile
from primum.studies.study_plan import StudyLimits, StudyPlan, make_study_plan
from primum.studies.study_plan_known import expected_seconds, known_runs
from primum.studies.study_progress import StudyProgress

INCOMPLETE = 3
"""Exit code of a study that ended with a model incomplete: the same command continues it."""


@click.command(
    "run",
    short_help="Compare many models, groups of models and people in one study.",
    epilog=(
        "Exit codes: 0 done; 2 fix what the message says; 3 a model is incomplete or the budget is "
        "spent; 130 stopped. After 3 and 130 the same command continues."
    ),
)
@click.argument("study", required=False, metavar="FILE|PRESET")
@click.option("--demo", is_flag=True, help="A small study on this machine; no account needed.")
@click.option("--dry-run", is_flag=True, help="Show runs, calls, tokens and cost; ask nothing.")
@click.option("--limit", type=LimitType(), help="How many items of each protocol at most.")
@click.option(
    "--data",
    multiple=True,
    metavar="NAME=PATH",
    help="Where a published set lies, instead of a download. Repeatable.",
)
@click.option("--max-calls", type=click.IntRange(min=0), help="Stop after so many calls in all.")
@click.option("--max-total-tokens", type=click.IntRange(min=0), help="Stop after so many tokens.")
@click.option(
    "--max-cost",
    "max_cost_usd",
    type=NumberRange(min=0),
    help="Stop after so many US dollars in all.",
)
@file_options
@click.option("--no-html", is_flag=True, help="Write no HTML report.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
@language_option
def run_command(
    *,
    study: str | None,
    demo: bool,
    dry_run: bool,
    limit: Any,
    data: tuple[str, ...],
    max_calls: int | None,
    max_total_tokens: int | None,
    max_cost_usd: float | None,
    html: Path | None,
    json_file: Path | None,
    csv_file: Path | None,
    no_html: bool,
    quiet: bool,
    workspace: Path | None,
    wait: float,
    report_language: str,
) -> int:
    """Compare many models, groups of models and people in one study, and report.

    FILE is a study file (TOML): its models with class, base, family and size, its protocols, and
    the contrasts that it declares before the first call. PRESET is one that comes with Primum
    (“primum study list”). Models at different endpoints are asked side by side. Paths in a study
    file are meant from the folder that the command is given in.

    \b
    Examples:
      primum study --demo
      primum study list
      primum study show mediphi > ours.toml
      primum study ours.toml --dry-run
      primum study ours.toml --limit 20 --max-cost 5
      primum study ours.toml --report-language ja --html ours.html

    A file of two models and one contrast:

    \b
      id = "tuned-against-base"
      title.en = "Does medical tuning cost safety?"
      [[protocol]]
      protocol = "primum-core"
      [[model]]
      name = "base"
      model = "openrouter/qwen/qwen3-8b"
      class = "general"
      [[model]]
      name = "tuned"
      model = "ii-medical-8b"
      base_url = "http://localhost:8000/v1"
      class = "medical"
      base = "base"
      [[contrast]]
      name = "medical tuning"
      kind = "pairs"

    Stop it whenever you like: the same command continues, and nothing is paid for twice. A model
    whose endpoint is down is marked incomplete, and all others go on.
    """
    declared = _chosen(study, demo=demo)
    limits = StudyLimits(max_calls, max_total_tokens, max_cost_usd)
    typed = "primum " + shlex.join(sys.argv[1:])
    place = locate(workspace)
    with download_bar("Fetching what this study needs") as download:
        plan = make_study_plan(
            declared, limit=limit, limits=limits, data=data, command=typed, download=download
        )
        if dry_run:
            _show(plan, place)
            return 0
        with open_ledger(place, wait_seconds=wait) as ledger:
            outcome = _run(plan, ledger, place, quiet=quiet)
            # Charts and tables are loaded only for a study that has ended.
            from primum.cli.destinations import Destinations
            from primum.cli.study_report import report_study

            wanted = Destinations(
                place, report_language, html, json_file, csv_file, is_html_wanted=not no_html
            )
            report_study(plan, outcome, ledger, wanted)
    return 0 if outcome.is_complete else INCOMPLETE


def _chosen(study: str | None, *, demo: bool) -> StudyFile:
    if demo and study is not None:
        raise UserError(f"--demo is a study of its own; leave “{shorten(study)}” or --demo out.")
    if demo:
        from primum.studies.demo import demo_study

        return demo_study()
    if study is None:
        raise UserError(
            "Name a study file or a preset (“primum study list”), or try “primum study --demo”."
        )
    return read_study(study)


def _show(plan: StudyPlan, place: Workspace) -> None:
    if not place.ledger.exists():
        show_plan(plan, {}, None, output())
        return
    with read_ledger(place) as ledger:
        show_plan(plan, known_runs(plan, ledger), expected_seconds(plan, ledger), output())


def _run(plan: StudyPlan, ledger: Ledger, place: Workspace, *, quiet: bool) -> StudyOutcome:
    if not quiet:
        _announce(plan, place)
    progress = StudyProgress.of(plan)
    try:
        with live_study(progress, quiet=quiet):
            outcome = run_study(plan, ledger, progress)
    except PrimumError:
        notes().print(
            f"{progress.runs_done - progress.runs_incomplete:,} of {len(progress.runs):,} runs and "
            f"{progress.done:,} of {progress.planned:,} conversations are done; "
            f"{progress.calls:,} calls were made now.",
            style="dim",
        )
        raise
    if not quiet:
        calls = f"{progress.calls:,} calls made" if progress.calls else "no call was needed"
        reused = f", {progress.reused:,} found in the ledger" if progress.reused else ""
        notes().print(f"Finished: {calls}{reused}.", style="dim")
    for member in outcome.incomplete:
        notes().print(
            f"Incomplete: {shorten(member.name)}. {shorten(member.reason, 400)}",
            style="yellow",
            markup=False,
        )
    return outcome


def _announce(plan: StudyPlan, place: Workspace) -> None:
    lanes = len({run.lane for run in plan.runs})
    beside = f", {lanes} endpoints side by side" if lanes > 1 else ""
    notes().print(
        f"{plan.study.id}: {extent(plan)}, {plan.totals.calls:,} calls at most{beside}. "
        f"Workspace {place.folder}.",
        style="dim",
        markup=False,
    )
