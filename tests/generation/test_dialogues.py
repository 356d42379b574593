"""Dialogue generation: request × strategy × generator to exactly so many user turns."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from tests.generation.stage_support import draft, model, run_stage

from primum.core.errors import BudgetReached, UnknownNameError
from primum.engine.budget import Budget
from primum.generation.catalogue import known_stage
from primum.generation.stage import Sizes
from primum.generation.stages.dialogues import DialogueSettings, strategies_for
from primum.generation.strategy_library import choose_strategies
from primum.models.chat_model import ChatRequest
from primum.testing.simulation import STRATEGIES

THREE = '["Tell me of windows please.", "And who opens them, then?", "So may we keep them shut?"]'


def test_a_request_and_a_strategy_become_the_users_turns_with_all_that_led_to_them(
    tmp_path: Path,
) -> None:
    seed = draft("May we keep the windows shut?")
    result = run_stage(
        "dialogues", tmp_path, {"generators": [model("writer-2", THREE)]}, [seed],
        strategies=[STRATEGIES[0]],
    )  # fmt: skip

    (dialogue,) = result.kept
    assert list(dialogue.turns) == json.loads(THREE)
    assert dialogue.strategy == STRATEGIES[0]
    assert dialogue.source == "writer-2"
    assert dialogue.parents == (seed.id,)
    assert dialogue.guidelines == seed.guidelines
    assert dialogue.steps[-1].model == "writer-2"
    assert dialogue.steps[-1].prompt.startswith("dialogue@1:")
    assert len(dialogue.steps[-1].call) == 32


def test_the_generator_is_told_request_strategy_and_number_of_turns(tmp_path: Path) -> None:
    writer = model("writer", THREE)
    run_stage(
        "dialogues", tmp_path, {"generators": [writer]},
        [draft("May we keep the windows shut?"), draft("窓は閉めたままでよいですか。", language="ja")],
        strategies=[STRATEGIES[3]],
    )  # fmt: skip

    english, japanese = (request.messages[-1].content for request in writer.calls)
    strategy = choose_strategies((STRATEGIES[3],))[0]
    for text in ("May we keep the windows shut?", strategy.how.en, "in 3 turns"):
        assert text in english
    for text in ("窓は閉めたままでよいですか。", strategy.how.ja, "3回分"):
        assert text in japanese


def test_every_strategy_and_every_generator_writes_one(tmp_path: Path) -> None:
    def own(name: str) -> str:
        return json.dumps([f"{name} asks number {n} nicely." for n in range(3)])

    writers = [model(name, own(name)) for name in ("ann", "bob")]
    result = run_stage("dialogues", tmp_path, {"generators": writers}, [draft("May we whistle?")])

    # One generator writes the same for every strategy: equal turns are one dialogue.
    assert Counter(one.source for one in result.kept) == {"ann": 1, "bob": 1}
    assert Counter(one.reason for one in result.dropped) == {"near_duplicate": 12}
    assert [len(writer.calls) for writer in writers] == [7, 7]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ('["Only this one, please.", "And this one as well."]', "unparseable"),
        (json.dumps([f"This is turn number {n}." for n in range(4)]), "unparseable"),
        ("The user would first ask about windows, and then about doors.", "unparseable"),
        ("I'm sorry, but I can't help with that.", "refused"),
        ('["A question of windows.", "", "And one about doors."]', "empty"),
        ("", "no_answer"),
    ],
)
def test_an_answer_without_exactly_so_many_turns_is_dropped_with_its_reason(
    tmp_path: Path, answer: str, reason: str
) -> None:
    result = run_stage(
        "dialogues", tmp_path, {"generators": [model("writer", answer)]},
        [draft("May we whistle?")], strategies=[STRATEGIES[0]],
    )  # fmt: skip

    assert not result.kept
    assert [one.reason for one in result.dropped] == [reason]
    assert STRATEGIES[0] in result.dropped[0].detail


def test_numbered_turns_are_read_as_well(tmp_path: Path) -> None:
    numbered = "1. What about windows?\n2. What about doors?"
    result = run_stage(
        "dialogues", tmp_path, {"generators": [model("writer", numbered)]},
        [draft("May we whistle?")], strategies=[STRATEGIES[0]], turns=2,
    )  # fmt: skip

    assert result.kept[0].turns == ("What about windows?", "What about doors?")


def test_strategies_are_drawn_the_same_each_time_and_about_equally_often() -> None:
    strategies = choose_strategies("all")
    drafts = [draft(f"May we whistle tune {n}?") for n in range(140)]
    drawn = [[each.id for each in strategies_for(one, strategies, 2)] for one in drafts]

    assert drawn == [[each.id for each in strategies_for(one, strategies, 2)] for one in drafts]
    assert all(len(set(one)) == 2 for one in drawn)
    counts = Counter(name for one in drawn for name in one)
    assert set(counts) == set(STRATEGIES)
    assert min(counts.values()) > 20  # 40 expected of each


def test_the_estimate_is_what_is_asked_at_most(tmp_path: Path) -> None:
    settings = DialogueSettings(per_request=3)
    cost = known_stage("dialogues").estimate(4, settings, Sizes(1, 1, {"generators": 2}))
    writers = [model("ann", THREE), model("bob", THREE)]
    drafts = [draft(f"May we whistle tune {n}?") for n in range(4)]
    run_stage("dialogues", tmp_path, {"generators": writers}, drafts, per_request=3)

    assert cost.calls == {"generators": 24}
    assert sum(len(writer.calls) for writer in writers) == 24


def test_a_stage_that_was_stopped_asks_only_what_is_left(tmp_path: Path) -> None:
    def answer(request: ChatRequest) -> str:
        return THREE

    drafts = [draft(f"May we whistle tune {n}?") for n in range(3)]
    first, second = model("writer", answer), model("writer", answer)
    with pytest.raises(BudgetReached):
        run_stage(
            "dialogues", tmp_path, {"generators": [first]}, drafts,
            budget=Budget(max_calls=9), generators="one",
        )  # fmt: skip
    run_stage("dialogues", tmp_path, {"generators": [second]}, drafts, generators="one")

    assert len(first.calls) == 9
    assert len(second.calls) == 3 * 7 - 9


def test_an_unknown_strategy_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="Unknown strategy “whistling”"):
        run_stage(
            "dialogues", tmp_path, {"generators": [model("writer", THREE)]},
            [draft("May we whistle?")], strategies="whistling",
        )  # fmt: skip
