"""The user's side of a conversation: scripted turns, or anything that sees the answers."""

from __future__ import annotations

import re
from typing import Protocol

from primum.core.item import Item
from primum.core.message import Message
from primum.judging.judge_answer import without_thoughts

_MESSAGE = re.compile(r"<message>(.*?)</message>", re.DOTALL | re.IGNORECASE)
_TAG = re.compile(r"</?message>", re.IGNORECASE)
LONGEST_MESSAGE = 8_000
"""Characters; what a model in the user's place writes beyond that is no message."""


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


def spoken_message(answer: str) -> str | None:
    """The one message in the answer of a model that speaks in the user's place; None: no message.

    It stands between <message> and </message>; without any such tag the whole answer is meant.
    """
    own = without_thoughts(answer).strip()
    found: list[str] = _MESSAGE.findall(own)
    if len(found) > 1 or (not found and _TAG.search(own)):
        return None
    message = (found[0] if found else own).strip()
    return message if 0 < len(message) <= LONGEST_MESSAGE else None
