"""A run's leading metrics along a guideline set that its items need not name.

An item that names guidelines of the set counts under those. One that names none counts under every
counterpart of the guidelines that it does name, by a crosswalk: groups overlap, and an item on a
broad principle may or may not bear on a narrow topic within it.

    along(measured, layout, settings, Reading(load_set("jma-2018"), built_in_crosswalks()))
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from primum.core.errors import UserError
from primum.core.summary import Along, AlongLink, AlongUnlinked, Cell
from primum.evaluation.cell import Measured, estimate_over, select
from primum.evaluation.layout import RunLayout
from primum.evaluation.setting import SummarySettings
from primum.guidelines.crosswalk import Crosswalk, Link, Strength
from primum.guidelines.guideline_set import GuidelineSet

DIMENSION = "along:"
"""Before the id of the set, as a dimension of cells."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The set to read a run along, and what leads there."""

    guideline_set: GuidelineSet
    crosswalks: Sequence[Crosswalk]
    """Where two join the same sets, the first counts."""
    strength: Strength = "overlaps"
    """The weakest link that is followed."""
    fingerprints: Mapping[str, str] = field(default_factory=dict)
    """Id of each set that the run's items name → its content when they were asked; a crosswalk from
    other content does not hold for them. What is absent is not checked."""


class _Placed(NamedTuple):
    """Where one item counts, and by which links."""

    groups: frozenset[str]
    links: tuple[Link, ...]
    starts: tuple[str, ...]
    """The guideline that each of the links starts from."""


@dataclass(frozen=True, slots=True)
class _Placement:
    items: tuple[_Placed, ...]
    crosswalks: tuple[Crosswalk, ...]


def along(
    measured: Iterable[Measured], layout: RunLayout, settings: SummarySettings, reading: Reading
) -> Along:
    """The leading metrics by the set's guidelines, and how each item got there.

    Raises:
        UserError: no item of the run counts under any guideline of the set, or items name it in
            other content than it has now.
    """
    placement = _place(layout, reading)
    found = reading.guideline_set
    own = frozenset(found.ids)
    named = [bool(own & set(item.guidelines)) for item in layout.items]
    if any(named) and reading.fingerprints.get(found.id, found.fingerprint) != found.fingerprint:
        raise _changed(found.id)
    placed = [bool(one.groups) for one in placement.items]
    if not any(placed):
        raise _nothing_to_read(layout, reading)
    counted = Counter(group for one in placement.items for group in one.groups)
    return Along(
        guideline_set=found.id,
        strength=reading.strength,
        crosswalks=tuple(
            f"{one.id} {one.version} {one.fingerprint}" for one in placement.crosswalks
        ),
        named=sum(named),
        linked=sum(placed) - sum(named),
        unplaced=len(placed) - sum(placed),
        cells=tuple(_cells(measured, placement, layout, settings, found)),
        items={each: counted[each] for each in found.ids if counted[each]},
        links=_links(placement, found),
        unlinked=_unlinked(placement, layout),
        without_items=tuple(each for each in found.ids if not counted[each]),
    )


def _place(layout: RunLayout, reading: Reading) -> _Placement:
    own = frozenset(reading.guideline_set.ids)
    walks: dict[str, Crosswalk | None] = {}
    items = []
    for item in layout.items:
        direct = own & set(item.guidelines)
        links: list[Link] = []
        starts: list[str] = []
        for each in () if direct else item.guidelines:
            name = each.partition("/")[0]
            if name not in walks:
                walks[name] = _leading_from(name, reading)
            for link in _links_of(each, walks[name], reading.strength):
                links.append(link)
                starts.append(each)
        reached = {link.other(each) for link, each in zip(links, starts, strict=True)}
        items.append(_Placed(frozenset(direct | reached), tuple(links), tuple(starts)))
    return _Placement(tuple(items), tuple(walk for walk in walks.values() if walk is not None))


def _leading_from(name: str, reading: Reading) -> Crosswalk | None:
    """The first crosswalk from the set of that id, with the content that the run's items had."""
    to = reading.guideline_set
    for walk in reading.crosswalks:
        sets = {walk.from_set.id: walk.from_set, walk.to_set.id: walk.to_set}
        if sets.keys() != {name, to.id} or sets[to.id].fingerprint != to.fingerprint:
            continue
        asked = reading.fingerprints.get(name, sets[name].fingerprint)
        if asked == sets[name].fingerprint:
            return walk
    return None


def _links_of(full_id: str, walk: Crosswalk | None, strength: Strength) -> tuple[Link, ...]:
    if walk is None or full_id not in (*walk.from_set.ids, *walk.to_set.ids):
        return ()
    return walk.links_of(full_id, strength)


def _cells(
    measured: Iterable[Measured],
    placement: _Placement,
    layout: RunLayout,
    settings: SummarySettings,
    guideline_set: GuidelineSet,
) -> list[Cell]:
    cells = []
    for one in measured:
        if not one.metric.primary:
            continue
        for guideline in guideline_set.ids:
            members = np.array([guideline in each.groups for each in placement.items], np.bool_)
            observations = select(one.observations, members[one.observations.item])
            if observations.values.size:
                estimate = estimate_over(one, observations, layout, settings)
                dimension = f"{DIMENSION}{guideline_set.id}"
                cells.append(Cell(one.metric.id, dimension, guideline, estimate))
    return cells


def _links(placement: _Placement, guideline_set: GuidelineSet) -> tuple[AlongLink, ...]:
    """The links that items were read through, by the set's guidelines."""
    counted: Counter[tuple[str, str]] = Counter()
    links: dict[tuple[str, str], Link] = {}
    for one in placement.items:
        for link, start in zip(one.links, one.starts, strict=True):
            key = start, link.other(start)
            counted[key] += 1
            links[key] = link
    order = {each: place for place, each in enumerate(guideline_set.ids)}
    return tuple(
        AlongLink(start, end, links[start, end].strength, links[start, end].reasons, items)
        for (start, end), items in sorted(counted.items(), key=lambda one: (order[one[0][1]], one))
    )


def _unlinked(placement: _Placement, layout: RunLayout) -> tuple[AlongUnlinked, ...]:
    """The guidelines of items that count nowhere, with the crosswalk's reason."""
    counted = Counter(
        guideline
        for item, one in zip(layout.items, placement.items, strict=True)
        if not one.groups
        for guideline in dict.fromkeys(item.guidelines)
    )
    said: dict[str, Mapping[str, str]] = {}
    for walk in reversed(placement.crosswalks):
        said.update(walk.unlinked)
    return tuple(
        AlongUnlinked(guideline, items, dict(said.get(guideline, {})))
        for guideline, items in sorted(counted.items())
    )


def _nothing_to_read(layout: RunLayout, reading: Reading) -> UserError:
    name = reading.guideline_set.id
    sets = sorted({each.partition("/")[0] for item in layout.items for each in item.guidelines})
    if not sets:
        return UserError(f"No item of the run names a guideline; it cannot be read along “{name}”.")
    return UserError(
        f"No item of the run can be read along “{name}”: its items name guidelines of "
        f"{', '.join(sets)}, and no link of at least “{reading.strength}” leads from these. Name "
        "a crosswalk with --crosswalk FILE, and a set of your own by its file."
    )


def _changed(name: str) -> UserError:
    return UserError(
        f"The run's items name guidelines of “{name}” as it was then; its content has changed "
        "since. Name the file of that time in its place."
    )


def with_fingerprints(reading: Reading, facts: Mapping[str, Any]) -> Reading:
    """The reading of a run whose facts say which content its guideline sets had."""
    sets = facts.get("guidelines", {})
    return replace(reading, fingerprints={name: one["fingerprint"] for name, one in sets.items()})
