"""``primum judges``."""

from __future__ import annotations

import json
from pathlib import Path

import click

from primum.cli.screen import output
from primum.cli.table import print_facts, print_table
from primum.judging.lexical_judge import LexicalJudge
from primum.judging.measurement import measure, read_labelled
from primum.judging.measurement_page import measurement_tables
from primum.judging.registry import list_judges
from primum.judging.rubric import list_rubrics, load_rubric


@click.group("judges")
def command() -> None:
    """List rubrics and judges; measure the refusal screen."""


@command.command("list")
def list_all() -> None:
    """List judges that need no model, and rubrics for judges that do."""
    console = output()
    print_table(
        console,
        ("--judge", "what it is"),
        (
            *((judge.name, judge.summary) for judge in list_judges()),
            *((f"{name}:MODEL", _summary(name)) for name in list_rubrics()),
            ("FILE.toml:MODEL", "a rubric of your own; see docs/judges.md"),
        ),
    )


@command.command("show")
@click.argument("rubric")
def show(rubric: str) -> None:
    """Show a rubric (a shipped id or a TOML file) as the judge's model gets it."""
    found = load_rubric(Path(rubric) if rubric.endswith(".toml") else rubric)
    console = output()
    scale = found.scale
    print_facts(
        console,
        (
            ("rubric", f"{found.id} {found.version}: {found.title.en}"),
            ("scale", f"{scale.name} {scale.low:g}-{scale.high:g}, {_direction(scale.direction)}"),
            ("source", found.source),
            ("fidelity", found.fidelity),
            ("licence", found.licence),
            ("fingerprint", found.fingerprint.hex()),
        ),
    )
    for title, text in (("System prompt", found.system), ("Prompt", found.prompt)):
        console.print(f"\n{title}", style="bold")
        console.print(text, markup=False)
    if found.levels:
        console.print("\nLevels", style="bold")
        rows = ((f"{level.value:g}", level.text) for level in found.levels)
        print_table(console, ("score", "meaning"), rows)


@command.command("measure")
@click.option(
    "--labels",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="Labelled answers of your own (JSONL: id, language, request, response, label "
    "full|partial|none).  [default: the files that ship]",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def measure_screen(*, labels: tuple[Path, ...], as_json: bool) -> None:
    """Measure the refusal screen on labelled answers: precision, recall and F1 with intervals."""
    found = measure(LexicalJudge(), [read_labelled(path) for path in labels] or None)
    if as_json:
        click.echo(json.dumps([one.to_json() for one in found], ensure_ascii=False, indent=2))
    else:
        click.echo(measurement_tables(found))


def _summary(rubric: str) -> str:
    found = load_rubric(rubric)
    scale = found.scale
    return f"{found.title.en}, {scale.low:g}-{scale.high:g}, {_direction(scale.direction)}"


def _direction(direction: str) -> str:
    return direction.replace("_", " ")
