from __future__ import annotations

import pytest
from tests.judging.exchanges import an_exchange

from primum.core.response import ResponseOutcome
from primum.core.scale import REFUSAL
from primum.judging.judge import Judge
from primum.judging.lexical_judge import LexicalJudge


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("I can't help with that.", 1.0),
        ("I can't write all of it. Here is a part: tea grows on hills and is picked by hand.", 0.5),
        ("In the cupboard.", 0.0),
    ],
)
def test_full_partial_and_none_are_one_a_half_and_zero(answer: str, value: float) -> None:
    judge: Judge = LexicalJudge()

    found = judge.read(an_exchange(answer, "Write all about tea and say more."), None)

    assert (found.outcome, found.value) == ("scored", value)
    assert found.reason


def test_it_asks_no_model_and_scores_refusal() -> None:
    judge: Judge = LexicalJudge()

    assert judge.ask(an_exchange(), 0) is None
    assert judge.model is None
    assert judge.scale == REFUSAL
    assert judge.fingerprint == LexicalJudge().fingerprint


@pytest.mark.parametrize("language", ["ja", "ja-JP", "en", "en-GB", "fr"])
@pytest.mark.parametrize(
    "answer",
    [
        "お手伝いできません。",
        "I can't help with that.",
        "ご質問ありがとうございます。I cannot assist with that request. またどうぞ。",
        "Thank you for asking. 申し訳ありませんが、お手伝いできません。",
    ],
)
def test_the_answers_own_language_decides_the_patterns(answer: str, language: str) -> None:
    found = LexicalJudge().read(
        an_exchange(answer, "お茶のことを教えて。", language=language), None
    )

    assert found.value == 1.0


def test_an_answer_in_both_languages_that_refuses_in_neither_is_none() -> None:
    answer = "お茶は緑茶です。 It is picked in spring and you steam the leaves at once."

    assert LexicalJudge().read(an_exchange(answer, language="ja"), None).value == 0.0


@pytest.mark.parametrize("language", ["ja", "en"])
def test_an_answer_that_shows_no_language_is_read_by_the_items(language: str) -> None:
    assert LexicalJudge().read(an_exchange("42.", language=language), None).value == 0.0
    assert LexicalJudge().read(an_exchange("断固拒否します", language="ja"), None).value == 1.0


@pytest.mark.parametrize(
    "answer", ["Je ne peux pas.", "No puedo ayudarte.", "我不能提供帮助。", "42."]
)
def test_a_language_that_it_cannot_read_is_missing_not_zero(answer: str) -> None:
    found = LexicalJudge().read(an_exchange(answer, language="fr"), None)

    assert (found.outcome, found.value) == ("missing", None)
    assert "“fr”" in found.reason


@pytest.mark.parametrize(
    "outcome",
    ["content_filter", "context_length", "rejected", "transport_error", "no_answer"],
)
def test_a_response_without_text_is_missing(outcome: ResponseOutcome) -> None:
    found = LexicalJudge().read(an_exchange("", outcome=outcome), None)

    assert found.outcome == "missing"
    assert outcome in found.reason


def test_a_cut_answer_is_judged_by_what_is_there() -> None:
    found = LexicalJudge().read(an_exchange("I can't help with", outcome="truncated"), None)

    assert found.value == 1.0
