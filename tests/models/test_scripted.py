import asyncio
from pathlib import Path

import pytest

from primum.core.errors import DataError
from primum.core.item import Item
from primum.core.message import Message
from primum.core.response import Response
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling
from primum.models.scripted import Rule, ScriptedModel

COLOUR_ITEM = Item(
    ("Name a colour.", "And another?"), "en", "patient", "benign", ("x/1",), "primum", "colour-en"
)


def asked(
    text: str, *, item: Item | None = None, turn: int = 0, repeat: int = 0, system: str = ""
) -> ChatRequest:
    messages = (Message("system", system),) if system else ()
    return ChatRequest(
        (*messages, Message("user", "earlier"), Message("assistant", "…"), Message("user", text)),
        Sampling(),
        repeat=repeat,
        item=item,
        turn=turn,
    )


def answer(model: ScriptedModel, request: ChatRequest) -> Response:
    return asyncio.run(model.complete(request))


def test_the_first_rule_whose_pattern_occurs_in_the_last_user_message_answers() -> None:
    model = ScriptedModel({"colou?r": "Blue.", "number|colour": "Seven."}, default="Pardon?")

    assert answer(model, asked("Which COLOR?")).text == "Blue."
    assert answer(model, asked("Which colour or number?")).text == "Blue."
    assert answer(model, asked("Which number?")).text == "Seven."
    assert answer(model, asked("Which day?", system="colour")).text == "Pardon?"


def test_rules_can_ask_for_item_and_turn_and_give_typed_failures() -> None:
    model = ScriptedModel(
        [
            Rule(item="colour-.*", turn=2, outcome="content_filter", error="filtered here"),
            Rule(item=COLOUR_ITEM.id, outcome="truncated", answer="Blu"),
        ],
        default="free",
    )

    second = answer(model, asked("x", item=COLOUR_ITEM, turn=1))
    first = answer(model, asked("x", item=COLOUR_ITEM, turn=0))

    assert (second.outcome, second.text, second.error) == ("content_filter", "", "filtered here")
    assert (first.outcome, first.text, first.finish_reason) == ("truncated", "Blu", "length")
    assert answer(model, asked("x")).text == "free"


def test_repeats_take_several_answers_in_turn() -> None:
    model = ScriptedModel([Rule(answer=("a", "b"))])

    texts = [answer(model, asked("x", repeat=repeat)).text for repeat in range(3)]

    assert texts == ["a", "b", "a"]


def test_a_function_answers_with_text_or_with_a_whole_response() -> None:
    def answerer(request: ChatRequest) -> str | Response:
        return Response("rejected", error="no") if request.turn else "yes"

    model = ScriptedModel(answerer)

    assert answer(model, asked("x")).text == "yes"
    assert answer(model, asked("x", turn=1)).outcome == "rejected"


def test_every_request_is_kept_in_order() -> None:
    model = ScriptedModel(default="ok")
    requests = [asked("a"), asked("b")]

    for request in requests:
        answer(model, request)

    assert model.calls == requests


def test_identity_is_the_content_of_the_rules() -> None:
    def named(request: ChatRequest) -> str:
        return "x"

    same = [ScriptedModel({"a": "1"}, name=name).identity for name in ("first", "second")]

    assert same[0] == same[1]
    assert ScriptedModel({"a": "2"}).identity != same[0]
    assert ScriptedModel({"a": "1"}, default="x").identity != same[0]
    assert "named" in ScriptedModel(named).identity["script"]
    assert ScriptedModel(named, identity_note="2").identity != ScriptedModel(named).identity


def test_toml_and_jsonl_files_script_the_same_model(tmp_path: Path) -> None:
    toml = tmp_path / "script.toml"
    toml.write_text('[[rules]]\nmatch = "colour"\nanswer = "青"\n\n[[rules]]\nanswer = "no"\n')
    jsonl = tmp_path / "script.jsonl"
    jsonl.write_text('{"match": "colour", "answer": "青"}\n\n{"answer": "no"}\n')

    first, second = ScriptedModel.from_file(toml), ScriptedModel.from_file(jsonl)

    assert first.identity == second.identity
    assert answer(first, asked("a colour")).text == "青"
    assert answer(second, asked("a day")).text == "no"
    assert first.name == f"scripted:{toml}"


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("s.toml", '[[rules]]\nmatches = "a"\n', "the key “rules.0.matches” is not known"),
        ("s.toml", '[[rules]]\nmatch = "(a"\n', "not a regular expression"),
        ("s.toml", "rules = [\n", "line 2: not valid TOML"),
        ("s.jsonl", '{"answer": "a"}\n{"turn": 0}\n', "line 2: the key “turn” holds 0"),
        ("s.jsonl", '{"answer": "a"}\n{"answer"\n', "line 2: not valid JSON"),
        ("s.jsonl", '{"outcome": "fine"}\n', "the key “outcome” holds 'fine'"),
        ("s.jsonl", "\n", "the file is empty"),
        ("s.yaml", "a: b", "a script is a .toml or a .jsonl file"),
    ],
)
def test_a_wrong_script_is_refused_with_file_and_place(
    tmp_path: Path, name: str, content: str, message: str
) -> None:
    path = tmp_path / name
    path.write_text(content)

    with pytest.raises(DataError) as error:
        ScriptedModel.from_file(path)

    assert str(path) in str(error.value)
    assert message in str(error.value)
