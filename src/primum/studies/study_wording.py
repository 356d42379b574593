"""How the measures of a study go with the wording and the source of its requests.

All models are taken together: each request has one value, the mean over the models of what they
scored on it, so that thirty models take no longer than one. Where scores are missing, the mean is
that of an additive fit of models and requests; else a request that a weak model has no score on
would look better for that alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from primum.benchmarks.wording_outcome import OutcomeAssociations
from primum.core.item import INTENTS, Item
from primum.core.study import StudyMeasure, StudyWording, WordingSlope
from primum.evaluation.layout import Mask
from primum.evaluation.score import Floats
from primum.ledger.ledger import Ledger
from primum.statistics.regression import Association, Slope
from primum.studies.design import StudyMember
from primum.studies.panel import Panel
from primum.studies.wording_association import WordedRequest, associations_of, wording_values

LANGUAGE = "en"
"""Medical words are counted in English only."""
LEAST_REQUESTS = 20
_SWEEPS = 500
_CLOSE = 1e-9
_SCALES = ("harmfulness", "safety", "refusal")
"""The scale that leads, first of those that a part has."""


def wording_of_study(
    panels: Mapping[str, Panel],
    measures: Sequence[StudyMeasure],
    members: Sequence[StudyMember],
    ledger: Ledger,
) -> Iterator[StudyWording]:
    """For each part and intent its leading measure; nothing where its requests cannot tell."""
    complete = [one for one in members if one.is_complete and not one.is_person]
    for part, panel in panels.items():
        own = [one for one in complete if one.name in panel.members]
        leading = [
            measure
            for intent in INTENTS
            if (measure := _leading(measures, part, intent)) is not None
        ]
        if not own or not leading:
            continue
        items = _english(ledger, [one.runs[part] for one in own])
        for measure in leading:
            rows = _rows(panel, measure, own, items)
            if sum(not np.isnan(row.value) for row in rows) >= LEAST_REQUESTS:
                found = _found(panel, measure, rows, len(own))
                if any(slope.value is not None for slope in found.slopes):
                    yield found


def _leading(measures: Sequence[StudyMeasure], part: str, intent: str) -> StudyMeasure | None:
    """The first measure of the first scale that the part has for the intent."""
    own = [one for one in measures if one.part == part and one.metric.intent == intent]
    own = [one for one in own if one.metric.scale in _SCALES]
    own.sort(key=lambda one: (_SCALES.index(one.metric.scale), not one.metric.primary))
    return own[0] if own else None


def _english(ledger: Ledger, runs: Sequence[str]) -> dict[str, Item]:
    """Id → item, of the runs' items in English."""
    found: dict[str, Item] = {}
    for run in runs:
        found |= {item.id: item for item in ledger.run_items(run) if item.language == LANGUAGE}
    return found


def _rows(
    panel: Panel, measure: StudyMeasure, members: Sequence[StudyMember], items: Mapping[str, Item]
) -> list[WordedRequest]:
    """One row for each request that was put to all of these models."""
    grid = panel.grids[measure.metric.id]
    rows = panel.rows(member.name for member in members)
    means = _means(grid.values[rows])
    everywhere: Mask = np.all(grid.planned[rows], axis=0)
    return [
        WordedRequest("", item, float(means[place]), wording_values(items[item.id]))
        for place, item in enumerate(panel.items)
        if everywhere[place] and item.id in items
    ]


def _means(values: Floats) -> Floats:
    """The mean of each column over the rows, as if every row had all columns that any row has.

    Least squares of row plus column, by alternating between the two.
    """
    known = values[~np.isnan(values).all(axis=1)]
    scored = ~np.isnan(known)
    filled = np.where(scored, known, 0.0)
    counts = scored.sum(axis=0)
    of_row = np.zeros(len(known))
    of_column = np.zeros(values.shape[1])
    for _ in range(_SWEEPS):
        before = of_column
        of_column = np.where(scored, filled - of_row[:, None], 0).sum(axis=0) / np.maximum(
            counts, 1
        )
        of_row = np.where(scored, filled - of_column, 0).sum(axis=1) / scored.sum(axis=1)
        of_row -= of_row.mean() if of_row.size else 0.0
        if np.abs(of_column - before).max(initial=0.0) < _CLOSE:
            break
    return np.where(counts > 0, of_column, np.nan)


def _found(
    panel: Panel, measure: StudyMeasure, rows: Sequence[WordedRequest], models: int
) -> StudyWording:
    metric = measure.metric
    is_lexical = any(judge.lexical and judge.name == metric.judge for judge in panel.judges)
    found = associations_of(metric, rows, lexical=is_lexical, confidence=panel.settings.confidence)
    return StudyWording(
        measure=measure.id,
        language=LANGUAGE,
        models=models,
        items=found.items,
        n=found.n,
        missing=found.missing,
        adjusted_for=found.adjusted_for,
        is_lexical=is_lexical,
        slopes=tuple(_slopes(found)),
        confidence=found.confidence,
    )


def _slopes(found: OutcomeAssociations) -> Iterator[WordingSlope]:
    nothing = Slope(None, None, None)
    for one in found.associations:
        slope = _slope(
            one.key, one.step, one.alone, one.jointly.per_unit if one.jointly else nothing
        )
        yield replace(slope, adjusted_p=one.adjusted_p)
    for each in found.sources:
        slope = _slope("source", 1, each.alone, each.beside_wording.per_unit)
        yield replace(slope, first=each.first, second=each.second)


def _slope(key: str, step: float, alone: Association, joint: Slope) -> WordingSlope:
    return WordingSlope(
        key=key,
        step=step,
        first="",
        second="",
        value=alone.per_unit.value,
        low=alone.per_unit.low,
        high=alone.per_unit.high,
        p_value=alone.p_value,
        adjusted_p=None,
        plain_value=alone.unadjusted.per_unit.value,
        plain_low=alone.unadjusted.per_unit.low,
        plain_high=alone.unadjusted.per_unit.high,
        joint_value=joint.value,
        joint_low=joint.low,
        joint_high=joint.high,
        n=alone.n,
    )
