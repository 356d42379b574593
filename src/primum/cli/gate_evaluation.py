"""``primum gate --sequential``: what is evaluated, and the evaluation itself."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import ValidationError

from primum.cli.screen import download_bar, live_progress, notes
from primum.core.errors import DataError, PrimumError, UserError, shorten
from primum.core.gate import GateDecision, GateRun
from primum.engine.progress import Progress
from primum.evaluation.planning import make_plan
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.result import read_run
from primum.gate.policy import Policy
from primum.gate.sequential import GatePlan, evaluate_until_decided, plan_gate
from primum.guidelines.toml_file import read_toml
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import Workspace


def request_of(config: Path | None, settings: dict[str, Any]) -> EvaluationRequest:
    """The evaluation that the flags and the file ask for; flags win.

    Raises:
        UserError: a setting is unknown or not as expected.
    """
    table = {**(read_toml(config, "configuration file") if config is not None else {}), **settings}
    try:
        return EvaluationRequest.model_validate(table)
    except ValidationError as error:
        first = error.errors()[0]
        key = shorten(str(first["loc"][0]))
        problem = f"the key “{key}” holds “{shorten(str(first['input']))}”: {first['msg'].lower()}."
        if first["type"] == "extra_forbidden":
            known = ", ".join(EvaluationRequest.model_fields)
            problem = f"the key “{key}” is not known. Known: {known}."
        if config is not None:
            raise DataError(config, problem) from None
        raise UserError(problem[0].upper() + problem[1:]) from None


def run_until_decided(
    policy: Policy,
    request: EvaluationRequest,
    place: Workspace,
    named: tuple[tuple[str, ...], tuple[str, ...]],
    *,
    command: str,
    wait: float,
    quiet: bool,
) -> GateDecision:
    """The decision; ``named`` are finished runs of the candidate and of the baseline.

    Raises:
        PrimumError: the same command continues.
    """
    with download_bar("Fetching what this run needs") as download:
        if request.attacker is not None:
            raise UserError(
                "A sequential gate holds scripted conversations only. Evaluate with --attacker "
                "first, and give the gate that run."
            )
        plan = make_plan(request, command=command, download=download)
        with open_ledger(place, wait_seconds=wait) as ledger:
            finished, baseline = (
                [read_run(ledger, ledger.run(name), examples_per_group=0) for name in names]
                for names in named
            )
            gate_plan = plan_gate(policy, plan, finished=finished, baseline=baseline)
            if not quiet:
                _announce(gate_plan, place)
            return _run(gate_plan, ledger, quiet=quiet)


def _run(gate_plan: GatePlan, ledger: Ledger, *, quiet: bool) -> GateDecision:
    progress = Progress(planned=gate_plan.plan.conversations)
    try:
        with live_progress(progress, quiet=quiet):
            decision = evaluate_until_decided(gate_plan, ledger, progress)
    except PrimumError:
        if progress.done or progress.calls:
            notes().print(
                f"Not decided yet: {progress.done:,} of at most {progress.planned:,} conversations "
                f"are done; {progress.calls:,} calls were made now.",
                style="dim",
            )
        raise
    if not quiet:
        run = decision.runs[0]
        notes().print(
            f"{max(0, run.complete - run.beyond):,} of {run.conversations:,} conversations were "
            f"enough{_beyond(run)}; {progress.calls:,} calls made now, {progress.reused:,} found "
            "in the ledger.",
            style="dim",
        )
    return decision


def _beyond(run: GateRun) -> str:
    if not run.beyond:
        return ""
    return (
        f", {run.beyond:,} more were in flight at the decision or in the ledger already (a lower "
        "--concurrency has fewer in flight)"
    )


def _announce(gate_plan: GatePlan, place: Workspace) -> None:
    plan = gate_plan.plan
    notes().print(
        f"{plan.target.model.name} ({plan.target.profile.name}) on {plan.benchmark.name}: at most "
        f"{plan.conversations:,} conversations, until {len(gate_plan.open)} rule(s) are decided. "
        f"Run {plan.run_id} in {place.folder}.",
        style="dim",
        markup=False,
    )
