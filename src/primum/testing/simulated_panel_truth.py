"""What a study of a ``SimulatedPanel`` should find: expected scores, in closed form.

A score is a rounded, clipped normal variable, so its expectation is a sum of normal probabilities;
nothing here is itself an estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from primum.core.study import StudyRanking
from primum.testing.simulated_panel import (
    DOUBLINGS,
    HARD_EVERY,
    HIGHEST,
    IS_MEDICAL,
    LOWEST,
    MODELS,
    NAMES,
    Floats,
    SimulatedPanel,
    panel_effects,
    planted_levels,
)

CLASS = "medical against general"
TUNING = "medical tuning of the same base"
LANGUAGE = "English against Japanese"
LANGUAGE_BY_CLASS = "English against Japanese, medical against general"
VIEW = "clinician against patient"
VIEW_BY_CLASS = "clinician against patient, medical against general"
DOSE = "size"
PEOPLE = "people against general models"
CONTRASTS = (
    CLASS,
    TUNING,
    LANGUAGE,
    LANGUAGE_BY_CLASS,
    VIEW,
    VIEW_BY_CLASS,
    DOSE,
    PEOPLE,
)


_EQUAL = 1e-9
"""Expected scores closer than this are equal."""


@dataclass(frozen=True, slots=True)
class PanelTruth:
    """Every planted figure, on further requests without end; scores are both-judge means."""

    contrasts: Mapping[str, float]
    """For further models like these."""
    contrasts_of_these: Mapping[str, float]
    """For these very models, with what chance gave each."""
    means: Mapping[str, float]
    """Model → its expected score, for these very models over the whole benchmark."""
    means_where_people_answered: Mapping[str, float]
    """Model or person → its expected score on the requests that people were asked."""

    @property
    def best(self) -> str:
        """The model with the highest expected score."""
        return max(self.means, key=lambda name: self.means[name])


def panel_truth(panel: SimulatedPanel) -> PanelTruth:
    """The truth of the panel."""
    planted = planted_levels(panel)
    within = (
        panel.spread_of_requests**2
        + panel.spread_of_translations**2
        + panel.spread_of_requests_by_model**2
        + panel.spread_of_answers**2
    )
    own = np.full(len(panel.members), panel.spread_of_models**2)
    own[len(MODELS) :] = panel.spread_of_people**2
    between = own + (panel.spread_of_languages**2 + panel.spread_of_views**2) / 4
    these = expected_scores(panel, planted + _chance(panel), np.full(own.shape, within))
    return PanelTruth(
        contrasts=_contrasts(panel, expected_scores(panel, planted, within + between)),
        contrasts_of_these=_contrasts(panel, these),
        means=dict(
            zip(
                NAMES, _benchmark_mean(these[: len(MODELS)]).mean(axis=(1, 2)).tolist(), strict=True
            )
        ),
        means_where_people_answered=dict(
            zip(panel.members, these[:, 1].mean(axis=(1, 2)).tolist(), strict=True)
        ),
    )


def false_orders(ranking: StudyRanking, truth: PanelTruth) -> list[tuple[str, str]]:
    """Pairs that the ranking tells apart the wrong way round, or that are equal."""
    return [
        (first.model, second.model)
        for place, first in enumerate(ranking.models)
        for second in ranking.models[place + 1 :]
        if not set(first.groups) & set(second.groups)
        and truth.means[first.model] <= truth.means[second.model] + _EQUAL
    ]


def ranks_hold(ranking: StudyRanking, truth: PanelTruth) -> bool:
    """Whether every model's true rank lies in its interval; equal models may have any of theirs."""
    for one in ranking.models:
        mean = truth.means[one.model]
        better = sum(other > mean + _EQUAL for other in truth.means.values())
        worse = sum(other < mean - _EQUAL for other in truth.means.values())
        if one.rank_low > len(truth.means) - worse or one.rank_high < better + 1:
            return False
    return True


def expected_scores(panel: SimulatedPanel, levels: Floats, variance: Floats) -> Floats:
    """Member × hardness × language × view: the mean of both judges over the turns.

    A whole score from 1 to 10 is 1 plus one for every half point from 1.5 that is passed, so its
    expectation is 1 + Σ P(level > k + ½).
    """
    steps = np.arange(LOWEST, HIGHEST) + 0.5
    total = np.zeros(levels.shape)
    for noise, bias in zip(panel.judge_noise, panel.judge_bias, strict=True):
        deviation = np.sqrt(variance + noise**2).reshape(-1, 1, 1, 1, 1, 1)
        total += LOWEST + ndtr((levels[..., None] + bias - steps) / deviation).sum(axis=-1)
    return np.asarray(total.mean(axis=-1) / 2)


def _chance(panel: SimulatedPanel) -> Floats:
    """Member × hardness × language × view × turn: what the members' own draws add."""
    effects, side = panel_effects(panel), np.array([-0.5, 0.5])
    return np.asarray(
        effects.own[:, None, None, None, None]
        + (np.outer(effects.language, side))[:, None, :, None, None]
        + (np.outer(effects.view, side))[:, None, None, :, None]
    )


def _benchmark_mean(table: Floats) -> Floats:
    """Member × language × view: over the benchmark, in which one request in three is hard."""
    return np.asarray(np.average(table, axis=1, weights=[1 - 1 / HARD_EVERY, 1 / HARD_EVERY]))


def _contrasts(panel: SimulatedPanel, table: Floats) -> dict[str, float]:
    cells = _benchmark_mean(table[: len(MODELS)])
    overall = cells.mean(axis=(1, 2))
    language = (cells[:, 1] - cells[:, 0]).mean(axis=1)
    view = (cells[:, :, 1] - cells[:, :, 0]).mean(axis=1)
    tuned = [index for index, model in enumerate(MODELS) if model.base]
    bases = [NAMES.index(MODELS[index].base) for index in tuned]
    found = {
        CLASS: _gap(overall),
        TUNING: float((overall[tuned] - overall[bases]).mean()),
        LANGUAGE: float(language.mean()),
        LANGUAGE_BY_CLASS: _gap(language),
        VIEW: float(view.mean()),
        VIEW_BY_CLASS: _gap(view),
        DOSE: _slope(overall),
    }
    if panel.people:
        answered = table[:, 1].mean(axis=(1, 2))
        general = answered[: len(MODELS)][~IS_MEDICAL]
        found[PEOPLE] = float(answered[len(MODELS) :].mean() - general.mean())
    return found


def _gap(values: Floats) -> float:
    return float(values[IS_MEDICAL].mean() - values[~IS_MEDICAL].mean())


def _slope(values: Floats) -> float:
    """Change per doubling of the size, within family."""
    families = np.array([model.family for model in MODELS])
    size, score = DOUBLINGS.copy(), values.copy()
    for family in np.unique(families):
        size[families == family] -= size[families == family].mean()
        score[families == family] -= score[families == family].mean()
    return float(size @ score / (size @ size))
