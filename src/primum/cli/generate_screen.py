"""What stands on the terminal while a recipe runs, the table of a plan, and that of its yields."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager

from rich.console import Console
from rich.text import Text

from primum.cli.number_words import counted
from primum.cli.screen import duration, live_text
from primum.cli.table import print_table
from primum.core.errors import shorten
from primum.generation.planning import PlannedStage, RecipePlan
from primum.generation.running import GenerationProgress, KnownStage, StageProgress
from primum.generation.yields import StageYield, reason_words

_BAR_CELLS = 24
_NARROW = 80
"""Columns of a terminal below which a table would cut off its numbers."""


def live_recipe(
    progress: GenerationProgress, *, quiet: bool = False
) -> AbstractContextManager[None]:
    """Draw the recipe's progress until the block ends: live lines, or a line now and then."""
    return live_text(
        lambda: Text("\n".join(described(progress)), overflow="ellipsis"),
        lambda: described(progress)[-1],
        quiet=quiet,
    )


def described(progress: GenerationProgress) -> list[str]:
    """One line for each stage that has ended, and one for the stage that goes on."""
    lines = [_ended(stage.ended) for stage in progress.stages if stage.ended is not None]
    running = [stage for stage in progress.stages if stage.state == "running"]
    return [*lines, *(_running(stage, progress) for stage in running)] or ["Beginning"]


def _ended(stage: StageYield) -> str:
    dropped = sum(stage.dropped.values())
    return f"{shorten(stage.name, 30)}: {stage.kept:,} kept, {dropped:,} dropped"


def _running(stage: StageProgress, whole: GenerationProgress) -> str:
    counts = stage.progress
    number = whole.stages.index(stage) + 1
    parts = [f"{number}/{len(whole.stages)} {shorten(stage.name, 30)}"]
    if counts.planned:
        parts.append(f"{counts.done:,} of {counted(counts.planned, 'answer')} at most")
    if counts.done_new and counts.eta_seconds:
        parts.append(f"{duration(counts.eta_seconds)} left at most")
    parts.append(counted(whole.calls, "call"))
    if whole.reused:
        parts.append(f"{whole.reused:,} from the ledger")
    if counts.in_flight:
        parts.append(f"{counts.in_flight} in flight")
    if whole.usd:
        parts.append(f"${whole.usd:,.2f}")
    return " · ".join(parts)


def show_plan(plan: RecipePlan, known: Sequence[KnownStage] | None, console: Console) -> None:
    """The plan as a table, stage by stage, and its totals; ``known``: what the ledger has."""
    recipe = plan.ready.recipe
    console.print(
        f"{shorten(recipe.title.en or recipe.id, 90)}: "
        f"{counted(len(plan.ready.chosen), 'guideline')}, {' and '.join(recipe.languages)}, "
        f"{counted(len(plan.stages), 'stage')}.\n",
        markup=False,
    )
    headings = ("stage", "drafts", "calls", "known", "tokens", "US$ at most", "asked")
    plan_rows = [
        _plan_row(plan, planned, number, known or ()) for number, planned in enumerate(plan.stages)
    ]
    if console.width < _NARROW:
        for name, *values in plan_rows:
            told = zip(headings[1:], values, strict=True)
            words = "; ".join(f"{heading} {value}" for heading, value in told)
            console.print(f"{name}: {words}", markup=False)
    else:
        print_table(console, headings, plan_rows)
    usd = plan.usd_at_most
    found = sum(stage.questions for stage in known or ())
    rows = {
        "Calls": f"at most {plan.calls:,}; {found:,} found in the ledger so far",
        "Tokens": f"at most about {plan.tokens:,}",
        "Cost": "unknown: no price for a model"
        if usd is None
        else f"at most ${usd:,.2f}, as if the ledger were empty",
    }
    console.print()
    for name, value in rows.items():
        console.print(f"{name:<7}  {value}", markup=False)
    console.print("\nEvery draft is counted as if it passed every filter. Nothing was asked.")


def _plan_row(
    plan: RecipePlan, planned: PlannedStage, number: int, known: Sequence[KnownStage]
) -> tuple[str, ...]:
    tokens = planned.prompt_tokens + planned.answer_tokens_at_most
    usd = planned.usd_at_most
    return (
        planned.stage.name,
        f"{planned.drafts_in:,} → {planned.drafts_out:,}",
        f"{planned.total_calls:,}",
        f"{known[number].questions:,}" if number < len(known) else "0",
        f"{tokens:,}",
        "unknown" if usd is None else f"{usd:,.2f}",
        ", ".join(_played(plan, role) for role in planned.stage.roles) or "nobody",
    )


def _played(plan: RecipePlan, role: str) -> str:
    """The role, and who plays it."""
    models = plan.cast.roles[role]
    return f"{role}: {models[0].model.name if len(models) == 1 else f'{len(models)} models'}"


def show_yields(stages: Sequence[StageYield], console: Console) -> None:
    """What each stage was given, kept and dropped, with a bar of what was kept where it fits."""
    most = max((max(stage.drafts_in, stage.kept) for stage in stages), default=0)
    has_bars = console.width >= _NARROW
    print_table(
        console,
        ("stage", "in", "kept", "dropped", *([""] if has_bars else []), "why dropped"),
        (
            (
                stage.name if has_bars else shorten(stage.name, 20),
                f"{stage.drafts_in:,}" if stage.drafts_in else "–",
                f"{stage.kept:,}",
                f"{sum(stage.dropped.values()):,}",
                *([_bar(stage.kept, most)] if has_bars else []),
                ", ".join(f"{n:,} {reason_words(why, n)}" for why, n in stage.dropped.items()),
            )
            for stage in stages
        ),
    )


def _bar(value: int, most: int) -> str:
    cells = round(_BAR_CELLS * value / most) if most else 0
    return "█" * (cells or (1 if value else 0))
