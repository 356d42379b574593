"""An event loop whose clock jumps: code that sleeps for minutes is tested in milliseconds."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class _JumpingSelector(selectors.DefaultSelector):
    """Never waits: where the loop would sleep, its clock is set forward instead."""

    def __init__(self) -> None:
        super().__init__()
        self.seconds = 0.0

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            return super().select(None)
        ready = super().select(0)
        if not ready:
            self.seconds += timeout
        return ready


class JumpingLoop(asyncio.SelectorEventLoop):
    """A loop that starts at second 0 and never really sleeps; not for real sockets."""

    def __init__(self) -> None:
        self._jumping = _JumpingSelector()
        super().__init__(self._jumping)

    def time(self) -> float:
        """Seconds that were slept since the start."""
        return self._jumping.seconds


def run_jumping(main: Coroutine[Any, Any, T]) -> T:
    """The coroutine's result; every sleep in it takes no time at all."""
    with asyncio.Runner(loop_factory=JumpingLoop) as runner:
        return runner.run(main)
