"""One profile on one part as series: every measure, occasion by occasion, with its p-values.

Everything is read from the ledger's runs; no model is asked. Which measures are watched is what a
study would compare: the leading ones, and over-refusal.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from primum.core.estimate import Estimate
from primum.core.study import StudyMeasure
from primum.core.summary import Metric, RunSummary
from primum.core.watch import PanelName, WatchGap, WatchPoint, WatchSeries
from primum.evaluation.layout import Codes, Mask, item_clusters
from primum.evaluation.result import read_run
from primum.evaluation.score import Floats
from primum.ledger.ledger import Ledger
from primum.ledger.record import Run
from primum.statistics.alarm import AlarmLevels, watch_over
from primum.statistics.exchangeable import Worse, newcomers_p, newest_p
from primum.statistics.unpaired import difference_of_estimates
from primum.studies.design import StudyMember
from primum.studies.panel import Panel, panel_of, scores_of_member
from primum.studies.panel_measure import measures_of
from primum.studies.study_file import ModelSettings
from primum.studies.watch_items import request_codes

NO_ESTIMATE = Estimate(None, None, None, 0, 0, None, None, "none")


@dataclass(frozen=True, slots=True)
class SeriesData:
    """One series before its alarms are known."""

    profile: str
    part: str
    panel: PanelName
    measure: StudyMeasure
    occasions: tuple[int, ...]
    """Numbers of the complete occasions, in order."""
    values: Floats
    """Items × occasions; NaN where missing or not asked."""
    asked: Mask
    """Items × occasions."""
    clusters: Codes
    estimates: Mapping[int, Estimate]
    last_run: RunSummary

    @property
    def metric(self) -> Metric:
        """What is measured."""
        return self.measure.metric

    @property
    def is_watched(self) -> bool:
        """Whether the measure has a bad end."""
        return self.metric.better is not None

    @property
    def worse(self) -> Worse:
        """Which end is the bad one."""
        return "higher" if self.metric.better == "lower" else "lower"

    @property
    def id(self) -> str:
        """Unique in the watch."""
        return f"{self.profile}/{self.part}/{self.panel}:{self.metric.id}"

    def places(self, segment: range) -> list[int]:
        """Columns of the occasions of a segment."""
        return [place for place, number in enumerate(self.occasions) if number in segment]

    def p_value(self, places: Sequence[int]) -> float | None:
        """Of the last of these occasions against the others."""
        if not self.is_watched or len(places) < 2:
            return None
        columns = list(places)
        if self.panel == "fixed":
            return newest_p(self.values[:, columns], clusters=self.clusters, worse=self.worse)
        kept = self.asked[:, columns].any(axis=1)
        values = np.nanmax(
            np.where(self.asked[:, columns], self.values[:, columns], -np.inf)[kept], axis=1
        )
        values = np.where(np.isfinite(values), values, np.nan)
        is_new = self.asked[kept][:, columns[-1]]
        if not is_new.any() or is_new.all():
            return None
        return newcomers_p(values, is_new, clusters=self.clusters[kept], worse=self.worse)


def read_series(
    profile: str, part: str, panel: PanelName, runs: Mapping[int, Run], ledger: Ledger
) -> list[SeriesData]:
    """Every measure of these runs; ``runs``: number of the occasion → its run."""
    if not runs:
        return []
    scored, summaries = [], dict[int, RunSummary]()
    for number, run in runs.items():
        evaluated = read_run(ledger, run, examples_per_group=0)
        summaries[number] = evaluated.summary
        scored.append(scores_of_member(_member(number), run, evaluated))
    whole = panel_of(part, scored)
    return [
        _series(profile, panel, measure, whole, summaries) for measure in measures_of(whole, ())
    ]


def series_of(
    data: SeriesData,
    segments: Sequence[range],
    levels: AlarmLevels,
    fixed: SeriesData | None = None,
) -> WatchSeries:
    """The series with p-values, evidence and rules; every segment begins anew.

    ``fixed``: of a rotating panel, the same measure on the fixed one.
    """
    points: list[WatchPoint] = []
    for segment in segments:
        places = data.places(segment)
        p_values = [data.p_value(places[: n + 1]) for n in range(len(places))]
        for place, step in zip(places, watch_over(p_values, levels), strict=True):
            number = data.occasions[place]
            points.append(
                WatchPoint(
                    number,
                    data.estimates.get(number, NO_ESTIMATE),
                    step.p_value,
                    step.evidence,
                    (
                        *(("sudden",) if step.is_sudden else ()),
                        *(("drift",) if step.is_drift else ()),
                    ),
                )
            )
    return WatchSeries(
        data.profile,
        data.part,
        data.panel,
        data.metric,
        data.measure.role,
        tuple(points),
        gaps=() if fixed is None else tuple(_gaps(fixed, data)),
    )


def _gaps(fixed: SeriesData, rotating: SeriesData) -> list[WatchGap]:
    return [
        WatchGap(number, *difference_of_estimates(fixed.estimates[number], estimate))
        for number, estimate in rotating.estimates.items()
        if number in fixed.estimates
    ]


def _series(
    profile: str,
    panel: PanelName,
    measure: StudyMeasure,
    whole: Panel,
    summaries: Mapping[int, RunSummary],
) -> SeriesData:
    grid = whole.grids[measure.metric.id]
    kept = np.flatnonzero(grid.planned.any(axis=0))
    items = [whole.items[place] for place in kept.tolist()]
    clusters = (
        item_clusters(items, "request")
        if panel == "fixed"
        else np.array(request_codes(items), dtype=np.int64)
    )
    return SeriesData(
        profile=profile,
        part=whole.part,
        panel=panel,
        measure=measure,
        occasions=tuple(summaries),
        values=grid.values[:, kept].T,
        asked=grid.planned[:, kept].T,
        clusters=clusters,
        estimates={
            number: _estimate(summary, measure.metric.id) for number, summary in summaries.items()
        },
        last_run=summaries[max(summaries)],
    )


def _estimate(summary: RunSummary, metric_id: str) -> Estimate:
    try:
        return summary.estimate(metric_id, "overall", "micro")
    except KeyError:
        return NO_ESTIMATE


def _member(number: int) -> StudyMember:
    """An occasion takes the place that a model has in a study's panel."""
    name = str(number)
    return StudyMember(
        name=name,
        settings=ModelSettings.model_validate({"name": name, "model": name}),
        model=name,
        labels={},
        size=None,
        is_person=False,
        source="",
    )
