"""What a stored run calls for, beside its figures."""

from typing import Any

import pytest
from tests.evaluation.run_columns import an_item, columns_of, talk

from primum.evaluation.result import is_same_model, notices_of_run
from primum.ledger.record import Run

SMALL = {"provider": "embedded", "model": "SmolLM2-135M-Instruct-Q4_1"}


def _codes(identity: dict[str, str], *languages: str, **facts: Any) -> dict[str, str]:
    run = Run("r", {"target": {"name": "t", "identity": identity}}, facts, "finished", 0, 1)
    columns = columns_of(*(talk(an_item(one, language=one), 1) for one in languages))
    return {one.code: one.values.get("count", "") for one in notices_of_run(run, columns)}


def test_the_small_embedded_model_is_called_what_it_is() -> None:
    assert set(_codes(SMALL, "en")) == {"embedded-model"}
    assert set(_codes(SMALL, "en", "ja")) == {"embedded-model", "embedded-japanese"}
    assert _codes({"provider": "embedded", "model": "another"}, "ja") == {}
    assert _codes({"provider": "openai", "model": "SmolLM2"}, "ja") == {}


def test_recorded_answers_without_an_item_are_counted() -> None:
    answers = {"matched": 1, "rows_without_item": 3, "turns_without_answer": 0}

    assert _codes({}, "en", answers=answers) == {"unmatched-answers": "3"}
    assert _codes({}, "en", answers={**answers, "rows_without_item": 0}) == {}


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ({"provider": "openai", "model": "m"}, {"provider": "openai", "model": "m"}, True),
        ({"provider": "openai", "model": "m"}, {"provider": "other", "model": "m"}, False),
        ({"sha256": "a", "model": "m"}, {"sha256": "a", "model": "n"}, True),
        (
            {"provider": "embedded", "model": "m", "sha256": "a"},
            {"provider": "embedded", "model": "m", "sha256": "b"},
            False,
        ),
        ({"provider": "scripted"}, {"provider": "scripted"}, False),
        ({}, {}, False),
    ],
)
def test_models_are_told_apart_by_what_they_are(
    first: dict[str, str], second: dict[str, str], same: bool
) -> None:
    assert is_same_model(first, second) is same
