"""Runs the next occasion of a watch, or continues the one that was stopped.

An occasion is noted with the ids of its runs before its first call. Killed and started again, the
same command finds it unfinished and goes on with it: what was asked is in the ledger.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from primum.core.errors import UserError
from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.evaluation.evaluate import already_finished, carry_out, run_async
from primum.evaluation.model_pool import ModelPool
from primum.ledger.ledger import Ledger
from primum.models.chat_model import ChatModel
from primum.studies.watch_history import (
    OccasionNote,
    WatchHistory,
    is_complete,
    remember_occasion,
)
from primum.studies.watch_plan import WatchPlan, WatchRun


@dataclass(slots=True)
class WatchProgress:
    """Counters of an occasion in progress."""

    runs: list[tuple[str, Progress]] = field(default_factory=list)
    """Key and counters of each run."""
    current: int = 0

    @classmethod
    def of(cls, plan: WatchPlan) -> WatchProgress:
        """Every run of the plan, waiting."""
        asked = [(run.key, Progress(planned=run.plan.conversations)) for run in plan.runs]
        tasks = [(run.key, Progress(planned=run.plan.requests)) for run in plan.capability]
        return cls(asked + tasks)

    @property
    def calls(self) -> int:
        """Calls made now."""
        return sum(progress.calls for _, progress in self.runs)

    @property
    def done(self) -> int:
        """Conversations whose turns and verdicts are all there."""
        return sum(progress.done for _, progress in self.runs)

    @property
    def planned(self) -> int:
        """Conversations of all runs, and requests of capability tasks."""
        return sum(progress.planned for _, progress in self.runs)


def next_occasion(history: WatchHistory, ledger: Ledger | None, *, begin_anew: bool = False) -> int:
    """The number of the occasion to make: the last one if it is unfinished, else a new one.

    ``begin_anew`` leaves an unfinished one as it stands.
    """
    if not history.occasions or ledger is None:
        return len(history.occasions) + 1
    last = history.occasions[-1]
    is_open = not is_complete(ledger, last)
    return last.number if is_open and not begin_anew else last.number + 1


def run_occasion(
    plan: WatchPlan, history: WatchHistory, label: str, ledger: Ledger, progress: WatchProgress
) -> None:
    """Every run of the occasion, one after another.

    Raises:
        UserError: the occasion was begun otherwise, or an endpoint cannot be used.
        BudgetReached: the budget is spent; the same command continues.
        RunInterrupted: stopped from outside; the same command continues.
        WorkspaceError: the ledger could not be written.
    """
    begun = next((one for one in history.occasions if one.number == plan.occasion), None)
    if begun is not None:
        _refuse_another(plan, begun)
    note = OccasionNote(
        plan.occasion,
        label,
        time.time_ns() // 1_000_000,
        plan.run_ids,
        plan.items,
        dict(plan.pool_left),
    )
    remember_occasion(ledger, plan.watch.id, plan.frozen, note)
    left = [
        (place, run)
        for place, run in enumerate(plan.runs)
        if already_finished(run.plan, ledger, progress.runs[place][1]) is None
    ]
    if left:
        run_async(_run_all(left, plan, ledger, progress), ledger)
    if plan.capability:
        _run_capability(plan, ledger, progress)


def _run_capability(plan: WatchPlan, ledger: Ledger, progress: WatchProgress) -> None:
    # The harness is heavy and an extra: a watch without tasks needs neither.
    from primum.capability.run import run_capability

    for place, task in enumerate(plan.capability, start=len(plan.runs)):
        progress.current = place
        progress.runs[place][1].started = time.monotonic()
        run_capability(task.plan, ledger, progress.runs[place][1])


async def _run_all(
    runs: Sequence[tuple[int, WatchRun]], plan: WatchPlan, ledger: Ledger, progress: WatchProgress
) -> None:
    pool = ModelPool()
    async with JobGroup(ledger, Budget(*plan.limits)) as group:
        for _, batch in itertools.groupby(runs, key=lambda pair: id(_model(pair[1]))):
            own = list(batch)
            # A model stays open for all of its runs: starting one on this machine takes a while.
            async with pool.hold(_model(own[0][1])):
                for place, run in own:
                    progress.current = place
                    counters = progress.runs[place][1]
                    counters.started = time.monotonic()
                    await carry_out(run.plan, group, pool, counters)


def _model(run: WatchRun) -> ChatModel:
    return run.plan.target.model


def _refuse_another(plan: WatchPlan, begun: OccasionNote) -> None:
    """Refuse to finish an occasion with another model than it was begun with.

    Raises:
        UserError: the way out is named.
    """
    ids = plan.run_ids
    differing = [key for key, run_id in begun.runs.items() if ids.get(key) != run_id]
    if differing or set(ids) != set(begun.runs):
        raise UserError(
            f"{plan.watch.id}: occasion {plan.occasion} is not finished, and the model of "
            f"{differing[0] if differing else 'a profile'} is not the one that it was begun with "
            "(its files or its address changed). Put that back and run the same command, or leave "
            "the occasion as it stands with --begin-anew."
        )
