"""Carries out an improvement: baseline, then every adapter tuned and put to the same questions.

    outcome = run_improvement(plan, ledger, ImproveProgress.of(plan))

To resume is to run the same plan again. Every step has its identity in what it is made of: runs lie
in the ledger, adapters in their folders, a tuning in its checkpoints; what is finished is found.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from primum.capability.planning import CapabilityPlan
from primum.capability.run import run_capability
from primum.core.digest import digest_of
from primum.core.errors import (
    RunInterrupted,
    UnknownNameError,
    UserError,
    WorkspaceError,
)
from primum.engine.budget import Budget
from primum.engine.run import JobGroup
from primum.evaluation.evaluate import already_finished, carry_out, run_async
from primum.evaluation.model_pool import ModelPool
from primum.evaluation.plan import Plan
from primum.evaluation.result import read_run
from primum.gate.docket import dockets_of
from primum.gate.subject import read_side
from primum.ledger.ledger import RUN_ID_DIGITS, Ledger
from primum.models.local import LocalModel
from primum.studies.design import StudyMember
from primum.studies.improve_declaration import declare
from primum.studies.improve_file import CAPABILITY
from primum.studies.improve_objective import objectives_of
from primum.studies.improve_plan import (
    BASELINE,
    AdapterPlan,
    ImprovePlan,
    adapter_model,
    capability_plan,
    capability_spec,
    on_model,
)
from primum.studies.improve_progress import ImproveProgress
from primum.studies.improve_transfer import sides_of
from primum.studies.panel import read_runs
from primum.studies.study_file import ModelSettings
from primum.tuning.adapter import Adapter
from primum.tuning.manifest import AdapterManifest
from primum.tuning.run import process_count, tune


@dataclass(frozen=True, slots=True)
class AdapterOutcome:
    """One adapter as far as it came."""

    name: str
    point: str
    """Name of the point of the grid."""
    seed: int
    manifest: AdapterManifest | None = None
    folder: Path | None = None
    runs: Mapping[str, str] = field(default_factory=dict)
    """Part → run id, of those that are finished."""
    reason: str = ""
    """Why it is not complete."""

    @property
    def is_complete(self) -> bool:
        """Whether it was tuned and every run is finished."""
        return not self.reason


@dataclass(frozen=True, slots=True)
class ImproveOutcome:
    """An improvement that has come to its end, with or without all of its adapters."""

    baseline: Mapping[str, str]
    """Part → run id."""
    adapters: tuple[AdapterOutcome, ...]

    @property
    def is_complete(self) -> bool:
        """Whether nothing is left to do."""
        return all(adapter.is_complete for adapter in self.adapters)

    @property
    def incomplete(self) -> tuple[AdapterOutcome, ...]:
        """Adapters that lack something."""
        return tuple(adapter for adapter in self.adapters if not adapter.is_complete)


def run_improvement(plan: ImprovePlan, ledger: Ledger, progress: ImproveProgress) -> ImproveOutcome:
    """Every step of the plan.

    An adapter that cannot be tuned or asked is incomplete with its reason; the others go on.

    Raises:
        BudgetReached: a budget is spent; the same plan continues.
        RunInterrupted: stopped from outside; the same plan continues.
        UserError: the baseline cannot be asked, or the gate's policy does not fit its runs.
        WorkspaceError: the ledger or a folder could not be written.
    """
    if process_count() > 1:
        raise UserError(
            "“primum improve” runs in one process. Tune on several devices first, with accelerate "
            "and “primum tune” under the same settings: an adapter that is there is found."
        )
    declare(plan.improvement, ledger)
    work = _Work(plan, ledger, progress)
    with _interrupts():
        baseline = work.measure(_Subject(BASELINE, plan.baseline_model, plan.file.model))
        check_rules(plan, baseline, ledger)
        adapters = tuple(work.adapter(one) for one in plan.adapters)
    return ImproveOutcome(baseline, adapters)


class _Subject(NamedTuple):
    """Who is measured."""

    name: str
    model: LocalModel
    spec: str
    """How the model is opened."""


@dataclass(frozen=True, slots=True)
class _Work:
    plan: ImprovePlan
    ledger: Ledger
    progress: ImproveProgress

    def adapter(self, adapter: AdapterPlan) -> AdapterOutcome:
        """The adapter, tuned and measured, or why it is not."""
        outcome = AdapterOutcome(adapter.name, adapter.point.name, adapter.seed)
        try:
            tuned = self._tune(adapter)
            outcome = replace(outcome, manifest=tuned.manifest, folder=tuned.folder)
            model = adapter_model(self.plan.file, tuned.source, tuned.manifest.id)
            runs = self.measure(_Subject(adapter.name, model, tuned.spec))
        except UserError as error:
            if isinstance(error, WorkspaceError):
                raise
            self.progress.give_up(adapter.name, str(error))
            return replace(outcome, reason=str(error))
        return replace(outcome, runs=runs)

    def _tune(self, adapter: AdapterPlan) -> Adapter:
        step = self.progress.step(adapter.name, "tune")
        was_known = adapter.tuning.finished is not None
        step.begin()
        # It goes by its content: whoever tunes it tunes what is wanted here.
        found = tune(adapter.tuning, self.ledger, step.tuned, wait_seconds=math.inf)
        step.end(was_known=was_known)
        return found

    def measure(self, subject: _Subject) -> dict[str, str]:
        """Part → the id of the model's finished run."""
        parts = {name: on_model(one, subject.model) for name, one in self.plan.parts.items()}
        left: dict[str, Plan] = {}
        for name, plan in parts.items():
            step = self.progress.step(subject.name, "evaluate", name)
            if already_finished(plan, self.ledger, step.asked) is None:
                left[name] = plan
            else:
                step.end(was_known=True)
        if left:
            run_async(self._evaluate(left, subject), self.ledger)
        found = {name: plan.run_id for name, plan in parts.items()}
        if self.plan.capability is not None:
            found[CAPABILITY] = self._capability(self.plan.capability, subject)
        return found

    async def _evaluate(self, parts: Mapping[str, Plan], subject: _Subject) -> None:
        """The runs one after another; the model is loaded once for all of them."""
        pool = ModelPool()
        async with pool.hold(subject.model):
            for name, plan in parts.items():
                step = self.progress.step(subject.name, "evaluate", name)
                step.begin()
                request = plan.request
                budget = Budget(request.max_calls, request.max_total_tokens, request.max_cost_usd)
                async with JobGroup(self.ledger, budget) as group:
                    await carry_out(plan, group, pool, step.asked)
                step.end()

    def _capability(self, baseline: CapabilityPlan, subject: _Subject) -> str:
        """The id of the finished run; prompts are written only for one that is not finished."""
        step = self.progress.step(subject.name, "capability")
        run_id = digest_of(capability_spec(baseline, subject.model)).hex()[:RUN_ID_DIGITS]
        step.begin()
        if self._is_finished(run_id):
            step.end(was_known=True)
            return run_id
        plan = baseline
        if subject.name != BASELINE:
            plan = capability_plan(
                self.plan.file, subject.model, subject.spec, command=self.plan.command
            )
        run = run_capability(plan, self.ledger, step.asked)
        step.end()
        return run.id

    def _is_finished(self, run_id: str) -> bool:
        try:
            return self.ledger.run(run_id).state == "finished"
        except UnknownNameError:
            return False


def check_rules(plan: ImprovePlan, baseline: Mapping[str, str], ledger: Ledger) -> None:
    """Return if objectives, transfers and the gate's policy can be read off runs like these.

    Raises:
        UserError: a figure is named that no run has, or a rule fits no run or several; said before
            the first tuning, not after the last.
    """
    ledger.flush()
    panels = read_runs([member_of(BASELINE, baseline)], list(baseline), ledger).panels
    objectives_of(plan.file, panels)
    for transfer in plan.file.transfers:
        sides_of(transfer, plan.file, panels)
    if plan.improvement.policy is not None:
        runs = [
            read_run(ledger, ledger.run(run_id), examples_per_group=0)
            for run_id in baseline.values()
        ]
        sides = [read_side(run) for run in runs]
        dockets_of(plan.improvement.policy, sides, sides)


def member_of(name: str, runs: Mapping[str, str]) -> StudyMember:
    """One model with its runs, as panels take it."""
    settings = ModelSettings(name=name, model=name)
    return StudyMember(
        name, settings, name, {}, None, is_person=False, source="", runs=runs, is_complete=True
    )


@contextlib.contextmanager
def _interrupts() -> Iterator[None]:
    """Turn Ctrl-C between two steps into the ordinary end of a stopped run.

    Raises:
        RunInterrupted: it came.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise RunInterrupted(
            "Stopped by Ctrl-C. Everything finished is kept; the same command continues."
        ) from None
