"""Who answered on each occasion, as the endpoints reported it, and where that changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select

from primum.core.watch import VersionChange, WatchOccasion, WatchVersion, WatchVersionChange
from primum.ledger import schema
from primum.ledger.ledger import Ledger
from primum.ledger.record import Run, iso
from primum.studies.watch_model import own_identity


def versions_of(ledger: Ledger, runs: Mapping[str, Run], begun_ms: int) -> tuple[WatchVersion, ...]:
    """Every model version that answered or judged in these runs, with how often and when.

    Verdicts that were found in the ledger, since an answer was the same as an earlier one, were
    given earlier and are left out.
    """
    profiles: dict[str, list[str]] = {}
    for key, run in runs.items():
        if "capability" in run.spec:
            continue  # one stored call stands for the requests of a question and names no version
        profiles.setdefault(key.split("/", 1)[0], []).append(run.id)
    found = [
        version for profile, ids in profiles.items() for version in _answering(ledger, profile, ids)
    ]
    judges = {
        judge["fingerprint"]: judge["name"]
        for run in runs.values()
        for judge in run.spec["judges"]
        if judge.get("model")
    }
    for fingerprint, name in judges.items():
        ids = [run.id for run in runs.values()]
        found += _judging(ledger, (name, fingerprint), ids, begun_ms)
    return tuple(found)


def failed_calls(ledger: Ledger, runs: Iterable[Run]) -> int:
    """Answers that never came."""
    turns, calls = schema.turns.c, schema.calls.c
    with ledger.reading() as connection:
        found = connection.execute(
            select(func.count())
            .select_from(schema.turns)
            .join(schema.calls, turns.call == calls.key)
            .where(turns.run.in_([run.id for run in runs]), calls.outcome == "transport_error")
        ).scalar()
    return int(found or 0)


def version_changes(
    occasions: Sequence[WatchOccasion], identities: Mapping[tuple[int, str], Mapping[str, Any]]
) -> Iterator[WatchVersionChange]:
    """What differs from the last occasion that reported anything, occasion by occasion.

    A version that came in the midst of an occasion is a change of that one alone: on the next one
    it is what was there before. ``identities``: occasion and profile → what decides the answers as
    far as Primum knows it.
    """
    known: dict[tuple[str, str, VersionChange], tuple[str, ...]] = {}
    for occasion in occasions:
        for (profile, judge, what), now in _reported(occasion, identities).items():
            before = known.get((profile, judge, what))
            is_new = before is not None and not set(now) <= set(before)
            if before is not None and (is_new or (what == "identity" and before != now)):
                yield WatchVersionChange(occasion.number, profile, judge, what, before, now)
            known[profile, judge, what] = _at_the_end(occasion, profile, judge, what, now)


def _at_the_end(
    occasion: WatchOccasion, profile: str, judge: str, what: VersionChange, now: tuple[str, ...]
) -> tuple[str, ...]:
    """Those that still answered when the last of them had first come."""
    if what == "identity":
        return now
    first: dict[str, str] = {}
    last: dict[str, str] = {}
    for one in occasion.versions:
        value = one.model_reported if what == "model_reported" else one.system_fingerprint
        if value and (one.profile, one.judge) == (profile, judge):
            first[value] = min(first.get(value, one.first), one.first)
            last[value] = max(last.get(value, one.last), one.last)
    newest = max(first.values())
    return tuple(value for value in now if last[value] >= newest)


def _reported(
    occasion: WatchOccasion, identities: Mapping[tuple[int, str], Mapping[str, Any]]
) -> dict[tuple[str, str, VersionChange], tuple[str, ...]]:
    found: dict[tuple[str, str, VersionChange], set[str]] = {}
    for version in occasion.versions:
        for what, value in (
            ("model_reported", version.model_reported),
            ("system_fingerprint", version.system_fingerprint),
        ):
            if value:
                key: tuple[str, str, VersionChange] = (
                    version.profile,
                    version.judge,
                    "model_reported" if what == "model_reported" else "system_fingerprint",
                )
                found.setdefault(key, set()).add(value)
    for (number, profile), identity in identities.items():
        if number == occasion.number:
            said = {f"{key} {value}" for key, value in own_identity(identity).items()}
            found[profile, "", "identity"] = said
    return {key: tuple(sorted(values)) for key, values in found.items()}


def _answering(ledger: Ledger, profile: str, runs: Sequence[str]) -> list[WatchVersion]:
    turns, calls = schema.turns.c, schema.calls.c
    query = (
        select(*_version_columns())
        .select_from(schema.turns)
        .join(schema.calls, turns.call == calls.key)
        .where(turns.run.in_(runs), calls.outcome != "transport_error")
        .group_by(calls.model_reported, calls.system_fingerprint)
        .order_by(func.min(calls.made_at_ms), calls.model_reported, calls.system_fingerprint)
    )
    return _versions(ledger, query, profile, "")


def _judging(
    ledger: Ledger, judge: tuple[str, str], runs: Sequence[str], begun_ms: int
) -> list[WatchVersion]:
    name, fingerprint = judge
    turns, calls, verdicts = schema.turns.c, schema.calls.c, schema.judgements.c
    query = (
        select(*_version_columns())
        .select_from(schema.turns)
        .join(schema.judgements, (verdicts.item == turns.item) & (verdicts.call == turns.call))
        .join(schema.calls, verdicts.verdict_call == calls.key)
        .where(
            turns.run.in_(runs),
            verdicts.judge == bytes.fromhex(fingerprint),
            calls.outcome != "transport_error",
            calls.made_at_ms >= begun_ms,
        )
        .group_by(calls.model_reported, calls.system_fingerprint)
        .order_by(func.min(calls.made_at_ms), calls.model_reported, calls.system_fingerprint)
    )
    return _versions(ledger, query, "", name)


def _version_columns() -> tuple[Any, ...]:
    calls = schema.calls.c
    return (
        calls.model_reported,
        calls.system_fingerprint,
        func.count(),
        func.min(calls.made_at_ms),
        func.max(calls.made_at_ms),
    )


def _versions(ledger: Ledger, query: Any, profile: str, judge: str) -> list[WatchVersion]:
    with ledger.reading() as connection:
        rows = connection.execute(query).all()
    return [
        WatchVersion(profile, judge, reported, fingerprint, count, iso(first), iso(last))
        for reported, fingerprint, count, first, last in rows
    ]
