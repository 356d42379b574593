"""What of an improvement is there already, and how long the rest may take.

known = known_work(plan, ledger)
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from sqlalchemy import func, select

from primum.core.digest import digest_of
from primum.core.errors import UnknownNameError
from primum.evaluation.cost import estimate_cost
from primum.evaluation.pace import expected_pace
from primum.ledger import schema
from primum.ledger.ledger import RUN_ID_DIGITS, Ledger
from primum.ledger.record import Run
from primum.models.local import LocalModel
from primum.studies.improve_file import CAPABILITY
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

TuningState = Literal["new", "begun", "finished", "unusable"]


@dataclass(frozen=True, slots=True)
class KnownSubject:
    """What is there of the baseline or of an adapter."""

    name: str
    tuning: TuningState
    """``finished`` for the baseline."""
    updates_done: int
    left: tuple[str, ...]
    """Parts without a finished run."""
    runs: int

    @property
    def runs_finished(self) -> int:
        """Of ``runs``."""
        return self.runs - len(self.left)


@dataclass(frozen=True, slots=True)
class KnownWork:
    """What is there of everything."""

    subjects: tuple[KnownSubject, ...]
    """The baseline first."""
    tuning_seconds: float | None
    """Of what is left to tune, by earlier tunings of this base; None where there are none."""
    asking_seconds: float | None
    """Of the runs that are left, by finished ones of their parts, or else by earlier calls of the
    base; None where there are neither."""
    is_capability_timed: bool = True
    """Whether ``asking_seconds`` holds the capability runs, of which one was finished before."""


class _Finished(NamedTuple):
    """What is there of a subject: the parts that are left, and what the others took."""

    left: tuple[str, ...]
    seconds: Mapping[str, float]


def known_work(plan: ImprovePlan, ledger: Ledger | None) -> KnownWork:
    """What is there; ``ledger`` None for a workspace that is new.

    An adapter that cannot be used takes no time: it is left as it is.
    """
    runs = (*plan.parts, *([CAPABILITY] if plan.capability else []))
    found = [_finished(plan, plan.baseline_model, ledger)]
    subjects = [KnownSubject(BASELINE, "finished", 0, found[0].left, len(runs))]
    tuning: list[float | None] = []
    for adapter in plan.adapters:
        manifest = None if adapter.fault else adapter.tuning.finished
        if manifest is not None:
            source = Adapter(adapter.tuning.folder, manifest).source
            found.append(_finished(plan, adapter_model(plan.file, source, manifest.id), ledger))
            subjects.append(KnownSubject(adapter.name, "finished", 0, found[-1].left, len(runs)))
            continue
        if not adapter.fault:
            tuning.append(adapter.tuning.expected_seconds)
        subjects.append(_untuned(adapter, runs))
    known = [seconds for seconds in tuning if seconds is not None]
    paces = _paces(plan, found, ledger)
    left = [name for one in subjects if one.tuning != "unusable" for name in one.left]
    timed = [name for name in left if name in paces]
    is_capability_alone = {*left} - {*timed} <= {CAPABILITY}
    return KnownWork(
        tuple(subjects),
        sum(known) if len(known) == len(tuning) else None,
        sum(paces[name] for name in timed) if is_capability_alone and (timed or not left) else None,
        len(timed) == len(left),
    )


def _untuned(adapter: AdapterPlan, runs: tuple[str, ...]) -> KnownSubject:
    if adapter.fault:
        return KnownSubject(adapter.name, "unusable", 0, runs, len(runs))
    last = newest(adapter.tuning.training_folder)
    state: TuningState = "begun" if last else "new"
    return KnownSubject(adapter.name, state, last.update if last else 0, runs, len(runs))


def _finished(plan: ImprovePlan, model: LocalModel, ledger: Ledger | None) -> _Finished:
    ids = {name: on_model(one, model).run_id for name, one in plan.parts.items()}
    if plan.capability is not None:
        spec = capability_spec(plan.capability, model)
        ids[CAPABILITY] = digest_of(spec).hex()[:RUN_ID_DIGITS]
    if ledger is None:
        return _Finished(tuple(ids), {})
    done = {name: run for name, run_id in ids.items() if (run := _ended(ledger, run_id))}
    return _Finished(
        tuple(name for name in ids if name not in done),
        {name: _seconds_of(ledger, run, _at_once(name, model)) for name, run in done.items()},
    )


def _at_once(part: str, model: LocalModel) -> int:
    """How many questions share the time of one; the harness's are timed each alone."""
    return 1 if part == CAPABILITY else model.batch_size


def _seconds_of(ledger: Ledger, run: Run, at_once: int) -> float:
    """What the run took by the clock, within what its calls took alone and twice that.

    By the clock alone, a run that was stopped for a night would take a night, and one whose calls
    were known would take nothing.
    """
    calls, turns = schema.calls.c, schema.turns.c
    used = select(turns.call).where(turns.run == run.id).distinct().subquery()
    whole = select(func.sum(calls.latency_seconds)).join(used, calls.key == used.c.call)
    with ledger.reading() as connection:
        computed = float(connection.execute(whole).scalar() or 0.0) / at_once
    by_clock = ((run.finished_at_ms or run.created_at_ms) - run.created_at_ms) / 1000
    return min(max(by_clock, computed), 2 * computed)


def _ended(ledger: Ledger, run_id: str) -> Run | None:
    """The run, if it is finished."""
    try:
        run = ledger.run(run_id)
    except UnknownNameError:
        return None
    return run if run.state == "finished" else None


def _paces(plan: ImprovePlan, found: list[_Finished], ledger: Ledger | None) -> dict[str, float]:
    """Part → how long one run of it takes: as those that are finished, on average.

    Before the first one, by the base's earlier calls, whatever they were.
    """
    paces: dict[str, float] = {}
    for name in (*plan.parts, CAPABILITY):
        took = [one.seconds[name] for one in found if name in one.seconds]
        if took:
            paces[name] = sum(took) / len(took)
        elif name in plan.parts and ledger is not None:
            part = plan.parts[name]
            if pace := expected_pace(part, estimate_cost(part), ledger):
                # It counts the batch that waits for its turn as one that is computed.
                model = plan.baseline_model
                paces[name] = pace.seconds * model.concurrency / model.batch_size
    return paces
