"""The OpenAI chat-completions form: a request as bytes, and a response read from bytes.

Plain dicts on the way in and out: this runs once per call. It knows nothing of HTTP or keys.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

import orjson

from primum.core.errors import shorten
from primum.core.response import Response, ResponseOutcome
from primum.models.chat_model import ChatRequest
from primum.models.problem import ITEM_OUTCOMES, MESSAGE_LENGTH, read_problem
from primum.models.profile import Sampling
from primum.models.provider import Provider

_OUTCOMES: Mapping[str, ResponseOutcome] = {
    "length": "truncated",
    "max_tokens": "truncated",
    "model_length": "truncated",
    "content_filter": "content_filter",
    "content_filtered": "content_filter",
    "refusal": "content_filter",
    "sensitive": "content_filter",
    # Google's own names, which its compatibility layer passes through.
    "safety": "content_filter",
    "recitation": "content_filter",
    "blocklist": "content_filter",
    "prohibited_content": "content_filter",
    "spii": "content_filter",
    # The endpoint broke off: what is there is no answer.
    "error": "transport_error",
    "abort": "transport_error",
    "insufficient_system_resource": "transport_error",
}
"""Finish reason in lower case → outcome; any other is an answer."""


class RequestWriter:
    """Writes the requests of one model."""

    def __init__(self, provider: Provider, model: str) -> None:
        self.provider = provider
        self.model = model
        self.follows_schema = provider.follows_schema(model)
        self._takes_sampling = provider.takes_sampling(model)
        self._sampling: Sampling | None = None
        self._fields: dict[str, Any] = {}

    def write(self, request: ChatRequest) -> bytes:
        """The body.

        Raises:
            TypeError: a message is not valid Unicode text.
        """
        sampling = request.sampling
        if sampling is not self._sampling:
            self._sampling, self._fields = sampling, self.fields(sampling)
        body = {
            **self._fields,
            "messages": [{"role": role, "content": text} for role, text in request.messages],
        }
        if sampling.seed is not None and self.provider.seed_field:
            body[self.provider.seed_field] = sampling.seed + request.repeat
        if request.schema is not None and self.follows_schema:
            body["response_format"] = _response_format(request.schema)
        return orjson.dumps(body)

    def fields(self, sampling: Sampling) -> dict[str, Any]:
        """What is the same in every request under this sampling; the seed is not."""
        unsent = self.unsent(sampling)
        named = {
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            self.provider.max_tokens_field: sampling.max_tokens,
            "stop": list(sampling.stop) or None,
        }
        sent = {k: value for k, value in named.items() if value is not None and k not in unsent}
        return {"model": self.model, **sent}

    def unsent(self, sampling: Sampling) -> tuple[str, ...]:
        """Names of the sampling fields that are set and that this model cannot be sent."""
        names = []
        if not self._takes_sampling:
            names += [
                name for name in ("temperature", "top_p") if getattr(sampling, name) is not None
            ]
        elif not self.provider.takes_top_p_with_temperature and sampling.temperature is not None:
            names += ["top_p"] if sampling.top_p is not None else []
        if sampling.seed is not None and not self.provider.seed_field:
            names.append("seed")
        return tuple(names)


def _response_format(schema: Mapping[str, Any]) -> dict[str, Any]:
    name = re.sub(r"[^a-zA-Z0-9_-]", "_", str(schema.get("title", "answer")))[:64] or "answer"
    return {
        "type": "json_schema",
        "json_schema": {"name": name, "strict": True, "schema": dict(schema)},
    }


MALFORMED = "malformed body"
"""How the error of a body begins that no chat-completions endpoint sends."""


def read_response(raw: bytes, latency_seconds: float = 0.0, attempts: int = 1) -> Response:
    """The response that a body of status 200 holds; a malformed one is ``rejected``.

    A body that is no JSON object at all is a ``transport_error``: it is no model's.
    """
    try:
        body = orjson.loads(raw)
    except ValueError:
        body = _lenient(raw)
    try:
        return _answer(body, raw, latency_seconds, attempts)
    except (AttributeError, IndexError, KeyError, TypeError):
        return _without_answer(body, raw, latency_seconds, attempts)


def _answer(body: Any, raw: bytes, latency_seconds: float, attempts: int) -> Response:
    choice = body["choices"][0]
    message = choice["message"]
    content = message.get("content")
    text = content if type(content) is str and content else _text(message)
    reason = choice.get("finish_reason")
    reason = reason if type(reason) is str else ""
    outcome = "ok" if reason == "stop" else _OUTCOMES.get(reason.lower(), "ok")
    if outcome == "transport_error" or choice.get("error") or (body.get("error") and not text):
        return _without_answer(body, raw, latency_seconds, attempts)
    usage = body.get("usage") or {}
    return Response(
        outcome=outcome,
        text=text,
        finish_reason=reason,
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_cached(usage),
        latency_seconds=latency_seconds,
        attempts=attempts,
        model_reported=_string(body.get("model")),
        system_fingerprint=_string(body.get("system_fingerprint")),
        error="the endpoint's content filter withheld it" if outcome == "content_filter" else "",
        raw=raw,
    )


def _text(message: Mapping[str, Any]) -> str:
    """Parts joined, or else the refusal; reasoning is not the answer."""
    content = message.get("content")
    if isinstance(content, list):
        parts = (part if isinstance(part, dict) else {} for part in content)
        texts = (part.get("text", part.get("refusal")) for part in parts)
        return "".join(text for text in texts if isinstance(text, str))
    return _string(message.get("refusal"))


def _without_answer(body: Any, raw: bytes, latency_seconds: float, attempts: int) -> Response:
    """The typed reason why a body of status 200 holds no answer.

    It has been received whole and may have been paid for, so it is not asked again in this run.
    """
    outcome: ResponseOutcome = "rejected"
    reason, error = "", f"{MALFORMED}: no choice with a message in it"
    if isinstance(body, dict):
        choice = _first_choice(body)
        reason = _string(choice.get("finish_reason"))
        outcome = _OUTCOMES.get(reason.lower(), outcome)
        if blocked := _block_reason(body):
            outcome, error = "content_filter", f"the endpoint blocked it: {shorten(blocked)}"
        elif inline := body.get("error") or choice.get("error"):
            outcome, error = _inline_problem(inline)
        elif outcome != "rejected":
            error = f"the endpoint ended it: {shorten(reason)}"
    elif body is None:
        error = f"{MALFORMED}: not JSON"
    if not raw.lstrip().startswith(b"{"):
        # A page of some proxy, not a model's answer: nothing was paid for.
        outcome = "transport_error"
    return Response(
        outcome=outcome,
        finish_reason=reason,
        latency_seconds=latency_seconds,
        attempts=attempts,
        error=shorten(error, MESSAGE_LENGTH),
        raw=raw,
    )


def _first_choice(body: Mapping[str, Any]) -> Mapping[str, Any]:
    choices = body.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    return first if isinstance(first, dict) else {}


def _block_reason(body: Mapping[str, Any]) -> str:
    feedback = body.get("promptFeedback") or body.get("prompt_feedback")
    if not isinstance(feedback, dict):
        return ""
    return _string(feedback.get("blockReason") or feedback.get("block_reason"))


def _inline_problem(error: Any) -> tuple[ResponseOutcome, str]:
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and code.isascii() and code.isdecimal():
        code = int(code)
    problem = read_problem(
        code if isinstance(code, int) else 400, json.dumps({"error": error}).encode()
    )
    return ITEM_OUTCOMES.get(problem.kind, "transport_error"), problem.message


def _lenient(raw: bytes) -> Any:
    """The body despite half a surrogate pair or a NaN: it was paid for. None if it is no JSON."""
    try:
        text = json.dumps(json.loads(raw.decode(errors="replace")), ensure_ascii=False)
    except (ValueError, RecursionError):
        return None
    return json.loads(text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace"))


def _count(value: Any) -> int | None:
    return value if type(value) is int and value >= 0 else None


def _cached(usage: Mapping[str, Any]) -> int | None:
    details = usage.get("prompt_tokens_details")
    if isinstance(details, dict):
        return _count(details.get("cached_tokens"))
    return _count(usage.get("prompt_cache_hit_tokens"))  # DeepSeek


def _string(value: Any) -> str:
    return value if isinstance(value, str) else ""
