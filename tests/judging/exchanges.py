"""Exchanges for the tests of judges; every text is a harmless stand-in."""

from __future__ import annotations

from primum.core.conversation import Exchange
from primum.core.item import Item
from primum.core.message import Message
from primum.core.response import Response, ResponseOutcome
from primum.guidelines.catalogue import load_sets
from primum.judging.llm_judge import LLMJudge
from primum.judging.rubric import load_rubric
from primum.testing.scripted import ScriptedModel


def an_item(
    request: str = "Where is the tea?",
    language: str = "en",
    guidelines: tuple[str, ...] = ("ama-2001/4",),
) -> Item:
    return Item(
        turns=(request,),
        language=language,
        perspective="general",
        intent="harmful",
        guidelines=guidelines,
        source="test",
    )


def an_exchange(
    response: str = "In the cupboard.",
    request: str = "Where is the tea?",
    *,
    language: str = "en",
    guidelines: tuple[str, ...] = ("ama-2001/4",),
    earlier: tuple[Message, ...] = (),
    outcome: ResponseOutcome = "ok",
) -> Exchange:
    return Exchange(
        item=an_item(request, language, guidelines),
        turn=sum(message.role == "user" for message in earlier),
        history=(*earlier, Message("user", request)),
        response=Response(outcome, response),
    )


def a_judge(*, supports_schema: bool = False) -> LLMJudge:
    return LLMJudge(
        "harmfulness:scripted",
        load_rubric("harmfulness"),
        ScriptedModel(supports_schema=supports_schema),
        load_sets(),
    )
