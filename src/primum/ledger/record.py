"""What is read back from the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import orjson

from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.response import Response

RunState = Literal["preparing", "incomplete", "finished"]
"""``preparing``: its items are being stored; a killed preparation starts again."""


class JudgementKey(NamedTuple):
    """Which verdict: of which judge, on which response to which item, which vote."""

    item: bytes
    call: bytes
    judge: bytes
    vote: int


@dataclass(frozen=True, slots=True)
class Run:
    """A stored run."""

    id: str
    spec: Mapping[str, Any]
    """What decides the results; the id is its hash."""
    facts: Mapping[str, Any]
    """What is worth knowing and decides nothing: versions, command, licence, counts."""
    state: RunState
    created_at_ms: int
    finished_at_ms: int | None

    @property
    def created(self) -> str:
        """ISO 8601, UTC, seconds."""
        return iso(self.created_at_ms)

    @property
    def finished(self) -> str:
        """ISO 8601, UTC, seconds; empty while the run is incomplete."""
        return iso(self.finished_at_ms) if self.finished_at_ms is not None else ""


@dataclass(frozen=True, slots=True)
class TurnRecord:
    """One turn of a conversation as it happened."""

    turn: int
    response: Response
    call: bytes
    verdicts: tuple[tuple[bytes, int, Verdict], ...]
    """(judge fingerprint, vote, verdict)."""


def iso(milliseconds: int) -> str:
    """The time as ISO 8601 in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def item_to_json(item: Item) -> str:
    """The item's stored form; its benchmark is the run's own matter and is stored there."""
    return orjson.dumps(replace(item, benchmark="") if item.benchmark else item).decode()


def item_from_json(content: str, benchmark: str = "") -> Item:
    """The item of a stored form."""
    fields = orjson.loads(content)
    fields["benchmark"] = benchmark
    fields["turns"] = tuple(fields["turns"])
    fields["guidelines"] = tuple(fields["guidelines"])
    return Item(**fields)


def spoken_under(run_id: str) -> str:
    """The name under which the calls of a run's live user are noted, turn by turn.

    They stand in ``turns`` beside the run's own, which hold the target's calls only.
    """
    return f"user:{run_id}"
