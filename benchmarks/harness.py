"""Primum itself: engine, ledger, HTTP client, two LLM judges with the shipped rubric."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AsyncExitStack
from pathlib import Path

from benchmarks.workload import CONCURRENCY, TURNS, measure, questions
from primum.core.conversation import Exchange
from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.engine.job import Job, Target
from primum.engine.progress import Progress
from primum.engine.run import run_job
from primum.guidelines.catalogue import load_set
from primum.judging.llm_judge import LLMJudge
from primum.judging.rubric import load_rubric
from primum.ledger.ledger import open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatRequest
from primum.models.endpoint import HttpModel
from primum.models.profile import Profile
from primum.models.provider import provider_named


class LastTurnJudge(LLMJudge):
    """Judges the last turn only, so that a conversation is five calls."""

    def ask(self, exchange: Exchange, vote: int) -> ChatRequest | None:
        return super().ask(exchange, vote) if exchange.turn == TURNS - 1 else None

    def read(self, exchange: Exchange, response: Response | None) -> Verdict:
        if exchange.turn < TURNS - 1:
            return Verdict("missing", reason="only the last turn is judged here")
        return super().read(exchange, response)


def items(conversations: int) -> Iterator[Item]:
    """The workload as benchmark items."""
    for number in range(conversations):
        yield Item(
            turns=tuple(questions(number)),
            language="en",
            perspective="patient",
            intent="benign",
            guidelines=("ama-2001/1",),
            source="workload",
        )


async def client(url: str, conversations: int, folder: str) -> int:
    """All conversations through the engine; the number of calls."""
    provider = provider_named("vllm")

    def model(name: str) -> HttpModel:
        return HttpModel(name, name, provider, base_url=url, max_concurrency=CONCURRENCY)

    rubric, guidelines = load_rubric("harmfulness"), [load_set("ama-2001")]
    judges = [
        LastTurnJudge(name, rubric, model(name), guidelines) for name in ("judge-a", "judge-b")
    ]
    target = model("mock")
    progress = Progress()
    async with AsyncExitStack() as stack:
        for each in (target, *(judge.model for judge in judges)):
            await stack.enter_async_context(each)
        with open_ledger(Workspace(Path(folder))) as ledger:
            run = ledger.begin_run({"workload": conversations}, {}, items(conversations))
            job = Job(
                run_id=run.id,
                target=Target(target, Profile()),
                judges=judges,
                items=lambda: ledger.run_items(run.id),
                repeats=1,
                conversations=conversations,
            )
            await run_job(job, ledger, Budget(), progress)
    scored = progress.verdicts["scored"]
    assert scored == 2 * conversations, f"{scored} verdicts: {progress.verdicts}"
    return progress.calls


if __name__ == "__main__":
    measure(client)
