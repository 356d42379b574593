"""What endpoints' errors mean, dialect by dialect."""

from __future__ import annotations

import json
from typing import Any

import pytest

from primum.models.problem import read_problem


def openai(message: str = "", **fields: Any) -> dict[str, Any]:
    return {"error": {"message": message, **fields}}


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, openai("The response was filtered", code="content_filter")),
        (400, openai("x", code="other", innererror={"code": "ResponsibleAIPolicyViolation"})),
        (400, openai("x", code="content_policy_violation")),
        (400, openai("Your prompt was flagged as potentially violating our usage policy", code="invalid_prompt")),
        (400, openai("Content Exists Risk", code="invalid_request_error")),
        (403, {"error": {"code": 403, "message": "x", "metadata": {"reasons": ["r"], "flagged_input": "i"}}}),
        (400, [{"error": {"code": 400, "message": "Blocked by safety settings", "status": "X"}}]),
        (400, {"type": "error", "error": {"type": "x", "message": "Output blocked by content filtering policy"}}),
        (500, openai("blocked: PROHIBITED_CONTENT")),
    ],
)  # fmt: skip
def test_content_filters_are_recognised(status: int, body: Any) -> None:
    assert read_problem(status, json.dumps(body).encode()).kind == "content_filter"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, openai("x", code="context_length_exceeded")),
        (400, openai("the request exceeds the available context size, try increasing it", type="exceed_context_size_error", code=400)),
        (500, openai("the request exceeds the available context size")),
        (400, openai("This model's maximum context length is 16384 tokens. However, you requested 122946 tokens")),
        (400, {"object": "error", "message": "The prompt (total length 9) is too long to fit into the model", "code": 400}),
        (400, openai("prompt is too long: 210000 tokens > 200000 maximum", type="invalid_request_error")),
        (400, {"object": "error", "message": "Prompt contains 9 tokens, too large for model with 8 maximum context length", "code": "3051"}),
        (400, [{"error": {"code": 400, "message": "The input token count (9) exceeds the maximum number of tokens allowed (8)"}}]),
        (400, {"error": "Trying to keep the first 9 tokens when context the overflows"}),
        (422, openai("Input validation error: `inputs` tokens + `max_new_tokens` must be <= 8")),
        (413, openai("Please reduce the length of the messages or completion.")),
        (500, {"error": {"message": "input length exceeds the context length", "type": "api_error"}}),
    ],
)  # fmt: skip
def test_conversations_that_are_too_long_are_recognised(status: int, body: Any) -> None:
    assert read_problem(status, json.dumps(body).encode()).kind == "context_length"


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, openai("Incorrect API key", code="invalid_api_key"), "key"),
        (403, openai("Your access was ended for violating our usage policies"), "key"),
        (402, openai("Insufficient Balance"), "billing"),
        (429, openai("You exceeded your current quota", code="insufficient_quota"), "billing"),
        (400, openai("Your credit balance is too low to access the API"), "billing"),
        (404, openai("The model does not exist", code="model_not_found"), "model"),
        (400, {"object": "error", "message": "Invalid model: x", "type": "invalid_model"}, "model"),
        (400, openai("decommissioned", code="model_decommissioned"), "model"),
        (405, {}, "model"),
        (301, {}, "redirect"),
        (400, openai("messages must alternate"), "rejected"),
        (413, openai("Payload too large"), "rejected"),
        (429, openai("Request too large for gpt-4o: limit 30000 tokens a minute"), "rejected"),
        (429, openai("Rate limit reached"), "throttled"),
        (429, openai("Too many tokens; please reduce the length of the messages"), "throttled"),
        (503, openai("Loading model", type="unavailable_error"), "throttled"),
        (529, openai("Overloaded"), "throttled"),
        (408, {}, "transient"),
        (409, {}, "transient"),
        (425, {}, "transient"),
        (500, {}, "transient"),
        (502, {}, "transient"),
        (504, {}, "transient"),
        (520, {}, "transient"),
        (501, {}, "rejected"),
    ],
)  # fmt: skip
def test_kind_follows_code_and_status(status: int, body: Any, kind: str) -> None:
    assert read_problem(status, json.dumps(body).encode()).kind == kind


@pytest.mark.parametrize(
    ("body", "parameter"),
    [
        (openai("Unsupported value: 'temperature' does not support 0 with this model.", param="temperature", code="unsupported_value"), "temperature"),
        (openai("Unsupported parameter: 'max_tokens' is not supported with this model. Use 'max_completion_tokens' instead.", param="max_tokens"), "max_tokens"),
        (openai("`temperature` and `top_p` cannot both be specified for this model."), "temperature"),
        (openai("Invalid schema for response_format 'verdict'", param="response_format"), "response_format"),
        ([{"error": {"code": 400, "message": 'Unknown name "seed": Cannot find field.'}}], "seed"),
        (openai("This model does not support response format `json_schema`", param="response_format"), "response_format"),
    ],
)  # fmt: skip
def test_sampling_field_that_is_refused_is_named(body: Any, parameter: str) -> None:
    problem = read_problem(400, json.dumps(body).encode())

    assert (problem.kind, problem.parameter) == ("parameter", parameter)


def test_wait_in_googles_body_is_read() -> None:
    detail = {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "34.5s"}
    body = [{"error": {"code": 429, "message": "Quota", "details": [{"@type": "x"}, detail]}}]

    assert read_problem(429, json.dumps(body).encode()).asked_seconds == 34.5


def test_message_is_one_short_clean_line() -> None:
    problem = read_problem(400, json.dumps(openai("\x1b[31mbad\n" + "x" * 500)).encode())

    assert len(problem.message) < 250
    assert "\x1b" not in problem.message
    assert "\n" not in problem.message
    assert problem.message.startswith("HTTP 400: �[31mbad x")


@pytest.mark.parametrize(
    "raw", [b"", b"<html>Bad gateway</html>", b"[]", b"[1]", b'{"error": null}', b'{"error": [1]}', b"\xff"]
)  # fmt: skip
def test_body_in_no_known_form_leaves_the_status(raw: bytes) -> None:
    problem = read_problem(502, raw)

    assert problem.kind == "transient"
    assert problem.message.startswith("HTTP 502")
    assert "<" not in problem.message


def test_faults_of_a_validation_error_are_told_without_the_input() -> None:
    body = {
        "detail": [{"loc": ["body"], "msg": "field required", "input": {"messages": "PRIVATE"}}]
    }

    problem = read_problem(422, json.dumps(body).encode())

    assert "field required" in problem.message
    assert "PRIVATE" not in problem.message
