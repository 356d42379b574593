import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.core.estimate import Estimate
from primum.statistics.interval import exact_limits, wilson_limits
from primum.statistics.macro import macro_estimate


def _macro(
    values: list[int], groups: list[int] | str, clusters: list[int] | str | None = None
) -> Estimate:
    labels = None if clusters is None else np.array(list(clusters))
    return macro_estimate("rate", values, np.array(list(groups)), low=0, high=1, clusters=labels)


def test_the_exact_limits_are_those_of_clopper_and_pearson() -> None:
    # Published: 4 of 20 gives 0.0573 to 0.4366; 0 of 10 gives 0 to 1 - 0.025^(1/10).
    assert exact_limits(0.2, 20) == pytest.approx((0.057334, 0.436614), abs=1e-6)
    assert exact_limits(0.0, 10) == pytest.approx((0.0, 1 - 0.025**0.1))
    assert exact_limits(1.0, 10) == pytest.approx((0.025**0.1, 1.0))
    with pytest.raises(ValueError, match="no Clopper-Pearson interval"):
        exact_limits(0.5, 0)


def test_a_macro_rate_is_taken_on_its_effective_size() -> None:
    # a: 5 of 10, b: 0 of 10, macro 0.25, common rate 0.25, z2 = 3.841459
    # q_a = (5 + z2/4)/(10 + z2) = 0.430617, q_b = (z2/4)/(10 + z2) = 0.069383
    # V = (q_a(1-q_a) + q_b(1-q_b))/10/4 = 0.00774388; size = 0.1875/V = 24.2127
    # Clopper-Pearson of 6.05317 ones among 24.2127 = 0.098263 to 0.466016
    estimate = _macro([1] * 5 + [0] * 15, "a" * 10 + "b" * 10)

    assert estimate.value == 0.25
    assert (estimate.low, estimate.high) == pytest.approx((0.098263, 0.466016), abs=1e-5)
    assert estimate.method == "stratified-clopper-pearson"


def test_groups_of_one_each_are_read_as_about_one_sample() -> None:
    estimate = _macro([1, 1, 1, 0, 0, 0, 0, 0, 0, 0], "abcdefghij")

    single = exact_limits(0.3, 10)
    assert (estimate.low, estimate.high) == pytest.approx(single, abs=0.02)


def test_large_groups_that_differ_are_not_read_as_one_sample() -> None:
    # 2 % and 98 % of 500 each: within the groups the standard error is 0.0044, pooled 0.0158.
    estimate = _macro([1] * 10 + [0] * 490 + [1] * 490 + [0] * 10, "a" * 500 + "b" * 500)

    assert estimate.low == pytest.approx(0.5 - 1.96 * 0.0044, abs=0.0015)
    assert estimate.high == pytest.approx(0.5 + 1.96 * 0.0044, abs=0.0015)


def test_equal_values_leave_room_for_what_was_not_seen() -> None:
    # Size 3^2/(1/2 + 1/2 + 1/1) = 4.5: 1 - 0.025^(1/4.5) = 0.559468
    estimate = _macro([0] * 5, "aabbc")

    assert (estimate.low, estimate.high) == pytest.approx((0.0, 0.559468), abs=1e-5)


def test_a_lone_observation_beside_large_groups_keeps_its_own_width() -> None:
    estimate = _macro([0] * 901, [0] + [1 + k // 100 for k in range(900)])

    alone = wilson_limits(0.0, 1).high / 10
    assert estimate.high is not None
    assert estimate.high >= alone


def test_observations_that_always_agree_within_clusters_count_once_per_cluster() -> None:
    values = [1, 0, 0, 1, 0, 0]
    once = _macro(values, "aabbcc")
    thrice = _macro(
        [value for value in values for _ in range(3)],
        "aaaaaabbbbbbcccccc",
        [cluster for cluster in range(6) for _ in range(3)],
    )

    assert (thrice.low, thrice.high) == pytest.approx((once.low, once.high))
    assert thrice.clusters == 6


def test_clusters_of_which_no_group_has_two_count_once_each() -> None:
    clustered = _macro([1, 1, 0, 0, 0, 0], "aabbcc", "xxyyzz")

    alone = _macro([1, 0, 0], "abc")
    assert (clustered.low, clustered.high) == pytest.approx((alone.low, alone.high))


def test_one_cluster_in_all_bears_no_interval() -> None:
    estimate = _macro([1, 0], "aa", "xx")

    assert (estimate.value, estimate.low, estimate.high) == (0.5, None, None)
    assert estimate.method == "none"


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6), st.integers(0, 3)), min_size=2))
def test_the_interval_holds_the_value_and_stays_within_zero_and_one(
    rows: list[tuple[int, int, int]],
) -> None:
    values, groups, parts = (list(column) for column in zip(*rows, strict=True))
    clusters = [10 * group + part for group, part in zip(groups, parts, strict=True)]

    estimate = _macro(values, groups, clusters)

    assert estimate.value is not None
    if len(set(clusters)) < 2:
        assert estimate.low is None
        return
    assert estimate.low is not None
    assert estimate.high is not None
    assert 0 <= estimate.low <= estimate.value + 1e-12
    assert estimate.value - 1e-12 <= estimate.high <= 1
    assert estimate.high - estimate.low > 0


@given(st.lists(st.tuples(st.integers(0, 1), st.integers(0, 6)), min_size=2))
def test_swapping_ones_and_zeros_mirrors_the_interval(rows: list[tuple[int, int]]) -> None:
    values, groups = (list(column) for column in zip(*rows, strict=True))

    plain = _macro(values, groups)
    swapped = _macro([1 - value for value in values], groups)

    assert plain.high is not None
    assert swapped.low is not None
    assert swapped.low == pytest.approx(1 - plain.high, abs=1e-9)
    assert np.isfinite(swapped.low)
