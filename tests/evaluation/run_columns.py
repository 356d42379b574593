"""Small runs written by hand, for the tests of summaries and comparisons."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from primum.core.scale import Scale
from primum.evaluation.fact import JudgeFacts, RunFacts
from primum.ledger.columns import ItemLabels, RunColumns, VerdictColumns

Votes = float | None | Sequence[float | None]
"""One verdict, or several votes; None is a verdict that could not be parsed."""


def an_item(name: str, **labels: object) -> ItemLabels:
    """An item of one harmful English turn, unless the labels say otherwise."""
    defaults: dict[str, object] = {
        "id": f"id-{name}",
        "name": name,
        "language": "en",
        "perspective": "patient",
        "intent": "harmful",
        "guidelines": ("set/1",),
        "source": "primum",
        "split": "",
        "strategy": "",
        "translation_pair": "",
        "twin_pair": "",
        "turns": 1,
        "fingerprint": f"print-{name}",
    }
    return ItemLabels(**{**defaults, **labels})  # type: ignore[arg-type]


@dataclass(frozen=True)
class Turn:
    """One planned turn: its outcome and the verdicts of each judge."""

    verdicts: Mapping[str, Votes] = field(default_factory=dict)
    outcome: str = "ok"
    has_row: bool = True
    """Whether a file of recorded answers has a row for it."""


@dataclass(frozen=True)
class Talk:
    """One conversation."""

    item: ItemLabels
    turns: tuple[Turn, ...]
    repeat: int = 0


def talk(item: ItemLabels, *values: Votes, judge: str = "j", repeat: int = 0) -> Talk:
    """A conversation with one judge's value for each turn."""
    return Talk(item, tuple(Turn({judge: value}) for value in values), repeat)


def columns_of(*talks: Talk) -> RunColumns:
    """The conversations as columns; every turn took 2 seconds, 10 and 5 tokens."""
    items = list(dict.fromkeys(one.item for one in talks))
    columns = RunColumns(items)
    for one in sorted(talks, key=lambda one: (items.index(one.item), one.repeat)):
        assert len(one.turns) == one.item.turns
        for number, turn in enumerate(one.turns):
            row = len(columns.item)
            made = bool(turn.outcome)
            columns.item.append(items.index(one.item))
            columns.repeat.append(one.repeat)
            columns.turn.append(number)
            columns.outcome.append(turn.outcome)
            if not turn.has_row:
                columns.without_row.append(row)
            columns.latency_seconds.append(2.0 * made)
            columns.prompt_tokens.append(10 * made)
            columns.completion_tokens.append(5 * made)
            columns.cached_tokens.append(0)
            for judge, votes in turn.verdicts.items():
                _add(columns.verdicts.setdefault(judge, VerdictColumns()), row, votes)
    return columns


def facts_of(**scales: Scale) -> RunFacts:
    """A finished run with one judge of each name and scale."""
    return RunFacts(
        run_id="run-1",
        created="2026-01-01T00:00:00Z",
        finished="2026-01-01T01:00:00Z",
        spec={"protocol": "test"},
        judges=tuple(JudgeFacts(name, scale) for name, scale in scales.items()),
        clinician_reviewed=True,
    )


def _add(columns: VerdictColumns, row: int, votes: Votes) -> None:
    several = votes if isinstance(votes, Sequence) else [votes]
    for number, value in enumerate(several):
        columns.row.append(row)
        columns.vote.append(number)
        columns.outcome.append("unparseable" if value is None else "scored")
        columns.value.append(math.nan if value is None else value)
