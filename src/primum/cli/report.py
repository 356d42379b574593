"""``primum report``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click

from primum.cli.option import (
    file_options,
    guidelines_option,
    language_option,
    workspace_option,
)
from primum.cli.published import placed_beside
from primum.cli.screen import output
from primum.core.errors import UserError, WorkspaceError
from primum.core.summary import RunSummary
from primum.evaluation.along import Reading
from primum.evaluation.result import read_run
from primum.guidelines.catalogue import load_set
from primum.guidelines.crosswalk import STRENGTHS, Strength
from primum.guidelines.crosswalk_catalogue import load_crosswalks
from primum.ledger.ledger import read_ledger
from primum.ledger.workspace import locate
from primum.reporting.html import render_html
from primum.reporting.machine import to_csv, to_json
from primum.reporting.placement import Placement
from primum.reporting.terminal import render_terminal


@click.command("report", short_help="Show a run: terminal, HTML, JSON or CSV.")
@click.argument("run", default="latest")
@file_options
@click.option(
    "--examples",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="Example conversations for each perspective, intent and verdict (HTML, JSON).",
)
@click.option(
    "--beside",
    multiple=True,
    metavar="ID",
    help="Published results to place beside the run; those that its protocol names always are.",
)
@click.option(
    "--along",
    "sets",
    multiple=True,
    metavar="SET",
    help="Also read the results along this guideline set (a built-in id or a TOML file), through "
    "the crosswalks; may be given again.",
)
@click.option(
    "--strength",
    type=click.Choice(STRENGTHS),
    default="overlaps",
    show_default=True,
    help="For --along: the weakest link of a crosswalk that is followed.",
)
@click.option(
    "--crosswalk",
    "crosswalks",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="For --along: a crosswalk of your own (TOML), before the built-in ones.",
)
@guidelines_option
@workspace_option
@language_option
def command(
    run: str,
    *,
    beside: tuple[str, ...],
    sets: tuple[str, ...],
    strength: Strength,
    crosswalks: tuple[Path, ...],
    guidelines: tuple[str, ...],
    html: Path | None,
    json_file: Path | None,
    csv_file: Path | None,
    examples: int,
    workspace: Path | None,
    report_language: str,
) -> None:
    """Show a run with every breakdown.

    RUN is a run's id, the beginning of one, or “latest”. Reports are made from the ledger alone:
    no model is asked. An incomplete run is shown as it stands.

    \b
    Examples:
      primum report
      primum report latest --report-language ja --html report.html
      primum report 3f9a --json - | jq .cells
      primum report latest --beside jmedethicbench-v1 --html report.html
      primum report latest --along jma-2018 --along patient-safety --html report.html
    """
    readings = _readings(sets, strength, crosswalks, guidelines)
    place = locate(workspace)
    with read_ledger(place) as ledger:
        stored = ledger.run(run)
        evaluated = read_run(ledger, stored, examples_per_group=examples, readings=readings)
    summary = evaluated.summary
    placements = placed_beside(summary, beside)
    wrote_to_pipe = False
    if json_file is not None:
        wrote_to_pipe = write_bytes(json_file, to_json(summary, placements))
    if csv_file is not None:
        wrote_to_pipe = write_bytes(csv_file, to_csv(summary, placements).encode()) or wrote_to_pipe
    if wrote_to_pipe:
        return
    if json_file is None and csv_file is None and html is None:
        render_terminal(summary, output(), report_language, placements=placements)
        default = place.reports / f"{stored.id}.html"
        if default.exists():
            output().print(f"\nReport: {default.resolve()}", soft_wrap=True)
    if html is not None:
        path = write_html(summary, html, report_language, placements)
        output().print(f"Report: {path}", soft_wrap=True)


def _readings(
    names: Sequence[str],
    strength: Strength,
    crosswalks: Sequence[Path],
    guidelines: Sequence[str],
) -> tuple[Reading, ...]:
    """The sets to read the run along; a user's own set may be named by its file or by its id."""
    if not names:
        if crosswalks:
            raise UserError("--crosswalk serves --along; name the set to read the run along.")
        return ()
    extra = {one.id: one for one in map(load_set, guidelines)}
    along = [extra.get(name) or load_set(name) for name in dict.fromkeys(names)]
    walks = load_crosswalks(crosswalks, (*extra.values(), *along))
    return tuple(Reading(one, walks, strength) for one in along)


def write_html(
    summary: RunSummary,
    path: Path,
    language: str,
    placements: Sequence[Placement] | None = None,
) -> Path:
    """Write the HTML report; the absolute path of the file.

    Without ``placements`` stands beside the run what its protocol names.
    """
    if placements is None:
        placements = placed_beside(summary, ())
    write_bytes(path, render_html(summary, language, placements).encode())
    return path.resolve()


def write_bytes(path: Path, content: bytes) -> bool:
    """Write the file, or standard output for ``-``; whether it was standard output.

    Raises:
        WorkspaceError: it cannot be written.
    """
    if str(path) == "-":
        sys.stdout.buffer.write(content)
        return True
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be written ({error.strerror}). The run itself is kept; name another "
            "file, for example “primum report latest --html FILE”."
        ) from error
    return False
