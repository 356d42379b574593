"""Primum's small sets: whole, balanced, and apart from the other sets."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from primum.benchmarks.catalogue import load
from primum.capability.catalogue import own_folder, own_tasks
from primum.core.digest import fold

SETS = ("primum-medical-small", "primum-general-small")


def rows(name: str, part: str) -> list[dict[str, Any]]:
    file = own_folder() / f"{name}-{part}.jsonl"
    return [json.loads(line) for line in file.read_text("utf-8").splitlines()]


def words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split())


def alike(first: frozenset[str], second: frozenset[str]) -> float:
    return len(first & second) / len(first | second)


@pytest.mark.parametrize("name", SETS)
def test_each_set_has_120_questions_with_four_different_options(name: str) -> None:
    questions = rows(name, "test")

    assert len(questions) == 120
    assert len({fold(each["question"]) for each in questions}) == 120
    for each in questions:
        assert len({fold(option) for option in each["choices"]}) == 4
        assert all(option == option.strip() for option in each["choices"])


@pytest.mark.parametrize("name", SETS)
def test_the_right_answer_stands_thirty_times_at_each_place(name: str) -> None:
    places = Counter(each["answer"] for each in rows(name, "test"))

    assert places == {0: 30, 1: 30, 2: 30, 3: 30}


@pytest.mark.parametrize("name", SETS)
def test_the_right_option_is_not_told_by_its_length(name: str) -> None:
    """Always taking the longest, or the shortest, must not do much better than chance."""
    questions = rows(name, "test")
    for pick in (max, min):
        hits = sum(
            each["choices"].index(pick(each["choices"], key=len)) == each["answer"]
            for each in questions
        )
        assert hits / len(questions) < 0.45


@pytest.mark.parametrize("name", SETS)
def test_examples_and_questions_are_different_ones(name: str) -> None:
    questions = [words(each["question"]) for each in rows(name, "test")]
    examples = [words(each["question"]) for each in rows(name, "examples")]

    assert len(examples) >= 10
    assert not set(questions) & set(examples)


def test_no_question_stands_in_another_set_of_primum() -> None:
    asked = {name: [words(each["question"]) for each in rows(name, "test")] for name in SETS}
    core = [words(item.turns[0].partition("\n")[0]) for item in load("primum-core:choice").items()]

    for others in (core, asked[SETS[1]]):
        closest = max(alike(one, other) for one in asked[SETS[0]] for other in others)
        assert closest < 0.7
    assert max(alike(one, other) for one in asked[SETS[1]] for other in core) < 0.7


def test_every_set_has_a_form_for_endpoints() -> None:
    assert {f"{name}-generative" for name in SETS} < set(own_tasks())
