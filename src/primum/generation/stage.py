"""The contract of a stage: drafts in, drafts out, and whatever was not kept with its reason.

A stage is a pure function of its settings, its input and the ledger: every model call goes through
``StageContext.asker``, so that a recipe that was stopped is resumed by running it again.

    @stage("seeds", takes="nothing", gives="requests", settings=SeedSettings, roles=("role",))
    async def seeds(drafts, settings, context) -> StageResult: ...
"""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, TypeVar

from pydantic import ConfigDict

from primum.core.errors import UnknownNameError
from primum.engine.asking import Asker
from primum.generation.draft import Draft, Dropped
from primum.generation.written_table import WrittenTable
from primum.guidelines.guideline_set import GuidelineSet
from primum.models.chat_model import ChatModel
from primum.models.profile import Sampling

Takes = Literal["nothing", "requests", "dialogues", "any"]
"""``requests``: drafts of one turn; ``dialogues``: of several."""
Gives = Literal["requests", "dialogues", "same"]


class StageSettings(WrittenTable):
    """The keys of a ``[[stage]]`` table beside ``kind`` and ``name``; subclass for more."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class RoleModel(NamedTuple):
    """One model as a role of the recipe asks it."""

    model: ChatModel
    sampling: Sampling
    system_prompt: str = ""


@dataclass(frozen=True, slots=True)
class StageContext:
    """What a stage may use."""

    name: str
    """The stage's name in its recipe."""
    asker: Asker
    roles: Mapping[str, Sequence[RoleModel]]
    """Role → its models, in the order of the recipe."""
    guidelines: Sequence[GuidelineSet]
    """Sets that the recipe is about, in its order."""
    chosen: Sequence[str]
    """Full ids of the guidelines to be covered, in order."""
    languages: tuple[str, ...]
    seed: int
    folder: Path
    """Where files for people go and come back from."""
    generator: random.Random = field(default_factory=random.Random)
    """Seeded by recipe and stage."""
    searches: Path | None = None
    """Where searches for suffixes are kept; None: in ``suffixes`` beside ``folder``."""
    is_look: bool = False
    """Whether only what is there already may be used: nothing is asked, loaded or sought."""


@dataclass(frozen=True, slots=True)
class StageResult:
    """What a stage made of its input."""

    kept: tuple[Draft, ...]
    dropped: tuple[Dropped, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    """What the data card should say of it: agreement, variety, number of near duplicates …"""
    waits_for: Path | None = None
    """A file that people must fill in before the recipe can go on."""


class StageCost(NamedTuple):
    """What a stage takes, estimated before the run."""

    calls: Mapping[str, int]
    """Role → calls at most."""
    drafts: int
    """Drafts that come out at most."""


Settings = TypeVar("Settings", bound=StageSettings)
Run = Callable[[Sequence[Draft], Any, StageContext], Awaitable[StageResult]]
Estimate = Callable[[int, Any, "Sizes"], StageCost]
"""(drafts in, settings, sizes) → cost."""


class Sizes(NamedTuple):
    """What an estimate multiplies."""

    guidelines: int
    languages: int
    models: Mapping[str, int]
    """Role → number of its models."""


@dataclass(frozen=True, slots=True)
class StageKind:
    """A registered stage."""

    kind: str
    takes: Takes
    gives: Gives
    settings: type[StageSettings]
    roles: tuple[str, ...]
    """Names of the settings that hold a role's name."""
    summary: str
    run: Run
    estimate: Estimate


_KINDS: dict[str, StageKind] = {}


def stage(
    kind: str,
    *,
    takes: Takes,
    gives: Gives,
    settings: type[StageSettings],
    estimate: Estimate,
    roles: tuple[str, ...] = (),
    summary: str = "",
) -> Callable[[Run], Run]:
    """A decorator that makes a function known as a stage of that kind.

    Raises:
        ValueError: the kind is taken.
    """

    def keep(run: Run) -> Run:
        if kind in _KINDS:
            raise ValueError(f"the stage “{kind}” is registered already")
        _KINDS[kind] = StageKind(kind, takes, gives, settings, roles, summary, run, estimate)
        return run

    return keep


def stage_kind(kind: str) -> StageKind:
    """The stage of that kind.

    Raises:
        UnknownNameError: there is none; near misses are named.
    """
    if kind not in _KINDS:
        raise UnknownNameError("stage", kind, _KINDS)
    return _KINDS[kind]


def stage_kinds() -> Mapping[str, StageKind]:
    """Kind → stage, of all that are registered."""
    return dict(_KINDS)
