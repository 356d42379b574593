"""How long a plan may take, by the latency of earlier calls."""

from __future__ import annotations

from pathlib import Path

import pytest

from primum.core.response import Response
from primum.engine.progress import Progress
from primum.evaluation.cost import estimate_cost
from primum.evaluation.evaluate import evaluate
from primum.evaluation.pace import expected_pace
from primum.evaluation.plan import Plan
from primum.evaluation.planning import make_plan
from primum.evaluation.request import EvaluationRequest
from primum.ledger.ledger import open_ledger
from primum.ledger.workspace import locate


def plan_of(folder: Path, limit: int) -> Plan:
    script = folder / "slow.toml"
    script.write_text('[[rules]]\nanswer = "No."\ndelay_seconds = 0.02\n', "utf-8")
    return make_plan(EvaluationRequest(model=f"scripted:{script}", limit=limit))


def test_nothing_is_said_without_an_earlier_call(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, 4)
    with open_ledger(locate(tmp_path / "workspace")) as ledger:
        assert expected_pace(plan, estimate_cost(plan), ledger) is None


def test_time_is_calls_by_latency_over_concurrency(tmp_path: Path) -> None:
    first = plan_of(tmp_path, 4)
    with open_ledger(locate(tmp_path / "workspace")) as ledger:
        evaluate(first, ledger, Progress())
        # A log-likelihood, which takes another time than an answer.
        asked = {"model": dict(first.target.model.identity), "harness": "lm-eval 0"}
        subject = ledger.put_subject(asked)
        ledger.put_call(b"k" * 16, subject, 0, Response("ok", latency_seconds=60))
        ledger.flush()
        larger = plan_of(tmp_path, 40)
        estimate = estimate_cost(larger)

        pace = expected_pace(larger, estimate, ledger)

    assert pace is not None
    assert pace.calls_seen == first.survey.turns
    calls = estimate.target_calls
    assert pace.seconds == pytest.approx(calls * 0.02 / larger.target.model.concurrency)
