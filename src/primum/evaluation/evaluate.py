"""Runs a plan: models opened and checked, the run stored, the engine started, the run closed.

To resume is to run the same plan again; a finished run makes no call and starts no model.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any, TypeVar

from sqlalchemy import select

from primum.core.errors import MissingKeyError, PrimumError, RunInterrupted, UnknownNameError
from primum.engine.budget import Budget
from primum.engine.job import Job
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.engine.stopping import StoppingRule
from primum.evaluation.model_pool import ModelPool
from primum.evaluation.plan import Plan
from primum.evaluation.spec import describe_judge
from primum.judging.judge import Judge
from primum.ledger import schema
from primum.ledger.ledger import Ledger
from primum.ledger.record import Run, spoken_under

Result = TypeVar("Result")


def evaluate(
    plan: Plan, ledger: Ledger, progress: Progress, stopping: StoppingRule | None = None
) -> Run:
    """The finished run of the plan; ``stopping`` may end it before its last conversation.

    Such a rule is part of what decides the results, so the caller has put it into the spec.

    Raises:
        BudgetReached: the budget is spent; the same plan continues the run.
        RunInterrupted: stopped from outside; the same plan continues the run.
        EndpointError: an endpoint cannot be used, or stopped answering.
        WorkspaceError: the ledger could not be written.
    """
    done = already_finished(plan, ledger, progress)
    return done or run_async(_evaluate(plan, ledger, progress, stopping), ledger)


def already_finished(plan: Plan, ledger: Ledger, progress: Progress) -> Run | None:
    """The plan's run if nothing of it is left to do; the progress is set accordingly."""
    progress.planned = plan.conversations
    done = _finished(plan, ledger)
    if done is not None:
        progress.done = plan.conversations
    return done


def run_async(work: Coroutine[Any, Any, Result], ledger: Ledger) -> Result:
    """What the work returns, in an event loop of its own; all that was put is then on disk.

    Raises:
        RunInterrupted: Ctrl-C before a run began.
    """
    try:
        return _in_own_loop(work)
    except KeyboardInterrupt:
        raise RunInterrupted(
            "Stopped before the run began. The same command begins it again."
        ) from None
    finally:
        _flush_quietly(ledger)


async def _evaluate(
    plan: Plan, ledger: Ledger, progress: Progress, stopping: StoppingRule | None
) -> Run:
    request = plan.request
    budget = Budget(request.max_calls, request.max_total_tokens, request.max_cost_usd)
    async with JobGroup(ledger, budget) as group:
        return await carry_out(plan, group, ModelPool(), progress, stopping)


async def carry_out(
    plan: Plan,
    group: JobGroup,
    pool: ModelPool,
    progress: Progress,
    stopping: StoppingRule | None = None,
) -> Run:
    """The finished run of the plan, which may have begun earlier; runs of a group may overlap.

    Raises:
        PrimumError: as ``evaluate``; a ``UserError`` that is no ``WorkspaceError`` concerns this
            run alone.
    """
    ledger = group.ledger
    async with AsyncExitStack() as stack:
        for model in plan.models:
            await stack.enter_async_context(pool.hold(model))
        await group.unless_stopped(_preflight(plan))
        run = ledger.begin_run(plan.spec, plan.facts, plan.items())
        job = job_of(plan, run.id, ledger)
        await group.run(job if stopping is None else replace(job, stopping=stopping), progress)
    ledger.set_state(plan.run_id, "finished")
    return ledger.run(plan.run_id)


def job_of(plan: Plan, run_id: str, ledger: Ledger | None = None) -> Job:
    """The engine's work of the plan; items come from the ledger, or else from the plan."""
    return Job(
        run_id=run_id,
        target=plan.target,
        judges=plan.judges,
        items=plan.items if ledger is None else lambda: ledger.run_items(run_id),
        repeats=plan.repeats,
        conversations=plan.conversations,
        judge_descriptions={judge.name: describe_judge(judge) for judge in plan.judges},
        prices=plan.prices,
        live=plan.live,
    )


async def _preflight(plan: Plan) -> None:
    await plan.target.model.preflight()
    if plan.live is not None:
        await plan.live.user.model.preflight()
    for judge in plan.judges:
        await _check_judge(judge)


async def _check_judge(judge: Judge) -> None:
    """Preflight of the model that a judge asks, with the way out for a key that is not there."""
    if judge.model is None:
        return
    try:
        await judge.model.preflight()
    except MissingKeyError as error:
        raise MissingKeyError(
            f"{error} It is the model of the judge {judge.name}: --judge-model (in a study file "
            "judge_models) names another, and “none” there does without judges that ask a model."
        ) from None


def _finished(plan: Plan, ledger: Ledger) -> Run | None:
    """The run, if it is finished and no call of it is worth another try."""
    try:
        run = ledger.run(plan.run_id)
    except UnknownNameError:
        return None
    return run if run.state == "finished" and not _has_failed_calls(ledger, plan) else None


def _has_failed_calls(ledger: Ledger, plan: Plan) -> bool:
    """Whether an answer or a verdict is missing because a call failed in transport."""
    turns, calls, judgements = schema.turns.c, schema.calls.c, schema.judgements.c
    run_id, judges = plan.run_id, [judge.fingerprint for judge in plan.judges]
    answers = (
        select(turns.call)
        .join(schema.calls, calls.key == turns.call)
        .where(turns.run.in_((run_id, spoken_under(run_id))), calls.outcome == "transport_error")
        .limit(1)
    )
    verdicts = (
        select(turns.call)
        .join(schema.judgements, (judgements.item == turns.item) & (judgements.call == turns.call))
        .join(schema.calls, calls.key == judgements.verdict_call)
        .where(
            turns.run == run_id,
            judgements.judge.in_(judges),
            calls.outcome == "transport_error",
        )
        .limit(1)
    )
    with ledger.reading() as connection:
        return any(connection.execute(each).first() is not None for each in (answers, verdicts))


def _flush_quietly(ledger: Ledger) -> None:
    """Write what waits; if that fails while another error is on its way, that one counts."""
    try:
        ledger.flush()
    except PrimumError:
        if sys.exc_info()[1] is None:
            raise


def _in_own_loop(work: Coroutine[Any, Any, Result]) -> Result:
    if sys.platform == "win32":
        return asyncio.run(work)
    import uvloop

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(work)
