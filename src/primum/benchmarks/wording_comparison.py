"""The wording of a benchmark's requests by group, and how two groups differ.

Groups are compared within guidelines where they share some: the difference is taken inside each
guideline and averaged with equal weights, so that a group that has more requests on, say, genetics
does not look more medical for it. A request, its copies (equal but for case and punctuation) and
its translations count as one draw.

    table = compare_wording(benchmark.items(), by="source")
    table.difference("medical", "gpt4", "llama2").adjusted
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.benchmarks.medical_lexicon import lexicon_for
from primum.benchmarks.wording import PROPERTIES, WordingProperty, wording_of
from primum.core.errors import UnknownNameError, UserError, shorten
from primum.core.estimate import Estimate
from primum.core.item import Item
from primum.statistics.cluster import Floats
from primum.statistics.estimate import estimate_of
from primum.statistics.interval import student_quantile
from primum.statistics.linearised import linearised_variance

MOST_PAIRED_GROUPS = 5
"""With more groups, each is compared with a reference only."""
_LEAST_IN_CELL = 2

DIMENSIONS: Mapping[str, Callable[[Item], str]] = MappingProxyType(
    {
        "source": lambda item: item.source,
        "perspective": lambda item: item.perspective,
        "intent": lambda item: item.intent,
        "language": lambda item: item.language,
        "split": lambda item: item.split,
        "guideline": lambda item: item.guidelines[0] if item.guidelines else "",
        "strategy": lambda item: item.strategy,
        "task": lambda item: item.task,
        "benchmark": lambda item: item.benchmark,
    }
)
"""What requests can be grouped by."""


@dataclass(frozen=True, slots=True)
class Change:
    """A difference with its interval; the limits are None where too little is there for one."""

    value: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class StratumChange:
    """The difference inside one guideline."""

    guideline: str
    change: Change
    n_first: int
    n_second: int


@dataclass(frozen=True, slots=True)
class GroupWording:
    """One property in one group."""

    group: str
    key: str
    """Of ``PROPERTIES``."""
    estimate: Estimate


@dataclass(frozen=True, slots=True)
class WordingDifference:
    """One property: first group minus second."""

    key: str
    first: str
    second: str
    plain: Change
    """Over all requests of the two groups."""
    adjusted: Change | None
    """The mean of the differences inside each guideline; None where the groups share none."""
    ratio: Change | None
    """First by second, of the means over those guidelines; None where either is 0."""
    by_guideline: tuple[StratumChange, ...]
    n_first: int
    n_second: int
    outside: int
    """Requests of guidelines that the two groups do not share; not in ``adjusted``."""


@dataclass(frozen=True, slots=True)
class WordingTable:
    """The wording of some requests, by group."""

    by: str
    items: int
    groups: Mapping[str, int]
    """Group → its requests."""
    figures: tuple[GroupWording, ...]
    differences: tuple[WordingDifference, ...]
    unmeasured_languages: tuple[str, ...]
    """Languages without a lexicon, whose requests have no share of medical words."""
    confidence: float = 0.95

    def estimate(self, key: str, group: str) -> Estimate:
        """One figure."""
        return next(f.estimate for f in self.figures if (f.key, f.group) == (key, group))

    def difference(self, key: str, first: str, second: str) -> WordingDifference:
        """One difference."""
        return next(
            d for d in self.differences if (d.key, d.first, d.second) == (key, first, second)
        )


@dataclass(frozen=True, slots=True)
class _Columns:
    group: NDArray[Any]
    guideline: NDArray[Any]
    request: NDArray[Any]
    """What counts as one draw: a request with its copies and translations."""
    values: Mapping[str, Floats]
    """Property → one value per item; NaN where it is not measured in the item's language."""


def compare_wording(
    items: Iterable[Item], by: str = "source", *, reference: str = "", confidence: float = 0.95
) -> WordingTable:
    """The wording by group, with every pair of groups compared, or each with the reference.

    Raises:
        UnknownNameError: no such dimension, or no item is in the reference group.
        UserError: there are no items.
    """
    if by not in DIMENSIONS:
        raise UnknownNameError("dimension", by, DIMENSIONS)
    languages: set[str] = set()
    columns = _columns(items, by, languages)
    if not columns.group.size:
        raise UserError("There is no request to measure: the benchmark has no items.")
    names, counts = np.unique(columns.group, return_counts=True)
    groups = {str(name): int(count) for name, count in zip(names, counts, strict=True)}
    if reference and reference not in groups:
        raise UnknownNameError(by, reference, groups)
    within = by != "guideline"
    return WordingTable(
        by=by,
        items=int(columns.group.size),
        groups=groups,
        figures=tuple(
            GroupWording(group, key, _estimate(columns, group, each, confidence))
            for group in groups
            for key, each in PROPERTIES.items()
        ),
        differences=tuple(
            found
            for first, second in _pairs(tuple(groups), reference)
            for key in PROPERTIES
            if (found := _difference(columns, _Question(key, first, second, confidence, within)))
        ),
        unmeasured_languages=tuple(sorted(each for each in languages if not lexicon_for(each))),
        confidence=confidence,
    )


def _columns(items: Iterable[Item], by: str, languages: set[str]) -> _Columns:
    group_of, guideline_of = DIMENSIONS[by], DIMENSIONS["guideline"]
    labels: list[tuple[str, str, str]] = []
    rows: list[list[float]] = []
    for item in items:
        wording = wording_of(item)
        found = (each.value(wording) for each in PROPERTIES.values())
        rows.append([math.nan if value is None else value for value in found])
        labels.append((shorten(group_of(item), 100), guideline_of(item), _draw(item)))
        languages.add(item.language)
    table = np.array(rows, dtype=np.float64).reshape(len(rows), len(PROPERTIES))
    group, guideline, request = np.array(labels, dtype=np.str_).reshape(len(rows), 3).T
    return _Columns(group, guideline, request, dict(zip(PROPERTIES, table.T, strict=True)))


def _draw(item: Item) -> str:
    return f"pair {item.translation_pair}" if item.translation_pair else item.fingerprint


def _pairs(groups: Sequence[str], reference: str) -> list[tuple[str, str]]:
    if reference:
        return [(group, reference) for group in groups if group != reference]
    return list(combinations(groups, 2)) if len(groups) <= MOST_PAIRED_GROUPS else []


def _estimate(columns: _Columns, group: str, each: WordingProperty, confidence: float) -> Estimate:
    values = columns.values[each.key]
    # Not measured in a language is not missing: nobody planned to.
    kept = (columns.group == group) & ~np.isnan(values)
    return estimate_of(
        each.kind,
        values[kept],
        low=0,
        high=each.high,
        clusters=columns.request[kept],
        confidence=confidence,
    )


class _Question(NamedTuple):
    key: str
    first: str
    second: str
    confidence: float
    within_guidelines: bool


def _difference(columns: _Columns, asked: _Question) -> WordingDifference | None:
    """First minus second; None where either group has no value."""
    values = columns.values[asked.key]
    kept = np.isin(columns.group, (asked.first, asked.second)) & ~np.isnan(values)
    rows = _Rows(
        values[kept],
        columns.group[kept] == asked.first,
        columns.guideline[kept],
        columns.request[kept],
    )
    if not rows.is_first.any() or rows.is_first.all():
        return None
    strata = _shared_strata(rows) if asked.within_guidelines else []
    inside = rows.where(np.isin(rows.guideline, strata))
    sides = inside.sides() if strata else None
    level = asked.confidence
    return WordingDifference(
        key=asked.key,
        first=asked.first,
        second=asked.second,
        plain=rows.as_one_stratum().sides().difference(rows.request, level),
        adjusted=None if sides is None else sides.difference(inside.request, level),
        ratio=None if sides is None else sides.ratio(inside.request, level),
        by_guideline=tuple(
            _stratum(stratum, rows.where(rows.guideline == stratum), level) for stratum in strata
        ),
        n_first=int(rows.is_first.sum()),
        n_second=int((~rows.is_first).sum()),
        outside=int(rows.values.size - inside.values.size),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """The measured requests of two groups."""

    values: Floats
    is_first: NDArray[np.bool_]
    guideline: NDArray[Any]
    request: NDArray[Any]

    def where(self, kept: NDArray[np.bool_]) -> _Rows:
        """Some of the rows."""
        return _Rows(
            self.values[kept], self.is_first[kept], self.guideline[kept], self.request[kept]
        )

    def as_one_stratum(self) -> _Rows:
        """The rows as if all were of one guideline."""
        return replace(self, guideline=np.zeros(self.values.size))

    def sides(self) -> _Sides:
        """Each group's unweighted mean over guidelines, of its means there.

        An observation of a cell of n adds (y - mean)/n/S, times √(n/(n-1)) so that clusters of one
        give the unbiased variance s²/n in small cells too.
        """
        codes = np.unique(self.guideline, return_inverse=True)[1]
        count = int(codes.max()) + 1
        means, influences = [], []
        for side in (self.is_first, ~self.is_first):
            sizes = np.bincount(codes[side], minlength=count).astype(np.float64)
            totals = np.bincount(codes[side], weights=self.values[side], minlength=count)
            share = np.sqrt(sizes / np.maximum(sizes - 1, 1)) / sizes / count
            left = (self.values - (totals / sizes)[codes]) * share[codes]
            influences.append(np.where(side, left, 0.0))
            means.append(float((totals / sizes).mean()))
        return _Sides(means[0], means[1], influences[0], influences[1])


def _shared_strata(rows: _Rows) -> list[str]:
    """Guidelines with at least two requests of either group."""
    return [
        str(each)
        for each in np.unique(rows.guideline)
        if all(
            int(((rows.guideline == each) & side).sum()) >= _LEAST_IN_CELL
            for side in (rows.is_first, ~rows.is_first)
        )
    ]


def _stratum(name: str, rows: _Rows, confidence: float) -> StratumChange:
    return StratumChange(
        name,
        rows.sides().difference(rows.request, confidence),
        n_first=int(rows.is_first.sum()),
        n_second=int((~rows.is_first).sum()),
    )


@dataclass(frozen=True, slots=True)
class _Sides:
    """Each side's mean over strata, and what every observation adds to either."""

    first: float
    second: float
    influence_first: Floats
    influence_second: Floats

    def difference(self, clusters: NDArray[Any], confidence: float) -> Change:
        """First minus second: the linearised variance, clustered, with Student's t."""
        value = self.first - self.second
        half = self._half_width((1.0, 1.0), clusters, confidence)
        return Change(value, *((None, None) if half is None else (value - half, value + half)))

    def ratio(self, clusters: NDArray[Any], confidence: float) -> Change | None:
        """First by second, its interval on the logarithmic scale (delta method)."""
        if self.first <= 0 or self.second <= 0:
            return None
        value = self.first / self.second
        half = self._half_width((1 / self.first, 1 / self.second), clusters, confidence)
        if half is None:
            return Change(value, None, None)
        return Change(value, value * math.exp(-half), value * math.exp(half))

    def _half_width(
        self, weights: tuple[float, float], clusters: NDArray[Any], confidence: float
    ) -> float | None:
        """None where a side does not vary: taking it for known would make the interval too narrow.

        So it is where none of few requests has a medical word.
        """
        if not (self.influence_first.any() and self.influence_second.any()):
            return None
        influence = weights[0] * self.influence_first - weights[1] * self.influence_second
        variance = linearised_variance(influence, clusters)
        if not variance.value:
            return None
        return student_quantile(variance.degrees_of_freedom, confidence) * math.sqrt(variance.value)
