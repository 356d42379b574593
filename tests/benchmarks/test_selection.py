"""Parts of a stream of items."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.benchmarks.conftest import ItemMaker

from primum.benchmarks.catalogue import load
from primum.benchmarks.selection import limit, select
from primum.core.errors import UnknownNameError, UserError
from primum.core.item import Item


def starter() -> Iterator[Item]:
    return load("starter").items()


def test_without_wishes_everything_is_kept() -> None:
    assert list(select(starter())) == list(starter())


def test_each_dimension_narrows_the_stream() -> None:
    found = list(
        select(starter(), language="ja", perspective=["patient", "general"], intent="benign")
    )

    assert found
    assert {item.language for item in found} == {"ja"}
    assert {item.perspective for item in found} == {"patient", "general"}
    assert {item.intent for item in found} == {"benign"}


def test_a_guideline_is_named_in_full_or_by_its_set() -> None:
    one = list(select(starter(), guideline="ama-2001/4"))
    all_of_set = list(select(starter(), guideline="ama-2001"))

    assert {"ama-2001/4"} <= set(one[0].guidelines)
    assert 0 < len(one) < len(all_of_set)


def test_a_second_guideline_counts_too(make_item: ItemMaker) -> None:
    item = make_item(guidelines=("ama-2001/1", "ama-2001/2"))

    assert list(select([item], guideline="ama-2001/2")) == [item]


def test_an_unknown_perspective_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UnknownNameError, match="“clinician”"):
        select(iter(()), perspective="clinican")


def test_an_unknown_intent_is_refused_before_anything_is_read() -> None:
    with pytest.raises(UnknownNameError, match="Known: benign, harmful"):
        select(iter(()), intent="neutral")


@pytest.mark.parametrize(
    ("language", "guideline", "message"),
    [
        ("fr", None, "Unknown language “fr”.*en, ja"),
        (None, "ama-2001/99", "Unknown guideline “ama-2001/99”.*“ama-2001/9”"),
    ],
)
def test_a_value_that_no_item_has_is_refused(
    language: str | None, guideline: str | None, message: str
) -> None:
    with pytest.raises(UnknownNameError, match=message):
        list(select(starter(), language=language, guideline=guideline))


def test_a_selection_that_leaves_nothing_is_refused(make_item: ItemMaker) -> None:
    items = [make_item(intent="benign", perspective="patient"), make_item(perspective="general")]

    with pytest.raises(UserError, match=r"No item is left: none is patient \+ harmful"):
        list(select(items, intent="harmful", perspective="patient"))


def test_a_limit_takes_the_first_and_reads_no_further() -> None:
    stream = starter()

    assert len(list(limit(stream, 3))) == 3
    assert next(stream) == list(starter())[3]


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(UserError, match="limit of 0"):
        limit(iter(()), 0)
