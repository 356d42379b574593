"""A chat-completions server on a loopback port, for tests of whatever talks to one.

It behaves as endpoints do: it lists its models, refuses a wrong key, an unknown model, empty
messages and a conversation that is too long, counts tokens (words, here), and cuts at the token
limit. What endpoints do on bad days is scripted, one entry per call:

    with ChatServer() as server:
        server.script(throttled(retry_after="1"), dropped(), failing(500))
        ask_four_times(server.base_url)        # the fourth call gets an ordinary answer
        assert len(server.calls) == 4
"""

from __future__ import annotations

import asyncio
import json
import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Literal, NamedTuple, Self

from aiohttp import web

Answer = Callable[[Sequence[Mapping[str, Any]]], str]
"""Messages → the text of an ordinary answer."""


@dataclass(frozen=True, slots=True)
class Act:
    """What the server does with one call."""

    status: int = 200
    body: bytes | None = None
    """None for an ordinary answer."""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_seconds: float = 0.0
    drop: Literal["", "at once", "in the body"] = ""
    echoes_headers: bool = False
    """Puts the request's headers into the error's message, as careless gateways do."""
    fields: Mapping[str, Any] = field(default_factory=dict)
    """Laid over the top level of an ordinary answer's body."""
    choice: Mapping[str, Any] = field(default_factory=dict)
    """Laid over its only choice."""
    message: Mapping[str, Any] = field(default_factory=dict)
    """Laid over the choice's message."""

    def after(self, seconds: float) -> Act:
        """The same, later."""
        return replace(self, delay_seconds=seconds)


class Call(NamedTuple):
    """One request as it arrived."""

    path: str
    headers: Mapping[str, str]
    body: Any
    """Parsed; None if it was no JSON."""


def answering(
    text: str | None = None,
    *,
    finish_reason: str = "stop",
    message: Mapping[str, Any] | None = None,
    **fields: Any,
) -> Act:
    """An answer with this text; further fields are laid over the body."""
    said = {} if text is None else {"content": text}
    return Act(
        choice={"finish_reason": finish_reason}, message={**said, **(message or {})}, fields=fields
    )


def sending(body: bytes | str | Mapping[str, Any] | list[Any], status: int = 200) -> Act:
    """This body, whatever it is."""
    if isinstance(body, str):
        body = body.encode()
    return Act(status, body if isinstance(body, bytes) else json.dumps(body).encode())


def failing(status: int, message: str = "something broke", **fields: Any) -> Act:
    """An error in OpenAI's form; further fields (``code``, ``type``, ``param``) stand in it."""
    error = {"message": message, "type": None, "param": None, "code": None, **fields}
    return sending({"error": error}, status)


def throttled(retry_after: str = "", milliseconds: str = "", status: int = 429) -> Act:
    """The rate limit is reached; with a Retry-After if one is given."""
    headers = {"Retry-After": retry_after, "Retry-After-Ms": milliseconds}
    act = failing(status, "rate limit reached", code="rate_limit_exceeded")
    return replace(act, headers={name: value for name, value in headers.items() if value})


def dropped(when: Literal["at once", "in the body"] = "at once") -> Act:
    """The connection is cut."""
    return Act(drop=when)


def filtered() -> Act:
    """A content filter stopped the request, in Azure's form."""
    inner = {"code": "ResponsibleAIPolicyViolation"}
    return failing(400, "The response was filtered", code="content_filter", innererror=inner)


def too_long() -> Act:
    """The conversation does not fit the model, in OpenAI's form."""
    message = "This model's maximum context length is 8 tokens."
    return failing(400, message, type="invalid_request_error", code="context_length_exceeded")


def echoing_headers(status: int = 400) -> Act:
    """An error whose message quotes the request's headers."""
    return Act(status, echoes_headers=True)


class ChatServer:
    """The server, running in a thread of its own while the context lasts."""

    def __init__(
        self,
        models: Sequence[str] = ("mock",),
        *,
        key: str = "",
        lists_models: bool = True,
        context_tokens: int = 100_000,
        answer: Answer | None = None,
    ) -> None:
        """Nothing is started yet.

        Args:
            models: what it serves.
            key: the only bearer key that it takes; empty takes any.
            lists_models: whether it has a path that lists them.
            context_tokens: words that fit into the context.
            answer: the text of ordinary answers; else an echo of the last message.
        """
        self.models = tuple(models)
        self.key = key
        self.lists_models = lists_models
        self.context_tokens = context_tokens
        self.calls: list[Call] = []
        """Chat completions that were asked for, in order of arrival."""
        self.peak_in_flight = 0
        """The most calls that were being answered at one time."""
        self._answer = answer or _echo
        self._arrival = threading.Condition()
        self._acts: deque[Act] = deque()
        self._always: Act | None = None
        self._in_flight = 0
        self._connections: set[object] = set()
        self._port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._runner: web.AppRunner | None = None

    @property
    def base_url(self) -> str:
        """What clients take as base URL."""
        return f"http://127.0.0.1:{self._port}/v1"

    @property
    def paths(self) -> list[str]:
        """Paths of the chat completions that were asked for."""
        return [call.path for call in self.calls]

    @property
    def connections(self) -> int:
        """Connections that brought calls."""
        return len(self._connections)

    def script(self, *acts: Act) -> None:
        """The next calls meet these, in order; ordinary answers follow."""
        self._acts.extend(acts)

    def always(self, act: Act | None) -> None:
        """Every call that the script does not reach meets this; None for ordinary answers."""
        self._always = act

    def wait_for_calls(self, count: int, timeout_seconds: float = 10.0) -> None:
        """Return when so many calls have arrived in all; blocks, so call it in a thread.

        Raises:
            TimeoutError: they have not.
        """
        with self._arrival:
            if not self._arrival.wait_for(lambda: len(self.calls) >= count, timeout_seconds):
                raise TimeoutError(f"{len(self.calls)} of {count} calls arrived")

    def __enter__(self) -> Self:
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self._start(), self._loop).result(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _start(self) -> None:
        application = web.Application(client_max_size=64 * 1024**2)
        application.router.add_get("/v1/models", self._list)
        application.router.add_get("/v1/models/{model:.+}", self._look_up)
        application.router.add_post("/{path:.*}/chat/completions", self._complete)
        runner = web.AppRunner(
            application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1
        )
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0, backlog=1024)
        await site.start()
        self._port = runner.addresses[0][1]
        self._runner = runner

    async def _stop(self) -> None:
        if self._runner is not None:
            await self._runner.shutdown()
            await self._runner.cleanup()

    async def _list(self, request: web.Request) -> web.Response:
        if not self.lists_models:
            return _error(404, "Not Found")
        if self._is_refused(request):
            return _wrong_key()
        entries = [{"id": name, "object": "model", "owned_by": "primum"} for name in self.models]
        return web.json_response({"object": "list", "data": entries})

    async def _look_up(self, request: web.Request) -> web.Response:
        if not self.lists_models:
            return _error(404, "Not Found")
        if self._is_refused(request):
            return _wrong_key()
        name = request.match_info["model"]
        if name not in self.models:
            return _unknown_model(name)
        return web.json_response({"id": name, "object": "model"})

    async def _complete(self, request: web.Request) -> web.StreamResponse:
        self._in_flight += 1
        self.peak_in_flight = max(self.peak_in_flight, self._in_flight)
        try:
            call = Call(request.path_qs, dict(request.headers), _parsed(await request.read()))
            with self._arrival:
                self.calls.append(call)
                self._arrival.notify_all()
            self._connections.add(request.protocol)
            act = self._acts.popleft() if self._acts else self._always or Act()
            await asyncio.sleep(act.delay_seconds)
            return await self._perform(act, call, request)
        finally:
            self._in_flight -= 1

    async def _perform(self, act: Act, call: Call, request: web.Request) -> web.StreamResponse:
        if act.drop:
            return await _cut(request, act)
        if act.echoes_headers:
            return _error(act.status, f"bad request with headers {dict(request.headers)}")
        if act.body is not None:
            return web.Response(
                status=act.status,
                body=act.body,
                headers=act.headers,
                content_type="application/json",
            )
        return self._refusal(request, call) or self._ordinary(act, call)

    def _refusal(self, request: web.Request, call: Call) -> web.Response | None:
        if self._is_refused(request):
            return _wrong_key()
        if not isinstance(call.body, dict) or not call.body.get("messages"):
            return _error(400, "messages must not be empty", code="invalid_request_error")
        if call.body.get("model") not in self.models:
            return _unknown_model(str(call.body.get("model")))
        if _words(call.body["messages"]) > self.context_tokens:
            message = f"This model's maximum context length is {self.context_tokens} tokens."
            return _error(400, message, code="context_length_exceeded")
        return None

    def _ordinary(self, act: Act, call: Call) -> web.Response:
        asked: dict[str, Any] = call.body
        words = self._answer(asked["messages"]).split(" ")
        limit = asked.get("max_tokens") or asked.get("max_completion_tokens") or len(words)
        message = {"role": "assistant", "content": " ".join(words[:limit])}
        choice = {
            "index": 0,
            "finish_reason": "length" if len(words) > limit else "stop",
            "message": {**message, **act.message},
        }
        prompt, completion = _words(asked["messages"]), min(len(words), limit)
        body = {
            "id": f"chatcmpl-{len(self.calls)}",
            "object": "chat.completion",
            "model": asked["model"],
            "system_fingerprint": "fp_mock",
            "choices": [{**choice, **act.choice}],
            "usage": {
                "prompt_tokens": prompt,
                "completion_tokens": completion,
                "total_tokens": prompt + completion,
            },
        }
        return web.json_response({**body, **act.fields}, status=act.status, headers=act.headers)

    def _is_refused(self, request: web.Request) -> bool:
        return bool(self.key) and request.headers.get("Authorization") != f"Bearer {self.key}"


async def _cut(request: web.Request, act: Act) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Length": "1000"})
    if act.drop == "in the body":
        await response.prepare(request)
        await response.write(b'{"choices": [{"message": {"content": "half of an ans')
    if request.transport is not None:
        request.transport.abort()
    return response


def _echo(messages: Sequence[Mapping[str, Any]]) -> str:
    return f"You said: {messages[-1]['content']}"


def _parsed(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        return None


def _words(messages: Sequence[Mapping[str, Any]]) -> int:
    return sum(len(str(message.get("content", "")).split()) for message in messages)


def _error(status: int, message: str, code: str | None = None) -> web.Response:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": code}
    return web.json_response({"error": error}, status=status)


def _wrong_key() -> web.Response:
    return _error(401, "Incorrect API key provided: sk-t****key.", "invalid_api_key")


def _unknown_model(name: str) -> web.Response:
    return _error(404, f"The model `{name}` does not exist.", "model_not_found")
