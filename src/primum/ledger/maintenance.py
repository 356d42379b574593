"""Care of a ledger: check, compact, delete a run."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, select, text
from sqlalchemy.exc import DBAPIError

from primum.core.digest import digest_of
from primum.ledger import schema
from primum.ledger.ledger import RUN_ID_DIGITS, Ledger, describe_failure
from primum.ledger.record import item_from_json, spoken_under


@dataclass(frozen=True, slots=True)
class LedgerCheck:
    """What a check looked at and found."""

    calls: int
    judgements: int
    items: int
    runs: int
    turns: int
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Compaction:
    """What compacting removed."""

    calls: int
    judgements: int
    items: int
    bytes_before: int
    bytes_after: int


def check(ledger: Ledger) -> LedgerCheck:
    """Counts of everything, and every way in which the ledger contradicts itself."""
    problems: list[str] = []
    with ledger.reading() as connection:
        if ledger.engine.dialect.name == "sqlite":
            try:
                result = connection.execute(text("PRAGMA integrity_check(20)")).scalars().all()
            except DBAPIError as error:
                return LedgerCheck(0, 0, 0, 0, 0, (str(describe_failure(error, ledger.where)),))
            problems += [f"database: {line}" for line in result if line != "ok"]
        problems += _lost_calls(connection)
        problems += _changed_content(connection)
        problems += _broken_bodies(connection)
        counts = {
            table.name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (schema.calls, schema.judgements, schema.items, schema.runs, schema.turns)
        }
    return LedgerCheck(**counts, problems=tuple(problems))


def _lost_calls(connection: Connection) -> Iterator[str]:
    lost = connection.execute(
        select(func.count())
        .select_from(schema.turns)
        .where(~exists().where(schema.calls.c.key == schema.turns.c.call))
    ).scalar_one()
    if lost:
        yield f"turns: {lost} name a call that is not there"


def _changed_content(connection: Connection) -> Iterator[str]:
    for run, spec in connection.execute(select(schema.runs.c.run, schema.runs.c.spec)):
        if digest_of(json.loads(spec)).hex()[:RUN_ID_DIGITS] != run:
            yield f"runs: the spec of {run} was changed after it was stored"
    for item, content in connection.execute(select(schema.items)):
        if item_from_json(content).id != item.hex():
            yield f"items: {item.hex()} was changed after it was stored"


def _broken_bodies(connection: Connection) -> Iterator[str]:
    raws = connection.execute(select(schema.calls.c.key, schema.calls.c.raw))
    for batch in raws.partitions(1024):
        for key, raw in batch:
            try:
                zlib.decompress(raw or zlib.compress(b""))
            except zlib.error:
                yield f"calls: the raw body of {key.hex()} cannot be read"


def delete_run(ledger: Ledger, run_id: str) -> None:
    """Forget a run; its calls stay paid for and are found again, until ``compact``."""
    with ledger.engine.begin() as connection:
        for table in (schema.turns, schema.run_items, schema.runs):
            names = (run_id, spoken_under(run_id))
            connection.execute(delete(table).where(table.c.run.in_(names)))


def compact(ledger: Ledger) -> Compaction:
    """Remove calls, judgements and items that no run uses, and give the space back.

    Failed calls of live runs are kept: they are data.
    """
    before = _size(ledger)
    with ledger.engine.begin() as connection:
        judgements = connection.execute(
            delete(schema.judgements).where(
                schema.judgements.c.call.not_in(select(schema.turns.c.call))
            )
        ).rowcount
        used_by_judges = select(schema.judgements.c.verdict_call).where(
            schema.judgements.c.verdict_call.is_not(None)
        )
        calls = connection.execute(
            delete(schema.calls).where(
                schema.calls.c.key.not_in(select(schema.turns.c.call)),
                schema.calls.c.key.not_in(used_by_judges),
            )
        ).rowcount
        items = connection.execute(
            delete(schema.items).where(schema.items.c.item.not_in(select(schema.run_items.c.item)))
        ).rowcount
    with ledger.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM"))
        if ledger.engine.dialect.name == "sqlite":
            connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return Compaction(calls, judgements, items, before, _size(ledger))


def _size(ledger: Ledger) -> int:
    return sum(
        part.stat().st_size
        for part in (ledger.where, ledger.where.with_name(ledger.where.name + "-wal"))
        if part.exists()
    )
