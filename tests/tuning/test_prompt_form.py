"""How a demonstration is written out."""

from __future__ import annotations

import pytest

from primum.core.errors import UserError
from primum.tuning.demonstration import Demonstration
from primum.tuning.prompt_form import alpaca, rows_of, tokens_of
from primum.tuning.settings import preset

CUP = Demonstration("Where is the cup?", "On the shelf.", "benign", "test", rejected="No.")


def test_the_chat_form_is_a_conversation() -> None:
    (row,) = rows_of([CUP], preset("primum"))

    assert row == {
        "prompt": [{"role": "user", "content": "Where is the cup?"}],
        "completion": [{"role": "assistant", "content": "On the shelf."}],
    }


def test_a_pair_has_a_chosen_and_a_rejected_answer() -> None:
    (row,) = rows_of([CUP], preset("primum-dpo"))

    assert row["chosen"] == [{"role": "assistant", "content": "On the shelf."}]
    assert row["rejected"] == [{"role": "assistant", "content": "No."}]


def test_the_alpaca_form_ends_where_the_answer_begins() -> None:
    (row,) = rows_of([CUP], preset("medsafetybench"))

    assert row == {"prompt": alpaca("Where is the cup?"), "completion": "On the shelf."}
    assert row["prompt"].endswith("### Instruction:\nWhere is the cup?\n\n### Response:\n")


def test_a_request_with_braces_stays_as_it_is() -> None:
    assert "\n{request} and {0}\n" in alpaca("{request} and {0}")


@pytest.mark.parametrize(
    ("name", "missing", "without"),
    [
        ("primum", "completion", Demonstration("Where?", " ", "benign", "ours")),
        ("primum-dpo", "rejected", Demonstration("Where?", "Here.", "benign", "ours")),
    ],
)
def test_a_missing_answer_is_one_sentence(name: str, missing: str, without: Demonstration) -> None:
    with pytest.raises(UserError, match=f"“Where.” of “ours” has no {missing} answer"):
        rows_of([without], preset(name))


def test_tokens_are_estimated_and_bounded_by_the_limit() -> None:
    long = Demonstration("Where?", "word " * 4000, "benign", "ours")
    limited = preset().with_changes(max_tokens=100)

    assert tokens_of(long, limited) == 100
    assert tokens_of(CUP, limited) < 40
    assert tokens_of(CUP, preset("primum-dpo")) > tokens_of(CUP, limited)
