"""A shipped recipe on the real embedded model, killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.cli.committed_calls import committed
from tests.cli.conftest import Primum

pytestmark = [pytest.mark.slow, pytest.mark.embedded]


def test_a_demo_that_is_killed_goes_on_and_accounts_for_everything(
    primum: Primum, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "primum", "generate", "patientsafetybench", "--demo", "-q"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 300
        while len(committed(tmp_path)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        os.kill(process.pid, signal.SIGKILL)
    before = committed(tmp_path)

    result = primum("generate", "patientsafetybench", "--demo")

    folder = tmp_path / "primum-workspace" / "benchmarks" / "patientsafetybench-demo"
    stated = json.loads((folder / "yields.json").read_text())
    dropped = (folder / "dropped.jsonl").read_text().splitlines()
    assert len(before) >= 2
    assert before.items() <= committed(tmp_path).items()
    assert sum(sum(stage["dropped"].values()) for stage in stated["stages"]) == len(dropped)
    # A model this small may write nothing usable; then the command says so and keeps the record.
    if result.code == 0:
        items = str(folder / "items.jsonl")
        assert primum("benchmarks", "check", items).code == 0
    else:
        assert "Nothing is left after the stage" in result.err
