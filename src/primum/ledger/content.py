"""What a run holds, as two short digests: so that a figure can be traced to the answers behind it.

The digests cover what was answered and what was judged, not when, by which call of the network or
at what price: the same run in another workspace has the same ones if it got the same answers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from sqlalchemy import and_, select

from primum.core.digest import DIGEST_BYTES, digest
from primum.ledger import schema
from primum.ledger.ledger import Ledger


class RunContent(NamedTuple):
    """A run's answers and verdicts, counted and hashed."""

    turns: int
    answers: str
    """32 hexadecimal digits."""
    verdict_count: int
    verdicts: str


def content_of(ledger: Ledger, run_id: str, judges: Mapping[bytes, int]) -> RunContent:
    """The content of the run of that whole id.

    Args:
        ledger: Where the run is.
        run_id: The whole id.
        judges: Fingerprint of each judge of the run → its votes per response; verdicts of other
            judges, and votes that other runs asked for, are no part of this run.
    """
    turns, calls = schema.turns.c, schema.calls.c
    judgements = schema.judgements.c
    with ledger.reading() as connection:
        answers = connection.execute(
            select(turns.item, turns.repeat, turns.turn, calls.key, calls.outcome, calls.text)
            .join_from(schema.turns, schema.calls, turns.call == calls.key)
            .where(turns.run == run_id)
            .order_by(turns.item, turns.repeat, turns.turn)
        )
        turn_count, answer_digest = _digest_of_rows(answers)
        verdicts = connection.execute(
            select(
                judgements.item, judgements.call, judgements.judge, judgements.vote,
                judgements.outcome, judgements.value, judgements.measures,
            )
            .join_from(
                schema.turns,
                schema.judgements,
                and_(turns.item == judgements.item, turns.call == judgements.call),
            )
            .where(turns.run == run_id, judgements.judge.in_(list(judges)))
            .distinct()
            .order_by(judgements.item, judgements.call, judgements.judge, judgements.vote)
        )  # fmt: skip
        own = (row for row in verdicts if row.vote < judges[bytes(row.judge)])
        verdict_count, verdict_digest = _digest_of_rows(own)
    return RunContent(turn_count, answer_digest, verdict_count, verdict_digest)


def _digest_of_rows(rows: Iterable[Any]) -> tuple[int, str]:
    state = hashlib.blake2b(digest_size=DIGEST_BYTES)
    count = 0
    for row in rows:
        count += 1
        state.update(digest(*(_part(value) for value in row)))
    return count, state.hexdigest()


def _part(value: object) -> bytes | str:
    """Bytes as they are; ``repr`` of a float is its shortest exact form."""
    if isinstance(value, memoryview):
        return bytes(value)
    return value if isinstance(value, bytes | str) else repr(value)
