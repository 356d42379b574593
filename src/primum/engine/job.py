"""What the engine is given: who is asked, who judges, which conversations."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from primum.core.item import Item
from primum.engine.caller import Price
from primum.engine.live_user import LiveAttack
from primum.engine.stopping import RunToTheEnd, StoppingRule
from primum.engine.user import ScriptedUser, UserSide
from primum.judging.judge import Judge
from primum.models.chat_model import ChatModel
from primum.models.profile import Profile, Sampling


@dataclass(frozen=True, slots=True)
class Target:
    """A model under a deployment profile."""

    model: ChatModel
    profile: Profile


@dataclass(frozen=True, slots=True)
class Job:
    """One run's work; items stream, they are never all in memory."""

    run_id: str
    target: Target
    judges: Sequence[Judge]
    items: Callable[[], Iterator[Item]]
    repeats: int
    conversations: int
    """Planned: items × repeats."""
    judge_descriptions: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Judge name → what it is, stored beside its verdicts."""
    prices: Mapping[str, Price] = field(default_factory=dict)
    """Model name → US dollars of a response."""
    user: UserSide = field(default_factory=ScriptedUser)
    stopping: StoppingRule = field(default_factory=RunToTheEnd)
    live: LiveAttack | None = None
    """A model in the user's place instead of ``user``."""


def subject_description(model: ChatModel, sampling: Sampling) -> dict[str, Any]:
    """What a call's key says of who is asked and how."""
    return {"model": dict(model.identity), "sampling": sampling.model_dump(mode="json")}
