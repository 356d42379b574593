"""What each stage of a recipe was given, kept and dropped, and why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from primum.generation.draft import Draft, Dropped


@dataclass(frozen=True, slots=True)
class StageYield:
    """One stage that has ended."""

    name: str
    kind: str
    drafts_in: int
    """0 where the stage takes nothing and makes drafts."""
    kept: int
    dropped: Mapping[str, int]
    """Reason → how many."""
    drafts_after: int
    """All drafts that there are now: those kept, and those that a stage added to."""
    questions: int
    """Asked of models, made now or found in the ledger."""
    failed: int = 0
    """Questions that got no answer because the call failed; the next run asks them again."""
    models: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    """What the stage itself says of its result."""


@dataclass(frozen=True, slots=True)
class StageDrop:
    """Something that was dropped, and where."""

    stage: str
    dropped: Dropped


@dataclass(frozen=True, slots=True)
class Yields:
    """All stages so far, what came out, and what did not."""

    stages: tuple[StageYield, ...]
    drafts: tuple[Draft, ...]
    drops: tuple[StageDrop, ...]

    @property
    def missing(self) -> int:
        """Answers that never came because calls failed: a further run asks for them again."""
        return sum(stage.failed for stage in self.stages)


def amount(number: int, noun: str) -> str:
    """The number with its noun: “1 draft”, “2 drafts”."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def reason_words(reason: str, count: int = 0) -> str:
    """The reason as it is read beside that number."""
    if reason == "stands_in_prompt":
        return "stands in the prompt" if count == 1 else "stand in the prompt"
    is_noun = reason in ("near_duplicate", "leak")
    return reason.replace("_", " ") + "s" * (is_noun and count != 1)


def counted(dropped: Sequence[Dropped]) -> dict[str, int]:
    """Reason → how many, the most frequent first."""
    found = Counter(each.reason for each in dropped)
    return {str(reason): found[reason] for reason in sorted(found, key=lambda r: (-found[r], r))}
