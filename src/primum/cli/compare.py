"""``primum compare``."""

from __future__ import annotations

from pathlib import Path

import click

from primum.cli.option import file_options, language_option, workspace_option
from primum.cli.report import write_bytes
from primum.cli.screen import output
from primum.evaluation.comparison import compare
from primum.evaluation.result import read_run, settings_of
from primum.ledger.ledger import read_ledger
from primum.ledger.workspace import locate
from primum.reporting.html import render_comparison_html
from primum.reporting.machine import comparison_to_csv, comparison_to_json
from primum.reporting.terminal import render_comparison_terminal


@click.command("compare", short_help="Compare two runs item by item, with tests.")
@click.argument("first")
@click.argument("second")
@file_options
@workspace_option
@language_option
def command(
    first: str,
    second: str,
    *,
    html: Path | None,
    json_file: Path | None,
    csv_file: Path | None,
    workspace: Path | None,
    report_language: str,
) -> None:
    """Compare two runs of one workspace on the items that both have.

    FIRST and SECOND are run ids, beginnings of them, or “latest”. Differences are second minus
    first, paired by item, repeat and turn; what dropped out is counted.

    \b
    Example:
      primum compare 3f9a 77c0 --html comparison.html
    """
    with read_ledger(locate(workspace)) as ledger:
        runs = [ledger.run(name) for name in (first, second)]
        sides = [read_run(ledger, run, examples_per_group=0) for run in runs]
    comparison = compare(sides[0], sides[1], settings=settings_of(runs[0]))
    wrote_to_pipe = False
    if json_file is not None:
        wrote_to_pipe = write_bytes(json_file, comparison_to_json(comparison))
    if csv_file is not None:
        content = comparison_to_csv(comparison).encode()
        wrote_to_pipe = write_bytes(csv_file, content) or wrote_to_pipe
    if wrote_to_pipe:
        return
    if html is not None:
        write_bytes(html, render_comparison_html(comparison, report_language).encode())
        output().print(f"Report: {html.resolve()}", soft_wrap=True)
    elif json_file is None and csv_file is None:
        render_comparison_terminal(comparison, output(), report_language)
