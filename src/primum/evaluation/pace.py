"""How long a plan may take, judged by the earlier calls of the same models in the workspace."""

from __future__ import annotations

from typing import Any, NamedTuple

import orjson
from sqlalchemy import func, select

from primum.core.digest import canonical
from primum.evaluation.cost import CostEstimate
from primum.evaluation.plan import Plan
from primum.ledger import schema
from primum.ledger.ledger import Ledger
from primum.models.chat_model import ChatModel


class Pace(NamedTuple):
    """A rough time, and what it rests on."""

    seconds: float
    calls_seen: int
    """Earlier calls of the plan's models, all of them together."""


def expected_pace(plan: Plan, estimate: CostEstimate, ledger: Ledger) -> Pace | None:
    """The time of all calls at the latency seen so far, as if none were known already.

    Models work side by side, each at its own concurrency, so that the slowest decides. None where
    a model that is asked has made no call in this workspace yet.
    """
    seen = _latencies(ledger)
    work: dict[bytes, float] = {}
    used: dict[bytes, int] = {}
    for model, line in zip(plan.models, estimate.lines, strict=True):
        if not line.calls:
            continue
        key = _key(dict(model.identity))
        if key not in seen:
            return None
        count, latency = seen[key]
        work[key] = work.get(key, 0.0) + line.calls * latency / _at_once(model)
        used[key] = count
    return Pace(max(work.values()), sum(used.values()))


def _at_once(model: ChatModel) -> int:
    return max(1, model.concurrency)


def _latencies(ledger: Ledger) -> dict[bytes, tuple[int, float]]:
    """Model → number of answered calls and their mean latency in seconds.

    Without the log-likelihoods of a capability run, which take another time than answers.
    """
    calls, subjects = schema.calls.c, schema.subjects.c
    totals: dict[bytes, tuple[int, float]] = {}
    with ledger.reading() as connection:
        rows = connection.execute(
            select(subjects.description, func.count(), func.sum(calls.latency_seconds))
            .join_from(schema.calls, schema.subjects, calls.subject == subjects.subject)
            .where(calls.outcome != "transport_error")
            .group_by(subjects.description)
        ).all()
    for description, count, total in rows:
        described = orjson.loads(description)
        if "harness" in described:
            continue
        key = _key(described.get("model", {}))
        known, sum_so_far = totals.get(key, (0, 0.0))
        totals[key] = (known + count, sum_so_far + total)
    return {key: (count, total / count) for key, (count, total) in totals.items()}


def _key(identity: dict[str, Any]) -> bytes:
    return canonical(identity)
