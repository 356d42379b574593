"""What the reader of a summary must know: each notice is a code with values, not a sentence.

Few and in order: warnings before limits, the weightiest first (``ORDER``), and one notice for all
judges or measures that it is true of. Codes are made here, in ``comparison.py`` and in
``result.py``, which hands its own in through ``RunFacts.notices``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from primum.core.scale import ACCURACY
from primum.core.summary import Cell, Metric, Notice
from primum.evaluation.fact import JudgeFacts, RunFacts
from primum.evaluation.layout import RunLayout
from primum.evaluation.score import Scores
from primum.judging.original import ORIGINAL_PREFIX

SMALL_N = 30
"""Below this many observations an interval is too wide to lean on."""

ORDER = (
    "incomplete-run",
    "stopped-by-gate",
    "different-benchmarks",
    "different-settings",
    "different-profiles",
    "different-users",
    "judge-changed",
    "judge-differs",
    "missingness-differs",
    "transport-errors",
    "no-recorded-answer",
    "ended-early",
    "missing-verdicts",
    "unmatched-answers",
    "truncated-answers",
    "filtered",
    "partial-means",
    "unjudged-items",
    "several-benchmarks",
    "pass-leans-down",
    "own-judges",
    "own-items",
    "own-profile",
    "unguarded-judge",
    "embedded-model",
    "embedded-japanese",
    "small-n",
    "lexical-limit",
    "no-benign-items",
    "same-model-judge",
    "single-judge",
    "judge-unvalidated",
    "no-clinician-review",
    "recorded-answers",
    "not-deterministic",
    "sampled",
)
"""Every code, within its level the weightiest first."""

_LISTED_BY_LINE = frozenset({"metric"})
"""Values that a report names in words: several stand on a line each."""
_OWN_ANSWERS = frozenset({"embedded", "hf", "answers", "scripted"})
"""Providers whose answers do not change behind the caller's back."""


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
    """The caller's notices and those that the numbers and facts of the run call for, in order."""
    return in_order(
        [
            *run.notices,
            *_run_notices(run, layout, response_outcomes, complete),
            *_item_notices(run, layout),
            *_unjudged_notices(run, layout),
            *_score_notices(layout, scores),
            *_judge_notices(run),
            *_pass_notices(cells),
            *_small_notices(metrics, cells),
        ]
    )


def in_order(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """One notice per code, warnings first; values of those that were joined are listed."""
    by_code: dict[str, list[Notice]] = {}
    for notice in notices:
        by_code.setdefault(notice.code, []).append(notice)
    places = {code: place for place, code in enumerate(ORDER)}
    return tuple(
        sorted(
            (_joined(several) for several in by_code.values()),
            key=lambda notice: (notice.level != "warning", places.get(notice.code, len(ORDER))),
        )
    )


def percent(part: float, whole: float) -> str:
    """A share as text, for example ``12.5%``; shares above none are never shown as 0.0%."""
    share = 100 * part / whole if whole else 0.0
    return "<0.1%" if 0 < share < 0.1 else f"{share:.1f}%"


def _joined(several: Sequence[Notice]) -> Notice:
    first = several[0]
    if len(several) == 1:
        return first
    keys = dict.fromkeys(key for notice in several for key in notice.values)
    values = {
        key: ("\n" if key in _LISTED_BY_LINE else " / ").join(
            notice.values[key] for notice in several if key in notice.values
        )
        for key in keys
    }
    return Notice(first.code, first.level, values)


def _run_notices(
    run: RunFacts, layout: RunLayout, response_outcomes: Mapping[str, int], complete: int
) -> Iterator[Notice]:
    planned = int(layout.starts.size)
    unanswered = response_outcomes.get("no_answer", 0)
    if not run.finished:
        values = {"complete": str(complete), "planned": str(planned)}
        yield Notice("incomplete-run", "warning", values)
    elif complete < planned and run.spec.get("gate"):
        values = {"complete": str(complete), "planned": str(planned)}
        yield Notice("stopped-by-gate", "warning", values)
    elif complete < planned and not unanswered:
        yield Notice("ended-early", "warning", {"count": str(planned - complete)})
    if unanswered:
        yield Notice("no-recorded-answer", "warning", {"count": str(unanswered)})
    made = sum(count for name, count in response_outcomes.items() if name != "not_reached")
    for outcome, code in (
        ("transport_error", "transport-errors"),
        ("truncated", "truncated-answers"),
        ("content_filter", "filtered"),
    ):
        count = response_outcomes.get(outcome, 0)
        if count:
            values = {"count": str(count), "share": percent(count, made)}
            yield Notice(code, "warning", values)
    if run.recorded_answers:
        yield Notice("recorded-answers", "limit")
    provider = _at(run.spec, "target", "identity", "provider")
    if provider and provider not in _OWN_ANSWERS and _at(run.spec, "repeats") == 1:
        yield Notice("not-deterministic", "limit")


def _item_notices(run: RunFacts, layout: RunLayout) -> Iterator[Notice]:
    benchmarks = [name for name in np.unique(layout.labels["benchmark"]).tolist() if name]
    if len(benchmarks) > 1:
        yield Notice("several-benchmarks", "warning", {"count": str(len(benchmarks))})
    if layout.items and "benign" not in set(layout.intents.tolist()):
        yield Notice("no-benign-items", "limit")
    in_all = _at(run.spec, "benchmark_facts", "items_in_all")
    asked = len(layout.items)
    if _at(run.spec, "items", "sample") and (in_all is None or asked < in_all):
        values = {"items": str(asked)} | ({} if in_all is None else {"total": str(in_all)})
        yield Notice("sampled", "limit", values)


def _unjudged_notices(run: RunFacts, layout: RunLayout) -> Iterator[Notice]:
    """Items that were asked and that no judge of the run is asked about."""
    judged = np.zeros(len(layout.items), dtype=np.bool_)
    for judge in run.judges:
        judged |= layout.covered(judge.scope)
    count = int((~judged).sum())
    if count and run.judges:
        tasks = ", ".join(np.unique(layout.tasks[~judged]).tolist())
        yield Notice("unjudged-items", "warning", {"count": str(count), "task": tasks})


def _score_notices(layout: RunLayout, scores: Sequence[Scores]) -> Iterator[Notice]:
    for score in scores:
        if score.partial:
            values = {"judge": score.judge, "count": str(score.partial)}
            yield Notice("partial-means", "warning", values)
        expected = layout.covered(score.scope)[layout.row_item]
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


def _judge_notices(run: RunFacts) -> Iterator[Notice]:
    for judge in run.judges:
        if judge.lexical:
            yield Notice("lexical-limit", "limit", {"judge": judge.name})
        if judge.name.startswith(ORIGINAL_PREFIX):
            yield Notice("unguarded-judge", "warning", {"judge": judge.name})
        if judge.model and (judge.model == run.target_model or judge.asks_target):
            values = {"judge": judge.name, "model": judge.model}
            yield Notice("same-model-judge", "limit", values)
    # Right letters are compared, not read: nobody needs to check that judge.
    readers = [judge for judge in run.judges if not judge.lexical and judge.scale != ACCURACY]
    is_compared = bool(run.judges) and all(judge.scale == ACCURACY for judge in run.judges)
    if not run.clinician_reviewed and not is_compared:
        yield from _unreviewed(readers)


def _unreviewed(readers: Sequence[JudgeFacts]) -> Iterator[Notice]:
    code = "single-judge" if len(readers) == 1 else "judge-unvalidated"
    for judge in readers:
        yield Notice(code, "limit", {"judge": judge.name})
    yield Notice("no-clinician-review", "limit")


def _pass_notices(cells: Sequence[Cell]) -> Iterator[Notice]:
    """One failing turn makes a failure known, only all turns a pass: what is missing is no lot."""
    for cell in cells:
        key = cell.metric.partition("|")[0]
        is_overall = (cell.dimension, cell.group) == ("overall", "micro")
        if is_overall and key.endswith((".pass", ".held")) and cell.estimate.missing:
            estimate = cell.estimate
            values = {"metric": cell.metric, "missing": str(estimate.missing)}
            if estimate.worst is not None and estimate.best is not None:
                values["bounds"] = f"{estimate.worst:.1%} … {estimate.best:.1%}"
            yield Notice("pass-leans-down", "warning", values)


def _small_notices(metrics: Sequence[Metric], cells: Sequence[Cell]) -> Iterator[Notice]:
    leading = {metric.id for metric in metrics if metric.primary}
    for cell in cells:
        if (cell.dimension, cell.group) != ("overall", "micro") or cell.metric not in leading:
            continue
        if cell.estimate.n < SMALL_N:
            yield Notice("small-n", "limit", {"metric": cell.metric, "n": str(cell.estimate.n)})


def _at(spec: Mapping[str, Any], *path: str) -> Any:
    """The value at that place of the specification, or None."""
    value: Any = spec
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value
