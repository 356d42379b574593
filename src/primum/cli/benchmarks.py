"""``primum benchmarks``."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from pathlib import Path

import click

from primum.benchmarks.benchmark import REASONS, Benchmark
from primum.benchmarks.catalogue import list_benchmarks, load, split_name, takes_mapping
from primum.benchmarks.check import check
from primum.benchmarks.registry import ENTRIES, Entry
from primum.benchmarks.selection import limit as first_items
from primum.benchmarks.twins import leaks, near_twins
from primum.cli import coverage, wording
from primum.cli.number_range import NumberRange
from primum.cli.option import column_option, data_option, guidelines_option, mapping_of
from primum.cli.screen import download_bar, output
from primum.cli.table import print_facts, print_table
from primum.core.errors import UserError, shorten
from primum.core.item import Item
from primum.guidelines.catalogue import load_sets


@click.group("benchmarks")
def command() -> None:
    """List, show and check benchmarks; count what they cover; find near twins."""


command.add_command(coverage.command)
command.add_command(wording.command)


@command.command("list")
def list_all() -> None:
    """List the known benchmarks and their views."""
    print_table(
        output(),
        ("benchmark", "items", "what it is"),
        (
            (
                entry.name if view is entry.views[0] else f"{entry.name}:{view.name}",
                f"{view.count:,}" if view.count is not None else "",
                entry.title if view is entry.views[0] else view.title,
            )
            for entry in list_benchmarks()
            for view in entry.views
        ),
    )
    output().print(
        "\nA file of your own: --benchmark FILE.jsonl (.csv, .json, .parquet). Another version of "
        "a set on the hub: NAME@REVISION."
    )


@command.command("show")
@click.argument("benchmark")
@data_option
@column_option
@guidelines_option
@click.option(
    "--items",
    "count",
    type=click.IntRange(min=0),
    default=3,
    show_default=True,
    help="How many items to print, shortened.",
)
def show(
    benchmark: str,
    *,
    data: Path | None,
    columns: tuple[str, ...],
    guidelines: tuple[str, ...],
    count: int,
) -> None:
    """Show a benchmark: licence, terms, citation, columns, what was left out, the first items.

    What is to be known about a published set is shown before its data are fetched.

    \b
    Example:
      primum benchmarks show xstest:safe
      primum benchmarks show jmedethicbench --data FOLDER --column strategy=attack_type
    """
    console = output()
    parts = split_name(benchmark)
    entry = ENTRIES[parts.base] if parts else None
    if entry is not None and entry.card is not None:
        print_facts(console, _before_use(entry))
        console.print()
    found = _load(benchmark, data, columns, guidelines)
    print_facts(console, _facts(found, is_carded=entry is not None and entry.card is not None))
    if count:
        console.print()
        print_table(
            console,
            ("item", "labels", "first turn"),
            (
                (
                    shorten(item.name or item.id, 30),
                    f"{item.language} {item.perspective} {item.intent}",
                    shorten(item.turns[0], 120),
                )
                for item in first_items(found.items(), count)
            ),
        )


def _before_use(entry: Entry) -> Iterator[tuple[str, str]]:
    """What is to be known about a published set before it is fetched."""
    card = entry.card
    if card is None:
        return
    yield "benchmark", f"{entry.name} ({entry.title})"
    yield "data set", f"{card.repository} on the Hugging Face hub" if card.repository else ""
    yield "access", "gated: accept the terms on its page, then set HF_TOKEN" * card.is_gated
    yield "licence", card.licence
    yield "terms", card.terms
    yield "citation", card.citation
    yield "homepage", card.homepage
    yield "fields", f"{', '.join(entry.fields)} (--column FIELD=COLUMN)" if entry.fields else ""


def _facts(found: Benchmark, *, is_carded: bool) -> Iterator[tuple[str, str]]:
    """What was read, and what there is to know about it."""
    report = found.report
    yield "benchmark", f"{found.name} ({found.title})"
    yield "version", found.version
    yield "items", f"{found.count:,} of {report.read:,} read"
    yield "left out", _reasons(report.dropped)
    yield "changed", _reasons(report.changed)
    yield "columns", ", ".join(f"{ours}={theirs}" for ours, theirs in found.columns.items())
    for note in report.notes:
        yield "note", note
    if not is_carded:
        yield "licence", found.licence
        yield "terms", found.terms
        yield "citation", found.citation
        yield "homepage", found.homepage
    yield "guidelines", ", ".join(one.id for one in found.guideline_sets)
    yield "fingerprint", found.fingerprint


def _reasons(counts: Mapping[str, int]) -> str:
    return "; ".join(f"{n:,} × {REASONS.get(code, code)}" for code, n in counts.items())


@command.command("check")
@click.argument("benchmark")
@data_option
@column_option
@guidelines_option
@click.option(
    "--against",
    multiple=True,
    metavar="NAME[=PATH]",
    help="A benchmark that should hold no near duplicate of an item; PATH is its data.",
)
def check_one(
    benchmark: str,
    *,
    data: Path | None,
    columns: tuple[str, ...],
    guidelines: tuple[str, ...],
    against: tuple[str, ...],
) -> None:
    """Check pairs, languages, balance, words and near duplicates; exit code 2 on an error.

    \b
    Example:
      primum benchmarks check primum-core --against medsafetybench:llama3=med-safety-bench
    """
    others = [_other(each, guidelines) for each in against]
    report = check(_load(benchmark, data, columns, guidelines), against=others)
    console = output()
    print_facts(
        console,
        [
            ("benchmark", report.name),
            ("items", f"{report.count:,}"),
            *(
                (
                    dimension,
                    ", ".join(f"{shorten(name)} {n:,}" for name, n in sorted(values.items())),
                )
                for dimension, values in report.counts.items()
            ),
        ],
    )
    if report.findings:
        console.print()
        print_table(
            console,
            ("level", "finding"),
            (
                (
                    f.level,
                    f"{shorten(f.item)}: {f.text} ({f.code})" if f.item else f"{f.text} ({f.code})",
                )
                for f in report.findings
            ),
        )
    if not report.is_sound:
        errors = sum(finding.level == "error" for finding in report.findings)
        raise UserError(f"{report.name} has {errors} error(s); see the list above.")
    console.print("\nSound: no error found.")


def _other(named: str, guidelines: tuple[str, ...]) -> Benchmark:
    """The benchmark of ``NAME`` or ``NAME=PATH``."""
    name, has_path, path = named.partition("=")
    if has_path and split_name(name) is not None:
        return _load(name, Path(path), guidelines=guidelines)
    return _load(named, None, guidelines=guidelines)


@command.command("twins")
@click.argument("benchmark")
@click.argument("other", required=False)
@data_option
@column_option
@guidelines_option
@click.option(
    "--threshold",
    type=NumberRange(0, 1, min_open=True),
    default=0.7,
    show_default=True,
    help="Least token Jaccard index of a pair.",
)
@click.option(
    "--show",
    "most",
    type=click.IntRange(min=0),
    default=20,
    show_default=True,
    help="How many pairs to print.",
)
def twins(
    benchmark: str,
    other: str | None,
    *,
    data: Path | None,
    columns: tuple[str, ...],
    guidelines: tuple[str, ...],
    threshold: float,
    most: int,
) -> None:
    """Find items that ask almost the same, inside one benchmark or between two.

    \b
    Example:
      primum benchmarks twins medsafetybench:train medsafetybench:test --data med-safety-bench
    """
    first = _load(benchmark, data, columns if takes_mapping(benchmark) else (), guidelines)
    second = None
    if other:
        second = _load(other, data, columns if takes_mapping(other) else (), guidelines)
    pairs = near_twins(first.items(), second.items() if second else None, threshold)
    console = output()
    where = f"between {first.name} and {second.name}" if second else f"inside {first.name}"
    console.print(f"{len(pairs):,} pair(s) with a token Jaccard of at least {threshold:g} {where}.")
    if second is not None:
        side = {pair.b.id for pair in pairs}
        same = len(leaks(first.items(), second.items()))
        console.print(
            f"{len(side):,} items of {second.name} have a near twin in {first.name}; {same:,} are "
            "equal but for case and punctuation."
        )
    print_table(
        console,
        ("Jaccard", "one", "other"),
        ((f"{pair.jaccard:.2f}", _text(pair.a), _text(pair.b)) for pair in pairs[:most]),
    )
    if len(pairs) > most:
        console.print(f"… and {len(pairs) - most:,} more (--show N)")


@command.command("answers")
@click.argument("benchmark")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@data_option
@column_option
@guidelines_option
def answers_template(
    benchmark: str,
    file: Path,
    *,
    data: Path | None,
    columns: tuple[str, ...],
    guidelines: tuple[str, ...],
) -> None:
    """Write a CSV form in which people, or a closed system, can answer the benchmark.

    It has one row for each turn; fill in the columns “answer” and “respondent”, then evaluate it
    with --model answers:FILE.
    """
    if file.exists():
        raise UserError(f"{file} exists already; answers in it would be lost. Name another file.")
    rows = 0
    with file.open("w", newline="", encoding="utf-8-sig") as out:
        writer = csv.writer(out)
        writer.writerow(("item", "turn", "request", "answer", "respondent"))
        for item in _load(benchmark, data, columns, guidelines).items():
            for turn, text in enumerate(item.turns, start=1):
                writer.writerow((item.name or item.id, turn, _no_formula(text), "", ""))
                rows += 1
    output().print(f"{rows:,} rows to answer are in {file}.", markup=False)


def _no_formula(text: str) -> str:
    """The text as a spreadsheet shows it, never as a formula."""
    return f"'{text}" if text[:1] in {"=", "+", "-", "@", "\t", "\r"} else text


def _text(item: Item) -> str:
    return shorten(item.turns[0], 60)


def _load(
    name: str,
    data: Path | None,
    columns: tuple[str, ...] = (),
    guidelines: tuple[str, ...] = (),
) -> Benchmark:
    with download_bar(f"Fetching {name}") as progress:
        return load(
            name,
            path=data,
            mapping=mapping_of(columns),
            guidelines=load_sets(guidelines),
            progress=progress,
        )
