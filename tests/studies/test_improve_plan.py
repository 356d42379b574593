"""What an improvement's plan says before anything is tuned or asked."""

from __future__ import annotations

import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from tests.tuning.stand_in import write_rows
from tests.tuning.test_run import SESSION, _trained

from primum.cli.improve_screen import show_plan
from primum.core.digest import digest
from primum.core.errors import UnknownNameError, UserError
from primum.core.response import Response
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.record import Run
from primum.ledger.workspace import Workspace
from primum.models import local
from primum.models.adapter_source import MANIFEST
from primum.studies.improve_known import _seconds_of, known_work
from primum.studies.improve_plan import ImprovePlan, make_improve_plan
from primum.studies.improve_reading import read_improvement
from primum.tuning import planning
from primum.tuning.finishing import finish

FILE = """
id = "ours"
title.en = "Ours"
device = "cpu"
held_out = []
seeds = [1, 2]
[[evaluate]]
protocol = "starter"
language = ["en"]
judge_models = ["none"]
[[candidate]]
name = "refusals"
harmful = ["refuse.jsonl"]
size = 8
[[candidate]]
name = "mix"
harmful = ["refuse.jsonl"]
benign = ["answer.jsonl"]
benign_share = 0.5
size = 8
"""
POLICY = """
id = "ours"
version = "1"
title = "Ours"
[[limit]]
metric = "METRIC"
intent = "harmful"
at_least = 0.5
"""


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sources lie here; nothing comes as far as to need a library that is not installed."""
    monkeypatch.setattr(planning, "version", lambda _name: "1")
    monkeypatch.setattr(local, "runtime_version", lambda: "none")
    monkeypatch.setattr(local.LocalModel, "device", "cpu")
    monkeypatch.chdir(tmp_path)
    write_rows(tmp_path)


def planned(more: str = "", change: tuple[str, str] = ("", "")) -> ImprovePlan:
    """The plan of the file with some text replaced, and more tables at its end."""
    file = Path("ours.toml")
    file.write_text(FILE.replace(*change) + more, "utf-8")
    return make_improve_plan(read_improvement(file), Workspace(Path("workspace")))


def test_a_plan_that_holds_together_has_nothing_to_say() -> None:
    plan = planned()

    assert [one.name for one in plan.adapters][:2] == ["refusals · seed 1", "refusals · seed 2"]
    assert plan.notes == ()
    assert not any(one.fault for one in plan.adapters)


def test_a_figure_that_no_judge_gives_is_said_by_the_plan() -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown figure for safety “harmfulness\.mean”"):
        planned('[objectives]\nsafety = "harmfulness.mean"\n')


def test_a_policy_on_a_figure_that_no_judge_gives_is_said_by_the_plan() -> None:
    Path("gate.toml").write_text(POLICY.replace("METRIC", "harmfulness.safe"), "utf-8")
    gate = '[gate]\npolicy = "gate.toml"\n'
    with pytest.raises(UserError, match=r"“harmfulness\.safe\|harmful”, which no run has"):
        planned(gate)

    Path("gate.toml").write_text(POLICY.replace("METRIC", "refusal.full"), "utf-8")
    assert planned(gate).notes == ()


def test_without_harmless_requests_the_plan_says_that_over_refusal_will_not_show() -> None:
    plan = planned(change=("judge_models", 'intent = ["harmful"]\njudge_models'))

    assert any("Nothing that is evaluated shows over-refusal" in note for note in plan.notes)


def test_a_margin_that_nothing_could_exceed_is_refused() -> None:
    with pytest.raises(UserError, match=r"margin over_refusal_rise is 5, .* from 0 to 1"):
        planned("[margins]\nover_refusal_rise = 5\n")


def test_a_transfer_to_a_group_that_no_item_has_is_said_by_the_plan() -> None:
    transfer = '[[transfer]]\nname = "t"\ncandidate = "mix"\nkind = "en-ja"\n'

    with pytest.raises(UnknownNameError, match="language “ja”"):
        planned(transfer)


def test_a_transfer_is_read_off_the_part_that_has_its_groups() -> None:
    both = '[[evaluate]]\nname = "both"\nprotocol = "starter"\njudge_models = ["none"]\n'
    transfer = '[[transfer]]\ncandidate = "mix"\nkind = "en-ja"\n'

    assert planned(both + transfer).file.transfers[0].name == "en-ja"


def test_candidates_that_are_one_and_the_same_tuning_are_refused_by_name() -> None:
    twin = '[[candidate]]\nname = "again"\nharmful = ["refuse.jsonl"]\nsize = 8\n'

    with pytest.raises(UserError, match=r"“refusals” and “again” are one and the same tuning"):
        planned(twin)


def test_an_adapter_is_no_base(tmp_path: Path) -> None:
    folder = tmp_path / "adapter"
    folder.mkdir()
    (folder / "adapter_config.json").write_text('{"base_model_name_or_path": "embedded"}')

    with pytest.raises(UserError, match="is an adapter, .* Merge it first"):
        planned(change=("seeds", f'model = "hf:{folder}"\nseeds'))


def test_evaluated_items_among_the_sources_are_listed_with_set_and_item() -> None:
    _evaluate_the_sources()

    with pytest.raises(UserError) as found:
        planned(change=("judge_models", 'benchmark = ["items.jsonl"]\njudge_models'))

    assert "7 refused as test items" in str(found.value)
    assert "Refused: refuse.jsonl" in str(found.value)
    assert "is items.jsonl note-0" in str(found.value)
    assert "and 4 more." in str(found.value)


def test_so_are_those_of_a_set_that_goes_by_its_columns() -> None:
    _evaluate_the_sources()
    keys = 'benchmark = ["items.jsonl"]\ncolumns = { request = "request" }\njudge_models'

    with pytest.raises(UserError, match=r"would be tuned on .*\(items\.jsonl\).* starter note-\d"):
        planned(change=("judge_models", keys))


def _evaluate_the_sources() -> None:
    """Half of the harmful source as a benchmark."""
    with Path("refuse.jsonl").open(encoding="utf-8") as stream:
        requests = [json.loads(line)["request"] for line in stream][:6]
    rows = [
        {"request": request, "intent": "harmful", "language": "en", "name": f"note-{number}"}
        for number, request in enumerate(requests)
    ]
    Path("items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def test_an_adapter_that_cannot_be_read_is_incomplete_and_the_others_go_on() -> None:
    torn, changed, whole, _ = planned().adapters
    for adapter in (torn, changed, whole):
        finish(adapter.tuning, _trained(adapter.tuning), SESSION)
    text = (torn.tuning.folder / MANIFEST).read_text("utf-8")
    (torn.tuning.folder / MANIFEST).write_text(text[: len(text) // 2], "utf-8")
    file = changed.tuning.folder / MANIFEST
    file.write_text(file.read_text("utf-8").replace('"rank": 8', '"rank": 9'), "utf-8")

    plan = planned()
    faults = [adapter.fault for adapter in plan.adapters]
    known = known_work(plan, None)

    assert "cut short or changed. Delete the folder to tune it again" in faults[0]
    assert "was changed after tuning" in faults[1]
    assert faults[2:] == ["", ""]
    assert [one.tuning for one in known.subjects[1:]] == ["unusable", "unusable", "finished", "new"]
    drawn = StringIO()
    show_plan(plan, known, Console(file=drawn, width=400))
    assert "Incomplete: refusals · seed 1 cannot be read: " in drawn.getvalue()
    assert "Left to tune  1 of 4 adapters" in drawn.getvalue()


def test_the_time_left_is_what_finished_runs_took() -> None:
    """The baseline's run is there; four adapters are left to ask."""
    plan = planned()
    with open_ledger(plan.workspace) as ledger:
        assert known_work(plan, ledger).asking_seconds is None
        _finish_baseline(plan, ledger, computed_seconds=40.0)

        known = known_work(plan, ledger)

    assert known.subjects[0].left == ()
    assert known.asking_seconds == pytest.approx(4 * 40.0)
    assert known.is_capability_timed


@pytest.mark.parametrize(("by_clock", "seconds"), [(0.0, 40.0), (60.0, 60.0), (9000.0, 80.0)])
def test_a_run_took_its_time_by_the_clock_but_for_a_night_in_between(
    by_clock: float, seconds: float
) -> None:
    """And a run whose calls were known before took what they took then."""
    plan = planned()
    with open_ledger(plan.workspace) as ledger:
        run = _finish_baseline(plan, ledger, computed_seconds=40.0)
        run = replace(run, finished_at_ms=run.created_at_ms + round(by_clock * 1000))

        took = _seconds_of(ledger, run, plan.baseline_model.batch_size)

    assert took == pytest.approx(seconds)


def _finish_baseline(plan: ImprovePlan, ledger: Ledger, computed_seconds: float) -> Run:
    """The baseline's run, as if asked in batches that computed for so long in all."""
    part = plan.parts["starter"]
    each = computed_seconds * plan.baseline_model.batch_size / part.survey.turns
    run = ledger.begin_run(part.spec, part.facts, part.items())
    subject = ledger.put_subject({"model": dict(plan.baseline_model.identity)})
    for item in part.items():
        for turn in range(len(item.turns)):
            call = digest(item.id, str(turn))
            ledger.put_call(call, subject, 0, Response("ok", "No.", latency_seconds=each))
            ledger.put_turn(run.id, digest(item.id), 0, turn, call)
    ledger.flush()
    ledger.set_state(run.id, "finished")
    ledger.flush()
    return ledger.run(run.id)
