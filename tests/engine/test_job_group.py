"""Jobs of one command: side by side, equal calls made once, one budget, one stop."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.support import CountingModel, item

from primum.core.errors import BudgetReached, EndpointError, RunInterrupted
from primum.core.message import Message
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.engine.job import Job, Target
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatRequest
from primum.models.profile import Profile, Sampling
from primum.testing.judge import ScriptedJudge


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Workspace(tmp_path)) as opened:
        yield opened


class GatedModel(CountingModel):
    """Answers once the gate is open."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.gate = asyncio.Event()
        self.asked = asyncio.Event()
        self.failing = 0
        """So many of the next calls find the endpoint dead."""

    async def complete(self, request: ChatRequest) -> Response:
        """The answer, later."""
        self.requests.append(request)
        self.asked.set()
        await self.gate.wait()
        if self.failing:
            self.failing -= 1
            raise EndpointError("the judge is gone")
        return Response("ok", "fine")


def job(ledger: Ledger, target: CountingModel, judge: CountingModel, items: int = 1) -> Job:
    """Every answer is put to the judge in the same words."""
    stored = ledger.begin_run(
        {"target": target.name, "items": items}, {}, [item(n) for n in range(items)]
    )
    return Job(
        run_id=stored.id,
        target=Target(target, Profile()),
        judges=[
            ScriptedJudge(
                name="same",
                model=judge,
                ask=lambda *_: ChatRequest((Message("user", "the same"),), Sampling()),
            )
        ],
        items=lambda: ledger.run_items(stored.id),
        repeats=1,
        conversations=items,
    )


async def both_wait_for(judge: GatedModel, progresses: tuple[Progress, Progress]) -> None:
    """Return when one job asks the judge and the other has its answer and waits, too."""
    await judge.asked.wait()
    while not all(progress.responses.total() for progress in progresses):  # noqa: ASYNC110
        await asyncio.sleep(0.001)
    # The second one's look-up in the ledger, which finds nothing, takes a few rounds.
    await asyncio.sleep(0.05)


def test_two_jobs_that_ask_a_judge_the_same_at_one_time_make_one_call(ledger: Ledger) -> None:
    async def run() -> tuple[GatedModel, tuple[Progress, Progress]]:
        judge, progresses = GatedModel("judge"), (Progress(), Progress())
        async with JobGroup(ledger, Budget()) as group:
            running = [
                asyncio.create_task(group.run(job(ledger, CountingModel(name), judge), progress))
                for name, progress in zip("ab", progresses, strict=True)
            ]
            await both_wait_for(judge, progresses)
            judge.gate.set()
            await asyncio.gather(*running)
        return judge, progresses

    judge, progresses = asyncio.run(run())

    assert len(judge.requests) == 1
    assert [progress.verdicts for progress in progresses] == [{"scored": 1}, {"scored": 1}]
    assert sum(progress.calls for progress in progresses) == 3
    assert sum(progress.reused for progress in progresses) == 1


def test_a_call_that_one_job_gave_up_is_made_by_the_job_that_waited_for_it(ledger: Ledger) -> None:
    async def run() -> tuple[GatedModel, tuple[Progress, Progress], list[BaseException | None]]:
        judge, progresses = GatedModel("judge"), (Progress(), Progress())
        judge.failing = 1
        async with JobGroup(ledger, Budget()) as group:
            running = [
                asyncio.create_task(group.run(job(ledger, CountingModel(name), judge), progress))
                for name, progress in zip("ab", progresses, strict=True)
            ]
            await both_wait_for(judge, progresses)
            judge.gate.set()
            ended = await asyncio.gather(*running, return_exceptions=True)
        return judge, progresses, ended

    judge, progresses, ended = asyncio.run(run())

    assert len(judge.requests) == 2
    assert sorted(type(end).__name__ for end in ended) == ["EndpointError", "NoneType"]
    assert sorted(progress.verdicts["scored"] for progress in progresses) == [0, 1]


def test_jobs_of_a_group_spend_one_budget(ledger: Ledger) -> None:
    budget = Budget(max_calls=7)
    targets = [CountingModel("a"), CountingModel("b")]
    judge = CountingModel("judge")

    async def run() -> list[BaseException | None]:
        async with JobGroup(ledger, budget) as group:
            return await asyncio.gather(
                *(
                    group.run(job(ledger, target, judge, items=20), Progress())
                    for target in targets
                ),
                return_exceptions=True,
            )

    ended = asyncio.run(run())

    assert all(isinstance(end, BudgetReached) for end in ended)
    assert sum(len(model.requests) for model in (*targets, judge)) == 7


def test_a_stop_reaches_every_job_and_those_that_come_later(ledger: Ledger) -> None:
    targets = [CountingModel(name, delay_seconds=0.01) for name in "abc"]
    judge = CountingModel("judge")
    jobs = [job(ledger, target, judge, items=50) for target in targets]

    async def run() -> list[BaseException | None]:
        async with JobGroup(ledger, Budget()) as group:
            running = [asyncio.create_task(group.run(each, Progress())) for each in jobs[:2]]
            while not all(target.requests for target in targets[:2]):  # noqa: ASYNC110
                await asyncio.sleep(0.001)
            group.stop(RunInterrupted("stopped"))
            late = asyncio.create_task(group.run(jobs[2], Progress()))
            return await asyncio.gather(*running, late, return_exceptions=True)

    ended = asyncio.run(run())

    assert [type(end) for end in ended] == [RunInterrupted] * 3
    assert all(0 < len(target.requests) < 50 for target in targets[:2])
    assert not targets[2].requests


def test_what_comes_before_a_job_is_given_up_at_a_stop(ledger: Ledger) -> None:
    async def run() -> None:
        async with JobGroup(ledger, Budget()) as group:
            waiting = asyncio.create_task(group.unless_stopped(asyncio.Event().wait()))
            await asyncio.sleep(0)
            group.stop(RunInterrupted("stopped"))
            await waiting

    with pytest.raises(RunInterrupted, match="stopped"):
        asyncio.run(run())


def test_calls_in_flight_are_given_up_when_the_group_says_so(ledger: Ledger) -> None:
    async def run() -> BaseException | None:
        judge = GatedModel("judge")
        async with JobGroup(ledger, Budget()) as group:
            work = group.run(job(ledger, CountingModel("a"), judge), Progress())
            running = asyncio.create_task(work)
            await judge.asked.wait()
            group.stop(RunInterrupted("stopped"))
            group.cancel()
            (ended,) = await asyncio.gather(running, return_exceptions=True)
        return ended

    assert isinstance(asyncio.run(run()), RunInterrupted)
