"""A policy over finished runs: pass, fail or undecided.

    decision = decide(policy, [run], [baseline])

**Pass**, if every rule's one-sided bound lies on the good side of its limit. A model that breaks
one rule passes only if that rule errs, so that the chance is at most ``false_pass`` with no
adjustment (an intersection-union test, Berger 1982). **Fail**, if any rule's opposite bound lies
beyond its limit at levels adjusted over the rules (Holm 1979), so that a model that keeps all of
them fails with chance ``false_fail`` at most. Else **undecided**, with the n that such figures
would need.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from primum.core.gate import GateDecision, GateRun, Outcome, Reason, RuleDecision
from primum.evaluation.comparison import EvaluatedRun
from primum.gate.evidence import Evidence, evidence_of
from primum.gate.policy import LimitRule, NonInferiorityRule, Policy, Rule
from primum.gate.subject import (
    ReadRun,
    Subject,
    benchmark_of,
    protocol_of,
    read_side,
    subject_of,
)

POWER = 0.8
"""Chance to decide at the n that is named."""


class Docket(NamedTuple):
    """A rule with the figures that it is about."""

    rule: LimitRule | NonInferiorityRule
    subject: Subject
    baseline: Subject | None


def decide(
    policy: Policy, candidate: Sequence[EvaluatedRun], baseline: Sequence[EvaluatedRun] = ()
) -> GateDecision:
    """The decision of the policy over the candidate's runs, against the baseline's.

    Raises:
        UserError: a rule fits no run or several, or the runs cannot be compared.
    """
    candidates, baselines = ([read_side(run) for run in runs] for runs in (candidate, baseline))
    dockets = dockets_of(policy, candidates, baselines)
    evidence = [evidence_of(*docket) for docket in dockets]
    levels = fail_levels(evidence, policy.false_fail)
    rules = tuple(
        decided(docket, one, policy, level)
        for docket, one, level in zip(dockets, evidence, levels, strict=True)
    )
    return GateDecision(
        policy=policy.id,
        version=policy.version,
        title=policy.title,
        fingerprint=policy.fingerprint,
        mode="fixed",
        outcome=outcome_of(rules),
        false_pass=policy.false_pass,
        false_fail=policy.false_fail,
        rules=rules,
        runs=runs_of(dockets),
    )


def dockets_of(
    policy: Policy, candidates: Sequence[ReadRun], baselines: Sequence[ReadRun]
) -> list[Docket]:
    """Every rule with its run, and its baseline where it has one.

    Raises:
        UserError: a rule fits no run or several.
    """
    found = []
    for rule in policy.rules:
        subject = subject_of(rule, candidates)
        base = None
        if isinstance(rule, NonInferiorityRule):
            base = subject_of(rule, baselines, "baseline run")
        found.append(Docket(rule, subject, base))
    return found


def outcome_of(rules: Sequence[RuleDecision]) -> Outcome:
    """Fail if any rule fails, pass if all pass."""
    outcomes = {rule.outcome for rule in rules}
    if "fail" in outcomes:
        return "fail"
    return "pass" if outcomes == {"pass"} else "undecided"


def fail_levels(evidence: Sequence[Evidence], false_fail: float) -> list[float]:
    """The level at which each rule is tested for a fail: Holm's step-down procedure.

    All rules that fail at false_fail / m are taken out, and the others are tested at that over
    the rules that are left, until none fails any more (Holm 1979, stated with bounds).
    """
    levels = [false_fail / len(evidence)] * len(evidence)
    left = set(range(len(evidence)))
    while left:
        level = false_fail / len(left)
        failed = {place for place in left if evidence[place].is_failed(level)}
        for place in left:
            levels[place] = level
        if not failed:
            break
        left -= failed
    return levels


def decided(docket: Docket, evidence: Evidence, policy: Policy, fail_level: float) -> RuleDecision:
    """One rule's decision, with the reason."""
    rule, subject, baseline = docket
    outcome, reason = _outcome(rule, evidence, policy, fail_level)
    level = fail_level if outcome == "fail" else policy.false_pass
    high = evidence.high(level)
    metric = subject.metric
    return RuleDecision(
        name=rule.shown_name,
        kind=rule.kind,
        metric=metric.id,
        unit=metric.kind,
        side=evidence.side,
        limit=evidence.limit,
        outcome=outcome,
        reason=reason,
        estimate=evidence.estimate,
        low=evidence.low(level).low,
        high=high.high,
        confidence=1 - level,
        fail_level=fail_level,
        n=evidence.n,
        missing=evidence.missing,
        clusters=high.clusters,
        max_missing=policy.allowed_missing(rule),
        method=high.method,
        run=subject.read.id,
        baseline="" if baseline is None else baseline.read.id,
        sides=evidence.sides,
        dimension=rule.dimension,
        group=rule.group_name,
        needed=_needed(evidence, reason, policy, fail_level),
        unpaired=0 if evidence.pairs is None else evidence.pairs.unpaired,
    )


def _outcome(
    rule: Rule, evidence: Evidence, policy: Policy, fail_level: float
) -> tuple[Outcome, Reason]:
    if evidence.is_failed(fail_level):
        return "fail", "failed"
    if evidence.is_passed(policy.false_pass):
        share = evidence.missing / max(1, evidence.values.size)
        if share > policy.allowed_missing(rule):
            return "undecided", "missing_share"
        return "pass", "passed"
    return "undecided", _why_undecided(evidence, policy.false_pass)


def _why_undecided(evidence: Evidence, level: float) -> Reason:
    estimate = evidence.estimate
    if estimate is None or evidence.high(level).high is None:
        return "no_data"
    if abs(estimate - evidence.limit) <= 1e-9 * max(1.0, abs(evidence.limit)):
        return "on_limit"
    if evidence.is_good(estimate):
        is_good = evidence.is_good(float(evidence.worst.mean()))
        return "too_few_to_pass" if is_good else "missing_counted"
    is_bad = not evidence.is_good(float(evidence.best.mean()))
    return "too_few_to_fail" if is_bad else "missing_counted"


def _needed(evidence: Evidence, reason: Reason, policy: Policy, fail_level: float) -> int | None:
    if reason == "too_few_to_pass":
        size = evidence.needed(evidence.worst, policy.false_pass)
    elif reason == "too_few_to_fail":
        size = evidence.needed(evidence.best, fail_level)
    else:
        return None
    # A formula for the n that is needed may name one that was just seen not to be enough.
    return None if size is None else max(size, evidence.values.size + 1)


def runs_of(dockets: Sequence[Docket]) -> tuple[GateRun, ...]:
    """The runs that were looked at, candidates first, each once."""
    candidates = [(docket.subject.read, False) for docket in dockets]
    baselines = [(docket.baseline.read, True) for docket in dockets if docket.baseline]
    found: dict[tuple[str, bool], GateRun] = {}
    for read, is_baseline in (*candidates, *baselines):
        found.setdefault((read.id, is_baseline), _run(read, is_baseline=is_baseline))
    return tuple(found.values())


def _run(read: ReadRun, *, is_baseline: bool) -> GateRun:
    spec, summary = read.spec, read.run.summary
    items = spec.get("items")
    filters = items.get("filters", {}) if isinstance(items, Mapping) else {}
    target = spec.get("target")
    named = target.get("name", "") if isinstance(target, Mapping) else ""
    return GateRun(
        run=read.id,
        model=read.run.facts.target_model or str(named),
        protocol=protocol_of(spec),
        benchmark=benchmark_of(spec),
        is_baseline=is_baseline,
        conversations=summary.conversations,
        complete=summary.complete,
        is_finished=bool(summary.finished),
        filters={name: tuple(values) for name, values in filters.items()},
        calls=int(summary.usage.get("calls", 0)),
    )
