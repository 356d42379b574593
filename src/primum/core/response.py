"""What came back from a model call: text, or a typed reason why there is none."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

ResponseOutcome = Literal[
    "ok",
    "truncated",
    "content_filter",
    "context_length",
    "rejected",
    "transport_error",
    "no_answer",
]
"""``truncated``: the token limit cut it; the text is there. ``content_filter``: the endpoint's own
filter withheld it. ``context_length``: the conversation is too long for the model. ``rejected``:
the endpoint refuses this request for good. ``transport_error``: no usable answer after all retries;
the only outcome that a later run tries again. ``no_answer``: a recorded-answers file has none."""
RESPONSE_OUTCOMES: tuple[ResponseOutcome, ...] = get_args(ResponseOutcome)
NO_ROW = "no row answers this turn"
"""``error`` of a ``no_answer`` whose turn has no row in the file: the person was not asked. Another
``no_answer`` was left blank. Stored in ledgers, so it never changes."""


@dataclass(frozen=True, slots=True)
class Response:
    """One model call's result; never raised, always recorded."""

    outcome: ResponseOutcome
    text: str = ""
    finish_reason: str = ""
    prompt_tokens: int | None = None
    completion_tokens: int | None = None
    cached_tokens: int | None = None
    latency_seconds: float = 0.0
    attempts: int = 1
    model_reported: str = ""
    """The model name that the endpoint says it ran."""
    system_fingerprint: str = ""
    error: str = ""
    """Why there is no text: shortened, without keys."""
    raw: bytes = b""
    """The endpoint's body as it came (uncompressed; the ledger compresses it)."""

    @property
    def is_judgeable(self) -> bool:
        """Whether there is text that a judge can read."""
        return self.outcome in ("ok", "truncated") and bool(self.text.strip())
