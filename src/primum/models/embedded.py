"""The model that comes along: llama.cpp on this machine, asked over loopback like any endpoint.

    async with EmbeddedModel() as model:
        response = await model.complete(ChatRequest((Message("user", "Hello"),), Sampling()))

Nothing is fetched, loaded or started before the first question, so that a run whose calls are all
in the ledger costs nothing. At temperature 0 the same question nearly always gets the same answer,
but not surely: which conversations share a batch, and how many threads compute it, moves the last
bits of the arithmetic, and a near tie between two words may then fall the other way.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from primum.core.errors import EndpointError, RunInterrupted, UserError, shorten
from primum.core.response import Response
from primum.models.address import is_loopback
from primum.models.cache import Progress
from primum.models.chat_model import ChatRequest
from primum.models.endpoint import HttpModel
from primum.models.llama_server import MISSING_RUNTIME, LlamaServer, ServerSettings, thread_count
from primum.models.provider import provider_named
from primum.models.retry import RetryPolicy
from primum.models.weights import Weights, embedded_weights, pinned

SLOTS = 8
CONTEXT_TOKENS = 4096
"""Of each slot, for models other than the pinned one."""
TIMEOUT_SECONDS = 1800
"""Long answers of a large model on a busy machine take minutes; its death is noticed otherwise."""
RETRIES = RetryPolicy(max_failures=3, base_seconds=0.1, cap_seconds=1.0)
"""A process on this machine that does not answer now will not answer in a minute."""


class EmbeddedModel:
    """A GGUF model in llama.cpp's server, started at the first question.

    Args:
        weights: where the model lies; by default the pinned SmolLM2-135M-Instruct.
        name: as the user named it.
        slots: conversations that are answered at once.
        context_tokens: of each slot; prompt and answer share it.
        threads: processor threads; by default all that this process may use.
        progress: told about the download of weights, if one is needed.
    """

    def __init__(
        self,
        weights: Weights | None = None,
        *,
        name: str = "embedded",
        slots: int | None = None,
        context_tokens: int | None = None,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> None:
        self.weights = weights or embedded_weights()
        self._name = name
        self._slots = slots or SLOTS
        self._context_tokens = context_tokens
        self._threads = threads
        self._progress = progress
        self._starting = asyncio.Lock()
        self._server: LlamaServer | None = None
        self._endpoint: HttpModel | None = None

    @property
    def name(self) -> str:
        """As the user named it."""
        return self._name

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """The weights by their checksum, the runtime's version and the context of a slot.

        The version belongs here because kernels, chat templates and sampling change between
        releases, and answers with them; a run half from one and half from another would be two
        models. Threads, slots and paths say how fast it answers and from where, not what.

        Raises:
            UserError: a named model file is missing or not a GGUF model.
        """
        return {
            "provider": "embedded",
            "model": self._label,
            "sha256": self.weights.sha256,
            "runtime": f"xllamacpp {_runtime_version()}",
            "context_tokens": self.context_tokens,
        }

    @property
    def _label(self) -> str:
        # The pinned file has one name, wherever a user keeps it.
        return pinned().name if self._is_pinned else self.weights.label

    @property
    def _is_pinned(self) -> bool:
        return self.weights.sha256 == pinned().sha256

    @property
    def context_tokens(self) -> int:
        """Tokens of one slot, prompt and answer together."""
        if self._context_tokens:
            return self._context_tokens
        return pinned().context_tokens if self._is_pinned else CONTEXT_TOKENS

    @property
    def concurrency(self) -> int:
        """One request for each slot."""
        return self._slots

    @property
    def supports_schema(self) -> bool:
        """Yes: llama.cpp turns a JSON schema into a grammar that binds the answer."""
        return True

    @property
    def is_started(self) -> bool:
        """Whether the server runs."""
        return self._server is not None and self._server.is_running

    async def preflight(self) -> None:
        """Return if the model is loaded and answers.

        Raises:
            UserError: the weights cannot be had or loaded.
        """
        await (await self.ensure_started()).preflight()

    async def complete(self, request: ChatRequest) -> Response:
        """The answer, or the typed reason why there is none.

        Raises:
            UserError: the weights cannot be had or loaded, or the process has died.
        """
        endpoint = await self.ensure_started()
        try:
            return await endpoint.complete(request)
        except EndpointError:
            if self.is_started or self._server is None:
                raise
            raise EndpointError(
                f"The embedded model's process ended with status {self._server.wait()}, perhaps "
                "for want of memory. What is finished is kept: the same command continues the run."
            ) from None

    async def ensure_started(self) -> HttpModel:
        """The endpoint of the running server; first questions that come together start it once.

        Raises:
            UserError: the weights cannot be had or loaded.
        """
        if self._endpoint is None:
            async with self._starting:
                if self._endpoint is None:
                    self._endpoint = await self._start()
        return self._endpoint

    async def _start(self) -> HttpModel:
        _runtime_version()
        path = await self._fetch()
        settings = ServerSettings(
            path=str(path),
            alias=self._label,
            slots=self._slots,
            context_tokens=self.context_tokens,
            threads=self._threads or thread_count(),
        )
        server = LlamaServer(settings)
        try:
            address = await asyncio.to_thread(server.wait_ready)
            endpoint = HttpModel(
                self._name,
                settings.alias,
                provider_named("llamacpp"),
                base_url=f"{address}/v1",
                timeout_seconds=TIMEOUT_SECONDS,
                max_concurrency=self._slots,
                retry_policy=RETRIES,
                environ={},
            )
            await endpoint.__aenter__()
        except BaseException:
            server.stop()
            raise
        self._server = server
        return endpoint

    async def _fetch(self) -> Path:
        """The path of the weights; a download stops when this is cancelled."""
        is_cancelled = threading.Event()

        def step(done_bytes: int, total_bytes: int | None) -> None:
            if is_cancelled.is_set():
                raise RunInterrupted("The download of weights was stopped.")
            if self._progress is not None:
                self._progress(done_bytes, total_bytes)

        try:
            return await asyncio.to_thread(self.weights.path, step)
        except asyncio.CancelledError:
            is_cancelled.set()
            raise

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the connections and end the server, if one was started."""
        endpoint, server = self._endpoint, self._server
        self._endpoint = self._server = None
        self._starting = asyncio.Lock()
        try:
            if endpoint is not None:
                await endpoint.__aexit__(kind, error, trace)
        finally:
            if server is not None:
                await asyncio.to_thread(server.stop)


def serve(
    weights: Weights | None = None,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    slots: int = SLOTS,
    context_tokens: int | None = None,
    progress: Progress | None = None,
    on_ready: Callable[[str], None] | None = None,
) -> None:
    """Serve a model in the OpenAI form until Ctrl-C; ``on_ready`` gets the base URL.

    Raises:
        UserError: the host is not this machine, the port is taken, or the model cannot be loaded.
    """
    if not is_loopback(host):
        raise UserError(
            f"“{shorten(host)}” is not a loopback address. The server asks for no key, so it "
            "listens on 127.0.0.1 only; put a proxy with authentication before it to share it."
        )
    model = EmbeddedModel(weights, slots=slots, context_tokens=context_tokens)
    path = model.weights.path(progress)
    label = str(model.identity["model"])
    settings = ServerSettings(
        str(path), label, slots, model.context_tokens, thread_count(), host, port
    )
    server = LlamaServer(settings)
    try:
        address = server.wait_ready()
        if on_ready is not None:
            on_ready(f"{address}/v1")
        server.wait()
    except KeyboardInterrupt:
        return
    finally:
        server.stop()
    raise UserError("The embedded model's process ended; start it again.")


def _runtime_version() -> str:
    try:
        return version("xllamacpp")
    except PackageNotFoundError:
        raise UserError(MISSING_RUNTIME) from None
