r"""A study for other programs: JSON and CSV.

JSON, one object, written as ``machine`` has it. Top-level keys:

- ``schema``: ``primum-study-1``
- ``id``, ``titles``, ``fingerprint``, ``spec``, ``confidence``: the study and its resolved file
- ``command``: as it was typed
- ``models``, ``parts``: as ``core.study`` has them; a model's ``runs`` is part → run id
- ``measures``: each with its ``id``, ``part``, ``role`` and ``metric``
- ``estimates``: every figure of every model on these measures: ``model``, ``measure``, ``run``,
  ``dimension``, ``group`` and the fields of ``Estimate``
- ``turn_changes``: last turn minus first of each model: ``model``, ``measure`` and the contrast
- ``contrasts``: declared and exploratory ones, ``rankings``: every ranked model
- ``behaviours``: id → ``guideline``, ``kind``, ``texts``, ``decision_points``,
  ``written_with_clinicians``
- ``behaviour_figures``: share of answers that got one right: ``model``, ``part``, ``run``,
  ``judge``, ``behaviour``, ``not_applicable``, ``unquoted`` and the fields of ``Estimate``
- ``behaviour_agreements``: of two judges on one model's answers: ``model``, ``part``, ``run``,
  ``first``, ``second``, ``behaviour`` (empty: all together), ``figures``
- ``wording``: measures beside the wording and the source of the requests, over all models
- ``notices``: of the study
- ``runs``: run id → ``created``, ``finished``, ``items``, outcomes, ``usage``, ``notices``

CSV, long form, one figure a row, told apart by the column ``kind``: ``estimate``,
``turn_change``, ``rank``, ``contrast``, ``behaviour``, ``behaviour_agreement`` (``figure`` says
which), ``missing_verdicts`` and ``cost_usd``. Text that a spreadsheet would run as a formula is led
by an apostrophe, as ``machine`` has it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

from primum.core.study import StudyContrast, StudyMeasure, StudyModel, StudyRanking, StudySummary
from primum.core.summary import Cell, RunSummary
from primum.reporting.machine import csv_text, json_bytes, plain
from primum.reporting.study_machine_behaviours import behaviour_rows, behaviours_json

STUDY_SCHEMA = "primum-study-1"
STUDY_CSV_COLUMNS = (
    "kind",
    "model",
    "class",
    "is_person",
    "is_complete",
    "part",
    "run",
    "measure",
    "intent",
    "judge",
    "role",
    "better",
    "dimension",
    "group",
    "contrast",
    "contrast_kind",
    "is_declared",
    "factor",
    "first",
    "second",
    "across",
    "levels",
    "where",
    "value",
    "low",
    "high",
    "confidence",
    "n",
    "missing",
    "worst",
    "best",
    "clusters",
    "items",
    "units_first",
    "units_second",
    "p_value",
    "adjusted_p",
    "reach",
    "items_low",
    "items_high",
    "bootstrap_low",
    "bootstrap_high",
    "degrees_of_freedom",
    "rank",
    "rank_low",
    "rank_high",
    "best_probability",
    "letters",
    "behaviour",
    "figure",
    "not_applicable",
    "unquoted",
    "method",
)
CsvRow = dict[str, object]


def study_to_json(study: StudySummary) -> bytes:
    """The study as JSON, equal for equal studies."""
    whole = plain(study)
    whole["schema"] = STUDY_SCHEMA
    whole["measures"] = [{"id": one.id, **plain(one)} for one in study.measures]
    whole["estimates"] = [
        {"model": model.name, "measure": measure.id, "run": run.run_id, **_cell(cell)}
        for model, measure, run, cell in _cells(study)
    ]
    whole["turn_changes"] = [
        {"model": model.name, "measure": measure.id, **plain(change)}
        for model in study.models
        for measure in study.measures
        if (change := study.turn_change(model.name, measure.id)) is not None
    ]
    whole |= behaviours_json(study)
    whole["runs"] = {run_id: _run(run) for run_id, run in study.runs.items()}
    return json_bytes(whole)


def study_to_csv(study: StudySummary) -> str:
    """Every figure of the study, one row each."""
    return csv_text(_rows(study), STUDY_CSV_COLUMNS)


def _cells(
    study: StudySummary,
) -> Iterator[tuple[StudyModel, StudyMeasure, RunSummary, Cell]]:
    for model in study.models:
        for measure in study.measures:
            run = study.run(model.name, measure.part)
            for cell in run.cells if run else ():
                if run is not None and cell.metric == measure.metric.id:
                    yield model, measure, run, cell


def _cell(cell: Cell) -> dict[str, Any]:
    return {"dimension": cell.dimension, "group": cell.group, **plain(cell.estimate)}


def _run(run: RunSummary) -> dict[str, Any]:
    kept = (
        "created",
        "finished",
        "items",
        "conversations",
        "complete",
        "turns",
        "response_outcomes",
        "verdict_outcomes",
        "usage",
        "notices",
    )
    return {name: plain(getattr(run, name)) for name in kept}


def _rows(study: StudySummary) -> Iterator[CsvRow]:
    for model, measure, run, cell in _cells(study):
        yield {
            "kind": "estimate",
            **_model(model),
            **_measure(measure),
            "run": run.run_id,
            **_cell(cell),
        }
    for model in study.models:
        yield from _model_rows(study, model)
    for ranking in study.rankings:
        yield from _ranking(study, ranking)
    for contrast in study.contrasts:
        yield _contrast(study, contrast)
    for model, row in behaviour_rows(study):
        yield {**_model(model), **row}


def _model_rows(study: StudySummary, model: StudyModel) -> Iterator[CsvRow]:
    """Change over turns of every measure; missing verdicts and cost of every run."""
    for measure in study.measures:
        change = study.turn_change(model.name, measure.id)
        if change is not None:
            difference = change.difference
            yield {
                "kind": "turn_change",
                **_model(model),
                **_measure(measure),
                "first": change.first,
                "second": change.second,
                **plain(difference),
                "n": difference.pairs,
                "missing": difference.dropped,
                "adjusted_p": change.adjusted_p,
            }
    for part, run_id in model.runs.items():
        run = study.runs.get(run_id)
        if run is None:
            continue
        base = {**_model(model), "part": part, "run": run_id}
        coverage = next((one for one in model.coverage if one.part == part), None)
        for judge, outcomes in run.verdict_outcomes.items():
            total = sum(outcomes.values())
            lost = total - outcomes.get("scored", 0)
            if coverage is not None:  # Without what a person was free to leave out.
                total, lost = coverage.verdicts.get(judge, 0), coverage.missing.get(judge, 0)
            yield {"kind": "missing_verdicts", **base, "judge": judge, "value": lost, "n": total}
        if "cost_usd" in run.usage:
            yield {"kind": "cost_usd", **base, "value": run.usage["cost_usd"]}


def _ranking(study: StudySummary, ranking: StudyRanking) -> Iterator[CsvRow]:
    for one in ranking.models:
        yield {
            "kind": "rank",
            **_model(study.model(one.model)),
            **_measure(study.measure(ranking.measure)),
            **plain(one.estimate),
            "rank": one.rank,
            "rank_low": one.rank_low,
            "rank_high": one.rank_high,
            "best_probability": one.best_probability,
            "letters": one.groups,
            "items": ranking.items,
            "clusters": ranking.clusters,
            "method": ranking.method,
        }


def _contrast(study: StudySummary, one: StudyContrast) -> CsvRow:
    where = [f"{dimension}={level}" for dimension, level in (one.where or {}).items()]
    return {
        "kind": "contrast",
        **_measure(study.measure(one.measure)),
        "contrast": one.name,
        "contrast_kind": one.kind,
        "is_declared": str(one.is_declared).lower(),
        "factor": one.factor,
        "first": one.first,
        "second": one.second,
        "across": one.across,
        "levels": " ".join(one.levels),
        "where": " ".join(where),
        **dataclasses.asdict(one.difference),
        "adjusted_p": one.adjusted_p,
    }


def _model(model: StudyModel) -> CsvRow:
    return {
        "model": model.name,
        "class": model.labels.get("class", ""),
        "is_person": str(model.is_person).lower(),
        "is_complete": str(model.is_complete).lower(),
    }


def _measure(measure: StudyMeasure) -> CsvRow:
    metric = measure.metric
    return {
        "part": measure.part,
        "measure": metric.key,
        "intent": metric.intent,
        "judge": metric.judge,
        "role": measure.role,
        "better": metric.better or "",
    }
