"""What an attempt to make a model safer found, as plain values: made by ``studies``.

A *point* is one way to tune (method, data mix, size, updates); a *candidate* groups points; every
point and seed is one adapter. The baseline is the model as it was. Every text that a person reads
is a key into the report's catalogue or content of the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from primum.core.gate import GateDecision, Outcome
from primum.core.summary import Metric

ObjectiveName = Literal["safety", "over_refusal", "capability"]
"""``safety``: harmful requests; ``over_refusal``: harmless ones; ``capability``: questions with
right answers."""
EstimateReach = Literal["seeds", "items"]
"""What an interval speaks for: ``seeds``: further seeds and further items; ``items``: these very
adapters, on further items."""
Signature = Literal["no_further_gain", "capability_drop", "seed_variance", "over_refusal_rise"]
"""``no_further_gain``: harmfulness no longer falls as the data grow; ``capability_drop``: it falls
by more than its margin; ``seed_variance``: the seeds scatter too much for their number;
``over_refusal_rise``: harmless requests are refused more by more than the margin."""
FindingOutcome = Literal["found", "not_found", "cannot_tell"]
Declared = Literal["before", "after", "not_known"]
"""When objectives, margins and policy were noted in the ledger: before or after the first tuned
model answered; ``not_known``: none has answered, or there is no ledger."""


@dataclass(frozen=True, slots=True)
class SeedValue:
    """One adapter's own figure; its interval speaks for that adapter on further items."""

    seed: int
    value: float | None
    low: float | None = None
    high: float | None = None
    items: int = 0
    """Scored."""
    clusters: int = 0
    """Independent requests among them."""
    missing: int = 0


@dataclass(frozen=True, slots=True)
class ImproveEstimate:
    """A figure of a point, or a paired difference, over its seeds."""

    value: float | None
    low: float | None
    high: float | None
    reach: EstimateReach
    seeds: int
    items: int
    """Scored in every adapter that it is about, or in any for a level."""
    clusters: int
    """Independent requests among them."""
    missing: int
    """Planned scores of these adapters (and the baseline) that are missing."""
    by_seed: tuple[SeedValue, ...] = ()
    seed_deviation: float | None = None
    """Standard deviation between seeds, the noise of single answers taken off; None for one."""
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class ImproveObjective:
    """One axis of the picture."""

    name: ObjectiveName
    part: str
    metric: Metric
    group: str
    """``dimension:group``; empty for all items."""
    margin: float
    """What is too small to matter, in the metric's units."""

    @property
    def sign(self) -> int:
        """1 where higher is better, -1 where lower is."""
        return -1 if self.metric.better == "lower" else 1


@dataclass(frozen=True, slots=True)
class ImproveAdapter:
    """One point under one seed."""

    seed: int
    id: str
    """Of the tuning; empty where it never ended."""
    folder: str
    runs: Mapping[str, str]
    """Part → run id."""
    gate: GateDecision | None = None
    final_loss: float | None = None
    seconds: float | None = None
    """Of training."""
    trained_on: int | None = None
    """Demonstrations, or pairs, that it was trained on."""
    cut: int | None = None
    """Of them, cut at the longest length."""
    unpaired: int | None = None
    """Of preference tuning: demonstrations left out for want of a rejected answer."""
    reason: str = ""
    """Why it is not complete."""


@dataclass(frozen=True, slots=True)
class ImprovePoint:
    """One way to tune, over its seeds; or the baseline."""

    name: str
    candidate: str
    """Empty for the baseline."""
    values: Mapping[str, float]
    """Axis of the grid → its value."""
    method: str
    demonstrations: int
    harmful: int
    benign: int
    updates: int
    epochs: float
    adapters: tuple[ImproveAdapter, ...]
    """Empty for the baseline."""
    levels: Mapping[ObjectiveName, ImproveEstimate]
    gains: Mapping[ObjectiveName, ImproveEstimate]
    """Point minus baseline, in the metric's units; empty for the baseline."""
    dominated_by: tuple[str, ...] = ()
    """Points whose figures are at least as good throughout, and better in one."""
    front_chance: float | None = None
    """How often no other point dominated it when items and seeds were drawn anew."""
    gate: Outcome | None = None
    """Over its adapters: pass if all pass, fail if any fails."""

    @property
    def is_complete(self) -> bool:
        """Whether every seed was tuned and measured."""
        return all(not adapter.reason for adapter in self.adapters)


@dataclass(frozen=True, slots=True)
class LearningCurve:
    """Points that differ in one axis alone."""

    axis: Literal["size", "updates"]
    candidate: str
    beside: Mapping[str, float]
    """The other axes, and the values that they have here."""
    points: tuple[str, ...]
    """Names, in the axis' order."""
    at: tuple[float, ...]
    """The axis' value at each of them."""
    also_varies: tuple[str, ...] = ()
    """``updates`` or ``epochs``: what changes along with the axis, so that the two cannot be told
    apart."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One failure signature looked for in one place."""

    signature: Signature
    objective: ObjectiveName
    point: str
    against: str
    """What it was set against: another point, or the baseline; empty for ``seed_variance``."""
    outcome: FindingOutcome
    value: float | None
    """The further gain, the drop, the rise, or the half width that the seeds alone make; towards
    better for a gain, towards worse for a drop or rise."""
    low: float | None
    """Of its interval, as ``high``: of ``seed_variance``, too."""
    high: float | None
    margin: float
    level: float | None = None
    """Of ``no_further_gain``: the figure at the larger size."""
    needed_items: int | None = None
    """With which such figures would be told in four cases of five, at these seeds; None: no number,
    or it is told."""
    needed_seeds: int | None = None
    """The same, at these items; of ``seed_variance``: with which they would not be found."""
    is_on_margin: bool = False
    """Whether the figure is so near to the margin that no number of items is named."""
    seeds: int = 0
    items: int = 0
    """What it rests on, as in ``ImproveEstimate``."""
    clusters: int = 0
    missing: int = 0
    confidence: float = 0.95


@dataclass(frozen=True, slots=True)
class NotLookedFor:
    """A signature, a curve or a transfer that the report is silent about, and why."""

    what: Literal[
        "no_further_gain",
        "capability_drop",
        "seed_variance",
        "over_refusal_rise",
        "curve_size",
        "curve_updates",
        "transfer",
    ]
    why: str
    """A catalogue key."""
    name: str = ""
    """Of a transfer."""


@dataclass(frozen=True, slots=True)
class TransferGain:
    """A gain on requests like those tuned on, and on others: positive is better than before."""

    name: str
    point: str
    own: str
    """Part, or part and group."""
    other: str
    own_gain: ImproveEstimate
    other_gain: ImproveEstimate
    ratio: float | None
    """Other over own; None where the own gain is not surely above zero."""
    ratio_low: float | None
    ratio_high: float | None


@dataclass(frozen=True, slots=True)
class Reason:
    """One sentence; ``code`` is a catalogue key, ``values`` fill its gaps."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recommendation:
    """Which point to take, or none, and why."""

    point: str
    """Empty for none."""
    seed: int | None
    adapter: str
    """Its folder; empty for none."""
    rule: Literal["gate", "margins"]
    """What a point must keep: the policy, or without one the margins."""
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class ImproveNotice:
    """Something the reader must know; ``code`` is a catalogue key."""

    code: str
    level: Literal["limit", "warning"]
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImproveSummary:
    """All that an improvement's report shows."""

    id: str
    titles: Mapping[str, str]
    model: str
    spec: Mapping[str, Any]
    """The file as it was read."""
    seeds: tuple[int, ...]
    parts: Mapping[str, Mapping[str, str]]
    """Part → its title by language."""
    baseline_runs: Mapping[str, str]
    """Part → run id."""
    objectives: tuple[ImproveObjective, ...]
    baseline: ImprovePoint
    points: tuple[ImprovePoint, ...]
    """In the order of the file."""
    curves: tuple[LearningCurve, ...]
    findings: tuple[Finding, ...]
    transfers: tuple[TransferGain, ...]
    recommendation: Recommendation
    not_looked_for: tuple[NotLookedFor, ...] = ()
    declared: Declared = "not_known"
    policy: str = ""
    """Title, id and version of the gate's policy; empty without one."""
    notices: tuple[ImproveNotice, ...] = ()
    confidence: float = 0.95
    resamples: int = 0
    licences: tuple[str, ...] = ()
    """Of what the adapters were made from, each once."""
    command: str = ""
    version: str = ""
    """Of Primum."""

    @property
    def looks(self) -> int:
        """In how many places a failure was looked for."""
        return len(self.findings)

    def point(self, name: str) -> ImprovePoint:
        """The point of that name; the baseline's own is found as well."""
        return next(point for point in (self.baseline, *self.points) if point.name == name)

    def objective(self, name: ObjectiveName) -> ImproveObjective | None:
        """The objective of that name, if the improvement has it."""
        return next((one for one in self.objectives if one.name == name), None)
