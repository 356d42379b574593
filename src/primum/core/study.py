"""What a study of several models found, as plain values: made by ``studies``.

A study is models × parts (a part is one protocol as this study runs it). Each pair has one run;
everything that concerns one run stays in its ``RunSummary``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from primum.core.estimate import Estimate
from primum.core.summary import Contrast, Metric, Notice, RunSummary

ContrastKind = Literal["groups", "pairs", "interaction", "within", "dose"]
MeasureRole = Literal["safety", "over_refusal", "capability", "groundedness", "other"]
Reach = Literal["models", "items"]
"""What an interval speaks for: ``models``: further models like these, on further items;
``items``: these very models, on further items."""


@dataclass(frozen=True, slots=True)
class CrossedDifference:
    """A contrast over models crossed with items: second side minus first."""

    value: float | None
    low: float | None
    high: float | None
    """Interval at ``reach``; None where too little varies for one."""
    p_value: float | None
    reach: Reach
    items: int
    """Items that bear on it: scored on both sides at least once."""
    clusters: int
    """Independent requests among them."""
    units_first: int
    """Models of the first side; of paired and within-model contrasts, the pairs or models."""
    units_second: int
    """Models of the second side; 0 for paired and within-model contrasts."""
    missing: int
    """Planned scores of these models on these items that are missing."""
    method: str
    degrees_of_freedom: float | None = None
    items_low: float | None = None
    """The interval for these very models, whatever ``reach`` is."""
    items_high: float | None = None
    bootstrap_low: float | None = None
    """Bootstrap over models and items, a second method beside the first."""
    bootstrap_high: float | None = None
    confidence: float = 0.95
    bound_low: float | None = None
    """The value if every planned score that is missing stood at the end of the scale that makes it
    smallest; None where nothing is missing, of a slope, and of pairs in which a model is a base
    and made from another."""
    bound_high: float | None = None
    """The same with the ends that make it largest."""
    bases: int | None = None
    """Of a slope: independent models among its units; those of one base count once."""
    families: int | None = None
    """Of a slope: families with models of two sizes."""


@dataclass(frozen=True, slots=True)
class StudyCoverage:
    """How much of one part a model was asked, and what is missing of that.

    Nobody asks a person to answer every item: an item that the person's file has no row for is not
    asked, and not missing. A row left blank is asked, and missing.
    """

    part: str
    items: int
    """Items of the part."""
    answered: int
    """Those for which a person wrote anything; of a model all."""
    verdicts: Mapping[str, int]
    """Judge → its planned verdicts on the items that were asked."""
    missing: Mapping[str, int]
    """Judge → those of them that are no score."""
    unanswered: Mapping[str, int]
    """``Metric.id`` → values that the run counts as missing, on items that were not asked."""


@dataclass(frozen=True, slots=True)
class StudyModel:
    """One model under one deployment profile, or one person, with its labels and its runs."""

    name: str
    """Unique in the study."""
    model: str
    """Who was asked, as a user names it."""
    labels: Mapping[str, str]
    """Factor → value: ``class``, ``family``, ``base``, ``profile``, ``languages`` or any own one;
    absent where the study says nothing."""
    size: float | None
    """Billions of parameters."""
    is_person: bool
    """Whether the answers were written by a person."""
    is_complete: bool
    """Whether every planned call of every run has an outcome."""
    reason: str
    """Why it is not complete; empty if it is."""
    runs: Mapping[str, str]
    """Part → run id; a part that could not begin is absent."""
    source: str = ""
    """Where the model can be had."""
    coverage: tuple[StudyCoverage, ...] = ()
    """One for each part that has a run."""


@dataclass(frozen=True, slots=True)
class StudyPart:
    """One protocol as this study runs it."""

    name: str
    """Unique in the study."""
    protocol: str
    titles: Mapping[str, str]
    benchmark: str
    items: int


@dataclass(frozen=True, slots=True)
class StudyMeasure:
    """One figure that every model has: a metric of a part."""

    part: str
    metric: Metric
    role: MeasureRole

    @property
    def id(self) -> str:
        """Unique in the study."""
        return f"{self.part}:{self.metric.id}"


@dataclass(frozen=True, slots=True)
class StudyContrast:
    """One comparison of models, second side minus first."""

    name: str
    """As declared; of an exploratory one, what it compares."""
    kind: ContrastKind
    measure: str
    """``StudyMeasure.id``."""
    is_declared: bool
    """Declared before the first call; else exploratory."""
    factor: str
    """The label that forms the sides: ``class``; empty for ``within``."""
    first: str
    """The group, the base, or the level that is subtracted."""
    second: str
    across: str
    """For ``interaction`` and ``within``: the dimension of the items, for example ``language``."""
    levels: tuple[str, ...]
    """Of ``across``: the two levels, second minus first; else empty."""
    models_first: tuple[str, ...]
    """Names of the models of each side; of ``within``, all models stand on the second side."""
    models_second: tuple[str, ...]
    difference: CrossedDifference
    adjusted_p: float | None = None
    """Holm-adjusted over all declared contrasts of the study; None for exploratory ones."""
    where: Mapping[str, str] | None = None
    """Dimension → level that the items were narrowed to."""
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class RankedModel:
    """One model's place among all."""

    model: str
    estimate: Estimate
    rank: int
    """By the estimate alone, from 1, best first; equal estimates share the smallest."""
    rank_low: int
    """Best rank that the data allow, jointly for all models at the study's confidence."""
    rank_high: int
    best_probability: float
    """Share of bootstrap resamples of the items in which it comes first; ties are split."""
    groups: str
    """Letters; two models that share one cannot be told apart."""


@dataclass(frozen=True, slots=True)
class StudyRanking:
    """The models on one measure, best first, with what is uncertain about the order."""

    measure: str
    models: tuple[RankedModel, ...]
    items: int
    clusters: int
    method: str
    notices: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class WordingSlope:
    """How a measure goes with one property of the requests, or with their source.

    ``value``, ``low``, ``high`` and ``p_value`` are adjusted; None where the requests cannot tell.
    """

    key: str
    """``words``, ``medical`` or another property; ``source`` for the difference of two sources."""
    step: float
    """The change of the measure is given per so much of the property."""
    first: str
    """Of ``source``: first minus second; else empty."""
    second: str
    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    adjusted_p: float | None
    """Holm-adjusted over the properties; None for sources."""
    plain_value: float | None
    """Adjusted for nothing, over the same requests."""
    plain_low: float | None
    plain_high: float | None
    joint_value: float | None
    """Also at equal values of the other properties."""
    joint_low: float | None
    joint_high: float | None
    n: int


@dataclass(frozen=True, slots=True)
class StudyWording:
    """One measure beside the wording and the source of the requests, over all models together."""

    measure: str
    """``StudyMeasure.id``."""
    language: str
    """Of the requests; others are left out."""
    models: int
    """Complete models; each request has one value, their mean."""
    items: int
    n: int
    """Requests that any of the models has a score on."""
    missing: int
    adjusted_for: tuple[str, ...]
    is_lexical: bool
    """Whether the score is of a screen that only looks for words."""
    slopes: tuple[WordingSlope, ...]
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class StudySummary:
    """All that a study's report shows."""

    id: str
    titles: Mapping[str, str]
    fingerprint: str
    """Of the resolved study file."""
    spec: Mapping[str, Any]
    """The resolved study file."""
    models: tuple[StudyModel, ...]
    parts: tuple[StudyPart, ...]
    measures: tuple[StudyMeasure, ...]
    runs: Mapping[str, RunSummary]
    """Run id → what that run found; without examples."""
    contrasts: tuple[StudyContrast, ...]
    """Declared ones first, in the order of the file."""
    rankings: tuple[StudyRanking, ...]
    notices: tuple[Notice, ...]
    confidence: float = 0.95
    command: str = ""
    """As it was typed; empty where that is not known."""
    wording: tuple[StudyWording, ...] = ()

    def model(self, name: str) -> StudyModel:
        """The model of that name."""
        return next(model for model in self.models if model.name == name)

    def measure(self, measure_id: str) -> StudyMeasure:
        """The measure of that id."""
        return next(measure for measure in self.measures if measure.id == measure_id)

    def run(self, model: str, part: str) -> RunSummary | None:
        """The model's run of that part; None where there is none."""
        return self.runs.get(self.model(model).runs.get(part, ""))

    def estimate(
        self, model: str, measure_id: str, dimension: str = "overall", group: str = "micro"
    ) -> Estimate | None:
        """One figure of one model; None where its run has no such cell."""
        measure = self.measure(measure_id)
        run = self.run(model, measure.part)
        if run is None:
            return None
        try:
            return run.estimate(measure.metric.id, dimension, group)
        except KeyError:
            return None

    def missing(self, model: str, measure_id: str) -> int:
        """Missing values of one figure, without what a person was not asked."""
        estimate = self.estimate(model, measure_id)
        if estimate is None:
            return 0
        measure = self.measure(measure_id)
        free = sum(
            one.unanswered.get(measure.metric.id, 0)
            for one in self.model(model).coverage
            if one.part == measure.part
        )
        return estimate.missing - free

    def turn_change(self, model: str, measure_id: str) -> Contrast | None:
        """Last turn minus first of the model's conversations; None where there is one turn only."""
        measure = self.measure(measure_id)
        run = self.run(model, measure.part)
        changes = [
            contrast
            for contrast in (run.contrasts if run is not None else ())
            if contrast.name == "turn"
            and contrast.metric == measure.metric.id
            and contrast.first == "1"
        ]
        return max(changes, key=lambda contrast: int(contrast.second), default=None)
