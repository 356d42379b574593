"""When an improvement was declared: the ledger remembers, so that a late change cannot hide.

Objectives, margins and the gate's policy decide what counts as better. Chosen after the tuned
models have answered, they may have been chosen by looking; that this could be is what is said.
"""

from __future__ import annotations

import time
from collections.abc import Iterable

from primum.core.digest import digest_of
from primum.core.improve import Declared
from primum.ledger.ledger import Ledger
from primum.ledger.note import first_answer_ms, remember_once, remembered
from primum.studies.improve_reading import Improvement


def declare(improvement: Improvement, ledger: Ledger) -> None:
    """Note when these rules were first seen in this workspace; before any call."""
    now = str(time.time_ns() // 1_000_000)
    old = _note_with_id(improvement)
    noted = remembered(ledger, [old]).get(old, now)
    remember_once(ledger, {_note(improvement): noted})


def declared(improvement: Improvement, tuned_runs: Iterable[str], ledger: Ledger) -> Declared:
    """Whether these rules were noted before the first tuned model answered."""
    runs = list(tuned_runs)
    first = first_answer_ms(ledger, runs) if runs else None
    if first is None:
        return "not_known"
    note = _note(improvement)
    noted = remembered(ledger, [note]).get(note)
    return "before" if noted is not None and int(noted) <= first else "after"


def _note(improvement: Improvement) -> str:
    """Equal for equal rules, whatever else the files say.

    The confidence is part of them: it says how sure is sure.
    """
    rules = improvement.file.model_dump(
        mode="json", include={"objectives", "margins", "confidence"}
    )
    return f"improve:{digest_of([rules, _policy(improvement)]).hex()[:24]}"


def _note_with_id(improvement: Improvement) -> str:
    """As the same rules were noted when id and transfers counted as well."""
    file = improvement.file
    rules = file.model_dump(
        mode="json", include={"objectives", "margins", "transfers", "confidence"}
    )
    return f"improve:{digest_of([file.id, rules, _policy(improvement)]).hex()[:24]}"


def _policy(improvement: Improvement) -> str:
    return improvement.policy.fingerprint if improvement.policy else ""
