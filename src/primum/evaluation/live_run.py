"""A run in which a model played the user, read back: what was said, how it ended, how often it won.

A conversation ends by success, by its turns being used up, by the attacker's failure, or by the
target giving no text. Only a success shortens what is counted: the turns after it were never meant
to be. After a failure of the attacker the turns that were planned are missing, never safe.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any, Literal, NamedTuple

import numpy as np
from sqlalchemy import select

from primum.core.conversation import Exchange
from primum.core.item import Item
from primum.core.judgement import Verdict
from primum.core.message import Message
from primum.core.response import Response
from primum.engine.live_user import Spoken, read_spoken, shared_out
from primum.evaluation.setting import SummarySettings
from primum.judging.lexical_judge import LexicalJudge
from primum.ledger import schema
from primum.ledger.ledger import Ledger
from primum.ledger.reading import ConversationPlan
from primum.ledger.record import Run, spoken_under
from primum.statistics.interval import effective_size, wilson_limits

Key = tuple[bytes, int]
"""Item and repeat."""


class _Held(NamedTuple):
    """One turn as the ledger has it."""

    spoken: Spoken
    response: Response | None
    call: bytes | None


@dataclass(frozen=True, slots=True)
class LiveRun:
    """What a report and the columns need of it."""

    plan: ConversationPlan
    texts: Mapping[Key, Sequence[str]] = field(default_factory=dict)
    """What the attacker said, turn by turn."""
    outcome: Mapping[str, Any] = field(default_factory=dict)
    """Successes with interval, turns to success, failures of the attacker by kind."""


def read_live(ledger: Ledger, run: Run, settings: SummarySettings) -> LiveRun:
    """The live side of the run; empty where the user's side was scripted."""
    stored = run.spec.get("attacker")
    if stored is None:
        return LiveRun(ConversationPlan())
    items = {bytes.fromhex(item.id): item for item in ledger.run_items(run.id)}
    held = _held(ledger, run.id, items)
    rule = _Rule(ledger, run, stored["success"])
    won: dict[Key, int] = {}
    for key, turns in held.items():
        for number in range(len(turns)):
            if rule.holds(items[key[0]], turns[: number + 1]):
                won[key] = number + 1
                break
    planned, repeats = stored["most_turns"], range(run.spec["repeats"])
    states = {
        (key, repeat): _state(held.get((key, repeat), ()), won.get((key, repeat)), planned)
        for key in items
        for repeat in repeats
    }
    strategies = {item.id: shared_out(stored["strategies"], item) for item in items.values()}
    return LiveRun(
        ConversationPlan(planned, won, strategies),
        {key: [one.spoken.text for one in turns] for key, turns in held.items()},
        _outcome(states, won, strategies, settings.confidence),
    )


def _held(ledger: Ledger, run_id: str, items: Mapping[bytes, Item]) -> dict[Key, list[_Held]]:
    """(item, repeat) → its turns in order."""
    turns, calls = schema.turns.c, schema.calls.c
    found: dict[str, dict[tuple[bytes, int, int], tuple[bytes, Response]]] = {}
    with ledger.reading() as connection:
        for name in (spoken_under(run_id), run_id):
            rows = connection.execute(
                select(turns.item, turns.repeat, turns.turn, turns.call, calls.outcome, calls.text)
                .join_from(schema.turns, schema.calls, turns.call == calls.key)
                .where(turns.run == name)
                .order_by(turns.item, turns.repeat, turns.turn)
            )
            found[name] = {
                (item, repeat, turn): (call, Response(outcome, text))
                for item, repeat, turn, call, outcome, text in rows
            }
    answers = found[run_id]
    held: dict[Key, list[_Held]] = defaultdict(list)
    for place, (_, said) in found[spoken_under(run_id)].items():
        call, response = answers.get(place, (None, None))
        spoken = read_spoken(said, items[place[0]].language)
        held[place[0], place[1]].append(_Held(spoken, response, call))
    return dict(held)


class _Rule:
    """The success rule of the spec, read from what is stored; it asks nobody."""

    def __init__(self, ledger: Ledger, run: Run, stored: Mapping[str, Any]) -> None:
        self._low, self._high = stored["low"], stored["high"]
        self._screen = LexicalJudge()
        self._by_screen = stored["kind"] == "screen"
        self._votes: dict[tuple[bytes, bytes], list[float]] = defaultdict(list)
        if not self._by_screen:
            self._read(ledger, run, stored)

    def _read(self, ledger: Ledger, run: Run, stored: Mapping[str, Any]) -> None:
        judge = next(one for one in run.spec["judges"] if one["name"] == stored["judge"])
        table, turns = schema.judgements.c, schema.turns.c
        with ledger.reading() as connection:
            rows = connection.execute(
                select(table.item, table.call, table.value, table.vote)
                .join_from(
                    schema.turns,
                    schema.judgements,
                    (turns.item == table.item) & (turns.call == table.call),
                )
                .where(
                    turns.run == run.id,
                    table.judge == bytes.fromhex(stored["fingerprint"]),
                    table.outcome == "scored",
                    table.vote < judge["votes"],
                )
                .distinct()
            )
            for item, call, value, _ in rows:
                self._votes[item, call].append(value)

    def holds(self, item: Item, turns: Sequence[_Held]) -> bool:
        """Whether the last of the turns was what the attack was after."""
        last = turns[-1]
        if last.response is None or last.call is None or not last.response.is_judgeable:
            return False
        if self._by_screen:
            verdict = self._screened(item, turns, last.response)
            values = [verdict.value] if verdict.value is not None else []
        else:
            values = list(self._votes.get((bytes.fromhex(item.id), last.call), ()))
        return bool(values) and self._low <= sum(values) / len(values) <= self._high

    def _screened(self, item: Item, turns: Sequence[_Held], response: Response) -> Verdict:
        history = (Message("user", turns[-1].spoken.text),)
        return self._screen.read(Exchange(item, len(turns) - 1, history, response), None)


State = Literal[
    "success",
    "withstood",
    "attacker_refused",
    "attacker_unparseable",
    "attacker_no_answer",
    "target_no_text",
    "unfinished",
]
"""How a conversation ended; only the first two say anything of the target."""


def _state(turns: Sequence[_Held], won: int | None, planned: int) -> State:
    if won is not None:
        return "success"
    if not turns:
        return "unfinished"
    last = turns[-1]
    if last.spoken.outcome != "said":
        failures: dict[str, State] = {
            "refused": "attacker_refused",
            "unparseable": "attacker_unparseable",
            "no_answer": "attacker_no_answer",
        }
        return failures[last.spoken.outcome]
    if last.response is not None and not last.response.is_judgeable:
        return "target_no_text"
    return "withstood" if last.response is not None and len(turns) == planned else "unfinished"


def _outcome(
    states: Mapping[Key, State],
    won: Mapping[Key, int],
    strategies: Mapping[str, str],
    confidence: float,
) -> dict[str, Any]:
    """What the report states of the attack."""
    known = [key for key, state in states.items() if state in ("success", "withstood")]
    by_strategy: dict[str, list[Key]] = defaultdict(list)
    for key in known:
        by_strategy[strategies[key[0].hex()]].append(key)
    counts = Counter(states.values())
    return {
        "successes": _share(known, won, confidence),
        "median_turns_to_success": median(won.values()) if won else None,
        "without_result": {
            name: count
            for name, count in sorted(counts.items())
            if name not in ("success", "withstood")
        },
        "successes_by_strategy": {
            name: _share(several, won, confidence)
            for name, several in sorted(by_strategy.items())
            if name
        },
    }


def _share(known: Sequence[Key], won: Mapping[Key, int], confidence: float) -> str:
    """``3/12 = 25.0% [8.9%, 53.2%]``; the repeats of an item are one cluster."""
    if not known:
        return "0/0"
    values = np.array([float(key in won) for key in known])
    items = sorted({key[0] for key in known})
    clusters = np.array([items.index(key[0]) for key in known])
    rate = float(values.mean())
    limits = wilson_limits(rate, effective_size(values, clusters, confidence), confidence)
    count = f"{int(values.sum())}/{len(known)}"
    return f"{count} = {rate:.1%} [{limits.low:.1%}, {limits.high:.1%}]"
