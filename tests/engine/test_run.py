"""The engine against a counting model and a real ledger."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.engine.support import AskingJudge, CountingModel, LengthJudge, item

from primum.core.errors import BudgetReached, EndpointError, RunInterrupted
from primum.core.item import Item
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.engine.job import Job, Target
from primum.engine.progress import Progress
from primum.engine.run import run_job
from primum.judging.judge import Judge
from primum.ledger.columns import RunColumns
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.reading import read_columns, read_transcripts
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Profile


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Workspace(tmp_path)) as opened:
        yield opened


def run(
    ledger: Ledger,
    items: Sequence[Item],
    model: ChatModel,
    judges: Sequence[Judge] = (LengthJudge(),),
    *,
    repeats: int = 1,
    budget: Budget | None = None,
    profile: Profile | None = None,
) -> tuple[Progress, RunColumns]:
    """One run of the items, and its columns."""
    spec = {"items": [i.id for i in items], "repeats": repeats, "model": model.name}
    stored = ledger.begin_run(spec, {}, items)
    progress = Progress()
    job = Job(
        run_id=stored.id,
        target=Target(model, profile or Profile()),
        judges=judges,
        items=lambda: ledger.run_items(stored.id),
        repeats=repeats,
        conversations=len(items) * repeats,
    )
    asyncio.run(run_job(job, ledger, budget or Budget(), progress))
    names = {judge.name: judge.fingerprint for judge in judges}
    return progress, read_columns(ledger, stored.id, repeats=repeats, judges=names)


def test_every_turn_is_answered_and_judged(ledger: Ledger) -> None:
    model = CountingModel()
    items = [item(n, turns=3) for n in range(10)]

    progress, columns = run(ledger, items, model)

    assert progress.done == 10
    assert columns.outcome == ["ok"] * 30
    assert sorted(columns.verdicts["length"].row) == list(range(30))
    assert len(model.requests) == 30


def test_the_models_own_answers_stand_in_the_history(ledger: Ledger) -> None:
    model = CountingModel()

    run(ledger, [item(1, turns=2)], model, profile=Profile(system_prompt="Be brief."))

    assert [tuple(m) for m in model.requests[1].messages] == [
        ("system", "Be brief."),
        ("user", "question 1.0"),
        ("assistant", "re: question 1.0"),
        ("user", "question 1.1"),
    ]


def test_a_second_run_makes_no_call(ledger: Ledger) -> None:
    items = [item(n, turns=2) for n in range(5)]
    judge_model = CountingModel("judge")
    run(ledger, items, CountingModel(), [AskingJudge(judge_model)])
    again, judge_again = CountingModel(), CountingModel("judge")

    progress, columns = run(ledger, items, again, [AskingJudge(judge_again)])

    assert again.requests == []
    assert judge_again.requests == []
    assert progress.done == 5
    assert columns.outcome == ["ok"] * 10
    assert columns.verdicts["asking:judge"].value == [1.0] * 10


def test_another_run_of_the_workspace_pays_only_for_new_items(ledger: Ledger) -> None:
    run(ledger, [item(n) for n in range(4)], CountingModel())
    model = CountingModel()

    run(ledger, [item(n) for n in range(6)], model)

    assert sorted(r.messages[-1].content for r in model.requests) == [
        "question 4.0",
        "question 5.0",
    ]


def test_a_new_judge_does_not_ask_the_target_again(ledger: Ledger) -> None:
    items = [item(n) for n in range(4)]
    run(ledger, items, CountingModel())
    target, judge = CountingModel(), CountingModel("judge")

    run(ledger, items, target, [LengthJudge(), AskingJudge(judge)])

    assert target.requests == []
    assert len(judge.requests) == 4


def test_equal_requests_of_two_items_are_asked_once(ledger: Ledger) -> None:
    """Two items that differ only in their labels send the same messages."""
    twin = Item(
        turns=item(1, turns=2).turns,
        language="en",
        perspective="clinician",
        intent="benign",
        guidelines=(),
        source="test",
    )
    model = CountingModel(delay_seconds=0.01)
    filler = [item(n) for n in range(2, 30)]

    _, columns = run(ledger, [item(1, turns=2), *filler, twin], model)

    asked = [r.messages[-1].content for r in model.requests]
    assert asked.count("question 1.0") == 1
    assert asked.count("question 1.1") == 1
    assert columns.outcome == ["ok"] * len(columns.outcome)


def test_a_model_that_answers_by_item_is_asked_for_each_item(ledger: Ledger) -> None:
    """Two items ask the same, and people answered each of them."""

    class ByItem(CountingModel):
        answers_by_item = True

    same = [
        Item(("question",), "en", "patient", "benign", (guideline,), "test")
        for guideline in ("ama-2001/1", "ama-2001/2")
    ]
    model = ByItem(answer=lambda r: Response("ok", r.item.guidelines[0] if r.item else ""))

    run(ledger, same, model)

    transcripts = read_transcripts(ledger, ledger.run("latest").id, [(i.id, 0) for i in same])
    texts = [transcripts[i.id, 0][0].response.text for i in same]
    assert texts == ["ama-2001/1", "ama-2001/2"]


def test_repeats_are_separate_calls(ledger: Ledger) -> None:
    model = CountingModel()

    _, columns = run(ledger, [item(1)], model, repeats=3)

    assert sorted(r.repeat for r in model.requests) == [0, 1, 2]
    assert columns.repeat == [0, 1, 2]


def test_votes_are_separate_calls_of_the_judge(ledger: Ledger) -> None:
    judge = CountingModel("judge")

    _, columns = run(ledger, [item(1)], CountingModel(), [AskingJudge(judge, votes=10)])

    assert sorted(r.repeat for r in judge.requests) == list(range(10))
    assert sorted(columns.verdicts["asking:judge"].vote) == list(range(10))


def test_the_budget_is_a_hard_stop_that_leaves_a_resumable_run(ledger: Ledger) -> None:
    items = [item(n, turns=3) for n in range(10)]
    model = CountingModel(delay_seconds=0.001)
    with pytest.raises(BudgetReached, match="budget of 13 calls"):
        run(ledger, items, model, budget=Budget(max_calls=13))
    assert len(model.requests) == 13
    rest = CountingModel()

    progress, columns = run(ledger, items, rest)

    assert len(rest.requests) == 30 - 13
    assert progress.done == 10
    assert columns.outcome == ["ok"] * 30


def test_a_response_without_text_ends_the_conversation_and_is_never_a_score(
    ledger: Ledger,
) -> None:
    def answer(request: ChatRequest) -> Response:
        if "1.1" in request.messages[-1].content:
            return Response("content_filter", error="withheld")
        return Response("ok", "fine")

    _, columns = run(ledger, [item(1, turns=3)], CountingModel(answer=answer))

    assert columns.outcome == ["ok", "content_filter", ""]
    assert columns.verdicts["length"].outcome == ["scored", "missing"]


def test_a_transport_error_is_data_and_is_asked_again_by_the_next_run(ledger: Ledger) -> None:
    down = CountingModel(answer=lambda r: Response("transport_error", error="no route"))
    _, first = run(ledger, [item(1), item(2)], down)
    up = CountingModel()

    _, second = run(ledger, [item(1), item(2)], up)

    assert first.outcome == ["transport_error"] * 2
    assert len(up.requests) == 2
    assert second.outcome == ["ok"] * 2
    assert second.verdicts["length"].outcome == ["scored"] * 2


def test_a_judge_whose_call_failed_is_asked_again_by_the_next_run(ledger: Ledger) -> None:
    down = CountingModel("judge", answer=lambda r: Response("transport_error", error="no route"))
    _, first = run(ledger, [item(1)], CountingModel(), [AskingJudge(down)])
    up = CountingModel("judge")

    _, second = run(ledger, [item(1)], CountingModel(), [AskingJudge(up)])

    assert first.verdicts["asking:judge"].outcome == ["missing"]
    assert second.verdicts["asking:judge"].outcome == ["scored"]


def test_an_endpoint_that_dies_stops_the_run(ledger: Ledger) -> None:
    model = CountingModel(answer=lambda r: Response("transport_error", error="refused"))

    with pytest.raises(EndpointError, match=r"failed \d+ times in a row.*refused"):
        run(ledger, [item(n) for n in range(500)], model)

    assert len(model.requests) < 100


def test_an_error_of_the_endpoint_stops_the_run_and_keeps_the_rest(ledger: Ledger) -> None:
    def answer(request: ChatRequest) -> Response:
        if "question 3.0" in request.messages[-1].content:
            raise EndpointError("the key was withdrawn")
        return Response("ok", "fine")

    with pytest.raises(EndpointError, match="withdrawn"):
        run(ledger, [item(n) for n in range(50)], CountingModel(answer=answer, concurrency=1))

    rest = CountingModel()
    run(ledger, [item(n) for n in range(50)], rest)
    assert len(rest.requests) == 47


def test_calls_in_flight_finish_when_the_run_is_interrupted(ledger: Ledger) -> None:
    import os
    import signal

    def answer(request: ChatRequest) -> Response:
        if "question 2.0" in request.messages[-1].content:
            os.kill(os.getpid(), signal.SIGTERM)
        return Response("ok", "fine")

    model = CountingModel(answer=answer, delay_seconds=0.02)
    items = [item(n) for n in range(40)]
    with pytest.raises(RunInterrupted, match="SIGTERM"):
        run(ledger, items, model)
    made = len(model.requests)
    rest = CountingModel()

    run(ledger, items, rest)

    assert made < 40
    assert len(rest.requests) == 40 - made


def test_depth_first_no_more_conversations_are_open_than_workers(ledger: Ledger) -> None:
    model = CountingModel(concurrency=3, delay_seconds=0.001)
    open_now: set[str] = set()
    most = 0

    def answer(request: ChatRequest) -> Response:
        nonlocal most
        assert request.item is not None
        open_now.add(request.item.name)
        most = max(most, len(open_now))
        if request.turn == 2:
            open_now.discard(request.item.name)
        return Response("ok", "fine")

    model._answer = answer
    run(ledger, [item(n, turns=3) for n in range(20)], model)

    assert most <= 3
    assert model.most_running <= 3


def test_transcripts_hold_text_and_verdicts(ledger: Ledger) -> None:
    first = item(1, turns=2)
    run(ledger, [first], CountingModel())
    stored = ledger.run("latest")

    turns = read_transcripts(ledger, stored.id, [(first.id, 0)])[(first.id, 0)]

    assert [turn.response.text for turn in turns] == ["re: question 1.0", "re: question 1.1"]
    assert [verdict.outcome for turn in turns for _, _, verdict in turn.verdicts] == [
        "scored",
        "scored",
    ]
