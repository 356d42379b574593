"""A Hugging Face model in this process: asked in batches, and open to those who need its insides.

    async with LocalModel(open_source("embedded")) as model:
        response = await model.complete(ChatRequest((Message("user", "Hello"),), Sampling()))

No weights are loaded before the first question. Requests that wait together and are
sampled alike go through the model as one batch. ``open`` gives the loaded model itself, for attacks
that need its logits and gradients.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from types import TracebackType
from typing import Any, NamedTuple, Self

from primum.core.errors import EndpointError
from primum.core.response import Response
from primum.models import local_generation
from primum.models.chat_model import ChatRequest
from primum.models.local_source import Loaded, LocalSource, runtime_version
from primum.models.profile import Sampling

CPU_BATCH = 16
GPU_BATCH = 32


class _Waiting(NamedTuple):
    request: ChatRequest
    answer: asyncio.Future[Response]


class LocalModel:
    """A causal language model of torch and transformers in this process.

    Args:
        source: where its weights come from.
        name: as the user named it.
        batch_size: conversations answered at once; by default what suits the device.
        device: ``cpu``, ``cuda`` …; by default a GPU if there is one.
    """

    def __init__(
        self,
        source: LocalSource,
        *,
        name: str = "hf:embedded",
        batch_size: int | None = None,
        device: str | None = None,
    ) -> None:
        self._source = source
        self._name = name
        self._batch_size = batch_size
        self._device_wanted = device
        self._loaded: Loaded | None = None
        self._waiting: list[_Waiting] = []
        self._worker: asyncio.Task[None] | None = None
        self._thread: ThreadPoolExecutor | None = None

    @property
    def name(self) -> str:
        """As the user named it."""
        return self._name

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """Weights by content, numeric type, and the versions of the libraries that compute.

        Device and batch size say how fast it answers; they move the last bits only.

        Raises:
            UserError: the model cannot be found, or the libraries are not installed.
        """
        runtime = runtime_version()
        return {"provider": "hf", **self._source.identity, "dtype": self.dtype, "runtime": runtime}

    @cached_property
    def device(self) -> str:
        """Where it computes."""
        if self._device_wanted:
            return self._device_wanted
        runtime_version()
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"

    @property
    def dtype(self) -> str:
        """Of the weights: exact on a CPU, half precision on a GPU."""
        return "float32" if self.device == "cpu" else "bfloat16"

    @property
    def concurrency(self) -> int:
        """One batch being computed and one that waits."""
        return 2 * self.batch_size

    @property
    def batch_size(self) -> int:
        """Conversations answered at once at most."""
        return self._batch_size or (CPU_BATCH if self.device == "cpu" else GPU_BATCH)

    @property
    def supports_schema(self) -> bool:
        """No: the answer's form is asked for in words only."""
        return False

    def open(self) -> Loaded:
        """The loaded model and its tokenizer.

        Raises:
            UserError: it cannot be loaded.
        """
        if self._loaded is None:
            self._loaded = self._source.load(self.device, self.dtype)
        return self._loaded

    async def preflight(self) -> None:
        """Return if the model is loaded.

        Raises:
            UserError: it cannot be loaded.
        """
        await self._in_thread(self.open)

    async def complete(self, request: ChatRequest) -> Response:
        """The answer, or the typed reason why there is none.

        Raises:
            UserError: the model cannot be loaded.
            EndpointError: memory does not suffice for a single conversation.
        """
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Waiting(request, answer))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return await answer

    async def _work(self) -> None:
        # One turn of the loop, so that requests made together are answered together.
        await asyncio.sleep(0)
        while self._waiting:
            batch = self._next_batch()
            requests = [one.request for one in batch]
            try:
                responses = await self._in_thread(lambda asked=requests: self._generate(asked))
            except BaseException as error:
                # Handed to those who wait.
                for one in batch:
                    if not one.answer.done():
                        one.answer.set_exception(error)
                if not isinstance(error, Exception):
                    raise
                continue
            for one, response in zip(batch, responses, strict=True):
                if not one.answer.done():
                    one.answer.set_result(response)

    def _next_batch(self) -> list[_Waiting]:
        """The most urgent request and others that are sampled alike."""
        self._waiting = [one for one in self._waiting if not one.answer.done()]
        self._waiting.sort(key=lambda one: one.request.priority)
        alike = [
            one
            for one in self._waiting
            if one.request.sampling == self._waiting[0].request.sampling
        ]
        batch = alike[: self.batch_size]
        chosen = {id(one) for one in batch}
        self._waiting = [one for one in self._waiting if id(one) not in chosen]
        return batch

    def _generate(self, requests: Sequence[ChatRequest]) -> list[Response]:
        """As ``generate``; where memory is short, in halves."""
        loaded, sampling = self.open(), _sampling(requests)
        import torch

        try:
            return local_generation.generate(loaded, requests, sampling)
        except torch.OutOfMemoryError as error:
            if len(requests) == 1:
                raise EndpointError(
                    f"{self._name} ran out of memory on one conversation. Lower --max-tokens or "
                    "--context-tokens, or take a larger machine. What is finished is kept."
                ) from error
            torch.cuda.empty_cache()
            half = len(requests) // 2
            self._batch_size = max(1, half)
            return [*self._generate(requests[:half]), *self._generate(requests[half:])]

    async def _in_thread(self, work: Any) -> Any:
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="primum-local")
        return await asyncio.get_running_loop().run_in_executor(self._thread, work)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the weights; a batch being computed is finished first."""
        thread, self._thread = self._thread, None
        if thread is not None:
            await asyncio.to_thread(thread.shutdown)
        self._loaded, self._worker = None, None


def _sampling(requests: Sequence[ChatRequest]) -> Sampling:
    return requests[0].sampling
