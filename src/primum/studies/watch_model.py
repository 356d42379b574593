"""A model as it is on one occasion: the same calls again are other calls.

When a model is asked is part of what decides its answers, as soon as it may have changed since. The
occasion therefore stands in the identity, and so in the key of every call: within an occasion
nothing is asked twice, and the next occasion asks anew. The request itself, its seed included, is
sent unchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from primum.core.response import Response
from primum.models.chat_model import ChatModel, ChatRequest


class OccasionModel:
    """The model, asked on that occasion of that watch."""

    def __init__(self, model: ChatModel, watch: str, occasion: int) -> None:
        self._model = model
        self._occasion = {"watch": watch, "occasion": occasion}
        self.answers_by_item = bool(getattr(model, "answers_by_item", False))

    @property
    def name(self) -> str:
        """As the user named it."""
        return self._model.name

    @property
    def identity(self) -> Mapping[str, Any]:
        """The model's own, and the occasion."""
        return {**self._model.identity, **self._occasion}

    @property
    def concurrency(self) -> int:
        """The model's."""
        return self._model.concurrency

    @property
    def supports_schema(self) -> bool:
        """The model's."""
        return self._model.supports_schema

    async def preflight(self) -> None:
        """As the model does it."""
        await self._model.preflight()

    async def complete(self, request: ChatRequest) -> Response:
        """The model's answer, now."""
        return await self._model.complete(request)

    async def __aenter__(self) -> Self:
        await self._model.__aenter__()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._model.__aexit__(kind, error, trace)


def own_identity(identity: Mapping[str, Any]) -> dict[str, Any]:
    """The identity without the occasion."""
    return {key: value for key, value in identity.items() if key not in ("watch", "occasion")}
