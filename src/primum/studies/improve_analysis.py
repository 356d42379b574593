"""What an improvement found: every figure read from the ledger again, nothing asked.

summary = analyse_improvement(plan, outcome, ledger)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from primum import __version__
from primum.core.gate import GateDecision
from primum.core.improve import (
    ImproveAdapter,
    ImproveNotice,
    ImproveSummary,
)
from primum.evaluation.comparison import EvaluatedRun
from primum.evaluation.result import read_run
from primum.gate.decide import decide
from primum.gate.policy import Policy
from primum.ledger.ledger import Ledger
from primum.studies.improve_declaration import declared
from primum.studies.improve_draws import Draws
from primum.studies.improve_figures import Figures, Members
from primum.studies.improve_file import CAPABILITY, ImproveFile
from primum.studies.improve_findings import Grid, findings_of
from primum.studies.improve_notices import notices_of
from primum.studies.improve_objective import objectives_of
from primum.studies.improve_plan import BASELINE, AdapterPlan, ImprovePlan
from primum.studies.improve_points import (
    TunedPoint,
    baseline_point,
    curves_of,
    tuned_point,
    with_dominance,
)
from primum.studies.improve_recommendation import Evidence, recommend
from primum.studies.improve_running import AdapterOutcome, ImproveOutcome, member_of
from primum.studies.improve_transfer import transfers_of, untold_sides
from primum.studies.improve_unlooked import not_looked_for
from primum.studies.panel import Panel, read_runs


def analyse_improvement(
    plan: ImprovePlan, outcome: ImproveOutcome, ledger: Ledger
) -> ImproveSummary:
    """All figures, findings and the recommendation.

    Raises:
        UserError: an objective, a transfer or a rule of the gate names a figure that no run has.
    """
    ledger.flush()
    policy = plan.improvement.policy
    members = [member_of(BASELINE, outcome.baseline)]
    members += [member_of(one.name, one.runs) for one in outcome.adapters if one.is_complete]
    parts = [*plan.parts, *([CAPABILITY] if plan.capability else [])]
    panels = read_runs(members, parts, ledger).panels
    gates = _gates(policy, outcome, ledger)
    points = _tuned_points(plan, outcome, gates)
    summary = summarise_improvement(
        plan.file, points, panels, has_gate=plan.improvement.policy is not None
    )
    runs = [run for one in outcome.adapters for run in one.runs.values()]
    notices = list(summary.notices)
    when = declared(plan.improvement, runs, ledger)
    if when == "after":
        notices.append(ImproveNotice("improve-late-rules", "warning"))
    policy = plan.improvement.policy
    titles = {
        name: {"en": one.protocol.title.en, "ja": one.protocol.title.ja}
        for name, one in plan.parts.items()
    }
    return replace(
        summary,
        parts=titles,
        baseline_runs=dict(outcome.baseline),
        declared=when,
        policy=f"{policy.title or policy.id} ({policy.id} {policy.version})" if policy else "",
        notices=tuple(notices),
        licences=_licences(outcome),
        command=plan.command,
    )


def summarise_improvement(
    file: ImproveFile,
    tuned: Sequence[TunedPoint],
    panels: Mapping[str, Panel],
    *,
    has_gate: bool = False,
) -> ImproveSummary:
    """The same from panels in memory."""
    figures = Figures(panels, file.confidence)
    objectives = objectives_of(file, panels)
    baseline_members = Members((BASELINE,), ())
    measured = {one.point.name: one.members for one in tuned if one.members.names}
    curves = tuple(curves_of([one for one in tuned if one.point.name in measured]))
    grid = Grid(baseline_members, measured, curves)
    draws = Draws(figures, file.seeds, file.resamples)
    chances = draws.chances({BASELINE: baseline_members, **measured}, objectives)
    baseline = baseline_point(figures, objectives, baseline_members, chances[BASELINE])
    points = [tuned_point(one, grid, objectives, figures, chances) for one in tuned]
    baseline, *points = with_dominance([baseline, *points], objectives)
    findings = tuple(findings_of(grid, objectives, figures))
    candidates = {one.point.name: one.point.candidate.name for one in tuned}
    transfers = tuple(transfers_of(file, grid, candidates, panels, draws))
    evidence = Evidence(baseline, points, objectives, findings, grid, figures, has_gate)
    summary = ImproveSummary(
        id=file.id,
        titles=file.title.mapping(),
        model=file.model,
        spec=file.model_dump(mode="json", by_alias=True),
        seeds=file.seeds,
        parts={},
        baseline_runs={},
        objectives=objectives,
        baseline=baseline,
        points=tuple(points),
        curves=curves,
        findings=findings,
        transfers=transfers,
        recommendation=recommend(evidence),
        not_looked_for=tuple(not_looked_for(file, grid, objectives, findings, transfers)),
        confidence=file.confidence,
        resamples=file.resamples,
        version=__version__,
    )
    return replace(summary, notices=tuple(notices_of(summary, panels, untold_sides(file))))


def _gates(
    policy: Policy | None, outcome: ImproveOutcome, ledger: Ledger
) -> dict[str, GateDecision]:
    """Adapter → the policy's decision; empty without a policy."""
    if policy is None:
        return {}
    baseline = _evaluated(outcome.baseline, ledger)
    return {
        one.name: decide(policy, _evaluated(one.runs, ledger), baseline)
        for one in outcome.adapters
        if one.is_complete
    }


def _evaluated(runs: Mapping[str, str], ledger: Ledger) -> list[EvaluatedRun]:
    return [read_run(ledger, ledger.run(run), examples_per_group=0) for run in runs.values()]


def _tuned_points(
    plan: ImprovePlan, outcome: ImproveOutcome, gates: Mapping[str, GateDecision]
) -> list[TunedPoint]:
    plans = {one.name: one for one in plan.adapters}
    found: dict[str, list[AdapterOutcome]] = {}
    for one in outcome.adapters:
        found.setdefault(one.point, []).append(one)
    return [_tuned_point(plans[own[0].name], own, gates) for own in found.values()]


def _tuned_point(
    plan: AdapterPlan, own: Sequence[AdapterOutcome], gates: Mapping[str, GateDecision]
) -> TunedPoint:
    tuning, mixture = plan.tuning, plan.tuning.mixture
    return TunedPoint(
        point=plan.point,
        method=tuning.settings.method,
        demonstrations=len(mixture.demonstrations),
        harmful=mixture.count("harmful"),
        benign=mixture.count("benign"),
        updates=tuning.updates,
        epochs=tuning.epochs,
        adapters=tuple(_adapter(one, gates.get(one.name)) for one in own),
    )


def _adapter(outcome: AdapterOutcome, gate: GateDecision | None) -> ImproveAdapter:
    manifest = outcome.manifest
    training = manifest.training if manifest else None
    return ImproveAdapter(
        seed=outcome.seed,
        id=manifest.id if manifest else "",
        folder=str(outcome.folder or ""),
        runs=dict(outcome.runs),
        gate=gate,
        final_loss=training.final_loss if training else None,
        seconds=training.seconds if training else None,
        trained_on=training.examples if training else None,
        cut=training.cut if training else None,
        unpaired=sum(manifest.data.unpaired.values()) if manifest else None,
        reason=outcome.reason,
    )


def _licences(outcome: ImproveOutcome) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for one in outcome.adapters:
        if one.manifest is not None:
            found[f"{one.manifest.base.model}: {one.manifest.base.licence}"] = None
            for source in one.manifest.data.sources:
                if source.used:
                    found[f"{source.source}: {source.licence} {source.terms}".strip()] = None
    return tuple(found)
