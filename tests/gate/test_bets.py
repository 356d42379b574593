"""Rules decided request by request."""

from __future__ import annotations

import numpy as np
import pytest

from primum.gate.bets import RuleBets, Unit, play, units_of
from primum.gate.evidence import Evidence

NAN = np.nan


def evidence(values: list[float], clusters: list[int], limit: float = 0.2) -> Evidence:
    """A rate of at most the limit; NaN is missing."""
    array = np.array(values)
    missing = np.isnan(array)
    least, most = np.where(missing, 0.0, array), np.where(missing, 1.0, array)
    return Evidence("rate", "at_most", limit, array, least, most, np.array(clusters), (0.0, 1.0))


def bets(limit: float = 0.2, max_missing: float = 0.1, fail_level: float = 0.05) -> RuleBets:
    """A rule of at most the limit."""
    return RuleBets("at_most", limit, (0.0, 1.0), 0.05, fail_level, max_missing)


def unit(value: float, *, missing: int = 0) -> Unit:
    """One request with one observation, or one that is missing."""
    if missing:
        return Unit(0.0, 1.0, 0.0, (0.0, 0.0), 0, 1)
    return Unit(value, value, value, (0.0, 0.0), 1, 0)


def test_a_request_counts_once_with_the_mean_of_its_copies() -> None:
    units = units_of(evidence([1, 0, 0, NAN, 1], [0, 0, 1, 1, 3]))

    assert sorted(units) == [0, 1, 3]
    assert (units[0].least, units[0].most) == (0.5, 0.5)
    assert (units[1].least, units[1].most) == (0.0, 0.5)
    assert (units[1].n, units[1].missing) == (1, 1)


def test_a_rule_passes_by_zeros_and_fails_by_ones() -> None:
    kept, broken = bets(), bets()
    for _ in range(30):
        kept.observe(unit(0))
        broken.observe(unit(1))

    assert (kept.outcome, broken.outcome) == ("pass", "fail")
    assert kept.passed_after is not None
    assert broken.failed_after is not None
    assert broken.failed_after < kept.passed_after < 30


def test_missing_verdicts_neither_pass_nor_fail_a_rule() -> None:
    one = bets(max_missing=1.0)
    for _ in range(500):
        one.observe(unit(0, missing=1))

    assert one.outcome == "undecided"


def test_a_pass_waits_until_enough_is_there() -> None:
    one = bets(limit=0.5)
    for _ in range(3):
        one.observe(unit(0, missing=1))
    for _ in range(20):
        one.observe(unit(0))
    early = one.passed_after, one.outcome

    for _ in range(10):
        one.observe(unit(0))

    assert early[0] is not None
    assert [early[1], one.outcome] == ["undecided", "pass"]


def test_play_ends_with_the_request_that_decides() -> None:
    values = {cluster: unit(0) for cluster in range(100)}
    one = bets()

    count = play([one], [values], range(100))

    assert one.outcome == "pass"
    assert count == one.passed_after
    assert len(one.units) == count


def test_a_request_that_a_rule_is_not_about_adds_nothing_to_it() -> None:
    one, other = bets(), bets()

    play([one, other], [{0: unit(0)}, {1: unit(0)}], range(3))

    assert len(one.units) == len(other.units) == 1


def test_every_rule_must_pass_and_one_fail_is_enough() -> None:
    zeros, ones = ({cluster: unit(value) for cluster in range(99)} for value in (0, 1))
    good, bad = bets(), bets(fail_level=0.025)

    count = play([good, bad], [zeros, ones], range(99))

    assert bad.outcome == "fail"
    assert good.outcome == "undecided"
    assert count == bad.failed_after


def test_the_needed_number_is_where_growth_would_reach_the_level() -> None:
    one = bets(limit=0.1)
    for _ in range(20):
        one.observe(unit(0))

    needed = one.needed(passing=True)

    # The capital's logarithm grows a little faster than in proportion; 40 zeros decide.
    assert needed is not None
    assert needed == pytest.approx(46, abs=6)


def test_a_bound_that_is_reached_lies_on_the_good_side() -> None:
    one = bets(limit=0.1)
    for _ in range(40):
        one.observe(unit(0))

    low, high = one.bounds(0.05)

    assert one.outcome == "pass"
    assert low == pytest.approx(0.0, abs=1e-9)
    assert 0.09 < high <= 0.1
