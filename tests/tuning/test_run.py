"""A plan carried out: what needs no training."""

from __future__ import annotations

import json
import threading
import time
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from tests.tuning.stand_in import plan_in

from primum.core.errors import DataError, UserError
from primum.models.adapter_source import CONFIGURATION, MANIFEST, WEIGHTS
from primum.tuning import planning, run
from primum.tuning.adapter import read_adapter
from primum.tuning.checkpoint import Checkpoint
from primum.tuning.finishing import Session, finish
from primum.tuning.planning import TuningPlan
from primum.tuning.progress import TuningProgress
from primum.tuning.run import tune


@pytest.fixture(autouse=True)
def libraries_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here comes as far as to need one."""
    monkeypatch.setattr(planning, "version", lambda _name: "1")


def _trained(plan: TuningPlan) -> Checkpoint:
    """The last checkpoint as the trainer writes it, but for its content."""
    place = plan.training_folder / f"checkpoint-{plan.updates}"
    place.mkdir(parents=True)
    (place / WEIGHTS).write_bytes(b"weights")
    settings = {
        "base_model_name_or_path": str(place),
        "revision": "main",
        "target_modules": ["v_proj", "q_proj"],
        "r": 8,
    }
    (place / CONFIGURATION).write_text(json.dumps(settings))
    log: list[dict[str, Any]] = [
        {"step": update, "loss": 3.0 - update} for update in range(1, plan.updates + 1)
    ]
    log.append({"step": plan.updates, "train_runtime": 1.0})
    (place / "trainer_state.json").write_text(json.dumps({"log_history": log}))
    return Checkpoint(place, plan.updates, 12.34, 2, 400)


SESSION = Session("cpu", 1, 8, 1, {})


def test_a_finished_adapter_names_base_data_and_loss_and_no_path(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    adapter = finish(plan, _trained(plan), SESSION)
    manifest = read_adapter(adapter.spec).manifest

    assert manifest == adapter.manifest
    assert manifest.base.model == "hf:embedded"
    assert manifest.base.identity == plan.base_identity
    assert manifest.base.licence == "Apache-2.0"
    assert [point.loss for point in manifest.training.loss] == [2.0, 1.0, 0.0, -1.0]
    assert manifest.training.final_loss == -1.0
    assert (manifest.training.tokens, manifest.training.sessions) == (400, 2)
    assert manifest.training.epochs == 2
    assert manifest.data.sources[0].licence == "not stated"
    for file in adapter.folder.iterdir():
        assert str(tmp_path).encode() not in file.read_bytes(), file.name
    assert not plan.training_folder.exists()


def test_equal_adapters_are_equal_files_in_any_folder(tmp_path: Path) -> None:
    one, other = plan_in(tmp_path), plan_in(tmp_path, "other")
    first = finish(one, _trained(one), SESSION)
    second = finish(other, _trained(other), SESSION)

    assert first.digest == second.digest
    assert first.source.identity == second.source.identity
    assert json.loads((first.folder / CONFIGURATION).read_text())["target_modules"] == [
        "q_proj",
        "v_proj",
    ]


def test_a_finished_tuning_returns_at_once(tmp_path: Path) -> None:
    plan, progress = plan_in(tmp_path), TuningProgress()
    adapter = finish(plan, _trained(plan), SESSION)

    assert tune(plan, progress=progress) == adapter
    assert (progress.stage, progress.done) == ("finished", 4)


def test_killed_after_the_last_update_only_the_manifest_is_still_to_be_written(
    tmp_path: Path,
) -> None:
    plan = plan_in(tmp_path)
    last = _trained(plan)
    mark = {"update": last.update, "seconds": 1.0, "sessions": 1, "tokens": 400}
    (last.folder / "primum-checkpoint.json").write_text(json.dumps(mark))
    (plan.training_folder / "plan.json").write_text(json.dumps({"id": plan.id}))
    (plan.training_folder / "session.json").write_text(json.dumps(SESSION._asdict()))

    assert tune(plan).manifest.training.updates == 4


def test_the_time_is_estimated_by_earlier_tunings_of_the_same_base(tmp_path: Path) -> None:
    """12.3 s for 400 tokens."""
    plan = plan_in(tmp_path)
    assert plan.expected_seconds is None
    finish(plan, _trained(plan), SESSION)
    longer = plan_in(tmp_path, updates=40)

    assert longer.expected_seconds == pytest.approx(longer.tokens * 12.3 / 400)


def test_a_folder_with_another_adapter_is_refused_before_anything(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, output=tmp_path / "out")
    finish(plan, _trained(plan), SESSION)

    with pytest.raises(UserError, match=f"holds another adapter \\({plan.id}; this would be"):
        plan_in(tmp_path, output=tmp_path / "out", seed=9)


def test_a_folder_with_something_else_is_refused(tmp_path: Path) -> None:
    target = tmp_path / "out"
    target.mkdir()
    (target / "thesis.txt").write_text("mine")
    with pytest.raises(UserError, match="is not empty and holds no tuning"):
        tune(plan_in(tmp_path, output=target))

    begun = plan_in(tmp_path, "two")
    begun.training_folder.mkdir(parents=True)
    (begun.training_folder / "plan.json").write_text('{"id": "0123"}')
    with pytest.raises(UserError, match=r"another tuning was begun \(0123"):
        tune(begun)
    assert (target / "thesis.txt").read_text() == "mine"


def test_killed_before_the_folder_was_marked_it_can_be_taken_again(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, method="dpo", beta=0.1, dropout=0)
    plan.training_folder.mkdir(parents=True)
    (plan.training_folder / "plan.json.part").write_text("{")

    # Beyond the folder: what is missing next.
    with pytest.raises(UserError, match="none was given"):
        tune(plan)


def test_two_processes_do_not_tune_into_one_folder(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    plan.training_folder.mkdir(parents=True)
    (plan.training_folder / "plan.json").write_text(json.dumps({"id": plan.id}))

    with (
        FileLock(plan.folder / "tuning.lock"),
        pytest.raises(UserError, match="Another process is tuning into"),
    ):
        tune(plan)


def test_who_waits_takes_the_adapter_that_the_other_process_finished(tmp_path: Path) -> None:
    plan = plan_in(tmp_path)
    last = _trained(plan)
    (plan.training_folder / "plan.json").write_text(json.dumps({"id": plan.id}))
    lock, progress = FileLock(plan.folder / "tuning.lock", thread_local=False), TuningProgress()
    lock.acquire()
    seen = []

    def other() -> None:
        while progress.stage != "waiting":
            time.sleep(0.01)
        seen.append(progress.stage)
        finish(plan, last, SESSION)
        lock.release()

    thread = threading.Thread(target=other)
    thread.start()
    adapter = tune(plan, progress=progress, wait_seconds=60)
    thread.join()

    assert seen == ["waiting"]
    assert adapter.manifest.training.tokens == 400
    assert (progress.stage, progress.done) == ("finished", plan.updates)


def test_a_tuning_that_fails_before_its_first_checkpoint_leaves_nothing(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, method="dpo", beta=0.1, dropout=0)

    with pytest.raises(UserError, match="none was given"):
        tune(plan)

    assert not plan.folder.exists()


def test_preference_tuning_without_rejected_answers_needs_a_ledger(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="keeps them in a ledger; none was given"):
        tune(plan_in(tmp_path, method="dpo", beta=0.1, dropout=0))


def test_without_the_extra_what_is_missing_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def version(name: str) -> str:
        if name in ("peft", "trl"):
            raise PackageNotFoundError(name)
        return "1"

    monkeypatch.setattr(planning, "version", version)

    with pytest.raises(UserError, match=r"of which peft, trl are not installed.*primum\[tune\]"):
        tune(plan_in(tmp_path))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("", "holds no adapter: primum-adapter.json is missing"), (CONFIGURATION, "of elsewhere")],
)
def test_what_is_no_adapter_of_ours_is_one_sentence(
    tmp_path: Path, name: str, sentence: str
) -> None:
    if name:
        (tmp_path / name).write_text("{}")

    with pytest.raises(UserError, match=sentence):
        read_adapter(tmp_path)


def test_a_torn_manifest_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / MANIFEST).write_text('{"id": ')

    with pytest.raises(DataError, match="no manifest"):
        read_adapter(tmp_path)


def test_the_processes_of_a_launcher_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    assert run.is_main_process()
    assert run.process_count() == 1
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "4")

    assert not run.is_main_process()
    assert run.process_count() == 4
