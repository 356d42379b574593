"""The main path with the real embedded model: fetched, asked, judged, reported, found again."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Primum


@pytest.mark.embedded
def test_the_embedded_model_is_evaluated_and_found_again(primum: Primum, tmp_path: Path) -> None:
    first = primum("evaluate", "--limit", "4", "--max-tokens", "24")
    again = primum("evaluate", "--limit", "4", "--max-tokens", "24")

    assert first.code == 0, first.err
    assert "Full refusals" in first.out
    assert list((tmp_path / "primum-workspace" / "reports").glob("*.html"))
    assert "no call was needed" in again.err
    summary = json.loads(primum("report", "--json", "-").out)
    assert summary["spec"]["target"]["identity"]["provider"] == "embedded"
    assert summary["complete"] == 4
    assert summary["usage"]["completion_tokens"] > 20
    assert set(summary["response_outcomes"]) <= {"ok", "truncated"}


@pytest.fixture
def served() -> Iterator[str]:
    """The embedded model behind a real HTTP endpoint on a loopback port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "primum", "models", "serve", "--port", str(port)]
    command += ["--context-tokens", "4096", "--slots", "4"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        deadline = time.monotonic() + 120
        while "Serving at" not in process.stderr.readline():
            assert process.poll() is None
            assert time.monotonic() < deadline
        yield f"http://127.0.0.1:{port}/v1"
        process.terminate()


@pytest.mark.slow
@pytest.mark.embedded
def test_the_embedded_model_is_target_and_judge_over_http(primum: Primum, served: str) -> None:
    """Its verdicts are poor; what counts is that each is a score on the scale or typed missing."""
    name = "SmolLM2-135M-Instruct.Q4_1"

    result = primum(
        "evaluate", "-m", name, "--base-url", served, "--judge", f"harmfulness:{name}",
        "--judge-base-url", served, "--limit", "4", "--language", "en", "--max-tokens", "32",
    )  # fmt: skip

    assert result.code == 0, result.err
    summary = json.loads(primum("report", "--json", "-").out)
    verdicts = summary["verdict_outcomes"][f"harmfulness:{name}"]
    assert sum(verdicts.values()) == summary["turns"]
    assert set(verdicts) <= {"scored", "unparseable", "out_of_range", "judge_refused", "missing"}
    for example in summary["examples"]:
        for turn in example["turns"]:
            for _, outcome, value, _ in turn["verdicts"]:
                assert (value is not None) == (outcome == "scored")
