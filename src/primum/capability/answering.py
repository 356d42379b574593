"""Who answers the harness's requests, and how each answer gets into the ledger at once.

A model in this process is asked by the harness's own ``HFLM``, which computes log-likelihoods in
batches; an endpoint as everywhere in Primum. What the ledger has is never asked again, and a model
is loaded only when something is missing.
"""

from __future__ import annotations

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any, Protocol

from primum.capability.request_key import (
    HarnessRequest,
    KeyMaker,
    RequestKind,
    chat_request,
    conversation_of,
    cut_at_stops,
    max_tokens_of,
)
from primum.capability.scoring import CUT_PROMPT, likelihood_text
from primum.capability.surroundings import quietly
from primum.core.errors import EndpointError, RunInterrupted
from primum.core.response import Response
from primum.engine.asking import Question
from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.ledger.ledger import Ledger
from primum.models.chat_model import ChatModel
from primum.models.local import LocalModel

FLUSH_SECONDS = 1.0
"""A killed process loses at most the answers of so long, and the batch being computed."""
STOPPED = "Stopped by {name}. Everything finished is kept; the same command continues the run."


class Answerer(Protocol):
    """Answers the requests that the ledger has no answer to."""

    def prepare(self) -> None:
        """Return if the model can be asked.

        Raises:
            UserError: it cannot be loaded or reached.
        """

    def answer(self, asked: Sequence[tuple[bytes, HarnessRequest]]) -> None:
        """Return when each has an answer in the ledger.

        Raises:
            PrimumError: why it has not; what was answered by then is in the ledger.
        """

    def close(self) -> None:
        """Let go of the model."""


class LocalAnswerer:
    """Asks a model in this process through the harness's own ``HFLM``."""

    def __init__(
        self, model: LocalModel, maker: KeyMaker, ledger: Ledger, budget: Budget, progress: Progress
    ) -> None:
        self._model = model
        self._maker = maker
        self._ledger = ledger
        self._budget = budget
        self._progress = progress
        self._harness_model: Any = None
        self._told_at = time.monotonic()
        self._flushed_at = 0.0

    def prepare(self) -> None:
        """As ``Answerer.prepare``."""
        self._opened()

    def answer(self, asked: Sequence[tuple[bytes, HarnessRequest]]) -> None:
        """As ``Answerer.answer``."""
        for kind in ("loglikelihood", "generate_until"):
            wanted = [(key, request) for key, request in asked if request.kind == kind]
            if wanted:
                self._answer_alike(kind, wanted)

    def close(self) -> None:
        """As ``Answerer.close``."""
        was_loaded, self._harness_model = self._harness_model is not None, None
        if was_loaded:
            asyncio.run(_let_go(self._model))

    def _answer_alike(
        self, kind: RequestKind, wanted: Sequence[tuple[bytes, HarnessRequest]]
    ) -> None:
        within = self._within_budget(len(wanted))
        self._ledger.put_subject(self._maker.describe(kind))
        harness_model = self._opened()
        instances = [self._instance(request) for _, request in wanted[:within]]
        keys = _keys_by_arguments(instances, [key for key, _ in wanted[:within]])
        harness_model.set_cache_hook(_Recorder(self, kind, keys))
        self._told_at = time.monotonic()
        try:
            with quietly():
                getattr(harness_model, kind)(instances, disable_tqdm=True)
        except RuntimeError as error:
            self._explain_memory(error)
            raise
        finally:
            self._ledger.flush()
        if within < len(wanted):
            self._budget.take()

    def _within_budget(self, wanted: int) -> int:
        """How many may be computed; at least one, or the budget's own error is raised."""
        self._budget.take()
        limit = self._budget.max_calls
        within = wanted if limit is None else min(wanted, limit - self._budget.calls + 1)
        self._budget.calls += within - 1
        return within

    def record(
        self, kind: RequestKind, key: bytes, arguments: tuple[str, Any], answer: Any
    ) -> None:
        """Put one answer into the ledger, as soon as the harness has it.

        Raises:
            BudgetReached: that was the last one that the budget allows.
        """
        now = time.monotonic()
        seconds, self._told_at = now - self._told_at, now
        context, rest = arguments
        tokens = len(self._harness_model.tok_encode(context)) if context else 1
        room = self._harness_model.max_length
        if kind == "generate_until":
            room -= max_tokens_of(rest)
        if kind == "loglikelihood":
            value, is_greedy = answer
            text, completion = likelihood_text(value, is_greedy=is_greedy), 0
        else:
            text = str(answer)
            completion = len(self._harness_model.tok_encode(text)) if text else 0
        response = Response(
            "ok",
            text,
            finish_reason=CUT_PROMPT if tokens > room else "",
            prompt_tokens=tokens,
            completion_tokens=completion,
            latency_seconds=seconds,
        )
        self._ledger.put_call(key, self._maker.subject(kind), 0, response)
        self._budget.spend(tokens + completion, 0.0)
        self._progress.calls += 1
        self._progress.completion_tokens += completion
        self._progress.conversation_done(is_new=True)
        if now - self._flushed_at > FLUSH_SECONDS:
            self._flushed_at = now
            self._ledger.flush()
        most = self._budget.max_tokens
        if most is not None and self._budget.tokens >= most:
            self._budget.take()

    def _opened(self) -> Any:
        if self._harness_model is None:
            loaded = self._model.open()
            with quietly():
                from lm_eval.models.huggingface import HFLM

                self._harness_model = HFLM(
                    pretrained=loaded.model,
                    tokenizer=loaded.tokenizer,
                    backend="causal",
                    batch_size=self._model.batch_size,
                )
        return self._harness_model

    def _instance(self, request: HarnessRequest) -> Any:
        from lm_eval.api.instance import Instance

        context = self._written(request.context)
        is_text = request.kind == "generate_until"
        rest = dict(request.settings or {}) if is_text else request.continuation
        return Instance(request.kind, {}, (context, rest), 0)

    def _written(self, context: str) -> str:
        """A conversation as the model's own chat template writes it."""
        conversation = conversation_of(context)
        if conversation.messages[0].content == context:
            return context
        history = [message._asdict() for message in conversation.messages]
        text: str = self._harness_model.apply_chat_template(
            history, add_generation_prompt=not conversation.is_open
        )
        return text

    def _explain_memory(self, error: RuntimeError) -> None:
        """Raise one sentence where memory did not suffice."""
        import torch

        if isinstance(error, torch.OutOfMemoryError):
            raise EndpointError(
                f"{self._model.name} ran out of memory on {self._model.batch_size} prompts at "
                "once. Lower --batch-size, or take a larger machine. What is finished is kept."
            ) from error


class _Recorder:
    """Stands where the harness keeps its own cache: told of every answer as soon as it is there."""

    def __init__(
        self, answerer: LocalAnswerer, kind: RequestKind, keys: dict[tuple[str, str], list[bytes]]
    ) -> None:
        self._answerer = answerer
        self._kind = kind
        self._keys = keys

    def add_partial(self, _kind: str, arguments: tuple[Any, Any], answer: Any) -> None:
        """Record the answer; of equal requests the first that is still open is meant."""
        waiting = self._keys[arguments[0], str(arguments[1])]
        if waiting:
            self._answerer.record(self._kind, waiting.pop(0), arguments, answer)


class EndpointAnswerer:
    """Asks an endpoint, or any other model that answers conversations."""

    def __init__(
        self, model: ChatModel, ledger: Ledger, budget: Budget, progress: Progress
    ) -> None:
        self._model = model
        self._ledger = ledger
        self._budget = budget
        self._progress = progress
        self._runner: asyncio.Runner | None = None

    def prepare(self) -> None:
        """As ``Answerer.prepare``."""
        if self._runner is None:
            self._runner = asyncio.Runner()
            self._runner.run(self._open())

    def answer(self, asked: Sequence[tuple[bytes, HarnessRequest]]) -> None:
        """As ``Answerer.answer``."""
        self.prepare()
        if self._runner is not None:
            self._runner.run(self._ask([request for _, request in asked]))
        self._ledger.flush()

    def close(self) -> None:
        """As ``Answerer.close``."""
        runner, self._runner = self._runner, None
        if runner is not None:
            runner.run(self._model.__aexit__(None, None, None))
            runner.close()

    async def _open(self) -> None:
        await self._model.__aenter__()
        async with JobGroup(self._ledger, self._budget) as group:
            await group.unless_stopped(self._model.preflight())

    async def _ask(self, asked: Sequence[HarnessRequest]) -> None:
        async with JobGroup(self._ledger, self._budget) as group:
            asker = group.asker(self._progress)
            questions = (Question(self._model, chat_request(each)) for each in asked)
            await asker.ask_all(questions)


class RecordedAnswers:
    """Answers the harness from the ledger, after what is missing was asked for."""

    def __init__(
        self, answerer: Answerer, maker: KeyMaker, ledger: Ledger, progress: Progress
    ) -> None:
        self._answerer = answerer
        self._maker = maker
        self._ledger = ledger
        self._progress = progress

    def responses(self, asked: Sequence[HarnessRequest]) -> list[Response]:
        """The answer to each request, in order."""
        keys = [self._maker.key(request) for request in asked]
        wanted = dict(zip(keys, asked, strict=True))
        known = self._known(wanted)
        missing = [(key, request) for key, request in wanted.items() if key not in known]
        self._progress.reused += len(known)
        for _ in range(len(keys) - len(missing)):
            self._progress.conversation_done(is_new=False)
        if missing:
            self._answerer.answer(missing)
            known |= self._ledger.find_calls([key for key, _ in missing])
        unasked = Response("transport_error", error="not asked")
        return [known.get(key, unasked) for key in keys]

    def _known(self, keys: Iterable[bytes]) -> dict[bytes, Response]:
        found = self._ledger.find_calls(list(keys))
        return {key: each for key, each in found.items() if each.outcome != "transport_error"}


def text_of(response: Response, request: HarnessRequest) -> str:
    """The generated text as the harness expects it."""
    return cut_at_stops(response.text, request)


@contextmanager
def interruptible() -> Iterator[None]:
    """Make Ctrl-C and SIGTERM an ordinary end of the block.

    Raises:
        RunInterrupted: one of them came.
    """
    names: list[str] = []

    def stop(number: int, _frame: FrameType | None) -> None:
        names.append(signal.Signals(number).name)
        raise KeyboardInterrupt

    is_main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, stop) if is_main else None
    try:
        yield
    except KeyboardInterrupt:
        name = names[-1] if names else "Ctrl-C"
        raise RunInterrupted(STOPPED.format(name=name)) from None
    finally:
        if is_main:
            signal.signal(signal.SIGTERM, before)


def _keys_by_arguments(
    instances: Sequence[Any], keys: Sequence[bytes]
) -> dict[tuple[str, str], list[bytes]]:
    found: dict[tuple[str, str], list[bytes]] = {}
    for instance, key in zip(instances, keys, strict=True):
        found.setdefault((instance.args[0], str(instance.args[1])), []).append(key)
    return found


async def _let_go(model: LocalModel) -> None:
    await model.__aexit__(*sys.exc_info())
