"""A live attacker: plays the user turn by turn, sees the answers, follows a strategy.

The conversation is never rewritten. Back-tracking after a refusal is what a user can do as well:
the next message returns to milder ground, and the refusal stays in the target's history.

    attacker = Attacker(model, Sampling(temperature=1.0), turns=3, strategies=choose_strategies())
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any, Literal

from primum.core.digest import digest, digest_of
from primum.core.item import Item
from primum.core.message import Message
from primum.engine.live_user import shared_out
from primum.generation.prompt import load_prompt
from primum.generation.refusal_reading import refusal_in
from primum.generation.request_style import language_words
from primum.generation.role_question import question
from primum.generation.stage import RoleModel
from primum.generation.strategy import Strategy
from primum.judging.fence import fenced, fenced_history
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.profile import Sampling

AttackMode = Literal["escalation", "persona", "rephrasing"]
"""``escalation``: step by step, with a step back after a refusal; ``persona``: as one made-up
person; ``rephrasing``: the plain request in other words, by no strategy."""


@dataclass(frozen=True, slots=True)
class Attacker:
    """Implements ``engine.live_user.LiveUser``."""

    model: ChatModel
    sampling: Sampling
    turns: int
    strategies: tuple[Strategy, ...] = ()
    mode: AttackMode = "escalation"

    @property
    def names(self) -> tuple[str, ...]:
        """Ids of the strategies that are followed; plain rephrasing follows none."""
        return () if self.mode == "rephrasing" else tuple(each.id for each in self.strategies)

    @property
    def description(self) -> Mapping[str, Any]:
        """All that decides what it says; JSON-able."""
        followed = () if self.mode == "rephrasing" else self.strategies
        return {
            "name": self.model.name,
            "identity": dict(self.model.identity),
            "sampling": self.sampling.model_dump(mode="json"),
            "mode": self.mode,
            "most_turns": self.turns,
            "strategies": list(self.names),
            "strategy_versions": [each.label for each in followed],
            "prompt": load_prompt(f"live-attacker-{self.mode}").label,
            "steps": digest_of(_steps()).hex()[:8],
        }

    def strategy_of(self, item: Item) -> str:
        """The item's own strategy if it is in the library, else one that is always the same."""
        return shared_out(self.names, item)

    def ask(self, item: Item, repeat: int, turn: int, history: Sequence[Message]) -> ChatRequest:
        """The question for the next message; it shows the whole conversation so far."""
        said = [message for message in history if message.role != "system"]
        code = digest("live-attack", item.id, *(part for one in said for part in one))[:8].hex()
        told = "ja" if item.language == "ja" else "en"
        values = {
            **self._strategy_words(item),
            "request": fenced("REQUEST", "\n".join(item.turns), code),
            "conversation": fenced_history(said, code) if said else _steps()["empty"][told],
            "step": _steps()[self.mode][self._step(item, said)][told],
            "language": language_words(item.language),
            "turn": str(turn + 1),
            "turns": str(self.turns),
        }
        messages = load_prompt(f"live-attacker-{self.mode}").messages(item.language, values)
        return question(RoleModel(self.model, self.sampling), messages, repeat).request

    def _strategy_words(self, item: Item) -> Mapping[str, str]:
        name = self.strategy_of(item)
        found = next((each for each in self.strategies if name and each.id == name), None)
        return found.words(item.language) if found else {}

    @staticmethod
    def _step(item: Item, said: Sequence[Message]) -> str:
        """How the last message fared."""
        if len(said) < 2:
            return "first"
        label = refusal_in(said[-1].content, item.language, said[-2].content)
        return "refused" if label in ("full", "partial") else "answered"


@cache
def _steps() -> dict[str, Any]:
    file = resources.files("primum.generation").joinpath("data/attack_steps.toml")
    return tomllib.loads(file.read_text("utf-8"))
