"""Counters of a tuning in progress; the command line draws them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Literal

from primum.engine.progress import Progress

Stage = Literal["waiting", "pairs", "loading", "training", "stopping", "finished"]


@dataclass(slots=True)
class TuningProgress:
    """What has happened so far."""

    planned: int = 0
    """Updates in all."""
    done: int = 0
    """Updates done, those of earlier sessions with them."""
    resumed_at: int = 0
    """Updates that a checkpoint gave."""
    stage: Stage = "loading"
    """``waiting``: another process tunes this very adapter."""
    loss: float | None = None
    """Of the last update."""
    asked: Progress | None = None
    """Of preference tuning: the requests that the base model is asked for rejected answers."""
    started: float = field(default_factory=time.monotonic)
    """When the training of this session began."""

    def begin_training(self, planned: int, done: int) -> None:
        """Count from here."""
        self.planned, self.done, self.resumed_at = planned, done, done
        self.stage, self.started = "training", time.monotonic()

    @property
    def eta_seconds(self) -> float | None:
        """Expected time to the end at the rate so far; None while nothing is known."""
        now = self.done - self.resumed_at
        if now <= 0:
            return None
        return (time.monotonic() - self.started) / now * (self.planned - self.done)
