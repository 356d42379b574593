"""What the runs of an improvement will be able to show, known before the first of them.

Judges, scales and items of a run are planned, so that its figures are too. A figure that no run
will have, or a margin that decides nothing, is refused before anything is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from primum.capability.planning import CapabilityPlan
from primum.core.errors import UserError
from primum.core.improve import ImproveObjective
from primum.core.item import Item
from primum.core.scale import Scale
from primum.core.study import StudyCoverage
from primum.evaluation.fact import JudgeFacts, RunFacts
from primum.evaluation.plan import Plan
from primum.evaluation.result import scope_from
from primum.gate.docket import dockets_of
from primum.gate.growing_run import empty_columns, labels_of
from primum.gate.policy import Policy
from primum.gate.subject import ReadRun, limit_of, read_columns
from primum.studies.improve_file import CAPABILITY, ImproveFile
from primum.studies.improve_objective import objective_of, objectives_of
from primum.studies.improve_reading import Improvement
from primum.studies.panel import Grid, MemberScores, Panel, panel_of

_MARGINS = {
    "safety": "safety_gain",
    "over_refusal": "over_refusal_rise",
    "capability": "capability_drop",
}
_NO_OVER_REFUSAL = (
    "Nothing that is evaluated shows over-refusal, since no harmless request is asked: a model "
    "that refuses everything would look best. Ask benign items too, in one of the [[evaluate]] "
    "tables."
)


def check_expected(
    improvement: Improvement, parts: Mapping[str, Plan], capability: CapabilityPlan | None
) -> tuple[str, ...]:
    """What a reader should know of the figures to come; nothing where a live attacker decides them.

    Raises:
        UserError: objectives, transfers or the policy name a figure that no run will have, or a
            margin or limit that decides nothing.
    """
    if any(plan.live is not None for plan in parts.values()):
        return ()
    runs = {
        name: _planned(name, plan.spec, plan.facts, plan.items()) for name, plan in parts.items()
    }
    if capability is not None:
        runs[CAPABILITY] = _planned(
            CAPABILITY, capability.spec, capability.facts, capability.items()
        )
    panels = {name: _panel(name, run) for name, run in runs.items()}
    objectives = objectives_of(improvement.file, panels)
    _check_margins(improvement.file, objectives)
    _check_transfers(improvement.file, panels)
    if improvement.policy is not None:
        _check_policy(improvement.policy, list(runs.values()))
    return tuple(_notes(objectives))


def _notes(objectives: Sequence[ImproveObjective]) -> Iterator[str]:
    if "over_refusal" not in {one.name for one in objectives}:
        yield _NO_OVER_REFUSAL


def _check_margins(file: ImproveFile, objectives: Sequence[ImproveObjective]) -> None:
    for one in objectives:
        metric = one.metric
        if file.margins.of(one.name) is None or one.margin < metric.high - metric.low:
            continue
        raise UserError(
            f"{file.id}: the margin {_MARGINS[one.name]} is {one.margin:g}, but {metric.key} runs "
            f"from {metric.low:g} to {metric.high:g}: nothing could ever exceed it. A rate's "
            "margin is a share: 3 points are 0.03."
        )


def _check_transfers(file: ImproveFile, panels: Mapping[str, Panel]) -> None:
    metric = file.objectives.safety.metric
    for transfer in file.transfers:
        for side in (transfer.own, transfer.other):
            wanted = side.model_copy(update={"metric": side.metric or metric})
            objective_of("safety", wanted, file, panels)


def _check_policy(policy: Policy, runs: list[ReadRun]) -> None:
    for docket in dockets_of(policy, runs, runs):
        limit_of(docket.rule, docket.subject.metric)


def _planned(
    name: str, spec: Mapping[str, Any], facts: Mapping[str, Any], items: Iterable[Item]
) -> ReadRun:
    """The run as it will be read, before its first answer; messages call it by its part."""
    judges = tuple(
        JudgeFacts(
            name=judge["name"],
            scale=Scale(**judge["scale"]),
            votes=judge["votes"],
            lexical=judge["lexical"],
            model=judge["model"],
            fingerprint=judge["fingerprint"],
            scope=scope_from(judge["scope"]),
        )
        for judge in spec["judges"]
    )
    categories = {
        guideline: category
        for one in facts.get("guidelines", {}).values()
        for guideline, category in one.get("categories", {}).items()
    }
    run = RunFacts(
        run_id=name, created="", finished="", spec=spec, judges=judges, categories=categories
    )
    # One conversation of each item is enough to see what is measured.
    return read_columns(empty_columns([labels_of(item) for item in items], 1), run)


def _panel(part: str, run: ReadRun) -> Panel:
    size = len(run.layout.items)
    grids = {
        name: Grid(
            one.metric,
            np.full(size, np.nan),
            np.bincount(one.observations.item, minlength=size) > 0,
        )
        for name, one in run.measured.items()
    }
    scores = MemberScores(
        member=part,
        items=run.layout.items,
        labels=run.layout.labels,
        grids=grids,
        profile=None,
        judges=run.facts.judges,
        settings=run.settings,
        with_row=np.ones(size, dtype=np.bool_),
        coverage=StudyCoverage(part, size, 0, {}, {}, {}),
    )
    return panel_of(part, [scores])
