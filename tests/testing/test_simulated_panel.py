"""The panel's truth is the truth: its closed form against its own draws, and a run against both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest

from primum.engine.progress import Progress
from primum.evaluation.evaluate import evaluate
from primum.evaluation.planning import make_plan
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.result import read_run
from primum.ledger.ledger import open_ledger
from primum.ledger.workspace import locate
from primum.models.recorded import read_answers
from primum.testing.simulated_panel import (
    DECLINED,
    IS_MEDICAL,
    MODELS,
    NAMES,
    NO_VERDICT,
    OFF_SCALE,
    SCORED,
    SimulatedPanel,
    panel_effects,
    panel_world,
    planted_levels,
    scores,
)
from primum.testing.simulated_panel_study import (
    Place,
    answer_text,
    register_panel_models,
    write_panel_study,
)
from primum.testing.simulated_panel_truth import (
    CLASS,
    DOSE,
    LANGUAGE,
    LANGUAGE_BY_CLASS,
    PEOPLE,
    TUNING,
    VIEW,
    VIEW_BY_CLASS,
    panel_truth,
)

PANEL = SimulatedPanel()


def test_a_panel_without_chance_shows_what_was_planted() -> None:
    # No spread and no bias, levels on whole numbers far from the ends: rounding changes nothing.
    still = SimulatedPanel(
        turns=1,
        level=5.0,
        hardness=-1.0,
        medical=-1.0,
        tuning=-1.0,
        doubling=0.0,
        english=2.0,
        english_medical=-2.0,
        clinician=0.0,
        person=2.0,
        spread_of_models=0.0,
        spread_of_people=0.0,
        spread_of_languages=0.0,
        spread_of_views=0.0,
        spread_of_requests=0.0,
        spread_of_translations=0.0,
        spread_of_requests_by_model=0.0,
        spread_of_answers=0.0,
        judge_noise=(1e-6, 1e-6),
        judge_bias=(0.0, 1.0),
    )

    truth = panel_truth(still)

    # Two medical models in three are tuned: -1 - 2/3. People answered where all is one point lower.
    assert truth.contrasts == pytest.approx(
        {
            CLASS: -1 - 2 / 3,
            TUNING: -2,
            LANGUAGE: 1,
            LANGUAGE_BY_CLASS: -2,
            VIEW: 0,
            VIEW_BY_CLASS: 0,
            DOSE: 0,
            PEOPLE: 2,
        },
        abs=1e-9,
    )
    assert truth.means["alpha-8b"] == pytest.approx(5.0 - 1 / 3 + 0.5)
    assert truth.means_where_people_answered["respondent-1"] == pytest.approx(5 - 1 + 2 + 0.5)


def test_the_truth_of_these_models_is_the_mean_over_many_requests() -> None:
    many = replace(PANEL, requests=30_000, people=2)
    found = np.nanmean(scores(many)[: len(MODELS)], axis=(1, 2))

    truth = panel_truth(many).means

    # Requests spread by one point: standard error 0.006 for a mean, most of it shared.
    assert found == pytest.approx([truth[name] for name in NAMES], abs=0.03)
    assert found - found.mean() == pytest.approx(
        np.array([truth[name] for name in NAMES]) - np.mean(list(truth.values())), abs=0.02
    )


def test_the_truth_for_further_models_is_the_mean_over_many_panels() -> None:
    repeats, small = 600, replace(PANEL, requests=12)
    gaps, people = np.zeros(repeats), np.zeros(repeats)
    interactions, tuned = np.zeros(repeats), np.zeros(repeats)
    for seed in range(repeats):
        found = scores(replace(small, seed=seed))
        means = np.nanmean(found[: len(MODELS)], axis=(1, 2))
        english = np.diff(np.nanmean(found[: len(MODELS)], axis=1))[:, 0]
        gaps[seed] = means[IS_MEDICAL].mean() - means[~IS_MEDICAL].mean()
        interactions[seed] = english[IS_MEDICAL].mean() - english[~IS_MEDICAL].mean()
        tuned[seed] = np.mean(
            [means[row] - means[NAMES.index(m.base)] for row, m in enumerate(MODELS) if m.base]
        )
        hard = np.nanmean(found[:, ::3], axis=(1, 2))
        people[seed] = hard[len(MODELS) :].mean() - hard[: len(MODELS)][~IS_MEDICAL].mean()

    truth = panel_truth(PANEL).contrasts
    drawn = {CLASS: gaps, LANGUAGE_BY_CLASS: interactions, TUNING: tuned, PEOPLE: people}
    for name, values in drawn.items():
        error = values.std(ddof=1) / np.sqrt(repeats)
        assert abs(values.mean() - truth[name]) < 4 * error, name


def test_tuned_models_keep_what_their_base_had() -> None:
    panels = [replace(PANEL, seed=seed, requests=6) for seed in range(400)]
    own = np.array([panel_effects(panel).own for panel in panels])
    tuned = [(row, NAMES.index(model.base)) for row, model in enumerate(MODELS) if model.base]

    together = np.mean([np.corrcoef(own[:, row], own[:, base])[0, 1] for row, base in tuned])

    assert together == pytest.approx(PANEL.kinship, abs=0.05)
    assert own[:, : len(MODELS)].std() == pytest.approx(PANEL.spread_of_models, rel=0.05)
    assert own[:, len(MODELS) :].std() == pytest.approx(PANEL.spread_of_people, rel=0.05)


def test_size_and_tuning_tell_nothing_of_each_other() -> None:
    for family in ("alpha", "beta"):
        sizes = {
            class_: sorted(m.size for m in MODELS if (m.family, m.class_) == (family, class_))
            for class_ in ("general", "medical")
        }
        assert sizes["general"] == sizes["medical"]
    flat = panel_truth(replace(PANEL, doubling=0.0))
    assert flat.contrasts[DOSE] == pytest.approx(0.0, abs=0.01)


def test_people_are_asked_the_harder_third_only() -> None:
    levels = panel_world(PANEL).levels
    asked = ~np.isnan(levels[len(MODELS) :]).any(axis=(2, 3))

    assert (asked == (np.arange(PANEL.requests) % 3 == 0)).all()
    assert not np.isnan(levels[: len(MODELS)]).any()
    planted = planted_levels(PANEL)
    assert (planted[:, 1] - planted[:, 0]) == pytest.approx(PANEL.hardness)


def test_failures_come_at_their_rates_and_leave_no_score() -> None:
    world = panel_world(replace(PANEL, requests=600))
    first, second = world.failures

    assert set(np.unique(first)) == {SCORED, DECLINED}
    assert (first == DECLINED).mean() == pytest.approx(PANEL.declines, abs=0.004)
    assert (second == OFF_SCALE).mean() == pytest.approx(PANEL.off_scale, abs=0.004)
    assert (second == NO_VERDICT).mean() == pytest.approx(PANEL.off_scale, abs=0.004)
    assert np.isnan(world.verdicts[world.failures != SCORED]).all()
    assert np.nanmin(world.verdicts) >= 1
    assert np.nanmax(world.verdicts) <= 10


def test_a_seed_means_the_same_data_on_every_release_of_numpy() -> None:
    levels = panel_world(PANEL).levels

    assert levels[0, 0, 0].tolist() == pytest.approx([5.871, 3.8695])
    assert (panel_world(replace(PANEL, seed=2)).levels[0] != levels[0]).all()


def test_an_answer_says_its_level_and_not_who_speaks() -> None:
    text = answer_text(PANEL, Place(13, 3, 1, 0))

    assert f"{panel_world(PANEL).levels[13, 3, 1, 0]:.4f}" in text
    assert not any(name in text for name in PANEL.members)


@pytest.mark.parametrize("member", ["beta-64b-med", "respondent-2"])
def test_a_run_finds_every_score_of_the_arrays(tmp_path: Path, member: str) -> None:
    panel, kind = SimulatedPanel(requests=12, seed=3), f"panel-{uuid4().hex[:8]}"
    register_panel_models(panel, kind)
    files = write_panel_study(panel, tmp_path, kind)
    plan = make_plan(
        EvaluationRequest(
            protocol=str(files.protocol),
            benchmark=(str(files.items),),
            model=f"answers:{files.answers}@{member}" if "resp" in member else f"{kind}:{member}",
            judge_models=(f"{kind}:judge-a", f"{kind}:judge-b"),
        )
    )

    with open_ledger(locate(tmp_path / "workspace")) as ledger:
        columns = read_run(ledger, evaluate(plan, ledger, Progress())).columns

    verdicts = np.full((2, panel.requests, 2, panel.turns), np.nan)
    for which, judged in enumerate(columns.verdicts.values()):
        for row, value in zip(judged.row, judged.value, strict=True):
            item = columns.items[columns.item[row]]
            language = ("ja", "en").index(item.language)
            verdicts[which, int(item.name[1:5]), language, columns.turn[row]] = value
    expected = panel_world(panel).verdicts[:, panel.members.index(member)]
    assert np.array_equal(verdicts, expected, equal_nan=True)
    assert np.isnan(expected).any()


def test_the_answers_file_holds_the_people_and_their_items(tmp_path: Path) -> None:
    files = write_panel_study(PANEL, tmp_path)

    answers = read_answers(files.answers)

    assert {one.respondent for one in answers} == set(PANEL.members[len(MODELS) :])
    assert len(answers) == PANEL.people * (PANEL.requests // 3) * 2 * PANEL.turns
