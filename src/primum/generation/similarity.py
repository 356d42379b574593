"""Which of several requests say almost the same.

The measure is that of ``benchmarks.twins``: the Jaccard index of words, or of three-character runs
in scripts without spaces. Pairs are found exactly, by prefix filtering, so that no sketch (MinHash)
is needed: nothing is missed, and no probability has to be stated.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from primum.benchmarks.overlap import RUN_THRESHOLD, WORD_THRESHOLD
from primum.benchmarks.twins import is_unspaced, near_twins, tokens
from primum.core.item import Item


class Thresholds(NamedTuple):
    """From which Jaccard index on two texts are near duplicates."""

    words: float = WORD_THRESHOLD
    runs: float = RUN_THRESHOLD
    """Of three-character runs, in scripts without spaces."""

    def of(self, item: Item) -> float:
        """The one that applies to the item's language."""
        return self.runs if is_unspaced(item) else self.words


class Near(NamedTuple):
    """An item, an earlier or other one that it is close to, and how close."""

    place: int
    """Of the item, among those that were given."""
    other: Item
    jaccard: float


def jaccard(a: Item, b: Item) -> float:
    """The share of common words, or three-character runs, among all of both."""
    first, second = tokens(a), tokens(b)
    return len(first & second) / len(first | second) if first | second else 0.0


def repeats(items: Sequence[Item], thresholds: Thresholds) -> list[Near]:
    """The items that are close to an earlier one that is no repeat itself, in order.

    A harmful request and its own benign twin are no repeats of each other.
    """
    copies = _copies(items)
    closer: defaultdict[int, list[tuple[float, int]]] = defaultdict(list)
    unique = [place for place in range(len(items)) if place not in copies]
    for first, second, share in _pairs(items, unique, thresholds):
        closer[max(first, second)].append((share, min(first, second)))
    found: dict[int, Near] = {}
    for place in sorted(closer):
        standing = [(share, -other) for share, other in closer[place] if other not in found]
        if standing:
            share, other = max(standing)
            found[place] = Near(place, items[-other], share)
    for place, first in copies.items():
        kept = found.get(first, Near(first, items[first], 1.0))
        found[place] = Near(place, kept.other, kept.jaccard)
    return [found[place] for place in sorted(found)]


def leaked(items: Sequence[Item], others: Sequence[Item], thresholds: Thresholds) -> list[Near]:
    """The items that are close to one of the others, each with the closest, in order."""
    closest: dict[int, Near] = {}
    places = _places(items)
    for own, rest in _by_script(items, others):
        for pair in near_twins(own, rest, thresholds.of(own[0])):
            for place in places[pair.a.id]:
                if place not in closest or pair.jaccard > closest[place].jaccard:
                    closest[place] = Near(place, pair.b, pair.jaccard)
    return [closest[place] for place in sorted(closest)]


class _Pair(NamedTuple):
    first: int
    second: int
    jaccard: float


def _copies(items: Sequence[Item]) -> dict[int, int]:
    """Place of a copy → place of the first item with that text, so that copies make no pairs."""
    firsts: dict[tuple[str, str], int] = {}
    copies: dict[int, int] = {}
    for place, item in enumerate(items):
        first = firsts.setdefault((item.language, item.fingerprint), place)
        if first != place and not _are_twins(items[first], item):
            copies[place] = first
    return copies


def _pairs(items: Sequence[Item], places: Sequence[int], thresholds: Thresholds) -> Iterator[_Pair]:
    """Close pairs among the items at these places."""
    place_of = {id(items[place]): place for place in places}
    for own, _ in _by_script([items[place] for place in places], ()):
        for pair in near_twins(own, None, thresholds.of(own[0])):
            if not _are_twins(pair.a, pair.b):
                yield _Pair(place_of[id(pair.a)], place_of[id(pair.b)], pair.jaccard)


def _are_twins(a: Item, b: Item) -> bool:
    return bool(a.twin_pair) and a.twin_pair == b.twin_pair and a.intent != b.intent


def _by_script(
    items: Sequence[Item], others: Sequence[Item]
) -> Iterator[tuple[list[Item], list[Item]]]:
    for unspaced in (False, True):
        own = [item for item in items if is_unspaced(item) is unspaced]
        if own:
            yield own, [item for item in others if is_unspaced(item) is unspaced]


def _places(items: Sequence[Item]) -> dict[str, list[int]]:
    places: defaultdict[str, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        places[item.id].append(place)
    return places
