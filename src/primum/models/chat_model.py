"""The contract of everything that answers a conversation.

A model never raises for what an endpoint does to one request: that is a typed ``Response``. It
raises ``EndpointError`` for what every further call would meet as well (the key is refused, the
model is gone, the server is down): from ``preflight``, before any work, or from ``complete``, which
ends the run in a state that can be continued.

    async with model:
        await model.preflight()
        response = await model.complete(ChatRequest((Message("user", "Hello"),), Sampling()))
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol, Self

from primum.core.item import Item
from primum.core.message import Message
from primum.core.response import Response
from primum.models.profile import Sampling


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """What is asked of a model once."""

    messages: tuple[Message, ...]
    sampling: Sampling
    repeat: int = 0
    """Index of the repeat or vote; added to the seed."""
    schema: Mapping[str, Any] | None = None
    """A JSON schema that the answer must follow, used where the endpoint supports it."""
    item: Item | None = None
    """Only for models that look answers up (recorded answers); never sent."""
    turn: int = 0
    priority: int = 0
    """Lower goes first when the endpoint is busy: later turns before new conversations."""


class ChatModel(Protocol):
    """Anything that answers.

    A model that looks its answers up by ``ChatRequest.item`` says so with a class attribute
    ``answers_by_item = True``: for it, equal messages of two items are two calls.
    """

    @property
    def name(self) -> str:
        """As the user named it, for example ``embedded`` or ``openai/gpt-4.1``."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """What decides the answers: provider, model, revision or file hash, base URL.

        JSON-able, without secrets; it is hashed into every call's key.
        """

    @property
    def concurrency(self) -> int:
        """How many requests are worth having in flight at most."""

    @property
    def supports_schema(self) -> bool:
        """Whether ``ChatRequest.schema`` is honoured by the endpoint."""

    async def preflight(self) -> None:
        """Return if the model can answer.

        Raises:
            EndpointError: within seconds, with what to do.
        """

    async def complete(self, request: ChatRequest) -> Response:
        """The answer, or the typed reason why there is none.

        Raises:
            EndpointError: every further call would fail alike.
        """

    async def __aenter__(self) -> Self: ...

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None: ...
