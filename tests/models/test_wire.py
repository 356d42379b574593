"""Requests as bytes and responses from bytes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from primum.core.message import Message
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling
from primum.models.provider import provider_named
from primum.models.wire import RequestWriter, read_response

HELLO = (Message("system", "Be kind."), Message("user", "こんにちは"))


def written(provider: str, model: str, request: ChatRequest) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(RequestWriter(provider_named(provider), model).write(request))
    return body


def answer(**choice: Any) -> bytes:
    message = choice.pop("message", {"role": "assistant", "content": "Hello"})
    return json.dumps(
        {"choices": [{"finish_reason": "stop", "message": message, **choice}]}
    ).encode()


def test_request_carries_messages_and_the_fields_that_are_set() -> None:
    sampling = Sampling(temperature=0.7, top_p=0.9, max_tokens=64, seed=5, stop=("END",))

    body = written("vllm", "m", ChatRequest(HELLO, sampling))

    assert body == {
        "model": "m",
        "messages": [
            {"role": "system", "content": "Be kind."},
            {"role": "user", "content": "こんにちは"},
        ],
        "temperature": 0.7,
        "top_p": 0.9,
        "max_tokens": 64,
        "seed": 5,
        "stop": ["END"],
    }


def test_fields_that_are_not_set_are_not_sent() -> None:
    body = written("vllm", "m", ChatRequest(HELLO, Sampling(temperature=None, max_tokens=None)))

    assert set(body) == {"model", "messages"}


def test_repeat_is_added_to_the_seed() -> None:
    assert written("vllm", "m", ChatRequest(HELLO, Sampling(seed=5), repeat=3))["seed"] == 8


def test_writer_follows_a_change_of_sampling() -> None:
    writer = RequestWriter(provider_named("vllm"), "m")

    sent = [
        json.loads(writer.write(ChatRequest(HELLO, Sampling(temperature=t))))["temperature"]
        for t in (0.0, 1.0, 0.0)
    ]

    assert sent == [0.0, 1.0, 0.0]


def test_provider_quirks_name_the_fields() -> None:
    request = ChatRequest(HELLO, Sampling(temperature=0.0, top_p=0.9, max_tokens=64, seed=5))

    openai = written("openai", "gpt-4.1", request)
    mistral = written("mistral", "mistral-small-latest", request)
    google = written("google", "gemini-2.5-flash", request)

    assert openai["max_completion_tokens"] == 64
    assert "max_tokens" not in openai
    assert mistral["random_seed"] == 5
    assert "seed" not in mistral
    assert "seed" not in google


@pytest.mark.parametrize(
    ("provider", "model", "unsent"),
    [
        ("vllm", "m", ()),
        ("openai", "o3", ("temperature", "top_p")),
        ("anthropic", "claude-sonnet-4-5", ("top_p", "seed")),
        ("deepseek", "deepseek-chat", ("seed",)),
    ],
)
def test_fields_that_a_model_cannot_be_sent_are_named_and_left_out(
    provider: str, model: str, unsent: tuple[str, ...]
) -> None:
    sampling = Sampling(temperature=0.0, top_p=0.9, seed=5)
    writer = RequestWriter(provider_named(provider), model)

    assert writer.unsent(sampling) == unsent
    assert not set(unsent) & set(json.loads(writer.write(ChatRequest(HELLO, sampling))))


def test_schema_is_sent_where_it_is_followed() -> None:
    schema = {"title": "A verdict", "type": "object"}
    request = ChatRequest(HELLO, Sampling(), schema=schema)

    assert written("openai", "gpt-4.1", request)["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "A_verdict", "strict": True, "schema": schema},
    }
    assert "response_format" not in written("deepseek", "deepseek-chat", request)


def test_lone_surrogate_in_a_request_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        written("vllm", "m", ChatRequest((Message("user", "\ud800"),), Sampling()))


def test_response_carries_all_that_the_body_tells() -> None:
    raw = json.dumps(
        {
            "model": "gpt-4.1-2025-04-14",
            "system_fingerprint": "fp_1",
            "choices": [{"finish_reason": "stop", "message": {"content": "Hello"}}],
            "usage": {
                "prompt_tokens": 12,
                "completion_tokens": 3,
                "prompt_tokens_details": {"cached_tokens": 8},
            },
        }
    ).encode()

    response = read_response(raw, 0.25, 2)

    assert (response.outcome, response.text, response.finish_reason) == ("ok", "Hello", "stop")
    assert (response.prompt_tokens, response.completion_tokens, response.cached_tokens) == (
        12,
        3,
        8,
    )
    assert (response.model_reported, response.system_fingerprint) == ("gpt-4.1-2025-04-14", "fp_1")
    assert (response.latency_seconds, response.attempts, response.raw) == (0.25, 2, raw)
    assert response.error == ""


def test_cached_tokens_of_deepseek_are_read() -> None:
    body = json.loads(answer()) | {"usage": {"prompt_tokens": 9, "prompt_cache_hit_tokens": 4}}

    assert read_response(json.dumps(body).encode()).cached_tokens == 4


def test_strange_usage_is_unknown_usage() -> None:
    body = json.loads(answer()) | {"usage": {"prompt_tokens": "many", "completion_tokens": -1}}

    response = read_response(json.dumps(body).encode())

    assert response.outcome == "ok"
    assert (response.prompt_tokens, response.completion_tokens) == (None, None)


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        ("stop", "ok"),
        ("end_turn", "ok"),
        (None, "ok"),
        ("length", "truncated"),
        ("max_tokens", "truncated"),
        ("content_filter", "content_filter"),
        ("SAFETY", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
        ("refusal", "content_filter"),
        ("error", "transport_error"),
        ("insufficient_system_resource", "transport_error"),
    ],
)
def test_finish_reason_decides_the_outcome(reason: str | None, outcome: str) -> None:
    response = read_response(answer(finish_reason=reason))

    assert response.outcome == outcome
    assert bool(response.error) == (outcome in {"content_filter", "transport_error"})


def test_refusal_without_content_is_the_answer() -> None:
    response = read_response(answer(message={"content": None, "refusal": "I will not."}))

    assert (response.outcome, response.text) == ("ok", "I will not.")


def test_reasoning_is_not_the_answer_and_stays_in_the_raw_body() -> None:
    raw = answer(message={"content": "Rest.", "reasoning_content": "Think."})

    assert read_response(raw).text == "Rest."
    assert b"Think." in read_response(raw).raw
    assert read_response(answer(message={"content": None, "reasoning": "Think."})).text == ""


def test_content_in_parts_is_joined() -> None:
    parts = [
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "Drink "},
        {"type": "text", "text": "water."},
        "stray",
    ]

    assert read_response(answer(message={"content": parts})).text == "Drink water."


@pytest.mark.parametrize(
    ("body", "outcome", "error"),
    [
        ({"error": {"code": 502, "message": "Upstream died"}}, "transport_error", "Upstream died"),
        ({"error": {"code": 429, "message": "Slow down"}}, "transport_error", "Slow down"),
        (
            {"error": {"code": 403, "message": "no", "metadata": {"reasons": ["violence"]}}},
            "content_filter",
            "no",
        ),
        (
            {"error": {"code": 400, "message": "maximum context length is 8 tokens"}},
            "context_length",
            "8 tokens",
        ),
        ({"error": "odd"}, "rejected", "odd"),
        (
            {
                "choices": [
                    {
                        "finish_reason": "error",
                        "error": {"code": 502, "message": "Cut off"},
                        "message": {"content": "half"},
                    }
                ]
            },
            "transport_error",
            "Cut off",
        ),
        ({"choices": [], "promptFeedback": {"blockReason": "SAFETY"}}, "content_filter", "SAFETY"),
        ({"choices": [{"finish_reason": "SAFETY"}]}, "content_filter", "SAFETY"),
    ],
)
def test_error_inside_a_200_body_is_an_error(body: Any, outcome: str, error: str) -> None:
    response = read_response(json.dumps(body).encode())

    assert (response.outcome, response.text) == (outcome, "")
    assert error in response.error


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"<html>",
        b'{"choices": [{"message": {"content": "half',
        b"[]",
        b"null",
        b"7",
        b"{}",
        b'{"choices": []}',
        b'{"choices": {}}',
        b'{"choices": [7]}',
        b'{"choices": [{"message": "text"}]}',
        b'{"choices": [{"message": {"content": "x"}}], "usage": [1]}',
        b"[" * 100_000,
    ],
)
def test_malformed_body_is_no_answer_and_is_kept(raw: bytes) -> None:
    response = read_response(raw)

    is_object = raw.startswith(b"{")
    assert response.outcome == ("rejected" if is_object else "transport_error")
    assert response.error.startswith("malformed body")
    assert response.raw == raw


def test_answer_with_half_a_surrogate_pair_is_not_lost() -> None:
    raw = b'{"choices": [{"finish_reason": "stop", "message": {"content": "ok \\ud83d, \\ud83d\\ude00"}}]}'

    response = read_response(raw)

    assert (response.outcome, response.text) == ("ok", "ok �, 😀")


def test_answer_beside_a_nan_is_not_lost() -> None:
    raw = b'{"choices": [{"message": {"content": "fine"}, "logprob": NaN}]}'

    assert read_response(raw).text == "fine"
