"""Single requests through the ledger: in order, once, within the budget, resumable."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.support import CountingModel

from primum.core.errors import BudgetReached, EndpointError
from primum.core.message import Message
from primum.core.response import Response
from primum.engine.asking import Question
from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Workspace(tmp_path / "work")) as opened:
        yield opened


def ask(text: str, repeat: int = 0) -> ChatRequest:
    return ChatRequest((Message("user", text),), Sampling(), repeat)


def answers(
    ledger: Ledger, questions: list[Question], budget: Budget | None = None
) -> list[Response]:
    async def run() -> list[Response]:
        async with JobGroup(ledger, budget or Budget()) as group:
            return await group.asker(Progress()).responses(questions)

    return asyncio.run(run())


def test_answers_come_in_the_order_of_the_questions_however_long_they_take(ledger: Ledger) -> None:
    slow, fast = CountingModel("slow", delay_seconds=0.05), CountingModel("fast")
    found = answers(ledger, [Question(slow, ask("a")), Question(fast, ask("b"))])

    assert [response.text for response in found] == ["re: a", "re: b"]


def test_equal_questions_are_asked_once_and_never_again(ledger: Ledger) -> None:
    model = CountingModel()
    questions = [Question(model, ask(text)) for text in ("a", "a", "b")]

    first = answers(ledger, questions)
    second = answers(ledger, questions)

    assert [r.text for r in first] == [r.text for r in second] == ["re: a", "re: a", "re: b"]
    assert len(model.requests) == 2


def test_repeats_are_questions_of_their_own(ledger: Ledger) -> None:
    model = CountingModel()
    answers(ledger, [Question(model, ask("a", repeat)) for repeat in range(3)])

    assert [request.repeat for request in model.requests] == [0, 1, 2]


def test_a_model_is_asked_no_more_at_once_than_it_can_serve(ledger: Ledger) -> None:
    model = CountingModel(concurrency=3, delay_seconds=0.01)
    answers(ledger, [Question(model, ask(str(n))) for n in range(20)])

    assert model.most_running == 3


def test_a_spent_budget_stops_and_the_next_command_makes_the_rest(ledger: Ledger) -> None:
    model = CountingModel(concurrency=1)
    questions = [Question(model, ask(str(n))) for n in range(6)]

    with pytest.raises(BudgetReached):
        answers(ledger, questions, Budget(max_calls=4))
    found = answers(ledger, questions)

    assert [response.text for response in found] == [f"re: {n}" for n in range(6)]
    assert len(model.requests) == 6


def test_what_is_in_flight_when_an_endpoint_dies_is_kept(ledger: Ledger) -> None:
    def die(request: ChatRequest) -> Response:
        raise EndpointError("gone")

    dead, slow = CountingModel("dead", answer=die), CountingModel("slow", delay_seconds=0.05)
    questions = [Question(slow, ask("a")), Question(dead, ask("b"))]

    with pytest.raises(EndpointError, match="gone"):
        answers(ledger, questions)
    answers(ledger, questions[:1])

    assert len(slow.requests) == 1
