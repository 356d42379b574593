"""A request or dialogue on its way to become a benchmark item, with all that led to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from primum.core.item import Intent, Item, Perspective

DropReason = Literal[
    "no_answer",
    "refused",
    "unparseable",
    "empty",
    "too_few_refusals",
    "unfit",
    "not_harmful",
    "near_duplicate",
    "leak",
    "meaning_lost",
    "unnatural",
    "unsafe",
    "rejected",
    "not_drawn",
    "operational",
    "stands_in_prompt",
]
"""Why a draft is not kept. ``no_answer``: the model gave no text; ``refused``: it declined the
stage's own task; ``unparseable``: its answer has another form than was asked for;
``stands_in_prompt``: it says the question back."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one stage did to a draft."""

    stage: str
    """The stage's name in its recipe."""
    kind: str
    model: str = ""
    """Who was asked; empty where nobody was."""
    prompt: str = ""
    """Id, version and content hash of the prompt: ``seeds@1:3f9a…``."""
    call: str = ""
    """Key of the call in the ledger, 32 hexadecimal digits."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """What a filter measured: ``refusals``, ``fit``, ``harmfulness`` …"""
    note: str = ""
    parent: str = ""
    """Id of the draft that a new one was made from in this step; earlier scores are of that one."""
    parent_turns: tuple[str, ...] = ()
    """What it said, since it may stand in no other file."""


@dataclass(frozen=True, slots=True)
class Draft:
    """The user's turns and their labels; equal turns and labels are the same draft."""

    turns: tuple[str, ...]
    language: str
    perspective: Perspective
    intent: Intent
    guidelines: tuple[str, ...]
    """Full guideline ids; the first is the main one."""
    source: str
    """Who wrote it: the generator's name."""
    strategy: str = ""
    translation_pair: str = ""
    twin_pair: str = ""
    reference: str = ""
    """A safe response, where one was made."""
    split: str = ""
    """``train`` or ``test``, where the set was split into halves."""
    parents: tuple[str, ...] = ()
    """Ids of the drafts that it was made from."""
    steps: tuple[Step, ...] = ()
    """What was done to it, first to last."""

    @property
    def id(self) -> str:
        """The id of the item that it would become."""
        return self.item().id

    def item(self, name: str = "", licence: str = "") -> Item:
        """The benchmark item."""
        return Item(
            turns=self.turns,
            language=self.language,
            perspective=self.perspective,
            intent=self.intent,
            guidelines=self.guidelines,
            source=self.source,
            name=name,
            strategy=self.strategy,
            translation_pair=self.translation_pair,
            twin_pair=self.twin_pair,
            reference=self.reference,
            licence=licence,
        )

    def after(self, step: Step) -> Draft:
        """The same draft with one more step."""
        return replace(self, steps=(*self.steps, step))

    def child(self, step: Step, **changes: object) -> Draft:
        """A draft made from this one: ``changes`` replace its fields, its history goes on."""
        own = self.id
        made = replace(step, parent=own, parent_turns=self.turns)
        return replace(self, parents=(own,), steps=(*self.steps, made), **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that a stage did not keep: data, never silently lost."""

    reason: DropReason
    detail: str = ""
    """What was found, shortened where it is shown."""
    draft: Draft | None = None
    """None where an answer never became a draft."""
    model: str = ""
    call: str = ""
