"""A run while it is held: what came is kept by conversation, and read off request by request.

Requests are looked at in the planned order only. A request whose answers all came waits for those
before it: fast answers are not like slow ones, and a decision that took them as they come would
rest on the fast.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.response import ResponseOutcome
from primum.evaluation.layout import Codes
from primum.ledger.columns import ItemLabels, RunColumns, VerdictColumns


class _Came(NamedTuple):
    """What came of one conversation."""

    outcomes: dict[int, str]
    """Turn → response outcome."""
    verdicts: list[tuple[int, str, Verdict]]
    """Turn, judge, verdict."""


class GrowingRun:
    """The planned items in the order in which they count, and what has come of them.

    Args:
        items: in the planned order, those of a cluster side by side.
        clusters: of each item; 0, 1, … in that order.
        repeats: conversations of each item.
        judges: their names.
    """

    def __init__(
        self, items: Sequence[ItemLabels], clusters: Codes, repeats: int, judges: Sequence[str]
    ) -> None:
        self._items = items
        self._repeats = repeats
        self._judges = judges
        self._place = {item.id: number for number, item in enumerate(items)}
        self._cluster = clusters.tolist()
        counts = np.bincount(clusters) if clusters.size else np.zeros(0, dtype=np.int64)
        self._left: list[int] = (counts * repeats).tolist()
        """Conversations of each cluster that are not done."""
        self._starts: list[int] = [0, *np.cumsum(counts).tolist()]
        self._came: dict[tuple[int, int], _Came] = {}
        self._done: set[tuple[int, int]] = set()
        self._next = 0
        """First cluster that has not been taken."""

    def answered(self, item: Item, repeat: int, turn: int, outcome: ResponseOutcome) -> None:
        """Take note of one answer."""
        self._of(item, repeat).outcomes[turn] = outcome

    def observe(self, item: Item, repeat: int, turn: int, judge: str, verdict: Verdict) -> None:
        """Take note of one verdict."""
        self._of(item, repeat).verdicts.append((turn, judge, verdict))

    def conversation_done(self, item: Item, repeat: int) -> None:
        """Take note that nothing more comes of it."""
        place = self._place[item.id]
        if (place, repeat) not in self._done:
            self._done.add((place, repeat))
            self._left[self._cluster[place]] -= 1

    def skip(self, item: Item, repeat: int) -> None:
        """Take note that it is not held, so that none waits for it."""
        self.conversation_done(item, repeat)

    def take(self) -> RunColumns | None:
        """The requests that are complete and follow those taken before; None if there are none."""
        first = self._next
        while self._next < len(self._left) and not self._left[self._next]:
            self._next += 1
        if self._next == first:
            return None
        return self._columns(self._starts[first], self._starts[self._next])

    def _of(self, item: Item, repeat: int) -> _Came:
        key = self._place[item.id], repeat
        came = self._came.get(key)
        if came is None:
            came = self._came[key] = _Came({}, [])
        return came

    def _columns(self, first: int, end: int) -> RunColumns:
        columns = empty_columns(self._items[first:end], self._repeats)
        columns.verdicts = {judge: VerdictColumns() for judge in self._judges}
        row = 0
        for place in range(first, end):
            for repeat in range(self._repeats):
                came = self._came.pop((place, repeat), None)
                if came is not None:
                    _fill(columns, row, came)
                row += self._items[place].turns
        return columns


def empty_columns(items: Sequence[ItemLabels], repeats: int) -> RunColumns:
    """Every planned turn of these items, none of them reached."""
    columns = RunColumns(items=list(items))
    for number, item in enumerate(items):
        for repeat in range(repeats):
            columns.item.extend([number] * item.turns)
            columns.repeat.extend([repeat] * item.turns)
            columns.turn.extend(range(item.turns))
    rows = len(columns.item)
    columns.outcome = [""] * rows
    columns.latency_seconds = [0.0] * rows
    for counts in (columns.prompt_tokens, columns.completion_tokens, columns.cached_tokens):
        counts.extend([0] * rows)
    return columns


def labels_of(item: Item) -> ItemLabels:
    """What results of a scripted item are broken down by."""
    named = {name: getattr(item, name) for name in ItemLabels._fields if name != "turns"}
    return ItemLabels(turns=len(item.turns), **named)


def _fill(columns: RunColumns, row: int, came: _Came) -> None:
    for turn, outcome in came.outcomes.items():
        columns.outcome[row + turn] = outcome
    votes: dict[tuple[int, str], int] = {}
    for turn, judge, verdict in came.verdicts:
        found = columns.verdicts[judge]
        vote = votes[turn, judge] = votes.get((turn, judge), -1) + 1
        found.row.append(row + turn)
        found.vote.append(vote)
        found.outcome.append(verdict.outcome)
        found.value.append(math.nan if verdict.value is None else verdict.value)
        found.measures.append(verdict.measures or None)
