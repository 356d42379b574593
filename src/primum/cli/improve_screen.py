"""What stands on the terminal while an improvement runs, and the table of a plan."""

from __future__ import annotations

from contextlib import AbstractContextManager

from rich.console import Console
from rich.text import Text

from primum.cli.number_words import counted
from primum.cli.screen import describe as describe_asking
from primum.cli.screen import duration, live_text
from primum.cli.table import print_facts, print_table
from primum.cli.tune_screen import describe as describe_tuning
from primum.core.errors import shorten
from primum.studies.improve_known import KnownSubject, KnownWork
from primum.studies.improve_plan import ImprovePlan
from primum.studies.improve_progress import ImproveProgress, ImproveStep


def live_improvement(
    progress: ImproveProgress, *, quiet: bool = False
) -> AbstractContextManager[None]:
    """Draw the progress until the block ends: live lines, or a line now and then."""
    return live_text(
        lambda: Text("\n".join(described(progress)), overflow="ellipsis"),
        lambda: " · ".join(described(progress)),
        quiet=quiet,
    )


def described(progress: ImproveProgress) -> list[str]:
    """The whole in one line, and the step that is done now in another."""
    parts = [f"{progress.done:,}/{len(progress.steps):,} steps"]
    eta = progress.eta_seconds
    if eta:
        parts.append(f"about {duration(eta)} left")
    incomplete = len({step.subject for step in progress.steps if step.state == "incomplete"})
    if incomplete:
        parts.append(f"{counted(incomplete, 'adapter')} incomplete")
    step = progress.running
    return [" · ".join(parts), *([_now(step)] if step else [])]


def _now(step: ImproveStep) -> str:
    subject = shorten(step.subject, 50)
    if step.kind == "tune":
        return f"now: {subject}, tuning: {describe_tuning(step.tuned)}"
    if step.kind == "capability":
        asked = step.asked
        return f"now: {subject}, capability: {asked.done:,}/{asked.planned:,} requests"
    return f"now: {subject} on {shorten(step.part, 30)}: {describe_asking(step.asked)}"


def show_plan(plan: ImprovePlan, known: KnownWork, console: Console) -> None:
    """The plan as a table, adapter by adapter, and what it takes."""
    console.print(f"{extent(plan)}.\n", markup=False)
    states = {subject.name: subject for subject in known.subjects}
    print_table(
        console,
        ("adapter", "method", "data", "updates", "tuned", "runs", "id"),
        (
            (
                adapter.name,
                adapter.tuning.settings.method,
                (
                    f"{adapter.tuning.mixture.count('harmful'):,} + "
                    f"{adapter.tuning.mixture.count('benign'):,}"
                ),
                f"{adapter.tuning.updates:,}",
                _tuned(states[adapter.name]),
                f"{states[adapter.name].runs_finished}/{states[adapter.name].runs}",
                adapter.tuning.id,
            )
            for adapter in plan.adapters
        ),
    )
    console.print("\nData: harmful + benign demonstrations. Runs: finished/all.\n")
    print_facts(console, _facts(plan, known))
    for warning in warnings_of(plan):
        console.print(f"Note: {shorten(warning, 400)}", style="yellow", markup=False)
    for adapter in plan.adapters:
        if adapter.fault:
            console.print(
                f"Incomplete: {shorten(adapter.name)} {shorten(adapter.fault, 600)}",
                style="yellow",
                markup=False,
            )
    console.print("\nNothing was tuned and nothing was asked.")


def _facts(plan: ImprovePlan, known: KnownWork) -> list[tuple[str, str]]:
    left = sum(one.tuning in ("new", "begun") for one in known.subjects)
    policy = plan.improvement.policy
    return [
        (
            "Each model",
            f"{plan.calls:,} requests on {', '.join(plan.parts)}"
            + (f", {plan.capability.requests:,} capability requests" if plan.capability else ""),
        ),
        ("Left to tune", f"{left:,} of {len(plan.adapters):,} adapters; {_time(known)}"),
        (
            "Left to ask",
            (
                f"{sum(one.runs - one.runs_finished for one in known.subjects):,} of "
                f"{sum(one.runs for one in known.subjects):,} runs; {_asking(known)}"
            ),
        ),
        ("Gate", f"{policy.id} {policy.version}, {policy.fingerprint[:8]}" if policy else "none"),
        ("Workspace", str(plan.workspace.folder)),
    ]


def _time(known: KnownWork) -> str:
    if known.tuning_seconds is None:
        return "time unknown: no earlier tuning of this base and method in this workspace"
    return f"about {duration(known.tuning_seconds)}"


def _asking(known: KnownWork) -> str:
    if known.asking_seconds is None:
        return "time unknown: the base has made no call in this workspace yet"
    rest = "" if known.is_capability_timed else ", capability runs not counted"
    return f"about {duration(known.asking_seconds)}{rest}"


def _tuned(subject: KnownSubject) -> str:
    if subject.tuning == "unusable":
        return "unusable"
    if subject.tuning == "begun":
        return f"{subject.updates_done:,} updates"
    return "yes" if subject.tuning == "finished" else "no"


def warnings_of(plan: ImprovePlan) -> list[str]:
    """What a reader should know before it begins, each once."""
    found: dict[str, list[str]] = {}
    for adapter in plan.adapters:
        for warning in adapter.tuning.warnings:
            found.setdefault(warning, []).append(adapter.point.name)
    told = []
    for warning, names in found.items():
        points = list(dict.fromkeys(names))
        more = f" and {len(points) - 3} more" if len(points) > 3 else ""
        listed = ", ".join(shorten(name, 40) for name in points[:3])
        told.append(f"{listed}{more}: {warning}")
    return [*plan.notes, *told]


def extent(plan: ImprovePlan) -> str:
    """How many points, seeds and runs."""
    points, seeds = len(plan.points), len(plan.file.seeds)
    runs = (1 + len(plan.adapters)) * (len(plan.parts) + (plan.capability is not None))
    return (
        f"{plan.file.model}: {points:,} {'point' if points == 1 else 'points'} × {seeds:,} "
        f"{'seed' if seeds == 1 else 'seeds'} = {len(plan.adapters):,} "
        f"{'adapter' if len(plan.adapters) == 1 else 'adapters'}, {runs:,} runs"
    )
