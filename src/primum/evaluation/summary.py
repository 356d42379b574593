"""A run's columns in, all that a report shows out.

    summary = summarise(columns, run=facts, settings=SummarySettings())
    summary.estimate("refusal.full|harmful|refusal-screen", "overall", "micro")

It knows neither the ledger nor the models: the caller brings the columns, the facts of the run and
the texts of the examples. What an observation is, is said in ``metric.py``; what missing means, in
``score.py``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from primum.core.item import INTENTS
from primum.core.summary import Cell, Contrast, Example, RunSummary
from primum.evaluation.along import Reading, along
from primum.evaluation.as_published import published_means, turn_tests
from primum.evaluation.behaviour_profile import (
    BehaviourSets,
    behaviour_agreements,
    behaviour_figures,
    judge_profiles,
)
from primum.evaluation.cell import Measured, cells_of, measure
from primum.evaluation.contrast import language_contrasts, turn_contrasts, twin_contrasts
from primum.evaluation.fact import RunFacts
from primum.evaluation.judge_agreement import agreements
from primum.evaluation.layout import RunLayout, layout_of
from primum.evaluation.metric import rules_for
from primum.evaluation.notice import notices_of
from primum.evaluation.score import Scores, scores_of
from primum.evaluation.setting import SummarySettings
from primum.evaluation.survival import survival_curves
from primum.evaluation.twin_discrimination import discriminations
from primum.ledger.columns import RunColumns

NOT_REACHED = "not_reached"
"""Shown for a planned turn without an outcome."""


def summarise(
    columns: RunColumns,
    *,
    run: RunFacts,
    settings: SummarySettings | None = None,
    guideline_titles: Mapping[str, Mapping[str, str]] | None = None,
    examples: Sequence[Example] = (),
    behaviours: BehaviourSets | None = None,
    readings: Sequence[Reading] = (),
) -> RunSummary:
    """Everything that the run found, with intervals, missing verdicts, contrasts and notices.

    Args:
        columns: the run.
        run: what the columns do not say of it.
        settings: how verdicts become numbers.
        guideline_titles: full id → language → title.
        examples: conversations to show.
        behaviours: what the judges of behaviours were asked about.
        readings: the guideline sets to read the run along.

    Raises:
        UserError: no item of the run can be read along one of the sets.
        ScaleMismatchError: the settings combine judges of different scales.
        UnknownNameError: the settings combine a judge that the run does not have.
    """
    settings = settings or SummarySettings()
    layout = layout_of(columns, settings, run.categories)
    scores = scores_of(columns, run, settings)
    measured = measure_all(scores, layout, settings)
    metrics = tuple(one.metric for one in measured)
    cells: list[Cell] = []
    for one in measured:
        cells.extend(cells_of(one, layout, settings))
    profiles = judge_profiles(columns, run, layout, settings, behaviours or {})
    responses = Counter(outcome or NOT_REACHED for outcome in columns.outcome)
    complete = _complete(columns, layout)
    return RunSummary(
        run_id=run.run_id,
        created=run.created,
        finished=run.finished,
        spec=run.spec,
        items=len(columns.items),
        conversations=int(layout.starts.size),
        complete=complete,
        turns=len(columns.item),
        response_outcomes=dict(responses),
        verdict_outcomes={
            judge.name: _verdict_outcomes(columns, judge.name) for judge in run.judges
        },
        usage=_usage(columns, run),
        metrics=metrics,
        cells=tuple(cells),
        contrasts=tuple(_contrasts(measured, layout, settings)),
        notices=notices_of(
            run,
            layout,
            scores,
            metrics=metrics,
            cells=cells,
            response_outcomes=responses,
            complete=complete,
        ),
        examples=tuple(examples),
        guideline_titles=dict(guideline_titles or {}),
        published_means=tuple(published_means(measured)),
        published_tests=tuple(turn_tests(measured, layout, settings)),
        survival=tuple(survival_curves(scores, layout, settings)),
        agreements=tuple(agreements(scores, run, layout, settings)),
        discriminations=tuple(discriminations(measured, layout, settings)),
        behaviours=tuple(behaviour_figures(profiles, layout, settings)),
        behaviour_agreements=tuple(behaviour_agreements(profiles, layout, settings)),
        along=tuple(along(measured, layout, settings, each) for each in readings),
    )


def measure_all(
    scores: Sequence[Scores], layout: RunLayout, settings: SummarySettings
) -> list[Measured]:
    """Every metric of every judge on every intent that the run has items of."""
    multi_turn = bool(layout.multi_turn.any())
    return [
        measure(rule, score, intent, layout, settings)
        for score in scores
        for rule in rules_for(score.scale, settings, multi_turn=multi_turn)
        for intent in INTENTS
        if intent in rule.better
        and bool((layout.covered(score.scope) & (layout.intents == intent)).any())
    ]


def _contrasts(
    measured: Sequence[Measured], layout: RunLayout, settings: SummarySettings
) -> list[Contrast]:
    contrasts: list[Contrast] = []
    benign = {
        (one.metric.key, one.metric.judge): one for one in measured if one.metric.intent == "benign"
    }
    for one in measured:
        if one.rule.reading in ("median", "part"):
            continue
        contrasts.extend(turn_contrasts(one, layout, settings))
        contrasts.extend(language_contrasts(one, layout, settings))
        twin = benign.get((one.metric.key, one.metric.judge))
        if one.metric.intent == "harmful" and twin is not None:
            contrasts.extend(twin_contrasts(one, twin, layout, settings))
    return contrasts


def _complete(columns: RunColumns, layout: RunLayout) -> int:
    if not layout.starts.size:
        return 0
    done = np.asarray(columns.outcome, dtype=np.str_) != ""
    return int(np.logical_and.reduceat(done, layout.starts).sum())


def _verdict_outcomes(columns: RunColumns, judge: str) -> dict[str, int]:
    verdicts = columns.verdicts.get(judge)
    return dict(Counter(verdicts.outcome)) if verdicts else {}


def _usage(columns: RunColumns, run: RunFacts) -> dict[str, float]:
    """The target's calls, tokens and latency; the run's own figures add to or replace them."""
    made = np.asarray(columns.outcome, dtype=np.str_) != ""
    usage = {
        "calls": float(made.sum()),
        "prompt_tokens": float(sum(columns.prompt_tokens)),
        "completion_tokens": float(sum(columns.completion_tokens)),
        "cached_tokens": float(sum(columns.cached_tokens)),
    }
    latencies = np.asarray(columns.latency_seconds, dtype=np.float64)[made]
    if latencies.size:
        for share in (50, 95):
            usage[f"latency_seconds_p{share}"] = float(np.percentile(latencies, share))
    return usage | dict(run.usage)
