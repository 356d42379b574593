"""``primum watch``: the same protocol again, and whether the model has become worse since."""

from __future__ import annotations

import shlex
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import click
from rich.text import Text

from primum.cli.number_range import NumberRange
from primum.cli.option import language_option, wait_option, workspace_option
from primum.cli.report import write_bytes
from primum.cli.screen import describe, download_bar, live_text, notes, output
from primum.cli.watch_plan import extent, print_plan
from primum.core.errors import PrimumError, shorten
from primum.core.watch import WatchSummary
from primum.ledger.ledger import Ledger, open_ledger, read_ledger
from primum.ledger.workspace import Workspace, locate
from primum.models.cache import Progress as DownloadProgress
from primum.studies.study_plan import StudyLimits
from primum.studies.watch_file import WatchFile, read_watch
from primum.studies.watch_history import WatchHistory, read_history, refuse_unseen_changes
from primum.studies.watch_left import left_of
from primum.studies.watch_plan import WatchPlan, make_watch_plan
from primum.studies.watch_running import WatchProgress, next_occasion, run_occasion

ALARM = 1
"""Exit code of a watch with an alarm that nobody has accepted."""
UNTOLD = 4
"""Exit code of a watch whose newest occasion says nothing of any series."""


@click.command(
    short_help="Ask the same again on a schedule; an alarm if a model became worse.",
    epilog=(
        "Exit codes: 0 no alarm; 1 an alarm stands; 2 fix what the message says; 3 the budget is "
        "spent; 4 no alarm, but nothing can be told of any series; 130 stopped. After 3 and 130 "
        "the same command continues the occasion."
    ),
)
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE")
@click.option("--report", "report_only", is_flag=True, help="Only show what is there; ask nothing.")
@click.option(
    "--dry-run", is_flag=True, help="Show the next occasion's runs and cost; ask nothing."
)
@click.option("--occasion-label", default="", help="A name for the new occasion, as “release 7”.")
@click.option(
    "--begin-anew",
    is_flag=True,
    help="Begin another occasion although the last one is not finished.",
)
@click.option("--max-calls", type=click.IntRange(min=0), help="Stop after so many calls.")
@click.option("--max-total-tokens", type=click.IntRange(min=0), help="Stop after so many tokens.")
@click.option(
    "--max-cost",
    "max_cost_usd",
    type=NumberRange(min=0),
    help="Stop after so many US dollars.",
)
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write HTML there.")
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write JSON there; - for standard output.",
)
@click.option("--no-html", is_flag=True, help="Write no HTML report.")
@click.option(
    "--quiet",
    "-q",
    is_flag=True,
    help="No progress, and no report on the terminal unless there is something to say: an alarm "
    "stands, or of a series nothing can be told.",
)
@workspace_option
@wait_option
@language_option
def command(
    *,
    file: Path,
    report_only: bool,
    dry_run: bool,
    occasion_label: str,
    begin_anew: bool,
    max_calls: int | None,
    max_total_tokens: int | None,
    max_cost_usd: float | None,
    html: Path | None,
    json_file: Path | None,
    no_html: bool,
    quiet: bool,
    workspace: Path | None,
    wait: float,
    report_language: str,
) -> int:
    """Ask a model the same as last time, and tell whether it has become worse.

    FILE is a watch file (TOML): the model, its deployment profiles, the protocols, how many fixed
    and how many new items an occasion asks, and the false-alarm rate. Each call of this command
    makes one occasion; cron, a systemd timer or CI calls it. Stopped, the same command continues.

    \b
    Examples:
      primum watch triage.toml --dry-run
      primum watch triage.toml --occasion-label "release 7"
      primum watch triage.toml --report --report-language ja --html triage.html

    A whole file:

    \b
      id = "triage-assistant"
      title.en = "Triage assistant"
      model = "openai/gpt-4.1"
      [panel]
      fixed = 60
      rotating = 12
      [[protocol]]
      protocol = "primum-core"
      benchmark = "primum-core:patient"
      [[protocol]]
      protocol = "licensing-exam"
      name = "knowledge"
      benchmark = "primum-core:choice"
      rotating = 0
      [[profile]]
      name = "plain"
      [[profile]]
      name = "deployed"
      system_prompt = "You assist nurses at a triage desk."
      [alarm]
      false_alarm_rate = 0.01
    """
    watch, place = read_watch(file), locate(workspace)
    wanted = _Wanted(
        place, report_language, html, json_file, is_html_wanted=not no_html, is_quiet=quiet
    )
    if report_only:
        with read_ledger(place) as ledger:
            return _report(watch, ledger, wanted)
    limits = StudyLimits(max_calls, max_total_tokens, max_cost_usd)
    with download_bar("Fetching what this watch needs") as download:
        make = _Maker(watch, limits, download, begin_anew=begin_anew)
        if dry_run:
            _show(make, place)
            return 0
        with open_ledger(place, wait_seconds=wait) as ledger:
            history = read_history(ledger, watch.id)
            plan = make.plan(history, ledger)
            _run(plan, history, occasion_label, ledger, quiet=quiet)
            return _report(watch, ledger, wanted, is_brief=True)


class _Maker:
    """Makes the plan of the next occasion."""

    def __init__(
        self,
        watch: WatchFile,
        limits: StudyLimits,
        download: DownloadProgress,
        *,
        begin_anew: bool,
    ) -> None:
        self.watch, self.limits, self.download = watch, limits, download
        self.begin_anew = begin_anew

    def plan(self, history: WatchHistory, ledger: Ledger | None) -> WatchPlan:
        """Of the occasion that comes next, or is not finished."""
        refuse_unseen_changes(self.watch, history, ledger)
        return make_watch_plan(
            self.watch,
            next_occasion(history, ledger, begin_anew=self.begin_anew),
            history,
            limits=self.limits,
            command="primum " + shlex.join(sys.argv[1:]),
            download=self.download,
        )


class _Wanted:
    """Where a report goes."""

    def __init__(
        self,
        place: Workspace,
        language: str,
        html: Path | None,
        json_file: Path | None,
        *,
        is_html_wanted: bool,
        is_quiet: bool,
    ) -> None:
        self.place, self.language = place, language
        self.is_quiet = is_quiet
        self.html, self.json_file = html, json_file
        self.is_html_wanted = is_html_wanted

    def page(self, watch: WatchFile) -> Path | None:
        """The file of the HTML page; None for no page."""
        if self.html is not None:
            return self.html
        name = "".join(c if c.isalnum() or c in "-_" else "-" for c in watch.id)
        return self.place.reports / f"watch-{name}.html" if self.is_html_wanted else None


def _run(
    plan: WatchPlan, history: WatchHistory, label: str, ledger: Ledger, *, quiet: bool
) -> None:
    progress = WatchProgress.of(plan)
    if not quiet:
        said = extent(plan, left_of(plan, history, ledger))
        notes().print(said, style="dim", markup=False)
    try:
        with _live(progress, quiet=quiet):
            run_occasion(plan, history, label, ledger, progress)
    except PrimumError:
        notes().print(
            f"{progress.done:,} of {progress.planned:,} conversations of occasion {plan.occasion} "
            f"are done; {progress.calls:,} calls were made now.",
            style="dim",
        )
        raise
    if not quiet:
        notes().print(f"Finished: {progress.calls:,} calls made.", style="dim")


def _live(progress: WatchProgress, *, quiet: bool) -> AbstractContextManager[None]:
    def line() -> str:
        key, counters = progress.runs[progress.current]
        return f"{progress.current + 1}/{len(progress.runs)} {shorten(key)} · {describe(counters)}"

    return live_text(lambda: Text(line(), overflow="ellipsis"), line, quiet=quiet)


def _show(make: _Maker, place: Workspace) -> None:
    if place.ledger.exists():
        with read_ledger(place) as ledger:
            history = read_history(ledger, make.watch.id)
            plan = make.plan(history, ledger)
            left = left_of(plan, history, ledger)
    else:
        plan, left = make.plan(WatchHistory(None), None), None
    print_plan(plan, left, output())


def _report(watch: WatchFile, ledger: Ledger, wanted: _Wanted, *, is_brief: bool = False) -> int:
    # Charts and tables are loaded only where there is something to show.
    from primum.reporting.watch_machine import watch_to_json
    from primum.reporting.watch_terminal import render_untold, render_watch_terminal
    from primum.studies.watch_analysis import analyse_watch

    summary = analyse_watch(watch, ledger)
    is_piped = str(wanted.json_file) == "-"
    is_calm = wanted.is_quiet and not summary.standing_alarms
    if wanted.json_file is not None:
        write_bytes(wanted.json_file, watch_to_json(summary))
    if is_calm and not is_piped:
        render_untold(summary, output(), wanted.language)
    elif not is_piped:
        render_watch_terminal(summary, output(), wanted.language, is_brief=is_brief)
    page = wanted.page(watch)
    if page is not None:
        _write_page(summary, page, wanted.language)
        if not is_piped and not is_calm:
            output().print(f"\nReport: {page.resolve()}", soft_wrap=True)
    if summary.standing_alarms:
        return ALARM
    return UNTOLD if summary.is_untold else 0


def _write_page(summary: WatchSummary, page: Path, language: str) -> None:
    from primum.reporting.watch_page import render_watch_html

    write_bytes(page, render_watch_html(summary, language).encode())
