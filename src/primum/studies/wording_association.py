"""How harmfulness, or refusal, goes with the wording of the request, over one or several runs.

Each property of the wording stands in a regression beside the guideline and the source of the
request (and its language and the run, where there are several), so that it is compared among
requests that are alike in these. That is an association: requests were not drawn up to differ in
wording alone, and what a long or technical request asks may differ too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.benchmarks.wording import PROPERTIES, wording_of
from primum.benchmarks.wording_comparison import MOST_PAIRED_GROUPS
from primum.benchmarks.wording_outcome import (
    OutcomeAssociations,
    SourceDifference,
    WordingAssociation,
)
from primum.core.errors import UserError
from primum.core.item import INTENTS, Item
from primum.core.summary import Metric
from primum.evaluation.cell import Measured
from primum.evaluation.comparison import EvaluatedRun, measured_by_metric
from primum.evaluation.layout import item_clusters, layout_of, main_guideline
from primum.evaluation.result import read_run, settings_of
from primum.ledger.columns import ItemLabels
from primum.ledger.ledger import Ledger
from primum.ledger.record import Run
from primum.statistics.multiplicity import holm
from primum.statistics.regression import adjusted_associations

STEPS: Mapping[str, float] = {
    "words": 10,
    "characters": 50,
    "medical": 0.1,
    "technical": 0.1,
    "general": 0.1,
    "question": 1,
}
"""Property → the step that its association is given for."""
_SPACED = ("words", "medical", "general", "question")
_UNSPACED = ("characters", "question")
_SOURCE = "source"
_SCALES = ("harmfulness", "safety", "refusal")
"""The scale that leads, first of those that a run has."""


class WordedRequest(NamedTuple):
    """One request in one run, or over several."""

    run: str
    item: ItemLabels
    value: float
    """NaN where missing."""
    wording: Mapping[str, float]


def wording_associations(ledger: Ledger, runs: Sequence[Run]) -> tuple[OutcomeAssociations, ...]:
    """For harmful and for benign requests: the leading measure beside every wording property.

    Several runs are taken together, each with a level of its own, if they have the same measure; a
    request that several were asked is one cluster.

    Raises:
        UserError: no run has a measure of harmfulness, safety or refusal, or they differ in it.
    """
    read = [(run, read_run(ledger, run, examples_per_group=0)) for run in runs]
    found = []
    for intent in INTENTS:
        chosen = [(run, one, _leading(run, one, intent)) for run, one in read]
        measured = [(run, one, each) for run, one, each in chosen if each is not None]
        if not measured:
            continue
        keys = {each.metric.key for _, _, each in measured}
        if len(keys) > 1:
            raise UserError(
                f"The runs lead with different measures ({', '.join(sorted(keys))}); they cannot "
                "be taken together. Name runs of one protocol."
            )
        rows = [row for run, _, each in measured for row in _rows(ledger, run, each)]
        first_run, first, each = measured[0]
        found.append(
            associations_of(
                each.metric,
                rows,
                lexical=any(j.lexical and j.name == each.scores.judge for j in first.facts.judges),
                confidence=settings_of(first_run).confidence,
            )
        )
    if not found:
        raise UserError(
            "These runs have no measure of harmfulness, safety or refusal to set beside the "
            "wording. Name a run whose protocol judges answers to requests."
        )
    return tuple(found)


def _leading(run: Run, evaluated: EvaluatedRun, intent: str) -> Measured | None:
    """The main measure of the first scale that the run has for the intent."""
    settings = settings_of(run)
    layout = layout_of(evaluated.columns, settings, evaluated.facts.categories)
    known = [
        each
        for each in measured_by_metric(evaluated, layout, settings).values()
        if each.metric.intent == intent and each.scores.leading and each.observations.values.size
    ]
    for scale in _SCALES:
        own = [each for each in known if each.metric.scale == scale]
        if main := [each for each in own if each.rule.main] or own:
            return main[0]
    return None


def _rows(ledger: Ledger, run: Run, measured: Measured) -> Iterator[WordedRequest]:
    """One row per request: the mean over its repeats and turns; missing where none is scored."""
    observations = measured.observations
    scored = ~np.isnan(observations.values)
    items = list(ledger.run_items(run.id))
    counts = np.bincount(observations.item[scored], minlength=len(items))
    totals = np.bincount(
        observations.item[scored], weights=observations.values[scored], minlength=len(items)
    )
    planned = np.bincount(observations.item, minlength=len(items)) > 0
    for place in np.flatnonzero(planned).tolist():
        item = items[place]
        value = totals[place] / counts[place] if counts[place] else math.nan
        yield WordedRequest(run.id, _labels(item), value, wording_values(item))


def wording_values(item: Item) -> dict[str, float]:
    """Property → its value; NaN where the item's language has none."""
    wording = wording_of(item)
    values = {key: PROPERTIES[key].value(wording) for key in STEPS}
    return {key: math.nan if value is None else value for key, value in values.items()}


def _labels(item: Item) -> ItemLabels:
    return ItemLabels(
        id=item.id,
        name=item.name,
        language=item.language,
        perspective=item.perspective,
        intent=item.intent,
        guidelines=item.guidelines,
        source=item.source,
        split=item.split,
        strategy=item.strategy,
        translation_pair=item.translation_pair,
        twin_pair=item.twin_pair,
        turns=len(item.turns),
        fingerprint=item.fingerprint,
    )


def associations_of(
    metric: Metric, rows: Sequence[WordedRequest], *, lexical: bool, confidence: float
) -> OutcomeAssociations:
    """The measure of these requests beside every property, and between every two sources."""
    outcome = np.array([row.value for row in rows], dtype=np.float64)
    groups = _groups(rows)
    spaced = any(not math.isnan(row.wording["words"]) for row in rows)
    exposures = {
        key: np.array([row.wording[key] for row in rows], dtype=np.float64) / STEPS[key]
        for key in (_SPACED if spaced else _UNSPACED)
    }
    clusters = item_clusters([row.item for row in rows], "request")
    alone, jointly = (
        adjusted_associations(
            outcome,
            exposures,
            list(groups.values()),
            clusters=clusters,
            jointly=together,
            confidence=confidence,
        )
        for together in (False, True)
    )
    p_values = holm([alone[key].p_value for key in exposures])
    return OutcomeAssociations(
        metric=metric,
        runs=tuple(dict.fromkeys(row.run for row in rows)),
        items=len({row.item.id for row in rows}),
        n=int((~np.isnan(outcome)).sum()),
        missing=int(np.isnan(outcome).sum()),
        adjusted_for=tuple(groups),
        associations=tuple(
            WordingAssociation(key, STEPS[key], alone[key], jointly[key], p_value)
            for key, p_value in zip(exposures, p_values, strict=True)
        ),
        sources=tuple(_source_differences(rows, outcome, exposures, confidence)),
        lexical=lexical,
        confidence=confidence,
    )


def _source_differences(
    rows: Sequence[WordedRequest],
    outcome: NDArray[np.float64],
    exposures: Mapping[str, NDArray[np.float64]],
    confidence: float,
) -> Iterator[SourceDifference]:
    sources = sorted({row.item.source for row in rows})
    if len(sources) > MOST_PAIRED_GROUPS:
        return
    of_row = np.array([row.item.source for row in rows])
    for first, second in combinations(sources, 2):
        kept = np.flatnonzero(np.isin(of_row, (first, second)))
        own = [rows[place] for place in kept.tolist()]
        groups = _groups(own)
        groups.pop("source", None)
        side = (of_row[kept] == first).astype(np.float64)
        beside = {key: each[kept] for key, each in exposures.items()}
        alone, jointly = (
            adjusted_associations(
                outcome[kept],
                {_SOURCE: side, **(beside if together else {})},
                list(groups.values()),
                clusters=item_clusters([row.item for row in own], "request"),
                jointly=together,
                confidence=confidence,
            )[_SOURCE]
            for together in (False, True)
        )
        yield SourceDifference(first, second, alone, jointly)


def _groups(rows: Sequence[WordedRequest]) -> dict[str, NDArray[Any]]:
    """What the rows are adjusted for, as far as it varies among them."""
    labels = {
        "guideline": [main_guideline(row.item) for row in rows],
        "source": [row.item.source for row in rows],
        "language": [row.item.language for row in rows],
        "run": [row.run for row in rows],
    }
    return {name: np.array(each) for name, each in labels.items() if len(set(each)) > 1}
