"""Effects planted in many models are recovered, and what was not planted is not found.

The seed is 1 and was not chosen: rates over many seeds are checked beside it.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import numpy as np
import pytest
from benchmarks.simulated_panel import (
    CHANCE,
    EQUAL,
    NullRates,
    declared,
    leading,
    null_rates,
    rows,
)
from numpy.typing import NDArray
from scipy.stats import binom

from primum.cli.main import run
from primum.core.study import StudyContrast
from primum.testing.simulated_panel import MODELS, NAMES, SimulatedPanel, scores
from primum.testing.simulated_panel_run import Stage, Studied, run_panel
from primum.testing.simulated_panel_study import register_panel_models, write_panel_study
from primum.testing.simulated_panel_truth import (
    CLASS,
    CONTRASTS,
    DOSE,
    LANGUAGE,
    LANGUAGE_BY_CLASS,
    PEOPLE,
    TUNING,
    VIEW,
    VIEW_BY_CLASS,
    PanelTruth,
    false_orders,
    panel_truth,
    ranks_hold,
)

PANEL = SimulatedPanel()
REPEATS = 300


@pytest.fixture(scope="module")
def studied(tmp_path_factory: pytest.TempPathFactory) -> Studied:
    return run_panel(PANEL, tmp_path_factory.mktemp("panel"), f"panel-{uuid4().hex[:8]}")


@pytest.fixture(scope="module")
def truth() -> PanelTruth:
    return panel_truth(PANEL)


@pytest.fixture
def stage(studied: Studied) -> Stage:
    return studied.stage


@pytest.fixture
def contrasts(studied: Studied) -> dict[str, StudyContrast]:
    return declared(studied.summary)


def test_the_ledger_holds_what_the_panel_says(stage: Stage) -> None:
    found = stage.panel.grids[stage.metric].values

    assert np.array_equal(found, stage.with_scores(PANEL).grids[stage.metric].values, True)
    assert np.isnan(found[: len(MODELS)]).mean() > 0.1  # verdicts are missing
    assert (~np.isnan(found)).sum() == (~np.isnan(scores(PANEL))).sum()


def test_every_planted_effect_lies_within_its_interval(
    contrasts: dict[str, StudyContrast], truth: PanelTruth
) -> None:
    assert list(contrasts) == list(CONTRASTS)
    missed = {
        row.found.name: (row.found.difference.low, row.truth, row.found.difference.high)
        for row in rows(contrasts, truth)
        if not row.holds
    }
    assert not missed


def test_strong_effects_are_told_from_chance_and_the_null_is_not(
    contrasts: dict[str, StudyContrast], truth: PanelTruth
) -> None:
    for name in (TUNING, LANGUAGE, LANGUAGE_BY_CLASS):
        difference, adjusted = contrasts[name].difference, contrasts[name].adjusted_p
        assert difference.value is not None
        assert np.sign(difference.value) == np.sign(truth.contrasts[name])
        assert adjusted is not None
        assert adjusted < CHANCE, name
    null = contrasts[VIEW_BY_CLASS]
    assert null.difference.p_value is not None
    assert null.difference.p_value > CHANCE
    assert abs(truth.contrasts[VIEW_BY_CLASS]) < 0.01


def test_four_pairs_speak_for_themselves_and_groups_of_six_for_further_models(
    contrasts: dict[str, StudyContrast],
) -> None:
    pairs, groups = contrasts[TUNING], contrasts[CLASS]

    assert (pairs.difference.reach, groups.difference.reach) == ("items", "models")
    assert "study-few-models" in {notice.code for notice in pairs.notices}
    assert pairs.difference.units_first == 4
    assert (groups.difference.units_first, groups.difference.units_second) == (6, 6)
    assert groups.difference.low is not None
    assert groups.difference.items_low is not None
    assert groups.difference.low < groups.difference.items_low
    # Four of the medical models are made from general ones: twelve models count as eight.
    assert groups.difference.degrees_of_freedom is not None
    assert groups.difference.degrees_of_freedom < 8


def test_people_are_compared_on_the_items_that_they_answered(
    contrasts: dict[str, StudyContrast], truth: PanelTruth
) -> None:
    # They were asked the harder third, so the difference of the two plain means is far too small.
    found = contrasts[PEOPLE].difference
    data = scores(PANEL)
    general = data[[row for row, model in enumerate(MODELS) if model.class_ == "general"]]
    naive = np.nanmean(data[len(MODELS) :]) - np.nanmean(general)

    assert found.items == PANEL.requests // 3 * 2
    assert found.clusters == PANEL.requests // 3
    assert found.units_second == PANEL.people
    assert found.value == pytest.approx(truth.contrasts_of_these[PEOPLE], abs=0.2)
    assert truth.contrasts_of_these[PEOPLE] - naive > 0.6


def test_missing_verdicts_are_counted_with_each_contrast(
    contrasts: dict[str, StudyContrast],
) -> None:
    data = scores(PANEL)

    assert contrasts[CLASS].difference.missing == np.isnan(data[: len(MODELS)]).sum()
    pairs = np.isnan(np.diff(data[: len(MODELS)], axis=2)).sum()
    assert contrasts[LANGUAGE].difference.missing == pairs


def test_the_ranking_tells_apart_only_what_differs_and_finds_the_best(
    studied: Studied, truth: PanelTruth
) -> None:
    ranking = leading(studied.summary, studied.stage)

    assert sorted(one.model for one in ranking.models) == sorted(NAMES)  # people are no candidates
    assert false_orders(ranking, truth) == []
    assert ranks_hold(ranking, truth)
    first = ranking.models[0]
    assert first.model == truth.best
    assert (first.rank_low, first.rank_high) == (1, 1)
    assert first.best_probability > 0.99
    assert len({one.groups for one in ranking.models}) > 3


def test_models_planted_equal_share_a_letter_and_their_ranks(stage: Stage) -> None:
    ranking = stage.ranking(EQUAL)

    assert {one.groups for one in ranking.models} == {"a"}
    assert {(one.rank_low, one.rank_high) for one in ranking.models} == {(1, len(MODELS))}
    assert max(one.best_probability for one in ranking.models) < 0.9


def test_one_model_planted_better_stands_apart_from_its_equals(stage: Stage) -> None:
    ranking = stage.ranking(replace(EQUAL, best=1.0))

    first, *others = ranking.models
    assert first.model == NAMES[0]
    assert (first.rank_low, first.rank_high) == (1, 1)
    assert {one.groups for one in others} == {"b"}
    assert {(one.rank_low, one.rank_high) for one in others} == {(2, len(MODELS))}


def test_intervals_hold_the_truth_over_twenty_seeds(stage: Stage) -> None:
    panels = [replace(PANEL, seed=seed) for seed in range(1, 21)]
    found = [row for one in panels for row in rows(stage.contrasts(one), panel_truth(one))]

    least = binom.ppf(0.001, len(found), 0.95)
    assert len(found) == 20 * len(CONTRASTS)
    assert sum(row.holds for row in found) >= least
    assert sum(row.holds_these for row in found) >= least
    for name in (TUNING, LANGUAGE_BY_CLASS):
        significant = [row.found.adjusted_p for row in found if row.found.name == name]
        assert sum(p is not None and p < CHANCE for p in significant) >= 15


def test_the_command_finds_plain_differences_where_nothing_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    panel = SimulatedPanel(requests=12, people=5, seed=2, declines=0.0, off_scale=0.0)
    kind = f"panel-{uuid4().hex[:8]}"
    register_panel_models(panel, kind)
    files = write_panel_study(panel, tmp_path, kind)
    workspace = ["--workspace", str(tmp_path / "workspace")]

    code = run(["study", str(files.study), *workspace, "--quiet", "--no-html"])

    assert code == 0, capsys.readouterr().err
    folder = tmp_path / "workspace/reports/study-simulated-panel"
    assert run(["study", "verify", str(folder), *workspace]) == 0
    found = {
        contrast["name"]: contrast["difference"]["value"]
        for contrast in json.loads((folder / "study.json").read_text("utf-8"))["contrasts"]
        if contrast["is_declared"]
    }
    assert found == pytest.approx(_plain_differences(panel))


def _plain_differences(panel: SimulatedPanel) -> dict[str, float]:
    """Each declared contrast of complete data, from means of the arrays alone."""
    data = scores(panel)
    models, people = data[: len(MODELS)], data[len(MODELS) :, ::3]
    means = models.mean(axis=(1, 2))
    english = (models[:, :, 1] - models[:, :, 0]).mean(axis=1)
    clinician = models[:, 1::2].mean(axis=(1, 2)) - models[:, ::2].mean(axis=(1, 2))
    medical = np.array([model.class_ == "medical" for model in MODELS])
    tuned = {row: NAMES.index(model.base) for row, model in enumerate(MODELS) if model.base}
    family = np.array([model.family == "beta" for model in MODELS], dtype=float)
    size = np.log2([model.size for model in MODELS])
    fitted = np.linalg.lstsq(np.stack([1 - family, family, size], axis=1), means, rcond=None)[0]

    def gap(values: NDArray[np.float64]) -> float:
        return float(values[medical].mean() - values[~medical].mean())

    return {
        CLASS: gap(means),
        TUNING: float(np.mean([means[row] - means[base] for row, base in tuned.items()])),
        LANGUAGE: float(english.mean()),
        LANGUAGE_BY_CLASS: gap(english),
        VIEW: float(clinician.mean()),
        VIEW_BY_CLASS: gap(clinician),
        DOSE: float(fitted[2]),
        PEOPLE: float(people.mean() - models[~medical][:, ::3].mean()),
    }


@pytest.fixture(scope="module")
def rates(studied: Studied) -> NullRates:
    return null_rates(studied.stage, REPEATS)


@pytest.mark.slow
@pytest.mark.parametrize("name", CONTRASTS)
def test_a_planted_null_is_rejected_at_the_nominal_rate(rates: NullRates, name: str) -> None:
    low, high = (binom.ppf(end, REPEATS, CHANCE) for end in (0.0005, 0.9995))

    # A slope takes kin for halfway alike at least, and here they are strangers.
    assert (0 if name == DOSE else low) <= rates.contrasts[name].count <= high, rates.contrasts[
        name
    ]


@pytest.mark.slow
def test_shared_bases_leave_a_group_contrast_near_its_level(rates: NullRates) -> None:
    # Taken for independent, such models reject in 0.6 %.
    assert 2 <= rates.related.count <= binom.ppf(0.9995, REPEATS, CHANCE)


@pytest.mark.slow
def test_kin_on_both_sides_make_an_effect_of_one_point_easy_to_find(stage: Stage) -> None:
    # Taken for independent, they show it in 72 of 100 studies.
    panels = [replace(PANEL, seed=seed) for seed in range(1, 101)]
    found = [stage.contrasts(one, [CLASS])[CLASS].difference.p_value for one in panels]

    assert sum(p is not None and p < CHANCE for p in found) >= 88


@pytest.mark.slow
def test_over_all_declared_contrasts_and_all_pairs_of_models_the_rate_is_kept(
    rates: NullRates,
) -> None:
    high = binom.ppf(0.9995, REPEATS, CHANCE)

    assert rates.family <= high
    assert rates.orders <= high
