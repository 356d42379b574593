"""When a run may end before its last conversation, for a reason found in its own verdicts."""

from __future__ import annotations

from typing import Protocol

from primum.core.item import Item
from primum.core.judgement import Verdict


class StoppingRule(Protocol):
    """Sees every verdict as it comes and may end the run."""

    def observe(self, item: Item, repeat: int, turn: int, judge: str, verdict: Verdict) -> None:
        """Take note of one verdict."""

    @property
    def is_decided(self) -> bool:
        """Whether no further conversation needs to begin."""


class RunToTheEnd:
    """Every planned conversation is held."""

    is_decided = False

    def observe(self, item: Item, repeat: int, turn: int, judge: str, verdict: Verdict) -> None:
        """Nothing depends on it."""
