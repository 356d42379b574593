"""From the last checkpoint to the adapter's folder: peft's files, the manifest, what was refused.

The files are written so that equal adapters are equal to the last byte, and so that they name the
base as the user did, never a path of the machine.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from primum.models.adapter_source import CONFIGURATION, WEIGHTS, content_of
from primum.tuning.adapter import Adapter
from primum.tuning.checkpoint import Checkpoint
from primum.tuning.held_out import write_refused
from primum.tuning.manifest import (
    NOT_STATED,
    AdapterManifest,
    BaseModelRecord,
    LossPoint,
    TrainingRecord,
    data_record,
    library_versions,
    write_manifest,
)
from primum.tuning.planning import TuningPlan

REFUSED = "refused.jsonl"
_TRAINER_STATE = "trainer_state.json"


class Session(NamedTuple):
    """What only the session that trained knows."""

    device: str
    processes: int
    examples: int
    cut: int
    unpaired: Mapping[str, int]


def finish(plan: TuningPlan, last: Checkpoint, session: Session) -> Adapter:
    """The adapter, its manifest written last; the checkpoints are gone."""
    folder = plan.folder
    shutil.copyfile(last.folder / WEIGHTS, folder / WEIGHTS)
    _write_configuration(last.folder / CONFIGURATION, folder / CONFIGURATION, plan)
    write_refused(plan.mixture.refused, folder / REFUSED)
    state: Any = json.loads((last.folder / _TRAINER_STATE).read_text("utf-8"))
    manifest = AdapterManifest(
        id=plan.id,
        name=plan.request.name,
        base=BaseModelRecord(
            model=plan.request.model,
            identity=plan.base_identity,
            licence=plan.base.licence or NOT_STATED,
        ),
        data=data_record(plan.mixture, session.unpaired),
        settings=plan.settings,
        training=_training(plan, last, session, state["log_history"]),
        versions=library_versions(),
        finished=time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        content=content_of(folder),
    )
    write_manifest(folder, manifest)
    shutil.rmtree(plan.training_folder, ignore_errors=True)
    return Adapter(folder, manifest)


def _training(
    plan: TuningPlan, last: Checkpoint, session: Session, log: list[dict[str, Any]]
) -> TrainingRecord:
    points = [entry for entry in log if "loss" in entry]
    return TrainingRecord(
        updates=last.update,
        epochs=last.update * plan.settings.batch_size / max(1, session.examples),
        examples=session.examples,
        cut=session.cut,
        tokens=last.tokens,
        seconds=round(last.seconds, 1),
        sessions=last.sessions,
        device=session.device,
        processes=session.processes,
        loss=tuple(LossPoint(update=entry["step"], loss=entry["loss"]) for entry in points),
    )


def _write_configuration(found: Path, target: Path, plan: TuningPlan) -> None:
    """Peft's settings with the base by its name and lists in order."""
    settings: dict[str, Any] = json.loads(found.read_text("utf-8"))
    settings["base_model_name_or_path"] = plan.request.model.removeprefix("hf:")
    settings["revision"] = None
    for key in ("target_modules", "modules_to_save"):
        if isinstance(settings.get(key), list):
            settings[key] = sorted(settings[key])
    target.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n", "utf-8")
