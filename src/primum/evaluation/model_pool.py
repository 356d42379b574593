"""Models that several runs ask: each is opened once, and closed when nobody holds it any more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

from primum.models.chat_model import ChatModel


@dataclass(slots=True)
class _Held:
    model: ChatModel
    holders: int = 0
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Opening and closing never overlap."""


class ModelPool:
    """Open models of one event loop; one object is one model."""

    def __init__(self) -> None:
        self._held: dict[int, _Held] = {}

    @contextlib.asynccontextmanager
    async def hold(self, model: ChatModel) -> AsyncIterator[None]:
        """The model is open until the block ends, and longer if others hold it."""
        held = self._held.setdefault(id(model), _Held(model))
        async with held.turn:
            if not held.holders:
                await model.__aenter__()
            held.holders += 1
        try:
            yield
        finally:
            async with held.turn:
                held.holders -= 1
                if not held.holders:
                    await model.__aexit__(None, None, None)
