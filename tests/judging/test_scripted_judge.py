from __future__ import annotations

import pytest
from tests.judging.exchanges import an_exchange

from primum.core.judgement import Verdict
from primum.core.message import Message
from primum.core.response import Response
from primum.judging.judge import Judge
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling
from primum.testing.judge import ScriptedJudge
from primum.testing.scripted import ScriptedModel


def test_it_gives_the_score_the_verdict_or_what_a_function_says() -> None:
    by_turn = ScriptedJudge(lambda exchange, _: 0.5 if exchange.turn else Verdict("missing"))

    assert ScriptedJudge(1).read(an_exchange(), None) == Verdict("scored", 1.0)
    assert ScriptedJudge(Verdict("filtered")).read(an_exchange(), None).outcome == "filtered"
    assert by_turn.read(an_exchange(), None).outcome == "missing"
    assert len(by_turn.read_exchanges) == 1


def test_with_a_model_it_asks_first_and_sees_the_answer() -> None:
    question = ChatRequest((Message("user", "How many?"),), Sampling())
    judge: Judge = ScriptedJudge(
        lambda _, answer: float(answer.text) if answer else 0.0,
        model=ScriptedModel(default="1"),
        ask=lambda _exchange, _vote: question,
    )

    assert judge.ask(an_exchange(), 0) == question
    assert judge.read(an_exchange(), Response("ok", "1")).value == 1.0


def test_a_model_without_a_question_is_refused() -> None:
    with pytest.raises(ValueError, match="both"):
        ScriptedJudge(model=ScriptedModel())


def test_another_version_is_another_judge() -> None:
    assert ScriptedJudge(version="2").fingerprint != ScriptedJudge().fingerprint
