"""A run from plan to report, put to a scripted model through the endpoints' way."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from tests.capability.task_files import LETTERS, QUESTIONS, as_rows, write_rows, write_task

from primum.capability import planning
from primum.capability.planning import CapabilityPlan, plan_capability
from primum.capability.request import CapabilityRequest
from primum.capability.run import run_capability
from primum.core.errors import BudgetReached, UserError
from primum.core.response import Response
from primum.engine.progress import Progress
from primum.evaluation.comparison import compare
from primum.evaluation.result import read_run
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatRequest
from primum.reporting.html import render_html
from primum.reporting.terminal import render_terminal
from primum.testing.scripted import ScriptedModel

pytest.importorskip("lm_eval", reason="the extra “capability” is not installed")
METRIC = "accuracy.correct|benign|lm-eval"
RIGHT = {"capital": "A", "colour": "B", "spider": "D"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Workspace(tmp_path / "workspace")) as opened:
        yield opened


def plan_for(
    monkeypatch: pytest.MonkeyPatch, file: Path, model: ScriptedModel, **settings: Any
) -> CapabilityPlan:
    monkeypatch.setattr(planning, "resolve", lambda *_, **__: model)
    request = CapabilityRequest(model="scripted", tasks=(str(file),), **settings)
    return plan_capability(request, command="primum capability")


def test_right_and_wrong_answers_become_a_share_with_an_interval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    model = ScriptedModel({**RIGHT, "spider": "A"})
    plan = plan_for(monkeypatch, write_task(tmp_path, LETTERS), model)

    run = run_capability(plan, ledger)

    summary = read_run(ledger, run).summary
    estimate = summary.estimate(METRIC, "benchmark", "quiz")
    assert (run.state, estimate.n, estimate.missing) == ("finished", 3, 0)
    assert estimate.value == pytest.approx(2 / 3)
    assert estimate.low is not None
    assert estimate.low < 2 / 3
    assert summary.metric(METRIC).primary


def test_examples_are_turns_of_a_conversation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    model = ScriptedModel(RIGHT)

    run_capability(plan_for(monkeypatch, write_task(tmp_path, LETTERS), model, few_shot=2), ledger)

    for call in model.calls:
        assert [message.role for message in call.messages] == ["user", "assistant"] * 2 + ["user"]
        assert call.sampling.temperature == 0.0


def test_each_seed_is_a_repeat_with_other_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    model = ScriptedModel(RIGHT)
    file = write_task(tmp_path, LETTERS)

    run = run_capability(plan_for(monkeypatch, file, model, few_shot=2, seeds=(1, 2, 3)), ledger)

    found = read_run(ledger, run)
    assert (run.spec["repeats"], len(found.columns.item)) == (3, 9)
    estimate = found.summary.estimate(METRIC, "overall", "micro")
    assert (estimate.n, estimate.clusters) == (9, 3)


def test_without_examples_a_seed_changes_nothing_and_is_asked_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = write_task(tmp_path, LETTERS)
    plan = plan_for(monkeypatch, file, ScriptedModel(RIGHT), few_shot=0, seeds=(1, 2, 3))

    assert plan.seeds == (1,)
    assert any("one repeat" in note for note in plan.notes)


def test_a_finished_run_asks_nothing_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    file, model = write_task(tmp_path, LETTERS), ScriptedModel(RIGHT)
    first = run_capability(plan_for(monkeypatch, file, model), ledger)
    asked, progress = len(model.calls), Progress()

    second = run_capability(plan_for(monkeypatch, file, model), ledger, progress)

    assert (second.id, len(model.calls)) == (first.id, asked)
    assert (progress.done, progress.calls) == (3, 0)


def test_a_run_whose_budget_ended_goes_on_where_it_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    file, model = write_task(tmp_path, LETTERS), ScriptedModel(RIGHT, concurrency=1)
    short = plan_for(monkeypatch, file, model, max_calls=2)
    with pytest.raises(BudgetReached):
        run_capability(short, ledger)
    assert ledger.run(short.run_id).state == "incomplete"
    assert short.known(ledger).answered == 2

    run = run_capability(plan_for(monkeypatch, file, model), ledger)

    assert (run.id, run.state, len(model.calls)) == (short.run_id, "finished", 3)
    assert read_run(ledger, run).summary.estimate(METRIC, "overall", "micro").value == 1.0


def test_an_answer_that_failed_is_missing_and_asked_again_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    """The harness alone would count it as wrong."""
    file, is_down = write_task(tmp_path, LETTERS), [True]

    def answer(request: ChatRequest) -> Response:
        asked = request.messages[-1].content
        if "spider" in asked and is_down[0]:
            return Response("transport_error", error="connection lost")
        return Response("ok", next(v for k, v in RIGHT.items() if k in asked))

    plan = plan_for(monkeypatch, file, ScriptedModel(answer))
    first = read_run(ledger, run_capability(plan, ledger)).summary
    assert first.estimate(METRIC, "overall", "micro").missing == 1
    assert first.estimate(METRIC, "overall", "micro").value == 1.0
    assert first.response_outcomes["transport_error"] == 1

    is_down[0] = False
    second = read_run(ledger, run_capability(plan, ledger)).summary

    assert second.estimate(METRIC, "overall", "micro").missing == 0
    assert second.response_outcomes == {"ok": 3}


def test_an_answer_withheld_by_a_filter_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    model = ScriptedModel(lambda _: Response("content_filter"))
    run = run_capability(plan_for(monkeypatch, write_task(tmp_path, LETTERS), model), ledger)

    assert read_run(ledger, run).summary.estimate(METRIC, "overall", "micro").missing == 3


def test_a_question_that_stands_twice_counts_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    """As for the harness; the interval takes the two for one."""
    file = write_task(tmp_path, LETTERS)
    write_rows(tmp_path / "test.jsonl", as_rows([*QUESTIONS, QUESTIONS[0]]))
    model = ScriptedModel({"capital": "B", "colour": "B", "spider": "D"})

    run = run_capability(plan_for(monkeypatch, file, model), ledger)

    estimate = read_run(ledger, run).summary.estimate(METRIC, "overall", "micro")
    assert (estimate.value, estimate.n, estimate.clusters) == (0.5, 4, 3)


def test_two_models_are_compared_question_by_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    file = write_task(tmp_path, LETTERS)
    runs = [
        read_run(ledger, run_capability(plan_for(monkeypatch, file, model), ledger))
        for model in (ScriptedModel(RIGHT, name="one"), ScriptedModel(default="A", name="two"))
    ]

    comparison = compare(*runs)

    overall = next(each for each in comparison.contrasts if each.first == "overall:micro")
    assert overall.difference.pairs == 3
    assert overall.difference.value == pytest.approx(-2 / 3)
    codes = {notice.code for notice in comparison.notices}
    assert not codes & {"different-benchmarks", "different-settings", "judge-changed"}


def test_another_way_of_scoring_is_another_verdict(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    """Same prompts, same answers, other filter: the ledger must not hand out the first verdict."""
    model = ScriptedModel({"capital": "It is A", "colour": "It is B", "spider": "It is D"})
    letter = {"name": "letter", "filter": [{"function": "regex", "regex_pattern": "([A-D])$"},
                                           {"function": "take_first"}]}  # fmt: skip
    plain = plan_for(monkeypatch, write_task(tmp_path / "a", LETTERS), model)
    filtered = plan_for(
        monkeypatch, write_task(tmp_path / "b", LETTERS, filter_list=[letter]), model
    )

    values = [
        read_run(ledger, run_capability(plan, ledger))
        .summary.estimate(METRIC, "overall", "micro")
        .value
        for plan in (plain, filtered)
    ]

    assert values == [0.0, 1.0]
    assert plain.run_id != filtered.run_id
    assert len(model.calls) == 3


def test_what_decides_the_results_decides_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file, model = write_task(tmp_path, LETTERS), ScriptedModel(RIGHT)
    ids = {
        plan_for(monkeypatch, file, model, **settings).run_id
        for settings in ({}, {"few_shot": 2}, {"few_shot": 2, "seeds": (7,)}, {"limit": 2})
    }
    write_rows(
        tmp_path / "test.jsonl", as_rows([QUESTIONS[0], QUESTIONS[1], ("New?", tuple("1234"), 0)])
    )
    ids.add(plan_for(monkeypatch, file, model).run_id)

    assert len(ids) == 5
    moved = write_task(tmp_path / "elsewhere", LETTERS)
    again = write_task(tmp_path, LETTERS)
    assert plan_for(monkeypatch, moved, model).run_id == plan_for(monkeypatch, again, model).run_id


def test_a_model_without_log_likelihoods_is_told_what_to_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = ScriptedModel(RIGHT)
    monkeypatch.setattr(planning, "resolve", lambda *_, **__: model)

    with pytest.raises(UserError, match="Take .* “primum-medical-small-generative”, or a model in"):
        plan_capability(CapabilityRequest(model="scripted", tasks=("primum-medical-small",)))
    with pytest.raises(UserError, match="here “medical-generative”, or a model in this process"):
        plan_capability(CapabilityRequest(model="scripted", tasks=("medical",)))
    with pytest.raises(UserError, match="“mmlu_anatomy_generative”"):
        plan_capability(CapabilityRequest(model="scripted", tasks=("mmlu_anatomy",)))
    with pytest.raises(UserError, match="a task file with output_type: generate_until"):
        plan_capability(CapabilityRequest(model="scripted", tasks=(str(write_task(tmp_path)),)))


def test_control_characters_of_a_document_do_not_reach_the_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    file = write_task(tmp_path, LETTERS)
    rows = as_rows([("<script>alert(1)</script>\x1b[31m capital?", tuple("wxyz"), 0)])
    write_rows(tmp_path / "test.jsonl", rows)
    model = ScriptedModel({"capital": "A"})
    run = run_capability(plan_for(monkeypatch, file, model), ledger)
    summary = read_run(ledger, run).summary
    console = Console(record=True, width=100, file=io.StringIO())

    render_terminal(summary, console, "en")

    assert "\x1b[31m" not in console.export_text()
    assert "<script>alert(1)" not in render_html(summary, "en")


def test_the_stored_spec_is_plain_data_without_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    plan = plan_for(monkeypatch, write_task(tmp_path, LETTERS), ScriptedModel(RIGHT))
    run = run_capability(plan, ledger)

    assert str(tmp_path) not in json.dumps(run.spec)
    assert run.spec["capability"]["tasks"][0]["metric"] == "exact_match"
    assert dataclasses.is_dataclass(run)


def test_a_run_of_right_answers_is_titled_as_knowledge_without_talk_of_clinicians(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ledger: Ledger
) -> None:
    plan = plan_for(monkeypatch, write_task(tmp_path, LETTERS), ScriptedModel(RIGHT))
    summary = read_run(ledger, run_capability(plan, ledger)).summary

    assert "Knowledge of scripted" in render_html(summary, "en")
    assert "scripted の知識" in render_html(summary, "ja")
    assert "no-clinician-review" not in {notice.code for notice in summary.notices}
