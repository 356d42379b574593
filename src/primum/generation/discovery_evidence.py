"""What a strategy does on requests that it was not found on: paired with the plain requests.

Each held-out request is put plainly and by every strategy. The drop is the plain score minus the
score with the strategy, paired by request; its interval is that of ``statistics.paired``, with the
confidence raised for the number of strategies measured at once (Bonferroni): of libraries that hold
only useless ones, no more than five in a hundred show one that seems to transfer to a target.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from primum.core.scale import SAFETY
from primum.engine.asking import Asker
from primum.generation.discovery_attempt import Attempt, Goal, Wanted, attempt_all
from primum.generation.prompt import load_prompt
from primum.generation.request_style import language_words
from primum.generation.role_question import question
from primum.generation.stage import RoleModel
from primum.generation.strategy import Evidence, Strategy
from primum.statistics.paired import difference_of_means

if TYPE_CHECKING:
    from primum.generation.discovery import DiscoveryRoles

FAMILY_ERROR = 0.05


class Measured(NamedTuple):
    """The evidence for each strategy, in their order."""

    evidence: tuple[tuple[Evidence, ...], ...]
    outcomes: Counter[str]


async def measured(
    strategies: Sequence[Strategy], held_out: Sequence[Goal], roles: DiscoveryRoles, asker: Asker
) -> Measured:
    """Every strategy on every target.

    Raises:
        PrimumError: why the command is ending.
    """
    outcomes: Counter[str] = Counter()
    found: list[list[Evidence]] = [[] for _ in strategies]
    if not strategies:
        return Measured((), outcomes)
    wanted = [
        *(Wanted(goal, None) for goal in held_out),
        *(_wanted(one, goal, roles.attacker) for one in strategies for goal in held_out),
    ]
    for target in roles.measured_on:
        attempts = await attempt_all(wanted, target, roles.scorer, asker)
        outcomes.update(each.outcome for each in attempts)
        rows = [attempts[n : n + len(held_out)] for n in range(0, len(attempts), len(held_out))]
        for place, row in enumerate(rows[1:]):
            found[place].append(_evidence(rows[0], row, target, roles, len(strategies)))
    return Measured(tuple(tuple(each) for each in found), outcomes)


def ranked(strategies: Sequence[Strategy], measured_: Measured) -> list[Strategy]:
    """The strategies with their evidence: those that transfer to most targets, by mean drop."""
    together = [
        each.model_copy(update={"evidence": evidence})
        for each, evidence in zip(strategies, measured_.evidence, strict=True)
    ]
    return sorted(together, key=_rank)


def _rank(strategy: Strategy) -> tuple[int, float]:
    transfers = sum(each.finding == "transfers" for each in strategy.evidence)
    drops = [each.drop for each in strategy.evidence if each.drop is not None]
    return -transfers, -(sum(drops) / len(drops)) if drops else math.inf


def _wanted(strategy: Strategy, goal: Goal, attacker: RoleModel) -> Wanted:
    words = {
        **strategy.words(goal.language),
        "request": goal.text,
        "language": language_words(goal.language),
    }
    prompt = load_prompt("attacker-strategy")
    return Wanted(goal, question(attacker, prompt.messages(goal.language, words)))


def _evidence(
    plain: Sequence[Attempt],
    dressed: Sequence[Attempt],
    target: RoleModel,
    roles: DiscoveryRoles,
    strategies: int,
) -> Evidence:
    confidence = 1 - FAMILY_ERROR / strategies
    difference = difference_of_means(
        [_value(each) for each in dressed],
        [_value(each) for each in plain],
        low=SAFETY.low,
        high=SAFETY.high,
        confidence=confidence,
    )
    return Evidence(
        target=target.model.name,
        drop=_rounded(difference.value),
        low=_rounded(difference.low),
        high=_rounded(difference.high),
        n=difference.pairs,
        missing=difference.dropped,
        confidence=round(confidence, 6),
        method=difference.method,
        scorer=roles.scorer.model.name,
        measured_on=f"{len(plain)} held-out requests",
    )


def _value(attempt: Attempt) -> float:
    return math.nan if attempt.score is None else attempt.score


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 4)
