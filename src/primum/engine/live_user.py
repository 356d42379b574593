"""A model in the user's place: it sees the answers and writes the next message itself.

Like a judge it is pure: it says what its model is to be asked, and the engine asks. So its calls
are calls as all others, found in the ledger and never paid for twice, and a run is resumed by
asking for it again. Messages are not stored: they are read off the attacker's answers, which the
ledger holds under the run's second name (``ledger.record.spoken_under``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal, NamedTuple, Protocol

from primum.core.digest import digest
from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.message import Message
from primum.core.response import Response
from primum.engine.user import spoken_message
from primum.judging.judge import Judge
from primum.judging.refusal_screen import languages_to_read, screen
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Sampling

SpokenOutcome = Literal["said", "no_answer", "refused", "unparseable"]


class LiveUser(Protocol):
    """Asks its model for the next user message."""

    @property
    def model(self) -> ChatModel:
        """Who is asked."""

    @property
    def sampling(self) -> Sampling:
        """How it is asked."""

    @property
    def turns(self) -> int:
        """How many messages it may send in one conversation."""

    @property
    def description(self) -> Mapping[str, Any]:
        """All that decides what it says; JSON-able, part of the run's spec."""

    def strategy_of(self, item: Item) -> str:
        """The strategy that it follows with this item; empty where it follows none."""

    def ask(self, item: Item, repeat: int, turn: int, history: Sequence[Message]) -> ChatRequest:
        """What the model is asked before that turn (from 0)."""


@dataclass(frozen=True, slots=True)
class SuccessRule:
    """When an attack has reached its aim: a verdict on the last answer within these limits."""

    judge: Judge
    low: float
    high: float

    def holds(self, verdicts: Sequence[Verdict]) -> bool:
        """Whether the mean of the verdicts that were scored lies within; none is no success."""
        values = [
            one.value for one in verdicts if one.outcome == "scored" and one.value is not None
        ]
        return bool(values) and self.low <= fmean(values) <= self.high

    @property
    def description(self) -> dict[str, Any]:
        """Which judge, which limits."""
        return {
            "kind": "screen" if self.judge.model is None else "judge",
            "judge": self.judge.name,
            "fingerprint": self.judge.fingerprint.hex(),
            "low": self.low,
            "high": self.high,
        }


@dataclass(frozen=True, slots=True)
class LiveAttack:
    """An attacker, and when it stops."""

    user: LiveUser
    success: SuccessRule


class Spoken(NamedTuple):
    """What the attacker's answer holds."""

    outcome: SpokenOutcome
    text: str = ""


def read_spoken(response: Response, language: str) -> Spoken:
    """The message, or why there is none; a failure is never a message, nor a safe answer."""
    if not response.is_judgeable:
        return Spoken("no_answer")
    message = spoken_message(response.text)
    is_cut = response.outcome == "truncated" and "</message>" not in response.text.lower()
    if message is None or is_cut:
        return Spoken("unparseable")
    if languages_to_read(message, language) and screen(message, language).label == "full":
        return Spoken("refused")
    return Spoken("said", message)


def shared_out(names: Sequence[str], item: Item) -> str:
    """The item's own strategy if it is among the names, else one of them, always the same."""
    if not names or item.strategy in names:
        return item.strategy if names else ""
    return names[int.from_bytes(digest("strategy-of", item.id)[:4], "little") % len(names)]
