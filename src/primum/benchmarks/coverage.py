"""How many items a benchmark has for each guideline of a set, and which guideline has none.

An item counts directly where it names the guideline, and through a crosswalk where it names a
counterpart of it in another set. The second is weaker: an item on a broad principle may or may not
bear on a narrow topic within it. The two are counted apart and never added.

    tally = tally_items(load("medsafetybench:test"))
    coverage(tally, load_set("jma-2018"), built_in_crosswalks()).uncovered
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from primum.benchmarks.benchmark import Benchmark
from primum.core.item import INTENTS, PERSPECTIVES, Intent, Item, Perspective
from primum.guidelines.crosswalk import Crosswalk, Strength, counterparts
from primum.guidelines.guideline_set import GuidelineSet


class Cell(NamedTuple):
    """The kind of item that is counted."""

    perspective: Perspective
    language: str
    intent: Intent

    @property
    def rank(self) -> tuple[int, str, int]:
        """What cells are sorted by."""
        return (
            PERSPECTIVES.index(self.perspective),
            self.language,
            INTENTS.index(self.intent),
        )


class ItemKind(NamedTuple):
    """All that coverage needs to know of an item."""

    guidelines: tuple[str, ...]
    cell: Cell


@dataclass(frozen=True)
class ItemTally:
    """How many items there are of each kind; small, however many items there are.

    Not slotted: what follows from the counts is computed once.
    """

    benchmark: str
    counts: Mapping[ItemKind, int]
    guideline_sets: tuple[GuidelineSet, ...]
    """The sets that the items' guideline ids are looked up in."""

    @cached_property
    def items(self) -> int:
        """The number of items."""
        return sum(self.counts.values())

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """The kinds that occur, in the order of perspective, language and intent."""
        return tuple(sorted({kind.cell for kind in self.counts}, key=lambda cell: cell.rank))

    @cached_property
    def named_sets(self) -> tuple[GuidelineSet, ...]:
        """The sets that items name guidelines of."""
        named = {each for kind in self.counts for each in kind.guidelines}
        return tuple(each for each in self.guideline_sets if named & set(each.ids))


def tally_items(benchmark: Benchmark) -> ItemTally:
    """The benchmark's items by kind; streams them once and keeps none.

    Raises:
        DataError: a file does not hold what it should.
    """
    return tally_of(benchmark.name, benchmark.items(), benchmark.guideline_sets)


def tally_of(
    name: str, items: Iterable[Item], guideline_sets: tuple[GuidelineSet, ...]
) -> ItemTally:
    """Any items by kind, for example those that a run asked; ``name`` says whose they are."""
    counts = Counter(
        ItemKind(item.guidelines, Cell(item.perspective, item.language, item.intent))
        for item in items
    )
    return ItemTally(name, counts, guideline_sets)


@dataclass(frozen=True, slots=True)
class GuidelineCoverage:
    """The items for one guideline."""

    guideline: str
    direct: Mapping[Cell, int]
    """Items that name it."""
    through: Mapping[Cell, int]
    """Items that do not name it, but a counterpart of it."""
    via: tuple[str, ...]
    """The counterparts that the latter name."""

    @property
    def direct_items(self) -> int:
        """How many items name it."""
        return sum(self.direct.values())

    @property
    def through_items(self) -> int:
        """How many items name only a counterpart."""
        return sum(self.through.values())


@dataclass(frozen=True, slots=True)
class Coverage:
    """The items of a benchmark along one guideline set."""

    tally: ItemTally
    guideline_set: GuidelineSet
    strength: Strength
    """The weakest link that was followed."""
    rows: tuple[GuidelineCoverage, ...]
    """One for each guideline of the set, in its order."""
    placed_directly: int
    """Items that name a guideline of the set."""
    placed_through: int
    """Items that name none, but a counterpart of one."""
    crosswalks: tuple[Crosswalk, ...]
    """Those that led from the items' sets to this one."""

    @property
    def unplaced(self) -> int:
        """Items that count under no guideline of the set."""
        return self.tally.items - self.placed_directly - self.placed_through

    @property
    def uncovered(self) -> tuple[str, ...]:
        """The guidelines that no item names, nor a counterpart of theirs."""
        return tuple(row.guideline for row in self.rows if not row.direct and not row.through)

    @property
    def only_through(self) -> tuple[str, ...]:
        """The guidelines that no item names, but a counterpart of theirs."""
        return tuple(row.guideline for row in self.rows if row.through and not row.direct)

    def as_json(self) -> dict[str, Any]:
        """What a machine reads: counts by kind, direct and through, and what has none."""
        return {
            "guideline_set": self.guideline_set.id,
            "guideline_set_fingerprint": self.guideline_set.fingerprint,
            "strength": self.strength,
            "crosswalks": [
                {"id": each.id, "version": each.version, "fingerprint": each.fingerprint}
                for each in self.crosswalks
            ],
            "items": {
                "all": self.tally.items,
                "direct": self.placed_directly,
                "through": self.placed_through,
                "unplaced": self.unplaced,
            },
            "guidelines": [
                {
                    "guideline": row.guideline,
                    "direct": row.direct_items,
                    "through": row.through_items,
                    "via": list(row.via),
                    "cells": list(_cells(self.tally.cells, row)),
                }
                for row in self.rows
            ],
            "only_through": list(self.only_through),
            "uncovered": list(self.uncovered),
        }


def coverage(
    tally: ItemTally,
    guideline_set: GuidelineSet,
    crosswalks: Iterable[Crosswalk] = (),
    strength: Strength = "overlaps",
) -> Coverage:
    """The items along the guidelines of that set, direct and through the crosswalks.

    Args:
        tally: the benchmark's items.
        guideline_set: the set to read them along.
        crosswalks: where two join the same sets, the first counts.
        strength: the weakest link that is followed.
    """
    leading = _leading(tally, guideline_set, crosswalks)
    counter = _Counter(frozenset(guideline_set.ids), guideline_set, leading, strength)
    for kind, count in tally.counts.items():
        counter.add(kind, count)
    rows = tuple(
        GuidelineCoverage(
            guideline=each,
            direct=counter.direct.get(each, {}),
            through=counter.through.get(each, {}),
            via=tuple(sorted(counter.via.get(each, ()))),
        )
        for each in guideline_set.ids
    )
    return Coverage(
        tally=tally,
        guideline_set=guideline_set,
        strength=strength,
        rows=rows,
        placed_directly=counter.placed_directly,
        placed_through=counter.placed_through,
        crosswalks=leading,
    )


def _leading(
    tally: ItemTally, to: GuidelineSet, crosswalks: Iterable[Crosswalk]
) -> tuple[Crosswalk, ...]:
    """The crosswalk from each set that items name, where there is one."""
    listed = tuple(crosswalks)
    found = (
        next((each for each in listed if each.joins(named, to)), None)
        for named in tally.named_sets
        if named.id != to.id
    )
    return tuple(each for each in found if each is not None)


class _Counter:
    """Adds up kinds of items; the counterparts of a guideline are looked up once."""

    def __init__(
        self,
        own: frozenset[str],
        to: GuidelineSet,
        crosswalks: tuple[Crosswalk, ...],
        strength: Strength,
    ) -> None:
        self._own = own
        self._to = to
        self._crosswalks = crosswalks
        self._strength = strength
        self._known: dict[str, tuple[str, ...]] = {}
        self.direct: dict[str, Counter[Cell]] = {}
        self.through: dict[str, Counter[Cell]] = {}
        self.via: dict[str, set[str]] = {}
        self.placed_directly = 0
        self.placed_through = 0

    def add(self, kind: ItemKind, count: int) -> None:
        direct = self._own & set(kind.guidelines)
        reached: dict[str, set[str]] = {}
        for named in kind.guidelines:
            for each in self._counterparts(named):
                if each not in direct:
                    reached.setdefault(each, set()).add(named)
        for each in direct:
            self.direct.setdefault(each, Counter())[kind.cell] += count
        for each, sources in reached.items():
            self.through.setdefault(each, Counter())[kind.cell] += count
            self.via.setdefault(each, set()).update(sources)
        if direct:
            self.placed_directly += count
        elif reached:
            self.placed_through += count

    def _counterparts(self, named: str) -> tuple[str, ...]:
        if named not in self._known:
            self._known[named] = (
                ()
                if named in self._own
                else counterparts(named, self._to, self._crosswalks, self._strength)
            )
        return self._known[named]


def _cells(cells: tuple[Cell, ...], row: GuidelineCoverage) -> Iterator[dict[str, Any]]:
    for cell in cells:
        direct, through = row.direct.get(cell, 0), row.through.get(cell, 0)
        if direct or through:
            yield {**cell._asdict(), "direct": direct, "through": through}
