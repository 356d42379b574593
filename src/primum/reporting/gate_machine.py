"""A gate's decision for other programs.

JSON, one object, written as ``machine`` has it: ``schema`` (``primum-gate-1``), ``primum`` (the
version that wrote it), ``written_at`` (UTC, ISO 8601), and the fields of
``core.gate.GateDecision``; each entry of ``rules`` has the fields of ``RuleDecision`` and
``missing_share``, each of ``runs`` those of ``GateRun``. Rates are shares, 0 to 1.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from primum import __version__
from primum.core.gate import GateDecision
from primum.reporting.machine import json_bytes, plain

GATE_SCHEMA = "primum-gate-1"


def gate_to_json(decision: GateDecision, *, written_at: datetime | None = None) -> bytes:
    """The decision as JSON, UTF-8, with a final line break; it is written now unless told."""
    written_at = written_at or datetime.now(UTC)
    document: dict[str, Any] = {
        "schema": GATE_SCHEMA,
        "primum": __version__,
        "written_at": written_at.isoformat(timespec="seconds"),
        **plain(decision),
    }
    for shown, rule in zip(document["rules"], decision.rules, strict=True):
        shown["missing_share"] = rule.missing_share
    return json_bytes(document)
