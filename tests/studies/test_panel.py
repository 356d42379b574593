"""Models × items."""

import numpy as np
import pytest
from tests.evaluation.run_columns import Talk, Turn, an_item, facts_of, talk
from tests.studies.hand_panel import PART, a_member, a_panel, a_study, member_scores

from primum.core.scale import HARMFULNESS, SAFETY
from primum.ledger.columns import ItemLabels
from primum.studies.contrasts import answered, declared_questions
from primum.studies.panel import panel_of

NAN = float("nan")
FULL = "refusal.full|harmful|j"


def test_items_are_aligned_by_id_over_the_union() -> None:
    x, y, z = (an_item(name) for name in "xyz")
    members = [a_member("a"), a_member("b")]

    panel = a_panel({"a": [talk(x, 1), talk(y, 0)], "b": [talk(z, 1), talk(y, 1)]}, members)

    assert [item.name for item in panel.items] == ["x", "y", "z"]
    np.testing.assert_array_equal(panel.grids[FULL].values, [[1, 0, NAN], [NAN, 1, 1]])
    assert panel.grids[FULL].planned.tolist() == [[True, True, False], [False, True, True]]
    assert panel.asked.tolist() == [[True, True, False], [False, True, True]]


def no_row(item: ItemLabels) -> Talk:
    """A conversation that a person's file says nothing of."""
    turn = Turn({"j": None}, "no_answer", has_row=False)
    return Talk(item, (turn,) * item.turns)


def blank(item: ItemLabels) -> Talk:
    """A conversation whose row stands in a person's file without an answer."""
    return Talk(item, (Turn({"j": None}, "no_answer"),) * item.turns)


def test_what_a_person_was_not_asked_is_no_missing_verdict() -> None:
    # Three items, one answered and judged, one answered without a verdict, one without a row
    x, y, z = (an_item(name) for name in "xyz")
    talks = [talk(x, 1), talk(y, None), no_row(z)]

    panel = a_panel(
        {"ann": talks, "model": talks}, [a_member("ann", is_person=True), a_member("model")]
    )

    ann, model = panel.coverage["ann"], panel.coverage["model"]
    assert (ann.part, ann.items, ann.answered) == (PART, 3, 2)
    assert (ann.verdicts, ann.missing) == ({"j": 2}, {"j": 1})
    assert (model.items, model.answered, model.missing) == (3, 3, {"j": 2})
    assert (ann.unanswered[FULL], model.unanswered[FULL]) == (1, 0)
    assert panel.with_row.tolist() == [[True, True, False], [True, True, True]]


def test_what_a_person_left_blank_is_a_missing_verdict() -> None:
    x, y, z = (an_item(name) for name in "xyz")

    panel = a_panel({"ann": [talk(x, 1), blank(y), no_row(z)]}, [a_member("ann", is_person=True)])

    ann = panel.coverage["ann"]
    assert (ann.items, ann.answered) == (3, 1)
    assert (ann.verdicts, ann.missing) == ({"j": 2}, {"j": 1})
    assert ann.unanswered[FULL] == 1
    assert panel.with_row.tolist() == [[True, True, False]]
    assert panel.grids[FULL].planned.tolist() == [[True, True, False]]
    np.testing.assert_array_equal(panel.grids[FULL].values, [[1, NAN, NAN]])


def test_a_contrast_misses_what_a_person_left_blank_and_not_what_was_not_asked() -> None:
    x, y, z = (an_item(name) for name in "xyz")
    members = [a_member("ann", is_person=True, class_="people"), a_member("m", class_="model")]
    study = a_study(
        {"name": "c", "kind": "groups", "factor": "class", "first": "people", "second": "model"}
    )
    panel = a_panel(
        {
            "ann": [talk(x, 1), blank(y), no_row(z)],
            "m": [talk(item, 1) for item in (x, y, z)],
        },
        members,
    )

    ((_, question), *_) = declared_questions(study, members, {PART: panel})
    found = answered(question, panel, members, seed=1, confidence=0.95)

    assert found.difference.missing == 1


def test_a_conversation_with_a_row_for_any_turn_was_asked_whole() -> None:
    begun, blanked, unasked = (an_item(name, turns=2) for name in "xyz")
    left = Turn({"j": None}, "no_answer", has_row=False)
    talks = [
        Talk(begun, (Turn({"j": 1}), left)),
        Talk(blanked, (left, Turn({"j": None}, "no_answer"))),
        no_row(unasked),
    ]

    panel = a_panel({"ann": talks}, [a_member("ann", is_person=True)])

    ann = panel.coverage["ann"]
    assert (ann.answered, ann.verdicts, ann.missing) == (1, {"j": 4}, {"j": 3})
    assert panel.grids[FULL].planned.tolist() == [[True, True, False]]


def test_shares_are_averaged_over_turns_and_repeats_and_missing_ones_are_left_out() -> None:
    item = an_item("x", turns=2)
    talks = [talk(item, 1, 0, repeat=0), talk(item, 1, None, repeat=1)]

    panel = a_panel({"a": talks}, [a_member("a")])

    # (1 + 0 + 1) / 3
    np.testing.assert_allclose(panel.grids[FULL].values, [[2 / 3]])


def test_means_are_of_whole_conversations() -> None:
    item = an_item("x", turns=2)
    talks = [talk(item, 8, 4, repeat=0), talk(item, 2, None, repeat=1)]

    panel = a_panel({"a": talks}, [a_member("a")], scale=SAFETY)

    # repeat 1 lacks a turn, so its conversation is missing: (8 + 4) / 2
    assert panel.grids["safety.mean|harmful|j"].values.tolist() == [[6]]


def test_an_item_that_nobody_scored_is_missing_and_one_of_the_other_intent_is_not_planned() -> None:
    talks = [talk(an_item("x"), None), talk(an_item("y", intent="benign"), 1)]

    panel = a_panel({"a": talks}, [a_member("a")])

    assert panel.grids[FULL].planned.tolist() == [[True, False]]
    assert np.isnan(panel.grids[FULL].values).all()


def test_what_a_person_was_not_asked_is_not_planned_and_of_a_model_it_is_missing() -> None:
    x, y, z = (an_item(name) for name in "xyz")
    talks = [talk(x, 1), no_row(y), Talk(z, (Turn({"j": None}),))]
    members = [a_member("ann", is_person=True), a_member("model")]

    panel = a_panel({"ann": talks, "model": talks}, members)

    # z was answered, but no judge could say what it is
    assert panel.grids[FULL].planned.tolist() == [[True, False, True], [True, True, True]]


def test_translations_are_one_cluster_and_labels_follow_the_items() -> None:
    english = an_item("x", translation_pair="p", source="ours")
    japanese = an_item("y", translation_pair="p", language="ja")
    other = an_item("z")

    panel = a_panel({"a": [talk(one, 1) for one in (english, japanese, other)]}, [a_member("a")])

    assert panel.clusters[0] == panel.clusters[1] != panel.clusters[2]
    assert panel.labels["language"].tolist() == ["en", "ja", "en"]
    assert panel.labels["translation_pair"].tolist() == ["p", "p", ""]
    assert panel.labels["source"].tolist() == ["ours", "primum", "primum"]


def test_a_measure_that_one_member_lacks_has_an_unplanned_row() -> None:
    x = an_item("x")
    both = facts_of(j=SAFETY, h=HARMFULNESS)
    first = member_scores(a_member("a"), [Talk(x, (Turn({"j": 8, "h": 1}),))], facts=both)
    second = member_scores(a_member("b"), [talk(x, 4)], scale=SAFETY)

    panel = panel_of(PART, [first, second])

    assert panel.grids["harmfulness.mean|harmful|h"].planned.tolist() == [[True], [False]]
    assert panel.grids["safety.mean|harmful|j"].values.tolist() == [[8], [4]]


def test_profiles_are_told_apart_by_what_they_say_and_not_by_their_name() -> None:
    x = an_item("x")
    profiles = [
        {"name": "p", "temperature": 0},
        {"name": "q", "temperature": 0},
        {"name": "p", "temperature": 1},
    ]

    panel = panel_of(
        PART,
        [
            member_scores(a_member(f"m{k}"), [talk(x, 1)], profile=profile)
            for k, profile in enumerate(profiles)
        ],
    )

    first, second, third = (profile.digest for profile in panel.profiles if profile)
    assert first == second != third


def test_the_rows_of_members_follow_the_names_asked_for() -> None:
    x = an_item("x")
    panel = a_panel({name: [talk(x, 1)] for name in "abc"}, [a_member(name) for name in "abc"])

    assert panel.rows(["c", "a"]).tolist() == [2, 0]
    with pytest.raises(KeyError):
        panel.rows(["d"])
