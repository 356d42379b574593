"""Where a change lay: by hand, on planted changes, and none where nothing changed."""

from __future__ import annotations

import numpy as np
import pytest

from primum.statistics.change_point import change_point
from primum.statistics.estimate import estimate_of
from primum.statistics.unpaired import difference_of_estimates

NAN = float("nan")


def generator() -> np.random.Generator:
    return np.random.default_rng(1)


def planted(change: int, occasions: int = 8, items: int = 40, after: float = 0.7) -> np.ndarray:
    """Rates of 0.2 before the change, and ``after`` from it on."""
    drawn = np.random.default_rng(7).random((items, occasions))
    rates = np.where(np.arange(occasions) < change, 0.2, after)
    return (drawn < rates).astype(float)


def test_the_standardised_difference_by_hand() -> None:
    # One item, (0, 0, 1): S² = 1/3. Split at 1: means 0 and 1/2, variance S² (1 + 1/2) = 1/2,
    # z = 0.5 / 0.7071 = 0.707. Split at 2: 0 and 1, z = 1 / 0.7071 = 1.414.
    found = change_point([[0, 0, 1]], generator=generator())

    assert found is not None
    assert found.place == 2
    assert found.statistic == pytest.approx(2**0.5)
    # (1, 0, 0) reaches the same size: two of three orders.
    assert found.p_value == pytest.approx(2 / 3, abs=0.04)


def test_a_planted_change_is_found_where_it_lies() -> None:
    found = change_point(planted(5), generator=generator())

    assert found is not None
    assert found.place == 5
    assert found.p_value < 0.01
    assert 5 in found.plausible
    assert set(found.plausible) <= {4, 5, 6}
    assert found.difference == pytest.approx(0.5, abs=0.12)
    assert None not in (found.low, found.difference, found.high)
    assert (found.low or 0) < (found.difference or 0) < (found.high or 0)


def test_a_small_change_leaves_more_splits_plausible() -> None:
    large, small = (
        change_point(planted(4, after=after), generator=generator()) for after in (0.9, 0.38)
    )

    assert large is not None
    assert small is not None
    assert len(small.plausible) > len(large.plausible)


def test_a_change_for_the_better_is_a_negative_difference() -> None:
    found = change_point(1 - planted(5), generator=generator())

    assert found is not None
    assert found.statistic < 0


def test_a_model_that_answers_alike_has_no_change_point() -> None:
    assert change_point(np.ones((5, 6)), generator=generator()) is None
    assert change_point([[0, 1]], generator=generator()) is None


def test_missing_outcomes_do_not_hide_a_change() -> None:
    values = planted(5)
    values[np.random.default_rng(2).random(values.shape) < 0.15] = NAN

    found = change_point(values, generator=generator(), clusters=np.arange(40) // 2)

    assert found is not None
    assert found.place == 5
    assert found.p_value < 0.01


def test_stable_models_seldom_have_a_small_p_value() -> None:
    drawn = np.random.default_rng(9)
    small = 0
    for _ in range(100):
        rates = drawn.beta(0.5, 0.5, 10)[:, None]
        found = change_point((drawn.random((10, 5)) < rates).astype(float), generator=drawn)
        small += found is not None and found.p_value <= 0.1

    assert small <= 19  # 10 expected; 19 is three standard errors more


def test_the_same_seed_gives_the_same_figures() -> None:
    first, second = (change_point(planted(3), generator=generator()) for _ in range(2))

    assert first == second


def test_the_difference_of_two_rates_has_newcombes_interval() -> None:
    # Newcombe 1998, table II (a): 56/70 against 48/80, 0.2 with limits 0.0524 and 0.3339.
    first = estimate_of("rate", [1.0] * 48 + [0.0] * 32, low=0, high=1)
    second = estimate_of("rate", [1.0] * 56 + [0.0] * 14, low=0, high=1)

    found = difference_of_estimates(first, second)

    assert found.value == pytest.approx(0.2)
    assert found.low == pytest.approx(0.0524, abs=5e-5)
    assert found.high == pytest.approx(0.3339, abs=5e-5)


def test_a_side_without_interval_gives_a_difference_without_one() -> None:
    known = estimate_of("rate", [1.0, 0.0], low=0, high=1)
    single = estimate_of("rate", [1.0], low=0, high=1)
    nothing = estimate_of("rate", [NAN], low=0, high=1)

    assert difference_of_estimates(known, single) == (0.5, None, None)
    assert difference_of_estimates(known, nothing) == (None, None, None)


@pytest.mark.parametrize("after", [0.2, 0.3, 0.4, 0.5, 0.7])
@pytest.mark.parametrize("items", [4, 10, 40])
def test_the_interval_leaves_out_zero_exactly_where_the_p_value_is_small(
    after: float, items: int
) -> None:
    found = change_point(planted(5, items=items, after=after), generator=generator())

    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.p_value <= 0.05) == (found.low > 0 or found.high < 0)


def test_the_interval_of_three_turned_requests_in_ten_by_hand() -> None:
    # Three of ten rows turn from 1 to 0 at the fourth of six occasions, the others stay. Row sums
    # of squares are 6 · 1/4 = 1.5, so S² = 4.5 / 5 = 0.9, and the deviation of the mean difference
    # of ten rows is sqrt(0.9 · 2/3) / 10 = 0.0775; z = -0.3 / 0.0775 = -3.87.
    values = np.zeros((10, 6))
    values[:3, :3] = 1

    found = change_point(values, generator=generator())

    assert found is not None
    assert found.place == 3
    assert found.difference == pytest.approx(-0.3)
    assert found.statistic == pytest.approx(-3.87, abs=0.01)
    assert found.p_value <= 0.05
    assert found.low is not None
    assert found.high is not None
    assert found.high < 0
    # The orders' largest deviation lies between two and three of them.
    assert 2 * 0.0775 < found.high - -0.3 < 3 * 0.0775
    assert found.low + found.high == pytest.approx(-0.6)


@pytest.mark.slow
def test_the_interval_holds_the_true_difference() -> None:
    random, held = np.random.default_rng(3), 0
    for _ in range(60):
        chances = random.beta(2, 6, 40)
        rates = np.where(np.arange(8) < 4, chances[:, None], np.minimum(1, chances + 0.25)[:, None])
        true = float((np.minimum(1, chances + 0.25) - chances).mean())
        found = change_point((random.random((40, 8)) < rates).astype(float), generator=random)
        assert found is not None
        held += (found.low or -1) <= true <= (found.high or 1)

    # 95 % are promised; three standard errors of 60 are 8.4 %.
    assert held / 60 >= 0.86
