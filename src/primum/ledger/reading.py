"""Runs read back: as columns for statistics, as transcripts for people."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import orjson
from sqlalchemy import Connection, and_, func, select

from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.response import NO_ROW, Response
from primum.ledger import schema
from primum.ledger.columns import ItemLabels, RunColumns, VerdictColumns
from primum.ledger.ledger import Ledger
from primum.ledger.record import TurnRecord

_FETCH_ROWS = 4096


class ConversationPlan(NamedTuple):
    """How long a run's conversations are where the user's side was not scripted."""

    turns: int | None = None
    """Planned of each; None: as many as the item has."""
    ended: Mapping[tuple[bytes, int], int] = {}
    """(item, repeat) → turns of a conversation that came to its end before."""
    strategies: Mapping[str, str] = {}
    """Item id → the strategy that was followed, instead of the item's own label."""


def read_columns(
    ledger: Ledger,
    run_id: str,
    *,
    repeats: int,
    judges: Mapping[str, bytes],
    plan: ConversationPlan | None = None,
) -> RunColumns:
    """All planned turns of a run with their outcomes and verdicts.

    Args:
        ledger: Where the run is.
        run_id: The whole id.
        repeats: Planned conversations per item.
        judges: Judge name → fingerprint.
        plan: How long conversations are, where not as long as their items.
    """
    plan = plan or ConversationPlan()
    labels = [_labels(item, plan) for item in ledger.run_items(run_id)]
    columns = RunColumns(items=labels)
    rows = _plan_rows(columns, repeats, plan.ended)
    calls = _fill_turns(ledger, run_id, columns, rows)
    for name, fingerprint in judges.items():
        columns.verdicts[name] = _verdicts(ledger, run_id, fingerprint, calls)
    return columns


def read_transcripts(
    ledger: Ledger, run_id: str, conversations: Iterable[tuple[str, int]]
) -> dict[tuple[str, int], list[TurnRecord]]:
    """The turns of (item id, repeat) conversations, each with every stored verdict on it."""
    found: dict[tuple[str, int], list[TurnRecord]] = {}
    turns, calls = schema.turns.c, schema.calls.c
    with ledger.reading() as connection:
        for item, repeat in conversations:
            key = bytes.fromhex(item)
            rows = connection.execute(
                select(turns.turn, turns.call, calls.outcome, calls.text, calls.error)
                .join_from(schema.turns, schema.calls, turns.call == calls.key)
                .where(turns.run == run_id, turns.item == key, turns.repeat == repeat)
                .order_by(turns.turn)
            ).all()
            verdicts = _verdicts_on(connection, key, [row.call for row in rows])
            found[(item, repeat)] = [
                TurnRecord(
                    row.turn,
                    Response(row.outcome, row.text, error=row.error),
                    bytes(row.call),
                    tuple(verdicts.get(bytes(row.call), ())),
                )
                for row in rows
            ]
    return found


def _verdicts_on(
    connection: Connection, item: bytes, calls: Sequence[bytes]
) -> dict[bytes, list[tuple[bytes, int, Verdict]]]:
    table = schema.judgements.c
    rows = connection.execute(
        select(table.call, table.judge, table.vote, table.outcome, table.value, table.reason)
        .where(table.item == item, table.call.in_(calls))
        .order_by(table.vote)
    )
    found: dict[bytes, list[tuple[bytes, int, Verdict]]] = {}
    for call, judge, vote, outcome, value, reason in rows:
        found.setdefault(call, []).append((judge, vote, Verdict(outcome, value, reason)))
    return found


def _labels(item: Item, plan: ConversationPlan) -> ItemLabels:
    return ItemLabels(
        id=item.id,
        name=item.name,
        language=item.language,
        perspective=item.perspective,
        intent=item.intent,
        guidelines=item.guidelines,
        source=item.source,
        split=item.split,
        strategy=plan.strategies.get(item.id, item.strategy),
        translation_pair=item.translation_pair,
        twin_pair=item.twin_pair,
        turns=plan.turns or len(item.turns),
        fingerprint=item.fingerprint,
        task=item.task,
        benchmark=item.benchmark,
    )


def _plan_rows(
    columns: RunColumns, repeats: int, ended: Mapping[tuple[bytes, int], int]
) -> dict[tuple[bytes, int], range]:
    """Append one empty row per planned turn; (item, repeat) → the rows of its turns."""
    rows: dict[tuple[bytes, int], range] = {}
    for index, labels in enumerate(columns.items):
        key = bytes.fromhex(labels.id)
        for repeat in range(repeats):
            turns = ended.get((key, repeat), labels.turns)
            rows[(key, repeat)] = range(len(columns.item), len(columns.item) + turns)
            columns.item.extend([index] * turns)
            columns.repeat.extend([repeat] * turns)
            columns.turn.extend(range(turns))
    planned = len(columns.item)
    columns.outcome = [""] * planned
    columns.latency_seconds = [0.0] * planned
    columns.prompt_tokens = [0] * planned
    columns.completion_tokens = [0] * planned
    columns.cached_tokens = [0] * planned
    return rows


def _fill_turns(
    ledger: Ledger, run_id: str, columns: RunColumns, rows: Mapping[tuple[bytes, int], range]
) -> dict[tuple[bytes, bytes], list[int]]:
    """Fill in what was answered; (item, call) → its rows."""
    turns, calls = schema.turns.c, schema.calls.c
    by_call: dict[tuple[bytes, bytes], list[int]] = {}
    with ledger.reading() as connection:
        result = connection.execute(
            select(
                turns.item, turns.repeat, turns.turn, turns.call,
                calls.outcome, func.trim(calls.text) == "", calls.latency_seconds,
                calls.prompt_tokens, calls.completion_tokens, calls.cached_tokens,
                and_(calls.outcome == "no_answer", calls.error == NO_ROW),
            )
            .join_from(schema.turns, schema.calls, turns.call == calls.key)
            .where(turns.run == run_id)
        )  # fmt: skip
        for batch in result.partitions(_FETCH_ROWS):
            for item, repeat, turn, call, outcome, empty, latency, *rest in batch:
                prompt, completion, cached, is_without_row = rest
                planned = rows.get((item, repeat), range(0))
                # A success that was seen only later leaves turns behind it that do not count.
                if turn >= len(planned):
                    continue
                row = planned[turn]
                columns.outcome[row] = "empty" if empty and outcome == "ok" else outcome
                columns.latency_seconds[row] = latency
                columns.prompt_tokens[row] = prompt or 0
                columns.completion_tokens[row] = completion or 0
                columns.cached_tokens[row] = cached or 0
                if is_without_row:
                    columns.without_row.append(row)
                by_call.setdefault((item, call), []).append(row)
    return by_call


def _verdicts(
    ledger: Ledger,
    run_id: str,
    fingerprint: bytes,
    calls: Mapping[tuple[bytes, bytes], list[int]],
) -> VerdictColumns:
    judgements, turns = schema.judgements.c, schema.turns.c
    found = VerdictColumns()
    with ledger.reading() as connection:
        result = connection.execute(
            select(
                judgements.item, judgements.call, judgements.vote,
                judgements.outcome, judgements.value, judgements.measures,
            )
            .join_from(
                schema.turns,
                schema.judgements,
                and_(turns.item == judgements.item, turns.call == judgements.call),
            )
            .where(turns.run == run_id, judgements.judge == fingerprint)
            .distinct()
        )  # fmt: skip
        for batch in result.partitions(_FETCH_ROWS):
            for item, call, vote, outcome, value, measures in batch:
                for row in calls.get((item, call), ()):
                    found.row.append(row)
                    found.vote.append(vote)
                    found.outcome.append(outcome)
                    found.value.append(math.nan if value is None else value)
                    found.measures.append(orjson.loads(measures) if measures else None)
    return found
