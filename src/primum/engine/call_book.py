"""What all jobs of one command know of their calls: in flight, made lately, sought in the ledger.

One book per ledger and event loop; with it jobs that run side by side share equal calls, as the
conversations of one job do.
"""

from __future__ import annotations

import asyncio

from primum.core.response import Response
from primum.ledger.ledger import Ledger

LOOKUP_SECONDS = 0.002
"""Look-ups within this time share one query."""
RECENT_CALLS = 1 << 14
"""Keys of the latest calls to each subject, kept in memory: more than can be made between a
conversation's look-up in the ledger and its first call."""


class CallBook:
    """Calls by their key."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.in_flight: dict[bytes, asyncio.Future[Response | None]] = {}
        """Key → the response to come; None where whoever made the call had to give it up."""
        self._recent: dict[bytes, dict[bytes, int]] = {}
        self._wanted: dict[bytes, asyncio.Future[Response | None]] = {}
        self._made = 0

    def remember(self, subject: bytes, key: bytes) -> None:
        """Note that the call was answered and recorded just now."""
        recent = self._recent.setdefault(subject, {})
        self._made += 1
        recent[key] = self._made
        if len(recent) > RECENT_CALLS:
            del recent[next(iter(recent))]

    def is_recent(self, subject: bytes, key: bytes) -> bool:
        """Whether the call was answered lately, by any job of this command."""
        return self._when(subject, key) is not None

    async def find(self, key: bytes) -> Response | None:
        """The recorded response, if the call was answered before; look-ups are batched."""
        while True:
            future = self._wanted.get(key)
            if future is None or future.done():
                loop = asyncio.get_running_loop()
                if not self._wanted:
                    loop.call_later(LOOKUP_SECONDS, self._look_up)
                future = self._wanted[key] = loop.create_future()
            try:
                response = await future
            except asyncio.CancelledError:
                if not future.cancelled() or _is_cancelled():
                    raise
                # Another job, which waited for the same look-up, was given up.
                continue
            break
        return None if response is None or response.outcome == "transport_error" else response

    async def find_now(self, subject: bytes, key: bytes) -> Response | None:
        """As ``find``; an answer that came while the look-up was on its way is found too."""
        while True:
            before = self._when(subject, key)
            known = await self.find(key)
            if known is not None or self._when(subject, key) == before:
                return known

    def _when(self, subject: bytes, key: bytes) -> int | None:
        """Which call of this command answered it last."""
        recent = self._recent.get(subject)
        return None if recent is None else recent.get(key)

    def _look_up(self) -> None:
        wanted, self._wanted = self._wanted, {}
        try:
            found = self.ledger.find_calls(list(wanted))
        except Exception as error:  # noqa: BLE001 - handed to those who wait
            for future in wanted.values():
                if not future.done():
                    future.set_exception(error)
            return
        for key, future in wanted.items():
            if not future.done():
                future.set_result(found.get(key))


def _is_cancelled() -> bool:
    """Whether it is this task that was cancelled, not one that it waits with."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0
