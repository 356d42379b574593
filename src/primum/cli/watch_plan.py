"""The plan of an occasion of ``primum watch``, as ``--dry-run`` shows it."""

from __future__ import annotations

from rich.console import Console

from primum.cli.table import print_table
from primum.studies.watch_left import OccasionLeft
from primum.studies.watch_plan import WatchPlan, WatchRun

_WIDE = 80
"""A narrower terminal gets the names in one column, the last one, and no tokens."""


def extent(plan: WatchPlan, left: OccasionLeft | None) -> str:
    """What the occasion asks, or what of it is left."""
    items = plan.items
    new = f" and {items['rotating']:,} new ones" if items["rotating"] else ""
    profiles = len(plan.watch.profiles)
    under = f" under {profiles} profiles" if profiles > 1 else ""
    asked = f"{items['fixed']:,} fixed items{new}{under}"
    if left is None:
        return f"{plan.watch.id}: occasion {plan.occasion}, {asked}, {plan.calls:,} calls at most."
    return (
        f"{plan.watch.id}: occasion {plan.occasion} is not finished, so this continues it: "
        f"{asked}, of {plan.calls:,} calls at most {left.calls:,} are left."
    )


def print_plan(plan: WatchPlan, left: OccasionLeft | None, console: Console) -> None:
    """Print every run of the occasion with its cost."""
    console.print(f"{extent(plan, left)}\n", markup=False)
    names, wide = ("profile", "protocol", "panel"), console.width >= _WIDE
    lacking = ("left",) if left else ()
    figures = ("items", "calls", *lacking, *(("tokens",) if wide else ()))
    cost = "US$ at most" if wide else "US$"
    headings = (*names, *figures, cost) if wide else (*figures, cost, " · ".join(names))
    rows = (_row(run, left, is_wide=wide) for run in plan.runs)
    print_table(console, headings, rows)
    for task in plan.capability:
        console.print(
            f"\n{task.profile}: capability tasks, {task.plan.documents:,} questions, "
            f"{task.plan.requests:,} requests.",
            markup=False,
        )
    for part, items in plan.pool_left.items():
        if part in plan.used_up:
            few = (
                f"{items:,} new items are left, too few for a panel; "
                if items
                else "no new items are left; "
            )
            console.print(f"\n{part}: {few}the fixed panel goes on.", markup=False)
        elif items:
            console.print(f"\n{part}: {items:,} items are left for later occasions.", markup=False)
    console.print("\nNothing was asked.")


def _row(run: WatchRun, left: OccasionLeft | None, *, is_wide: bool) -> tuple[str, ...]:
    names, cost = (run.profile, run.part, run.panel), run.cost
    tokens = f"{cost.prompt_tokens + cost.completion_tokens_at_most:,}"
    figures = (
        f"{run.plan.survey.items:,}",
        f"{cost.target_calls + cost.judge_calls:,}",
        *((f"{left.by_run[run.key]:,}",) if left else ()),
        *((tokens,) if is_wide else ()),
        "unknown" if cost.usd_at_most is None else f"{cost.usd_at_most:,.2f}",
    )
    return (*names, *figures) if is_wide else (*figures, " · ".join(names))
