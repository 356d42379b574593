"""What an endpoint means by an error: read from status and body, in every dialect that is known.

Dialects differ in where they put code and message, and some send 500 for what can never work, so
the body is read before the status. Messages are untrusted text and come out shortened.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import orjson

from primum.core.errors import shorten
from primum.core.response import ResponseOutcome

ProblemKind = Literal[
    "content_filter",
    "context_length",
    "rejected",
    "transient",
    "throttled",
    "key",
    "billing",
    "model",
    "parameter",
    "redirect",
]
"""``content_filter``, ``context_length`` and ``rejected`` end one item; ``transient`` and
``throttled`` are worth another attempt; the others concern every call of the run alike."""

ITEM_OUTCOMES: Mapping[ProblemKind, ResponseOutcome] = {
    "content_filter": "content_filter",
    "context_length": "context_length",
    "rejected": "rejected",
}
"""What a problem of one item is recorded as."""

MESSAGE_LENGTH = 200


class Problem(NamedTuple):
    """One error of an endpoint."""

    kind: ProblemKind
    message: str
    """Status, code and message on one line."""
    parameter: str = ""
    """For ``parameter``: the request's field that is refused."""
    asked_seconds: float | None = None
    """The wait that the body asks for."""


class _Details(NamedTuple):
    codes: frozenset[str]
    message: str
    parameter: str
    is_flagged: bool
    asked_seconds: float | None


_FILTER_CODES = {
    "content_filter",
    "content_filtered",
    "content_policy_violation",
    "responsibleaipolicyviolation",
    "data_inspection_failed",
    "prohibited_content",
    "safety",
    "refusal",
}
_FILTER_MESSAGE = re.compile(
    r"content[ _-]?(filter|policy|management|exists risk)|usage polic|responsible ?ai"
    r"|flagged as|input was flagged|prohibited[ _]content|safety (system|filter|reason|setting)"
    r"|blocked.{0,40}(safety|filter|policy|prohibited)|data may contain inappropriate",
    re.IGNORECASE,
)
_CONTEXT_CODES = {"context_length_exceeded", "exceed_context_size_error", "string_above_max_length"}
_CONTEXT_MESSAGE = re.compile(
    r"context[ _](length|size|window|limit)|context the overflows|(prompt|input) is too long"
    r"|too long to fit|longer than the maximum model length|max_model_len"
    r"|input token count.{0,40}exceeds|maximum (input|prompt) length"
    r"|reduce (the|your) (length of the )?(messages|prompt|message size|input)"
    r"|`?inputs`? tokens \+ `?max_new_tokens",
    re.IGNORECASE,
)
_BILLING_CODES = {"insufficient_quota", "billing_hard_limit_reached", "billing_not_active"}
_BILLING_MESSAGE = re.compile(
    r"insufficient (balance|credit|funds|quota)|credit balance is too low|check your plan and bill",
    re.IGNORECASE,
)
_MODEL_CODES = {
    "model_not_found",
    "deploymentnotfound",
    "invalid_model",
    "model_decommissioned",
    "not_found_error",
}
_FIELD = re.compile(
    r"\b(temperature|top_p|random_seed|seed|response_format|max_completion_tokens|max_tokens|stop)\b"
)
_UNSUPPORTED = re.compile(
    r"unsupported|not supported|n.t support|deprecated|unknown|unrecognized|unexpected|extra inputs"
    r"|not permitted|cannot both|only the default|must be|invalid (schema|value)",
    re.IGNORECASE,
)
_THROTTLED = {429, 503, 529}
_TRANSIENT = {408, 409, 425}


def read_problem(status: int, raw: bytes) -> Problem:
    """The problem behind an error response.

    Args:
        status: the HTTP status, or the code of an error inside a 200 body.
        raw: the body.
    """
    details = _details(raw)
    kind = _kind(status, details)
    parameter = ""
    if kind == "rejected" and (parameter := _refused_parameter(details)):
        kind = "parameter"
    return Problem(kind, _line(status, details), parameter, details.asked_seconds)


def _kind(status: int, details: _Details) -> ProblemKind:
    for decide in (_kind_by_content, _kind_by_account, _kind_by_status):
        if (kind := decide(status, details)) is not None:
            return kind
    return "rejected"


def _kind_by_content(status: int, details: _Details) -> ProblemKind | None:
    if status in {401, 402, 404, 405, 407} or 300 <= status < 400:
        return None
    if details.is_flagged or details.codes & _FILTER_CODES:
        return "content_filter"
    # A 403 speaks of policies when it closes an account, too: there only a code is believed.
    if status not in {403, *_THROTTLED} and _FILTER_MESSAGE.search(details.message):
        return "content_filter"
    if details.codes & _CONTEXT_CODES:
        return "context_length"
    if status not in {403, *_THROTTLED} and _CONTEXT_MESSAGE.search(details.message):
        return "context_length"
    return None


def _kind_by_account(status: int, details: _Details) -> ProblemKind | None:
    if status == 402 or details.codes & _BILLING_CODES or _BILLING_MESSAGE.search(details.message):
        return "billing"
    if status in {401, 403, 407}:
        return "key"
    if status in {404, 405} or (status < 500 and details.codes & _MODEL_CODES):
        return "model"
    return None


def _kind_by_status(status: int, details: _Details) -> ProblemKind | None:
    if 300 <= status < 400:
        return "redirect"
    if status == 429 and "request too large" in details.message.lower():
        return "rejected"
    if status in _THROTTLED:
        return "throttled"
    if status in _TRANSIENT or (status >= 500 and status not in {501, 505}):
        return "transient"
    return None


def _refused_parameter(details: _Details) -> str:
    """The sampling field that the endpoint refuses in every request alike, if it is that."""
    if details.parameter == "response_format":
        return details.parameter
    if not _UNSUPPORTED.search(details.message):
        return ""
    named = _FIELD.fullmatch(details.parameter) or _FIELD.search(details.message)
    return named.group(1) if named else ""


def _details(raw: bytes) -> _Details:
    try:
        body: Any = orjson.loads(raw)
    except ValueError:
        body = raw.decode(errors="replace")
    if isinstance(body, list) and body:  # Google wraps the error in a list
        body = body[0]
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        return _from_object(error, body)
    text = error if isinstance(error, str) else ""
    # A proxy's page says nothing that the status does not.
    is_page = text.lstrip().startswith("<")
    return _Details(frozenset(), "" if is_page else text, "", is_flagged=False, asked_seconds=None)


def _from_object(error: dict[str, Any], body: dict[str, Any]) -> _Details:
    inner = error.get("innererror")
    inner = inner if isinstance(inner, dict) else {}
    metadata = error.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    sources = (error.get("code"), error.get("type"), error.get("status"), inner.get("code"))
    named = (*sources, metadata.get("error_type"))
    return _Details(
        codes=frozenset(code.lower() for code in named if isinstance(code, str)),
        message=_message(error) or _message(body),
        parameter=error["param"] if isinstance(error.get("param"), str) else "",
        is_flagged="flagged_input" in metadata or bool(metadata.get("reasons")),
        asked_seconds=_asked(error.get("details")),
    )


def _message(error: dict[str, Any]) -> str:
    for name in ("message", "detail", "msg"):
        value = error.get(name)
        if isinstance(value, list):  # FastAPI: a list of faults, each with the input beside it
            value = "; ".join(str(entry.get("msg", "")) for entry in value if type(entry) is dict)
        if isinstance(value, dict):
            value = _message(value)
        if isinstance(value, str) and value:
            return value
    return ""


def _asked(details: Any) -> float | None:
    """Google's RetryInfo, which stands in the body and not in a header."""
    for entry in details if isinstance(details, list) else ():
        delay = entry.get("retryDelay") if isinstance(entry, dict) else None
        if isinstance(delay, str) and re.fullmatch(r"\d{1,6}(\.\d+)?s", delay):
            return float(delay[:-1]) or None
    return None


def _line(status: int, details: _Details) -> str:
    message = shorten(details.message, MESSAGE_LENGTH)
    codes = ", ".join(sorted(code for code in details.codes if not code.isdigit()))
    head = f"HTTP {status}" + (f" ({shorten(codes)})" if codes else "")
    return f"{head}: {message}" if message else head
