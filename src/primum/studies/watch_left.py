"""What is left to ask of an occasion that was stopped."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from primum.engine.progress import Progress
from primum.evaluation.evaluate import already_finished
from primum.ledger import schema
from primum.ledger.ledger import Ledger
from primum.studies.watch_capability import CapabilityRun
from primum.studies.watch_history import WatchHistory
from primum.studies.watch_plan import WatchPlan, WatchRun


class OccasionLeft(NamedTuple):
    """What an occasion that was begun still lacks."""

    calls: int
    """At most."""
    by_run: dict[str, int]
    """Key of the run → calls at most."""


def left_of(plan: WatchPlan, history: WatchHistory, ledger: Ledger | None) -> OccasionLeft | None:
    """What is left of the planned occasion; None where it was not begun yet."""
    if ledger is None or all(note.number != plan.occasion for note in history.occasions):
        return None
    found = {run.key: _calls_left(run, ledger) for run in plan.runs}
    found |= {task.key: _requests_left(task, ledger) for task in plan.capability}
    return OccasionLeft(sum(found.values()), found)


def _calls_left(run: WatchRun, ledger: Ledger) -> int:
    if already_finished(run.plan, ledger, Progress(planned=run.plan.conversations)) is not None:
        return 0
    turns, calls, verdicts = schema.turns.c, schema.calls.c, schema.judgements.c
    judges = [judge.fingerprint for judge in run.plan.judges if judge.model]
    answered = (
        select(func.count())
        .select_from(schema.turns)
        .join(schema.calls, turns.call == calls.key)
        .where(turns.run == run.plan.run_id, calls.outcome != "transport_error")
    )
    judged = (
        select(func.count())
        .select_from(schema.turns)
        .join(schema.judgements, (verdicts.item == turns.item) & (verdicts.call == turns.call))
        .where(turns.run == run.plan.run_id, verdicts.judge.in_(judges))
    )
    with ledger.reading() as connection:
        asked = int(connection.execute(answered).scalar() or 0)
        given = int(connection.execute(judged).scalar() or 0)
    return max(0, run.cost.target_calls - asked) + max(0, run.cost.judge_calls - given)


def _requests_left(task: CapabilityRun, ledger: Ledger) -> int:
    keys = [key for one in task.plan.tasks for several in one.keys for key in several]
    return max(0, task.plan.requests - len(ledger.find_calls(keys)))
