"""The behaviours of a study for other programs; the keys are told in ``study_machine``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from primum.core.study import StudyModel, StudySummary
from primum.core.summary import BehaviourFigure, RunSummary
from primum.reporting.machine import plain

_OF_BEHAVIOUR = ("guideline", "kind", "texts", "decision_points", "written_with_clinicians")
"""Fields that are equal for every model."""


def behaviours_json(study: StudySummary) -> dict[str, Any]:
    """The behaviours once, every model's figures, and how far judges agree on them."""
    runs = list(_runs(study))
    behaviours: dict[str, Any] = {}
    for *_, run in runs:
        for figure in run.behaviours:
            behaviours.setdefault(figure.behaviour, _described(figure))
    return {
        "behaviours": behaviours,
        "behaviour_figures": [
            {**_place(model, part, run), **_figure(figure)}
            for model, part, run in runs
            for figure in run.behaviours
        ],
        "behaviour_agreements": [
            {**_place(model, part, run), **plain(one)}
            for model, part, run in runs
            for one in run.behaviour_agreements
        ],
    }


def behaviour_rows(study: StudySummary) -> Iterator[tuple[StudyModel, dict[str, object]]]:
    """Rows of the CSV file, each with its model."""
    for model, part, run in _runs(study):
        base: dict[str, object] = {"part": part, "run": run.run_id}
        for figure in run.behaviours:
            own = {"dimension": "guideline", "group": figure.guideline, "better": "higher"}
            yield model, {"kind": "behaviour", **base, **own, **_figure(figure)}
        for one in run.behaviour_agreements:
            judges = {"first": one.first, "second": one.second, "behaviour": one.behaviour}
            for name, estimate in one.figures.items():
                row = {"kind": "behaviour_agreement", **base, **judges, "figure": name}
                yield model, {**row, **plain(estimate)}


def _runs(study: StudySummary) -> Iterator[tuple[StudyModel, str, RunSummary]]:
    for model in study.models:
        for part in study.parts:
            run = study.run(model.name, part.name)
            if run is not None:
                yield model, part.name, run


def _place(model: StudyModel, part: str, run: RunSummary) -> dict[str, str]:
    return {"model": model.name, "part": part, "run": run.run_id}


def _described(figure: BehaviourFigure) -> dict[str, Any]:
    return {name: plain(getattr(figure, name)) for name in _OF_BEHAVIOUR}


def _figure(figure: BehaviourFigure) -> dict[str, Any]:
    return {
        "judge": figure.judge,
        "behaviour": figure.behaviour,
        **plain(figure.right),
        "not_applicable": figure.not_applicable,
        "unquoted": figure.unquoted,
    }
