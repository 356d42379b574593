"""When a run may end before its last conversation, for a reason found in its own verdicts."""

from __future__ import annotations

from typing import Protocol

from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.response import ResponseOutcome


class StoppingRule(Protocol):
    """Sees every answer and verdict as it comes and may end the run.

    What the ledger holds already is shown first, as if it came now, so that a run that was stopped
    from outside continues where it was. Answers and verdicts come in the order in which models
    answer, which may depend on what they answer: a rule that must not has to wait for the planned
    order. Calls that are in flight when it decides are finished and recorded.
    """

    def wants(self, item: Item, repeat: int) -> bool:
        """Whether the conversation needs to be held; asked once, as it is about to begin."""

    def answered(self, item: Item, repeat: int, turn: int, outcome: ResponseOutcome) -> None:
        """Take note of one answer."""

    def observe(self, item: Item, repeat: int, turn: int, judge: str, verdict: Verdict) -> None:
        """Take note of one verdict."""

    def conversation_done(self, item: Item, repeat: int) -> None:
        """Take note that the conversation's answers and verdicts have all come."""

    @property
    def is_decided(self) -> bool:
        """Whether no further conversation needs to begin."""


class RunToTheEnd:
    """Every planned conversation is held."""

    is_decided = False

    def wants(self, item: Item, repeat: int) -> bool:  # noqa: ARG002 - as the protocol has it
        """All are held."""
        return True

    def answered(self, item: Item, repeat: int, turn: int, outcome: ResponseOutcome) -> None:
        """Nothing depends on it."""

    def observe(self, item: Item, repeat: int, turn: int, judge: str, verdict: Verdict) -> None:
        """Nothing depends on it."""

    def conversation_done(self, item: Item, repeat: int) -> None:
        """Nothing depends on it."""
