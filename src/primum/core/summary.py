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
    """``overall`` (group ``micro`` or ``macro``), ``perspective``, ``guideline``, ``source``,
    ``language``, ``turn`` …"""
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
    """Full guideline id → {"en": title, "ja": title}."""

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
