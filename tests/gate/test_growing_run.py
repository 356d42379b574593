"""Requests count in the planned order, whenever their answers come."""

from __future__ import annotations

import numpy as np

from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.gate.growing_run import GrowingRun, empty_columns, labels_of

JUDGE = "screen"


def an_item(number: int, turns: int = 1) -> Item:
    """A harmless item."""
    return Item(
        turns=tuple(f"Question {number}, part {turn}?" for turn in range(turns)),
        language="en",
        perspective="general",
        intent="benign",
        guidelines=("set/1",),
        source="test",
        name=f"item-{number}",
    )


def a_run(items: list[Item], clusters: list[int], repeats: int = 1) -> GrowingRun:
    """A run of these items with one judge."""
    return GrowingRun([labels_of(item) for item in items], np.array(clusters), repeats, [JUDGE])


def answer(run: GrowingRun, item: Item, value: float, repeat: int = 0) -> None:
    """The whole conversation comes, its turns scored with the value."""
    for turn in range(len(item.turns)):
        run.answered(item, repeat, turn, "ok")
        run.observe(item, repeat, turn, JUDGE, Verdict("scored", value))
    run.conversation_done(item, repeat)


def test_an_answer_that_comes_early_waits_for_those_before_it() -> None:
    items = [an_item(number) for number in range(3)]
    run = a_run(items, [0, 1, 2])

    answer(run, items[2], 1.0)
    answer(run, items[1], 0.5)
    assert run.take() is None

    answer(run, items[0], 0.0)
    columns = run.take()

    assert columns is not None
    assert [item.name for item in columns.items] == ["item-0", "item-1", "item-2"]
    assert columns.verdicts[JUDGE].value == [0.0, 0.5, 1.0]
    assert run.take() is None


def test_a_request_is_complete_with_all_its_copies_and_repeats() -> None:
    items = [an_item(number) for number in range(2)]
    run = a_run(items, [0, 0], repeats=2)
    for item, repeat in ((items[0], 0), (items[0], 1), (items[1], 1)):
        answer(run, item, 1.0, repeat)
    assert run.take() is None

    answer(run, items[1], 0.0, 0)

    columns = run.take()
    assert columns is not None
    assert columns.verdicts[JUDGE].row == [0, 1, 2, 3]
    assert columns.verdicts[JUDGE].value == [1.0, 1.0, 0.0, 1.0]


def test_turns_that_were_not_reached_stay_empty() -> None:
    item = an_item(0, turns=3)
    run = a_run([item], [0])
    run.answered(item, 0, 0, "content_filter")
    run.observe(item, 0, 0, JUDGE, Verdict("missing", reason="no text to judge"))
    run.conversation_done(item, 0)

    columns = run.take()

    assert columns is not None
    assert columns.outcome == ["content_filter", "", ""]
    assert columns.verdicts[JUDGE].outcome == ["missing"]


def test_votes_of_one_judge_are_told_apart() -> None:
    item = an_item(0)
    run = a_run([item], [0])
    for value in (1.0, 0.0):
        run.observe(item, 0, 0, JUDGE, Verdict("scored", value))
    run.conversation_done(item, 0)

    columns = run.take()

    assert columns is not None
    assert columns.verdicts[JUDGE].vote == [0, 1]


def test_a_conversation_that_is_told_of_twice_counts_once() -> None:
    items = [an_item(number) for number in range(2)]
    run = a_run(items, [0, 0])

    answer(run, items[0], 1.0)
    run.conversation_done(items[0], 0)

    assert run.take() is None


def test_planned_turns_stand_by_item_and_repeat() -> None:
    columns = empty_columns([labels_of(an_item(0, turns=2)), labels_of(an_item(1))], 2)

    assert columns.item == [0, 0, 0, 0, 1, 1]
    assert columns.repeat == [0, 0, 1, 1, 0, 1]
    assert columns.turn == [0, 1, 0, 1, 0, 0]
    assert set(columns.outcome) == {""}
