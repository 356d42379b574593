r"""A model that answers by rules: for tests, for trying a protocol, for showing what a run does.

    model = ScriptedModel({"colour": "Blue.", "number": "Seven."}, default="I cannot say.")

or from a file, ``scripted:answers.toml``::

    default = "I cannot help with that."

    [[rules]]
    match = "colou?r"            # a regular expression, sought in the last user message
    answer = "Blue."

    [[rules]]
    item = "starter-.*-ja"       # matches an item's whole name or id
    turn = 2                     # from 1
    outcome = "content_filter"

The first rule whose every condition holds answers. A JSONL file holds one rule a line; a rule
without conditions, put last, is the default.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, field_validator

from primum.core.digest import digest_of
from primum.core.errors import DataError
from primum.core.response import Response, ResponseOutcome
from primum.models.chat_model import ChatRequest
from primum.models.settings_file import read_text, read_toml, validated

Answerer = Callable[[ChatRequest], "str | Response"]


class Rule(BaseModel):
    """When it applies, and what is answered then."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    match: str = ""
    """Regular expression, sought anywhere in the last user message; case does not matter."""
    item: str = ""
    """Regular expression that an item's whole name or id must match."""
    turn: int | None = Field(default=None, ge=1)
    """From 1, as in every file."""
    answer: str | tuple[str, ...] = ""
    """Several answers go to repeats 0, 1, … in turn."""
    outcome: ResponseOutcome = "ok"
    error: str = ""
    delay_seconds: float = Field(default=0.0, ge=0)

    @field_validator("match", "item")
    @classmethod
    def _is_regular_expression(cls, pattern: str) -> str:
        try:
            re.compile(pattern)
        except re.error as error:
            raise ValueError(f"not a regular expression ({error})") from None
        return pattern

    def applies(self, request: ChatRequest) -> bool:
        """Whether every condition holds."""
        if self.turn is not None and self.turn != request.turn + 1:
            return False
        if self.item and not _names(self.item, request):
            return False
        return bool(re.search(self.match, _last_user_text(request), re.IGNORECASE))

    def respond(self, request: ChatRequest) -> Response:
        """What is answered."""
        texts = (self.answer,) if isinstance(self.answer, str) else self.answer
        text = texts[request.repeat % len(texts)] if texts else ""
        has_text = self.outcome in ("ok", "truncated")
        return Response(
            outcome=self.outcome,
            text=text if has_text else "",
            finish_reason={"ok": "stop", "truncated": "length"}.get(self.outcome, self.outcome),
            latency_seconds=self.delay_seconds,
            error="" if has_text else self.error or text or f"scripted {self.outcome}",
        )


class Script(BaseModel):
    """A scripted model's file."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    default: str = ""
    rules: tuple[Rule, ...] = ()


class ScriptedModel:
    """Answers by rules or by a function, and keeps every request it was asked in ``calls``.

    Args:
        rules: rules, or a pattern-to-answer mapping, or a function of the request.
        default: the answer where no rule applies.
        name: as it is shown.
        concurrency: how many requests it takes at once.
        supports_schema: whether it claims to honour answer schemas.
        identity_note: tells apart two functions of one name; part of the identity.
    """

    answers_by_item = True

    def __init__(
        self,
        rules: Sequence[Rule] | Mapping[str, str] | Answerer = (),
        *,
        default: str = "",
        name: str = "scripted",
        concurrency: int = 64,
        supports_schema: bool = False,
        identity_note: str = "",
    ) -> None:
        self._answerer = rules if callable(rules) else None
        self._script = Script(default=default, rules=() if callable(rules) else _listed(rules))
        self._identity_note = identity_note
        self._supports_schema = supports_schema
        self._name = name
        self._concurrency = concurrency
        self.calls: list[ChatRequest] = []

    @classmethod
    def from_file(cls, path: Path, *, name: str = "") -> ScriptedModel:
        """The model that a TOML or JSONL file scripts.

        Raises:
            DataError: the file does not hold a script; the line or key is named.
        """
        script = _read_script(path)
        return cls(script.rules, default=script.default, name=name or f"scripted:{path}")

    @property
    def name(self) -> str:
        """As the user named it."""
        return self._name

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """A hash of the rules; a function is known by its name, since its content has no hash."""
        if self._answerer is None:
            content = digest_of(self._script.model_dump(mode="json")).hex()
        else:
            kind = type(self._answerer)
            content = getattr(self._answerer, "__qualname__", kind.__qualname__)
        note = {"note": self._identity_note} if self._identity_note else {}
        return {"provider": "scripted", "script": content, **note}

    @property
    def concurrency(self) -> int:
        """As many as it was given."""
        return self._concurrency

    @property
    def supports_schema(self) -> bool:
        """As it was told to claim."""
        return self._supports_schema

    async def preflight(self) -> None:
        """Return; a script can always answer."""

    async def complete(self, request: ChatRequest) -> Response:
        """The answer of the first rule that applies, or else the default."""
        self.calls.append(request)
        response = self._respond(request)
        if response.latency_seconds:
            await asyncio.sleep(response.latency_seconds)
        return replace(response, model_reported=response.model_reported or self._name)

    def _respond(self, request: ChatRequest) -> Response:
        if self._answerer is not None:
            answer = self._answerer(request)
            return Response("ok", answer, "stop") if isinstance(answer, str) else answer
        for rule in self._script.rules:
            if rule.applies(request):
                return rule.respond(request)
        return Response("ok", self._script.default, "stop")

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing to close."""


def _listed(rules: Sequence[Rule] | Mapping[str, str]) -> tuple[Rule, ...]:
    if isinstance(rules, Mapping):
        return tuple(Rule(match=pattern, answer=answer) for pattern, answer in rules.items())
    return tuple(rules)


def _names(pattern: str, request: ChatRequest) -> bool:
    item = request.item
    return item is not None and any(
        re.fullmatch(pattern, name) for name in (item.name, item.id) if name
    )


def _last_user_text(request: ChatRequest) -> str:
    users = (message.content for message in reversed(request.messages) if message.role == "user")
    return next(users, "")


def _read_script(path: Path) -> Script:
    if path.suffix == ".toml":
        return validated(Script, read_toml(path), path)
    if path.suffix != ".jsonl":
        raise DataError(path, "a script is a .toml or a .jsonl file.")
    rules: list[Rule] = []
    for number, line in enumerate(read_text(path).splitlines(), start=1):
        if line.strip():
            rules.append(validated(Rule, _json(line, path, number), path, number))
    return Script(rules=tuple(rules))


def _json(line: str, path: Path, number: int) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise DataError(path, f"not valid JSON ({error}).", line=number) from None
