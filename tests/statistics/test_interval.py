"""Intervals of one mean or rate, against arithmetic written out here and a second method."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from primum.statistics.bootstrap import BootstrapKind, bootstrap_mean_interval
from primum.statistics.cluster import mean_variance
from primum.statistics.interval import (
    Interval,
    constant_interval,
    effective_size,
    mean_interval,
    rate_interval,
    wilson_limits,
)


def test_a_mean_has_the_t_interval_of_the_textbook() -> None:
    # mean 2.5; s2 = (1.5^2 + 0.5^2 + 0.5^2 + 2.5^2) / 3 = 9/3 = 3; se = sqrt(3/4) = 0.866025
    # t(3 df) = 3.182446, half = 2.756080
    interval = mean_interval([1, 2, 2, 5])

    assert interval.low == pytest.approx(-0.256080, abs=1e-5)
    assert interval.high == pytest.approx(5.256080, abs=1e-5)
    assert interval.method == "t"
    assert interval.clusters is None


def test_the_t_interval_agrees_with_scipy() -> None:
    values = np.random.default_rng(3).normal(5, 2, 37)

    interval = mean_interval(values)

    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    assert (interval.low, interval.high) == pytest.approx((expected.low, expected.high))


def test_limits_end_where_the_scale_ends() -> None:
    interval = mean_interval([1, 2, 2, 5], low=1, high=5)

    assert (interval.low, interval.high) == (1.0, 5.0)


def test_clusters_widen_the_interval_by_their_residual_totals() -> None:
    # n = 5, mean 27/5 = 5.4; residual totals 4 - 10.8 = -6.8, 5 - 5.4 = -0.4, 18 - 10.8 = 7.2
    # V = 3/2 * (46.24 + 0.16 + 51.84) / 25 = 5.8944; se = 2.427839; t(2 df) = 4.302653
    interval = mean_interval([1, 3, 5, 8, 10], clusters=["a", "a", "b", "c", "c"])

    assert interval.low == pytest.approx(5.4 - 10.446150, abs=1e-4)
    assert interval.high == pytest.approx(5.4 + 10.446150, abs=1e-4)
    assert interval.method == "cluster-t"
    assert interval.clusters == 3


def test_the_cluster_variance_agrees_with_the_sandwich_of_a_regression() -> None:
    generator = np.random.default_rng(8)
    clusters = generator.integers(0, 12, 90)
    values = generator.normal(0, 1, 90) + generator.normal(0, 1, 12)[clusters]

    spread = mean_variance(values, clusters)

    design = np.ones((90, 1))
    bread = np.linalg.inv(design.T @ design)
    residuals = values - values.mean()
    meat = sum(
        design[clusters == c].T
        @ np.outer(residuals[clusters == c], residuals[clusters == c])
        @ design[clusters == c]
        for c in range(12)
    )
    assert spread.clusters == 12
    assert spread.variance == pytest.approx(12 / 11 * float((bread @ meat @ bread)[0, 0]))


def test_clusters_of_one_change_nothing() -> None:
    values = [1.0, 2.0, 2.0, 5.0]

    alone = mean_interval(values, clusters=[4, 3, 2, 1])

    assert (alone.low, alone.high) == pytest.approx(mean_interval(values)[:2])


@pytest.mark.parametrize("values", [[], [3.0]])
def test_fewer_than_two_values_have_no_interval(values: list[float]) -> None:
    assert mean_interval(values, low=1, high=5) == Interval(None, None, "none")


def test_one_cluster_has_no_interval() -> None:
    assert mean_interval([1, 2, 3], clusters=[7, 7, 7]) == Interval(None, None, "none", 1)
    assert rate_interval([1, 0, 1], clusters=[7, 7, 7]) == Interval(None, None, "none", 1)


def test_equal_values_on_a_scale_leave_room_for_what_was_not_seen() -> None:
    # 1 - 0.025^(1/5) = 0.521824 of the population may differ unseen:
    # down by 0.521824 * (2 - 1), up by 0.521824 * (5 - 2)
    interval = mean_interval([2, 2, 2, 2, 2], low=1, high=5)

    assert interval.low == pytest.approx(1.478176, abs=1e-5)
    assert interval.high == pytest.approx(3.565472, abs=1e-5)
    assert interval.method == "rule-of-three"


def test_equal_values_without_a_scale_have_no_interval() -> None:
    assert mean_interval([2, 2, 2]) == Interval(None, None, "none")
    assert constant_interval(2, 3, -math.inf, 5) is None


def test_repeats_do_not_narrow_the_interval_of_equal_values() -> None:
    thrice = mean_interval([2.0] * 15, clusters=[0, 1, 2, 3, 4] * 3, low=1, high=5)

    assert thrice[:2] == pytest.approx(mean_interval([2.0] * 5, low=1, high=5)[:2])


def test_clusters_whose_residuals_cancel_do_not_claim_certainty() -> None:
    interval = mean_interval([0, 1, 0, 1], clusters=[1, 1, 2, 2])

    assert interval.method == "t"
    assert interval.low is not None
    assert interval.low < 0.5


def test_wilson_limits_follow_the_formula() -> None:
    # z2 = 3.841459; half = sqrt(z2 * 0.25/10 + z2^2/400) / (1 + z2/10) = 0.364594 / 1.384146
    assert wilson_limits(0.5, 10) == pytest.approx((0.236593, 0.763407), abs=1e-6)
    # none of ten: upper limit z2 / (n + z2) = 3.841459 / 13.841459
    assert wilson_limits(0.0, 10) == pytest.approx((0.0, 0.277533), abs=1e-6)


@given(st.integers(1, 400), st.data())
def test_wilson_limits_agree_with_scipy_and_hold_the_rate(n: int, data: st.DataObject) -> None:
    successes = data.draw(st.integers(0, n))

    limits = wilson_limits(successes / n, n)

    expected = stats.binomtest(successes, n).proportion_ci(0.95, method="wilson")
    assert limits == pytest.approx((expected.low, expected.high), abs=1e-9)
    assert 0 <= limits.low <= successes / n <= limits.high <= 1
    assert limits.low < limits.high


def test_wilson_refuses_what_is_no_rate() -> None:
    with pytest.raises(ValueError, match="no Wilson interval"):
        wilson_limits(1.2, 10)
    with pytest.raises(ValueError, match="no Wilson interval"):
        wilson_limits(0.5, 0)


def test_a_clustered_rate_takes_wilson_on_an_effective_sample() -> None:
    # pairs agree fully: p = 1/2, n = 8, residual totals +-1, V = 4/3 * 4/64 = 1/12
    # deff = (1/12) / (0.25/7) = 7/3; t(7) = 2.364624, t(3) = 3.182446
    values, clusters = np.array([1.0, 1, 0, 0, 1, 1, 0, 0]), [1, 1, 2, 2, 3, 3, 4, 4]

    size = effective_size(values, clusters)
    interval = rate_interval(values, clusters=clusters)

    assert size == pytest.approx(8 / (7 / 3) * (2.364624 / 3.182446) ** 2, rel=1e-5)
    assert interval[:2] == pytest.approx(wilson_limits(0.5, size))
    assert interval.method == "wilson-cluster"
    assert interval.clusters == 4


def test_a_clustered_rate_of_one_counts_clusters_not_rows() -> None:
    # With no zero there is no design effect to see; four clusters count as four.
    interval = rate_interval([1] * 8, clusters=[1, 1, 2, 2, 3, 3, 4, 4])

    assert interval[:2] == pytest.approx(wilson_limits(1.0, 4))


def test_negative_correlation_does_not_raise_the_effective_sample_above_n() -> None:
    values, clusters = np.array([1.0, 0] * 20), np.repeat(np.arange(20), 2)

    assert effective_size(values, clusters) <= 40


def test_a_rate_is_over_zeros_and_ones() -> None:
    with pytest.raises(ValueError, match="zeros and ones"):
        rate_interval([0, 0.5, 1])


def test_labels_must_match_values() -> None:
    with pytest.raises(ValueError, match="cluster labels for 3 values"):
        mean_interval([1, 2, 3], clusters=[1, 2])


@pytest.mark.parametrize("kind", ["percentile", "bca"])
def test_the_cluster_bootstrap_comes_near_the_cluster_t_interval(kind: BootstrapKind) -> None:
    generator = np.random.default_rng(5)
    clusters = np.repeat(np.arange(150), 3)
    values = generator.normal(3, 1, 450) + generator.normal(0, 1, 150)[clusters]

    interval = bootstrap_mean_interval(
        values, clusters=clusters, generator=np.random.default_rng(1), kind=kind
    )

    robust = mean_interval(values, clusters=clusters)
    assert interval[:2] == pytest.approx(robust[:2], abs=0.05)
    assert interval.method == f"bootstrap-{kind}"
    assert interval.clusters == 150


def test_the_bca_bootstrap_agrees_with_scipy_on_a_skewed_sample() -> None:
    values = np.random.default_rng(2).exponential(1, 20) ** 2

    ours = bootstrap_mean_interval(
        values, generator=np.random.default_rng(1), kind="bca", resamples=20_000
    )

    theirs = stats.bootstrap(
        (values,), np.mean, method="BCa", n_resamples=20_000, rng=np.random.default_rng(9)
    ).confidence_interval
    assert ours[:2] == pytest.approx((theirs.low, theirs.high), rel=0.03)


def test_the_bootstrap_repeats_with_its_generator() -> None:
    values = [1.0, 2, 2, 5, 4, 1]

    first, second = (
        bootstrap_mean_interval(values, generator=np.random.default_rng(7)) for _ in range(2)
    )

    assert first == second


def test_the_bootstrap_of_equal_values_or_one_cluster_has_no_limits() -> None:
    generator = np.random.default_rng(1)

    assert bootstrap_mean_interval([2, 2, 2], generator=generator).low is None
    assert bootstrap_mean_interval([1, 2], clusters=[1, 1], generator=generator).low is None
