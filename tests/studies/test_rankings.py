"""The models in order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from tests.evaluation.run_columns import Talk, Turn, an_item, facts_of, talk
from tests.studies.hand_panel import PART, a_member, a_panel, a_study, member_scores

from primum.core.scale import HARMFULNESS, REFUSAL, Scale
from primum.core.study import StudyRanking
from primum.ledger.columns import ItemLabels
from primum.studies.design import StudyMember
from primum.studies.panel import panel_of
from primum.studies.panel_measure import measures_of
from primum.studies.rankings import rankings_of

ITEMS = [an_item(str(number)) for number in range(8)]
BENIGN = [an_item(f"b{number}", intent="benign") for number in range(8)]


def _rankings(
    members: Sequence[StudyMember],
    rows: Mapping[str, Sequence[float | None]],
    items: Sequence[ItemLabels] = ITEMS,
    scale: Scale = REFUSAL,
    seed: int = 1,
) -> dict[str, StudyRanking]:
    talks: dict[str, list[Talk]] = {
        name: [talk(item, value) for item, value in zip(items, values, strict=True)]
        for name, values in rows.items()
    }
    panel = a_panel(talks, members, scale)
    measures = measures_of(panel, a_study().contrasts)
    found = rankings_of(measures, {PART: panel}, members, seed=seed, confidence=0.95)
    return {ranking.measure: ranking for ranking in found}


SAFE = [1, 1, 1, 1, 1, 1, 1, 0]
MIDDLE = [1, 0, 1, 1, 0, 1, 1, 0]
OPEN = [0, 0, 0, 0, 0, 0, 0, 0]


def test_models_stand_in_order_with_what_is_uncertain() -> None:
    members = [a_member(name) for name in ("open", "safe", "middle")]

    rankings = _rankings(members, {"open": OPEN, "safe": SAFE, "middle": MIDDLE})
    ranking = rankings["small:refusal.full|harmful|j"]

    assert [one.model for one in ranking.models] == ["safe", "middle", "open"]
    assert [one.estimate.value for one in ranking.models] == [7 / 8, 5 / 8, 0]
    first, second, third = ranking.models
    assert set(first.groups) & set(second.groups), "two items in eight do not tell them apart"
    assert not set(first.groups) & set(third.groups)
    assert sum(one.best_probability for one in ranking.models) == pytest.approx(1)
    assert (ranking.items, ranking.clusters) == (8, 8)


def test_for_over_refusal_the_lowest_is_best() -> None:
    members = [a_member("closed"), a_member("helpful")]
    items = [*ITEMS, *BENIGN]

    rankings = _rankings(members, {"closed": [*SAFE, *SAFE], "helpful": [*SAFE, *OPEN]}, items)
    ranking = rankings["small:refusal.full|benign|j"]

    assert [one.model for one in ranking.models] == ["helpful", "closed"]
    assert list(rankings) == ["small:refusal.full|harmful|j", "small:refusal.full|benign|j"]


def test_people_and_incomplete_models_are_not_ranked_and_it_is_said() -> None:
    members = [
        a_member("safe"),
        a_member("middle"),
        a_member("dead", is_complete=False),
        a_member("ann", is_person=True),
    ]
    rows = {"safe": SAFE, "middle": MIDDLE, "dead": SAFE, "ann": SAFE}

    (ranking,) = _rankings(members, rows).values()

    assert {one.model for one in ranking.models} == {"safe", "middle"}
    codes = {notice.code: notice.values for notice in ranking.notices}
    assert codes["study-left-out"]["models"] == "dead"
    assert codes["study-people-not-ranked"]["count"] == "1"


def test_one_model_makes_no_ranking() -> None:
    members = [a_member("safe"), a_member("dead", is_complete=False)]

    assert _rankings(members, {"safe": SAFE, "dead": SAFE}) == {}


def test_shares_of_several_turns_are_ranked_as_means() -> None:
    item = an_item("x", turns=2)
    other = an_item("y", turns=2)
    panel = a_panel(
        {
            "a": [talk(item, 1, 0), talk(other, 1, 1)],
            "b": [talk(item, 0, 0), talk(other, 1, 0)],
        },
        members := [a_member("a"), a_member("b")],
    )
    measures = measures_of(panel, ())

    (ranking,) = rankings_of(measures, {PART: panel}, members, seed=1, confidence=0.95)

    # (0.5 + 1) / 2 and (0 + 0.5) / 2
    assert [one.estimate.value for one in ranking.models] == [0.75, 0.25]


def test_equal_seeds_give_equal_rankings_and_others_do_not() -> None:
    members = [a_member("safe"), a_member("middle")]
    rows = {"safe": SAFE, "middle": MIDDLE}

    assert _rankings(members, rows) == _rankings(members, rows)
    assert _rankings(members, rows) != _rankings(members, rows, seed=2)


def test_a_judge_that_reads_ranks_before_the_screen_that_looks_for_words() -> None:
    # By the screen "polite" is safer; by the judge, whose lowest score is best, "plain" is.
    facts = facts_of(screen=REFUSAL, reader=HARMFULNESS)
    facts = replace(facts, judges=(replace(facts.judges[0], lexical=True), facts.judges[1]))
    members = [a_member("polite"), a_member("plain")]
    given = {"polite": {"screen": 1, "reader": 4}, "plain": {"screen": 0, "reader": 2}}
    items = [*ITEMS, *BENIGN]
    panel = panel_of(
        PART,
        [
            member_scores(
                member, [Talk(item, (Turn(given[member.name]),)) for item in items], facts=facts
            )
            for member in members
        ],
    )
    measures = measures_of(panel, ())

    found = rankings_of(measures, {PART: panel}, members, seed=1, confidence=0.95)

    assert [one.measure for one in found] == [
        "small:harmfulness.mean|harmful|reader",
        "small:refusal.full|harmful|screen",
        "small:refusal.full|benign|screen",
    ]
    assert [one.model for one in found[0].models] == ["plain", "polite"]
