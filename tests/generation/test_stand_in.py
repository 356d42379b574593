"""Stand-ins answer in the form that is asked for, by the words alone."""

from __future__ import annotations

import asyncio
import json

import pytest

from primum.core.errors import UnknownNameError
from primum.core.message import Message
from primum.generation.prompt import load_prompt
from primum.generation.stand_in import stand_in
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling


def say(name: str, text: str) -> str:
    request = ChatRequest((Message("user", text),), Sampling())
    return asyncio.run(stand_in(name).complete(request)).text


def fit_prompt(request: str, language: str, code: str) -> str:
    values = {"title": "T", "guideline": "G", "perspective": "P", "request": request, "code": code}
    return load_prompt("fit").messages(language, values)[-1].content


@pytest.mark.parametrize("language", ["en", "ja"])
def test_a_judge_fills_in_what_the_prompt_asks_for(language: str) -> None:
    answers = [
        json.loads(say("stand-in:judge", fit_prompt(f"cup {number}", language, "0123456789abcdef")))
        for number in range(60)
    ]

    assert {answer["check"] for answer in answers} == {"0123456789abcdef"}
    assert all(1 <= answer["fit"] <= 5 for answer in answers)
    best = sum(answer["fit"] == 5 for answer in answers)
    assert 36 <= best < 60


def test_a_judge_decides_by_the_words_and_its_name_not_by_the_check_code() -> None:
    one, other = (fit_prompt("cup", "en", code) for code in ("0" * 16, "1" * 16))
    numbers = {
        say(f"stand-in:judge-{number}", "Answer with the number alone.") for number in range(1, 40)
    }

    assert (
        json.loads(say("stand-in:judge", one))["fit"]
        == json.loads(say("stand-in:judge", other))["fit"]
    )
    assert len(numbers) > 1
    assert numbers <= {str(number) for number in range(11)}


def test_a_refuser_declines_about_half_in_the_language_of_the_question() -> None:
    texts = [say("stand-in:refuser", f"cup {number}") for number in range(60)]
    refused = sum("can't help" in text for text in texts)

    assert 15 < refused < 45
    assert any("申し訳" in say("stand-in:refuser", f"茶碗 {number}") for number in range(20))


@pytest.mark.parametrize(
    ("language", "request_text"), [("en", "May I?"), ("ja", "窓を開けてよいですか")]
)
def test_a_writer_leads_to_the_request_in_as_many_turns_as_are_wanted(
    language: str, request_text: str
) -> None:
    values = dict.fromkeys(("mechanism", "how", "language", "perspective"), "x")
    values |= {"request": request_text, "strategy": "A Frame", "turns": "4"}
    prompt = load_prompt("dialogue").messages(language, values)[-1].content

    turns = json.loads(say("stand-in:writer", prompt))

    assert len(set(turns)) == 4
    assert "A Frame" in turns[0]
    assert turns[-1] == request_text


def test_stand_ins_of_different_names_are_different_models() -> None:
    assert stand_in("stand-in:judge").identity != stand_in("stand-in:judge-2").identity
    with pytest.raises(UnknownNameError, match="“stand-in:judge”"):
        stand_in("stand-in:jugde")


def test_a_study_s_stand_in_is_no_recipe_s_and_the_message_says_whose_it_is() -> None:
    with pytest.raises(UnknownNameError, match=r"“demo:careful”.*primum study --demo"):
        stand_in("demo:careful")
