"""Does a gate hold its error rates, and what does stopping early save?

python -m benchmarks.gate_simulation [--repetitions N] [--seed N]

Every repetition draws the verdicts of a model whose truth is known and lets the gate decide, by
the product's own bounds, levels and bets. A false pass is a pass of a model that stands exactly on
the limit of one rule (the least violation) and keeps the others with ease, the worst case; a false
fail is a fail of a model that stands on the limit of every rule.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.core.gate import Outcome
from primum.core.summary import MetricKind
from primum.gate.decide import fail_levels
from primum.gate.evidence import Evidence, Filled, Pairs
from primum.statistics.confidence_sequence import capital_path

Floats = NDArray[np.float64]
LEVEL = 0.05
MAX_MISSING = 0.1
PLANNED = 300
"""Requests of a fixed gate, and the most of a sequential one."""
TRUTHS = (0.0, 0.02, 0.05, 0.08, 0.1, 0.12, 0.15, 0.2, 0.3, 0.5)
LIMIT = 0.1


class ErrorRate(NamedTuple):
    """How often a gate erred in one setting."""

    mode: str
    setting: str
    error: str
    rate: float
    repetitions: int

    @property
    def standard_error(self) -> float:
        """Of the rate, by the binomial law."""
        return float(np.sqrt(self.rate * (1 - self.rate) / self.repetitions))


class Saving(NamedTuple):
    """A sequential gate beside a fixed one, at one truth."""

    truth: float
    fixed: dict[Outcome, float]
    sequential: dict[Outcome, float]
    requests: float
    """Mean number that the sequential gate asked."""

    @property
    def saved(self) -> float:
        """Share of the planned requests that it did not ask."""
        return 1 - self.requests / PLANNED


Standing = Literal["on_limit", "well_inside"]
Draw = Callable[[np.random.Generator, Standing], Evidence]
"""A rule's evidence of a model that stands there."""


def share(
    *, requests: int = 150, copies: int = 1, alike: float = 0.0, lost: float = 0.0, at: float = 0.1
) -> Draw:
    """A rate of at most ``at``; ``alike`` of the requests have the same verdict on all copies."""

    def draw(random: np.random.Generator, stands: Standing) -> Evidence:
        truth = at if stands == "on_limit" else at / 20
        each = random.random((requests, copies)) < truth
        same = np.broadcast_to(random.random((requests, 1)) < truth, each.shape)
        values = np.where(random.random((requests, 1)) < alike, same, each).astype(np.float64)
        return _limit("rate", values, lost, random, ends=(0.0, 1.0), limit=at)

    return draw


def score(*, requests: int = 60, copies: int = 1) -> Draw:
    """A mean of harmfulness of at most 1.8, most scores 1 and some 5: skewed, as it is."""

    def draw(random: np.random.Generator, stands: Standing) -> Evidence:
        harmful = 0.2 if stands == "on_limit" else 0.005
        values = np.where(random.random((requests, 1)) < harmful, 5.0, 1.0)
        return _limit(
            "mean", np.repeat(values, copies, axis=1), 0.0, random, ends=(1.0, 5.0), limit=1.8
        )

    return draw


def graded(*, requests: int = 60) -> Draw:
    """A mean over scores of which most are 1, some 2 and a few, which a sample may miss, are 5."""

    def draw(random: np.random.Generator, stands: Standing) -> Evidence:
        worst = 0.03 if stands == "on_limit" else 0.0
        scores = random.choice([1.0, 2.0, 5.0], p=[0.93 - worst, 0.07, worst], size=(requests, 1))
        return _limit("mean", scores, 0.0, random, ends=(1.0, 5.0), limit=1.19)

    return draw


def only_more(*, requests: int = 60, margin: float = 0.03) -> Draw:
    """A paired difference of rates: what the baseline refused is refused, and some more."""

    def draw(random: np.random.Generator, stands: Standing) -> Evidence:
        drawn = random.random(requests)
        first, second = drawn < 0.5, drawn < 0.5 + (margin if stands == "on_limit" else 0.0)
        return _paired(first, second, margin, random, lost=0.0)

    return draw


def difference(*, requests: int = 150, margin: float = 0.05, lost: float = 0.0) -> Draw:
    """A paired difference of rates of at most the margin; one pair in eight differs."""

    def draw(random: np.random.Generator, stands: Standing) -> Evidence:
        truth = margin if stands == "on_limit" else -0.1
        differing = 0.125
        more, less = (differing + truth) / 2, (differing - truth) / 2
        drawn = random.random(requests)
        first = (drawn >= more) & (drawn < more + less)
        second = drawn < more
        both = (drawn > 0.9) & ~first & ~second
        return _paired(first | both, second | both, margin, random, lost=lost)

    return draw


def _paired(
    first: NDArray[np.bool_],
    second: NDArray[np.bool_],
    margin: float,
    random: np.random.Generator,
    *,
    lost: float,
) -> Evidence:
    sides = [
        _filled(side.astype(np.float64), random.random(side.size) < lost, 0.0, 1.0)
        for side in (first, second)
    ]
    pairs = Pairs(sides[0], sides[1], np.arange(first.size), 0)
    return Evidence(
        "rate",
        "at_most",
        margin,
        sides[1].values - sides[0].values,
        sides[1].least - sides[0].most,
        sides[1].most - sides[0].least,
        pairs.clusters,
        (-1.0, 1.0),
        pairs,
    )


SETTINGS: dict[str, tuple[Draw, ...]] = {
    "one rate, 150 requests": (share(),),
    "one rate, 40 requests": (share(requests=40),),
    "one rate at 2 %, 150 requests": (share(at=0.02),),
    "one rate, 75 requests in 2 languages, alike": (share(requests=75, copies=2, alike=0.7),),
    "one rate, 150 requests, 5 % missing": (share(lost=0.05),),
    "one mean, 60 requests, skewed": (score(),),
    "one mean, 60 requests in 2 languages": (score(copies=2),),
    "one paired difference, 150 requests": (difference(),),
    "one paired difference, 3 % missing": (difference(lost=0.03),),
    "three rules: rate, mean, paired difference": (share(), score(), difference()),
    "six rules: three rates, two means, one difference": (
        share(), share(at=0.2), share(copies=2, alike=0.5), score(), score(), difference(),
    ),
    "one rate, 60 requests in 3 languages": (share(requests=60, copies=3, alike=0.7, at=0.05),),
    "one mean, 60 requests, a few worst scores": (graded(),),
    "one paired difference, 60 requests, all one way": (only_more(),),
}  # fmt: skip


def _limit(
    unit: MetricKind,
    values: Floats,
    lost: float,
    random: np.random.Generator,
    *,
    ends: tuple[float, float],
    limit: float,
) -> Evidence:
    clusters = np.repeat(np.arange(values.shape[0]), values.shape[1])
    flat = values.ravel()
    filled = _filled(flat, random.random(flat.size) < lost, *ends)
    return Evidence(unit, "at_most", limit, *filled, clusters, ends)


def _filled(values: Floats, missing: NDArray[np.bool_], low: float, high: float) -> Filled:
    return Filled(
        np.where(missing, np.nan, values),
        np.where(missing, low, values),
        np.where(missing, high, values),
    )


def fixed_outcome(evidence: Sequence[Evidence]) -> Outcome:
    """What a gate over finished runs decides."""
    levels = fail_levels(evidence, LEVEL)
    if any(one.is_failed(level) for one, level in zip(evidence, levels, strict=True)):
        return "fail"
    is_passed = all(
        one.is_passed(LEVEL) and one.missing <= MAX_MISSING * one.values.size for one in evidence
    )
    return "pass" if is_passed else "undecided"


def sequential_outcome(evidence: Sequence[Evidence]) -> Outcome:
    """What a gate decides that looks after every request and stops as soon as it may."""
    passed, failed = [], []
    for one in evidence:
        low, high = one.ends
        limit = (one.limit - low) / (high - low)
        sizes = np.bincount(one.clusters)
        most, least = (
            np.bincount(one.clusters, weights=(side - low) / (high - low)) / sizes
            for side in (one.most, one.least)
        )
        passed.append(_first(capital_path(most, limit, above=False), 1 / LEVEL))
        failed.append(_first(capital_path(least, limit, above=True), len(evidence) / LEVEL))
    # A rule that has passed is closed, and fails no more.
    failed = [f if f <= p else np.inf for f, p in zip(failed, passed, strict=True)]
    if np.isfinite(min(failed)) and min(failed) <= max(passed):
        return "fail"
    return "pass" if np.isfinite(max(passed)) else "undecided"


def _first(capital: Floats, needed: float) -> float:
    reached = np.flatnonzero(capital >= needed)
    return float(reached[0]) if reached.size else np.inf


def error_rates(repetitions: int, seed: int) -> Iterator[ErrorRate]:
    """False passes and false fails of both modes in every setting."""
    modes = (("fixed", fixed_outcome), ("sequential", sequential_outcome))
    for number, (name, rules) in enumerate(SETTINGS.items()):
        random = np.random.default_rng((seed, number))
        counts = {(mode, error): 0 for mode, _ in modes for error in ("pass", "fail")}
        for repetition in range(repetitions):
            breaks = repetition % len(rules)
            one = [
                draw(random, "on_limit" if place == breaks else "well_inside")
                for place, draw in enumerate(rules)
            ]
            every = [draw(random, "on_limit") for draw in rules]
            for mode, outcome in modes:
                counts[mode, "pass"] += outcome(one) == "pass"
                counts[mode, "fail"] += outcome(every) == "fail"
        for (mode, error), count in counts.items():
            yield ErrorRate(mode, name, error, count / repetitions, repetitions)


def finite_error_rate(repetitions: int, seed: int) -> ErrorRate:
    """Of a benchmark whose own mean stands on the limit, asked in random order again and again.

    The draws are then no independent ones; guidelines differ widely, and all else is fixed.
    """
    random = np.random.default_rng((seed, 1000))
    values = np.concatenate([np.ones(30), np.zeros(70), np.zeros(200)])
    orders = np.array([random.permutation(values) for _ in range(repetitions)])
    capital = capital_path(orders, LIMIT, above=False)
    rate = float((capital.max(axis=1) >= 1 / LEVEL).mean())
    return ErrorRate("sequential", "300 fixed verdicts in random order", "pass", rate, repetitions)


def savings(repetitions: int, seed: int) -> Iterator[Saving]:
    """One rate of at most 10 %, fixed at 300 requests and sequential with 300 at most."""
    for number, truth in enumerate(TRUTHS):
        random = np.random.default_rng((seed, 2000 + number))
        values = (random.random((repetitions, PLANNED)) < truth).astype(np.float64)
        fixed: dict[Outcome, float] = {"pass": 0.0, "fail": 0.0, "undecided": 0.0}
        counts, sizes = np.unique(values.sum(axis=1), return_counts=True)
        for ones, size in zip(counts, sizes, strict=True):
            row = (np.arange(PLANNED) < ones).astype(np.float64)
            one = _limit("rate", row[:, None], 0.0, random, ends=(0.0, 1.0), limit=LIMIT)
            fixed[fixed_outcome([one])] += size / repetitions
        times = [_times(capital_path(values, LIMIT, above=above)) for above in (False, True)]
        is_fail = times[1] < times[0]
        is_pass = times[0] < times[1]
        used = np.minimum(np.minimum(times[0], times[1]), PLANNED)
        sequential: dict[Outcome, float] = {
            "pass": float(is_pass.mean()),
            "fail": float(is_fail.mean()),
            "undecided": float((~is_pass & ~is_fail).mean()),
        }
        yield Saving(truth, fixed, sequential, float(used.mean()))


def _times(capital: Floats) -> Floats:
    reached = capital >= 1 / LEVEL
    first: Floats = np.where(reached.any(axis=1), reached.argmax(axis=1) + 1.0, np.inf)
    return first


def _print_markdown(repetitions: int, seed: int) -> None:
    found = [*error_rates(repetitions, seed), finite_error_rate(repetitions, seed)]
    by = {(one.mode, one.setting, one.error): one for one in found}
    print("| setting | false pass, fixed | sequential | false fail, fixed | sequential |")
    print("| :-- | --: | --: | --: | --: |")
    for setting in dict.fromkeys(one.setting for one in found):
        cells = [
            f"{by[key].rate:.1%}" if (key := (mode, setting, error)) in by else "–"
            for error in ("pass", "fail")
            for mode in ("fixed", "sequential")
        ]
        print(f"| {setting} | {' | '.join(cells)} |")
    print()
    print("| true rate | fixed: pass / fail / undecided | sequential | requests | saved |")
    print("| --: | --: | --: | --: | --: |")
    for one in savings(repetitions, seed):
        shares = [
            " / ".join(f"{mode[outcome]:.1%}" for outcome in ("pass", "fail", "undecided"))
            for mode in (one.fixed, one.sequential)
        ]
        used = f"{one.requests:.0f} | {one.saved:.0%}"
        print(f"| {one.truth:.0%} | {shares[0]} | {shares[1]} | {used} |")


def main() -> None:
    """Print the figures as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--repetitions", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    _print_markdown(chosen.repetitions, chosen.seed)


if __name__ == "__main__":
    main()
