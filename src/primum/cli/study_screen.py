"""What stands on the terminal while a study runs, and the table of a plan."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractContextManager

from rich.console import Console
from rich.text import Text

from primum.cli.screen import duration, live_text
from primum.cli.table import print_table
from primum.core.errors import shorten
from primum.studies.study_plan import PlannedRun, StudyPlan
from primum.studies.study_plan_known import KnownRun
from primum.studies.study_progress import StudyProgress

RUNNING_SHOWN = 4
"""Runs that are named beside each other; the rest is counted."""


def live_study(progress: StudyProgress, *, quiet: bool = False) -> AbstractContextManager[None]:
    """Draw the study's progress until the block ends: live lines, or a line now and then."""
    return live_text(
        lambda: Text("\n".join(described(progress)), overflow="ellipsis"),
        lambda: " · ".join(described(progress)),
        quiet=quiet,
    )


def described(progress: StudyProgress) -> list[str]:
    """The study in two lines: its totals, and which runs go on now."""
    parts = [
        f"{progress.runs_done:,}/{len(progress.runs):,} runs",
        f"{progress.done:,}/{progress.planned:,} conversations",
    ]
    eta = progress.eta_seconds
    if eta:
        parts.append(f"{duration(eta)} left")
    parts.append(f"{progress.calls:,} calls")
    if progress.reused:
        parts.append(f"{progress.reused:,} from the ledger")
    if progress.in_flight:
        parts.append(f"{progress.in_flight} in flight")
    if progress.usd:
        parts.append(f"${progress.usd:,.2f}")
    parts.append(f"{progress.missing_verdicts:,} verdicts missing")
    if progress.runs_incomplete:
        parts.append(f"{progress.runs_incomplete} incomplete")
    running = [
        f"{shorten(run.member, 30)} on {shorten(run.part, 30)} "
        f"{run.progress.done:,}/{run.progress.planned:,}"
        for run in progress.running
    ]
    if len(running) > RUNNING_SHOWN:
        running = [*running[:RUNNING_SHOWN], f"{len(running) - RUNNING_SHOWN} more"]
    return [" · ".join(parts), *(["now: " + ", ".join(running)] if running else [])]


def show_plan(
    plan: StudyPlan,
    known: Mapping[str, KnownRun],
    seconds: float | None,
    console: Console,
) -> None:
    """The plan as a table, model by model, and its totals."""
    study, totals = plan.study, plan.totals
    console.print(f"{extent(plan)}; {counted(len(study.contrasts), 'contrast')} declared.\n")
    print_table(
        console,
        ("model", "protocol", "run", "items", "calls", "known", "tokens", "US$ at most"),
        (_row(run, known) for run in plan.runs),
    )
    console.print()
    known_calls = sum(_known_calls(run, known) for run in plan.distinct_runs)
    states = [known[run.plan.run_id].state for run in plan.distinct_runs if known]
    rows = {
        "Calls": f"{totals.calls:,}; {known_calls:,} in the ledger, "
        f"{max(0, totals.calls - known_calls):,} at most to be made",
        "Runs": f"{states.count('finished')} finished, {states.count('partly')} begun, "
        f"{totals.runs - len(states) + states.count('new')} new",
        "Prompt tokens": f"about {totals.prompt_tokens:,}",
        "Answer tokens": f"at most about {totals.completion_tokens_at_most:,}",
        "Cost": "unknown: no price for a model"
        if totals.usd_at_most is None
        else f"at most ${totals.usd_at_most:,.2f}, as if the ledger were empty",
        "Time": "unknown: a model has made no call in this workspace yet"
        if seconds is None
        else f"about {duration(seconds)} for all calls, endpoints side by side",
    }
    for name, value in rows.items():
        console.print(f"{name:<13}  {value}", markup=False)
    if any(member.is_person for member in plan.members):
        console.print(f"{'People':<13}  {'; '.join(left_out(plan))}", markup=False)
    console.print("\nNothing was asked.")


def left_out(plan: StudyPlan) -> list[str]:
    """How many of its items each person has no row for, and how many were left blank."""
    found: list[str] = []
    for member in plan.members:
        if not member.is_person:
            continue
        own = [run.plan for run in plan.runs if run.member == member.name]
        matches = [each.answers for each in own if each.answers is not None]
        items = counted(sum(each.survey.items for each in own), "item")
        without_row = sum(len(match.items_without_row) for match in matches)
        blank = sum(len(match.items_left_blank) for match in matches)
        parts = [
            *([f"{without_row:,} without a row (not asked)"] if without_row else []),
            *([f"{blank:,} left blank, wholly or in part (missing)"] if blank else []),
        ]
        found.append(f"{shorten(member.name)}: of {items} {', '.join(parts) or 'all answered'}")
    return found


def extent(plan: StudyPlan) -> str:
    """How many take part, on how many protocols, in how many runs."""
    people = sum(member.is_person for member in plan.members)
    models = counted(len(plan.members) - people, "model")
    return (
        f"{models} and {people:,} people on {counted(len(plan.parts), 'protocol')}: "
        f"{counted(plan.totals.runs, 'run')}"
    )


def counted(number: int, what: str) -> str:
    """The number with its noun."""
    return f"{number:,} {what}{'s' * (number != 1)}"


def _row(run: PlannedRun, known: Mapping[str, KnownRun]) -> tuple[str, ...]:
    cost, found = run.cost, known.get(run.plan.run_id)
    repeats = f" × {run.plan.repeats}" if run.plan.repeats > 1 else ""
    tokens = cost.prompt_tokens + cost.completion_tokens_at_most
    return (
        run.member,
        run.part,
        found.state if found is not None else "new",
        f"{run.plan.survey.items:,}{repeats}",
        f"{run.calls:,}",
        f"{_known_calls(run, known):,}",
        f"{tokens:,}",
        "unknown" if cost.usd_at_most is None else f"{cost.usd_at_most:,.2f}",
    )


def _known_calls(run: PlannedRun, known: Mapping[str, KnownRun]) -> int:
    found = known.get(run.plan.run_id)
    if found is None:
        return 0
    is_recorded = run.plan.answers is not None
    return found.work.judge_calls + (0 if is_recorded else found.work.target_calls)
