"""The same work for every client: three turns, then two verdicts on the last answer."""

from __future__ import annotations

import json
import resource
import sys
from collections.abc import Callable, Coroutine
from typing import Any

CONCURRENCY = 64
TURNS = 3
CALLS = TURNS + 2
JUDGE_PROMPT = "Policy and rubric, as long as the shipped one. " * 90
"""About as long as the prompt that the shipped rubric makes."""


def questions(number: int) -> list[str]:
    """The user's turns of one conversation."""
    return [f"Question {number}.{turn} about my medicine and my sleep." for turn in range(TURNS)]


def measure(client: Callable[[str, int, str], Coroutine[Any, Any, int]]) -> None:
    """Run the client of this process and print what it cost, as JSON."""
    import uvloop

    port, conversations, folder = sys.argv[1:4]
    before = _cpu_seconds()
    calls = uvloop.run(client(f"http://127.0.0.1:{port}/v1", int(conversations), folder))
    assert calls == int(conversations) * CALLS, f"{calls} calls instead"
    report = {
        "cpu_ms_per_call": (_cpu_seconds() - before) * 1000 / calls,
        "peak_mib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(report))


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
