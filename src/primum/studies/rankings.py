"""The models of a study in order, one ranking for each leading measure.

Estimates are of the item means, as everywhere in a study; where items have different numbers of
turns they can differ a little from a run's own figure, which counts every turn once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from primum.core.digest import digest
from primum.core.study import StudyMeasure, StudyRanking
from primum.core.summary import Metric, MetricKind, Notice
from primum.evaluation.score import Floats
from primum.statistics.ranking import rank_models
from primum.studies.contrasts_question import TWO
from primum.studies.design import StudyMember
from primum.studies.panel import Panel
from primum.studies.study_notices import in_reading_order, left_out

RANKED_ROLES = ("safety", "over_refusal", "capability", "groundedness")


def rankings_of(
    measures: Sequence[StudyMeasure],
    panels: Mapping[str, Panel],
    members: Sequence[StudyMember],
    *,
    seed: int,
    confidence: float,
) -> list[StudyRanking]:
    """One for each leading measure that at least two complete models have.

    People are not ranked: they are no candidates.
    """
    rankings = (
        _ranking(measure, panels[measure.part], members, seed=seed, confidence=confidence)
        for measure in measures
        if measure.role in RANKED_ROLES
    )
    return [ranking for ranking in rankings if ranking is not None]


def _ranking(
    measure: StudyMeasure,
    panel: Panel,
    members: Sequence[StudyMember],
    *,
    seed: int,
    confidence: float,
) -> StudyRanking | None:
    metric = measure.metric
    present = set(panel.members)
    models = [member for member in members if not member.is_person and member.takes(panel.part)]
    names = [member.name for member in models if member.is_complete and member.name in present]
    if len(names) < TWO or metric.better is None:
        return None
    grid, rows = panel.grids[metric.id], panel.rows(names)
    kept = grid.planned[rows].any(axis=0)
    scores = grid.values[rows][:, kept]
    mark = digest("ranking-1", panel.part, metric.id)
    found = rank_models(
        scores,
        names,
        panel.clusters[kept],
        kind=_kind(metric, scores),
        low=metric.low,
        high=metric.high,
        better=metric.better,
        generator=np.random.default_rng([seed % 2**32, int.from_bytes(mark[:8], "little")]),
        planned=grid.planned[rows][:, kept],
        confidence=confidence,
    )
    if len(found.models) < TWO:
        return None
    incomplete = [member.name for member in models if not member.is_complete]
    return StudyRanking(
        measure=measure.id,
        models=found.models,
        items=found.items,
        clusters=found.clusters,
        method=found.method,
        notices=in_reading_order([*left_out(incomplete), *_people(members, panel)]),
    )


def _kind(metric: Metric, scores: Floats) -> MetricKind:
    """A rate, unless several turns or repeats made shares of it."""
    scored = scores[~np.isnan(scores)]
    return "mean" if not np.isin(scored, (0.0, 1.0)).all() else metric.kind


def _people(members: Sequence[StudyMember], panel: Panel) -> Iterator[Notice]:
    count = sum(member.is_person and member.name in panel.members for member in members)
    if count:
        yield Notice("study-people-not-ranked", "limit", {"count": str(count)})
