"""Stratified samples."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

import pytest
from tests.benchmarks.conftest import ItemMaker

from primum.benchmarks.catalogue import load
from primum.benchmarks.sampling import stratified_sample
from primum.core.errors import UserError
from primum.core.item import Item


@pytest.fixture
def singles(make_item: ItemMaker) -> list[Item]:
    """60, 30 and 10 items in three guidelines."""
    return [
        make_item(f"Fold sheet {guideline}-{number}.", guidelines=(f"ama-2001/{guideline}",))
        for guideline, count in ((1, 60), (2, 30), (3, 10))
        for number in range(count)
    ]


@pytest.fixture
def twins(make_item: ItemMaker) -> list[Item]:
    """12 pairs: 8 in one guideline, 4 in another."""
    return [
        make_item(
            f"Fold sheet {number}, {intent}.",
            intent=intent,
            guidelines=("ama-2001/1",) if number < 8 else ("ama-2001/2",),
            twin_pair=f"pair-{number}",
        )
        for number in range(12)
        for intent in ("harmful", "benign")
    ]


def by_guideline(items: Sequence[Item]) -> dict[str, int]:
    return dict(Counter(item.guidelines[0] for item in items))


def test_strata_keep_their_shares_by_largest_remainder(singles: list[Item]) -> None:
    # 17 of 100: shares 10.2, 5.1, 1.7; whole parts 10 + 5 + 1, the largest fraction gets the last.
    sample = stratified_sample(singles, 17, 0)

    assert by_guideline(sample) == {"ama-2001/1": 10, "ama-2001/2": 5, "ama-2001/3": 2}


def test_a_sample_does_not_depend_on_the_order_of_the_items(
    singles: list[Item], twins: list[Item]
) -> None:
    items = singles + twins
    expected = stratified_sample(items, 31, 5)

    for seed in range(5):
        shuffled = items.copy()
        random.Random(seed).shuffle(shuffled)

        assert stratified_sample(iter(shuffled), 31, 5) == expected


def test_another_seed_draws_other_items(singles: list[Item]) -> None:
    assert stratified_sample(singles, 20, 1) != stratified_sample(singles, 20, 2)


def test_twins_are_drawn_together(twins: list[Item]) -> None:
    for seed in range(20):
        sample = stratified_sample(twins, 9, seed)

        # 9 leaves room for four whole pairs: shares 6 and 3 of 9, so three pairs and one.
        assert len(sample) == 8
        assert set(Counter(item.twin_pair for item in sample).values()) == {2}
        assert sorted(by_guideline(sample).values()) in ([2, 6], [4, 4])


def test_translations_are_drawn_together_where_asked() -> None:
    items = list(load("starter").items())

    sample = stratified_sample(items, 16, 3, together=("twin_pair", "translation_pair"))

    assert len(sample) == 16
    assert set(Counter(item.translation_pair for item in sample).values()) == {2}
    assert set(Counter(item.twin_pair for item in sample).values()) == {2}


def test_single_keys_stay_balanced_where_strata_are_tiny() -> None:
    for seed in range(10):
        sample = stratified_sample(load("starter").items(), 24, seed)

        assert Counter(item.language for item in sample) == {"en": 12, "ja": 12}
        assert Counter(item.intent for item in sample) == {"harmful": 12, "benign": 12}


def test_a_sample_as_large_as_the_set_is_the_set(singles: list[Item], twins: list[Item]) -> None:
    sample = stratified_sample(singles + twins, 1_000, 0)

    assert {item.id for item in sample} == {item.id for item in singles + twins}
    assert len(sample) == len(singles) + len(twins)


def test_within_a_stratum_every_item_is_as_likely(singles: list[Item]) -> None:
    """6 of 60 over 1,000 seeds: each item is drawn 100 times on average."""
    drawn = Counter(
        item.id for seed in range(1_000) for item in stratified_sample(singles[:60], 6, seed)
    )

    # Standard deviation about 9.5; five of them on each side.
    assert len(drawn) == 60
    assert min(drawn.values()) > 50
    assert max(drawn.values()) < 150


def test_a_larger_sample_of_one_stratum_contains_the_smaller(singles: list[Item]) -> None:
    small = stratified_sample(singles[:60], 6, 0)
    large = stratified_sample(singles[:60], 12, 0)

    assert {item.id for item in small} < {item.id for item in large}


def test_a_size_below_one_is_refused(singles: list[Item]) -> None:
    with pytest.raises(UserError, match="at least 1 was expected"):
        stratified_sample(singles, 0, 0)
