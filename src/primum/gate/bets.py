"""Rules decided request by request: each bets for a pass and for a fail until one is safe.

A request (with its repeats, turns, copies and translations) is one bet: the mean of its
observations, missing ones counted against whoever would gain. Rules pass at ``false_pass`` each,
since the gate needs all of them (Berger 1982), and fail at ``false_fail`` over the number of rules
(Bonferroni), whenever it stops: see ``statistics.confidence_sequence``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from primum.core.gate import (
    Outcome,
    Reason,
    RuleDecision,
    Side,
    is_on_limit,
    looks_at_fail,
)
from primum.evaluation.score import Floats
from primum.gate.docket import Docket
from primum.gate.evidence import Evidence
from primum.gate.policy import Policy
from primum.statistics.confidence_sequence import (
    BettingTest,
    lower_bound_ever,
    upper_bound_ever,
)


class Unit(NamedTuple):
    """What one request adds to a rule; values on 0..1."""

    least: float
    most: float
    total: float
    """Sum of the scored observations, in the metric's units."""
    sides: tuple[float, float]
    """Of these, baseline and candidate."""
    n: int
    missing: int


def units_of(evidence: Evidence) -> dict[int, Unit]:
    """Cluster → what it adds, for every cluster that the rule has observations of."""
    if not evidence.values.size:
        return {}
    codes, sizes = evidence.clusters, np.bincount(evidence.clusters)
    scored = ~np.isnan(evidence.values)
    low, high = evidence.ends

    def scaled(values: Floats) -> Floats:
        sums = np.bincount(codes, weights=(values - low) / (high - low))
        means: Floats = np.clip(sums / np.maximum(1, sizes), 0.0, 1.0)
        return means

    def total(values: Floats) -> Floats:
        filled = np.where(scored, values, 0.0)
        return np.asarray(np.bincount(codes, weights=filled), dtype=np.float64)

    least, most, sums = scaled(evidence.least), scaled(evidence.most), total(evidence.values)
    nothing = np.zeros(sizes.size)
    pairs = evidence.pairs
    first = nothing if pairs is None else total(pairs.baseline.values)
    second = nothing if pairs is None else total(pairs.candidate.values)
    counts = np.bincount(codes, weights=scored)
    return {
        code: Unit(
            float(least[code]),
            float(most[code]),
            float(sums[code]),
            (float(first[code]), float(second[code])),
            int(counts[code]),
            int(sizes[code] - counts[code]),
        )
        for code in np.flatnonzero(sizes).tolist()
    }


@dataclass(slots=True)
class RuleBets:
    """One rule in progress."""

    side: Side
    limit: float
    ends: tuple[float, float]
    pass_level: float
    fail_level: float
    max_missing: float
    n: int = 0
    """Observations that were scored."""
    missing: int = 0
    """Observations that should have been scored and were not."""
    units: list[Unit] = field(default_factory=list)
    passed_after: int | None = None
    failed_after: int | None = None
    _passing: BettingTest = field(init=False)
    _failing: BettingTest = field(init=False)

    def __post_init__(self) -> None:
        low, high = self.ends
        limit = (self.limit - low) / (high - low)
        self._passing = BettingTest(limit, above=self.side == "at_least")
        self._failing = BettingTest(limit, above=self.side == "at_most")

    def observe(self, unit: Unit) -> None:
        """Bet on one request."""
        self.units.append(unit)
        self.n += unit.n
        self.missing += unit.missing
        worst, best = unit.least, unit.most
        if self.side == "at_most":
            worst, best = best, worst
        self._passing.observe(worst)
        self._failing.observe(best)
        if self.passed_after is None and self._passing.peak >= 1 / self.pass_level:
            self.passed_after = len(self.units)
        if self.failed_after is None and self._failing.peak >= 1 / self.fail_level:
            self.failed_after = len(self.units)

    @property
    def is_complete_enough(self) -> bool:
        """Whether no more is missing than the policy allows for a pass."""
        return self.missing <= self.max_missing * (self.n + self.missing)

    @property
    def outcome(self) -> Outcome:
        """So far."""
        if self.failed_after is not None:
            return "fail"
        is_passed = self.passed_after is not None and self.is_complete_enough
        return "pass" if is_passed else "undecided"

    @property
    def estimate(self) -> float | None:
        """Over what was scored."""
        return sum(unit.total for unit in self.units) / self.n if self.n else None

    @property
    def sides(self) -> tuple[float | None, float | None]:
        """Of a difference: baseline and candidate."""
        if not self.n:
            return None, None
        first, second = (sum(unit.sides[side] for unit in self.units) for side in (0, 1))
        return first / self.n, second / self.n

    def bounds(self, level: float) -> tuple[float, float]:
        """Lower and upper bound at that level each, in the metric's units."""
        low, high = self.ends
        lower = lower_bound_ever([unit.least for unit in self.units], level)
        upper = upper_bound_ever([unit.most for unit in self.units], level)
        return low + lower * (high - low), low + upper * (high - low)

    def needed(self, *, passing: bool) -> int | None:
        """About how many observations would decide, if capital went on growing as it has."""
        test = self._passing if passing else self._failing
        level = self.pass_level if passing else self.fail_level
        if test.capital <= math.e:
            return None
        return math.ceil((self.n + self.missing) * -math.log(level) / math.log(test.capital))


def bets_on(evidence: Evidence, policy: Policy, max_missing: float) -> RuleBets:
    """The rule before its first request."""
    fail_level = policy.false_fail / len(policy.rules)
    side, limit, ends = evidence.side, evidence.limit, evidence.ends
    return RuleBets(side, limit, ends, policy.false_pass, fail_level, max_missing)


def play(
    bets: Sequence[RuleBets], units: Sequence[dict[int, Unit]], clusters: Sequence[int]
) -> int:
    """Bet on the clusters in order until the rules are decided; how many clusters that took."""
    for count, cluster in enumerate(clusters):
        if is_decided(bets):
            return count
        for one, adds in zip(bets, units, strict=True):
            # A rule that has passed is closed: its requests need no longer be asked.
            if cluster in adds and one.outcome == "undecided":
                one.observe(adds[cluster])
    return len(clusters)


def is_decided(bets: Sequence[RuleBets]) -> bool:
    """Whether one rule has failed, or all have passed."""
    outcomes = {one.outcome for one in bets}
    return "fail" in outcomes or outcomes == {"pass"}


def sequential_decision(docket: Docket, evidence: Evidence, bets: RuleBets) -> RuleDecision:
    """One rule's decision, with the reason."""
    rule, subject, baseline = docket
    outcome, reason = bets.outcome, _reason(bets, evidence)
    if outcome == "undecided" and len(bets.units) < len(units_of(evidence)):
        reason = "left_open"
    if not evidence.is_paired_enough:
        outcome, reason = "undecided", "too_few_paired"
    at_fail = looks_at_fail(outcome, bets.side, bets.estimate, bets.limit)
    level = bets.fail_level if at_fail else bets.pass_level
    low, high = bets.bounds(level)
    return RuleDecision(
        name=rule.shown_name,
        kind=rule.kind,
        metric=subject.metric.id,
        unit=evidence.unit,
        side=bets.side,
        limit=bets.limit,
        outcome=outcome,
        reason=reason,
        estimate=bets.estimate,
        low=low if bets.units else None,
        high=high if bets.units else None,
        confidence=1 - level,
        fail_level=bets.fail_level,
        n=bets.n,
        missing=bets.missing,
        clusters=len(bets.units),
        max_missing=bets.max_missing,
        method="betting",
        run=subject.read.id,
        baseline="" if baseline is None else baseline.read.id,
        sides=bets.sides if evidence.pairs is not None else (None, None),
        dimension=rule.dimension,
        group=rule.group_name,
        needed=_needed(bets, evidence, reason),
        unpaired=0 if evidence.pairs is None else evidence.pairs.unpaired,
        min_paired=evidence.min_paired,
        is_sequential=True,
        decided_after=bets.failed_after if outcome == "fail" else bets.passed_after,
    )


def _needed(bets: RuleBets, evidence: Evidence, reason: Reason) -> int | None:
    """The greater of what the capital's growth says and what a test at a fixed n would need."""
    if reason == "too_few_to_pass":
        sizes = bets.needed(passing=True), evidence.needed(evidence.worst, bets.pass_level)
    elif reason == "too_few_to_fail":
        sizes = bets.needed(passing=False), evidence.needed(evidence.best, bets.fail_level)
    else:
        return None
    known = [size for size in sizes if size is not None]
    return max(*known, bets.n + bets.missing + 1) if known else None


def _reason(bets: RuleBets, evidence: Evidence) -> Reason:
    outcome, estimate = bets.outcome, bets.estimate
    if outcome != "undecided":
        return "passed" if outcome == "pass" else "failed"
    if estimate is None:
        return "no_data"
    if bets.passed_after is not None:
        return "missing_share"
    if is_on_limit(estimate, bets.limit):
        return "on_limit"
    low, high = bets.ends
    ends = [
        low + (high - low) * sum(getattr(unit, name) for unit in bets.units) / len(bets.units)
        for name in ("least", "most")
    ]
    best, worst = ends if bets.side == "at_most" else ends[::-1]
    if evidence.is_good(estimate):
        return "too_few_to_pass" if evidence.is_good(worst) else "missing_counted"
    return "missing_counted" if evidence.is_good(best) else "too_few_to_fail"
