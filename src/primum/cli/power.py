"""``primum power``: from a question to n, before anything is paid for."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from primum.cli.number_range import NumberRange
from primum.cli.power_answer import Answer, answer_of
from primum.cli.power_question import Question
from primum.cli.screen import output
from primum.cli.table import print_facts
from primum.core.errors import WorkspaceError

SCHEMA = "primum-power-1"
_SHARE = NumberRange(0, 1, min_open=True, max_open=True)
_POSITIVE = NumberRange(0, min_open=True)


def _design_options(command: Any) -> Any:
    """``--paired``, ``--independent`` and ``--single``."""
    for name, text in (
        ("single", "One figure: how long its interval is."),
        ("independent", "Two sides with items of their own; n counts each side."),
        ("paired", "Two sides on the same items, as “primum compare” makes them.  [default]"),
    ):
        command = click.option(f"--{name}", "design", flag_value=name, type=str, help=text)(command)
    return command


@click.command("power", short_help="How many items a question needs; what n items can show.")
@click.option(
    "--outcome",
    type=click.Choice(["rate", "mean"]),
    default="rate",
    show_default=True,
    help="A share of answers, or a mean score.",
)
@_design_options
@click.option("--baseline", metavar="SHARE", type=_SHARE, help="The rate of the first side, 0-1.")
@click.option(
    "--difference",
    metavar="NUMBER",
    type=NumberRange(),
    help="What should be found, second minus first.",
)
@click.option("--n", "size", metavar="N", type=click.IntRange(2, 10**9), help="Items there are.")
@click.option(
    "--half-width", metavar="NUMBER", type=_POSITIVE, help="With --single: the interval wanted, ±."
)
@click.option(
    "--correlation",
    metavar="NUMBER",
    type=NumberRange(0, 1, max_open=True),
    help="How alike the sides' verdicts are: phi, or r for means.  [default: a guess, halfway]",
)
@click.option(
    "--discordance", metavar="SHARE", type=_SHARE, help="Instead: share of items judged otherwise."
)
@click.option(
    "--sd", metavar="NUMBER", type=_POSITIVE, help="Standard deviation of a score, for means."
)
@click.option(
    "--sd-difference", metavar="NUMBER", type=_POSITIVE, help="Or that of the paired differences."
)
@click.option(
    "--power",
    metavar="SHARE",
    type=_SHARE,
    default=0.8,
    show_default=True,
    help="Chance to find it.",
)
@click.option(
    "--alpha",
    metavar="SHARE",
    type=_SHARE,
    default=0.05,
    show_default=True,
    help="Chance of an error.",
)
@click.option(
    "--contrasts",
    metavar="N",
    type=click.IntRange(1),
    default=1,
    show_default=True,
    help="Tests made together; alpha is split between them.",
)
@click.option(
    "--cluster-size", metavar="NUMBER", type=NumberRange(1), help="Items that go together."
)
@click.option(
    "--icc", metavar="NUMBER", type=NumberRange(0, 1), help="Correlation within a cluster."
)
@click.option(
    "--missing",
    metavar="SHARE",
    type=NumberRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Share of items that will have no verdict.",
)
@click.option(
    "--json",
    "json_file",
    type=click.Path(path_type=Path, allow_dash=True),
    help="Write JSON there; - for standard output.",
)
def command(
    *,
    outcome: Literal["rate", "mean"],
    design: Literal["paired", "independent", "single"] | None,
    json_file: Path | None,
    **numbers: Any,
) -> None:
    """Say how many items a question needs, or what a number of items can show.

    With --difference: the n that finds it. With --n: the least difference that n finds. With
    both: the chance to find it. No model is asked and no run is read; the numbers you give are
    best taken from a small run of your own.

    \b
    Does a safety prompt lower a rate of 20% by 5 points, in any of 3 models?
      primum power --baseline 0.2 --difference -0.05 --contrasts 3
    \b
    What do 450 requests show, where scores (1-5) have a spread of 1.2?
      primum power --outcome mean --sd 1.2 --n 450
    \b
    How many for an interval of ± 4 points, each item in 2 languages?
      primum power --single --baseline 0.1 --half-width 0.04 \\
        --cluster-size 2 --icc 0.4
    """
    question = Question(outcome=outcome, design=design or "paired", **numbers)
    answer = answer_of(question)
    if json_file is not None:
        _write(json_file, _document(question, answer))
        return
    _render(output(), answer)


def _document(question: Question, answer: Answer) -> str:
    asked = {
        "n" if name == "size" else name: getattr(question, name)
        for name in question.__dataclass_fields__
    }
    document = {
        "schema": SCHEMA,
        "question": {
            **asked,
            "correlation": question.used_correlation,
            "correlation_is_guess": question.correlation is None,
        },
        "answer": {
            name: getattr(answer, name)
            for name in answer.__dataclass_fields__
            if name not in {"facts", "rows", "title"}
        },
    }
    return json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n"


def _write(path: Path, content: str) -> None:
    if str(path) == "-":
        click.echo(content, nl=False)
        return
    try:
        path.write_text(content, encoding="utf-8")
    except OSError as error:
        raise WorkspaceError(
            f"{path} cannot be written ({error.strerror}); name another file, or - for standard "
            "output."
        ) from error


def _render(console: Console, answer: Answer) -> None:
    console.print(Text(answer.title, style="bold"))
    console.print()
    print_facts(console, answer.facts)
    if answer.rows:
        console.print()
        table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 3, 0, 0))
        for heading in answer.rows[0]:
            table.add_column(heading, justify="right")
        for row in answer.rows[1:]:
            table.add_row(*row)
        console.print(table)
    console.print()
    console.print(Text("Assumed", style="bold"))
    _print_list(console, answer.assumptions)


def _print_list(console: Console, lines: Iterable[str]) -> None:
    table = Table.grid(padding=(0, 1, 0, 0))
    for line in lines:
        table.add_row("-", Text(line))
    console.print(table)
