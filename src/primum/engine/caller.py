"""Every model call of a run goes through here: found in the ledger, or made once and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from primum.core.digest import call_key
from primum.core.errors import EndpointError, PrimumError
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.engine.call_book import CallBook
from primum.engine.progress import Progress
from primum.models.chat_model import ChatModel, ChatRequest

GRACE_SECONDS = 30.0
"""How long calls in flight may still finish after the run was told to stop."""
BREAKER_ERRORS = 24
"""Failed calls in a row, with no success between, after which an endpoint is taken for dead."""

Price = Callable[[Response], float]


class Answer(NamedTuple):
    """A call's key and what came back."""

    key: bytes
    response: Response
    is_own: bool
    """Whether the call was made for this caller just now, so that nothing can follow it in the
    ledger yet."""


@dataclass(slots=True)
class Line:
    """One model as this run asks it."""

    model: ChatModel
    subject: bytes
    """Digest of model identity, sampling and answer schema."""
    price: Price | None = None
    failures_in_a_row: int = 0


class Stopped(PrimumError):  # noqa: N818 - not a fault: the run is ending
    """No further call is begun; those in flight are finished and recorded."""


class Caller:
    """Makes one job's calls, each at most once in the whole book; after ``stop`` it begins none."""

    def __init__(self, book: CallBook, budget: Budget, progress: Progress) -> None:
        self._book = book
        self._budget = budget
        self._progress = progress
        self._reason: PrimumError | None = None

    @property
    def stop_reason(self) -> PrimumError | None:
        """Why no further call is begun, if so."""
        return self._reason

    def stop(self, reason: PrimumError) -> None:
        """Begin no further call; the first reason stands."""
        self._reason = self._reason or reason

    async def enforce_grace(self, give_up: Callable[[], None]) -> None:
        """Call ``give_up`` some time after ``stop``, if calls are then still in flight."""
        while self._reason is None:  # noqa: ASYNC110 - set from many places
            await asyncio.sleep(0.1)
        await asyncio.sleep(GRACE_SECONDS)
        give_up()

    async def call(
        self, line: Line, request: ChatRequest, chain: bytes, *, is_new: bool = False
    ) -> Answer:
        """The answer of a call, recorded.

        Args:
            line: Who is asked.
            request: What is asked.
            chain: Digest of the request's message chain.
            is_new: The ledger had no answer when this conversation was looked up, or an earlier
                turn of it had none; then only the latest calls are searched, in memory.

        Raises:
            Stopped: the run is ending.
        """
        key = call_key(line.subject, chain, request.repeat)
        known = await self._known(line.subject, key, is_new=is_new)
        if known is not None:
            self._progress.reused += 1
            return Answer(key, known, is_own=False)
        return Answer(key, await self._make(line, request, key), is_own=True)

    async def _known(self, subject: bytes, key: bytes, *, is_new: bool) -> Response | None:
        """The answer that is there, or on its way for somebody else; None: make the call."""
        book = self._book
        while True:
            must_look = key not in book.in_flight and (not is_new or book.is_recent(subject, key))
            known = await book.find_now(subject, key) if must_look else None
            # Looked at after the look-up: the same call may have been begun meanwhile.
            running = book.in_flight.get(key)
            if known is not None or running is None:
                return known
            known = await asyncio.shield(running)
            if known is not None:
                return known
            # Whoever made it gave it up, for a reason that need not be this job's.

    async def _make(self, line: Line, request: ChatRequest, key: bytes) -> Response:
        self._begin()
        shared: asyncio.Future[Response | None] = asyncio.get_running_loop().create_future()
        self._book.in_flight[key] = shared
        self._progress.in_flight += 1
        response = None
        try:
            response = await line.model.complete(request)
            self._book.ledger.put_call(key, line.subject, request.repeat, response)
        except PrimumError as error:
            response = None
            self.stop(error)
            raise Stopped(str(error)) from error
        finally:
            self._progress.in_flight -= 1
            del self._book.in_flight[key]
            if response is not None:
                self._book.remember(line.subject, key)
            shared.set_result(response)
        self._account(line, response)
        return response

    def _begin(self) -> None:
        if self._reason is not None:
            raise Stopped(str(self._reason))
        try:
            self._budget.take()
        except PrimumError as error:
            self.stop(error)
            raise Stopped(str(error)) from error

    def _account(self, line: Line, response: Response) -> None:
        usd = line.price(response) if line.price is not None else 0.0
        completion = response.completion_tokens or 0
        self._budget.spend(completion + (response.prompt_tokens or 0), usd)
        progress = self._progress
        progress.calls += 1
        progress.completion_tokens += completion
        progress.usd += usd
        if response.outcome != "transport_error":
            line.failures_in_a_row = 0
            return
        line.failures_in_a_row += 1
        if line.failures_in_a_row >= BREAKER_ERRORS:
            self.stop(
                EndpointError(
                    f"{line.model.name} failed {line.failures_in_a_row} times in a row; the last "
                    f"reason: {response.error or 'none given'}. What is finished is kept: run the "
                    "same command again when the endpoint answers."
                )
            )
