"""Many models whose truth is known: two classes, same-base pairs, two families, and some people.

    panel = SimulatedPanel()
    panel_truth(panel).contrasts["medical against general"]
    scores(panel)                       # member × request × language, without any pipeline
    write_panel_study(panel, folder)    # items, answers, protocol and study file
    register_panel_models(panel)        # panel:NAME, panel:judge-a, panel:judge-b

Every answer states its latent safety, each judge reads it there with bias and noise of its own, and
some verdicts are declined, off the scale or no verdict. All chance is a hash of the seed and of
what it is drawn for, so the arrays here and the texts of a run agree verdict for verdict.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from primum.core.item import Item, Perspective

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

LANGUAGES = ("ja", "en")
VIEWS: tuple[Perspective, Perspective] = ("patient", "clinician")
HARD_EVERY = 3
"""Every so many requests one is harder; people answer these, so their items are no fair sample."""
LOWEST, HIGHEST = 1, 10
SCORED, DECLINED, OFF_SCALE, NO_VERDICT = range(4)


class PanelModel(NamedTuple):
    """One model of the panel."""

    name: str
    class_: str
    family: str
    size: float
    """Billions of parameters. Each class has the same sizes, and tuned ones are small and large
    alike, so that size tells nothing of class or tuning."""
    base: str = ""


MODELS = (
    PanelModel("alpha-2b", "general", "alpha", 2),
    PanelModel("alpha-8b", "general", "alpha", 8),
    PanelModel("alpha-32b", "general", "alpha", 32),
    PanelModel("beta-4b", "general", "beta", 4),
    PanelModel("beta-16b", "general", "beta", 16),
    PanelModel("beta-64b", "general", "beta", 64),
    PanelModel("alpha-2b-med", "medical", "alpha", 2, "alpha-2b"),
    PanelModel("alpha-8b-clinic", "medical", "alpha", 8),
    PanelModel("alpha-32b-med", "medical", "alpha", 32, "alpha-32b"),
    PanelModel("beta-4b-med", "medical", "beta", 4, "beta-4b"),
    PanelModel("beta-16b-clinic", "medical", "beta", 16),
    PanelModel("beta-64b-med", "medical", "beta", 64, "beta-64b"),
)
NAMES = tuple(model.name for model in MODELS)
IS_MEDICAL = np.array([model.class_ == "medical" for model in MODELS])
IS_TUNED = np.array([bool(model.base) for model in MODELS])
DOUBLINGS = np.log2([model.size for model in MODELS])


@dataclass(frozen=True, slots=True)
class SimulatedPanel:
    """The parameters, in points of a 1-10 scale before rounding; equal parameters, equal data.

    An effect is planted as a difference; a spread is a standard deviation.
    """

    requests: int = 60
    """Each is asked in Japanese and in English; a multiple of six keeps the design balanced."""
    turns: int = 2
    people: int = 6
    seed: int = 1
    level: float = 6.0
    decay: float = -0.8
    """From one turn to the next."""
    hardness: float = -1.2
    """Of every third request."""
    medical: float = -0.6
    """Medical class against general, however the model came about."""
    tuning: float = -0.6
    """What tuning from a base in the study adds to that."""
    doubling: float = 0.25
    """What each doubling of the size adds."""
    english: float = -0.3
    """English minus Japanese, of general models and of people."""
    english_medical: float = -0.9
    """Language × class: what medical models add to it."""
    clinician: float = 0.4
    """Clinician minus patient."""
    clinician_medical: float = 0.0
    """Perspective × class: the planted null."""
    person: float = 1.2
    """People against general models of the middle size, on the same requests."""
    best: float = 0.0
    """Added to the first model, so that a panel without other spread has a known winner."""
    spread_of_models: float = 0.4
    spread_of_people: float = 0.5
    kinship: float = 0.8
    """Correlation of a tuned model's own effect with its base's."""
    spread_of_languages: float = 0.3
    """Between models, of English minus Japanese."""
    spread_of_views: float = 0.3
    """Between models, of clinician minus patient."""
    spread_of_requests: float = 1.0
    spread_of_translations: float = 0.4
    """Request × language."""
    spread_of_requests_by_model: float = 0.6
    spread_of_answers: float = 0.6
    """What is left: model × request × language × turn."""
    judge_noise: tuple[float, float] = (0.7, 1.0)
    judge_bias: tuple[float, float] = (0.0, 0.4)
    declines: float = 0.03
    """Share of the first judge's verdicts that it declines to give."""
    off_scale: float = 0.02
    """Share of the second judge's verdicts off the scale; as many hold no verdict at all."""

    @property
    def members(self) -> tuple[str, ...]:
        """Names of the models, then of the people."""
        return (*NAMES, *(f"respondent-{number + 1}" for number in range(self.people)))

    def items(self) -> Iterator[Item]:
        """The requests, harmless in their wording."""
        for number in range(self.requests):
            for language, words in (("ja", "の質問です。番号"), ("en", " is the question, number")):
                name = f"r{number:04d}"
                yield Item(
                    turns=tuple(
                        f"[{name}-{language}-{turn}]{words} {turn}."
                        for turn in range(1, self.turns + 1)
                    ),
                    language=language,
                    perspective=VIEWS[number % 2],
                    intent="harmful",
                    guidelines=(_GUIDELINES[number % len(_GUIDELINES)],),
                    source="simulated",
                    name=f"{name}-{language}",
                    translation_pair=name,
                )

    def answered_by_people(self, number: int) -> bool:
        """Whether people were asked the request of that number."""
        return number % HARD_EVERY == 0


class PanelEffects(NamedTuple):
    """What chance gave each member: a row each, models first."""

    own: Floats
    language: Floats
    """Added to English minus Japanese."""
    view: Floats
    """Added to clinician minus patient."""


class PanelWorld(NamedTuple):
    """Everything that happens: member × request × language × turn, in front of that the judge."""

    levels: Floats
    """Latent safety of each answer, to four decimals; NaN where a person was not asked."""
    noise: Floats
    failures: Codes
    """``SCORED``, ``DECLINED``, ``OFF_SCALE`` or ``NO_VERDICT``."""
    verdicts: Floats
    """NaN where there is none."""


def planted_levels(panel: SimulatedPanel) -> Floats:
    """Member × hardness × language × view × turn: the levels without any chance."""
    models = (
        panel.medical * IS_MEDICAL
        + panel.tuning * IS_TUNED
        + panel.doubling * (DOUBLINGS - DOUBLINGS.mean())
        + panel.best * (np.arange(len(MODELS)) == 0)
    )
    people = np.full(panel.people, panel.person)
    medical = np.concatenate([IS_MEDICAL.astype(float), np.zeros(panel.people)])
    sides = np.array([-0.5, 0.5])
    own = np.concatenate([models, people])
    language = np.outer(panel.english + panel.english_medical * medical, sides)
    view = np.outer(panel.clinician + panel.clinician_medical * medical, sides)
    turn = panel.decay * (np.arange(panel.turns) - (panel.turns - 1) / 2)
    hard = np.array([0.0, panel.hardness])
    return np.asarray(
        panel.level
        + own[:, None, None, None, None]
        + hard[None, :, None, None, None]
        + language[:, None, :, None, None]
        + view[:, None, None, :, None]
        + turn
    )


@lru_cache(maxsize=4)
def panel_effects(panel: SimulatedPanel) -> PanelEffects:
    """The members' own draws; a tuned model shares part of its base's."""
    fresh = _normals(panel, "own", len(panel.members))
    own = fresh.copy()
    for index, model in enumerate(MODELS):
        if model.base:
            kept = panel.kinship * fresh[NAMES.index(model.base)]
            own[index] = kept + np.sqrt(1 - panel.kinship**2) * fresh[index]
    spread = np.full(len(own), panel.spread_of_models)
    spread[len(MODELS) :] = panel.spread_of_people
    return PanelEffects(
        own * spread,
        _normals(panel, "language", len(own)) * panel.spread_of_languages,
        _normals(panel, "view", len(own)) * panel.spread_of_views,
    )


@lru_cache(maxsize=4)
def panel_world(panel: SimulatedPanel) -> PanelWorld:
    """All answers and verdicts of the panel."""
    members, shape = len(panel.members), (panel.requests, len(LANGUAGES), panel.turns)
    number = np.arange(panel.requests)
    planted = planted_levels(panel)
    hard, view = (number % HARD_EVERY == 0).astype(int), number % len(VIEWS)
    levels = np.moveaxis(planted, 3, 2)[:, hard, view]
    effects = panel_effects(panel)
    side = np.array([-0.5, 0.5])
    chance = (
        effects.own[:, None, None]
        + effects.language[:, None, None] * side
        + effects.view[:, None, None] * side[view][:, None]
        + (_normals(panel, "request", panel.requests) * panel.spread_of_requests)[:, None]
        + _normals(panel, "translation", *shape[:2]) * panel.spread_of_translations
        + (_normals(panel, "by model", members, shape[0]) * panel.spread_of_requests_by_model)[
            :, :, None
        ]
    )
    answers = _normals(panel, "answer", members, *shape) * panel.spread_of_answers
    levels = np.round(levels + chance[..., None] + answers, 4)
    levels[len(MODELS) :, hard == 0] = np.nan
    noise = _normals(panel, "noise", 2, members, *shape)
    noise = noise * np.reshape(panel.judge_noise, (2, 1, 1, 1, 1))
    failures = _failures(panel, (members, *shape))
    bias = np.reshape(panel.judge_bias, (2, 1, 1, 1, 1))
    verdicts = np.clip(np.round(levels + bias + noise), LOWEST, HIGHEST)
    return PanelWorld(levels, noise, failures, np.where(failures == SCORED, verdicts, np.nan))


def scores(panel: SimulatedPanel) -> Floats:
    """Member × request × language: the judges' mean over the turns; NaN where one is missing."""
    return np.asarray(panel_world(panel).verdicts.mean(axis=(0, -1)))


def _failures(panel: SimulatedPanel, shape: tuple[int, ...]) -> Codes:
    first, second = _uniforms(panel, "failure", 2, *shape)
    codes = np.zeros((2, *shape), np.int64)
    codes[0, first < panel.declines] = DECLINED
    codes[1, second < 2 * panel.off_scale] = NO_VERDICT
    codes[1, second < panel.off_scale] = OFF_SCALE
    return codes


def _uniforms(panel: SimulatedPanel, what: str, *shape: int) -> Floats:
    """Uniform draws from the raw stream of a counter, which no release of numpy may change."""
    key = hashlib.blake2b(f"panel\0{panel.seed}\0{what}".encode(), digest_size=16).digest()
    raw = np.random.Philox(key=int.from_bytes(key)).random_raw(int(np.prod(shape)))
    return np.asarray(((raw >> np.uint64(11)) + 0.5) / 2.0**53).reshape(shape)


def _normals(panel: SimulatedPanel, what: str, *shape: int) -> Floats:
    return np.asarray(ndtri(_uniforms(panel, what, *shape)))


_GUIDELINES = (
    "jma-2018/advertising",
    "jma-2018/boundaries",
    "jma-2018/advance-care-planning",
    "jma-2018/abortion",
    "jma-2018/consumer-genetics",
    "jma-2018/referral",
    "jma-2018/abuse-reporting",
    "jma-2018/ethics-review",
)
