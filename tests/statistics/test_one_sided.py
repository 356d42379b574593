"""One-sided bounds and the sizes that they need, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from primum.statistics.noninferiority import needed_pairs, paired_bounds
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
    assert bounds.high is not None
    # p(1-p)/V = n - 1 for s²/n; times (z/t)² for the estimated variance: a little wider.
    assert 1 + 4 * share.high < bounds.high < 1 + 4 * share.high + 0.02


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


def test_the_needed_size_of_a_mean_is_by_the_normal_formula() -> None:
    # Half at 1 and half at 3: s² = 1·n/(n-1); (1.645 + 0.842)² s² / 0.5² = 24.7 s².
    values = [1.0, 3.0] * 50

    size = needed_for_bound("mean", values, clusters=None, limit=2.5, low=1, high=5, level=0.05)

    assert size == math.ceil((1.644854 + 0.841621) ** 2 * (100 / 99) / 0.25)


def test_on_the_limit_no_size_decides() -> None:
    assert (
        needed_for_bound("rate", [0, 1], clusters=None, limit=0.5, low=0, high=1, level=0.05)
        is None
    )


def test_paired_rates_without_a_discordant_pair_keep_a_width() -> None:
    same = np.array([1.0, *[0.0] * 49])

    bounds = paired_bounds("rate", same, same, clusters=None, low=0, high=1, level=0.05)

    assert bounds.low is not None
    assert bounds.high is not None
    assert bounds.low < 0 < bounds.high


def test_paired_means_are_bounded_over_their_differences() -> None:
    # Differences 0, 1, 0, 1 … (mean 0.5, s² = 0.25 n/(n-1)); t with 39 degrees of freedom: 1.6849.
    first, second = np.full(40, 2.0), np.tile([2.0, 3.0], 20)

    bounds = paired_bounds("mean", first, second, clusters=None, low=1, high=5, level=0.05)

    half = 1.684875 * math.sqrt(0.25 / 39)
    assert bounds.high is not None
    assert bounds.high >= 0.5 + half - 1e-6
    assert bounds.high == pytest.approx(0.5 + half, abs=0.05)


def test_pairs_needed_grow_with_the_square_of_the_distance() -> None:
    first, second = np.zeros(100), np.tile([-1.0, 1.0], 50)

    near = needed_pairs(first, second, clusters=None, limit=0.05, span=1, level=0.05)
    far = needed_pairs(first, second, clusters=None, limit=0.1, span=1, level=0.05)

    assert near is not None
    assert far is not None
    assert near == pytest.approx(4 * far, abs=4)


def test_paired_rates_are_bounded_by_exact_limits_and_their_correlation() -> None:
    # 10 pairs: both 4, second only 2, first only 1, neither 3; rates 0.5 and 0.6.
    first = np.array([1.0] * 4 + [0.0] * 2 + [1.0] + [0.0] * 3)
    second = np.array([1.0] * 4 + [1.0] * 2 + [0.0] + [0.0] * 3)
    rates = [
        one_sided_bounds("rate", side, clusters=None, low=0, high=1, level=0.05)
        for side in (first, second)
    ]

    bounds = paired_bounds("rate", first, second, clusters=None, low=0, high=1, level=0.05)

    # ad - bc = 4·3 - 1·2 = 10, minus n/2 = 5; phi = 5 / sqrt(5·5·6·4) = 0.2041.
    phi = 5 / math.sqrt(600)
    assert rates[0].low is not None
    assert rates[1].high is not None
    up, down = rates[1].high - 0.6, 0.5 - rates[0].low
    assert bounds.high == pytest.approx(0.1 + math.sqrt(up**2 - 2 * phi * up * down + down**2))


def test_pairs_in_clusters_that_repeat_are_no_more_than_their_clusters() -> None:
    first, second = np.tile([1.0, 0.0, 0.0, 0.0], 10), np.tile([1.0, 1.0, 0.0, 0.0], 10)
    repeated = [np.repeat(side, 3) for side in (first, second)]

    once = paired_bounds("rate", first, second, clusters=None, low=0, high=1, level=0.05)
    thrice = paired_bounds(
        "rate", *repeated, clusters=np.repeat(np.arange(40), 3), low=0, high=1, level=0.05
    )

    assert thrice.clusters == 40
    assert thrice.high == pytest.approx(once.high, abs=0.005)
