"""How much seeds scatter: limits by hand, what they hold by simulation, and seeds that would do."""

from __future__ import annotations

import math

import numpy as np
import pytest

from primum.statistics.interval import student_quantile
from primum.statistics.seed_scatter import half_width_limits, scatter_limits, seeds_to_clear
from primum.statistics.seeds import SeedSpread, seed_spread

MARGIN = 0.05


def spread_of(*rates: float, items: int = 1000) -> SeedSpread:
    """Seeds that answer equal items with these rates, all in the same order."""
    scores = [[1.0] * round(rate * items) + [0.0] * round((1 - rate) * items) for rate in rates]
    found = seed_spread(scores, np.arange(items))
    assert found is not None
    return found


def test_limits_are_f_quantiles_of_the_mean_square_less_the_noise() -> None:
    """Three seeds, many items: 2/7.378 and 2/0.0506 of the mean square, as chi-square has it."""
    spread = spread_of(0.4, 0.5, 0.6, items=10_000)
    limits = scatter_limits(spread)

    assert limits is not None
    noise = spread.from_cells * 3
    assert limits.low == pytest.approx(math.sqrt(0.01 * 2 / 7.378 - noise), rel=0.01)
    assert limits.high == pytest.approx(math.sqrt(0.01 * 2 / 0.0506 - noise), rel=0.01)


def test_seeds_that_happen_to_agree_do_not_make_the_limit_zero() -> None:
    """Three equal rates made of other items each: the noise alone could have hidden scatter."""
    scores = np.zeros((3, 300))
    for place in range(3):
        scores[place, place * 100 : place * 100 + 100] = 1
    spread = seed_spread(scores, np.arange(300))
    assert spread is not None

    limits = scatter_limits(spread)

    assert limits is not None
    assert limits.low == 0
    assert limits.high > 0.1


def test_one_seed_has_no_limits() -> None:
    """Nothing is known of another."""
    assert scatter_limits(spread_of(0.5)) is None
    assert half_width_limits(spread_of(0.5)) is None
    assert seeds_to_clear(spread_of(0.5), MARGIN) is None


def answers(times: float, seeds: int, draws: int) -> tuple[float, float]:
    """Shares found and not found, where the truth is so many times the margin."""
    generator = np.random.default_rng([seeds, round(times * 10)])
    found = absent = 0
    deviation = times * MARGIN * math.sqrt(seeds) / student_quantile(seeds - 1, 0.95)
    for _ in range(draws):
        rates = np.clip(0.5 + generator.normal(0, deviation, seeds), 0, 1)
        own, shared = generator.random((seeds, 150)), generator.random(150)
        thresholds = np.where(generator.random(150) < 0.5, shared, own)
        spread = seed_spread((thresholds < rates[:, None]).astype(float), np.arange(150))
        assert spread is not None
        limits = half_width_limits(spread)
        assert limits is not None
        found += limits.low > MARGIN
        absent += limits.high <= MARGIN
    return found / draws, absent / draws


@pytest.mark.parametrize("seeds", [3, 5, 10])
def test_at_the_margin_one_in_forty_is_found_and_at_most_one_in_forty_is_not(seeds: int) -> None:
    """As the report says; an F test of no scatter says “found” in 17 to 37 % of such places."""
    found, absent = answers(1.0, seeds, 600)

    assert found <= 0.045
    assert absent <= 0.045


def test_scatter_of_twice_the_margin_is_never_said_to_be_absent() -> None:
    """Of three seeds it mostly cannot be told; of ten it mostly is found."""
    assert answers(2.0, 3, 300)[1] <= 0.01
    found, absent = answers(2.0, 10, 300)
    assert found >= 0.7
    assert absent == 0


def test_the_seeds_that_are_named_clear_the_margin_in_four_cases_of_five() -> None:
    """Rates with that standard deviation and no other noise, drawn anew."""
    spread = spread_of(0.46, 0.5, 0.54, items=10_000)
    named = seeds_to_clear(spread, MARGIN)
    assert named is not None
    assert named > 3
    generator = np.random.default_rng(4)

    cleared = 0
    for _ in range(200):
        limits = half_width_limits(spread_of(*generator.normal(0.5, 0.04, named)))
        assert limits is not None
        cleared += limits.high <= MARGIN

    assert 0.7 <= cleared / 200 <= 0.92
