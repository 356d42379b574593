"""What is asked of whom, and under which key its answer stands."""

from __future__ import annotations

from dataclasses import replace

import pytest

from primum.capability import request_key
from primum.capability.request_key import (
    HarnessRequest,
    KeyMaker,
    chat_as_json,
    chat_request,
    content_of,
    conversation_of,
    cut_at_stops,
    sampling_of,
)
from primum.core.message import Message
from primum.models.local import LocalModel
from primum.models.local_source import open_source
from primum.testing.scripted import ScriptedModel

LIKELIHOOD = HarnessRequest("loglikelihood", "Question: 1 + 1?\nAnswer:", " 2")
TEXT = HarnessRequest("generate_until", "Say a letter.", settings={"until": ["\n"]})


def test_a_conversation_comes_back_from_its_text() -> None:
    history = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "So"}]

    read = conversation_of(chat_as_json(history, add_generation_prompt=False))

    assert read.messages == (Message("user", "Hello"), Message("assistant", "So"))
    assert read.is_open


def test_plain_text_is_one_message_of_the_user() -> None:
    assert conversation_of("Hello").messages == (Message("user", "Hello"),)


@pytest.mark.parametrize(
    "other",
    [
        replace(LIKELIHOOD, continuation=" 3"),
        replace(LIKELIHOOD, context=LIKELIHOOD.context + " "),
        HarnessRequest("generate_until", LIKELIHOOD.context, settings={}),
    ],
)
def test_what_is_asked_decides_the_content(other: HarnessRequest) -> None:
    assert content_of(other) != content_of(LIKELIHOOD)


def test_settings_of_generation_belong_to_the_content() -> None:
    assert content_of(TEXT) != content_of(replace(TEXT, settings={"until": ["."]}))


def test_an_endpoint_is_asked_under_the_key_of_any_other_call() -> None:
    """Another system's run that asked the same is found again."""
    maker = KeyMaker(ScriptedModel(default="A"))

    keys = {maker.key(TEXT), maker.key(replace(TEXT, repeat=1)), maker.key(TEXT)}

    assert len(keys) == 2


def test_another_version_of_the_harness_is_another_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    model = LocalModel(open_source("embedded"))
    keys = set()
    for version in ("0.4.13", "0.4.14"):
        monkeypatch.setattr(request_key, "harness_version", lambda version=version: version)
        monkeypatch.setattr(LocalModel, "identity", {"provider": "hf"})
        keys.add(KeyMaker(model).key(LIKELIHOOD))

    assert len(keys) == 2


def test_generation_is_greedy_unless_the_task_samples() -> None:
    sampled = replace(TEXT, settings={"do_sample": True, "temperature": 0.7, "max_gen_toks": 9})

    assert sampling_of(TEXT).temperature == 0.0
    assert (sampling_of(sampled).temperature, sampling_of(sampled).max_tokens) == (0.7, 9)


def test_more_stops_than_an_endpoint_takes_still_cut_the_answer() -> None:
    many = replace(TEXT, settings={"until": ["1", "2", "3", "4", "5"]})

    assert chat_request(many).sampling.stop == ("1", "2", "3", "4")
    assert cut_at_stops("ab5cd", many) == "ab"
