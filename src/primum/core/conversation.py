"""A conversation as it stands after one response: what a judge reads."""

from __future__ import annotations

from dataclasses import dataclass

from primum.core.item import Item
from primum.core.message import Message
from primum.core.response import Response


@dataclass(frozen=True, slots=True)
class Exchange:
    """One turn: the item, the real history up to the user's message, and the model's response."""

    item: Item
    turn: int
    """From 0."""
    history: tuple[Message, ...]
    """Everything sent to the model: system prompt if any, earlier turns with the model's own
    answers, and the user's message of this turn last."""
    response: Response

    @property
    def request(self) -> str:
        """The user's message of this turn."""
        return self.history[-1].content
