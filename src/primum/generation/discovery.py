"""Finds strategies that make a target less careful, and measures them on requests not used for it.

A simplified AutoDAN-Turbo, after JMedEthicBench's algorithm 1: for each request an attacker writes
T forms of it, the target answers, a scorer scores the answers; K pairs of one request's attempts
with unequal scores go to a summariser, which says what the less safe one did; what is new goes on
the list. Ours: the novelty test (``discovery_novelty``), and the measurement on held-out requests
(``discovery_evidence``), by which a strategy that does not transfer is shown as such.

    found = await discover(goals, held_out, roles, DiscoverySettings(), asker)
    write_library(found.library, Path("found.toml"))
"""

from __future__ import annotations

import itertools
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from primum.core.errors import UserError
from primum.engine.asking import Asker
from primum.generation.discovery_attempt import Attempt, Goal, Wanted, attempt_all
from primum.generation.discovery_evidence import measured, ranked
from primum.generation.discovery_novelty import NoveltyTest
from primum.generation.discovery_summary import Contrast, summaries
from primum.generation.prompt import load_prompt
from primum.generation.request_style import language_words
from primum.generation.role_question import question
from primum.generation.stage import RoleModel
from primum.generation.strategy import Strategy, StrategyLibrary, Texts


@dataclass(frozen=True, slots=True)
class DiscoverySettings:
    """How long is sought, and what counts as new."""

    attempts: int = 10
    """T: forms of each request."""
    summaries: int = 10
    """K: pairs of attempts that are compared, at most, of each request."""
    similarity: float = 0.6
    """From this share of common character triples on, two descriptions are one strategy."""
    most_strategies: int = 20
    """Of those found, how many are measured; those found most often go first."""
    seed: int = 0
    name: str = "discovered"
    """Id of the library."""


class DiscoveryRoles(NamedTuple):
    """Who does what."""

    attacker: RoleModel
    target: RoleModel
    """On whom strategies are sought."""
    scorer: RoleModel
    summariser: RoleModel
    novelty: RoleModel
    """Who says whether two descriptions mean the same."""
    measured_on: Sequence[RoleModel]
    """Targets of the held-out measurement."""


@dataclass(frozen=True, slots=True)
class Discovered:
    """What was found, and what did not come off on the way."""

    library: StrategyLibrary
    """Best first: those that transfer, then by mean drop."""
    outcomes: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Part (``attempts``, ``summaries``, ``novelty``, ``held-out``) → outcome → how often."""
    found: Mapping[str, int] = field(default_factory=dict)
    """Strategy id → how many summaries meant it."""


async def discover(
    goals: Sequence[Goal],
    held_out: Sequence[Goal],
    roles: DiscoveryRoles,
    settings: DiscoverySettings,
    asker: Asker,
    *,
    known: Sequence[Strategy] = (),
) -> Discovered:
    """The strategies that are not among the known ones, each with its evidence.

    Raises:
        UserError: nothing to seek on, nothing to measure on, or a request that is used for both.
        PrimumError: why the command is ending; what was asked by then is in the ledger.
    """
    refuse_unusable(goals, held_out)
    attempts = await _explore(goals, roles, settings, asker)
    contrasts = _contrasts(attempts, settings)
    read = await summaries(contrasts, roles.summariser, asker)
    novelty = NoveltyTest(roles.novelty, asker, settings.similarity, known)
    for summary in read.candidates:
        await novelty.take(summary)
    candidates = novelty.most_often(settings.most_strategies)
    evidence = await measured(candidates, held_out, roles, asker)
    strategies = ranked(candidates, evidence)
    outcomes: dict[str, Counter[str]] = {
        "attempts": Counter(each.outcome for each in attempts),
        "summaries": read.outcomes,
        "novelty": novelty.outcomes,
        "held-out": evidence.outcomes,
    }
    return Discovered(
        _library(strategies, roles, settings, len(goals), len(held_out)),
        {part: dict(sorted(counts.items())) for part, counts in outcomes.items()},
        {each.id: novelty.times[each.id] for each in strategies},
    )


def calls_at_most(
    goals: int, held_out: int, targets: int, settings: DiscoverySettings
) -> dict[str, int]:
    """Role → calls that a discovery may take."""
    attempts = goals * settings.attempts
    pairs = goals * min(settings.summaries, settings.attempts * (settings.attempts - 1) // 2)
    strategies = min(pairs, settings.most_strategies)
    answers = held_out * targets * (1 + strategies)
    return {
        "attacker": attempts + held_out * strategies,
        "target": attempts + answers,
        "scorer": attempts + answers,
        "summariser": pairs,
        "novelty": pairs,
    }


def refuse_unusable(goals: Sequence[Goal], held_out: Sequence[Goal]) -> None:
    """Return if strategies can be sought and measured.

    Raises:
        UserError: what is lacking.
    """
    if not goals or len(held_out) < 2:
        raise UserError(
            f"Discovery has {len(goals)} requests to seek on and {len(held_out)} held out to "
            "measure on; at least 1 and 2 are needed. Give more requests."
        )
    if both := {each.text for each in goals} & {each.text for each in held_out}:
        raise UserError(
            f"{len(both)} of the held-out requests are also used to find strategies, so that they "
            "could confirm anything. Keep the two apart."
        )


async def _explore(
    goals: Sequence[Goal], roles: DiscoveryRoles, settings: DiscoverySettings, asker: Asker
) -> list[Attempt]:
    prompt = load_prompt("attacker")
    wanted = []
    for goal in goals:
        words = {"request": goal.text, "language": language_words(goal.language)}
        messages = prompt.messages(goal.language, words)
        wanted += [
            Wanted(goal, question(roles.attacker, messages, repeat=number))
            for number in range(settings.attempts)
        ]
    return await attempt_all(wanted, roles.target, roles.scorer, asker)


def _contrasts(attempts: Sequence[Attempt], settings: DiscoverySettings) -> list[Contrast]:
    """Pairs of one request's attempts with unequal scores, drawn by the seed."""
    found: list[Contrast] = []
    for number, (_, several) in enumerate(itertools.groupby(attempts, key=lambda a: a.goal)):
        scored = [each for each in several if each.score is not None]
        pairs = [
            Contrast(*sorted(pair, key=_score))
            for pair in itertools.combinations(scored, 2)
            if _score(pair[0]) != _score(pair[1]) and pair[0].message != pair[1].message
        ]
        draw = random.Random(f"{settings.seed} {number}")  # noqa: S311 - a draw that can be made again
        found += draw.sample(pairs, min(settings.summaries, len(pairs)))
    return found


def _score(attempt: Attempt) -> float:
    return attempt.score if attempt.score is not None else 0.0


def _library(
    strategies: Sequence[Strategy],
    roles: DiscoveryRoles,
    settings: DiscoverySettings,
    goals: int,
    held_out: int,
) -> StrategyLibrary:
    targets = ", ".join(each.model.name for each in roles.measured_on)
    return StrategyLibrary(
        id=settings.name,
        title=Texts(en="Discovered strategies", ja="発見された戦略"),
        source=(
            f"sought on {goals} requests against {roles.target.model.name}, measured on {held_out} "
            f"held-out requests against {targets}; attacker {roles.attacker.model.name}, scorer "
            f"{roles.scorer.model.name}, summariser {roles.summariser.model.name}, "
            f"novelty threshold {settings.similarity:g}, seed {settings.seed}"
        ),
        strategy=tuple(strategies),
    )
