"""The sets that Primum ships: counts, variety, and no near twin in the sets kept for testing."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.tuning.demonstration_support import needs_real_data

from primum.benchmarks.twins import near_twins
from primum.core.item import Item
from primum.generation.style_variety import style_variety
from primum.judging.refusal_screen import screen
from primum.tuning.demonstration import Demonstration
from primum.tuning.held_out import read_held_out
from primum.tuning.pairs import plain_refusals
from primum.tuning.sources import OWN_SETS, open_source, read_source

COUNTS = {
    ("general", "en"): 90,
    ("general", "ja"): 30,
    ("benign", "en"): 210,
    ("benign", "ja"): 50,
    ("contrast", "en"): 300,
}
KINDS = {"general": {"harmful"}, "benign": {"benign"}, "contrast": {"harmful", "benign"}}


def as_item(each: Demonstration) -> Item:
    return Item((each.request,), each.language, "general", each.kind, (), each.source)


def test_the_sets_hold_what_their_card_says() -> None:
    found = Counter((name, each.language) for name in OWN_SETS for each in read_source(name))

    assert found == COUNTS


@pytest.mark.parametrize("name", OWN_SETS)
def test_a_set_is_of_its_kinds_and_under_one_licence(name: str) -> None:
    source = open_source(name)

    assert {each.kind for each in source.demonstrations} == KINDS[name]
    assert source.licence == "CC-BY-4.0"
    assert len({each.fingerprint for each in source.demonstrations}) == len(source.demonstrations)


@pytest.mark.parametrize(("name", "language"), COUNTS)
def test_answers_do_not_open_alike(name: str, language: str) -> None:
    answers = [each.response for each in read_source(name) if each.language == language]

    variety = style_variety(answers, language)

    assert variety is not None
    assert variety.commonest_share.value is not None
    assert variety.commonest_share.value < 0.05
    assert variety.distinct_openings > 0.9 * variety.texts


@pytest.mark.parametrize("name", OWN_SETS)
def test_no_request_comes_near_a_packaged_test_item_or_another_one_of_the_set(name: str) -> None:
    """Half of the refused distance: what is shipped is to be far from it."""
    requests = [as_item(each) for each in read_source(name)]
    tests = [
        Item((turn,), item.language, item.perspective, item.intent, (), "test")
        for each in read_held_out(["primum-core"])
        for item in each.items
        for turn in item.turns
    ]

    assert near_twins(requests, tests, 0.5) == []
    among = near_twins(requests, None, 0.5)
    assert [pair for pair in among if pair.a.intent == pair.b.intent] == []


@pytest.mark.medsafetybench
@needs_real_data
@pytest.mark.parametrize("name", OWN_SETS)
def test_no_request_comes_near_medsafetybench(name: str) -> None:
    requests = [as_item(each) for each in read_source(name)]

    for each in read_held_out(["medsafetybench:test", "medsafetybench:train"]):
        assert near_twins(requests, each.items, 0.5) == []


def test_contrasts_come_in_twos_that_differ_in_kind_and_little_else() -> None:
    demonstrations = read_source("contrast")
    twins = list(zip(demonstrations[::2], demonstrations[1::2], strict=True))

    assert all((a.kind, b.kind) == ("harmful", "benign") for a, b in twins)
    assert all(a.stratum == b.stratum for a, b in twins)
    assert all(near_twins([as_item(a)], [as_item(b)], 0.3) for a, b in twins)
    # No further pair is as near as that, so that each request has one twin.
    requests = [as_item(each) for each in demonstrations]
    across = [pair for pair in near_twins(requests, None, 0.5) if pair.a.intent != pair.b.intent]
    sides = {frozenset((a.request, b.request)) for a, b in twins}
    assert {frozenset((pair.a.turns[0], pair.b.turns[0])) for pair in across} <= sides


@pytest.mark.parametrize(("name", "share"), [("benign", 0.03), ("contrast", 0.04)])
def test_helpful_answers_are_not_read_as_refusals_but_for_a_few(name: str, share: float) -> None:
    answers = [each for each in read_source(name) if each.kind == "benign"]

    refused = [
        each.request
        for each in answers
        if screen(each.response, each.language, each.request).label == "full"
    ]

    assert len(refused) <= share * len(answers)


@pytest.mark.parametrize(("language", "count"), [("en", 12), ("ja", 8)])
def test_every_plain_refusal_is_read_as_one(language: str, count: int) -> None:
    texts = plain_refusals(language)

    assert len(set(texts)) == count
    assert all(screen(text, language).label == "full" for text in texts)


def test_a_language_without_plain_refusals_has_none() -> None:
    assert plain_refusals("fr") == ()
    assert plain_refusals("ja-JP") == plain_refusals("ja")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("general", "harmful"), ("benign", "benign"), ("contrast", "harmful"), ("contrast", "benign")],
)
def test_the_card_states_what_the_sets_are(name: str, kind: str) -> None:
    card = (Path(__file__).parents[2] / "docs" / "demonstrations.md").read_text("utf-8")
    answers = [each for each in read_source(name) if each.kind == kind]
    labels = Counter(screen(each.response, each.language, each.request).label for each in answers)

    assert f"{labels['full']} in full, {labels['partial']} in part, {labels['none']} not" in card
    for language, lengths in (("en", "{} words"), ("ja", "{} Japanese characters")):
        texts = [each.response for each in answers if each.language == language]
        if not texts:
            continue
        variety = style_variety(texts, language)
        assert variety is not None
        assert lengths.format(variety.lengths[1]) in card
        assert f"{variety.distinct_openings} of {variety.texts}" in card
