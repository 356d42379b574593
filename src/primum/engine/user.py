"""The user's side of a conversation: scripted turns, or anything that sees the answers."""

from __future__ import annotations

from typing import Protocol

from primum.core.item import Item
from primum.core.message import Message


class UserSide(Protocol):
    """Says the next user message."""

    async def speak(self, item: Item, turn: int, history: tuple[Message, ...]) -> str | None:
        """The user's message of this turn (from 0), or None to end the conversation."""


class ScriptedUser:
    """Replays the item's turns; the model's own answers stand between them."""

    async def speak(self, item: Item, turn: int, history: tuple[Message, ...]) -> str | None:
        """The item's own turn."""
        del history
        return item.turns[turn] if turn < len(item.turns) else None
