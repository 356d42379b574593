"""The real path: log-likelihoods of the embedded model, as torch weights."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from primum.capability.catalogue import own_folder
from primum.capability.planning import CapabilityPlan, plan_capability
from primum.capability.request import CapabilityRequest
from primum.capability.run import run_capability
from primum.core.errors import BudgetReached
from primum.engine.progress import Progress
from primum.evaluation.comparison import EvaluatedRun
from primum.evaluation.result import read_run
from primum.ledger import schema
from primum.ledger.ledger import Ledger, open_ledger, read_ledger
from primum.ledger.workspace import Workspace
from primum.models.local import LocalModel

pytest.importorskip("lm_eval", reason="the extra “capability” is not installed")
pytest.importorskip("torch", reason="the extra “capability” is not installed")
pytestmark = [pytest.mark.local, pytest.mark.slow, pytest.mark.timeout(900)]
TASKS = ("primum-medical-small", "primum-general-small")
METRIC = "accuracy.correct|benign|lm-eval"
JUDGE = "lm-eval"


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Workspace(tmp_path / "workspace")) as opened:
        yield opened


def plan(**settings: Any) -> CapabilityPlan:
    return plan_capability(CapabilityRequest(**{"tasks": TASKS, "limit": 12, **settings}))


def measures(found: EvaluatedRun, task: str, name: str) -> list[float]:
    verdicts, items = found.columns.verdicts[JUDGE], found.columns.items
    return [
        each[name]
        for row, each in zip(verdicts.row, verdicts.measures, strict=True)
        if each is not None and items[found.columns.item[row]].benchmark == task
    ]


def test_our_figures_are_those_of_the_harness(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against its own command's function, over its own reading of the same files."""
    import lm_eval
    from lm_eval.models.huggingface import HFLM
    from lm_eval.tasks import TaskManager

    planned = plan(few_shot=2, seeds=(1234, 432), limit=6)
    assert isinstance(planned.model, LocalModel)
    weights = planned.model.open()
    found = read_run(ledger, run_capability(planned, ledger))
    monkeypatch.chdir(own_folder())
    model = HFLM(pretrained=weights.model, tokenizer=weights.tokenizer, batch_size=1)
    manager = TaskManager(include_defaults=False, include_path=str(own_folder()))
    theirs: dict[tuple[str, str], list[float]] = {}
    for seed in (1234, 432):
        results = lm_eval.simple_evaluate(
            model=model, tasks=list(TASKS), num_fewshot=2, limit=6, task_manager=manager,
            fewshot_random_seed=seed, bootstrap_iters=0,
        )["results"]  # fmt: skip
        for task in TASKS:
            for name in ("acc", "acc_norm"):
                theirs.setdefault((task, name), []).append(results[task][f"{name},none"])

    for task in TASKS:
        estimate = found.summary.estimate(METRIC, "benchmark", task)
        assert estimate.value == pytest.approx(np.mean(theirs[task, "acc"]))
        for name in ("acc", "acc_norm"):
            assert np.mean(measures(found, task, name)) == pytest.approx(
                np.mean(theirs[task, name])
            )


def test_the_embedded_model_knows_more_than_chance(ledger: Ledger) -> None:
    run = run_capability(plan(tasks=TASKS[:1], few_shot=0, limit=40), ledger)

    estimate = read_run(ledger, run).summary.estimate(METRIC, "overall", "micro")
    assert estimate.low is not None
    assert estimate.low > 0.35


def test_a_finished_run_loads_no_model(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    first = run_capability(plan(limit=4), ledger)
    monkeypatch.setattr(LocalModel, "open", lambda _: pytest.fail("the model was loaded"))

    progress = Progress()
    second = run_capability(plan(limit=4), ledger, progress)

    assert (second.id, progress.calls, progress.done) == (first.id, 0, progress.planned)


def test_what_was_computed_before_a_stop_is_not_computed_again(ledger: Ledger) -> None:
    with pytest.raises(BudgetReached):
        run_capability(plan(limit=6, max_calls=17), ledger)
    progress = Progress()

    run_capability(plan(limit=6), ledger, progress)

    assert progress.calls == 48 - 17


def test_a_larger_limit_computes_only_what_is_new(ledger: Ledger) -> None:
    run_capability(plan(limit=4, few_shot=2), ledger)
    progress = Progress()

    run_capability(plan(limit=6, few_shot=2), ledger, progress)

    assert progress.calls == 2 * 2 * 4


def test_texts_of_a_model_in_this_process_are_scored_too(ledger: Ledger) -> None:
    tasks = ("primum-medical-small-generative",)

    run = run_capability(plan(tasks=tasks, limit=3, few_shot=2), ledger)
    chat = run_capability(plan(tasks=tasks, limit=3, few_shot=2, chat_template=True), ledger)

    assert run.id != chat.id
    for each in (run, chat):
        estimate = read_run(ledger, each).summary.estimate(METRIC, "overall", "micro")
        assert (estimate.n, estimate.missing) == (3, 0)


def test_the_model_is_let_go_after_a_run(ledger: Ledger) -> None:
    planned = plan(limit=2)

    run_capability(planned, ledger)

    assert isinstance(planned.model, LocalModel)
    assert planned.model._loaded is None


COMMAND = (
    sys.executable, "-m", "primum", "capability", "hf:embedded", "--tasks", ",".join(TASKS),
    "--limit", "12", "--few-shot", "1", "--no-html",
)  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_killed_run_goes_on_and_finds_the_same(tmp_path: Path, number: int) -> None:
    cut, whole = tmp_path / "cut", tmp_path / "whole"
    process = subprocess.Popen([*COMMAND, "--workspace", str(cut)], stderr=subprocess.PIPE)
    before = wait_for_calls(process, cut)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    if number == signal.SIGTERM:
        assert process.returncode == 130
        assert b"Stopped by SIGTERM. Everything finished is kept" in errors

    again = subprocess.run([*COMMAND, "--workspace", str(cut)], capture_output=True, check=True)
    subprocess.run([*COMMAND, "--workspace", str(whole)], capture_output=True, check=True)

    assert b"found in the ledger" in again.stderr
    assert before > 0
    (found, values), (wanted, expected) = figures(cut), figures(whole)
    assert found == wanted
    assert values == pytest.approx(expected, rel=1e-4)


def wait_for_calls(process: subprocess.Popen[bytes], folder: Path) -> int:
    """Until some requests are in the ledger, and before all are."""
    for _ in range(1200):
        assert process.poll() is None, "the run ended before it was killed"
        if (folder / "ledger.sqlite").exists() and (count := calls_in(folder)):
            return count
        time.sleep(0.1)
    raise AssertionError("nothing was computed")


def calls_in(folder: Path) -> int:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{folder}/ledger.sqlite?mode=ro", uri=True) as connection:
            return int(connection.execute("select count(*) from calls").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def figures(folder: Path) -> tuple[Any, dict[bytes, float]]:
    """Run, right answers by task, and every log-likelihood, each to what a batch leaves certain.

    The requests that are left after a stop fall into other batches, whose padding moves the last
    digits of what is computed in single precision.
    """
    with read_ledger(Workspace(folder)) as ledger:
        run = ledger.run("latest")
        found = read_run(ledger, run)
        right = [found.summary.estimate(METRIC, "benchmark", task).value for task in TASKS]
        with ledger.reading() as connection:
            rows = connection.execute(select(schema.calls.c.key, schema.calls.c.text)).all()
    values = {
        bytes(key): json.loads(text)["loglikelihood"] for key, text in rows if text.startswith("{")
    }
    assert len(values) == 4 * 12 * len(TASKS)
    return (run.id, run.state, right), values
