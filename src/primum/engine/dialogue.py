"""One conversation while it is held: how far it is, and which verdicts are still to be given."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from primum.core.conversation import Exchange
from primum.core.digest import digest, extend
from primum.core.item import Item
from primum.core.message import Message
from primum.core.response import Response
from primum.models.chat_model import ChatRequest

_SORTED = orjson.OPT_SORT_KEYS


class AnsweredTurn(NamedTuple):
    """A turn that has a response."""

    exchange: Exchange
    item_key: bytes
    repeat: int
    call: bytes


class VerdictTask(NamedTuple):
    """A verdict to be given."""

    turn: AnsweredTurn
    judge: int
    """Index into the job's judges."""
    vote: int


def begin_chain(system_prompt: str, item_id: str = "") -> bytes:
    """The chain of an empty conversation under that system prompt.

    ``item_id`` is for models that look answers up by item: there equal texts are not equal calls.
    """
    chain = digest("chain-1", item_id) if item_id else digest("chain-1")
    return extend(chain, "system", system_prompt) if system_prompt else chain


def chain_of(request: ChatRequest) -> bytes:
    """Digest of all that is said in a single request, the answer's schema included."""
    chain = begin_chain("")
    for message in request.messages:
        chain = extend(chain, message.role, message.content)
    if request.schema is not None:
        chain = extend(chain, "schema", orjson.dumps(request.schema, option=_SORTED).decode())
    return chain


@dataclass(slots=True)
class Dialogue:
    """Grows by one user message and one response at a time."""

    item: Item
    item_key: bytes
    repeat: int
    chain: bytes
    history: list[Message]
    turn: int = 0
    is_over: bool = False
    is_new: bool = False
    """Whether the ledger lacks the next turn: then it lacks all that follow, too."""
    to_judge: list[VerdictTask] = field(default_factory=list)
    """Verdicts on replayed turns that the ledger lacks."""

    @classmethod
    def begin(cls, item: Item, repeat: int, system_prompt: str, chain: bytes) -> Dialogue:
        """A conversation before its first turn."""
        history = [Message("system", system_prompt)] if system_prompt else []
        return cls(item, bytes.fromhex(item.id), repeat, chain, history)

    def ask(self, text: str) -> None:
        """Add the user's message."""
        self.chain = extend(self.chain, "user", text)
        self.history.append(Message("user", text))

    def unask(self, chain: bytes) -> None:
        """Take the user's message back, to the chain before it."""
        self.chain = chain
        self.history.pop()

    def answer(self, call: bytes, response: Response) -> AnsweredTurn:
        """Add the response; without text the conversation cannot go on.

        A recorded conversation can: its later turns were answered whether or not this one was.
        """
        exchange = Exchange(self.item, self.turn, tuple(self.history), response)
        if response.is_judgeable:
            self.chain = extend(self.chain, "assistant", response.text)
            self.history.append(Message("assistant", response.text))
            self.turn += 1
        elif response.outcome == "no_answer":
            self.chain = extend(self.chain, "assistant", "")
            self.history.append(Message("assistant", ""))
            self.turn += 1
        else:
            self.is_over = True
        return AnsweredTurn(exchange, self.item_key, self.repeat, call)
