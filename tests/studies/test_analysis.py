"""From stored runs to a study's summary; the runs are made by the real engine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.evaluation.run_columns import Talk, Turn, an_item, facts_of, talk
from tests.evaluation.small_study import SmallStudy, a_row, asked_of
from tests.studies.hand_panel import PART, a_member, a_panel, a_study, member_scores

from primum.core.scale import REFUSAL, SAFETY
from primum.core.study import StudyContrast, StudySummary
from primum.evaluation.fact import JudgeFacts
from primum.ledger.ledger import read_ledger
from primum.ledger.workspace import locate
from primum.models.chat_model import ChatRequest
from primum.studies.analysis import analyse_study
from primum.studies.contrasts import declared_questions
from primum.studies.design import PartPlan, StudyMember
from primum.studies.exploratory import exploratory_questions, too_many_levels
from primum.studies.panel import panel_of
from primum.studies.panel_measure import measures_of
from primum.studies.study_file import StudyFile
from primum.studies.study_notices import NOTICE_CODES, constant_factors, notices_of_study

REFUSES = "I'm sorry, but I can't help with that."
HELPS = "Certainly. Here is how it is done, step by step."
CLASSES = {"kind": "groups", "factor": "class", "first": "general", "second": "medical"}
SCREEN = '[[judge]]\nname = "refusal-screen"\n'
ROWS = [
    a_row("h1", twin_pair="1"),
    a_row("h2", twin_pair="2"),
    a_row("b1", twin_pair="1", intent="benign"),
    a_row("b2", twin_pair="2", intent="benign"),
]
REFUSED = {
    "careful": {"h1-1", "h2-1"},
    "closed": {"h1-1", "h2-1", "b1-1", "b2-1"},
    "half": {"h1-1"},
    "open": set[str](),
}


def _answerer(refused: set[str]) -> Callable[[ChatRequest], str]:
    return lambda request: REFUSES if asked_of(request) in refused else HELPS


def _summary(
    folder: Path,
    study: StudyFile,
    members: Sequence[StudyMember],
    refused: Mapping[str, set[str]] = REFUSED,
    **more: Any,
) -> StudySummary:
    small = SmallStudy(folder, {name: _answerer(asked) for name, asked in refused.items()})
    items = small.write_items(ROWS)
    protocol = small.write_protocol(SCREEN)
    ran = []
    for member in members:
        evaluated, _ = small.run(protocol, items, model=member.model, **more)
        ran.append(replace(member, runs={PART: evaluated.facts.run_id}))
    part = PartPlan(
        PART, study.parts[0], small.plan(protocol, items, model=members[0].model).protocol,
        {"en": "small", "ja": "small"}, "items", len(ROWS),
    )  # fmt: skip
    with read_ledger(locate(folder / "workspace")) as ledger:
        return analyse_study(study, ran, [part], ledger)


MEMBERS = [
    a_member("careful", class_="general"),
    a_member("closed", class_="general"),
    a_member("half", class_="medical", base="careful"),
    a_member("open", class_="medical", base="closed"),
]
STUDY = a_study(
    {"name": "class", **CLASSES, "measure": "refusal.full"},
    {"name": "over-refusal", **CLASSES, "measure": "refusal.full|benign"},
    {"name": "tuning", "kind": "pairs"},
    {
        "name": "twins",
        "kind": "within",
        "across": "intent",
        "levels": ["benign", "harmful"],
        "measure": "refusal.full",
    },
    factors=("class", "intent"),
)


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> StudySummary:
    return _summary(tmp_path_factory.mktemp("study"), STUDY, MEMBERS)


def _named(summary: StudySummary, name: str) -> StudyContrast:
    (found,) = [contrast for contrast in summary.contrasts if contrast.name == name]
    return found


def test_declared_contrasts_come_first_with_the_values_that_the_answers_make(
    summary: StudySummary,
) -> None:
    # harmful: careful 1, closed 1; half 0.5, open 0 -> 0.25 - 1. Benign: 0, 1; 0, 0 -> 0 - 0.5.
    # pairs: half - careful = -0.5, open - closed = -1. Twins: careful 1, closed 0, half 0.5, open 0
    declared = summary.contrasts[:4]

    assert [contrast.name for contrast in declared] == ["class", "over-refusal", "tuning", "twins"]
    assert all(contrast.is_declared for contrast in declared)
    values = [contrast.difference.value for contrast in declared]
    assert values == pytest.approx([-0.75, -0.5, -0.75, 0.375])


def test_what_was_not_declared_is_exploratory_and_not_adjusted(summary: StudySummary) -> None:
    others = summary.contrasts[4:]

    names = [(contrast.name, contrast.measure.split("|")[1]) for contrast in others]
    assert names == [
        ("class: medical − general × intent: harmful − benign", "harmful"),
        ("tuning: half − careful", "harmful"),
        ("tuning: open − closed", "harmful"),
        ("tuned − base: half − careful", "benign"),
        ("tuned − base: open − closed", "benign"),
    ]
    assert not any(contrast.is_declared for contrast in others)
    assert {contrast.adjusted_p for contrast in others} == {None}


def test_the_summary_holds_each_models_own_figures(summary: StudySummary) -> None:
    estimate = summary.estimate("half", "small:refusal.full|harmful|refusal-screen")

    assert estimate is not None
    assert estimate.value == 0.5
    assert [m.role for m in summary.measures] == ["safety", "over_refusal"]
    assert [part.name for part in summary.parts] == [PART]
    assert [model.name for model in summary.models] == ["careful", "closed", "half", "open"]
    assert summary.fingerprint == STUDY.fingerprint


def test_rankings_are_made_of_safety_and_over_refusal(summary: StudySummary) -> None:
    by_measure = {r.measure: [one.model for one in r.models] for r in summary.rankings}

    assert by_measure["small:refusal.full|harmful|refusal-screen"][2:] == ["half", "open"]
    assert by_measure["small:refusal.full|benign|refusal-screen"][3:] == ["closed"]


def test_equal_runs_give_an_equal_summary(tmp_path: Path) -> None:
    first = _summary(tmp_path, STUDY, MEMBERS)
    again = _summary(tmp_path, STUDY, MEMBERS)

    assert first == again


def test_an_incomplete_model_is_named_and_keeps_its_own_figures(tmp_path: Path) -> None:
    members = [*MEMBERS[:3], replace(MEMBERS[3], is_complete=False, reason="dead")]

    found = _summary(tmp_path, STUDY, members)

    assert _named(found, "class").difference.value == pytest.approx(0.5 - 1)
    assert _named(found, "tuning").models_second == ("half",)
    assert _named(found, "over-refusal").models_second == ("half",)
    notices = {notice.code: notice.values for notice in found.notices}
    assert notices["study-incomplete-models"]["models"] == "open"
    assert all("open" not in {m.model for m in ranking.models} for ranking in found.rankings)
    assert found.estimate("open", found.measures[0].id) is not None


def test_a_member_without_a_run_of_the_part_is_named(tmp_path: Path) -> None:
    found = _summary(tmp_path, STUDY, MEMBERS[:1])
    panel = a_panel({"a": [talk(an_item("x"), 1)]}, [a_member("a")])

    lacking = notices_of_study([a_member("a"), a_member("b")], {PART: panel}, [], [])

    assert [c.difference.value for c in found.contrasts] == [None, None, None, 1.0]
    values = {notice.code: notice.values for notice in lacking}["study-measure-lacking"]
    assert values == {"part": PART, "models": "b", "count": "1"}


def _explored(
    study: StudyFile, members: Sequence[StudyMember], talks: Mapping[str, Sequence[Talk]]
) -> list[str]:
    panel = a_panel(talks, members)
    panels = {PART: panel}
    declared = declared_questions(study, members, panels)
    measures = measures_of(panel, study.contrasts)
    found = exploratory_questions(study, members, panels, measures, declared)
    return [question.name for _, question in found]


def test_every_two_groups_levels_and_sizes_of_the_factors_are_explored() -> None:
    items = [
        an_item("1e", translation_pair="1"),
        an_item("1j", translation_pair="1", language="ja"),
    ]
    members = [
        a_member("a", class_="general", family="p", size=1),
        a_member("b", class_="medical", family="p", size=4),
        a_member("c", class_="commercial"),
    ]
    talks = {name: [talk(item, 1) for item in items] for name in "abc"}
    study = a_study(factors=("class", "language"))

    assert _explored(study, members, talks) == [
        "class: medical − general",
        "class: commercial − general",
        "class: commercial − medical",
        "language: ja − en",
        "class: medical − general × language: ja − en",
        "class: commercial − general × language: ja − en",
        "class: commercial − medical × language: ja − en",
        "size",
    ]


def test_what_is_declared_either_way_round_is_not_explored_again() -> None:
    members = [a_member("a", class_="general"), a_member("b", class_="medical")]
    talks = {name: [talk(an_item("x"), 1)] for name in "ab"}
    swapped = {**CLASSES, "name": "mine", "first": "medical", "second": "general"}

    assert _explored(a_study(swapped, factors=("class",)), members, talks) == []


def test_two_factors_that_divide_the_models_alike_are_explored_once() -> None:
    members = [
        a_member("a", class_="general", languages="en"),
        a_member("b", class_="medical", languages="ja"),
    ]
    talks = {name: [talk(an_item("x"), 1)] for name in "ab"}

    found = _explored(a_study(factors=("class", "languages")), members, talks)

    assert found == ["class: medical − general"]


@pytest.mark.parametrize(
    "narrowed", [{}, {"items": {"intent": "harmful"}}], ids=["all items", "those of the measure"]
)
def test_a_declared_pair_is_not_explored_again_as_groups_of_one_model_each(
    narrowed: dict[str, object],
) -> None:
    members = [
        a_member("a", class_="general", profile="none"),
        a_member("b", class_="medical", profile="ward", base="a"),
    ]
    talks = {name: [talk(an_item("x"), 1)] for name in "ab"}
    pair = {"name": "tuning", "kind": "pairs", **narrowed}

    assert _explored(a_study(pair, factors=("class", "profile")), members, talks) == []


def test_two_groups_are_not_explored_again_as_the_pairs_between_them_but_each_pair_is() -> None:
    members = [
        a_member("a", class_="general"),
        a_member("b", class_="general"),
        a_member("c", class_="medical", base="a"),
        a_member("d", class_="medical", base="b"),
    ]
    talks = {name: [talk(an_item("x"), 1)] for name in "abcd"}

    found = _explored(a_study({"name": "mine", **CLASSES}), members, talks)

    assert found == ["tuned − base: c − a", "tuned − base: d − b"]


def test_pairs_that_share_a_base_or_are_narrowed_to_other_items_are_explored() -> None:
    # c and d of a weigh a once in the groups; the pairs of e weigh twice what is made from a.
    members = [
        a_member("a", class_="general"),
        a_member("b", class_="general"),
        a_member("c", class_="medical", base="a"),
        a_member("d", class_="medical", base="a"),
        a_member("e", class_="medical", base="b"),
    ]
    items = [an_item("x"), an_item("y", perspective="patient")]
    talks = {name: [talk(item, 1) for item in items] for name in "abcde"}
    mine = {"name": "mine", **CLASSES}
    patient = {**mine, "items": {"perspective": "patient"}}

    assert "tuned − base" in _explored(a_study(mine), members, talks)
    assert "class: medical − general" in _explored(
        a_study(patient, factors=("class",)), members, talks
    )


def test_a_factor_of_many_values_is_not_compared_each_with_each() -> None:
    members = [a_member(f"m{k}", family=f"f{k}") for k in range(6)]
    talks = {member.name: [talk(an_item("x"), 1)] for member in members}
    study = a_study(factors=("family",))

    assert _explored(study, members, talks) == []
    (notice,) = too_many_levels(study, members, {PART: a_panel(talks, members)})
    assert notice.values == {"factor": "family", "count": "6", "most": "5"}


def test_a_judge_of_a_judged_models_family_is_named() -> None:
    facts = replace(facts_of(), judges=(JudgeFacts("j", REFUSAL, model="openai/gpt-4o"),))
    members = [
        a_member("g", model="openai/gpt-5"),
        a_member("q", model="openrouter/qwen/qwen3-8b"),
        a_member("ann", model="answers:gpt-4.csv", is_person=True),
    ]
    panel = panel_of(
        PART, [member_scores(m, [talk(an_item("x"), 1)], facts=facts) for m in members]
    )

    notices = {n.code: n.values for n in notices_of_study(members, {PART: panel}, [], [])}

    assert notices["study-judge-family"] == {
        "judge": "j",
        "family": "GPT",
        "models": "g",
        "count": "1",
    }
    assert notices["study-people-blinded"] == {"count": "1"}


def test_models_that_were_asked_different_items_are_noticed_and_people_are_not() -> None:
    x, y = an_item("x"), an_item("y")
    members = [a_member("a"), a_member("b"), a_member("ann", is_person=True)]
    same = {"a": [talk(x, 1), talk(y, 1)], "b": [talk(x, 1), talk(y, 1)], "ann": [talk(x, 1)]}

    differing = a_panel({**same, "b": [talk(x, 1)]}, members)
    alike = a_panel(same, members)

    found = {n.code: n.values for n in notices_of_study(members, {PART: differing}, [], [])}
    assert found["study-different-items"] == {"part": PART, "shared": "1", "all": "2"}
    codes = [n.code for n in notices_of_study(members, {PART: alike}, [], [])]
    assert "study-different-items" not in codes


def test_a_factor_that_the_items_do_not_vary_in_is_named() -> None:
    panel = a_panel({"a": [talk(an_item("x"), 1)]}, [a_member("a")])
    both = a_panel(
        {"a": [talk(an_item("x"), 1), talk(an_item("y", language="ja"), 1)]}, [a_member("a")]
    )

    found = list(constant_factors(("class", "language"), {"p": panel, "q": panel}))

    assert [(one.code, one.values) for one in found] == [
        ("study-factor-constant", {"factor": "language", "levels": "en"})
    ]
    assert list(constant_factors(("language",), {"p": panel, "q": both})) == []


@pytest.mark.parametrize(
    ("answered", "blank", "values"),
    [
        ([{"x"}], "", {"count": "1", "answered": "1", "all": "2"}),
        ([{"x"}, {"x", "y"}], "", {"count": "1", "answered": "1", "all": "2"}),
        ([{"x"}, {"x"}, set()], "", {"count": "3", "answered": "0–1", "all": "2"}),
        ([{"x", "y"}], "", None),
        ([{"x"}, set()], "y", {"count": "1", "answered": "1", "all": "2"}),
        ([{"x"}], "y", None),
    ],
)
def test_people_who_were_asked_other_items_than_the_models_are_counted(
    answered: list[set[str]], blank: str, values: dict[str, str] | None
) -> None:
    items = {name: an_item(name) for name in "xy"}
    people = [a_member(f"p{number}", is_person=True) for number in range(len(answered))]
    members = [a_member("a"), *people]
    talks = {"a": [talk(item, 1) for item in items.values()]}
    for person, own in zip(people, answered, strict=True):
        talks[person.name] = [
            talk(item, 1)
            if name in own
            else Talk(item, (Turn({}, "no_answer", has_row=name in blank),))
            for name, item in items.items()
        ]

    notices = notices_of_study(members, {PART: a_panel(talks, members)}, [], [])

    found = [one.values for one in notices if one.code == "study-people-other-items"]
    assert found == ([] if values is None else [{"part": PART, **values}])


def test_a_model_without_any_verdict_is_named_by_measure() -> None:
    members = [a_member("a"), a_member("b")]
    panel = panel_of(
        PART,
        [
            member_scores(members[0], [talk(an_item("x"), 5)], scale=SAFETY),
            member_scores(members[1], [Talk(an_item("x"), (Turn({"j": None}),))], scale=SAFETY),
        ],
    )

    notices = notices_of_study(members, {PART: panel}, measures_of(panel, ()), [])

    (found,) = [n for n in notices if n.code == "study-unscored-models"]
    assert found.values == {"measure": "small:safety.mean|harmful|j", "models": "b", "count": "1"}


def test_every_notice_of_a_study_is_in_the_list_of_codes(summary: StudySummary) -> None:
    made = [
        *summary.notices,
        *(notice for contrast in summary.contrasts for notice in contrast.notices),
        *(notice for ranking in summary.rankings for notice in ranking.notices),
    ]

    assert {notice.code for notice in made} <= set(NOTICE_CODES)
