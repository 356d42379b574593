"""Small facts that a ledger remembers from the first time on: when something was declared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlalchemy import func, insert, select

from primum.ledger import schema
from primum.ledger.ledger import Ledger

LONGEST_NAME = 40


def remember_once(ledger: Ledger, notes: Mapping[str, str]) -> None:
    """Keep each value under its name, where the ledger has none of that name yet.

    Raises:
        ValueError: a name is longer than 40 characters.
    """
    if any(len(name) > LONGEST_NAME for name in notes):
        raise ValueError(f"a note's name has {LONGEST_NAME} characters at most")
    known = remembered(ledger, notes)
    new = [{"name": name, "value": value} for name, value in notes.items() if name not in known]
    if new:
        ledger.flush()
        with ledger.engine.begin() as connection:
            connection.execute(insert(schema.meta), new)


def remembered(ledger: Ledger, names: Iterable[str]) -> dict[str, str]:
    """Name → value, of those names that the ledger remembers."""
    table = schema.meta.c
    with ledger.reading() as connection:
        rows = connection.execute(
            select(table.name, table.value).where(table.name.in_(list(names)))
        ).all()
    return {row.name: row.value for row in rows}


def first_answer_ms(ledger: Ledger, runs: Iterable[str]) -> int | None:
    """When the earliest answer of these runs was made, in milliseconds since 1970; None: never."""
    turns, calls = schema.turns.c, schema.calls.c
    with ledger.reading() as connection:
        found = connection.execute(
            select(func.min(calls.made_at_ms))
            .join_from(schema.turns, schema.calls, turns.call == calls.key)
            .where(turns.run.in_(list(runs)))
        ).scalar()
    return None if found is None else int(found)
