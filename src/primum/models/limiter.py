"""How many calls an endpoint bears: one adaptive limiter for all models behind one key.

The limit doubles each round trip until the endpoint first pushes back, then grows by one each
round trip, and halves when it pushes back, at most once a round trip. A wait that the endpoint
asks for holds all calls; it has no part in when the limit may move, so that a long wait cannot
freeze it. Waiters go by priority, then in order of arrival. It knows nothing of HTTP.

    ticket = limiter.ticket(priority=0)
    epoch = await limiter.acquire(ticket)
    try: ...                      # then limiter.succeeded() or limiter.throttled(epoch)
    finally: limiter.release()
"""

from __future__ import annotations

import asyncio
import heapq
from typing import NamedTuple
from weakref import WeakKeyDictionary

FIRST_LIMIT = 8
"""Calls in flight before the endpoint has answered once."""


class Ticket(NamedTuple):
    """A place in the queue; a call that comes back with its old ticket keeps its place."""

    priority: int
    number: int


class AdaptiveLimiter:
    """Bounds the calls in flight; belongs to one event loop, whose clock it uses."""

    def __init__(self, ceiling: int) -> None:
        self.ceiling = max(1, ceiling)
        self._limit = float(min(FIRST_LIMIT, self.ceiling))
        self._in_flight = 0
        self._epoch = 0
        self._has_been_throttled = False
        self._paused_until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._tickets = 0
        self._waiters: list[tuple[Ticket, asyncio.Future[None]]] = []

    @property
    def limit(self) -> int:
        """Calls that may be in flight now."""
        return int(self._limit)

    @property
    def in_flight(self) -> int:
        """Slots that are held now."""
        return self._in_flight

    def ticket(self, priority: int) -> Ticket:
        """A new place in the queue; lower priorities go first."""
        self._tickets += 1
        return Ticket(priority, self._tickets)

    async def acquire(self, ticket: Ticket) -> int:
        """The limiter's epoch, once a slot is held; hand it back to ``throttled``."""
        if self._waiters or self._in_flight >= self.limit or self._paused_until:
            await self._wait(ticket)
        else:
            self._in_flight += 1
        return self._epoch

    def release(self) -> None:
        """Give the slot back."""
        self._in_flight -= 1
        if self._waiters:
            self._wake()

    def succeeded(self) -> None:
        """The endpoint took a call; call this before ``release``."""
        # A limit that is not made use of has not been shown to be too low.
        if self._limit < self.ceiling and self._in_flight * 2 > self._limit:
            step = 1 / self._limit if self._has_been_throttled else 1
            self._limit = min(self._limit + step, float(self.ceiling))

    def throttled(self, epoch: int) -> None:
        """The endpoint pushed back on a call that was sent in that epoch.

        Calls that were sent before the last cut say nothing about the limit after it.
        """
        if epoch == self._epoch:
            self._epoch += 1
            self._has_been_throttled = True
            self._limit = max(1.0, self._limit / 2)

    def pause(self, seconds: float) -> None:
        """Hold every call, new ones too, for that long from now."""
        until = asyncio.get_running_loop().time() + seconds
        if until > self._paused_until:
            self._paused_until = until
            self._arm()

    async def _wait(self, ticket: Ticket) -> None:
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiters, (ticket, future))
        self._wake()
        try:
            await future
        except asyncio.CancelledError:
            # The slot may have been handed over in the same turn of the loop.
            if future.done() and not future.cancelled():
                self.release()
            raise

    def _wake(self) -> None:
        if self._paused_until and not self._pause_is_over():
            return
        while self._waiters and self._in_flight < self.limit:
            _, future = heapq.heappop(self._waiters)
            if not future.done():
                self._in_flight += 1
                future.set_result(None)

    def _pause_is_over(self) -> bool:
        if asyncio.get_running_loop().time() < self._paused_until:
            return False
        self._paused_until = 0.0
        return True

    def _arm(self) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        loop = asyncio.get_running_loop()
        self._alarm = loop.call_at(self._paused_until, self._ring)

    def _ring(self) -> None:
        self._alarm = None
        # Timers may fire a clock tick early; the pause must be over when this one has fired.
        self._paused_until = 0.0
        self._wake()


_limiters: WeakKeyDictionary[asyncio.AbstractEventLoop, dict[tuple[str, str], AdaptiveLimiter]] = (
    WeakKeyDictionary()
)


def limiter_for(base_url: str, key_variable: str, ceiling: int) -> AdaptiveLimiter:
    """The running loop's limiter of that endpoint and key; the widest ceiling asked for rules."""
    limiters = _limiters.setdefault(asyncio.get_running_loop(), {})
    limiter = limiters.setdefault((base_url, key_variable), AdaptiveLimiter(ceiling))
    limiter.ceiling = max(limiter.ceiling, ceiling)
    return limiter
