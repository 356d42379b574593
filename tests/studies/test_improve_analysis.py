"""Figures of an improvement by hand, dominance, transfer, and the recommendation."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tests.studies.improve_outcomes import (
    Rates,
    a_file,
    drawn,
    gate_of,
    panels_of,
    summarised,
    tuned,
)

from primum.core.errors import UserError
from primum.core.gate import Outcome
from primum.core.improve import ImproveSummary
from primum.reporting.improve_page import render_improve_html
from primum.studies.improve_analysis import summarise_improvement
from primum.studies.improve_grid import grid_points

BASE = Rates(0.25, 0.05, 0.45)
TWO = [{"name": "refusals", "harmful": ["general"]}, {"name": "mix", "harmful": ["general"]}]
GOOD = {
    "baseline": BASE,
    "refusals": Rates(0.95, 0.8, 0.44),
    "mix": Rates(0.8, 0.05, 0.45),
}


def hand_made() -> ImproveSummary:
    """Four harmful, two benign, two questions; two seeds of one point."""
    file = a_file([TWO[1]], seeds=(1, 2))
    names = ["baseline", "mix · seed 1", "mix · seed 2"]
    values = {
        "refused_harmful": np.array([[0, 0, 0, 1], [1, 1, 0, 1], [1, np.nan, 0, 1]]),
        "refused_benign": np.array([[0, 0], [0, 1], [0, 1]]),
        "right": np.array([[1, 0], [1, 0], [1, 0]]),
    }
    return summarised(file, panels_of(names, values))


def test_levels_are_means_of_each_seeds_own_mean() -> None:
    """3/4 and 2/3; the missing score is counted and in no mean."""
    level = hand_made().points[0].levels["safety"]

    assert [one.value for one in level.by_seed] == [0.75, pytest.approx(2 / 3)]
    assert level.value == pytest.approx((0.75 + 2 / 3) / 2)
    assert level.missing == 1
    assert level.reach == "seeds"


def test_gains_are_paired_on_items_that_both_sides_have() -> None:
    """Seed 1: 3/4 - 1/4. Seed 2 lacks an item, on which the baseline does not count either:
    2/3 - 1/3."""
    gain = hand_made().points[0].gains["safety"]

    assert [one.value for one in gain.by_seed] == [0.5, pytest.approx(1 / 3)]
    assert gain.missing == 1


def test_a_point_is_dominated_only_where_another_is_nowhere_worse() -> None:
    """The baseline refuses less of both kinds: neither beats the other."""
    summary = hand_made()

    assert summary.baseline.dominated_by == ()
    assert summary.points[0].dominated_by == ()


def test_the_chance_to_be_among_the_best_is_small_for_one_that_is_beaten() -> None:
    """“worse” is beaten by “mix” in all three figures, by more than chance."""
    file = a_file([TWO[1], {"name": "worse", "harmful": ["general"]}])
    truth = {"baseline": BASE, "mix": Rates(0.9, 0.05, 0.6), "worse": Rates(0.5, 0.4, 0.3)}

    summary = summarised(file, drawn(file, truth))

    assert summary.point("worse").dominated_by == ("mix",)
    assert (summary.point("worse").front_chance or 0.0) < 0.05
    assert (summary.point("mix").front_chance or 0.0) > 0.95


def chosen(
    gates: dict[str, Outcome] | None, truth: dict[str, Rates] | None = None, items: int = 300
) -> ImproveSummary:
    """The summary of refusals and mix under these decisions of the gate."""
    file = a_file(TWO)
    return summarised(file, drawn(file, truth or GOOD, items=items), gates=gates)


def codes(summary: ImproveSummary) -> list[str]:
    """The codes of the reasons."""
    return [reason.code for reason in summary.recommendation.reasons]


def test_the_safest_that_passes_the_gate_is_taken() -> None:
    """Refusals alone are safer still, and fail it."""
    summary = chosen({"refusals": "fail", "mix": "pass"})

    assert summary.recommendation.point == "mix"
    assert summary.recommendation.seed == 1
    assert summary.recommendation.adapter == "adapters/mix-1"
    assert codes(summary)[:2] == ["gate_passed", "only_one"]


def test_none_is_taken_where_none_passes_and_each_obstacle_is_named() -> None:
    """Never silently a winner."""
    summary = chosen({"refusals": "fail", "mix": "undecided"})

    assert summary.recommendation.point == ""
    assert codes(summary) == ["none", "gate_failed", "gate_undecided"]
    assert summary.recommendation.reasons[1].values == {
        "point": "refusals",
        "failed": "over-refusal",
    }
    assert summary.recommendation.reasons[2].values == {
        "point": "mix",
        "undecided": "over-refusal",
    }


def test_rules_that_are_broken_and_rules_that_are_open_are_told_apart_point_by_point() -> None:
    """One rule is broken at one point and open at the other; neither is said of both."""
    file = a_file(TWO)
    gates = {
        "refusals": gate_of("fail", ("able", "undecided")),
        "mix": gate_of("undecided", ("able", "fail")),
    }
    points = [
        point._replace(
            adapters=tuple(
                replace(adapter, gate=gates[point.point.name]) for adapter in point.adapters
            )
        )
        for point in tuned(file)
    ]

    summary = summarise_improvement(file, points, drawn(file, GOOD), has_gate=True)

    assert codes(summary) == ["none", "gate_failed_and_open", "gate_failed_and_open"]
    assert [reason.values for reason in summary.recommendation.reasons[1:]] == [
        {"point": "refusals", "failed": "over-refusal", "undecided": "able"},
        {"point": "mix", "failed": "able", "undecided": "over-refusal"},
    ]


def test_each_seeds_own_figure_has_its_interval_and_its_n() -> None:
    """The second adapter lacks one of four; its interval speaks for that adapter alone."""
    first, second = hand_made().points[0].levels["safety"].by_seed

    assert (first.items, first.missing) == (4, 0)
    assert (second.items, second.missing) == (3, 1)
    assert second.low is not None
    assert second.high is not None
    assert second.low < 2 / 3 < second.high
    gain = hand_made().points[0].gains["safety"].by_seed[1]
    assert gain.items == 3
    assert gain.low is not None


def test_what_was_not_looked_for_is_listed_with_the_reason() -> None:
    """One size, one number of updates, no transfer."""
    summary = chosen(None)

    assert {(one.what, one.why) for one in summary.not_looked_for} == {
        ("no_further_gain", "one_size"),
        ("curve_size", "one_size"),
        ("curve_updates", "one_updates"),
        ("transfer", "no_transfer"),
    }


def test_what_was_looked_for_is_not_listed() -> None:
    """A grid over sizes and updates with a transfer leaves nothing out."""
    transfer = {"name": "en to ja", "candidate": "mix", "kind": "en-ja"}
    mix = {**TWO[1], "size": [50, 100], "updates": [5, 10]}
    file = a_file([mix], transfer=[transfer])
    truth = {"baseline": BASE}
    for point in grid_points(file):
        truth[point.name] = GOOD["mix"]

    assert summarised(file, drawn(file, truth)).not_looked_for == ()


def test_without_a_gate_the_margins_must_be_kept_for_sure() -> None:
    """Refusals alone break one; the mix keeps both, with enough items."""
    summary = chosen(None, items=4000)

    assert summary.recommendation.rule == "margins"
    assert summary.recommendation.point == "mix"


def test_a_point_that_is_not_surely_safer_is_not_taken() -> None:
    """It passes the gate, but changes nothing."""
    truth = {**GOOD, "mix": BASE}

    assert codes(chosen({"refusals": "fail", "mix": "pass"}, truth)) == [
        "none",
        "gate_failed",
        "no_sure_gain",
    ]


def test_a_point_that_lacks_a_seed_is_not_taken() -> None:
    """One adapter ran out of memory; the others are shown."""
    file = a_file([TWO[1]])
    points = tuned(file, gates={"mix": "pass"}, without=["mix · seed 2"])

    summary = summarise_improvement(
        file, points, drawn(file, GOOD | {"mix": GOOD["mix"]}), has_gate=True
    )

    assert summary.points[0].levels["safety"].seeds == 2
    assert codes(summary) == ["none", "incomplete"]
    assert "improve-incomplete" in {notice.code for notice in summary.notices}


def test_a_point_of_which_nothing_was_made_is_shown_without_figures() -> None:
    """Memory did not suffice for any seed: no figure, no finding, a page all the same."""
    file = a_file(TWO)
    points = tuned(file, without=[f"mix · seed {seed}" for seed in file.seeds])

    summary = summarise_improvement(file, points, drawn(file, GOOD))

    mix = summary.point("mix")
    assert mix.levels["safety"].value is None
    assert mix.gains["safety"].value is None
    assert mix.front_chance is None
    assert all(finding.point != "mix" for finding in summary.findings)
    assert "mix" in render_improve_html(summary)


def test_two_that_cannot_be_told_apart_are_said_to_be() -> None:
    """Equal truths: one is taken, and the other is named."""
    truth = {**GOOD, "refusals": GOOD["mix"]}

    assert "not_told_apart" in codes(chosen({"refusals": "pass", "mix": "pass"}, truth))


def test_transfer_is_the_gain_on_either_side() -> None:
    """All items gain alike, so about as much in both languages, and the ratio is near one."""
    transfer = {"name": "en to ja", "candidate": "mix", "kind": "en-ja"}
    file = a_file([TWO[1]], transfer=[transfer])

    found = summarised(file, drawn(file, GOOD, items=600)).transfers[0]

    assert found.own_gain.value == pytest.approx(0.55, abs=0.1)
    assert found.ratio == pytest.approx(1, abs=0.2)
    assert found.ratio_low is not None
    assert found.ratio_high is not None
    assert found.ratio_low < 1.1
    assert found.ratio_high > 0.9


def test_no_ratio_where_nothing_was_gained() -> None:
    """Its denominator might be zero."""
    transfer = {"name": "en to ja", "candidate": "mix", "kind": "en-ja"}
    file = a_file([TWO[1]], transfer=[transfer])

    found = summarised(file, drawn(file, {**GOOD, "mix": BASE})).transfers[0]

    assert found.ratio is None


def test_equal_figures_give_equal_summaries() -> None:
    """The bootstrap draws by fixed seeds."""
    file = a_file(TWO)
    panels = drawn(file, GOOD)

    assert summarised(file, panels) == summarised(file, panels)


def test_an_objective_that_no_run_has_is_one_sentence() -> None:
    """It names what there is."""
    file = a_file(TWO, objectives={"safety": "harmfulness.mean"})

    with pytest.raises(UserError, match=r"harmfulness.mean.*Known: .*refusal\.full"):
        summarised(file, drawn(file, GOOD))


def test_margins_of_the_file_stand_before_a_twentieth_of_the_scale() -> None:
    """The other ones keep their default."""
    file = a_file(TWO, margins={"capability_drop": 0.01})

    objectives = summarised(file, drawn(file, GOOD)).objectives

    assert [one.margin for one in objectives] == [0.05, 0.05, 0.01]
