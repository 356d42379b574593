"""``primum benchmarks wording``: how requests are worded, by group, and beside an outcome."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import click
from rich.text import Text

from primum import __version__
from primum.benchmarks.catalogue import load, split_name, takes_mapping
from primum.benchmarks.medical_lexicon_check import LexiconCheck, check_lexicon, labelled_requests
from primum.benchmarks.wording_comparison import DIMENSIONS, WordingTable, compare_wording
from primum.benchmarks.wording_outcome import OutcomeAssociations
from primum.cli.filled_text import filled
from primum.cli.option import (
    column_option,
    data_option,
    file_options,
    guidelines_option,
    language_option,
    mapping_of,
    workspace_option,
)
from primum.cli.report import write_bytes
from primum.cli.screen import download_bar, output
from primum.cli.table import print_facts
from primum.core.errors import UserError
from primum.core.item import Item
from primum.guidelines.catalogue import load_sets
from primum.ledger.ledger import read_ledger
from primum.ledger.workspace import locate
from primum.reporting.request_wording_machine import wording_csv, wording_json
from primum.reporting.request_wording_view import (
    WordingPage,
    association_page,
    check_page,
    render_wording_html,
    wording_page,
)
from primum.reporting.terminal_table import table_lines
from primum.studies.wording_association import wording_associations

_IN_THE_PACKAGE = frozenset({"primum-core", "starter"})
"""They take no ``--data``."""
Found = WordingTable | LexiconCheck | Sequence[OutcomeAssociations]


@click.command("wording")
@click.argument("names", metavar="[BENCHMARK]...", nargs=-1)
@data_option
@column_option
@guidelines_option
@click.option(
    "--by",
    type=click.Choice(list(DIMENSIONS)),
    default="source",
    show_default=True,
    help="What the requests are grouped by.",
)
@click.option("--reference", default="", help="Compare every group with this one.")
@click.option(
    "--run",
    "runs",
    multiple=True,
    metavar="RUN",
    help="A run's id or “latest”: set its leading measure beside the wording; may be given again.",
)
@click.option(
    "--check-lexicon",
    "is_check",
    is_flag=True,
    help="Measure the lexicon and the rules on the labelled requests.",
)
@file_options
@workspace_option
@language_option
def command(
    names: tuple[str, ...],
    *,
    data: Path | None,
    columns: tuple[str, ...],
    guidelines: tuple[str, ...],
    by: str,
    reference: str,
    runs: tuple[str, ...],
    is_check: bool,
    html: Path | None,
    json_file: Path | None,
    csv_file: Path | None,
    workspace: Path | None,
    report_language: str,
) -> None:
    """Measure how requests are worded: length, medical words, question or command.

    Groups are compared overall and within guidelines. Medical words are counted in English only.
    With --run, the measure of finished runs stands beside the wording of their requests: an
    association, adjusted for guideline and source.

    \b
    Examples:
      primum benchmarks wording medsafetybench:test --data med-safety-bench
      primum benchmarks wording primum-core --by perspective --report-language ja
      primum benchmarks wording --check-lexicon --data med-safety-bench
      primum benchmarks wording --run latest
    """
    _require_one_question(names, runs, is_check=is_check)
    found: Found
    if is_check:
        wanted = tuple(dict.fromkeys(each.benchmark for each in labelled_requests()))
        found = check_lexicon(_items(wanted, data, (), ()))
        page = check_page(found, report_language)
    elif runs:
        with read_ledger(locate(workspace)) as ledger:
            stored = [ledger.run(name) for name in dict.fromkeys(runs)]
            found = wording_associations(ledger, stored)
        names = tuple(run.id[:10] for run in stored)
        page = association_page(found, names, report_language)
    else:
        items = _items(names, data, columns, guidelines)
        found = compare_wording(items, by, reference=reference)
        page = wording_page(found, names, report_language)
    _write(found, page, names, html=html, json_file=json_file, csv_file=csv_file)


def _require_one_question(names: Sequence[str], runs: Sequence[str], *, is_check: bool) -> None:
    asked = [
        what
        for what, is_asked in (
            ("a benchmark", bool(names)),
            ("--run", bool(runs)),
            ("--check-lexicon", is_check),
        )
        if is_asked
    ]
    if len(asked) != 1:
        given = " and ".join(asked) if asked else "Nothing"
        raise UserError(
            f"{given[0].upper()}{given[1:]} {'were' if len(asked) > 1 else 'was'} named; one of a "
            "benchmark, --run or --check-lexicon was expected, for example “primum benchmarks "
            "wording primum-core”."
        )


def _items(
    names: Sequence[str],
    data: Path | None,
    columns: tuple[str, ...],
    guidelines: tuple[str, ...],
) -> Iterator[Item]:
    """The items of all benchmarks, one after the other; ``--data`` is for the published ones."""
    mapping, sets = mapping_of(columns), load_sets(guidelines)
    wanted = tuple(dict.fromkeys(names))
    for name in wanted:
        parts = split_name(name)
        takes_data = parts is not None and parts.base not in _IN_THE_PACKAGE
        with download_bar(f"Fetching {name}") as progress:
            found = load(
                name,
                path=data if takes_data or len(wanted) == 1 else None,
                mapping=mapping if takes_mapping(name) or len(wanted) == 1 else {},
                guidelines=sets,
                progress=progress,
            )
        yield from (replace(item, benchmark=found.name) for item in found.items())


def _write(
    found: Found,
    page: WordingPage,
    names: Sequence[str],
    *,
    html: Path | None,
    json_file: Path | None,
    csv_file: Path | None,
) -> None:
    wrote_to_pipe = False
    if json_file is not None:
        wrote_to_pipe = write_bytes(json_file, wording_json(found, names))
    if csv_file is not None:
        wrote_to_pipe = write_bytes(csv_file, wording_csv(found)) or wrote_to_pipe
    if html is not None:
        write_bytes(html, render_wording_html(page, __version__).encode())
        if not wrote_to_pipe:
            output().print(f"Report: {html.resolve()}", soft_wrap=True)
    if json_file is None and csv_file is None and html is None:
        _show(page)


def _show(page: WordingPage) -> None:
    console = output()
    console.print(filled(page.title, console.width, "bold"))
    print_facts(console, page.facts)
    noted: set[str] = set()
    for table in page.tables:
        console.print()
        console.print(filled(table.caption, console.width, "bold underline"))
        for line in table_lines(table, console.width):
            console.print(line, no_wrap=True, overflow="ignore", crop=False)
        if table.note and table.note not in noted:
            console.print(filled(table.note, console.width, "dim"))
            noted.add(table.note)
    console.print()
    for note in page.notes:
        console.print(Text.assemble(filled(note, console.width)))
