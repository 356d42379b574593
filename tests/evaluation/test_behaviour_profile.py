"""Profiles of behaviours and their judges' agreement, on tables small enough for paper."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from tests.evaluation.run_columns import Talk, Turn, an_item, columns_of, facts_of

from primum.core.scale import BEHAVIOUR
from primum.core.summary import BehaviourAgreement, BehaviourFigure, RunSummary
from primum.evaluation.behaviour_profile import (
    behaviour_sets_of,
    profiles_of_models,
    stored_behaviours,
)
from primum.evaluation.fact import JudgeFacts, RunFacts
from primum.evaluation.summary import summarise
from primum.guidelines.behaviour import Behaviour, BehaviourSet
from primum.guidelines.behaviour_catalogue import load_behaviours
from primum.judging.behaviour_judge import BehaviourJudge, shipped_behaviours
from primum.judging.behaviour_parser import UNQUOTED_MARK
from primum.judging.judge import JudgeScope
from primum.ledger.columns import RunColumns, VerdictColumns
from primum.testing.scripted import ScriptedModel

GREETS, NO_SUGAR, PLACE = "tea/1/greets", "tea/1/adds-no-sugar", "tea/2/says-where"
RIGHT, WRONG, NOT_APPLICABLE, UNQUOTED = "right", "wrong", "not applicable", "unquoted"
Answers = Mapping[str, str]
"""Behaviour → what the judge found; a verdict that could not be read is None instead."""


def behaviour(full_id: str, kind: str = "required") -> Behaviour:
    texts = {"en": f"Text of {full_id}.", "ja": f"{full_id}の文。"}
    points = {"en": "When tea is asked for.", "ja": "お茶を頼まれたとき。"}
    guideline = full_id.rpartition("/")[0]
    return Behaviour(full_id, guideline, kind, texts, points, {})  # type: ignore[arg-type]


TEA = BehaviourSet(
    "tea", "1", (behaviour(GREETS), behaviour(PLACE), behaviour(NO_SUGAR, "forbidden")), "f" * 32
)
BOTH = ("tea/1", "tea/2")


def measures_of(answers: Answers | None) -> dict[str, float] | None:
    """As ``behaviour_parser`` makes them."""
    if answers is None:
        return None
    found = {name: float(a == RIGHT) for name, a in answers.items() if a in (RIGHT, WRONG)}
    unquoted = {f"{UNQUOTED_MARK}{name}": 1.0 for name, a in answers.items() if a == UNQUOTED}
    counts = {
        "applicable": float(len(found)),
        "not_applicable": float(sum(a == NOT_APPLICABLE for a in answers.values())),
        "unquoted": float(len(unquoted)),
    }
    return {**found, **unquoted, **counts}


def a_run(
    *found: tuple[tuple[str, ...], Mapping[str, Sequence[Answers | None]]],
    requests: Sequence[str] = (),
) -> RunColumns:
    """One answer per entry: its item's guidelines, and each judge's votes."""
    talks = []
    prints = requests or [f"print-{place}" for place in range(len(found))]
    for place, (guidelines, _) in enumerate(found):
        item = an_item(f"i{place}", guidelines=guidelines, fingerprint=prints[place])
        talks.append(Talk(item, (Turn(),)))
    columns = columns_of(*talks)
    for row, (_, judges) in enumerate(found):
        for judge, votes in judges.items():
            verdicts = columns.verdicts.setdefault(judge, VerdictColumns())
            for vote, answers in enumerate(votes):
                measures = measures_of(answers)
                known = bool(measures and measures["applicable"])
                verdicts.row.append(row)
                verdicts.vote.append(vote)
                verdicts.outcome.append("scored" if known else "missing")
                verdicts.value.append(0.5 if known else math.nan)
                verdicts.measures.append(measures)
    return columns


def one_judge(
    *answers: Answers | None, guidelines: tuple[str, ...] = BOTH, requests: Sequence[str] = ()
) -> RunSummary:
    return summarised(
        a_run(*((guidelines, {"j": [each]}) for each in answers), requests=requests),
        facts_of(j=BEHAVIOUR),
    )


def summarised(columns: RunColumns, run: RunFacts) -> RunSummary:
    return summarise(columns, run=run, behaviours={judge.name: (TEA,) for judge in run.judges})


def figure(summary: RunSummary, name: str, judge: str = "j") -> BehaviourFigure:
    (found,) = [f for f in summary.behaviours if (f.behaviour, f.judge) == (name, judge)]
    return found


def test_the_share_is_taken_over_the_answers_that_a_behaviour_applies_to() -> None:
    """Greeted: right, right, wrong, does not apply, no readable verdict: 2 of 3."""
    summary = one_judge(
        {GREETS: RIGHT}, {GREETS: RIGHT}, {GREETS: WRONG}, {GREETS: NOT_APPLICABLE}, None
    )

    found = figure(summary, GREETS)

    assert found.right.value == pytest.approx(2 / 3)
    assert (found.right.n, found.not_applicable, found.right.missing) == (3, 1, 1)
    # The missing one may have applied: right it makes 3 of 4, wrong 2 of 4.
    assert (found.right.worst, found.right.best) == (0.5, 0.75)
    assert found.right.low is not None
    assert found.right.low < 2 / 3
    assert found.kind == "required"
    assert found.decision_points["ja"] == "お茶を頼まれたとき。"
    assert found.is_weak


def test_a_verdict_without_its_quotation_is_missing_and_never_not_applicable() -> None:
    summary = one_judge({GREETS: UNQUOTED, NO_SUGAR: RIGHT, PLACE: NOT_APPLICABLE})

    greets, place = figure(summary, GREETS), figure(summary, PLACE)

    assert (greets.right.n, greets.right.missing, greets.unquoted) == (0, 1, 1)
    assert greets.not_applicable == 0
    assert (place.not_applicable, place.right.missing) == (1, 0)
    assert figure(summary, NO_SUGAR).right.value == 1.0


def test_a_behaviour_is_asked_only_of_items_that_name_its_guideline() -> None:
    summary = one_judge({GREETS: RIGHT, NO_SUGAR: RIGHT}, guidelines=("tea/1",))

    assert [each.behaviour for each in summary.behaviours] == [GREETS, NO_SUGAR]


def test_behaviours_stand_in_the_order_of_their_guidelines() -> None:
    """The file has one of guideline 2 between the two of guideline 1."""
    summary = one_judge({GREETS: RIGHT, NO_SUGAR: RIGHT, PLACE: RIGHT})

    assert [each.behaviour for each in summary.behaviours] == [GREETS, NO_SUGAR, PLACE]


def test_unreadable_verdicts_alone_leave_every_behaviour_without_a_share() -> None:
    summary = one_judge(None, None, None)

    for found in summary.behaviours:
        assert (found.right.value, found.right.n, found.right.missing) == (None, 0, 3)


def test_an_answer_that_is_not_judged_is_missing() -> None:
    columns = a_run((BOTH, {"j": [{GREETS: RIGHT}]}), (BOTH, {}))

    assert figure(summarised(columns, facts_of(j=BEHAVIOUR)), GREETS).right.missing == 1


def test_answers_to_one_request_are_one_cluster() -> None:
    """Six answers to two requests; alone they would be six draws."""
    answers = [{GREETS: RIGHT}] * 3 + [{GREETS: WRONG}] * 3
    apart = one_judge(*answers)
    together = one_judge(*answers, requests=["x", "x", "x", "y", "y", "y"])

    one, other = figure(apart, GREETS).right, figure(together, GREETS).right
    assert one.value == other.value == 0.5
    assert other.clusters == 2
    assert one.low is not None
    assert other.low is None or other.low < one.low


@pytest.mark.parametrize(
    ("votes", "n", "value", "not_applicable", "missing"),
    [
        ([RIGHT, RIGHT, WRONG], 1, 1.0, 0, 0),
        ([WRONG, WRONG, RIGHT], 1, 0.0, 0, 0),
        ([NOT_APPLICABLE, NOT_APPLICABLE, RIGHT], 0, None, 1, 0),
        ([RIGHT, WRONG, NOT_APPLICABLE], 0, None, 0, 1),
        ([RIGHT, UNQUOTED, UNQUOTED], 0, None, 0, 1),
    ],
)
def test_of_several_votes_the_majority_counts(
    votes: list[str], n: int, value: float | None, not_applicable: int, missing: int
) -> None:
    """No majority, or too few that can be read: no verdict."""
    columns = a_run((BOTH, {"j": [{GREETS: vote} for vote in votes]}))
    run = replace(facts_of(), judges=(JudgeFacts("j", BEHAVIOUR, votes=3),))

    found = figure(summarised(columns, run), GREETS)

    assert (found.right.n, found.right.value) == (n, value)
    assert (found.not_applicable, found.right.missing) == (not_applicable, missing)


def test_a_judge_is_not_missing_on_items_outside_its_scope() -> None:
    columns = a_run((BOTH, {"j": [{GREETS: RIGHT}]}))
    scope = JudgeScope(perspectives=("clinician",))
    run = replace(facts_of(), judges=(JudgeFacts("j", BEHAVIOUR, scope=scope),))

    assert summarised(columns, run).behaviours == ()


def test_verdicts_whose_file_is_not_at_hand_keep_their_ids() -> None:
    columns = a_run((BOTH, {"j": [{GREETS: RIGHT, PLACE: UNQUOTED}]}))

    summary = summarise(columns, run=facts_of(j=BEHAVIOUR))

    assert [(f.behaviour, f.kind, f.texts) for f in summary.behaviours] == [
        (GREETS, "", {}),
        (PLACE, "", {}),
    ]
    assert figure(summary, GREETS).right.value == 1.0


def test_a_run_without_a_judge_of_behaviours_has_no_profile() -> None:
    columns = columns_of(Talk(an_item("a"), (Turn(),)))

    summary = summarise(columns, run=facts_of())

    assert (summary.behaviours, summary.behaviour_agreements) == ((), ())


def two_judges(pairs: Sequence[tuple[str, str]]) -> RunSummary:
    columns = a_run(
        *((("tea/1",), {"a": [{GREETS: one}], "b": [{GREETS: other}]}) for one, other in pairs)
    )
    return summarised(columns, facts_of(a=BEHAVIOUR, b=BEHAVIOUR))


def agreement(summary: RunSummary, name: str = GREETS) -> BehaviourAgreement:
    (found,) = [one for one in summary.behaviour_agreements if one.behaviour == name]
    return found


def test_agreement_by_hand() -> None:
    """Both apply on 20 answers: 9 right-right, 5 wrong-wrong, 4 right-wrong, 2 wrong-right.

    Same: 14/20. Margins 13/20 and 11/20 right: by chance .65·.55 + .35·.45 = .515.
    Kappa (.7 - .515)/.485. Alpha: 1 - D_o/D_e with D_o = 6/20 and, over the 40 labels with 24
    right, D_e = 2·24·16/(40·39).
    """
    summary = two_judges(
        [(RIGHT, RIGHT)] * 9
        + [(WRONG, WRONG)] * 5
        + [(RIGHT, WRONG)] * 4
        + [(WRONG, RIGHT)] * 2
        + [(NOT_APPLICABLE, NOT_APPLICABLE)] * 4
        + [(NOT_APPLICABLE, RIGHT)] * 1
    )

    figures = agreement(summary).figures

    assert figures["same"].value == pytest.approx(0.7)
    assert (figures["same"].n, figures["same"].missing) == (20, 0)
    assert figures["kappa"].value == pytest.approx((0.7 - 0.515) / 0.485)
    assert figures["alpha"].value == pytest.approx(1 - (6 / 20) / (2 * 24 * 16 / (40 * 39)))
    assert figures["kappa"].low is not None
    assert figures["kappa"].low < 0.38 < (figures["kappa"].high or 0)
    # Whether it applies: 20 + 4 of 25 alike; margins 20 and 21 for, 5 and 4 against.
    expected = (20 / 25) * (21 / 25) + (5 / 25) * (4 / 25)
    assert figures["applies"].value == pytest.approx(24 / 25)
    assert figures["applies_kappa"].value == pytest.approx((24 / 25 - expected) / (1 - expected))


def test_what_one_judge_left_without_a_verdict_is_missing_from_agreement() -> None:
    summary = two_judges([(RIGHT, RIGHT), (RIGHT, UNQUOTED), (UNQUOTED, NOT_APPLICABLE)])

    figures = agreement(summary).figures

    assert (figures["same"].n, figures["same"].missing) == (1, 1)
    assert (figures["applies"].n, figures["applies"].missing) == (1, 2)
    assert figures["kappa"].value is None


def test_judges_that_always_say_the_same_have_no_kappa() -> None:
    figures = agreement(two_judges([(RIGHT, RIGHT)] * 12)).figures

    assert figures["same"].value == 1.0
    assert figures["kappa"].value is None


def test_few_answers_give_a_kappa_without_an_interval() -> None:
    figures = agreement(two_judges([(RIGHT, RIGHT), (WRONG, WRONG), (RIGHT, WRONG)])).figures

    # 2/3 alike; by chance 2/3·1/3 + 1/3·2/3 = 4/9: (6/9 - 4/9)/(5/9).
    assert figures["kappa"].value == pytest.approx(0.4)
    assert figures["kappa"].low is None


def test_all_behaviours_together_stand_first() -> None:
    summary = two_judges([(RIGHT, RIGHT), (WRONG, RIGHT)])

    first, *rest = summary.behaviour_agreements

    assert first.behaviour == ""
    # Two answers, two behaviours asked: the second never applies for either judge.
    assert first.figures["same"].n == 2
    assert first.figures["applies"].n == 4
    assert [one.behaviour for one in rest] == [GREETS, NO_SUGAR]


def test_a_study_reads_the_profiles_of_its_models_side_by_side() -> None:
    one, other = one_judge({GREETS: RIGHT}), one_judge({GREETS: WRONG}, guidelines=("tea/1",))

    table = profiles_of_models({"one": one, "other": other})

    shares = {model: figure.right.value for model, figure in table["j", GREETS].items()}
    assert shares == {"one": 1.0, "other": 0.0}
    assert list(table["j", PLACE]) == ["one"]


def test_a_run_keeps_the_texts_of_a_users_own_behaviours_and_only_names_those_that_ship() -> None:
    own = BehaviourJudge("own", ScriptedModel(), [TEA])
    usual = BehaviourJudge("usual", ScriptedModel(), [load_behaviours("ama-2001")])

    stored = stored_behaviours([own, usual])
    found = behaviour_sets_of({"behaviours": stored}, ["own", "usual", "another"])

    assert "behaviours" not in stored["usual"][0]
    assert [each.id for each in found["own"][0].behaviours] == [GREETS, PLACE, NO_SUGAR]
    assert found["own"][0].behaviours[0].texts["ja"] == f"{GREETS}の文。"
    assert found["usual"] == (load_behaviours("ama-2001"),)
    assert found["another"] == ()


def test_a_shipped_set_that_has_changed_lends_no_text_to_old_verdicts() -> None:
    stored = stored_behaviours([BehaviourJudge("usual", ScriptedModel(), shipped_behaviours())])
    old = [{**one, "fingerprint": "0" * 32} for one in stored["usual"]]

    assert behaviour_sets_of({"behaviours": {"usual": old}}, ["usual"])["usual"] == ()
