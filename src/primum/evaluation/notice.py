"""What the reader of a summary must know: each notice is a code with values, not a sentence.

Codes made here: ``incomplete-run``, ``missing-verdicts``, ``small-n``, ``truncated-answers``,
``filtered``, ``partial-means``, ``lexical-limit``, ``same-model-judge``, ``recorded-answers``,
``no-clinician-review``. Others come in through ``RunFacts.notices``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from primum.core.summary import Cell, Metric, Notice
from primum.evaluation.fact import RunFacts
from primum.evaluation.layout import RunLayout
from primum.evaluation.score import Scores

SMALL_N = 30
"""Below this many observations an interval is too wide to lean on."""


def notices_of(
    run: RunFacts,
    layout: RunLayout,
    scores: Sequence[Scores],
    *,
    metrics: Sequence[Metric],
    cells: Sequence[Cell],
    response_outcomes: Mapping[str, int],
    complete: int,
) -> tuple[Notice, ...]:
    """The caller's notices, then those that the numbers and facts of the run call for."""
    return (
        *run.notices,
        *_run_notices(run, layout, response_outcomes, complete),
        *_judge_notices(run, layout, scores),
        *_small_notices(metrics, cells),
    )


def percent(part: float, whole: float) -> str:
    """A share as text, for example ``12.5%``; shares above none are never shown as 0.0%."""
    share = 100 * part / whole if whole else 0.0
    return "<0.1%" if 0 < share < 0.1 else f"{share:.1f}%"


def _run_notices(
    run: RunFacts, layout: RunLayout, response_outcomes: Mapping[str, int], complete: int
) -> Iterator[Notice]:
    if not run.finished:
        planned = layout.starts.size
        values = {"complete": str(complete), "planned": str(planned)}
        yield Notice("incomplete-run", "warning", values)
    made = sum(count for name, count in response_outcomes.items() if name != "not_reached")
    for outcome, code in (("truncated", "truncated-answers"), ("content_filter", "filtered")):
        count = response_outcomes.get(outcome, 0)
        if count:
            values = {"count": str(count), "share": percent(count, made)}
            yield Notice(code, "warning", values)
    if run.recorded_answers:
        yield Notice("recorded-answers", "limit")
    if not run.clinician_reviewed:
        yield Notice("no-clinician-review", "limit")


def _judge_notices(run: RunFacts, layout: RunLayout, scores: Sequence[Scores]) -> Iterator[Notice]:
    row_intents = layout.intents[layout.row_item]
    for score in scores:
        if score.partial:
            values = {"judge": score.judge, "count": str(score.partial)}
            yield Notice("partial-means", "warning", values)
        expected = np.isin(row_intents, score.intents)
        missing = int(np.isnan(score.values[expected]).sum())
        if missing:
            total = int(expected.sum())
            values = {
                "judge": score.judge,
                "missing": str(missing),
                "expected": str(total),
                "share": percent(missing, total),
            }
            yield Notice("missing-verdicts", "warning", values)
    for judge in run.judges:
        if judge.lexical:
            yield Notice("lexical-limit", "limit", {"judge": judge.name})
        if judge.model and judge.model == run.target_model:
            values = {"judge": judge.name, "model": judge.model}
            yield Notice("same-model-judge", "limit", values)


def _small_notices(metrics: Sequence[Metric], cells: Sequence[Cell]) -> Iterator[Notice]:
    leading = {metric.id for metric in metrics if metric.primary}
    for cell in cells:
        if (cell.dimension, cell.group) != ("overall", "micro") or cell.metric not in leading:
            continue
        if cell.estimate.n < SMALL_N:
            yield Notice("small-n", "limit", {"metric": cell.metric, "n": str(cell.estimate.n)})
