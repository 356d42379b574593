"""Names of what a run measured, in the report's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from primum.core.summary import Contrast, Metric, RunSummary
from primum.reporting.catalogue import Catalogue
from primum.reporting.visible import brief, visible_line

_CONTRAST_DIMENSION = {"turn": "turn", "languages": "language", "twins": "intent"}


@dataclass(frozen=True, slots=True)
class Wording:
    """Turns keys of one summary (or of two that are compared) into words."""

    catalogue: Catalogue
    metrics: Mapping[str, Metric]
    guideline_titles: Mapping[str, Mapping[str, str]]
    names_judge: bool
    """Whether more than one judge gave figures, so that each figure must name its own."""
    confidence: float = 0.95
    """Level of the intervals, as far as the summary says; differences do not carry their own."""

    def metric(self, metric: Metric) -> str:
        """Label, items it is measured on, and the judge where there are several."""
        intent = self.catalogue.label("intent", metric.intent)
        return f"{self.measure(metric)} · {intent}{self._judge(metric)}"

    def measure(self, metric: Metric) -> str:
        """Label without the items."""
        return self.catalogue.label("metric", f"{metric.key}|{metric.intent}", metric.key)

    def metric_named(self, metric_id: str) -> str:
        """As ``metric``; an id that the summary lacks is shown as it is."""
        known = self.metrics.get(metric_id)
        return self.metric(known) if known else visible_line(metric_id)

    def note(self, metric: Metric) -> str:
        """One sentence on what the metric means; empty where the catalogue has none."""
        for key in (f"{metric.key}|{metric.intent}", metric.key):
            if self.catalogue.has("metric_note", key):
                return self.catalogue.text("metric_note", key)
        return ""

    def dimension(self, dimension: str) -> str:
        """Name of a breakdown."""
        return self.catalogue.label("dimension", dimension)

    def group(self, dimension: str, group: str) -> str:
        """Name of one group of a breakdown."""
        if dimension == "turn" and group.isdigit():
            return self.catalogue.ui("turn_n", n=group)
        if dimension == "guideline":
            return self.guideline(group)
        return brief(self.catalogue.label(dimension, group), 120)

    def guideline(self, guideline_id: str) -> str:
        """Short id and title of a guideline."""
        titles = self.guideline_titles.get(guideline_id, {})
        title = titles.get(self.catalogue.language) or titles.get("en", "")
        short = guideline_id.rsplit("/", 1)[-1] if title and self._one_set else guideline_id
        return brief(f"{short} {title}", 120)

    def side(self, contrast: Contrast, side: str) -> str:
        """Name of one side of a contrast: ``group`` or ``dimension:group``."""
        dimension, separator, group = side.partition(":")
        if separator and self.catalogue.has("dimension", dimension):
            return self.group(dimension, group)
        return self.group(_CONTRAST_DIMENSION.get(contrast.name, ""), side)

    def pair(self, contrast: Contrast) -> str:
        """``second minus first``; the group alone where both sides are the same group."""
        first, second = self.side(contrast, contrast.first), self.side(contrast, contrast.second)
        if first == second:
            return first
        return self.catalogue.text("contrast", "pair", first=first, second=second)

    @property
    def _one_set(self) -> bool:
        return len({guideline.rpartition("/")[0] for guideline in self.guideline_titles}) == 1

    def _judge(self, metric: Metric) -> str:
        return f" · {visible_line(metric.judge)}" if self.names_judge else ""


def wording_of(catalogue: Catalogue, summaries: Iterable[RunSummary]) -> Wording:
    """The wording of one summary, or of several that are shown together."""
    shown = tuple(summaries)
    metrics = {metric.id: metric for summary in shown for metric in summary.metrics}
    titles = {key: value for summary in shown for key, value in summary.guideline_titles.items()}
    judges = {metric.judge for metric in metrics.values()}
    levels = (cell.estimate.confidence for summary in shown for cell in summary.cells)
    return Wording(catalogue, metrics, titles, len(judges) > 1, next(levels, 0.95))


def leads(contrast: Contrast, metrics: Iterable[Metric]) -> bool:
    """Whether the contrast is of a metric that leads; one of an unknown metric does."""
    known = tuple(metrics)
    rest = {metric.id for metric in known} - {metric.id for metric in leading(known)}
    return contrast.metric not in rest


def leading(metrics: Iterable[Metric]) -> tuple[Metric, ...]:
    """The primary metrics, or all where none is marked."""
    known = tuple(metrics)
    return tuple(metric for metric in known if metric.primary) or known
