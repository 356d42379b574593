"""Betting tests against capital worked out by hand, and their level under constant looking."""

from __future__ import annotations

import math

import numpy as np
import pytest

from primum.statistics.confidence_sequence import (
    BettingTest,
    capital_path,
    lower_bound_ever,
    upper_bound_ever,
)

SHARES = np.sin(np.pi * (np.arange(40) + 0.5) / 80) ** 2


def test_capital_is_the_mean_over_the_constant_bets() -> None:
    """Limit 0.2, bets below: a 0 multiplies by 1 + f·0.2/0.8, a 1 by 1 - f."""
    test = BettingTest(0.2, above=False)

    for value in (0.0, 0.0, 1.0):
        test.observe(value)

    assert test.capital == pytest.approx(((1 + SHARES / 4) ** 2 * (1 - SHARES)).mean())
    assert test.peak == pytest.approx(((1 + SHARES / 4) ** 2).mean())
    assert test.n == 3


def test_bets_above_gain_by_high_values() -> None:
    test = BettingTest(0.2, above=True)

    test.observe(1.0)

    # A 1 multiplies by 1 + f/0.2·0.8 = 1 + 4f, on average over fractions with mean 1/2: 3.
    assert test.capital == pytest.approx(3.0)


def test_one_step_is_a_fair_game_on_the_limit() -> None:
    capital = {value: capital_path([value], 0.3, above=True)[0] for value in (0.0, 1.0)}

    assert 0.7 * capital[0.0] + 0.3 * capital[1.0] == pytest.approx(1.0)


def test_the_path_is_the_capital_after_every_value() -> None:
    values = [0.0, 0.5, 1.0, 0.25]
    test = BettingTest(0.4, above=False)
    steps = []
    for value in values:
        test.observe(value)
        steps.append(test.capital)

    assert capital_path(values, 0.4, above=False) == pytest.approx(steps)


def test_zeros_alone_decide_a_limit_of_a_tenth_after_forty() -> None:
    """The mean of (1 + f/9)^n over the fractions passes 20 at n = 40."""
    path = capital_path(np.zeros(60), 0.1, above=False)

    assert ((1 + SHARES / 9) ** 39).mean() < 20 <= ((1 + SHARES / 9) ** 40).mean()
    assert int(np.argmax(path >= 20)) + 1 == 40


def test_the_bound_is_the_limit_that_the_capital_just_rejects() -> None:
    values = np.array(([0.0] * 10 + [1.0]) * 5)

    upper, lower = upper_bound_ever(values, 0.05), lower_bound_ever(values, 0.05)

    assert capital_path(values, upper + 1e-6, above=False).max() >= 20
    assert capital_path(values, upper - 1e-6, above=False).max() < 20
    assert capital_path(values, lower - 1e-6, above=True).max() >= 20
    assert lower < 5 / 55 < upper


def test_nothing_seen_bounds_nothing() -> None:
    assert (lower_bound_ever([], 0.05), upper_bound_ever([], 0.05)) == (0.0, 1.0)


def test_capital_never_rises_with_the_limit_for_bets_above() -> None:
    values = np.random.default_rng(3).random(200)
    grid = np.linspace(0.05, 0.95, 19)

    last = [capital_path(values, limit, above=True)[-1] for limit in grid]

    assert last == sorted(last, reverse=True)


@pytest.mark.parametrize(("limit", "low"), [(0.1, 0.0), (0.5, 0.25), (0.9, 0.8)])
def test_looking_after_every_value_errs_no_more_often_than_the_level(
    limit: float, low: float
) -> None:
    """Values at ``low`` or 1 with their mean on the limit, looked at 500 times."""
    random = np.random.default_rng(5)
    chance = (limit - low) / (1 - low)
    values = np.where(random.random((1500, 500)) < chance, 1.0, low)

    for above in (False, True):
        wrong = (capital_path(values, limit, above=above).max(axis=1) >= 20).mean()
        # Two standard errors of 5 % among 1500 are 1.1 points.
        assert wrong <= 0.05 + 0.011


def test_growth_is_near_the_best_that_a_known_truth_would_allow() -> None:
    """The mixture costs about half a logarithm of n (Krichevsky and Trofimov 1981)."""
    values = np.array(([0.0] * 19 + [1.0]) * 50)
    bets = np.linspace(0.01, 0.99, 99) / 0.9
    best = max(float(np.log1p(-bet * (values - 0.1)).sum()) for bet in bets)

    found = math.log(capital_path(values, 0.1, above=False)[-1])

    assert found > best - 0.5 * math.log(values.size) - 1


def test_a_limit_at_the_end_of_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="not between 0 and 1"):
        BettingTest(0.0, above=True)


def test_a_value_off_the_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="outside"):
        BettingTest(0.5, above=True).observe(1.5)
