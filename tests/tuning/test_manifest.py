"""A manifest is believed only as far as it agrees with itself and with the files beside it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.tuning.stand_in import plan_in
from tests.tuning.test_run import SESSION, _trained

from primum.core.errors import DataError, UserError
from primum.models.adapter_source import CONFIGURATION, MANIFEST, WEIGHTS
from primum.models.local_source import open_source
from primum.tuning.adapter import read_adapter
from primum.tuning.finishing import finish
from primum.tuning.planning import TuningPlan


@pytest.fixture
def plan(tmp_path: Path) -> TuningPlan:
    """A tuning that is finished."""
    plan = plan_in(tmp_path)
    finish(plan, _trained(plan), SESSION)
    return plan


def _edit(plan: TuningPlan, change: Callable[[dict[str, Any]], object]) -> None:
    file = plan.folder / MANIFEST
    whole = json.loads(file.read_text("utf-8"))
    change(whole)
    file.write_text(json.dumps(whole), "utf-8")


@pytest.mark.parametrize(
    "change",
    [
        lambda whole: whole["settings"].update(learning_rate=0.005),
        lambda whole: whole["settings"].pop("seed"),
        lambda whole: whole["data"].update(fingerprint="0" * 32),
        lambda whole: whole["base"]["identity"].update(sha256="0" * 64),
        lambda whole: whole.update(id="0" * 12),
    ],
)
def test_a_changed_manifest_is_not_taken_for_finished(
    plan: TuningPlan, change: Callable[[dict[str, Any]], object]
) -> None:
    _edit(plan, change)

    for read in (lambda: plan.finished, lambda: read_adapter(plan.folder)):
        with pytest.raises(DataError, match=r"was changed after tuning.*Delete the folder"):
            read()


@pytest.mark.parametrize("name", [WEIGHTS, CONFIGURATION])
def test_changed_weights_are_not_taken_for_finished(plan: TuningPlan, name: str) -> None:
    file = plan.folder / name
    file.write_bytes(file.read_bytes() + b" ")

    for read in (lambda: plan.finished, lambda: read_adapter(plan.folder)):
        with pytest.raises(DataError, match=r"the weights of .* were changed after tuning"):
            read()
    assert "adapter" in open_source(str(plan.folder)).identity


def test_weights_that_are_gone_are_not_taken_for_finished(plan: TuningPlan) -> None:
    (plan.folder / WEIGHTS).unlink()

    with pytest.raises(UserError, match=r"not whole: adapter_model.safetensors is missing"):
        _ = plan.finished


def test_how_the_work_was_cut_up_may_be_changed(plan: TuningPlan) -> None:
    """It is no part of what was learned."""
    _edit(plan, lambda whole: whole["settings"].update(micro_batch_size=2))

    assert plan.finished is not None


def test_a_manifest_of_an_earlier_version_is_still_read(plan: TuningPlan) -> None:
    """It knew no digest of its files, and no setting that came later."""
    assert plan.finished is not None
    _edit(plan, lambda whole: whole.pop("content"))

    assert plan.finished is not None
    assert read_adapter(plan.folder).manifest.content == ""


def test_what_a_merged_model_came_from_is_still_told(plan: TuningPlan, tmp_path: Path) -> None:
    """Its folder holds the manifest and no adapter."""
    merged = tmp_path / "merged"
    merged.mkdir()
    (merged / MANIFEST).write_bytes((plan.folder / MANIFEST).read_bytes())

    assert read_adapter(merged).manifest == plan.finished


def test_the_last_loss_is_told_apart_from_the_mean_of_the_last_ones(tmp_path: Path) -> None:
    plan = plan_in(tmp_path, updates=25)
    training = finish(plan, _trained(plan), SESSION).manifest.training

    assert training.averaged_updates == 2
    assert training.final_loss == (training.loss[-1].loss + training.loss[-2].loss) / 2
