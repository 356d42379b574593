"""Means over seeds and items: by hand, by simulation, and what more of either would bring."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from primum.statistics.seeds import (
    SeedSpread,
    items_needed,
    rate_gain_limits,
    seed_limits,
    seed_spread,
    seeds_needed,
)

Floats = NDArray[np.float64]


def spread_of(scores: object, clusters: object = None) -> SeedSpread:
    """The spread, which must be there."""
    matrix = np.atleast_2d(np.asarray(scores, dtype=np.float64))
    codes = np.arange(matrix.shape[1]) if clusters is None else np.asarray(clusters)
    found = seed_spread(matrix, codes)
    assert found is not None
    return found


def test_the_parts_of_the_variance_by_hand() -> None:
    """Two seeds, four items.

    Means 1/2 and 1/4, so from seeds (1/32)/2 = 1/64. Influences in eighths, then the mean of both
    rows (5, 1, -3, -3)/32: squares sum to 44/1024, times 4/3. Less that mean each row is
    (-1, 3, -1, -1)/32: 12/1024 a row, times 4/3, over 2·1.
    """
    spread = spread_of([[1, 1, 0, 0], [1, 0, 0, 0]])

    assert spread.value == 0.375
    assert spread.by_seed == (0.5, 0.25)
    assert spread.from_seeds == pytest.approx(1 / 64)
    assert spread.from_items == pytest.approx(44 / 1024 * 4 / 3)
    assert spread.from_cells == pytest.approx(24 / 1024 * 4 / 3 / 2)
    assert spread.between_seeds == pytest.approx(0.0)
    # 1/64 + 44/768 - 1/64 is the items' own variance: nothing is left for the seeds.
    assert spread.variance == pytest.approx(44 / 768)
    assert spread.degrees_of_freedom == 3


def test_seeds_that_differ_and_items_that_do_not() -> None:
    """All of the variance is the seeds': means 1 and 0, s² = 1/2, over 2 seeds 1/4, 1 degree."""
    spread = spread_of([[1, 1, 1], [0, 0, 0]])

    assert spread.between_seeds == pytest.approx(0.5)
    assert spread.variance == pytest.approx(0.25)
    assert spread.degrees_of_freedom == 1
    # t(1) at 97.5 % is 12.706.
    assert spread.half_width() == pytest.approx(12.706 * 0.5, rel=1e-4)
    assert spread.seeds_half_width() == pytest.approx(12.706 * 0.5, rel=1e-4)


def test_one_seed_counts_items_alone() -> None:
    """The plain standard error: s²/n with s² = 1/3 over four items."""
    spread = spread_of([1, 1, 0, 0])

    assert spread.variance == pytest.approx(1 / 3 / 4)
    assert spread.seeds_half_width() is None
    assert seeds_needed(spread, 0.1, spread.half_width()) is None


def test_items_of_one_request_count_once() -> None:
    """Each item four times in one cluster has the variance of the single ones."""
    single = spread_of([1, 1, 0, 0])

    repeated = spread_of(np.repeat([1, 1, 0, 0], 4), np.repeat(np.arange(4), 4))

    assert repeated.variance == pytest.approx(single.variance)
    assert (repeated.items, repeated.clusters) == (16, 4)


def test_a_seed_without_a_score_gives_nothing() -> None:
    """Nothing is imputed."""
    assert seed_spread(np.array([[1, 0], [np.nan, np.nan]]), [0, 1]) is None


def test_missing_scores_are_left_out_of_their_own_seed() -> None:
    """The mean of a seed is over what it answered."""
    by_seed = spread_of([[1, np.nan, 0, 1], [1, 0, 0, 0]]).by_seed

    assert list(by_seed) == pytest.approx([2 / 3, 0.25])


def test_limits_keep_a_width_where_nothing_varies() -> None:
    """All refused, under every seed: Wilson's limit on the number of requests, 30."""
    limits = seed_limits(spread_of(np.ones((3, 30))), low=0, high=1, is_rate=True)

    assert limits is not None
    assert limits.high == 1.0
    # 1 / (1 + z²/n) with z² = 3.8415.
    assert limits.low == pytest.approx(30 / 33.8415, abs=1e-4)


def drawn(generator: np.random.Generator, scatter: float, seeds: int) -> tuple[Floats, Floats]:
    """The baseline's answers and the adapters', on a logistic scale."""
    ease = generator.normal(0, 1, 120)
    before = generator.random(120) < 1 / (1 + np.exp(1 - ease))
    own = generator.normal(0, scatter, seeds)[:, None] if scatter else np.zeros((seeds, 1))
    after = generator.random((seeds, 120)) < 1 / (1 + np.exp(-1 - ease - own))
    return before.astype(np.float64), after.astype(np.float64)


def true_rate(centre: float, scatter: float) -> float:
    """The mean of the logistic over ease and scatter, by quadrature."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(60)
    values = 1 / (1 + np.exp(-centre - math.hypot(1, scatter) * nodes))
    return float((weights * values).sum() / weights.sum())


@pytest.mark.parametrize("scatter", [0.0, 0.5])
def test_intervals_of_three_seeds_hold_the_truth(scatter: float) -> None:
    """95 % nominal; over 400 simulated improvements at least 90 % hold level and gain."""
    generator = np.random.default_rng(7)
    level, start = true_rate(1, scatter), true_rate(-1, 0)
    held = {"level": 0, "gain": 0}
    for _ in range(400):
        before, after = drawn(generator, scatter, 3)
        spread = spread_of(after)
        limits = seed_limits(spread, low=0, high=1, is_rate=True)
        gain = spread_of(after - before)
        ends = rate_gain_limits(spread_of(np.tile(before, (3, 1))), spread, gain)
        assert limits is not None
        assert ends is not None
        held["level"] += limits.low <= level <= limits.high
        held["gain"] += ends.low <= level - start <= ends.high

    assert min(held.values()) >= 360


def test_one_seed_does_not_speak_for_others() -> None:
    """With scatter, the interval of one seed holds the mean of all seeds much too seldom."""
    generator = np.random.default_rng(8)
    level, held = true_rate(1, 0.8), 0
    for _ in range(300):
        limits = seed_limits(spread_of(drawn(generator, 0.8, 1)[1]), low=0, high=1, is_rate=True)
        assert limits is not None
        held += limits.low <= level <= limits.high

    assert held < 240


def test_half_the_width_takes_four_times_the_items() -> None:
    """Where the items alone make the interval."""
    spread = spread_of([1, 1, 0, 0] * 25)
    half = spread.half_width()

    needed = items_needed(spread, half / 2, half)

    assert needed is not None
    assert 380 < needed < 410


def test_where_nothing_varies_the_items_follow_wilsons_limit() -> None:
    """z²/(n + z²) is at most 0.05 from n = 73 on: 3.8415 x 19 = 72.99."""
    spread = spread_of([0, 0, 0])

    assert items_needed(spread, 0.05, 3.8415 / 6.8415) == 73


def test_no_number_of_items_mends_seeds_that_scatter() -> None:
    """The scatter stays, however many items are asked; more seeds do mend it."""
    spread = spread_of([[1] * 40, [0] * 40, [1] * 20 + [0] * 20])

    assert items_needed(spread, 0.1, spread.half_width()) is None
    seeds = seeds_needed(spread, 0.2, spread.half_width())
    assert seeds is not None
    assert spread.half_width(seeds=seeds) <= 0.2 < spread.half_width(seeds=seeds - 1)
