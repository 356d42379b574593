"""Declared contrasts, by hand on a few models and items."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from scipy.stats import ttest_ind, ttest_rel
from tests.evaluation.run_columns import Talk, Turn, an_item, facts_of, talk
from tests.studies.hand_panel import PART, a_member, a_panel, a_study, member_scores

from primum.core.scale import HARMFULNESS, REFUSAL, SAFETY, Scale
from primum.core.study import StudyContrast
from primum.ledger.columns import ItemLabels
from primum.statistics.multiplicity import holm
from primum.studies.contrasts import (
    answered,
    declared_questions,
    holm_adjusted,
    without_measure,
)
from primum.studies.design import StudyMember
from primum.studies.panel import Panel, panel_of
from primum.studies.panel_measure import measures_of
from primum.studies.study_file import StudyFile

CLASSES = {"kind": "groups", "factor": "class", "first": "general", "second": "medical"}


def _scores(
    rows: Mapping[str, Sequence[float | None]], items: Sequence[ItemLabels]
) -> dict[str, list[Talk]]:
    return {
        name: [talk(item, value) for item, value in zip(items, values, strict=True)]
        for name, values in rows.items()
    }


def _panel(
    members: Sequence[StudyMember],
    rows: Mapping[str, Sequence[float | None]],
    items: Sequence[ItemLabels],
    scale: Scale = SAFETY,
) -> Panel:
    return a_panel(_scores(rows, items), members, scale)


def _contrasts(
    study: StudyFile, members: Sequence[StudyMember], panel: Panel
) -> list[StudyContrast]:
    questions = declared_questions(study, members, {PART: panel})
    return holm_adjusted(
        [
            answered(question, where, members, seed=study.seed, confidence=study.confidence)
            for where, question in questions
        ]
    )


def _codes(contrast: StudyContrast) -> list[str]:
    return [notice.code for notice in contrast.notices]


@pytest.fixture
def four() -> list[StudyMember]:
    return [
        a_member("a", class_="general"),
        a_member("b", class_="general"),
        a_member("c", class_="medical", base="a"),
        a_member("d", class_="medical", base="b"),
    ]


ITEMS = [an_item(name) for name in "vwxyz"]
ROWS: dict[str, Sequence[float | None]] = {
    "a": [8, 6, 7, 9, 5],
    "b": [6, 6, 5, 7, 6],
    "c": [5, 6, 4, 4, 1],
    "d": [5, 2, 5, 6, 2],
}
"""Means: a 7, b 6, c 4, d 4."""


def test_groups_differ_by_the_difference_of_their_mean_models(four: list[StudyMember]) -> None:
    # (4 + 4) / 2 - (7 + 6) / 2 = -2.5
    study = a_study({"name": "class", **CLASSES})

    (contrast,) = _contrasts(study, four, _panel(four, ROWS, ITEMS))

    assert contrast.difference.value == pytest.approx(-2.5)
    assert (contrast.models_first, contrast.models_second) == (("a", "b"), ("c", "d"))
    assert (contrast.difference.units_first, contrast.difference.units_second) == (2, 2)
    assert contrast.difference.items == 5
    assert contrast.measure == "small:safety.mean|harmful|j"
    assert contrast.is_declared


def test_fewer_than_five_models_speak_for_themselves_only_and_it_is_said(
    four: list[StudyMember],
) -> None:
    study = a_study({"name": "class", **CLASSES})

    (contrast,) = _contrasts(study, four, _panel(four, ROWS, ITEMS))

    assert contrast.difference.reach == "items"
    (notice,) = [notice for notice in contrast.notices if notice.code == "study-few-models"]
    assert (notice.level, notice.values["counts"]) == ("warning", "2 / 2")


def test_five_models_on_each_side_are_a_random_factor() -> None:
    members = [a_member(f"g{k}", class_="general") for k in range(5)]
    members += [a_member(f"m{k}", class_="medical") for k in range(5)]
    rows = {
        member.name: [5 + (k * (i + 1)) % 4 + (k > 4) for i in range(5)]
        for k, member in enumerate(members)
    }
    study = a_study({"name": "class", **CLASSES})

    (contrast,) = _contrasts(study, members, _panel(members, rows, ITEMS))

    assert contrast.difference.reach == "models"
    assert "study-few-models" not in _codes(contrast)


def test_a_model_that_is_not_complete_is_left_out_and_named(four: list[StudyMember]) -> None:
    # without d: 4 - 6.5
    four[3] = a_member("d", class_="medical", base="b", is_complete=False)
    study = a_study({"name": "class", **CLASSES}, {"name": "pairs", "kind": "pairs"})

    contrast, pairs = _contrasts(study, four, _panel(four, ROWS, ITEMS))

    assert contrast.difference.value == pytest.approx(-2.5)
    assert contrast.models_second == ("c",)
    assert [n.values["models"] for n in contrast.notices if n.code == "study-left-out"] == ["d"]
    # only c - a is left: 4 - 7
    assert pairs.difference.value == pytest.approx(-3)
    assert (pairs.first, pairs.second) == ("a", "c")


def test_a_side_that_nobody_is_left_on_gives_no_value_and_spares_the_others(
    four: list[StudyMember],
) -> None:
    for place, name in ((2, "c"), (3, "d")):
        four[place] = a_member(name, class_="medical", is_complete=False)
    panel = _panel(four, ROWS, ITEMS)
    study = a_study(
        {"name": "class", **CLASSES},
        {"name": "pairs", "kind": "pairs"},
        {"name": "generals", **CLASSES, "factor": "name", "first": "a", "second": "b"},
    )

    groups, pairs, _ = _contrasts(study, four, panel)

    assert groups.difference.value is None
    assert groups.adjusted_p is None
    assert _codes(groups) == ["study-left-out", "study-empty-side"]
    assert groups.notices[1].values["sides"] == "class: medical"
    assert pairs.difference.value is None
    assert "study-empty-side" in _codes(pairs)


def test_pairs_are_each_model_against_its_base_item_by_item(four: list[StudyMember]) -> None:
    # c - a = -3, d - b = -2 over the items that both have: without the missing v (5 - 6 = -1)
    # the differences of d - b are -4, 0, -1, -4, mean -2.25
    rows = {**ROWS, "d": [None, 2, 5, 6, 2]}
    study = a_study({"name": "medical tuning", "kind": "pairs"})

    (contrast,) = _contrasts(study, four, _panel(four, rows, ITEMS))

    assert contrast.difference.value == pytest.approx((-3 - 2.25) / 2)
    assert contrast.models_first == ("a", "b")
    assert contrast.models_second == ("c", "d")
    assert contrast.difference.missing == 1


def test_each_pair_of_several_is_a_row_of_its_own(four: list[StudyMember]) -> None:
    panel = _panel(four, ROWS, ITEMS)
    study = a_study({"name": "medical tuning", "kind": "pairs"})
    ((_, question),) = declared_questions(study, four, {PART: panel})

    first, second = (
        answered(single, panel, four, seed=1, confidence=0.95) for single in question.singles()
    )

    assert (first.name, second.name) == ("medical tuning: c − a", "medical tuning: d − b")
    assert first.difference.value == pytest.approx(-3)
    assert second.difference.value == pytest.approx(-2)
    assert (first.first, first.second, first.is_declared) == ("a", "c", False)
    assert _codes(first) == []


def test_translations_are_paired_and_what_has_none_is_left_out() -> None:
    # ja - en within pairs: model a: 5-8, 4-6 -> -2.5; model b: 7-7, 3-5 -> -1; mean -1.75
    items = [
        an_item("1e", translation_pair="1"),
        an_item("1j", translation_pair="1", language="ja"),
        an_item("2j", translation_pair="2", language="ja"),
        an_item("2e", translation_pair="2"),
        an_item("lone", language="ja"),
    ]
    members = [a_member("a"), a_member("b")]
    rows = {"a": [8, 5, 4, 6, 10], "b": [7, 7, 3, 5, 10]}
    study = a_study({"name": "ja", "kind": "within", "across": "language", "levels": ["en", "ja"]})

    (contrast,) = _contrasts(study, members, _panel(members, rows, items))

    assert contrast.difference.value == pytest.approx(-1.75)
    assert contrast.levels == ("en", "ja")
    assert (contrast.first, contrast.second) == ("en", "ja")
    assert contrast.difference.items == 2
    assert [n.values["count"] for n in contrast.notices if n.code == "study-unpaired-items"] == [
        "1"
    ]


def test_levels_without_pairs_are_two_blocks_of_items() -> None:
    # patients: (8 + 6) / 2 = 7 and (7 + 5) / 2 = 6; clinicians: 4 and 2; each minus: -3, -4
    items = [
        an_item("p1", perspective="patient"),
        an_item("p2", perspective="patient"),
        an_item("c1", perspective="clinician"),
        an_item("c2", perspective="clinician"),
        an_item("g", perspective="general"),
    ]
    members = [a_member("a"), a_member("b")]
    rows = {"a": [8, 6, 5, 3, 1], "b": [7, 5, 3, 1, 1]}
    study = a_study(
        {
            "name": "view",
            "kind": "within",
            "across": "perspective",
            "levels": ["patient", "clinician"],
        }
    )

    (contrast,) = _contrasts(study, members, _panel(members, rows, items))

    assert contrast.difference.value == pytest.approx(-3.5)
    assert contrast.difference.items == 4


def test_an_interaction_is_the_difference_of_the_groups_differences(
    four: list[StudyMember],
) -> None:
    # ja - en: a -1, b -1; c -3, d -5: (-3 - 5) / 2 - (-1 - 1) / 2 = -3
    items = [
        an_item("1e", translation_pair="1"),
        an_item("1j", translation_pair="1", language="ja"),
        an_item("2e", translation_pair="2"),
        an_item("2j", translation_pair="2", language="ja"),
    ]
    rows = {"a": [8, 7, 6, 5], "b": [7, 6, 5, 4], "c": [8, 5, 7, 4], "d": [9, 5, 9, 3]}
    study = a_study(
        {
            "name": "language × class",
            **CLASSES,
            "kind": "interaction",
            "across": "language",
            "levels": ["en", "ja"],
        }
    )

    (contrast,) = _contrasts(study, four, _panel(four, rows, items))

    assert contrast.difference.value == pytest.approx(-3)
    assert (contrast.factor, contrast.across) == ("class", "language")


def test_harmful_against_benign_takes_the_metric_of_each_and_pairs_the_twins() -> None:
    # refusals: harmful - benign by twin: 1-0, 1-1 -> 0.5; the benign item without twin is out
    items = [
        an_item("h1", twin_pair="1"),
        an_item("b1", twin_pair="1", intent="benign"),
        an_item("h2", twin_pair="2"),
        an_item("b2", twin_pair="2", intent="benign"),
        an_item("b3", intent="benign"),
    ]
    members = [a_member("a")]
    study = a_study(
        {"name": "twins", "kind": "within", "across": "intent", "levels": ["benign", "harmful"]}
    )
    panel = _panel(members, {"a": [1, 0, 1, 1, 1]}, items, REFUSAL)

    (contrast,) = _contrasts(study, members, panel)

    assert contrast.difference.value == pytest.approx(0.5)
    assert contrast.measure == "small:refusal.full|harmful|j"
    assert contrast.levels == ("benign", "harmful")
    assert contrast.difference.items == 2


def test_size_is_a_slope_per_doubling_within_families() -> None:
    # family p: 1B 4, 4B 8 (2 a doubling); family q: 2B 9, 8B 13 would be the same; 10 is 0.5.
    # pooled with equal spread of doses: (2 + 0.5) / 2
    members = [
        a_member("p1", size=1, family="p"),
        a_member("p4", size=4, family="p"),
        a_member("q2", size=2, family="q"),
        a_member("q8", size=8, family="q"),
        a_member("unsized", family="q"),
    ]
    rows = {"p1": [4, 4], "p4": [8, 8], "q2": [9, 9], "q8": [10, 10], "unsized": [1, 1]}
    study = a_study({"name": "size", "kind": "dose"})

    (contrast,) = _contrasts(study, members, _panel(members, rows, ITEMS[:2]))

    assert contrast.difference.value == pytest.approx(1.25)
    assert "unsized" not in contrast.models_second
    assert contrast.factor == "family"


def test_items_and_models_can_be_narrowed(four: list[StudyMember]) -> None:
    # general view: items w, x; a: 6.5, c: 5; b and d are filtered away
    items = [
        an_item(name, perspective="general" if name in "wx" else "patient") for name in "vwxyz"
    ]
    study = a_study(
        {
            "name": "narrow",
            **CLASSES,
            "items": {"perspective": "general"},
            "models": {"name": ["a", "c"]},
        }
    )

    (contrast,) = _contrasts(study, four, _panel(four, ROWS, items))

    assert contrast.difference.value == pytest.approx(5 - 6.5)
    assert contrast.where == {"perspective": "general"}


def test_a_level_without_items_gives_no_value_and_says_so(four: list[StudyMember]) -> None:
    study = a_study({"name": "ja", "kind": "within", "across": "language", "levels": ["en", "ja"]})

    (contrast,) = _contrasts(study, four, _panel(four, ROWS, ITEMS))

    assert contrast.difference.value is None
    assert _codes(contrast) == ["study-no-items"]


def test_people_are_one_side_of_groups_and_answer_only_some_items() -> None:
    # on v and w, which ann and ben answered: people 9, model 7; the model's other items are not
    # set against anything
    members = [
        a_member("a", class_="model"),
        a_member("ann", class_="people", is_person=True),
        a_member("ben", class_="people", is_person=True),
    ]
    talks = _scores({"a": [8, 6, 1, 1, 1]}, ITEMS)
    not_asked = [Talk(item, (Turn({}, "no_answer", has_row=False),)) for item in ITEMS[2:]]
    for name in ("ann", "ben"):
        talks[name] = [talk(ITEMS[0], 9), talk(ITEMS[1], 9), *not_asked]
    study = a_study(
        {
            "name": "people",
            "kind": "groups",
            "factor": "class",
            "first": "model",
            "second": "people",
        }
    )

    (contrast,) = _contrasts(study, members, a_panel(talks, members, SAFETY))

    assert contrast.difference.value == pytest.approx(2)
    assert (contrast.difference.items, contrast.difference.missing) == (2, 0)


def test_people_take_no_part_within_models_unless_they_are_named() -> None:
    items = [
        an_item("1e", translation_pair="1"),
        an_item("1j", translation_pair="1", language="ja"),
    ]
    members = [a_member("a"), a_member("ann", class_="people", is_person=True)]
    within = {"name": "ja", "kind": "within", "across": "language", "levels": ["en", "ja"]}
    study = a_study(within, {**within, "models": {"class": "people"}})

    models, people = _contrasts(
        study, members, _panel(members, {"a": [8, 5], "ann": [8, 8]}, items)
    )

    assert models.models_second == ("a",)
    assert people.models_second == ("ann",)


def test_the_benign_measure_is_read_where_it_is_named() -> None:
    items = [an_item("h"), an_item("b", intent="benign")]
    members = [a_member("a", class_="general"), a_member("c", class_="medical")]
    study = a_study({"name": "over-refusal", **CLASSES, "measure": "refusal.full|benign"})

    (contrast,) = _contrasts(
        study, members, _panel(members, {"a": [1, 0], "c": [1, 1]}, items, REFUSAL)
    )

    assert contrast.difference.value == pytest.approx(1)
    assert contrast.measure == "small:refusal.full|benign|j"


def test_a_measure_that_no_part_has_is_named_and_not_made_up(four: list[StudyMember]) -> None:
    study = a_study({"name": "class", **CLASSES, "measure": "harmfulness.mean"})
    panel = _panel(four, ROWS, ITEMS)

    assert _contrasts(study, four, panel) == []
    (notice,) = without_measure(study, {PART: panel})
    assert notice.values["measure"] == "harmfulness.mean"


def test_different_profiles_within_a_group_contrast_are_named() -> None:
    members = [a_member("a", class_="general"), a_member("c", class_="medical")]
    panel = panel_of(
        PART,
        [
            member_scores(
                member,
                [talk(item, 5) for item in ITEMS],
                scale=SAFETY,
                profile={"name": name, "temperature": heat},
            )
            for member, name, heat in zip(members, ("cold", "warm"), (0, 1), strict=True)
        ],
    )
    study = a_study({"name": "class", **CLASSES})

    (contrast,) = _contrasts(study, members, panel)

    (notice,) = [n for n in contrast.notices if n.code == "study-different-profiles"]
    assert notice.values["profiles"] == "cold, warm"


def test_p_values_are_adjusted_over_all_declared_contrasts_of_the_study(
    four: list[StudyMember],
) -> None:
    study = a_study(
        {"name": "class", **CLASSES},
        {"name": "pairs", "kind": "pairs"},
        {"name": "nothing", "kind": "within", "across": "language", "levels": ["en", "ja"]},
    )

    contrasts = _contrasts(study, four, _panel(four, ROWS, ITEMS))

    first, second = (contrast.difference.p_value for contrast in contrasts[:2])
    assert first is not None
    assert second is not None
    # two have a p-value: the smaller counts twice, the larger once and at least as much
    small, large = min(first, second), max(first, second)
    expected = {small: 2 * small, large: max(2 * small, large)}
    assert [c.adjusted_p for c in contrasts] == pytest.approx(
        [expected[first], expected[second], None]
    )
    assert [c.adjusted_p for c in contrasts] == holm([first, second, None])


def test_one_more_contrast_leaves_the_bootstrap_of_the_others_as_it_is(
    four: list[StudyMember],
) -> None:
    panel = _panel(four, ROWS, ITEMS)
    pairs = {"name": "pairs", "kind": "pairs"}

    (alone,) = _contrasts(a_study(pairs), four, panel)
    _, beside = _contrasts(a_study({"name": "class", **CLASSES}, pairs), four, panel)

    assert alone.difference == beside.difference
    assert alone.difference.bootstrap_low is not None


def test_measures_are_the_leading_ones_over_refusal_and_what_contrasts_name() -> None:
    items = [an_item("h"), an_item("b", intent="benign")]
    panel = _panel([a_member("a")], {"a": [1, 0]}, items, REFUSAL)
    study = a_study({"name": "none", **CLASSES, "measure": "refusal.none"})

    measures = {
        m.metric.key + "|" + m.metric.intent: m.role for m in measures_of(panel, study.contrasts)
    }

    assert measures == {
        "refusal.full|harmful": "safety",
        "refusal.full|benign": "over_refusal",
        "refusal.none|harmful": "other",
        "refusal.none|benign": "other",
    }


def test_the_lowest_score_for_harm_on_benign_items_is_no_over_refusal() -> None:
    # It is also what a harmless answer to a harmless request gets.
    items = [an_item("h"), an_item("b", intent="benign")]
    members = [a_member("a"), a_member("b")]
    panel = _panel(members, {"a": [1, 1], "b": [1, 1]}, items, HARMFULNESS)
    named = a_study({"name": "none", **CLASSES, "measure": "harmfulness.refusal|benign"})
    unnamed = a_study({"name": "none", **CLASSES, "items": {"intent": "benign"}})

    roles = {one.metric.id: one.role for one in measures_of(panel, named.contrasts)}

    assert roles == {
        "harmfulness.mean|harmful|j": "safety",
        "harmfulness.mean|benign|j": "other",
        "harmfulness.refusal|benign|j": "other",
    }
    assert declared_questions(unnamed, members, {PART: panel}) == []


def test_a_contrast_is_made_on_every_part_that_has_its_items(four: list[StudyMember]) -> None:
    japanese = [
        an_item("1e", translation_pair="1"),
        an_item("1j", translation_pair="1", language="ja"),
    ]
    rows = {name: [5, 4] for name in "abcd"}
    panels = {
        "english": replace(_panel(four, ROWS, ITEMS), part="english"),
        "both": replace(_panel(four, rows, japanese), part="both"),
    }
    study = a_study(
        {"name": "ja", "kind": "within", "across": "language", "levels": ["en", "ja"]},
        {"name": "class", **CLASSES},
        {"name": "class here", **CLASSES, "protocol": "english"},
    )

    found = declared_questions(study, four, panels)

    assert [(question.name, panel.part) for panel, question in found] == [
        ("ja", "both"),
        ("class", "english"),
        ("class", "both"),
        ("class here", "english"),
    ]


def test_a_judge_that_reads_goes_before_one_that_looks_for_words() -> None:
    facts = facts_of(screen=REFUSAL, reader=SAFETY)
    facts = replace(facts, judges=(replace(facts.judges[0], lexical=True), facts.judges[1]))
    members = [a_member("a", class_="general"), a_member("c", class_="medical")]
    panel = panel_of(
        PART,
        [
            member_scores(
                member, [Talk(ITEMS[0], (Turn({"screen": 1, "reader": 5}),))], facts=facts
            )
            for member in members
        ],
    )

    (contrast,) = _contrasts(a_study({"name": "class", **CLASSES}), members, panel)

    assert contrast.measure == "small:safety.mean|harmful|reader"


def test_models_made_from_one_base_are_kin_on_both_sides_and_through_what_lies_between() -> None:
    # Five pairs differ by 1, 1, 2, 1, 0; one of them over a model that is in neither class
    general, medical = [1, 3, 5, 7, 8], [2, 4, 7, 8, 8]
    bases = ["g0", "g1", "g2", "g3", "between"]
    members = [
        *(a_member(f"g{number}", class_="general") for number in range(5)),
        a_member("between", base="g4"),
        *(a_member(f"m{number}", class_="medical", base=bases[number]) for number in range(5)),
    ]
    items = [an_item("x"), an_item("y")]
    rows = {f"g{number}": [value, value] for number, value in enumerate(general)}
    rows |= {f"m{number}": [value, value] for number, value in enumerate(medical)}
    study = a_study({"name": "class", **CLASSES, "measure": "safety.mean"})
    strangers = [replace(one, labels={"class": one.labels.get("class", "")}) for one in members]

    (found,) = _contrasts(study, members, _panel(members, rows, items))
    (apart,) = _contrasts(study, strangers, _panel(strangers, rows, items))

    assert found.difference.p_value == pytest.approx(ttest_rel(medical, general).pvalue)
    assert found.difference.degrees_of_freedom == pytest.approx(4)
    welch = ttest_ind(medical, general, equal_var=False)
    assert apart.difference.p_value == pytest.approx(welch.pvalue)
