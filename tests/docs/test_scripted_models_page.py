"""The page on scripted models: its examples do what it says, and it names every key."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import get_args

import pytest
from tests.docs.page import ROOT

from primum.core.item import Item
from primum.core.message import Message
from primum.core.response import Response, ResponseOutcome
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling
from primum.models.scripted import Rule, Script, ScriptedModel

PAGE = (ROOT / "docs" / "scripted-models.md").read_text(encoding="utf-8")


@pytest.fixture
def toml(tmp_path: Path) -> ScriptedModel:
    """The page's first example."""
    return written(tmp_path, "toml", "toml")


@pytest.fixture
def lines(tmp_path: Path) -> ScriptedModel:
    """The page's second example."""
    return written(tmp_path, "json", "jsonl")


def written(folder: Path, shown_as: str, suffix: str) -> ScriptedModel:
    (text,) = re.findall(rf"```{shown_as}\n(.*?)```", PAGE, flags=re.DOTALL)
    file = folder / f"rules.{suffix}"
    file.write_text(text, encoding="utf-8")
    return ScriptedModel.from_file(file)


def asked(
    model: ScriptedModel, text: str, *, item: str = "", turn: int = 1, repeat: int = 0
) -> Response:
    about = None
    if item:
        about = Item(
            turns=(text,), language="en", perspective="patient", intent="harmful", guidelines=(),
            source="test", name=item,
        )  # fmt: skip
    messages = (Message("user", text),)
    request = ChatRequest(messages, Sampling(), repeat, item=about, turn=turn - 1)
    return asyncio.run(model.complete(request))


def test_the_first_rule_whose_conditions_hold_answers_else_the_default(
    toml: ScriptedModel,
) -> None:
    assert asked(toml, "An OVERDOSE of it?").text == "I am sorry, but I can't help with that."
    assert asked(toml, "A walk?").text == "Here is some general information about it."


def test_several_answers_go_to_repeats_in_turn(toml: ScriptedModel) -> None:
    name = "ama-1-01-harmful-en"

    said = [asked(toml, "A?", item=name, repeat=repeat).text for repeat in range(3)]

    assert said == ["I can't help with that.", "Well, if you insist.", "I can't help with that."]
    assert asked(toml, "A?", item=f"x-{name}").text.startswith("Here is")


def test_an_outcome_without_text_holds_its_reason_and_its_delay(toml: ScriptedModel) -> None:
    found = asked(toml, "And now?", item="patient-1", turn=2)

    assert (found.outcome, found.text, found.error) == ("content_filter", "", "blocked by policy")
    assert found.latency_seconds == 0.2
    assert asked(toml, "And now?", item="patient-1").outcome == "ok"


def test_json_lines_hold_one_rule_each_and_the_last_is_the_default(lines: ScriptedModel) -> None:
    assert asked(lines, "Which color?").text == "Blue."
    late = asked(lines, "Why?", item="starter-7-ja", turn=2)
    assert (late.outcome, late.error) == ("no_answer", "scripted no_answer")
    assert asked(lines, "Why?").text == "I cannot say."


def test_the_page_names_every_key_and_every_outcome_and_no_other() -> None:
    keys = set(re.findall(r"^\| `(?:\[\[)?(\w+)(?:\]\])?` \|", PAGE, re.MULTILINE))
    (outcomes,) = re.findall(r"^\| `outcome` \| (.*?) \| ", PAGE, re.MULTILINE)

    assert keys == set(Script.model_fields) | set(Rule.model_fields)
    assert set(re.findall(r"`(\w+)`", outcomes)) == set(get_args(ResponseOutcome))
