"""Runs a planned recipe: stage after stage, every call through the ledger.

    made = run_recipe(plan, ledger, Budget(), GenerationProgress.of(plan), folder)

To resume is to run the same plan again: a stage whose answers are all in the ledger is redone
without a call, and models are opened only when the first answer is lacking. A recipe whose answers
are all there starts no model at all.
"""

from __future__ import annotations

import asyncio
import random
import shutil
import sys
import tempfile
from collections.abc import Coroutine, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple, TypeVar

from primum.core.digest import digest
from primum.core.errors import (
    BudgetReached,
    PrimumError,
    RunInterrupted,
    UserError,
)
from primum.engine.asking import Asker
from primum.engine.budget import Budget
from primum.engine.call_book import CallBook
from primum.engine.caller import Stopped
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.generation.draft import Draft
from primum.generation.gathering import Gathered, NothingLeftError
from primum.generation.planning import PlannedStage, RecipePlan
from primum.generation.recipe_stage import RecipeStage
from primum.generation.role_model import in_role
from primum.generation.stage import StageContext, StageResult
from primum.generation.yields import StageYield, Yields
from primum.ledger.ledger import Ledger
from primum.models.local import LocalModel

SUFFIXES: Final = "suffixes"
"""Folder of the searches for suffixes."""
Result = TypeVar("Result")
StageState = Literal["waiting", "running", "finished"]


@dataclass(slots=True)
class StageProgress:
    """One stage, to be drawn."""

    name: str
    progress: Progress
    state: StageState = "waiting"
    ended: StageYield | None = None


@dataclass(slots=True)
class GenerationProgress:
    """What has happened so far, stage by stage."""

    stages: list[StageProgress] = field(default_factory=list)

    @classmethod
    def of(cls, plan: RecipePlan) -> GenerationProgress:
        """Every stage of the plan, waiting."""
        return cls(
            [
                StageProgress(stage.stage.name, Progress(planned=stage.total_calls))
                for stage in plan.stages
            ]
        )

    @property
    def calls(self) -> int:
        """Calls made now."""
        return sum(stage.progress.calls for stage in self.stages)

    @property
    def reused(self) -> int:
        """Calls found in the ledger."""
        return sum(stage.progress.reused for stage in self.stages)

    @property
    def usd(self) -> float:
        """US dollars spent now, where prices are known."""
        return sum(stage.progress.usd for stage in self.stages)


@dataclass(frozen=True, slots=True)
class Generated:
    """How far the recipe came."""

    yields: Yields
    waits_for: Path | None = None
    """A file that people must fill in before the recipe can go on."""
    waiting_stage: str = ""
    nothing_left: str = ""
    """Why the recipe ended early, where no draft came through a stage."""


def run_recipe(  # noqa: PLR0917 - what a command holds
    plan: RecipePlan,
    ledger: Ledger,
    budget: Budget,
    progress: GenerationProgress,
    folder: Path,
    searches: Path | None = None,
) -> Generated:
    """The recipe's drafts, or the file that people must fill in first.

    Args:
        plan: what is run.
        ledger: open for writing.
        budget: of this command.
        progress: told about every stage.
        folder: where files for people go and come back from.
        searches: where searches for suffixes are kept; by default ``suffixes`` beside ``folder``.

    Raises:
        BudgetReached: the budget is spent; the same plan continues.
        RunInterrupted: stopped from outside; the same plan continues.
        EndpointError: an endpoint cannot be used, or stopped answering.
        UserError: a stage cannot use what it was given.
    """
    run = _Run(plan, ledger, budget, progress, _folders(folder, searches))
    return _run_async(run.carry_out(), ledger)


class _Folders(NamedTuple):
    people: Path
    searches: Path


def _folders(people: Path, searches: Path | None) -> _Folders:
    return _Folders(people, searches or people.parent / SUFFIXES)


class _Run:
    def __init__(
        self,
        plan: RecipePlan,
        ledger: Ledger,
        budget: Budget,
        progress: GenerationProgress,
        folders: _Folders,
    ) -> None:
        self.plan = plan
        self.ledger = ledger
        self.budget = budget
        self.progress = progress
        self.folders = folders
        self.gathered = Gathered()
        self._open: set[int] = set()

    async def carry_out(self) -> Generated:
        try:
            return await self._carry_out()
        except NothingLeftError as error:
            return Generated(self.gathered.yields(), nothing_left=str(error))

    async def _carry_out(self) -> Generated:
        async with AsyncExitStack() as stack:
            group = await stack.enter_async_context(JobGroup(self.ledger, self.budget))
            for number, planned in enumerate(self.plan.stages):
                shown = self.progress.stages[number]
                shown.state = "running"
                self.gathered.require_drafts(planned.stage)
                result = await self._result(number, planned, shown.progress, group, stack)
                if result.waits_for is not None:
                    return Generated(self.gathered.yields(), result.waits_for, planned.stage.name)
                shown.ended = self.gathered.add(self.plan, planned.stage, result, shown.progress)
                shown.state = "finished"
        self.gathered.require_drafts(None)
        return Generated(self.gathered.yields())

    async def _result(
        self,
        number: int,
        planned: PlannedStage,
        progress: Progress,
        group: JobGroup,
        stack: AsyncExitStack,
    ) -> StageResult:
        """The stage's result, with models opened only where an answer is lacking."""
        drafts = self.gathered.given(planned.stage)
        stage = planned.stage
        expected = stage.kind.estimate(len(drafts), stage.settings, self.plan.ready.sizes)
        progress.planned = sum(expected.calls.values())
        if _can_be_looked_up(self.plan, stage):
            known = await _known_result(self.plan, stage, drafts, self.ledger, self.folders)
            if known.result is not None:
                progress.planned = progress.done = progress.reused = known.questions
                return known.result
        await self._open_models(number, group, stack)
        asker = group.asker(progress, self.plan.prices)
        try:
            context = _context(self.plan, planned.stage, asker, self.folders)
            return await _carried_out(planned.stage, drafts, context)
        except Stopped:
            asker.raise_if_stopped()
            raise

    async def _open_models(self, number: int, group: JobGroup, stack: AsyncExitStack) -> None:
        """Open and check the models of this stage and all later ones, so that none fails late."""
        cast = self.plan.cast
        for planned in self.plan.stages[number:]:
            for model in cast.models_of(planned.stage.roles):
                if id(model) in self._open:
                    continue
                try:
                    await stack.enter_async_context(model)
                    await group.unless_stopped(model.preflight())
                except UserError as error:
                    raise in_role(error, cast.role_of(model)) from None
                self._open.add(id(model))


@dataclass(frozen=True, slots=True)
class KnownStage:
    """A stage as far as the ledger holds it."""

    result: StageResult | None
    """None where an answer is lacking."""
    questions: int
    """Answers that were found."""


async def _known_result(
    plan: RecipePlan,
    stage: RecipeStage,
    drafts: Sequence[Draft],
    ledger: Ledger,
    folders: _Folders,
) -> KnownStage:
    """The stage redone from the ledger alone; nothing is asked, loaded or written there."""
    progress = Progress()
    asker = Asker(CallBook(ledger), Budget(max_calls=0), progress, is_recorded=False)
    try:
        context = replace(_context(plan, stage, asker, folders), is_look=True)
        result = await _carried_out(stage, drafts, context)
    except (BudgetReached, Stopped):
        return KnownStage(None, progress.done)
    return KnownStage(result, progress.done)


def known_calls(
    plan: RecipePlan, ledger: Ledger, folder: Path, searches: Path | None = None
) -> list[KnownStage]:
    """What the ledger holds, stage by stage, up to the first one that lacks an answer.

    A stage that asks a model in this process which is not installed ends the look, too. Files of
    people are read from a copy, so that nothing is written beside them.
    """
    with tempfile.TemporaryDirectory() as name:
        copied = Path(name) / folder.name
        if folder.is_dir():
            shutil.copytree(folder, copied)
        folders = _Folders(copied, _folders(folder, searches).searches)
        return asyncio.run(_known_calls(plan, ledger, folders))


async def _known_calls(plan: RecipePlan, ledger: Ledger, folders: _Folders) -> list[KnownStage]:
    gathered, found = Gathered(), []
    for planned in plan.stages:
        if not _can_be_looked_up(plan, planned.stage):
            break
        try:
            gathered.require_drafts(planned.stage)
        except NothingLeftError:
            break
        drafts = gathered.given(planned.stage)
        known = await _known_result(plan, planned.stage, drafts, ledger, folders)
        found.append(known)
        if known.result is None or known.result.waits_for is not None:
            break
        gathered.add(plan, planned.stage, known.result, Progress(done=known.questions))
    return found


def _can_be_looked_up(plan: RecipePlan, stage: RecipeStage) -> bool:
    """Whether every model's identity can be told: those in this process need their libraries."""
    local = (m for m in plan.cast.models_of(stage.roles) if isinstance(m, LocalModel))
    try:
        return all(model.identity for model in local)
    except UserError:
        return False


async def _carried_out(
    stage: RecipeStage, drafts: Sequence[Draft], context: StageContext
) -> StageResult:
    result = await stage.kind.run(drafts, stage.settings, context)
    return replace(result, kept=tuple(result.kept), dropped=tuple(result.dropped))


def _context(plan: RecipePlan, stage: RecipeStage, asker: Asker, folders: _Folders) -> StageContext:
    """What the stage may use; its random numbers depend on recipe, seed and stage alone."""
    recipe = plan.ready.recipe
    seed = int.from_bytes(digest("stage-1", recipe.id, str(recipe.seed), stage.name))
    return StageContext(
        name=stage.name,
        asker=asker,
        roles=plan.cast.roles,
        guidelines=plan.ready.guideline_sets,
        chosen=plan.ready.chosen,
        languages=recipe.languages,
        seed=recipe.seed,
        folder=folders.people,
        searches=folders.searches,
        generator=random.Random(seed),  # noqa: S311 - a draw, no secret
    )


def _run_async(work: Coroutine[Any, Any, Result], ledger: Ledger) -> Result:
    """What the work returns, in an event loop of its own; all that was put is then on disk."""
    try:
        return _in_own_loop(work)
    except KeyboardInterrupt:
        raise RunInterrupted(
            "Stopped before the recipe began. The same command begins it again."
        ) from None
    finally:
        _flush_quietly(ledger)


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
