"""A run as columns: what statistics read, never one object per call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple


class ItemLabels(NamedTuple):
    """What results are broken down by; one per item of the run."""

    id: str
    name: str
    language: str
    perspective: str
    intent: str
    guidelines: tuple[str, ...]
    source: str
    split: str
    strategy: str
    translation_pair: str
    twin_pair: str
    turns: int
    """Number of scripted user turns."""
    fingerprint: str
    """Equal for items that ask the same; clusters of repeats and of one seed request."""
    task: str = "request"
    benchmark: str = ""


@dataclass(slots=True)
class VerdictColumns:
    """One judge's verdicts in long form: entry *k* belongs to the turn in row ``row[k]``."""

    row: list[int] = field(default_factory=list)
    vote: list[int] = field(default_factory=list)
    outcome: list[str] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    """NaN where the outcome is not ``scored``."""
    measures: list[Mapping[str, float] | None] = field(default_factory=list)
    """What the value is made of; None for a verdict that is its value."""


@dataclass(slots=True)
class RunColumns:
    """Row *i* of every list is one planned target turn, whether or not it has been made.

    Rows are ordered by (item, repeat, turn): the turns of one conversation are neighbours.
    """

    items: list[ItemLabels]
    item: list[int] = field(default_factory=list)
    """Index into ``items``."""
    repeat: list[int] = field(default_factory=list)
    turn: list[int] = field(default_factory=list)
    outcome: list[str] = field(default_factory=list)
    """Response outcome, or ``empty`` for an answer without any text; an empty string where the turn
    was not reached (yet, or because an earlier turn of the conversation gave no text)."""
    latency_seconds: list[float] = field(default_factory=list)
    prompt_tokens: list[int] = field(default_factory=list)
    """0 where unknown."""
    completion_tokens: list[int] = field(default_factory=list)
    cached_tokens: list[int] = field(default_factory=list)
    verdicts: dict[str, VerdictColumns] = field(default_factory=dict)
    """Judge name → its verdicts."""
    without_row: list[int] = field(default_factory=list)
    """The turns that a file of recorded answers has no row for; other turns with the outcome
    ``no_answer`` were left blank."""
