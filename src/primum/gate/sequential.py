"""A gate that evaluates by itself and stops as soon as its decision is safe.

    gate_plan = plan_gate(policy, plan, finished=[capability_run], baseline=[base_run])
    decision = evaluate_until_decided(gate_plan, ledger, Progress())

The items are put into a random order that only their ids and a seed decide, whole requests with
their copies and translations side by side, and they count in that order. Requests that no open
rule is about are left out. The policy is part of the run's spec, so that this run is another one
than the full evaluation; the calls of both are the same and are made once. Stopped from outside it
is resumed by the same command.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from primum.core.digest import digest
from primum.core.errors import UserError, shorten
from primum.core.gate import GateDecision
from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.response import ResponseOutcome
from primum.engine.progress import Progress
from primum.evaluation.cell import measure, select
from primum.evaluation.comparison import EvaluatedRun
from primum.evaluation.evaluate import evaluate
from primum.evaluation.fact import JudgeFacts, RunFacts
from primum.evaluation.layout import item_clusters, layout_of
from primum.evaluation.plan import Plan
from primum.evaluation.result import read_run
from primum.evaluation.score import scores_of
from primum.evaluation.spec import describe_judge
from primum.gate.bets import RuleBets, bets_on, is_decided, play, units_of
from primum.gate.decide import decide, fail_levels
from primum.gate.docket import Docket, dockets_of
from primum.gate.evidence import (
    Evidence,
    Indexed,
    evidence_of,
    evidence_on,
    indexed,
    keys_of,
    pairs_of,
    refuse_unlike,
)
from primum.gate.growing_run import GrowingRun, empty_columns, labels_of
from primum.gate.policy import Policy
from primum.gate.subject import (
    ReadRun,
    Subject,
    of_named_benchmark,
    read_columns,
    read_side,
)
from primum.ledger.columns import RunColumns
from primum.ledger.ledger import Ledger

TEST = "betting-1"
"""Stands in the spec: another way to bet would decide otherwise."""


@dataclass(frozen=True, slots=True)
class GatePlan:
    """An evaluation that a policy may end, ready to begin."""

    policy: Policy
    plan: Plan
    """With its items in the order in which they count."""
    finished: tuple[EvaluatedRun, ...]
    """Runs of the candidate that other rules are decided on."""
    baseline: tuple[EvaluatedRun, ...]
    open: tuple[Docket, ...]
    """The rules that the evaluation decides."""
    settled: tuple[Docket, ...]
    """The rules that finished runs decide."""
    read: ReadRun
    """The planned run, nothing of it reached."""


def plan_gate(
    policy: Policy,
    plan: Plan,
    *,
    finished: Sequence[EvaluatedRun] = (),
    baseline: Sequence[EvaluatedRun] = (),
) -> GatePlan:
    """The evaluation that the policy may end; nothing is asked.

    Raises:
        UserError: a rule fits neither the plan nor a finished run, or no rule fits the plan.
    """
    if plan.live is not None:
        raise UserError(
            "A sequential gate holds scripted conversations only: what an attacker says depends "
            "on the answers. Evaluate with --attacker first, and give the gate that run."
        )
    ordered = _in_random_order(plan)
    known = [run.facts.run_id for run in baseline]
    gate: dict[str, Any] = {
        "id": policy.id,
        "version": policy.version,
        "policy": policy.fingerprint,
        "test": TEST,
        "order_seed": plan.sample.seed,
        "baseline": sorted(known) if policy.non_inferior else [],
        "beside": sorted(run.facts.run_id for run in finished),
    }
    spec = {**plan.spec, "gate": gate}
    facts = {**plan.facts, "gate_policy": policy.model_dump(mode="json", exclude_none=True)}
    own = replace(plan, items=lambda: iter(ordered), spec=spec, facts=facts)
    read = _planned(own, ordered)
    dockets = dockets_of(
        policy, [read, *map(read_side, finished)], [read_side(run) for run in baseline]
    )
    mine = tuple(docket for docket in dockets if docket.subject.read is read)
    others = tuple(docket for docket in dockets if docket.subject.read is not read)
    if not mine:
        raise UserError(
            "No rule of the policy is about this evaluation: finished runs hold all of them. Leave "
            "out --sequential."
        )
    for docket in mine:
        if docket.baseline is not None:
            refuse_unlike(docket.rule, docket.subject, docket.baseline)
            _refuse_too_few_pairs(policy, docket, docket.baseline)
    used = [run for run in finished if any(d.subject.read.id == run.facts.run_id for d in others)]
    return GatePlan(policy, own, tuple(used), tuple(baseline), mine, others, read)


def evaluate_until_decided(gate_plan: GatePlan, ledger: Ledger, progress: Progress) -> GateDecision:
    """The decision, after as many conversations as it takes.

    Raises:
        PrimumError: as ``evaluation.evaluate.evaluate``; the same command continues.
    """
    run = evaluate(gate_plan.plan, ledger, progress, stopping_rule(gate_plan))
    own = read_run(ledger, run, examples_per_group=0)
    return decide(gate_plan.policy, [own, *gate_plan.finished], gate_plan.baseline)


def stopping_rule(gate_plan: GatePlan) -> SequentialGate:
    """The rule that ends the plan's evaluation."""
    return SequentialGate(gate_plan)


class SequentialGate:
    """Ends an evaluation once every rule that it decides has passed, or one has failed."""

    def __init__(self, gate_plan: GatePlan) -> None:
        read, plan, policy = gate_plan.read, gate_plan.plan, gate_plan.policy
        layout = read.layout
        judges = [judge.name for judge in plan.judges]
        self._facts = read.facts
        self._growing = GrowingRun(layout.items, layout.item_cluster, plan.repeats, judges)
        self._rules = [_OpenRule(docket, policy) for docket in gate_plan.open]
        self._is_decided = _is_failed_already(gate_plan)

    def wants(self, item: Item, repeat: int) -> bool:
        """Whether a rule that is not decided yet is about the item."""
        if any(rule.is_open and item.id in rule.items for rule in self._rules):
            return True
        self._growing.skip(item, repeat)
        return False

    def answered(self, item: Item, repeat: int, turn: int, outcome: ResponseOutcome) -> None:
        """Take note of one answer."""
        self._growing.answered(item, repeat, turn, outcome)

    def observe(self, item: Item, repeat: int, turn: int, judge: str, verdict: Verdict) -> None:
        """Take note of one verdict."""
        self._growing.observe(item, repeat, turn, judge, verdict)

    def conversation_done(self, item: Item, repeat: int) -> None:
        """Take note that the conversation's answers and verdicts have all come."""
        self._growing.conversation_done(item, repeat)

    @property
    def is_decided(self) -> bool:
        """Whether no further conversation needs to begin."""
        if not self._is_decided and (columns := self._growing.take()) is not None:
            self._bet(columns)
        return self._is_decided

    def _bet(self, columns: RunColumns) -> None:
        bets = [rule.bets for rule in self._rules]
        evidence = [rule.evidence(columns, self._facts) for rule in self._rules]
        units = [{} if one is None else units_of(one) for one in evidence]
        clusters = range(max((max(each, default=-1) for each in units), default=-1) + 1)
        play(bets, units, clusters)
        self._is_decided = is_decided(bets)


class _OpenRule:
    """One rule, and how it is read off the requests that have come."""

    def __init__(self, docket: Docket, policy: Policy) -> None:
        self._docket = docket
        self._baseline: Indexed | None = None
        if docket.baseline is not None:
            self._baseline = indexed(docket.baseline)
        nothing = evidence_on(docket.rule, docket.subject, self._baseline)
        keys = keys_of(docket.subject)
        known = None if self._baseline is None else self._baseline.place
        self.items = frozenset(key[0] for key in keys if known is None or key in known)
        """Ids of those that the rule is about."""
        self.bets: RuleBets = bets_on(nothing, policy, policy.allowed_missing(docket.rule))

    @property
    def is_open(self) -> bool:
        """Whether more requests can change it."""
        return self.bets.outcome == "undecided"

    def evidence(self, columns: RunColumns, facts: RunFacts) -> Evidence | None:
        """What these requests say; None where the rule is about none of them."""
        rule, subject, _ = self._docket
        read, settings = subject.read, subject.read.settings
        layout = layout_of(columns, settings, facts.categories)
        judge = subject.measured.scores.judge
        scores = [one for one in scores_of(columns, facts, settings) if one.judge == judge]
        if not scores:
            return None
        metric = subject.metric
        measured = measure(subject.measured.rule, scores[0], metric.intent, layout, settings)
        here = read._replace(layout=layout)
        observations = of_named_benchmark(rule, here, measured.observations)
        if rule.group:
            labels = layout.labels[rule.dimension][observations.item]
            observations = select(observations, labels == rule.group_name)
        return evidence_on(rule, Subject(here, measured, observations), self._baseline)


def _is_failed_already(gate_plan: GatePlan) -> bool:
    """Whether a finished run fails its rule, so that nothing needs to be asked."""
    policy = gate_plan.policy
    evidence = [
        evidence_of(*docket, min_paired=policy.needed_pairs(docket.rule))
        for docket in gate_plan.settled
    ]
    false_fail, others = policy.false_fail, len(gate_plan.open)
    levels = fail_levels(evidence, false_fail, others=others)
    return any(one.is_failed(level) for one, level in zip(evidence, levels, strict=True))


def _refuse_too_few_pairs(policy: Policy, docket: Docket, baseline: Subject) -> None:
    """Refuse a rule that would ask and could not decide: too few requests are the baseline's."""
    needed = policy.needed_pairs(docket.rule)
    pairs = pairs_of(docket.subject, indexed(baseline))
    if pairs.share >= needed:
        return
    paired = pairs.candidate.values.size
    raise UserError(
        f"The rule “{shorten(docket.rule.shown_name)}” pairs {paired} of {paired + pairs.unpaired} "
        f"observations of this evaluation and baseline {baseline.read.id}, and the policy wants "
        f"{needed:.0%}: it could decide nothing. Give a baseline over the same items, or set "
        "min_paired lower in the policy."
    )


def _in_random_order(plan: Plan) -> list[Item]:
    """The items, request by request, in an order that their ids and the sample's seed decide."""
    items = list(plan.items())
    clusters = item_clusters([labels_of(item) for item in items], plan.protocol.summary.cluster_by)
    members: dict[int, list[Item]] = {}
    for item, cluster in zip(items, clusters.tolist(), strict=True):
        members.setdefault(cluster, []).append(item)
    seed = str(plan.sample.seed)

    def rank(cluster: int) -> bytes:
        return digest("gate-order-1", seed, min(item.id for item in members[cluster]))

    return [item for cluster in sorted(members, key=rank) for item in members[cluster]]


def _planned(plan: Plan, items: Sequence[Item]) -> ReadRun:
    """The run as it will be read, before its first answer."""
    judges = tuple(
        JudgeFacts(
            name=judge.name,
            scale=judge.scale,
            votes=judge.votes,
            lexical=bool(describe_judge(judge)["lexical"]),
            model=judge.model.name if judge.model is not None else "",
            fingerprint=judge.fingerprint.hex(),
            scope=judge.scope,
        )
        for judge in plan.judges
    )
    categories = {
        guideline: category
        for one in plan.facts.get("guidelines", {}).values()
        for guideline, category in one.get("categories", {}).items()
    }
    facts = RunFacts(
        run_id=plan.run_id,
        created="",
        finished="",
        spec=plan.spec,
        judges=judges,
        categories=categories,
    )
    read = read_columns(empty_columns([labels_of(item) for item in items], plan.repeats), facts)
    order = read.layout.item_cluster
    assert not np.any(np.diff(order) < 0), "clusters stand side by side"  # noqa: S101
    return read
