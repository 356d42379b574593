"""Counters of a run in progress; the command line draws them, the engine only adds."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Progress:
    """What has happened so far."""

    planned: int = 0
    """Conversations in the plan."""
    done: int = 0
    """Conversations whose turns and verdicts are all there."""
    calls: int = 0
    """Calls made now."""
    reused: int = 0
    """Turns and verdict calls found in the ledger."""
    in_flight: int = 0
    completion_tokens: int = 0
    usd: float = 0.0
    responses: Counter[str] = field(default_factory=Counter)
    """Response outcome → target turns, made or reused."""
    verdicts: Counter[str] = field(default_factory=Counter)
    """Verdict outcome → verdicts, made or reused."""
    started: float = field(default_factory=time.monotonic)
    first_new: float | None = None
    """When the first conversation that needed a call was done."""
    done_new: int = 0
    """Conversations done that needed a call."""

    def conversation_done(self, *, is_new: bool) -> None:
        """Count one finished conversation."""
        self.done += 1
        if is_new:
            self.done_new += 1
            if self.first_new is None:
                self.first_new = time.monotonic()

    @property
    def elapsed_seconds(self) -> float:
        """Since the run began."""
        return time.monotonic() - self.started

    @property
    def eta_seconds(self) -> float | None:
        """Expected time to the end at the rate so far; None while nothing is known."""
        if not self.done_new:
            return None
        return self.elapsed_seconds / self.done_new * (self.planned - self.done)

    @property
    def missing_verdicts(self) -> int:
        """Verdicts that are not a score."""
        return self.verdicts.total() - self.verdicts["scored"]
