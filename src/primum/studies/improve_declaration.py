"""When an improvement was declared: the ledger remembers, so that a late change cannot hide.

Objectives, margins and the gate's policy decide what counts as better. Chosen after the tuned
models have answered, they may have been chosen by looking; that this could be is what is said.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from primum.core.digest import digest_of
from primum.ledger.ledger import Ledger
from primum.ledger.note import first_answer_ms, remember_once, remembered
from primum.studies.improve_plan import ImprovePlan
from primum.studies.improve_reading import Improvement


def declare(plan: ImprovePlan, ledger: Ledger) -> None:
    """Note when these rules were first seen in this workspace; before any call."""
    remember_once(ledger, {_note(plan.improvement): str(time.time_ns() // 1_000_000)})


def is_late(improvement: Improvement, tuned_runs: Iterable[str], ledger: Ledger) -> bool:
    """Whether tuned models had answered before these rules were declared."""
    runs = list(tuned_runs)
    first = first_answer_ms(ledger, runs) if runs else None
    if first is None:
        return False
    note = _note(improvement)
    return int(remembered(ledger, [note]).get(note, first)) > first


def _note(improvement: Improvement) -> str:
    """Equal for equal rules of an improvement of that id."""
    file = improvement.file
    rules = file.model_dump(
        mode="json", include={"objectives", "margins", "transfers", "confidence"}
    )
    policy = improvement.policy.fingerprint if improvement.policy else ""
    return f"improve:{digest_of([file.id, rules, policy]).hex()[:24]}"
