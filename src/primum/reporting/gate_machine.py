"""A gate's decision for other programs.

JSON, one object, written as ``machine`` has it: ``schema`` (``primum-gate-1``), and the fields of
``core.gate.GateDecision``; each entry of ``rules`` has the fields of ``RuleDecision`` and
``missing_share``, each of ``runs`` those of ``GateRun``. Rates are shares, 0 to 1.
"""

from __future__ import annotations

from typing import Any

from primum.core.gate import GateDecision
from primum.reporting.machine import json_bytes, plain

GATE_SCHEMA = "primum-gate-1"


def gate_to_json(decision: GateDecision) -> bytes:
    """The decision as JSON, UTF-8, with a final line break."""
    document: dict[str, Any] = {"schema": GATE_SCHEMA, **plain(decision)}
    for shown, rule in zip(document["rules"], decision.rules, strict=True):
        shown["missing_share"] = rule.missing_share
    return json_bytes(document)
