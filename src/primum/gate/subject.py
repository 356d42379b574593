"""Which run a rule is about, and which of its figures; what no run has is said with near misses."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.core.errors import UnknownNameError, UserError, shorten
from primum.core.gate import Side
from primum.core.summary import Metric, RunSummary
from primum.evaluation.cell import Measured, select
from primum.evaluation.comparison import EvaluatedRun
from primum.evaluation.fact import RunFacts
from primum.evaluation.layout import DIMENSIONS, RunLayout, layout_of
from primum.evaluation.metric import Observations
from primum.evaluation.score import scores_of
from primum.evaluation.setting import SummarySettings
from primum.evaluation.summary import measure_all
from primum.gate.policy import LimitRule, NonInferiorityRule, Rule
from primum.ledger.columns import RunColumns


class ReadRun(NamedTuple):
    """A run with everything that it measured."""

    facts: RunFacts
    settings: SummarySettings
    layout: RunLayout
    measured: Mapping[str, Measured]
    """By metric id."""
    outcomes: NDArray[np.str_]
    """Of each planned turn: the outcome of its answer; empty where it was not reached."""
    summary: RunSummary | None = None
    """None of a run that has not begun."""

    @property
    def id(self) -> str:
        """The run's id."""
        return self.facts.run_id

    @property
    def spec(self) -> Mapping[str, Any]:
        """The run's spec and facts."""
        return self.facts.spec


class Subject(NamedTuple):
    """What one rule looks at in one run."""

    read: ReadRun
    measured: Measured
    observations: Observations
    """Of the rule's benchmark and group."""

    @property
    def metric(self) -> Metric:
        """The metric."""
        return self.measured.metric


def read_side(run: EvaluatedRun) -> ReadRun:
    """The run with its measures, under its own settings."""
    return read_columns(run.columns, run.facts, run.summary)


def read_columns(
    columns: RunColumns, facts: RunFacts, summary: RunSummary | None = None
) -> ReadRun:
    """Columns with their measures, under the settings of the run's spec."""
    settings = SummarySettings.model_validate(facts.spec.get("summary", {}))
    layout = layout_of(columns, settings, facts.categories)
    found = measure_all(scores_of(columns, facts, settings), layout, settings)
    measured = {one.metric.id: one for one in found if one.rule.reading not in ("median", "part")}
    outcomes = np.array(columns.outcome, dtype=np.str_)
    return ReadRun(facts, settings, layout, measured, outcomes, summary)


def subject_of(rule: Rule, sides: Sequence[ReadRun], role: str = "run") -> Subject:
    """The one run that has the rule's metric; ``role`` says in messages what the runs are.

    Raises:
        UserError: no run has it, or several do, or the rule has the wrong direction.
        UnknownNameError: a run has no such group.
    """
    suited = [side for side in sides if _suits(rule, side.spec)]
    if not suited:
        raise UserError(_no_run(rule, sides, role))
    found = [(side, metric) for side in suited if (metric := _metric(rule, side)) is not None]
    if not found:
        raise UserError(_no_metric(rule, suited, role))
    if len(found) > 1:
        ids = ", ".join(side.id for side, _ in found)
        raise UserError(
            f"The rule “{shorten(rule.shown_name)}” fits several {role}s ({ids}): each has "
            f"“{found[0][1].id}”. Name protocol or benchmark in the rule, or give one of them."
        )
    side, metric = found[0]
    _refuse_wrong_direction(rule, metric)
    measured = side.measured[metric.id]
    of_benchmark = of_named_benchmark(rule, side, measured.observations)
    if not of_benchmark.values.size:
        raise UserError(
            f"The rule “{shorten(rule.shown_name)}” is about “{metric.id}” on benchmark "
            f"“{shorten(rule.benchmark)}”, of which run {side.id} has no item."
        )
    return Subject(side, measured, _of_group(rule, side, of_benchmark))


def of_named_benchmark(rule: Rule, side: ReadRun, observations: Observations) -> Observations:
    """Those of the benchmark that the rule names, where the run asked several."""
    whole = benchmark_of(side.spec)
    if rule.benchmark in ("", whole) or " + " not in whole:
        return observations
    labels = side.layout.labels["benchmark"][observations.item]
    heads = np.char.partition(labels, ":")[:, 0] if labels.size else labels
    return select(observations, (labels == rule.benchmark) | (heads == rule.benchmark))


def side_of(rule: Rule, metric: Metric) -> Side:
    """On which side of its limit the figure, or the difference, must stay."""
    if isinstance(rule, LimitRule):
        return "at_most" if rule.at_most is not None else "at_least"
    return "at_most" if metric.better == "lower" else "at_least"


def limit_of(rule: Rule, metric: Metric) -> float:
    """The limit of the figure; of a non-inferiority rule, that of the difference.

    Raises:
        UserError: the limit is no value of the scale, so that it decides nothing.
    """
    if isinstance(rule, LimitRule):
        limit = rule.at_most if rule.at_most is not None else rule.at_least
        assert limit is not None  # noqa: S101 - the policy has one of the two
        if not metric.low < limit < metric.high:
            raise UserError(
                f"The rule “{shorten(rule.shown_name)}” has the limit {limit:g}, but {metric.key} "
                f"runs from {metric.low:g} to {metric.high:g}: at an end or outside, no number of "
                "answers decides."
            )
        return limit
    assert isinstance(rule, NonInferiorityRule)  # noqa: S101 - there are two kinds
    if rule.margin >= metric.high - metric.low:
        raise UserError(
            f"The rule “{shorten(rule.shown_name)}” has the margin {rule.margin:g}, but "
            f"{metric.key} runs from {metric.low:g} to {metric.high:g}: it would decide nothing. "
            "A rate's margin is a share: 3 points are 0.03."
        )
    return rule.margin if metric.better == "lower" else -rule.margin


def _suits(rule: Rule, spec: Mapping[str, Any]) -> bool:
    if rule.protocol and rule.protocol != protocol_of(spec):
        return False
    return not rule.benchmark or rule.benchmark in _benchmarks(spec)


def protocol_of(spec: Mapping[str, Any]) -> str:
    """The protocol's id; empty for a run without one."""
    protocol = spec.get("protocol")
    return str(protocol.get("id", "")) if isinstance(protocol, Mapping) else str(protocol or "")


def benchmark_of(spec: Mapping[str, Any]) -> str:
    """The benchmark's name; empty for a run without one."""
    benchmark = spec.get("benchmark")
    return str(benchmark.get("name", "")) if isinstance(benchmark, Mapping) else ""


def _benchmarks(spec: Mapping[str, Any]) -> tuple[str, ...]:
    whole = benchmark_of(spec)
    parts = whole.split(" + ")
    return (whole, *parts, *(part.partition(":")[0] for part in parts))


def _metric(rule: Rule, side: ReadRun) -> Metric | None:
    found = [
        one.metric
        for one in side.measured.values()
        if (one.metric.key, one.metric.intent) == (rule.key, rule.items)
        and rule.judged_by in ("", one.metric.judge)
    ]
    if len(found) < 2:
        return found[0] if found else None
    scales = {(m.scale, m.judge) for m in (x.metric for x in side.measured.values()) if m.primary}
    leading = [metric for metric in found if (metric.scale, metric.judge) in scales]
    if len(leading) == 1:
        return leading[0]
    judges = ", ".join(f"“{metric.judge}”" for metric in found)
    raise UserError(
        f"The rule “{shorten(rule.shown_name)}” fits several judges of run {side.id}: {judges}. "
        "Name one of them in the rule: judge = …"
    )


def _of_group(rule: Rule, side: ReadRun, observations: Observations) -> Observations:
    if not rule.group:
        return observations
    if rule.dimension not in DIMENSIONS:
        raise UnknownNameError("dimension of a group", rule.dimension, DIMENSIONS)
    labels = side.layout.labels[rule.dimension][observations.item]
    kept = labels == rule.group_name
    if not kept.any():
        known = [name for name in np.unique(labels).tolist() if name]
        raise UnknownNameError(
            rule.dimension, rule.group_name, known, f"They are those of run {side.id}."
        )
    return select(observations, kept)


def _refuse_wrong_direction(rule: Rule, metric: Metric) -> None:
    name = shorten(rule.shown_name)
    if isinstance(rule, NonInferiorityRule):
        if metric.better is None:
            raise UserError(
                f"The rule “{name}” asks that {metric.key} is not worse, but neither end of it is "
                "the better one. Take another metric, or a [[limit]]."
            )
        return
    given = "lower" if side_of(rule, metric) == "at_most" else "higher"
    if metric.better is not None and given != metric.better:
        word = "at_most" if given == "lower" else "at_least"
        other = "at_least" if given == "lower" else "at_most"
        raise UserError(
            f"The rule “{name}” has {word}, but {metric.key} on {metric.intent} items is better "
            f"the {metric.better} it is, so that it would stop good models. Write {other}."
        )


def _no_run(rule: Rule, sides: Sequence[ReadRun], role: str) -> str:
    wanted = " and ".join(
        f"{what} “{shorten(value)}”"
        for what, value in (("protocol", rule.protocol), ("benchmark", rule.benchmark))
        if value
    )
    if not sides:
        return (
            f"The rule “{shorten(rule.shown_name)}” needs a {role}, and none was given. Name one "
            f"with --{'baseline' if role == 'baseline run' else 'run'}."
        )
    have = "; ".join(
        f"{side.id}: {protocol_of(side.spec) or '-'}, {benchmark_of(side.spec) or '-'}"
        for side in sides
    )
    return f"The rule “{shorten(rule.shown_name)}” wants {wanted}; no {role} has it ({have})."


def _no_metric(rule: Rule, sides: Sequence[ReadRun], role: str) -> str:
    metrics = [one.metric for side in sides for one in side.measured.values()]
    wanted = "|".join(filter(None, (rule.key, rule.items, rule.judged_by)))
    same = [metric for metric in metrics if metric.key == rule.key]
    of_items = [metric for metric in same if metric.intent == rule.items]
    if of_items:
        rest = "Judges that have it: " + _listed(metric.judge for metric in of_items)
    elif same:
        rest = f"They have it on {_listed(metric.intent for metric in same)} items only"
    else:
        keys = {metric.key for metric in metrics}
        near = difflib.get_close_matches(rule.key, keys, n=3, cutoff=0.5)
        rest = f"Did you mean {_listed(near)}?" if near else f"Known: {_listed(keys)}"
    return (
        f"The rule “{shorten(rule.shown_name)}” is about “{shorten(wanted)}”, which no {role} "
        f"has ({', '.join(side.id for side in sides)}). {rest}"
    ).rstrip("?.") + ("?" if rest.endswith("?") else ".")


def _listed(names: Any) -> str:
    return ", ".join(f"“{shorten(name)}”" for name in sorted(set(names)))
