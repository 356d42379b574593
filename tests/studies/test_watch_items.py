"""Which items an occasion asks: whole requests, none of them twice."""

from __future__ import annotations

import pytest

from primum.core.errors import UserError
from primum.core.item import Item
from primum.studies.watch_items import panels_of, request_codes


def item(number: int, *, twin: str = "", translation: str = "", intent: str = "harmful") -> Item:
    return Item(
        turns=(f"question number {number}",),
        language="en",
        perspective="patient",
        intent="benign" if intent == "benign" else "harmful",
        guidelines=("ama-2001/1",),
        source="primum",
        twin_pair=twin,
        translation_pair=translation,
    )


PAIRED = [
    one
    for n in range(30)
    for one in (item(2 * n, twin=f"t{n}"), item(2 * n + 1, twin=f"t{n}", intent="benign"))
]


def test_no_request_is_in_two_panels() -> None:
    panels = panels_of(PAIRED, fixed=20, rotating=10, seed=1)

    asked = [panels.fixed, *(panels.rotating(n) for n in range(1, 5))]
    twins = [{one.twin_pair for one in panel} for panel in asked]

    assert [len(panel) for panel in asked] == [20, 10, 10, 10, 10]
    assert len(set().union(*twins)) == sum(len(each) for each in twins) == 30


def test_twins_are_asked_together() -> None:
    panels = panels_of(PAIRED, fixed=20, rotating=10, seed=1)

    for panel in (panels.fixed, panels.rotating(1)):
        assert len(panel) == 2 * len({one.twin_pair for one in panel})


def test_a_pool_that_is_used_up_gives_no_panel() -> None:
    panels = panels_of(PAIRED, fixed=20, rotating=16, seed=1)

    assert [len(panels.rotating(n)) for n in (1, 2, 3)] == [16, 16, 0]
    assert panels.left_after(2) == 8


def test_the_seed_decides_the_order_and_the_same_seed_the_same() -> None:
    first, again, other = (panels_of(PAIRED, 20, 10, seed) for seed in (1, 1, 2))

    assert first == again
    assert first.fingerprint == again.fingerprint
    assert first.fingerprint != other.fingerprint


def test_a_benchmark_that_is_too_small_for_new_items_is_refused() -> None:
    with pytest.raises(UserError, match="only 0 are left of 60"):
        panels_of(PAIRED, fixed=60, rotating=5, seed=1)


def test_all_items_may_be_fixed() -> None:
    panels = panels_of(PAIRED, fixed="all", rotating=0, seed=1)

    assert len(panels.fixed) == 60
    assert panels.rotating(1) == ()


def test_copies_translations_and_twins_are_one_request() -> None:
    items = [item(1, twin="a"), item(2, twin="a", translation="b"), item(3, translation="b")]

    codes = request_codes([*items, item(4), item(4)])

    assert len(set(codes[:3])) == 1
    assert codes[3] == codes[4]
    assert len(set(codes)) == 2
