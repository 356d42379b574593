"""What of an improvement is there already, and how long the rest may take.

known = known_work(plan, ledger)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from primum.core.digest import digest_of
from primum.core.errors import UnknownNameError
from primum.evaluation.cost import estimate_cost
from primum.evaluation.pace import expected_pace
from primum.ledger.ledger import RUN_ID_DIGITS, Ledger
from primum.models.local import LocalModel
from primum.studies.improve_plan import (
    BASELINE,
    AdapterPlan,
    ImprovePlan,
    adapter_model,
    capability_spec,
    on_model,
)
from primum.tuning.adapter import Adapter
from primum.tuning.checkpoint import newest

TuningState = Literal["new", "begun", "finished"]


@dataclass(frozen=True, slots=True)
class KnownSubject:
    """What is there of the baseline or of an adapter."""

    name: str
    tuning: TuningState
    """``finished`` for the baseline."""
    updates_done: int
    runs_finished: int
    runs: int


@dataclass(frozen=True, slots=True)
class KnownWork:
    """What is there of everything."""

    subjects: tuple[KnownSubject, ...]
    """The baseline first."""
    tuning_seconds: float | None
    """Of what is left to tune, by earlier tunings of this base; None where there are none."""
    asking_seconds: float | None
    """Of the safety runs that are left, by earlier calls of the base; None where there are none."""


def known_work(plan: ImprovePlan, ledger: Ledger | None) -> KnownWork:
    """What is there; ``ledger`` None for a workspace that is new."""
    subjects = [_subject(plan, BASELINE, plan.baseline_model, ledger)]
    tuning: list[float | None] = []
    for adapter in plan.adapters:
        finished = adapter.tuning.finished
        if finished is not None:
            source = Adapter(adapter.tuning.folder, finished).source
            model = adapter_model(plan.file, source, finished.id)
            subjects.append(_subject(plan, adapter.name, model, ledger))
            continue
        tuning.append(adapter.tuning.expected_seconds)
        subjects.append(_untuned(plan, adapter))
    known = [seconds for seconds in tuning if seconds is not None]
    return KnownWork(
        tuple(subjects),
        sum(known) if len(known) == len(tuning) else None,
        _asking_seconds(plan, subjects, ledger),
    )


def _untuned(plan: ImprovePlan, adapter: AdapterPlan) -> KnownSubject:
    last = newest(adapter.tuning.training_folder)
    state: TuningState = "begun" if last else "new"
    return KnownSubject(adapter.name, state, last.update if last else 0, 0, _runs(plan))


def _subject(
    plan: ImprovePlan, name: str, model: LocalModel, ledger: Ledger | None
) -> KnownSubject:
    ids = [on_model(one, model).run_id for one in plan.parts.values()]
    if plan.capability is not None:
        ids.append(digest_of(capability_spec(plan.capability, model)).hex()[:RUN_ID_DIGITS])
    done = sum(_is_finished(ledger, run_id) for run_id in ids) if ledger is not None else 0
    return KnownSubject(name, "finished", 0, done, len(ids))


def _runs(plan: ImprovePlan) -> int:
    return len(plan.parts) + (plan.capability is not None)


def _is_finished(ledger: Ledger, run_id: str) -> bool:
    try:
        return ledger.run(run_id).state == "finished"
    except UnknownNameError:
        return False


def _asking_seconds(
    plan: ImprovePlan, subjects: list[KnownSubject], ledger: Ledger | None
) -> float | None:
    """Subjects whose runs are all there take nothing; all others as long as a new one."""
    if ledger is None:
        return None
    paces: Mapping[str, float | None] = {
        name: found.seconds if (found := expected_pace(one, estimate_cost(one), ledger)) else None
        for name, one in plan.parts.items()
    }
    seconds = [pace for pace in paces.values() if pace is not None]
    if len(seconds) < len(paces):
        return None
    return sum(seconds) * sum(one.runs_finished < one.runs for one in subjects)
