"""What a finished run says about one rule: a figure, its bounds, and what is missing.

Whatever is missing is counted against whoever would gain: the upper bound takes it at its greatest
possible value, the lower bound at its least. So no pass rests on a verdict that is not there, and
no fail does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.core.errors import UserError, shorten
from primum.core.gate import Side
from primum.core.summary import MetricKind
from primum.evaluation.layout import Codes
from primum.evaluation.metric import Observations
from primum.evaluation.score import Floats
from primum.gate.policy import LimitRule, Rule
from primum.gate.subject import Subject, limit_of, side_of
from primum.statistics.noninferiority import paired_bounds
from primum.statistics.one_sided import Bounds, needed_for_bound, one_sided_bounds

Key = tuple[str, int, int]
"""Item id, repeat and turn."""


class Filled(NamedTuple):
    """Observations of one side, and what they may be at least and at most."""

    values: Floats
    """NaN where missing."""
    least: Floats
    most: Floats

    def at(self, places: NDArray[np.int64]) -> Filled:
        """These places of it."""
        return Filled(*(column[places] for column in self))


class Pairs(NamedTuple):
    """The observations that both runs have."""

    baseline: Filled
    candidate: Filled
    clusters: Codes
    unpaired: int
    """Observations of either run that the other one was not asked for."""

    @property
    def share(self) -> float:
        """Of all observations of both runs, those that both have."""
        paired = self.candidate.values.size
        return paired / max(1, paired + self.unpaired)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A rule's figure in finished runs."""

    unit: MetricKind
    side: Side
    limit: float
    values: Floats
    """The figure is the mean of these; NaN where missing."""
    least: Floats
    most: Floats
    clusters: Codes
    ends: tuple[float, float]
    """Least and greatest possible value of an observation."""
    pairs: Pairs | None = None
    """Of a non-inferiority rule; ``values`` are then differences."""
    min_paired: float = 0.0
    """Share of both runs' observations that must be paired for a decision."""

    @property
    def n(self) -> int:
        """Observations that were scored."""
        return int((~np.isnan(self.values)).sum())

    @property
    def missing(self) -> int:
        """Observations that should have been scored and were not."""
        return self.values.size - self.n

    @property
    def estimate(self) -> float | None:
        """Over what was scored."""
        return float(np.nanmean(self.values)) if self.n else None

    @property
    def sides(self) -> tuple[float | None, float | None]:
        """Baseline and candidate over the pairs scored on both sides."""
        if self.pairs is None or not self.n:
            return None, None
        both = ~np.isnan(self.values)
        first, second = self.pairs.baseline.values[both], self.pairs.candidate.values[both]
        return float(first.mean()), float(second.mean())

    def low(self, level: float) -> Bounds:
        """The lower bound is its ``low``: missing ones count as the least."""
        if self.pairs is None:
            return self._bounds(self.least, level)
        return self._paired(self.pairs.baseline.most, self.pairs.candidate.least, level)

    def high(self, level: float) -> Bounds:
        """The upper bound is its ``high``: missing ones count as the greatest."""
        if self.pairs is None:
            return self._bounds(self.most, level)
        return self._paired(self.pairs.baseline.least, self.pairs.candidate.most, level)

    @property
    def worst(self) -> Floats:
        """The values with every missing one as bad as possible for the model."""
        return self.most if self.side == "at_most" else self.least

    @property
    def best(self) -> Floats:
        """The values with every missing one as good as possible for the model."""
        return self.least if self.side == "at_most" else self.most

    @property
    def is_paired_enough(self) -> bool:
        """Whether the runs have as much in common as the policy wants."""
        return self.pairs is None or self.pairs.share >= self.min_paired

    def is_good(self, value: float) -> bool:
        """Whether a true value there keeps the rule."""
        return value <= self.limit if self.side == "at_most" else value >= self.limit

    def is_passed(self, level: float) -> bool:
        """Whether the bound at that level lies on the good side of the limit."""
        if not self.is_paired_enough:
            return False
        bound = self.high(level).high if self.side == "at_most" else self.low(level).low
        return bound is not None and self.is_good(bound)

    def is_failed(self, level: float) -> bool:
        """Whether the opposite bound at that level lies beyond the limit."""
        if not self.is_paired_enough:
            return False
        bound = self.low(level).low if self.side == "at_most" else self.high(level).high
        return bound is not None and not self.is_good(bound)

    def needed(self, filled: Floats, level: float) -> int | None:
        """About how many observations would clear the limit if all were like ``filled``."""
        return needed_for_bound(
            self.unit if self.pairs is None else "mean",
            filled,
            clusters=self.clusters,
            limit=self.limit,
            low=self.ends[0],
            high=self.ends[1],
            level=level,
        )

    def _bounds(self, filled: Floats, level: float) -> Bounds:
        low, high = self.ends
        return one_sided_bounds(
            self.unit, filled, clusters=self.clusters, low=low, high=high, level=level
        )

    def _paired(self, first: Floats, second: Floats, level: float) -> Bounds:
        return paired_bounds(
            first,
            second,
            clusters=self.clusters,
            low=0.0,
            high=(self.ends[1] - self.ends[0]) / 2,
            level=level,
        )


def evidence_of(
    rule: Rule, subject: Subject, baseline: Subject | None, *, min_paired: float = 0.0
) -> Evidence:
    """What the runs say about the rule; it decides nothing where less than that share is paired.

    Raises:
        UserError: the runs cannot be paired, or were not judged alike.
    """
    if baseline is None:
        return evidence_on(rule, subject, None)
    refuse_unlike(rule, subject, baseline)
    found = evidence_on(rule, subject, indexed(baseline))
    if not found.values.size:
        raise UserError(
            f"The rule “{shorten(rule.shown_name)}” finds no request that both runs were asked "
            f"({subject.read.id} and baseline {baseline.read.id}). Give runs over the same items."
        )
    return replace(found, min_paired=min_paired)


class Indexed(NamedTuple):
    """A baseline's observations, to be found by item, repeat and turn."""

    place: dict[Key, int]
    filled: Filled


def indexed(baseline: Subject) -> Indexed:
    """The baseline made ready to be paired."""
    place = {key: number for number, key in enumerate(keys_of(baseline))}
    return Indexed(place, filled_of(baseline))


def evidence_on(rule: Rule, subject: Subject, baseline: Indexed | None) -> Evidence:
    """As ``evidence_of`` without its checks; it may hold nothing."""
    metric = subject.metric
    side, limit = side_of(rule, metric), limit_of(rule, metric)
    if isinstance(rule, LimitRule) or baseline is None:
        filled = filled_of(subject)
        clusters = subject.read.layout.item_cluster[subject.observations.item]
        ends = metric.low, metric.high
        return Evidence(metric.kind, side, limit, *filled, clusters, ends)
    pairs = pairs_of(subject, baseline)
    span = metric.high - metric.low
    return Evidence(
        metric.kind,
        side,
        limit,
        pairs.candidate.values - pairs.baseline.values,
        pairs.candidate.least - pairs.baseline.most,
        pairs.candidate.most - pairs.baseline.least,
        pairs.clusters,
        (-span, span),
        pairs,
    )


def filled_of(subject: Subject) -> Filled:
    """The observations with what the missing ones may be; missing turns bind a conversation."""
    metric, observed = subject.metric, subject.observations
    missing = np.isnan(observed.values)
    least = _or(observed.at_low, metric.low, missing)
    most = _or(observed.at_high, metric.high, missing)
    return Filled(
        observed.values,
        np.where(missing, least, observed.values),
        np.where(missing, most, observed.values),
    )


def pairs_of(subject: Subject, baseline: Indexed) -> Pairs:
    """Candidate and baseline on the items, repeats and turns that both have."""
    keys = keys_of(subject)
    place = baseline.place
    shared = [(place[key], number) for number, key in enumerate(keys) if key in place]
    first, second = np.array(shared, dtype=np.int64).reshape(-1, 2).T
    clusters = subject.read.layout.item_cluster[subject.observations.item][second]
    unpaired = len(keys) + len(place) - 2 * len(shared)
    return Pairs(baseline.filled.at(first), filled_of(subject).at(second), clusters, unpaired)


def keys_of(subject: Subject) -> list[Key]:
    """Item id, repeat and turn of each observation."""
    observed: Observations = subject.observations
    items = subject.read.layout.items
    return [
        (items[item].id, int(repeat), int(turn))
        for item, repeat, turn in zip(observed.item, observed.repeat, observed.turn, strict=True)
    ]


def refuse_unlike(rule: Rule, subject: Subject, baseline: Subject) -> None:
    """Refuse two runs whose figures differ for another reason than the model.

    Raises:
        UserError: with the reason.
    """
    name, metric = shorten(rule.shown_name), subject.metric
    if subject.read.id == baseline.read.id:
        raise UserError(
            f"The rule “{name}” compares run {subject.read.id} with itself. Name the run of the "
            "model as it was before with --baseline."
        )
    if baseline.metric.id != metric.id:
        raise UserError(
            f"The rule “{name}” finds “{metric.id}” in run {subject.read.id} and "
            f"“{baseline.metric.id}” in the baseline. Judge both alike, or name a judge."
        )
    if subject.read.settings != baseline.read.settings:
        raise UserError(
            f"The rule “{name}”: run {subject.read.id} and baseline {baseline.read.id} turn "
            "verdicts into numbers by different settings. Evaluate both under one protocol."
        )
    judges = {judge.name: judge for judge in baseline.read.facts.judges}
    for judge in subject.read.facts.judges:
        other = judges.get(judge.name)
        concerned = judge.scale.name == metric.scale and judge.name in metric.judge
        if concerned and other is not None and other.fingerprint != judge.fingerprint:
            raise UserError(
                f"The rule “{name}”: the judge “{shorten(judge.name)}” of run {subject.read.id} "
                f"is another version than that of baseline {baseline.read.id}. Run the older one "
                "again: answers are not asked twice, only the verdicts are."
            )


def _or(bound: Floats | None, end: float, missing: NDArray[np.bool_]) -> Floats:
    return np.full(missing.size, end) if bound is None else bound
