"""A set in two halves, one to tune on and one to test with: even in every stratum.

Drafts that ask almost the same stay on one side, so that what was tuned on does not tell the
answers to the test. Who is on which side depends on the drafts and the seed alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from primum.benchmarks.twins import is_unspaced, near_twins
from primum.core.digest import digest
from primum.generation.draft import Draft
from primum.generation.similarity import Thresholds

Half = Literal["train", "test"]
Stratum = tuple[str, ...]
TRAIN: Final = "train"
TEST: Final = "test"
HALVES: tuple[Half, ...] = (TRAIN, TEST)


class Unit(NamedTuple):
    """Drafts that belong together."""

    stratum: Stratum
    rank: bytes
    """A hash that orders units by chance."""
    drafts: tuple[Draft, ...]


@dataclass(frozen=True, slots=True)
class Halves:
    """Who is on which side."""

    half_of: Mapping[str, Half]
    """Draft id → half."""
    alike: int
    """Pairs that ask almost the same, each on one side."""


def split(units: Sequence[Unit], train_share: float, thresholds: Thresholds) -> Halves:
    """Every unit in one half, each stratum in these shares as nearly as its units allow.

    Args:
        units: what is never taken apart.
        train_share: of the drafts, above 0 and below 1.
        thresholds: from which likeness on two drafts stay on one side.
    """
    pairs = list(_alike(units, thresholds))
    strata: defaultdict[Stratum, list[Unit]] = defaultdict(list)
    for unit in _joined(units, pairs):
        strata[unit.stratum].append(unit)
    shares: dict[Half, float] = {TRAIN: train_share, TEST: 1 - train_share}
    everywhere: Counter[Half] = Counter()
    half_of: dict[str, Half] = {}
    for stratum in sorted(strata):
        # The large ones first: the small ones then even out what they leave.
        ordered = sorted(strata[stratum], key=lambda unit: (-len(unit.drafts), unit.rank))
        here: Counter[Half] = Counter()
        for unit in ordered:
            half = _emptier(unit, (here, everywhere), shares)
            here[half] += len(unit.drafts)
            everywhere[half] += len(unit.drafts)
            half_of.update((draft.id, half) for draft in unit.drafts)
    return Halves(half_of, len(pairs))


def half_figures(units: Sequence[Unit], halves: Halves) -> dict[str, Any]:
    """Each half's size, its strata, and the fingerprint that freezes it."""
    figures: dict[str, Any] = {}
    for half in HALVES:
        strata: Counter[str] = Counter()
        ids: list[str] = []
        for unit in units:
            mine = [each.id for each in unit.drafts if halves.half_of[each.id] == half]
            strata[" × ".join(part or "-" for part in unit.stratum) or "all"] += len(mine)
            ids += mine
        figures[half] = {
            "drafts": len(ids),
            "by_stratum": dict(sorted(strata.items())),
            "fingerprint": digest("half-1", half, *sorted(ids)).hex(),
        }
    return {**figures, "alike_on_one_side": halves.alike}


def _emptier(unit: Unit, filled: Iterable[Counter[Half]], shares: Mapping[Half, float]) -> Half:
    """The half that is further behind its share: here, else everywhere, else by chance."""
    for counts in filled:
        train, test = counts[TRAIN] / shares[TRAIN], counts[TEST] / shares[TEST]
        if train != test:
            return TRAIN if train < test else TEST
    return HALVES[unit.rank[0] % 2]


def _alike(units: Sequence[Unit], thresholds: Thresholds) -> Iterator[tuple[int, int]]:
    """Places of units that hold drafts that ask almost the same."""
    placed = [(draft.item(), place) for place, unit in enumerate(units) for draft in unit.drafts]
    place_of = {id(item): place for item, place in placed}
    for unspaced in (False, True):
        own = [item for item, _ in placed if is_unspaced(item) is unspaced]
        for pair in near_twins(own, None, thresholds.of(own[0])) if own else ():
            first, second = place_of[id(pair.a)], place_of[id(pair.b)]
            if first != second:
                yield first, second


def _joined(units: Sequence[Unit], pairs: Iterable[tuple[int, int]]) -> list[Unit]:
    """Units with those that are like them; the stratum is that of most of the drafts."""
    leaders = list(range(len(units)))

    def leader(place: int) -> int:
        while leaders[place] != place:
            leaders[place] = leaders[leaders[place]]
            place = leaders[place]
        return place

    for first, second in pairs:
        leaders[leader(first)] = leader(second)
    groups: defaultdict[int, list[Unit]] = defaultdict(list)
    for place, unit in enumerate(units):
        groups[leader(place)].append(unit)
    return [_union(sorted(group, key=lambda unit: unit.rank)) for group in groups.values()]


def _union(group: Sequence[Unit]) -> Unit:
    sizes: Counter[Stratum] = Counter()
    for unit in group:
        sizes[unit.stratum] += len(unit.drafts)
    stratum = min(sizes, key=lambda each: (-sizes[each], each))
    return Unit(stratum, group[0].rank, tuple(draft for unit in group for draft in unit.drafts))
