"""One-sided bounds and the sizes that they need, against values worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from primum.statistics.gaffke import upper_bound
from primum.statistics.noninferiority import paired_bounds
from primum.statistics.one_sided import needed_for_bound, one_sided_bounds


def test_no_event_in_59_bounds_a_rate_below_five_percent() -> None:
    # 1 - 0.05^(1/59) = 0.04951, the exact bound; with 58 it is 0.05034.
    bounds = one_sided_bounds("rate", [0.0] * 59, clusters=None, low=0, high=1, level=0.05)

    assert bounds.high == pytest.approx(1 - 0.05 ** (1 / 59))
    assert bounds.low == 0
    assert bounds.method == "clopper-pearson"


def test_the_exact_bound_is_where_the_binomial_tail_is_the_level() -> None:
    # 2 of 10: the upper bound p solves P(X ≤ 2 | 10, p) = 0.05.
    bounds = one_sided_bounds("rate", [1, 1, *[0] * 8], clusters=None, low=0, high=1, level=0.05)

    p = bounds.high
    assert p is not None
    tail = sum(math.comb(10, k) * p**k * (1 - p) ** (10 - k) for k in range(3))
    assert tail == pytest.approx(0.05)


def test_clusters_that_always_agree_count_once() -> None:
    values = [0.0] * 40
    alone = one_sided_bounds("rate", values[:10], clusters=None, low=0, high=1, level=0.05)

    bounds = one_sided_bounds(
        "rate", values, clusters=[k // 4 for k in range(40)], low=0, high=1, level=0.05
    )

    assert bounds.high == pytest.approx(alone.high)
    assert bounds.clusters == 10


def test_a_mean_over_the_ends_of_its_scale_has_the_exact_bound_of_the_share() -> None:
    """Where a t bound falls short, the share's exact bound stands in."""
    values = [1.0] * 48 + [5.0] * 12
    share = one_sided_bounds(
        "rate", [0.0] * 48 + [1.0] * 12, clusters=None, low=0, high=1, level=0.05
    )

    bounds = one_sided_bounds("mean", values, clusters=None, low=1, high=5, level=0.05)

    assert share.high is not None
    assert bounds.high == pytest.approx(1 + 4 * share.high, abs=1e-5)


def test_a_mean_of_scores_between_the_ends_counts_an_unseen_one_at_the_end() -> None:
    # The quantile 0.95 of (54 ones, 4 twos, 2 fives and one five more, weighted by exponentials).
    values = np.array([1.0] * 54 + [2.0] * 4 + [5.0] * 2)
    weights = np.random.default_rng(1).exponential(size=(100_000, 61))
    drawn = weights @ np.append(values, 5.0) / weights.sum(axis=1)

    bounds = one_sided_bounds("mean", values, clusters=None, low=1, high=5, level=0.05)

    assert bounds.high == pytest.approx(float(np.quantile(drawn, 0.95)), abs=0.004)
    assert bounds.method == "t-or-gaffke"


@pytest.mark.parametrize(("ones", "of"), [(1, 2), (3, 20), (2, 300), (500, 1000), (1, 20_000)])
def test_gaffkes_bound_of_zeros_and_ones_is_clopper_and_pearsons(ones: int, of: int) -> None:
    values = [1.0] * ones + [0.0] * (of - ones)
    exact = one_sided_bounds("rate", values, clusters=None, low=0, high=1, level=0.01).high

    assert upper_bound(values, [1] * of, 1.0, 0.01) == pytest.approx(exact, rel=1e-3)


def passed(draw: Callable[[], float], repetitions: int, limit: float) -> float:
    """Share of the draws whose bound keeps the limit that the truth stands on."""
    return sum(draw() <= limit for _ in range(repetitions)) / repetitions


def test_rare_bad_scores_that_were_not_seen_let_no_mean_pass_too_often() -> None:
    # 1, 2 and 5 with 0.9, 0.07 and 0.03: the mean is 1.19, and 16 % of samples hold no 5.
    random = np.random.default_rng(2)

    def draw() -> float:
        values = random.choice([1.0, 2.0, 5.0], p=[0.9, 0.07, 0.03], size=60)
        bound = one_sided_bounds("mean", values, clusters=None, low=1, high=5, level=0.05).high
        assert bound is not None
        return bound

    assert passed(draw, 500, 1.19) <= 0.05


def test_a_model_that_only_refuses_more_passes_no_more_often_than_it_may() -> None:
    # Half are refused by both, 3 % by the second alone: with the margin at 3 points.
    random = np.random.default_rng(3)

    def draw() -> float:
        drawn = random.random(60)
        bound = paired_bounds(
            drawn < 0.5, drawn < 0.53, clusters=None, low=0, high=1, level=0.05
        ).high
        assert bound is not None
        return bound

    assert passed(draw, 500, 0.03) <= 0.05


def test_a_few_events_in_clusters_let_no_rate_pass_too_often() -> None:
    # 60 requests, three answers each, alike in 70 %; the effective size alone errs in 8 %.
    random = np.random.default_rng(4)
    clusters = np.repeat(np.arange(60), 3)

    def draw() -> float:
        alike = random.random((60, 1)) < 0.7
        values = np.where(alike, random.random((60, 1)) < 0.05, random.random((60, 3)) < 0.05)
        bound = one_sided_bounds(
            "rate", values.ravel(), clusters=clusters, low=0, high=1, level=0.05
        ).high
        assert bound is not None
        return bound

    assert passed(draw, 300, 0.05) <= 0.05


def test_equal_scores_keep_the_width_of_what_could_be_unseen() -> None:
    bounds = one_sided_bounds("mean", [1.0] * 20, clusters=None, low=1, high=5, level=0.05)

    assert bounds.high == pytest.approx(1 + 4 * (1 - 0.05 ** (1 / 20)))
    assert bounds.low == 1


def test_one_cluster_bears_no_bound() -> None:
    bounds = one_sided_bounds("rate", [0, 1, 0], clusters=[7, 7, 7], low=0, high=1, level=0.05)

    assert bounds.low is None
    assert bounds.high is None


def test_the_needed_size_of_a_rate_without_events_is_that_of_the_exact_test() -> None:
    # 0.95^n ≤ 0.05 from n = 59 on.
    size = needed_for_bound(
        "rate", [0.0] * 10, clusters=None, limit=0.05, low=0, high=1, level=0.05
    )

    assert size == 59


def test_the_needed_size_of_a_rate_has_the_power_that_it_claims() -> None:
    # At 1 % against a limit of 5 %: with n = 124 two events still pass, P(X ≤ 2 | 0.05) = 0.048,
    # and P(X ≤ 2 | 0.01) = 0.87; with one event (n = 93 … 123) P(X ≤ 1 | 0.01) < 0.8.
    values = [1.0, *[0.0] * 99]

    size = needed_for_bound("rate", values, clusters=None, limit=0.05, low=0, high=1, level=0.05)

    assert size == 124


def test_the_needed_size_of_a_mean_counts_spread_and_the_unseen_score() -> None:
    # Half at 1 and half at 3: s² = 100/99; 2.4865 s / √n + (5 - 2) / n = 0.5.
    values = [1.0, 3.0] * 50

    size = needed_for_bound("mean", values, clusters=None, limit=2.5, low=1, high=5, level=0.05)

    assert size is not None
    spread = (1.644854 + 0.841621) * math.sqrt(100 / 99)
    assert spread / math.sqrt(size) + 3 / size <= 0.5
    assert spread / math.sqrt(size - 1) + 3 / (size - 1) > 0.5


def test_the_needed_size_of_equal_scores_is_that_of_the_unseen_share() -> None:
    # All 1: a share of 0.1 at 5 would lift the mean to 1.4; 0.9^n ≤ 0.05 from n = 29 on.
    size = needed_for_bound("mean", [1.0] * 9, clusters=None, limit=1.4, low=1, high=5, level=0.05)

    assert size == 29


def test_on_the_limit_no_size_decides() -> None:
    assert (
        needed_for_bound("rate", [0, 1], clusters=None, limit=0.5, low=0, high=1, level=0.05)
        is None
    )


def test_paired_rates_without_a_discordant_pair_have_the_bound_of_the_unseen_share() -> None:
    same = np.array([1.0, *[0.0] * 49])

    bounds = paired_bounds(same, same, clusters=None, low=0, high=1, level=0.05)

    assert bounds.high == pytest.approx(1 - 0.05 ** (1 / 50))
    assert bounds.low == pytest.approx(0.05 ** (1 / 50) - 1)


def test_pairs_that_differ_in_one_direction_have_the_exact_bound_of_their_share() -> None:
    first, second = np.zeros(80), np.array([1.0] * 2 + [0.0] * 78)
    share = one_sided_bounds("rate", second, clusters=None, low=0, high=1, level=0.05)

    bounds = paired_bounds(first, second, clusters=None, low=0, high=1, level=0.05)

    assert bounds.high == pytest.approx(share.high, abs=1e-5)


def test_paired_means_are_bounded_over_their_differences() -> None:
    # Differences 0, 1, 0, 1 … (mean 0.5, s² = 0.25 n/(n-1)); t with 39 degrees of freedom: 1.6849.
    first, second = np.full(40, 2.0), np.tile([2.0, 3.0], 20)

    bounds = paired_bounds(first, second, clusters=None, low=1, high=5, level=0.05)

    half = 1.684875 * math.sqrt(0.25 / 39)
    assert bounds.high is not None
    # Gaffke's is farther: one more pair might differ by all of the scale.
    assert 0.5 + half < bounds.high < 0.5 + half + 2 * 4 / 40


def test_pairs_in_clusters_that_repeat_are_no_more_than_their_clusters() -> None:
    first, second = np.tile([1.0, 0.0, 0.0, 0.0], 10), np.tile([1.0, 1.0, 0.0, 0.0], 10)
    repeated = [np.repeat(side, 3) for side in (first, second)]

    once = paired_bounds(first, second, clusters=None, low=0, high=1, level=0.05)
    thrice = paired_bounds(
        *repeated, clusters=np.repeat(np.arange(40), 3), low=0, high=1, level=0.05
    )

    assert thrice.clusters == 40
    assert thrice.high == pytest.approx(once.high, abs=0.005)
