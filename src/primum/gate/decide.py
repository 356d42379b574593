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
from dataclasses import replace
from typing import Any

from primum.core.errors import UserError, shorten
from primum.core.gate import (
    GateDecision,
    GateRun,
    Outcome,
    Reason,
    RuleDecision,
    is_on_limit,
    looks_at_fail,
)
from primum.evaluation.comparison import EvaluatedRun
from primum.gate.bets import RuleBets, bets_on, play, sequential_decision, units_of
from primum.gate.docket import Docket, dockets_of
from primum.gate.evidence import Evidence, evidence_of
from primum.gate.policy import Policy, Rule
from primum.gate.subject import ReadRun, benchmark_of, protocol_of, read_side


def decide(
    policy: Policy, candidate: Sequence[EvaluatedRun], baseline: Sequence[EvaluatedRun] = ()
) -> GateDecision:
    """The decision of the policy over the candidate's runs, against the baseline's.

    Raises:
        UserError: a rule fits no run or several, or the runs cannot be compared.
    """
    candidates, baselines = ([read_side(run) for run in runs] for runs in (candidate, baseline))
    dockets = dockets_of(policy, candidates, baselines)
    evidence = [
        evidence_of(*docket, min_paired=policy.needed_pairs(docket.rule)) for docket in dockets
    ]
    bets, taken = _bets(policy, dockets, evidence)
    fixed = [one for one, own in zip(evidence, bets, strict=True) if own is None]
    levels = iter(fail_levels(fixed, policy.false_fail, others=len(evidence) - len(fixed)))
    rules = tuple(
        decided(docket, one, policy, next(levels))
        if own is None
        else sequential_decision(docket, one, own)
        for docket, one, own in zip(dockets, evidence, bets, strict=True)
    )
    outcome = outcome_of(rules)
    return GateDecision(
        policy=policy.id,
        version=policy.version,
        title=policy.title,
        fingerprint=policy.fingerprint,
        mode="fixed" if len(fixed) == len(evidence) else "sequential",
        outcome=outcome,
        false_pass=policy.false_pass,
        false_fail=policy.false_fail,
        rules=rules,
        runs=runs_of(dockets, taken if outcome != "undecided" else None),
    )


def _bets(
    policy: Policy, dockets: Sequence[Docket], evidence: Sequence[Evidence]
) -> tuple[list[RuleBets | None], dict[str, int]]:
    """Of each rule whose run stopped by this policy, what it had bet by then, or else None.

    Beside them, of each such run, after how many of its requests all rules had been decided.

    It is replayed from the run's values in their planned order up to the decision, so that it is
    the same whenever it is shown. A look at all that came after would be another test.
    """
    gated = {docket.subject.read.id: docket.subject.read for docket in dockets if _gate(docket)}
    found: list[RuleBets | None] = [None] * len(dockets)
    taken: dict[str, int] = {}
    for run_id, read in gated.items():
        places = [n for n, docket in enumerate(dockets) if docket.subject.read.id == run_id]
        for place in places:
            _refuse_another_policy(policy, dockets[place])
        bets = [
            bets_on(evidence[place], policy, policy.allowed_missing(dockets[place].rule))
            for place in places
        ]
        clusters = range(int(read.layout.item_cluster.max(initial=-1)) + 1)
        units = [units_of(evidence[place]) for place in places]
        taken[run_id] = play(bets, units, clusters)
        for place, one in zip(places, bets, strict=True):
            found[place] = one
    return found, taken


def _gate(docket: Docket) -> Mapping[str, Any]:
    found: Mapping[str, Any] = docket.subject.read.spec.get("gate") or {}
    return found


def _refuse_another_policy(policy: Policy, docket: Docket) -> None:
    gate, read = _gate(docket), docket.subject.read
    again = "“primum evaluate” holds the whole run and asks no answer twice."
    if gate["policy"] != policy.fingerprint:
        raise UserError(
            f"Run {read.id} was evaluated until the policy “{shorten(str(gate['id']))}” "
            f"({str(gate['policy'])[:8]}) was decided, and this is “{shorten(policy.id)}” "
            f"({policy.fingerprint[:8]}): a run that one policy stopped cannot be judged by "
            f"another. {again}"
        )
    if docket.baseline is not None and docket.baseline.read.id not in gate["baseline"]:
        known = ", ".join(gate["baseline"])
        raise UserError(
            f"Run {read.id} was evaluated until it was decided against baseline {known}, not "
            f"{docket.baseline.read.id}. Name that one with --baseline. For another, {again}"
        )
    if not read.facts.finished:
        raise UserError(f"Run {read.id} is not finished: the command that began it continues it.")


def outcome_of(rules: Sequence[RuleDecision]) -> Outcome:
    """Fail if any rule fails, pass if all pass."""
    outcomes = {rule.outcome for rule in rules}
    if "fail" in outcomes:
        return "fail"
    return "pass" if outcomes == {"pass"} else "undecided"


def fail_levels(evidence: Sequence[Evidence], false_fail: float, *, others: int = 0) -> list[float]:
    """The level at which each rule is tested for a fail: Holm's step-down procedure.

    All rules that fail at false_fail / m are taken out, and the others are tested at that over
    the rules that are left, until none fails any more (Holm 1979, stated with bounds). ``others``
    are rules that are tested elsewhere, at false_fail / m and not again.
    """
    levels = [0.0] * len(evidence)
    left = set(range(len(evidence)))
    while left:
        level = false_fail / (len(left) + others)
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
    at_fail = looks_at_fail(outcome, evidence.side, evidence.estimate, evidence.limit)
    level = fail_level if at_fail else policy.false_pass
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
        min_paired=evidence.min_paired,
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
    if not evidence.is_paired_enough:
        return "too_few_paired"
    if is_on_limit(estimate, evidence.limit):
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


def runs_of(dockets: Sequence[Docket], taken: Mapping[str, int] | None) -> tuple[GateRun, ...]:
    """The runs that were looked at, candidates first, each once.

    ``taken`` has, of each run that stopped by this policy, how many requests decided it; it is None
    where nothing was decided.
    """
    candidates = [(docket.subject.read, False) for docket in dockets]
    baselines = [(docket.baseline.read, True) for docket in dockets if docket.baseline]
    found: dict[tuple[str, bool], GateRun] = {}
    for read, is_baseline in (*candidates, *baselines):
        run = _run(read, is_baseline=is_baseline)
        if taken is None:
            # Without a decision, what was not held is what no rule is about.
            run = replace(run, stopped_early=False)
        elif read.id in taken:
            run = replace(run, beyond=_begun_beyond(read, taken[read.id]))
        found.setdefault((read.id, is_baseline), run)
    return tuple(found.values())


def _begun_beyond(read: ReadRun, requests: int) -> int:
    """Conversations with an answer, of the requests that come after so many."""
    layout = read.layout
    later = layout.item_cluster[layout.conversation_item] >= requests
    return int((later & (read.outcomes[layout.starts] != "")).sum())


def _run(read: ReadRun, *, is_baseline: bool) -> GateRun:
    spec, summary = read.spec, read.summary
    assert summary is not None  # noqa: S101 - only runs that have begun are shown
    items = spec.get("items")
    filters = items.get("filters", {}) if isinstance(items, Mapping) else {}
    target = spec.get("target")
    named = target.get("name", "") if isinstance(target, Mapping) else ""
    is_finished = bool(summary.finished)
    return GateRun(
        run=read.id,
        model=read.facts.target_model or str(named),
        protocol=protocol_of(spec),
        benchmark=benchmark_of(spec),
        is_baseline=is_baseline,
        conversations=summary.conversations,
        complete=summary.complete,
        is_finished=is_finished,
        stopped_early=bool(
            spec.get("gate") and is_finished and summary.complete < summary.conversations
        ),
        filters={name: tuple(values) for name, values in filters.items()},
        calls=int(summary.usage.get("calls", 0)),
    )
