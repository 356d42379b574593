"""What a ledger remembers of a watch: what was frozen, and every occasion with its runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from primum.core.digest import canonical, digest
from primum.core.errors import UserError
from primum.ledger import schema
from primum.ledger.ledger import Ledger
from primum.ledger.note import remember_once, remembered
from primum.ledger.record import Run
from primum.studies.watch_file import WatchFile

_BLOCK = 200
"""Occasions that are looked for with one query."""


@dataclass(frozen=True, slots=True)
class OccasionNote:
    """One occasion as it was begun."""

    number: int
    """From 1."""
    label: str
    begun_ms: int
    runs: Mapping[str, str]
    """``profile/part/panel`` → run id."""
    items: Mapping[str, int]
    """Panel → items, over all parts."""
    pool_left: Mapping[str, int]
    """Part → items that were then still unasked."""


@dataclass(frozen=True, slots=True)
class WatchHistory:
    """What happened so far."""

    frozen: Mapping[str, Any] | None
    """What the first occasion asked; None before it."""
    occasions: tuple[OccasionNote, ...] = ()


def read_history(ledger: Ledger, watch_id: str) -> WatchHistory:
    """The watch as the ledger has it."""
    name = _name(watch_id)
    frozen = remembered(ledger, [name]).get(name)
    found: list[OccasionNote] = []
    while True:
        start = len(found) + 1
        names = {_name(watch_id, n): n for n in range(start, start + _BLOCK)}
        notes = remembered(ledger, names)
        found += [_note(names[key], notes[key]) for key in names if key in notes]
        if len(notes) < _BLOCK:
            break
    return WatchHistory(json.loads(frozen) if frozen else None, tuple(found))


def remember_occasion(
    ledger: Ledger, watch_id: str, frozen: Mapping[str, Any], note: OccasionNote
) -> None:
    """Keep what is frozen, if it is the first occasion, and the occasion, if it is new."""
    content = {
        "label": note.label,
        "begun_ms": note.begun_ms,
        "runs": dict(note.runs),
        "items": dict(note.items),
        "pool_left": dict(note.pool_left),
    }
    remember_once(
        ledger,
        {
            _name(watch_id): canonical(frozen).decode(),
            _name(watch_id, note.number): canonical(content).decode(),
        },
    )


def runs_of(ledger: Ledger, note: OccasionNote) -> dict[str, Run]:
    """``profile/part/panel`` → the run, of those that have begun."""
    begun = {run.id: run for run in ledger.runs()}
    return {key: begun[run_id] for key, run_id in note.runs.items() if run_id in begun}


def asked_elsewhere(ledger: Ledger, history: WatchHistory) -> int:
    """New items of the last occasion that runs outside the watch have asked of any model."""
    own = {run for note in history.occasions for run in note.runs.values()}
    new = [run for key, run in history.occasions[-1].runs.items() if key.endswith("/rotating")]
    table = schema.run_items.c
    with ledger.reading() as connection:
        items = set(connection.execute(select(table.item).where(table.run.in_(new))).scalars())
        others = select(table.item).distinct().where(table.run.not_in(own))
        return len(items & set(connection.execute(others).scalars()))


def is_complete(ledger: Ledger, note: OccasionNote) -> bool:
    """Whether every run of the occasion is finished."""
    runs = runs_of(ledger, note)
    return len(runs) == len(note.runs) and all(run.state == "finished" for run in runs.values())


def refuse_unseen_changes(watch: WatchFile, history: WatchHistory, ledger: Ledger | None) -> None:
    """Refuse to accept a change at an occasion that nobody can have looked at.

    Raises:
        UserError: the occasion was not made yet, or is not finished.
    """
    made = {note.number: note for note in history.occasions}
    for number in watch.alarm.accepted_changes:
        if number in made and ledger is not None and is_complete(ledger, made[number]):
            continue
        what = "is not finished" if number in made else "does not exist yet"
        raise UserError(
            f"{watch.id}: accepted_changes names occasion {number}, which {what} (occasions so "
            f"far: {len(made)}). A change can be accepted once it was seen: take {number} out, and "
            "put it back when that occasion has shown it."
        )


def _name(watch_id: str, occasion: int | None = None) -> str:
    name = f"watch-{digest('watch', watch_id).hex()[:16]}"
    return name if occasion is None else f"{name}-{occasion}"


def _note(number: int, text: str) -> OccasionNote:
    content = json.loads(text)
    return OccasionNote(
        number,
        content["label"],
        content["begun_ms"],
        content["runs"],
        content["items"],
        content["pool_left"],
    )
