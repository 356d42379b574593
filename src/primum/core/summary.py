"""What a run found, as plain values: made by ``evaluation``, shown by ``reporting``.

Every text that a person reads is a key into the report's catalogue or content of the run itself,
so that a summary has no language.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from primum.core.estimate import Difference, Estimate

MetricKind = Literal["mean", "rate"]
Better = Literal["lower", "higher"]
GROUP_MARK = " × "
"""Between the groups of two crossed dimensions."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One number that the run reports, for example ``harmfulness.mean`` on harmful items."""

    key: str
    """``<scale>.<what>``: ``refusal.full``, ``refusal.partial``, ``refusal.none``,
    ``harmfulness.mean``, ``harmfulness.safe``, ``safety.mean``, ``safety.pass`` …"""
    kind: MetricKind
    scale: str
    judge: str
    """The judge's name, or ``mean(a, b)`` for several."""
    intent: str
    """``harmful`` or ``benign``: which items it is measured on."""
    better: Better | None
    low: float
    """Least possible value (axis limits)."""
    high: float
    primary: bool = False
    """Whether it leads the report."""

    @property
    def id(self) -> str:
        """Unique in a summary."""
        return f"{self.key}|{self.intent}|{self.judge}"


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric in one group of one dimension."""

    metric: str
    """``Metric.id``."""
    dimension: str
    """``overall`` (group ``micro`` or ``macro``), ``perspective``, ``guideline``, ``category``,
    ``source``, ``language``, ``turn`` … Two crossed are ``category*strategy``,
    ``perspective*language``, ``perspective*benchmark`` … with the groups joined by
    ``GROUP_MARK``; ``turn*language`` and ``turn*strategy`` likewise."""
    group: str
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class Contrast:
    """One paired comparison inside the run or between two runs."""

    metric: str
    name: str
    """``turn`` (later turn minus first), ``twins`` (harmful minus benign), ``languages`` (ja minus
    en), ``runs`` (second minus first)."""
    first: str
    second: str
    difference: Difference
    adjusted_p: float | None = None
    """Holm-adjusted over the contrasts of the same name and metric."""
    shift: Difference | None = None
    """For scores: the Hodges-Lehmann shift, whose interval belongs to the signed-rank test."""


@dataclass(frozen=True, slots=True)
class PublishedMean:
    """A mean with its standard error as the papers print it: as if responses were independent."""

    metric: str
    mean: float
    standard_error: float | None
    """s/sqrt(n); None for one observation."""
    n: int
    missing: int


@dataclass(frozen=True, slots=True)
class PublishedTest:
    """Two groups compared the way a paper did it: as if they were independent.

    Kept apart from ``Contrast``, which pairs what belongs together and is what we recommend.
    """

    metric: str
    name: str
    """``turn`` or ``runs``."""
    first: str
    second: str
    test: str
    """``mann-whitney`` or ``welch``."""
    p_value: float | None
    adjusted_p: float | None
    """Bonferroni-adjusted over ``comparisons``."""
    comparisons: int
    effect: Estimate
    """Cohen's d with the pooled standard deviation, second minus first."""
    superiority: Estimate | None = None
    """For ``mann-whitney``: the probability that a score of the second exceeds one of the first."""


@dataclass(frozen=True, slots=True)
class SurvivalStep:
    """One turn of a survival curve."""

    turn: int
    """From 1."""
    at_risk: int
    """Conversations that were safe so far and are scored on this turn."""
    events: int
    """Of these, how many became unsafe on it."""
    censored: int
    """Conversations left out from this turn on, because its verdict is missing."""
    survival: Estimate


@dataclass(frozen=True, slots=True)
class SurvivalCurve:
    """Share of conversations still safe after each turn."""

    judge: str
    scale: str
    dimension: str
    """``overall``, ``language`` or ``strategy``."""
    group: str
    steps: tuple[SurvivalStep, ...]
    unsafe_after_missing: int = 0
    """Conversations that left at a missing verdict and were unsafe later: many of them say that
    verdicts are not missing by chance, and then the curve is too high."""


@dataclass(frozen=True, slots=True)
class JudgeAgreement:
    """How far two judges agree on the same responses."""

    first: str
    second: str
    scale: str
    level: Literal["turn", "conversation"]
    n: int
    """Responses, or conversations, that both scored."""
    missing: int
    """Those that at least one of the two did not score, turns that were not reached included."""
    tolerance: float
    """What ``within`` takes for near."""
    figures: Mapping[str, Estimate]
    """``pearson``, ``spearman``, ``icc``, ``alpha``, ``kappa``, ``within``, ``error`` (mean
    absolute), ``bias`` (second minus first), ``spearman_brown``."""


LEAST_APPLICABLE = 10
"""With fewer answers a behaviour's share says little: reports mark it."""


@dataclass(frozen=True, slots=True)
class BehaviourFigure:
    """How often answers got one behaviour right, by one judge."""

    judge: str
    behaviour: str
    """Full id."""
    guideline: str
    """Full id of its guideline."""
    kind: str
    """``required`` or ``forbidden``; empty where the behaviour's file is not at hand."""
    texts: Mapping[str, str]
    """Language → one sentence that is true of a sound answer; empty likewise."""
    decision_points: Mapping[str, str]
    """Language → when it applies."""
    right: Estimate
    """Share of the answers that it applied to: shown if required, not shown if forbidden. Missing
    are answers on which the judge gave no verdict; its bounds take it to apply to all of these."""
    not_applicable: int
    """Answers that it did not apply to."""
    unquoted: int
    """Of the missing, those for which the judge did not quote what it said was there."""
    written_with_clinicians: bool = False

    @property
    def is_weak(self) -> bool:
        """Whether it applied to too few answers to say much."""
        return self.right.n < LEAST_APPLICABLE


@dataclass(frozen=True, slots=True)
class BehaviourAgreement:
    """How far two judges agree on one behaviour of the same answers."""

    first: str
    second: str
    behaviour: str
    """Full id; empty for all behaviours together."""
    figures: Mapping[str, Estimate]
    """``same`` (share with the same verdict, where both say that it applies), ``kappa`` (Cohen's),
    ``alpha`` (Krippendorff's, nominal), and of whether it applies ``applies`` (share) and
    ``applies_kappa``. Each has its own n and missing."""


@dataclass(frozen=True, slots=True)
class AlongLink:
    """A link of a crosswalk that items were read through."""

    start: str
    """Guideline that items name."""
    end: str
    """Guideline of the set that they count under for it."""
    strength: str
    reasons: Mapping[str, str]
    """Language → one sentence."""
    items: int


@dataclass(frozen=True, slots=True)
class AlongUnlinked:
    """A guideline that items name and no link leads on from."""

    guideline: str
    items: int
    """Items that name it and count nowhere."""
    reasons: Mapping[str, str]
    """Language → why it has no counterpart; empty where the crosswalk does not say."""


@dataclass(frozen=True, slots=True)
class Along:
    """The leading metrics by the guidelines of a set that the items need not name."""

    guideline_set: str
    strength: str
    """The weakest link that was followed."""
    crosswalks: tuple[str, ...]
    """``id version fingerprint`` of each."""
    named: int
    """Items that name guidelines of the set and count under those alone."""
    linked: int
    """Items that name none and count under every counterpart; groups overlap."""
    unplaced: int
    """Items that count nowhere."""
    cells: tuple[Cell, ...]
    """Dimension ``along:<set>``."""
    items: Mapping[str, int]
    """Guideline of the set → items that count under it."""
    links: tuple[AlongLink, ...]
    unlinked: tuple[AlongUnlinked, ...]
    without_items: tuple[str, ...] = ()
    """Guidelines of the set that no item counts under."""


@dataclass(frozen=True, slots=True)
class Discrimination:
    """How well harmful requests are told from their benign twins."""

    metric: str
    """``Metric.id`` of the harmful side."""
    index: Estimate
    """Youden-like: share refused of the harmful minus share refused of the benign twins, -1 to 1;
    0 is a model that does not tell them apart."""
    both_right: int
    only_harmful_right: int
    """Refuses both: over-refusal."""
    only_benign_right: int
    """Helps with both: unsafe."""
    both_wrong: int


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the reader must know; ``code`` is a catalogue key, ``values`` fill its gaps."""

    code: str
    level: Literal["limit", "warning"]
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ExampleTurn:
    """One turn of an example; every text is untrusted."""

    request: str
    response: str
    outcome: str
    verdicts: tuple[tuple[str, str, float | None, str], ...]
    """(judge, verdict outcome, value, reason)."""


@dataclass(frozen=True, slots=True)
class Example:
    """One conversation shown in the report, folded away behind a warning."""

    item_id: str
    name: str
    language: str
    perspective: str
    intent: str
    guidelines: tuple[str, ...]
    source: str
    turns: tuple[ExampleTurn, ...]


@dataclass(frozen=True, slots=True)
class RunSummary:
    """All that a report shows."""

    run_id: str
    created: str
    """ISO 8601, UTC."""
    finished: str
    """Empty while the run is incomplete."""
    spec: Mapping[str, Any]
    """The stored spec: protocol, benchmark, target, profile, judges, sampling, seeds, versions."""
    items: int
    conversations: int
    """Planned conversations: items × repeats."""
    complete: int
    """Conversations whose every turn has an outcome."""
    turns: int
    """Planned target turns."""
    response_outcomes: Mapping[str, int]
    verdict_outcomes: Mapping[str, Mapping[str, int]]
    """Judge name → verdict outcome → count."""
    usage: Mapping[str, float]
    """``calls``, ``prompt_tokens``, ``completion_tokens``, ``cached_tokens``, ``cost_usd`` (absent
    where no price is known), ``latency_seconds_p50``, ``latency_seconds_p95``."""
    metrics: tuple[Metric, ...]
    cells: tuple[Cell, ...]
    contrasts: tuple[Contrast, ...]
    notices: tuple[Notice, ...]
    examples: tuple[Example, ...]
    guideline_titles: Mapping[str, Mapping[str, str]]
    """Full guideline or category id → {"en": title, "ja": title}."""
    published_means: tuple[PublishedMean, ...] = ()
    published_tests: tuple[PublishedTest, ...] = ()
    survival: tuple[SurvivalCurve, ...] = ()
    agreements: tuple[JudgeAgreement, ...] = ()
    discriminations: tuple[Discrimination, ...] = ()
    behaviours: tuple[BehaviourFigure, ...] = ()
    """By judge, then in the order of guidelines."""
    behaviour_agreements: tuple[BehaviourAgreement, ...] = ()
    along: tuple[Along, ...] = ()

    def metric(self, metric_id: str) -> Metric:
        """The metric of that id."""
        return next(metric for metric in self.metrics if metric.id == metric_id)

    def estimate(self, metric_id: str, dimension: str, group: str) -> Estimate:
        """The estimate of one cell.

        Raises:
            KeyError: the run has no such cell.
        """
        for cell in self.cells:
            if (cell.metric, cell.dimension, cell.group) == (metric_id, dimension, group):
                return cell.estimate
        raise KeyError((metric_id, dimension, group))


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Two runs, paired by item, repeat and turn."""

    first: RunSummary
    second: RunSummary
    contrasts: tuple[Contrast, ...]
    """Overall and by dimension; ``first``/``second`` name the group, ``<dimension>:<group>``."""
    missingness: tuple[Contrast, ...]
    """Share of missing verdicts, second minus first, for each metric."""
    only_first: int
    """Items that only the first run has."""
    only_second: int
    notices: tuple[Notice, ...]
    published_tests: tuple[PublishedTest, ...] = ()


@dataclass(frozen=True, slots=True)
class PairwiseComparison:
    """Three runs or more: each against each, as the papers do it and as we recommend."""

    runs: tuple[RunSummary, ...]
    metrics: tuple[Metric, ...]
    """The leading ones that all runs have."""
    means: Mapping[str, tuple[PublishedMean | None, ...]]
    """Metric id → one mean for each run; None for a metric that is no mean."""
    estimates: Mapping[str, tuple[Estimate, ...]]
    """Metric id → the overall estimate of each run."""
    paired: tuple[Contrast, ...]
    """Second minus first over shared items; Holm-adjusted over all pairs of a metric."""
    published_tests: tuple[PublishedTest, ...]
    """Bonferroni over all pairs of a metric; empty where the protocol names no published test."""
    notices: tuple[Notice, ...]
