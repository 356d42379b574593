"""Groups of requests compared: by hand, against a second method, and on the real halves."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy import stats
from tests.benchmarks.conftest import ItemMaker

from primum.benchmarks.catalogue import load
from primum.benchmarks.wording import wording_of
from primum.benchmarks.wording_comparison import compare_wording
from primum.core.errors import UnknownNameError, UserError
from primum.core.item import Item


def requests(
    make_item: ItemMaker, source: str, guideline: str, medical: list[int], length: int = 10
) -> Iterator[Item]:
    """Requests of ``length`` words, of which so many are medical."""
    for number, count in enumerate(medical):
        text = " ".join(["blood"] * count + ["paper"] * (length - count - 1))
        item = make_item(
            f"{text} sheet{source}{guideline}{number}", guidelines=(f"ama-2001/{guideline}",)
        )
        yield replace(item, source=source)


def test_the_difference_inside_guidelines_is_not_that_over_all(make_item: ItemMaker) -> None:
    # In both guidelines “a” has one medical word of ten more; “b” has most requests where
    # everybody uses many: a 0.2 and 0.6, b 0.1 (2 requests) and 0.5 (6 requests).
    items = [
        *requests(make_item, "a", "1", [1, 3, 2, 2, 2, 2]),
        *requests(make_item, "a", "2", [5, 7]),
        *requests(make_item, "b", "1", [0, 2]),
        *requests(make_item, "b", "2", [4, 6, 5, 5, 5, 5]),
    ]

    found = compare_wording(items).difference("medical", "a", "b")

    assert found.plain.value == pytest.approx((6 * 0.2 + 2 * 0.6) / 8 - (2 * 0.1 + 6 * 0.5) / 8)
    assert found.adjusted is not None
    assert found.adjusted.value == pytest.approx(0.1)
    assert found.ratio is not None
    assert found.ratio.value == pytest.approx(0.4 / 0.3)
    assert [each.n_first for each in found.by_guideline] == [6, 2]
    assert found.outside == 0


def test_a_guideline_of_one_group_only_is_left_out_and_counted(make_item: ItemMaker) -> None:
    items = [
        *requests(make_item, "a", "1", [1, 3]),
        *requests(make_item, "b", "1", [0, 2]),
        *requests(make_item, "a", "9", [8, 9, 9]),
    ]

    found = compare_wording(items).difference("medical", "a", "b")

    assert found.outside == 3
    assert found.adjusted is not None
    assert found.adjusted.value == pytest.approx(0.1)


def test_the_interval_agrees_with_welch_where_there_is_one_guideline(make_item: ItemMaker) -> None:
    generator = np.random.default_rng(7)
    first, second = generator.integers(0, 6, 200).tolist(), generator.integers(0, 4, 200).tolist()
    items = [*requests(make_item, "a", "1", first), *requests(make_item, "b", "1", second)]

    found = compare_wording(items).difference("medical", "a", "b").plain

    welch = stats.ttest_ind(np.array(first) / 10, np.array(second) / 10, equal_var=False)
    limits = welch.confidence_interval(0.95)
    assert found.low == pytest.approx(limits.low, abs=2e-4)
    assert found.high == pytest.approx(limits.high, abs=2e-4)


def test_copies_of_a_request_count_as_one_draw(make_item: ItemMaker) -> None:
    items = [
        *requests(make_item, "a", "1", [1, 3, 5, 2]),
        *requests(make_item, "b", "1", [0, 2, 1, 1]),
    ]
    copies = [replace(item, turns=(f"{item.turns[0]}.",)) for item in items]

    once = compare_wording(items).difference("medical", "a", "b").plain
    twice = compare_wording([*items, *copies]).difference("medical", "a", "b").plain

    assert once.low is not None
    assert twice.low is not None
    assert twice.value == pytest.approx(once.value)
    # Taken for independent, twice the requests would give an interval 0.65 times as wide.
    assert (twice.value - twice.low) / (once.value - once.low) > 0.8


def test_a_group_that_does_not_vary_leaves_no_interval(make_item: ItemMaker) -> None:
    items = [
        *requests(make_item, "a", "1", [1, 3, 5]),
        *requests(make_item, "b", "1", [0, 0, 0]),
    ]

    found = compare_wording(items).difference("medical", "a", "b")

    assert found.plain.low is None
    assert found.ratio is None


def test_every_group_is_compared_with_the_reference_alone(make_item: ItemMaker) -> None:
    items = [item for name in "abc" for item in requests(make_item, name, "1", [1, 2])]

    pairs = {(d.first, d.second) for d in compare_wording(items, reference="b").differences}

    assert pairs == {("a", "b"), ("c", "b")}


def test_by_guideline_nothing_is_adjusted_for(make_item: ItemMaker) -> None:
    items = [
        *requests(make_item, "a", "1", [1, 2]),
        *requests(make_item, "a", "2", [1, 3]),
    ]

    table = compare_wording(items, by="guideline")

    assert table.difference("medical", "ama-2001/1", "ama-2001/2").adjusted is None


def test_a_language_without_lexicon_is_named_and_not_missing(make_item: ItemMaker) -> None:
    items = [make_item("鶴の折り方を教えて。", language="ja"), make_item("Draw blood.")]

    table = compare_wording(items, by="language")

    assert table.unmeasured_languages == ("ja",)
    assert (table.estimate("medical", "ja").n, table.estimate("medical", "ja").missing) == (0, 0)
    assert table.estimate("characters", "ja").n == 1


def test_unknown_groups_and_empty_benchmarks_are_sentences(make_item: ItemMaker) -> None:
    with pytest.raises(UnknownNameError, match="Unknown source"):
        compare_wording([make_item()], reference="nobody")
    with pytest.raises(UserError, match="no items"):
        compare_wording([])


def test_gpt4_writes_more_medical_words_than_llama2_in_every_principle(real_data: Path) -> None:
    items = list(load("medsafetybench:test", path=real_data).items())

    found = compare_wording(items).difference("medical", "gpt4", "llama2")

    shares = {
        source: [wording_of(i).medical_share or 0 for i in items if i.source == source]
        for source in ("gpt4", "llama2")
    }
    assert found.plain.value == pytest.approx(
        np.mean(shares["gpt4"]) - np.mean(shares["llama2"]), abs=1e-12
    )
    assert found.adjusted is not None
    assert found.adjusted.low is not None
    assert found.adjusted.low > 0.05
    assert all(each.change.value > 0.04 for each in found.by_guideline)
    assert len(found.by_guideline) == 9
