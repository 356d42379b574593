"""A run that is killed without warning and continued ends like one that was not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tests.cli.committed_calls import committed
from tests.cli.conftest import Primum

SCRIPT = '{"answer": "Here is general information.", "delay_seconds": 0.05}\n'


def kill_at(folder: Path, calls: int) -> dict[bytes, int]:
    """Start the evaluation and kill it once so many calls are committed."""
    command = [sys.executable, "-m", "primum", "evaluate", "-m", "scripted:slow.jsonl",
               "--limit", "all", "--concurrency", "2", "--quiet"]  # fmt: skip
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        while len(committed(folder)) < calls and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    return committed(folder)


def results(primum: Primum) -> dict[str, Any]:
    """All that the run found, without times."""
    summary: dict[str, Any] = json.loads(primum("report", "--json", "-").out)
    for varying in ("created", "finished", "command"):
        summary.pop(varying, None)
        summary["spec"].pop(varying, None)
    summary["usage"] = {k: v for k, v in summary["usage"].items() if "latency" not in k}
    return summary


def test_three_kills_lose_nothing_and_ask_nothing_again(primum: Primum, tmp_path: Path) -> None:
    (tmp_path / "slow.jsonl").write_text(SCRIPT)
    noted = [kill_at(tmp_path, calls) for calls in (10, 30, 60)]

    continued = primum("evaluate", "-m", "scripted:slow.jsonl", "--limit", "all")
    after_kills = results(primum)
    final = committed(tmp_path)

    assert continued.code == 0
    assert [len(calls) for calls in noted] == sorted(len(calls) for calls in noted)
    assert 10 <= len(noted[0]) < len(final)
    for calls in noted:
        assert calls.items() <= final.items()
    assert len(final) == 104
    assert primum("ledger", "check").code == 0
    (tmp_path / "primum-workspace").rename(tmp_path / "killed")
    primum("evaluate", "-m", "scripted:slow.jsonl", "--limit", "all")
    assert results(primum) == after_kills
