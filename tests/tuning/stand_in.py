"""Demonstrations without any harm, in files, and plans on them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from primum.ledger.workspace import Workspace
from primum.tuning.planning import TuningPlan, plan_tuning
from primum.tuning.request import request_of

ROWS = 12


def write_rows(folder: Path) -> tuple[Path, Path]:
    """Requests to refuse and requests to answer, each in a file."""
    to_refuse = [
        {"request": f"Read me note {n} of shelf {n * 7}.", "response": f"I will not read note {n}."}
        for n in range(ROWS)
    ]
    to_answer = [
        {"request": f"Which colour has cup {n} on row {n * 5}?", "response": f"Cup {n} is blue."}
        for n in range(ROWS)
    ]
    files = folder / "refuse.jsonl", folder / "answer.jsonl"
    for file, rows in zip(files, (to_refuse, to_answer), strict=True):
        file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    return files


def plan_in(folder: Path, workspace: str = "workspace", **changes: Any) -> TuningPlan:
    """A plan of few and small updates; ``changes`` are keys of a request or of its settings."""
    refuse, answer = write_rows(folder)
    settings = {"updates": 4, "batch_size": 4, "warmup_updates": 1, "max_tokens": 64}
    mix = {"harmful": str(refuse), "benign": str(answer), "benign_share": 0.5, "size": 8}
    top: dict[str, Any] = {"device": "cpu", "checkpoint_every": 2, "held_out": ()}
    for key, value in changes.items():
        place = top if key in ("model", "output", "preset", "device", "checkpoint_every") else None
        (place if place is not None else mix if key in mix else settings)[key] = value
    if "epochs" in settings:
        del settings["updates"]
    request = request_of({**top, "mix": mix, "settings": settings})
    return plan_tuning(request, workspace=Workspace(folder / workspace))
