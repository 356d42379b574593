"""Does the alarm of ``primum watch`` keep its false-alarm rate, and how soon does it find a change?

python -m benchmarks.watch_simulation [--watches N] [--seed N]

Outcomes are drawn here; everything after them is the product's: exact p-values of fixed and of
rotating panels and of missing verdicts, the alarm over all series, the change point. Each request
has a chance of its own to get the bad outcome (a Beta law with mean 0.2); a change adds to every
chance.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.statistics.alarm import AlarmLevels, alarm_levels, first_alarm, watch_over
from primum.statistics.change_point import change_point
from primum.statistics.exchangeable import newcomers_p, newest_p

Floats = NDArray[np.float64]
RATE = 0.02
MEAN = 0.2


@dataclass(frozen=True)
class Scenario:
    """A watched model; shifts are added to every chance of a bad outcome."""

    name: str
    requests: int = 60
    new: int = 20
    series: int = 4
    """Measures × profiles, each with a fixed and a rotating panel, and whether verdicts of the
    fixed one are missing."""
    occasions: int = 20
    unevenness: float = 1.0
    """a + b of the Beta law; small: most requests are nearly sure to be answered alike."""
    size: int = 1
    """Items of a request, which all get one outcome."""
    missing_good: float = 0.0
    missing_bad: float = 0.0
    graded: bool = False
    """Scores of 1 to 5 instead of zeros and ones."""
    deterministic: bool = False
    alike: bool = False
    """Whether all series are one and the same: the strongest dependence."""
    step: float = 0.0
    """Shift from ``change`` on."""
    slope: float = 0.0
    """Shift added on every occasion from ``change`` on."""
    lost: float = 0.0
    """Chance that a verdict is missing, on top, from ``change`` on."""
    change: int = 6
    """First occasion after the change, from 1."""

    def shift(self, occasion: int) -> float:
        """Of that occasion, from 1."""
        since = occasion - self.change + 1
        return (self.step + self.slope * since) if since > 0 else 0.0


class Drawn(NamedTuple):
    """One series: requests × occasions of the fixed panel, and the rotating one in a row."""

    fixed: Floats
    clusters: NDArray[np.int64]
    rotating: Floats
    asked_at: NDArray[np.int64]


def draw(scenario: Scenario, random: np.random.Generator) -> Drawn:
    """The outcomes of one series."""
    occasions = np.arange(1, scenario.occasions + 1)
    shifts = np.array([scenario.shift(int(t)) for t in occasions])
    chances = _chances(scenario, scenario.requests, random)
    uniform = random.random((scenario.requests, scenario.occasions))
    if scenario.deterministic:
        uniform[:] = 0.5
    fixed = _outcomes(scenario, chances[:, None] + shifts, uniform, random)
    fixed = np.repeat(fixed, scenario.size, axis=0)
    asked_at = np.repeat(occasions, scenario.new)
    new_chances = _chances(scenario, asked_at.size, random) + shifts[asked_at - 1]
    rotating = _outcomes(scenario, new_chances, random.random(asked_at.size), random)
    clusters = np.repeat(np.arange(scenario.requests), scenario.size)
    return Drawn(
        _with_missing(scenario, fixed, occasions[None, :], random),
        clusters,
        _with_missing(scenario, rotating, asked_at, random),
        asked_at,
    )


def _chances(scenario: Scenario, count: int, random: np.random.Generator) -> Floats:
    whole = scenario.unevenness
    return random.beta(MEAN * whole, (1 - MEAN) * whole, count)


def _outcomes(
    scenario: Scenario, chances: Floats, uniform: Floats, random: np.random.Generator
) -> Floats:
    bad: Floats = (uniform < np.clip(chances, 0, 1)).astype(np.float64)
    if scenario.graded:
        return np.where(bad > 0, random.integers(3, 6, bad.shape), random.integers(1, 3, bad.shape))
    return bad


def _with_missing(
    scenario: Scenario,
    values: Floats,
    occasions: NDArray[np.int64],
    random: np.random.Generator,
) -> Floats:
    high = values > (2 if scenario.graded else 0)
    chance = np.where(high, scenario.missing_bad, scenario.missing_good)
    chance = chance + scenario.lost * (occasions >= scenario.change)
    return np.where(random.random(values.shape) < chance, np.nan, values)


def p_values(drawn: Drawn, occasions: int) -> tuple[list[float | None], ...]:
    """Of the fixed and of the rotating panel and of missing verdicts, occasion by occasion."""
    fixed, rotating, missing = [], [], []
    is_missing = np.isnan(drawn.fixed).astype(np.float64)
    for t in range(1, occasions + 1):
        fixed.append(newest_p(drawn.fixed[:, :t], clusters=drawn.clusters))
        missing.append(newest_p(is_missing[:, :t], clusters=drawn.clusters))
        so_far = drawn.asked_at <= t
        rotating.append(newcomers_p(drawn.rotating[so_far], drawn.asked_at[so_far] == t))
    return fixed, rotating, missing


def alarms(scenario: Scenario, levels: AlarmLevels, random: np.random.Generator) -> list[int]:
    """Occasions at which a rule sounded for the first time in any series of one watch."""
    found: list[int] = []
    first = draw(scenario, random)
    for number in range(scenario.series):
        drawn = first if scenario.alike or not number else draw(scenario, random)
        for values in p_values(drawn, scenario.occasions):
            place = first_alarm(watch_over(values, levels))
            if place is not None:
                found.append(place + 1)
        if scenario.alike:
            break
    return found


class Alarmed(NamedTuple):
    """What many watches of one scenario did."""

    watches: int
    first: list[int | None]
    """Occasion of each watch's first alarm."""

    def share(self, until: int, since: int = 1) -> float:
        """Watches whose first alarm lies in these occasions, among those without an earlier one."""
        left = [one for one in self.first if one is None or one >= since]
        return sum(one is not None and one <= until for one in left) / max(1, len(left))


def repeated(scenario: Scenario, watches: int, seed: int) -> Alarmed:
    """The first alarm of each of these watches."""
    random = np.random.default_rng(seed)
    levels = alarm_levels(RATE, 3 * scenario.series)
    first = [min(alarms(scenario, levels, random), default=None) for _ in range(watches)]
    return Alarmed(watches, first)


STABLE = (
    Scenario("deterministic", deterministic=True, new=0),
    Scenario("sampled"),
    Scenario("sampled, nearly even chances", unevenness=20.0),
    Scenario("clustered: three items a request", size=3, requests=30),
    Scenario("a tenth of the verdicts missing", missing_good=0.1, missing_bad=0.1),
    Scenario("missing where bad: 30 % against 2 %", missing_good=0.02, missing_bad=0.3),
    Scenario("scores of 1 to 5", graded=True),
    Scenario("few requests", requests=12, new=6),
    Scenario("all series alike", alike=True),
)
STEPS: Sequence[tuple[str, float, float]] = (
    ("+5 points", 0.05, 0.0),
    ("+10 points", 0.10, 0.0),
    ("+20 points", 0.20, 0.0),
    ("+30 points", 0.30, 0.0),
    ("+2 points on every occasion", 0.0, 0.02),
)
CHANGED = (
    *(
        Scenario(f"{name}, {requests} requests", requests=requests, step=step, slope=slope)
        for name, step, slope in STEPS
        for requests in (60, 150)
    ),
    *(
        Scenario(f"{name}, 60 requests, nearly even chances", unevenness=20.0, step=step)
        for name, step, _ in STEPS[1:4]
    ),
    *(
        Scenario(
            f"{lost:.0%} more verdicts missing, 60 requests",
            missing_good=0.02,
            missing_bad=0.02,
            lost=lost,
        )
        for lost in (0.05, 0.1, 0.3)
    ),
)


def stable_rows(watches: int, seed: int) -> list[str]:
    rows = []
    for scenario in STABLE:
        found = repeated(scenario, watches, seed)
        shares = [found.share(until) for until in (5, 10, 20)]
        rows.append(f"| {scenario.name} | " + " | ".join(f"{one:.1%}" for one in shares) + " |")
    return rows


def changed_rows(watches: int, seed: int) -> list[str]:
    rows = []
    for scenario in CHANGED:
        found = repeated(scenario, watches, seed)
        kept = [one for one in found.first if one is None or one >= scenario.change]
        delays = sorted((one - scenario.change if one is not None else 99) for one in kept)
        middle = delays[len(delays) // 2]
        shares = [found.share(scenario.change + more, since=scenario.change) for more in (0, 2, 9)]
        delay = f"{middle + 1}" if middle < 99 else "more than 15"
        rows.append(
            f"| {scenario.name} | " + " | ".join(f"{one:.0%}" for one in shares) + f" | {delay} |"
        )
    return rows


def place_rows(watches: int, seed: int) -> list[str]:
    """How well the change point is placed, ten occasions, the change at the sixth."""
    rows = []
    for step in (0.0, 0.05, 0.10, 0.20, 0.30):
        scenario = Scenario("", requests=60, occasions=10, step=step)
        random = np.random.default_rng(seed)
        named = right = near = holds = 0
        sizes: list[int] = []
        for _ in range(watches):
            found = change_point(draw(scenario, random).fixed, generator=random)
            if found is None or found.p_value > 0.05:
                continue
            named += 1
            right += found.place == scenario.change - 1
            near += abs(found.place - (scenario.change - 1)) <= 1
            holds += scenario.change - 1 in found.plausible
            sizes.append(len(found.plausible))
        cells = [f"{named / watches:.0%}"]
        if step:
            cells += [f"{one / named:.0%}" if named else "–" for one in (right, near, holds)]
            cells.append(f"{np.mean(sizes):.1f}" if sizes else "–")
        else:
            cells += ["–"] * 4
        rows.append(f"| {step * 100:.0f} points | " + " | ".join(cells) + " |")
    return rows


TABLES: Sequence[tuple[tuple[str, ...], Callable[[int, int], list[str]]]] = (
    (("stable model", "5 occasions", "10", "20"), stable_rows),
    (("change", "at once", "within 3", "within 10", "occasions, median"), changed_rows),
    (("change", "named", "right", "next to it", "set holds it", "splits in it"), place_rows),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watches", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    print(f"false-alarm rate {RATE}, {options.watches} watches a row, seed {options.seed}")
    for columns, rows in TABLES:
        print("\n| " + " | ".join(columns) + " |\n" + "|---" * len(columns) + "|")
        for row in rows(options.watches, options.seed):
            print(row, flush=True)


if __name__ == "__main__":
    main()
