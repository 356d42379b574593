"""One profile on one part as series: every measure, occasion by occasion, with its p-values.

Everything is read from the ledger's runs; no model is asked. Which measures are watched is what a
study would compare: the leading ones, and over-refusal. Beside them stands, for the fixed panel,
whether verdicts are missing (``watch_missing``).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from primum.core.estimate import Estimate
from primum.core.summary import Metric, RunSummary
from primum.core.watch import PanelName, WatchGap, WatchPoint, WatchRole, WatchSeries
from primum.evaluation.layout import Codes, Mask, item_clusters
from primum.evaluation.result import read_run
from primum.evaluation.score import Floats
from primum.ledger.ledger import Ledger
from primum.ledger.record import Run
from primum.statistics.alarm import AlarmLevels, watch_over
from primum.statistics.estimate import estimate_of
from primum.statistics.exchangeable import Worse, newcomers_p, newest_p
from primum.statistics.unpaired import difference_of_estimates
from primum.studies.design import StudyMember
from primum.studies.panel import Grid, Panel, panel_of, scores_of_member
from primum.studies.panel_measure import measures_of
from primum.studies.study_file import ModelSettings
from primum.studies.watch_items import request_codes
from primum.studies.watch_missing import missing_grid

NO_ESTIMATE = Estimate(None, None, None, 0, 0, None, None, "none")


@dataclass(frozen=True, slots=True)
class SeriesData:
    """One series before its alarms are known."""

    profile: str
    part: str
    panel: PanelName
    metric: Metric
    role: WatchRole
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
    measures = measures_of(whole, ())
    found = [
        _series(
            _Place(profile, part, panel, measure.role),
            whole,
            whole.grids[measure.metric.id],
            summaries,
            [_estimate(one, measure.metric.id) for one in summaries.values()],
        )
        for measure in measures
    ]
    if panel == "fixed" and found:
        grid = missing_grid(whole, [measure.metric for measure in measures])
        place = _Place(profile, part, panel, "missing")
        found.append(_series(place, whole, grid, summaries, _shares(grid, whole)))
    return found


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
        data.role,
        tuple(points),
        gaps=() if fixed is None else tuple(_gaps(fixed, data)),
    )


def _gaps(fixed: SeriesData, rotating: SeriesData) -> list[WatchGap]:
    return [
        WatchGap(number, *difference_of_estimates(fixed.estimates[number], estimate))
        for number, estimate in rotating.estimates.items()
        if number in fixed.estimates
    ]


class _Place(NamedTuple):
    """Which series it is, beside its measure."""

    profile: str
    part: str
    panel: PanelName
    role: WatchRole


def _series(
    place: _Place,
    whole: Panel,
    grid: Grid,
    summaries: Mapping[int, RunSummary],
    estimates: Sequence[Estimate | None],
) -> SeriesData:
    kept = np.flatnonzero(grid.planned.any(axis=0))
    items = [whole.items[column] for column in kept.tolist()]
    clusters = (
        item_clusters(items, "request")
        if place.panel == "fixed"
        else np.array(request_codes(items), dtype=np.int64)
    )
    lost = [replace(NO_ESTIMATE, missing=int(row.sum())) for row in grid.planned]
    return SeriesData(
        profile=place.profile,
        part=place.part,
        panel=place.panel,
        metric=grid.metric,
        role=place.role,
        occasions=tuple(summaries),
        values=grid.values[:, kept].T,
        asked=grid.planned[:, kept].T,
        clusters=clusters,
        estimates=dict(
            zip(
                summaries,
                (own or none for own, none in zip(estimates, lost, strict=True)),
                strict=True,
            )
        ),
        last_run=summaries[max(summaries)],
    )


def _estimate(summary: RunSummary, metric_id: str) -> Estimate | None:
    try:
        return summary.estimate(metric_id, "overall", "micro")
    except KeyError:
        return None


def _shares(grid: Grid, whole: Panel) -> list[Estimate]:
    """Share of the asked items with a missing verdict, occasion by occasion."""
    return [
        estimate_of(
            "rate",
            values[planned],
            low=0,
            high=1,
            better="lower",
            clusters=whole.clusters[planned],
            confidence=whole.settings.confidence,
        )
        for values, planned in zip(grid.values, grid.planned, strict=True)
    ]


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
