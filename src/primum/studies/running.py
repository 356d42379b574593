"""Runs a planned study: endpoints side by side, the runs of one endpoint one after another.

    outcome = run_study(plan, ledger, StudyProgress.of(plan))

To resume is to run the same plan again: what is finished is found, and only the rest is asked.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from primum.core.errors import PrimumError, UnknownNameError, UserError, WorkspaceError
from primum.engine.budget import Budget
from primum.engine.run import JobGroup
from primum.evaluation.evaluate import already_finished, carry_out, run_async
from primum.evaluation.model_pool import ModelPool
from primum.ledger.ledger import Ledger
from primum.studies.declaration import declare
from primum.studies.design import StudyMember
from primum.studies.study_plan import PlannedRun, StudyPlan
from primum.studies.study_progress import RunProgress, StudyProgress


@dataclass(frozen=True, slots=True)
class StudyOutcome:
    """A study that has come to its end, with or without all of its models."""

    members: tuple[StudyMember, ...]
    """With their runs, and why one is not complete."""
    calls: int
    """Made now."""

    @property
    def is_complete(self) -> bool:
        """Whether every run of every member is finished."""
        return all(member.is_complete for member in self.members)

    @property
    def incomplete(self) -> tuple[StudyMember, ...]:
        """Members with a run that is not finished."""
        return tuple(member for member in self.members if not member.is_complete)


class _Step(NamedTuple):
    run: PlannedRun
    progress: RunProgress


def run_study(plan: StudyPlan, ledger: Ledger, progress: StudyProgress) -> StudyOutcome:
    """Every run of the study, as far as its endpoints allow.

    A model whose endpoint cannot be used, or whose judge's cannot, is incomplete with its reason;
    all others go on.

    Raises:
        BudgetReached: the study's budget is spent; the same plan continues it.
        RunInterrupted: stopped from outside; the same plan continues it.
        WorkspaceError: the ledger could not be written.
    """
    declare(plan.study, ledger)
    steps = [_Step(*pair) for pair in zip(plan.runs, progress.runs, strict=True)]
    left = [step for step in steps if not _is_finished(step, ledger)]
    if left:
        run_async(_run_all(left, plan, ledger, progress), ledger)
    return StudyOutcome(members_as_run(plan, ledger, _reasons(steps)), progress.calls)


def members_as_run(
    plan: StudyPlan, ledger: Ledger, reasons: Mapping[str, str] | None = None
) -> tuple[StudyMember, ...]:
    """The plan's members as the ledger has them; ``reasons``: member → why it is not complete."""
    return tuple(
        _as_run(member, plan.runs, ledger, (reasons or {}).get(member.name, ""))
        for member in plan.members
    )


def _as_run(
    member: StudyMember, runs: Iterable[PlannedRun], ledger: Ledger, reason: str
) -> StudyMember:
    found: dict[str, str] = {}
    open_parts: list[str] = []
    for run in runs:
        if run.member != member.name:
            continue
        state = _state(run, ledger)
        if state in ("incomplete", "finished"):
            found[run.part] = run.plan.run_id
        if state != "finished":
            open_parts.append(run.part)
    if not open_parts:
        return replace(member, runs=found, is_complete=True)
    return replace(member, runs=found, reason=reason or f"not finished: {', '.join(open_parts)}")


def _state(run: PlannedRun, ledger: Ledger) -> str:
    try:
        return ledger.run(run.plan.run_id).state
    except UnknownNameError:
        return "new"


def _reasons(steps: Iterable[_Step]) -> dict[str, str]:
    """Member → why its runs are incomplete, each reason once."""
    found: dict[str, dict[str, list[str]]] = {}
    for step in steps:
        if step.progress.stage == "incomplete":
            own = found.setdefault(step.run.member, {})
            own.setdefault(step.progress.reason, []).append(step.run.part)
    return {
        member: " ".join(f"{', '.join(parts)}: {reason}" for reason, parts in own.items())
        for member, own in found.items()
    }


def _is_finished(step: _Step, ledger: Ledger) -> bool:
    if already_finished(step.run.plan, ledger, step.progress.progress) is None:
        return False
    step.progress.stage = "finished"
    return True


async def _run_all(
    steps: Sequence[_Step], plan: StudyPlan, ledger: Ledger, progress: StudyProgress
) -> None:
    lanes: dict[str, list[_Step]] = {}
    for step in steps:
        lanes.setdefault(step.run.lane, []).append(step)
    pool = ModelPool()
    async with JobGroup(ledger, Budget(*plan.limits)) as group:
        ended = await asyncio.gather(
            *(_run_lane(lane, group, pool, progress) for lane in lanes.values()),
            return_exceptions=True,
        )
        for end in ended:
            if isinstance(end, BaseException):
                raise end
        if group.stop_reason is not None:
            raise group.stop_reason


async def _run_lane(
    steps: Sequence[_Step], group: JobGroup, pool: ModelPool, progress: StudyProgress
) -> None:
    """The runs of one endpoint, one after another; a model stays open for all of its runs."""
    for _, batch in itertools.groupby(steps, key=lambda step: id(step.run.plan.target.model)):
        own = list(batch)
        try:
            async with pool.hold(own[0].run.plan.target.model):
                for step in own:
                    if group.stop_reason is not None:
                        return
                    progress.begin(step.progress)
                    await _run_one(step, group, pool)
        except UserError as error:
            for step in own:
                _end(step, error)
        except BaseException:
            group.stop(PrimumError("The study stopped on a fault of Primum's own."))
            raise


async def _run_one(step: _Step, group: JobGroup, pool: ModelPool) -> None:
    try:
        await carry_out(step.run.plan, group, pool, step.progress.progress)
    except PrimumError as error:
        if not isinstance(error, UserError) or isinstance(error, WorkspaceError):
            # A spent budget, a signal, a full disk: these end the study, not one run of it.
            group.stop(error)
        _end(step, error)
    else:
        step.progress.stage = "finished"


def _end(step: _Step, error: PrimumError) -> None:
    if step.progress.stage not in ("finished", "incomplete"):
        step.progress.stage, step.progress.reason = "incomplete", str(error)
