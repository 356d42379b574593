"""What of a study's plan the ledger holds already, and how long the rest may take.

known = known_runs(plan, ledger)
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import select

from primum.core.digest import digest_of
from primum.core.errors import UnknownNameError
from primum.engine.job import subject_description
from primum.engine.known_work import KnownWork, known_work
from primum.evaluation.evaluate import job_of
from primum.evaluation.pace import expected_pace
from primum.ledger import schema
from primum.ledger.ledger import Ledger
from primum.studies.study_plan import PlannedRun, StudyPlan

RunState = Literal["new", "partly", "finished"]


@dataclass(frozen=True, slots=True)
class KnownRun:
    """What the ledger holds of a run."""

    state: RunState
    work: KnownWork
    """Calls that need not be made, wherever they were made first."""


def known_runs(plan: StudyPlan, ledger: Ledger) -> Mapping[str, KnownRun]:
    """Run id → what the ledger holds of it; calls made by other runs count, too."""
    with ledger.reading() as connection:
        asked = {
            bytes(row[0]) for row in connection.execute(select(schema.calls.c.subject).distinct())
        }
    return {run.plan.run_id: _known_run(run, ledger, asked) for run in plan.distinct_runs}


def _known_run(run: PlannedRun, ledger: Ledger, asked: set[bytes]) -> KnownRun:
    try:
        state: RunState = (
            "finished" if ledger.run(run.plan.run_id).state == "finished" else "partly"
        )
    except UnknownNameError:
        state = "new"
    if state == "finished":
        return KnownRun(state, KnownWork(run.cost.target_calls, run.cost.judge_calls))
    target = run.plan.target
    if digest_of(subject_description(target.model, target.profile.sampling)) not in asked:
        return KnownRun(state, KnownWork(0, 0))
    return KnownRun(state, asyncio.run(known_work(ledger, job_of(run.plan, run.plan.run_id))))


def expected_seconds(plan: StudyPlan, ledger: Ledger) -> float | None:
    """The time of all calls at the latency seen so far; None where a model is not known yet.

    Lanes go side by side, so the longest decides.
    """
    lanes: dict[str, float] = {}
    for run in plan.distinct_runs:
        pace = expected_pace(run.plan, run.cost, ledger)
        if pace is None:
            return None
        lanes[run.lane] = lanes.get(run.lane, 0.0) + pace.seconds
    return max(lanes.values(), default=0.0)
