"""What a stopping rule is shown, and what follows when it decides."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.support import CountingModel, LengthJudge

from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.response import Response, ResponseOutcome
from primum.engine.budget import Budget
from primum.engine.job import Job, Target
from primum.engine.progress import Progress
from primum.engine.run import run_job
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import locate
from primum.models.chat_model import ChatRequest
from primum.models.profile import Profile


class NotingRule:
    """Notes what it is shown, and decides after so many conversations."""

    def __init__(self, after: int) -> None:
        self.after = after
        self.unwanted: set[str] = set()
        self.seen: list[tuple[object, ...]] = []
        self.done = 0

    def wants(self, item: Item, repeat: int) -> bool:
        """All but those that it was told to leave out."""
        return item.name not in self.unwanted

    def answered(self, item: Item, repeat: int, turn: int, outcome: ResponseOutcome) -> None:
        """Note it."""
        self.seen.append((item.name, turn, outcome))

    def observe(self, item: Item, repeat: int, turn: int, judge: str, verdict: Verdict) -> None:
        """Note it."""
        self.seen.append((item.name, turn, judge))

    def conversation_done(self, item: Item, repeat: int) -> None:
        """Note it."""
        self.seen.append((item.name, "done"))
        self.done += 1

    @property
    def is_decided(self) -> bool:
        """After so many conversations."""
        return self.done >= self.after


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    with open_ledger(locate(tmp_path)) as opened:
        yield opened


def items(count: int) -> list[Item]:
    """Conversations of two turns."""
    return [
        Item(
            turns=(f"First {number}?", f"Second {number}?"),
            language="en",
            perspective="general",
            intent="benign",
            guidelines=("set/1",),
            source="test",
            name=f"item-{number}",
        )
        for number in range(count)
    ]


def hold(ledger: Ledger, rule: NotingRule, model: CountingModel, count: int) -> None:
    """Run that many conversations under the rule."""
    planned = items(count)
    run = ledger.begin_run({"test": count}, {}, planned)
    job = Job(
        run_id=run.id,
        target=Target(model, Profile(name="plain")),
        judges=[LengthJudge()],
        items=lambda: iter(planned),
        repeats=1,
        conversations=count,
        stopping=rule,
    )
    asyncio.run(run_job(job, ledger, Budget(), Progress()))


def test_answers_verdicts_and_the_end_of_a_conversation_are_shown(ledger: Ledger) -> None:
    rule = NotingRule(after=9)

    hold(ledger, rule, CountingModel(concurrency=1), 1)

    assert rule.seen == [
        ("item-0", 0, "ok"),
        ("item-0", 0, "length"),
        ("item-0", 1, "ok"),
        ("item-0", 1, "length"),
        ("item-0", "done"),
    ]


def test_what_the_ledger_holds_is_shown_as_if_it_came_now(ledger: Ledger) -> None:
    hold(ledger, NotingRule(after=9), CountingModel(concurrency=1), 3)
    rule, model = NotingRule(after=9), CountingModel(concurrency=1)

    hold(ledger, rule, model, 3)

    assert not model.requests
    assert rule.done == 3
    assert sorted(str(seen) for seen in rule.seen if seen[0] == "item-1") == sorted(
        str(seen)
        for seen in [
            ("item-1", 0, "ok"),
            ("item-1", 0, "length"),
            ("item-1", 1, "ok"),
            ("item-1", 1, "length"),
            ("item-1", "done"),
        ]
    )


def test_no_conversation_begins_after_the_decision(ledger: Ledger) -> None:
    model = CountingModel(concurrency=2)

    hold(ledger, NotingRule(after=5), model, 60)

    held = {request.item.name for request in model.requests if request.item is not None}
    # Those that the two workers held when it was decided are finished.
    assert 5 <= len(held) <= 7


def test_a_conversation_that_a_failed_turn_cuts_short_is_done(ledger: Ledger) -> None:
    def answer(_: ChatRequest) -> Response:
        return Response("content_filter")

    rule = NotingRule(after=9)

    hold(ledger, rule, CountingModel(concurrency=1, answer=answer), 1)

    assert rule.seen == [
        ("item-0", 0, "content_filter"),
        ("item-0", 0, "length"),
        ("item-0", "done"),
    ]


def test_a_conversation_that_is_not_wanted_is_not_held(ledger: Ledger) -> None:
    rule, model = NotingRule(after=9), CountingModel(concurrency=1)
    rule.unwanted = {"item-1"}

    hold(ledger, rule, model, 3)

    held = {request.item.name for request in model.requests if request.item is not None}
    assert held == {"item-0", "item-2"}
