"""``primum generate review``: two people review a finished benchmark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import click

from primum.cli.number_words import counted, share_words
from primum.cli.option import guidelines_option
from primum.cli.screen import output as screen
from primum.cli.table import print_facts
from primum.generation.benchmark_folder import ITEMS
from primum.generation.review_agreement import ReviewRule
from primum.generation.review_round import Reviewed
from primum.generation.reviewed_benchmark import ReviewPlace, review_benchmark, review_place


@click.command("review", short_help="Have two people accept, edit or reject a benchmark's items.")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option(
    "--rule",
    type=click.Choice(get_args(ReviewRule)),
    default="both_accept",
    show_default=True,
    help="What counts where the two differ; “third”: a third person decides.",
)
@guidelines_option
def review_command(*, folder: Path, rule: ReviewRule, guidelines: tuple[str, ...]) -> None:
    """Write the reviewers' files; called again when they are filled in, read them.

    FOLDER is one that “primum generate” wrote, or a file of items. Two spreadsheets and how to fill
    them in go to FOLDER/review. What the reviewers leave is written to FOLDER/reviewed, with their
    agreement; FOLDER's own items are not touched.

    \b
    Examples:
      primum generate review our-house-rules
      primum generate review our-house-rules --rule third
    """
    place = review_place(folder, guidelines)
    reviewed = review_benchmark(place, rule)
    if reviewed.waits_for:
        _say_waiting(place, reviewed)
    else:
        _show(place, reviewed)


def _say_waiting(place: ReviewPlace, reviewed: Reviewed) -> None:
    console = screen()
    items = counted(reviewed.waiting, "item")
    files = "this file" if len(reviewed.waits_for) == 1 else "these files"
    console.print(f"For {items} to be reviewed, fill in {files}:")
    for path in reviewed.waits_for:
        console.print(f"  {path}", soft_wrap=True, markup=False)
    console.print(
        f"How to is said in {place.folder / 'review-instructions.en.md'} (and .ja.md). Then give "
        "the same command again.",
        soft_wrap=True,
        markup=False,
    )


def _show(place: ReviewPlace, reviewed: Reviewed) -> None:
    figures = reviewed.figures
    counts = ("accepted", "edited", "rejected", "equal_after_edit", "disagreements")
    facts = [
        ("Items", f"{figures['items']:,}"),
        *((name.replace("_", " ").capitalize(), f"{figures[name]:,}") for name in counts),
        ("Rule", str(figures["rule"]).replace("_", " ")),
        ("Same decision", share_words(figures["agreement"])),
        ("Same on keeping", share_words(figures["agreement_to_keep"])),
        ("Cohen's kappa on keeping", _kappa(figures)),
    ]
    console = screen()
    print_facts(console, facts)
    left = counted(len(reviewed.kept), "item")
    console.print(
        f"{left}: primum evaluate --benchmark {place.result / ITEMS}",
        soft_wrap=True,
        markup=False,
    )


def _kappa(figures: Mapping[str, Any]) -> str:
    """Kappa, where both reviewers kept some items and rejected others; else it is no measure."""
    figure, decisions = figures["kappa_to_keep"], figures["decisions"].values()
    is_told = all(0 < each["reject"] < figures["items"] for each in decisions)
    if figure["value"] is None or not is_told:
        return "says nothing: a reviewer kept, or rejected, every item"
    if figure["low"] is None:
        return f"{figure['value']:.2f} (too few items for an interval)"
    return f"{figure['value']:.2f} ({figure['low']:.2f} to {figure['high']:.2f})"
