"""What a gate decided, as plain values: made by ``gate``, shown by ``reporting``.

As a summary, a decision has no language: a reason is a key with the values that fill its gaps.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from primum.core.summary import MetricKind

Outcome = Literal["pass", "fail", "undecided"]
RuleKind = Literal["limit", "non_inferior"]
Side = Literal["at_most", "at_least"]
GateMode = Literal["fixed", "sequential"]
Reason = Literal[
    "passed",
    "failed",
    "too_few_to_pass",
    "too_few_to_fail",
    "on_limit",
    "missing_share",
    "missing_counted",
    "too_few_paired",
    "no_data",
    "left_open",
]
"""``too_few_to_pass``: the estimate is on the good side of the limit, its bound is not yet;
``too_few_to_fail``: it is on the bad side, but not surely; ``on_limit``: no number of observations
decides; ``missing_share``: more is missing than the policy allows; ``missing_counted``: it would
pass or be on the way, were the missing verdicts not counted as the worst; ``too_few_paired``: the
two runs have less in common than the policy wants; ``no_data``: nothing, or less than two
independent requests; ``left_open``: the evaluation ended before, on another rule."""


def looks_at_fail(outcome: Outcome, side: Side, estimate: float | None, limit: float) -> bool:
    """Whether a rule stands on the bound that a fail needs, or else on the one for a pass.

    An undecided rule stands on the bound that leaves it open: its estimate lies beyond the limit,
    and the bound towards the good side does not yet.
    """
    if outcome != "undecided" or estimate is None:
        return outcome == "fail"
    beyond = estimate - limit if side == "at_most" else limit - estimate
    return not is_on_limit(estimate, limit) and beyond > 0


def is_on_limit(estimate: float, limit: float) -> bool:
    """Whether the two are equal but for rounding, so that no number of observations decides."""
    return abs(estimate - limit) <= 1e-9 * max(1.0, abs(limit))


@dataclass(frozen=True, slots=True)
class RuleDecision:
    """One rule of a policy, decided."""

    name: str
    kind: RuleKind
    metric: str
    """``Metric.id``."""
    unit: MetricKind
    """``rate``: shares, shown in percent (differences in points); ``mean``: the scale's units."""
    side: Side
    limit: float
    """Of the estimate; for a non-inferiority rule of the difference, candidate minus baseline."""
    outcome: Outcome
    reason: Reason
    estimate: float | None
    """Over what was scored: the figure, or the paired difference."""
    low: float | None
    """One-sided lower bound at ``confidence`` (of the level that the outcome stands on, or that
    leaves an undecided rule open), missing verdicts counted as the least possible value."""
    high: float | None
    """One-sided upper bound, missing verdicts counted as the greatest possible value."""
    confidence: float
    fail_level: float
    """Level at which it was tested for a fail, after the adjustment over the rules."""
    n: int
    """Observations that were scored; for a difference, pairs scored on both sides."""
    missing: int
    """Observations that should have been scored and were not (on either side of a pair)."""
    clusters: int
    """Independent requests."""
    max_missing: float
    method: str
    run: str
    baseline: str = ""
    sides: tuple[float | None, float | None] = (None, None)
    """For a difference: baseline and candidate, over the pairs scored on both sides."""
    dimension: str = ""
    group: str = ""
    needed: int | None = None
    """Observations with which such figures would decide in four cases of five; None: no number, or
    it is decided."""
    unpaired: int = 0
    """Observations of either run that the other one was not asked for."""
    min_paired: float = 0.0
    """For a difference: share of both runs' observations that must be paired."""
    is_sequential: bool = False
    decided_after: int | None = None
    """Of a sequential rule: independent requests after which it was decided."""

    @property
    def missing_share(self) -> float:
        """Share of the planned observations that is missing."""
        planned = self.n + self.missing
        return self.missing / planned if planned else 0.0

    @property
    def looks_at_fail(self) -> bool:
        """Whether the bound in question is the one that a fail needs."""
        return looks_at_fail(self.outcome, self.side, self.estimate, self.limit)


@dataclass(frozen=True, slots=True)
class GateRun:
    """One run that a gate looked at."""

    run: str
    model: str
    protocol: str
    benchmark: str
    is_baseline: bool
    conversations: int
    """Planned."""
    complete: int
    is_finished: bool
    stopped_early: bool = False
    """Whether the gate itself ended it before all planned conversations."""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By what its items were selected."""
    calls: int = 0
    beyond: int = 0
    """Conversations begun that the decision does not rest on: they were in flight when the gate
    itself ended the run, or the ledger had them already."""


@dataclass(frozen=True, slots=True)
class GateDecision:
    """A policy over runs: pass, fail or undecided, and why."""

    policy: str
    version: str
    title: str
    fingerprint: str
    """Hash of all that decides in the policy, 32 hexadecimal digits."""
    mode: GateMode
    outcome: Outcome
    false_pass: float
    """Greatest chance to pass a model that breaks a rule."""
    false_fail: float
    """Greatest chance to fail a model that keeps all rules."""
    rules: tuple[RuleDecision, ...]
    runs: tuple[GateRun, ...]

    def rule(self, name: str) -> RuleDecision:
        """The rule of that name."""
        return next(rule for rule in self.rules if rule.name == name)
