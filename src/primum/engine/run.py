"""The engine: runs jobs, one or several side by side, and stops them all together.

    async with JobGroup(ledger, budget) as group:
        await asyncio.gather(*(group.run(job, Progress()) for job in jobs))

The jobs of a group share one budget, and every call that is equal is made once among them.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import ExitStack
from types import TracebackType
from typing import Any, Self, TypeVar

from primum.core.errors import PrimumError, RunInterrupted
from primum.engine.asking import Asker
from primum.engine.budget import Budget
from primum.engine.call_book import CallBook
from primum.engine.caller import Price
from primum.engine.job import Job
from primum.engine.job_runner import JobRunner
from primum.engine.progress import Progress
from primum.ledger.ledger import Ledger

Result = TypeVar("Result")


async def run_job(job: Job, ledger: Ledger, budget: Budget, progress: Progress) -> None:
    """Hold and judge every planned conversation that the ledger lacks.

    Raises:
        BudgetReached: this command's budget is spent; the run can be continued.
        RunInterrupted: stopped from outside; the run can be continued.
        EndpointError: an endpoint stopped answering; the run can be continued.
        WorkspaceError: the ledger could not be written.
    """
    async with JobGroup(ledger, budget) as group:
        await group.run(job, progress)


class JobGroup:
    """The jobs of one command, in one event loop.

    While it is open, Ctrl-C and SIGTERM let the calls in flight finish and begin no other; a second
    one gives them up.
    """

    def __init__(self, ledger: Ledger, budget: Budget) -> None:
        self.ledger = ledger
        self._budget = budget
        self._book = CallBook(ledger)
        self._runners: set[JobRunner | Asker] = set()
        self._openings: set[asyncio.Task[Any]] = set()
        self._stack = ExitStack()
        self._reason: PrimumError | None = None

    @property
    def stop_reason(self) -> PrimumError | None:
        """Why no job of the group goes on, if so."""
        return self._reason

    async def run(self, job: Job, progress: Progress) -> None:
        """Hold and judge every planned conversation that the ledger lacks; jobs may overlap.

        Raises:
            PrimumError: as ``run_job``; an ``EndpointError`` concerns this job alone.
        """
        self._raise_if_stopped()
        runner = JobRunner(job, self._book, self._budget, progress)
        self._runners.add(runner)
        try:
            await runner.run()
        finally:
            self._runners.discard(runner)

    def asker(self, progress: Progress, prices: Mapping[str, Price] | None = None) -> Asker:
        """One that asks single requests under this group's budget and stop.

        Raises:
            PrimumError: the group is to stop.
        """
        self._raise_if_stopped()
        asker = Asker(self._book, self._budget, progress, prices)
        self._runners.add(asker)
        return asker

    async def unless_stopped(self, work: Coroutine[Any, Any, Result]) -> Result:
        """What comes before a job and costs nothing, given up as soon as the group is to stop.

        Raises:
            PrimumError: the group is to stop, or what the work itself raises.
        """
        task = asyncio.ensure_future(work)
        self._openings.add(task)
        if self._reason is not None:
            task.cancel()
        try:
            return await task
        except asyncio.CancelledError:
            if task.cancelled():
                self._raise_if_stopped()
            raise
        finally:
            self._openings.discard(task)

    def stop(self, reason: PrimumError) -> None:
        """Begin no further call in any job; the first reason stands."""
        self._reason = self._reason or reason
        for runner in self._runners:
            runner.caller.stop(self._reason)
        for task in self._openings:
            task.cancel()

    def cancel(self) -> None:
        """Give up the calls in flight of all jobs."""
        for runner in self._runners:
            runner.cancel()

    def _raise_if_stopped(self) -> None:
        if self._reason is not None:
            raise self._reason

    def _on_signal(self, name: str) -> None:
        if self._reason is not None:
            self.cancel()
        self.stop(
            RunInterrupted(
                f"Stopped by {name}. Everything finished is kept; the same command continues the "
                "run."
            )
        )

    async def __aenter__(self) -> Self:
        self._stack.enter_context(_signals_caught(self))
        self._stack.enter_context(_few_collections())
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()


@contextlib.contextmanager
def _few_collections() -> Iterator[None]:
    """Keep the garbage collector from walking all loaded libraries again and again.

    What exists before the run stays; the run itself makes short-lived objects, which reference
    counting frees.
    """
    thresholds = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 50, 50)
    try:
        yield
    finally:
        gc.set_threshold(*thresholds)
        gc.unfreeze()


@contextlib.contextmanager
def _signals_caught(group: JobGroup) -> Iterator[None]:
    """Hand Ctrl-C and SIGTERM to the group."""
    loop = asyncio.get_running_loop()
    installed = []
    for number, name in ((signal.SIGINT, "Ctrl-C"), (signal.SIGTERM, "SIGTERM")):
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            loop.add_signal_handler(number, group._on_signal, name)  # noqa: SLF001 - its own
            installed.append(number)
    try:
        yield
    finally:
        for number in installed:
            loop.remove_signal_handler(number)
