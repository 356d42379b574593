"""Which items an occasion asks: the fixed panel, and one that was never asked before.

A request is an item with its translations, its benign twin and its copies: a request lies in one
panel as a whole, or in none. The requests outside the fixed panel are put in one random order by
the seed; occasion *t* takes the next ones of it. So the panels are exchangeable, which is all that
their comparison rests on (``statistics.exchangeable``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from primum.benchmarks.sampling import stratified_sample
from primum.core.digest import digest
from primum.core.errors import UserError
from primum.core.item import Item


class Labelled(Protocol):
    """What joins items to one request."""

    @property
    def fingerprint(self) -> str:
        """Equal for copies."""

    @property
    def translation_pair(self) -> str:
        """Equal for translations; empty where there are none."""

    @property
    def twin_pair(self) -> str:
        """Equal for a harmful item and its benign twin; empty where there is none."""


@dataclass(frozen=True, slots=True)
class ItemPanels:
    """The items of one part."""

    fixed: tuple[Item, ...]
    pool: tuple[tuple[Item, ...], ...]
    """The other requests, in the order in which they are drawn."""
    per_occasion: int
    """Requests of one rotating panel; 0 for none."""

    def rotating(self, occasion: int) -> tuple[Item, ...]:
        """The new items of an occasion, from 1; empty when no whole panel is left."""
        start = (occasion - 1) * self.per_occasion
        drawn = self.pool[start : start + self.per_occasion]
        if len(drawn) < self.per_occasion:
            return ()
        return tuple(item for request in drawn for item in request)

    def left_after(self, occasions: int) -> int:
        """Items of the pool that so many occasions leave unasked; a rest is never asked."""
        whole = min(occasions, len(self.pool) // max(1, self.per_occasion))
        return sum(len(request) for request in self.pool[whole * self.per_occasion :])

    @property
    def fingerprint(self) -> str:
        """Equal for equal panels on all occasions."""
        ids = [item.id for request in (self.fixed, *self.pool) for item in request]
        return digest("watch-items", str(self.per_occasion), str(len(self.fixed)), *ids).hex()


def panels_of(
    items: Iterable[Item], fixed: int | Literal["all"], rotating: int, seed: int
) -> ItemPanels:
    """The fixed panel, drawn in proportion to views, guidelines and languages, and the pool.

    Raises:
        UserError: nothing is left for a rotating panel.
    """
    found = list(items)
    if fixed == "all" or fixed >= len(found):
        chosen = found
    else:
        chosen = stratified_sample(
            found,
            fixed,
            seed,
            keys=("benchmark", "perspective", "guideline", "language"),
            together=("twin_pair", "translation_pair"),
        )
    units = request_codes(found)
    taken = {item.id for item in chosen}
    used = {unit for unit, item in zip(units, found, strict=True) if item.id in taken}
    requests: dict[int, list[Item]] = {}
    for unit, item in zip(units, found, strict=True):
        if unit not in used:
            requests.setdefault(unit, []).append(item)
    pool = sorted((tuple(each) for each in requests.values()), key=lambda each: _rank(each, seed))
    if not rotating:
        return ItemPanels(tuple(chosen), (), 0)
    spare = sum(len(each) for each in pool)
    size = max(1, round(rotating * len(pool) / spare)) if spare else 1
    if len(pool) < size:
        raise UserError(
            f"A rotating panel of about {rotating} items was asked for, but beside the "
            f"{len(chosen)} fixed ones only {spare} are left of {len(found)}. Lower fixed or "
            "rotating, or name a larger benchmark."
        )
    return ItemPanels(tuple(chosen), tuple(pool), size)


def request_codes(items: Sequence[Labelled]) -> list[int]:
    """The number of each item's request: joined by content, translation or twin."""
    parent = list(range(len(items)))

    def root(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    first: dict[tuple[str, str], int] = {}
    for index, item in enumerate(items):
        for key in (
            ("fingerprint", item.fingerprint),
            ("translation", item.translation_pair),
            ("twin", item.twin_pair),
        ):
            if key[1]:
                parent[root(index)] = root(first.setdefault(key, index))
    return [root(index) for index in range(len(items))]


def _rank(request: Sequence[Item], seed: int) -> bytes:
    return digest("watch-order", str(seed), *sorted(item.id for item in request))
