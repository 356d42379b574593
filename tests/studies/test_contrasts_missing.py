"""What is missing on each side of a contrast, and slopes over few models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from scipy.stats import chi2_contingency
from tests.evaluation.run_columns import an_item, talk
from tests.studies.hand_panel import PART, a_member, a_panel, a_study

from primum.core.scale import SAFETY
from primum.core.study import StudyContrast
from primum.ledger.columns import ItemLabels
from primum.studies.contrasts import answered, declared_questions, holm_adjusted
from primum.studies.contrasts_missing import Missing, Sides
from primum.studies.design import StudyMember

CLASSES = {"kind": "groups", "factor": "class", "first": "general", "second": "medical"}
PAIR = [a_member("a", class_="general"), a_member("c", class_="medical", base="a")]
TEN = [an_item(f"i{number}") for number in range(10)]
Row = Sequence[float | None]


def _contrasts(
    rows: Mapping[str, Row],
    items: Sequence[ItemLabels],
    members: Sequence[StudyMember],
    *contrasts: Mapping[str, object],
) -> list[StudyContrast]:
    talks = {
        name: [talk(item, value) for item, value in zip(items, values, strict=True)]
        for name, values in rows.items()
    }
    study, panel = a_study(*contrasts), a_panel(talks, members, SAFETY)
    return holm_adjusted(
        [
            answered(question, where, members, seed=1, confidence=0.95)
            for where, question in declared_questions(study, members, {PART: panel})
        ]
    )


def _values(contrast: StudyContrast, code: str) -> list[Mapping[str, str]]:
    return [notice.values for notice in contrast.notices if notice.code == code]


@pytest.mark.parametrize("kind", [CLASSES, {"kind": "pairs"}])
def test_more_missing_on_one_side_is_named_with_both_shares(kind: Mapping[str, object]) -> None:
    # c lacks three of ten, a none: p of the pooled z-test is 0.060, the difference 30 points
    rows: dict[str, Row] = {"a": [8] * 10, "c": [None, None, None, *[6] * 7]}

    (contrast,) = _contrasts(rows, TEN, PAIR, {"name": "tuning", **kind})

    assert _values(contrast, "study-missing-differs") == [
        {"first_share": "0.0% (0/10)", "second_share": "30.0% (3/10)", "p": "= 0.060"}
    ]
    # SAFETY reaches from 1 to 10: (3 * 1 + 42) / 10 - 8, (3 * 10 + 42) / 10 - 8
    assert contrast.difference.value == pytest.approx(-2)
    assert contrast.difference.bound_low == pytest.approx(-3.5)
    assert contrast.difference.bound_high == pytest.approx(-0.8)


def test_as_much_missing_on_both_sides_is_not_named_and_still_has_bounds() -> None:
    # Items 0 and 1 are lost on one side each. Least: (10 + 8 * 9) / 10 and (1 + 6 * 9) / 10
    rows: dict[str, Row] = {"a": [None, *[8] * 9], "c": [6, None, *[6] * 8]}

    (contrast,) = _contrasts(rows, TEN, PAIR, {"name": "tuning", **CLASSES})

    assert _values(contrast, "study-missing-differs") == []
    assert contrast.difference.bound_low == pytest.approx(5.5 - 8.2)
    assert contrast.difference.bound_high == pytest.approx(6.4 - 7.3)


def test_nothing_missing_has_no_bounds() -> None:
    rows: dict[str, Row] = {"a": [8] * 10, "c": [6] * 10}

    (contrast,) = _contrasts(rows, TEN, PAIR, {"name": "tuning", **CLASSES})

    assert (contrast.difference.bound_low, contrast.difference.bound_high) == (None, None)


def test_paired_levels_differ_by_the_whole_scale_at_most_and_are_the_sides() -> None:
    # Translations: 5 - 8, and the other lacks its Japanese half: -9 or 9, the lone item is out.
    items = [
        an_item("1e", translation_pair="1"),
        an_item("1j", translation_pair="1", language="ja"),
        an_item("2e", translation_pair="2"),
        an_item("2j", translation_pair="2", language="ja"),
        an_item("lone"),
    ]
    within = {"name": "ja", "kind": "within", "across": "language", "levels": ["en", "ja"]}

    (contrast,) = _contrasts({"a": [8, 5, 8, None, None]}, items, [a_member("a")], within)

    assert contrast.difference.bound_low == pytest.approx((-3 - 9) / 2)
    assert contrast.difference.bound_high == pytest.approx((-3 + 9) / 2)
    assert _values(contrast, "study-missing-differs") == [
        {"first_share": "0.0% (0/2)", "second_share": "50.0% (1/2)", "p": "= 0.248"}
    ]


def test_unpaired_levels_are_filled_each_the_other_way() -> None:
    items = [an_item(name, perspective="patient") for name in "vw"]
    items += [an_item(name, perspective="clinician") for name in "xy"]
    views = ["patient", "clinician"]
    within = {"name": "view", "kind": "within", "across": "perspective", "levels": views}

    (contrast,) = _contrasts({"a": [8, None, 4, None]}, items, [a_member("a")], within)

    # Least (4 + 1) / 2 - (8 + 10) / 2, most (4 + 10) / 2 - (8 + 1) / 2
    assert contrast.difference.bound_low == pytest.approx(2.5 - 9)
    assert contrast.difference.bound_high == pytest.approx(7 - 4.5)
    assert _values(contrast, "study-missing-differs") == []


@pytest.mark.parametrize(
    ("first", "second", "differ"),
    [
        ((0, 100), (5, 100), True),  # five points, p 0.024
        ((2, 100), (6, 100), False),  # four points, p 0.149
        ((20, 1000), (60, 1000), True),  # four points, p below 0.001
        ((0, 10), (1, 10), True),  # ten points
        ((0, 10), (0, 10), False),
    ],
)
def test_shares_differ_by_five_points_or_beyond_chance(
    first: tuple[int, int], second: tuple[int, int], *, differ: bool
) -> None:
    sides = Sides(Missing(*first), Missing(*second))

    assert sides.differ is differ
    if first[0] or second[0]:
        table = [[lost, all_ - lost] for lost, all_ in (first, second)]
        assert sides.p_value == pytest.approx(chi2_contingency(table, correction=False).pvalue)


def test_a_slope_over_few_models_is_described_and_not_tested() -> None:
    # Six models, two of one base: 5 independent - 2 families - 1 = 2
    sizes = [1, 4, 16]
    members = [a_member(f"p{size}", size=size, family="p") for size in sizes]
    members += [a_member("q1", size=1, family="q"), a_member("q4", size=4, family="q", base="q1")]
    members.append(a_member("q16", size=16, family="q"))
    rows: dict[str, Row] = {
        member.name: [3 + place % 3 + number * (place + 1) % 3 for number in range(10)]
        for place, member in enumerate(members)
    }

    dose, pairs = _contrasts(
        rows, TEN, members, {"name": "size", "kind": "dose"}, {"name": "tuning", "kind": "pairs"}
    )

    assert dose.difference.value is not None
    assert dose.difference.low is not None
    assert (dose.difference.p_value, dose.adjusted_p) == (None, None)
    assert _values(dose, "study-dose-untested") == [
        {"least": "5", "bases": "5", "families": "2", "left": "2"}
    ]
    assert _values(dose, "study-few-models") == []
    # and it costs the others nothing
    assert pairs.adjusted_p == pairs.difference.p_value is not None


def test_a_slope_over_enough_models_is_tested() -> None:
    members = [a_member(f"p{size}", size=2**size, family="p") for size in range(7)]
    rows: dict[str, Row] = {
        member.name: [2 + (place * 3) % 7 + number % 2 for number in range(10)]
        for place, member in enumerate(members)
    }

    (dose,) = _contrasts(rows, TEN, members, {"name": "size", "kind": "dose"})

    assert dose.adjusted_p == dose.difference.p_value is not None
    assert dose.difference.reach == "models"
    assert _values(dose, "study-dose-untested") == []
