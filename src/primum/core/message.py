"""One message of a conversation."""

from __future__ import annotations

from typing import Literal, NamedTuple

Role = Literal["system", "user", "assistant"]


class Message(NamedTuple):
    """Who says what."""

    role: Role
    content: str
