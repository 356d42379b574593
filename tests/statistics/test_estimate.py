"""Estimates: what is missing is counted and bounded, never imputed."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from primum.statistics.estimate import bounds_of_missing, estimate_of
from primum.statistics.interval import wilson_limits
from primum.statistics.macro import macro_estimate

NAN = math.nan


def test_bounds_put_all_missing_at_either_end() -> None:
    # scored 1, 2, 3 on 1-5 with two missing: (6 + 2*1)/5 = 1.6 and (6 + 2*5)/5 = 3.2
    estimate = estimate_of("mean", [1, NAN, 2, 3, NAN], low=1, high=5, better="lower")

    assert estimate.value == 2
    assert (estimate.n, estimate.missing) == (3, 2)
    assert (estimate.best, estimate.worst) == (1.6, 3.2)


def test_the_worst_bound_of_a_score_that_should_be_high_is_the_low_one() -> None:
    assert bounds_of_missing(6, 3, 2, low=1, high=5, better="higher") == (1.6, 3.2)
    assert bounds_of_missing(6, 3, 2, low=1, high=5, better=None) == (1.6, 3.2)


def test_bounds_equal_the_value_when_nothing_is_missing() -> None:
    estimate = estimate_of("rate", [1, 0, 1, 1], low=0, high=1, better="higher")

    assert estimate.value == estimate.worst == estimate.best == 0.75
    assert (estimate.low, estimate.high) == pytest.approx(wilson_limits(0.75, 4))
    assert estimate.method == "wilson"


def test_nothing_scored_has_no_value_but_full_bounds() -> None:
    estimate = estimate_of("rate", [NAN, NAN], low=0, high=1, better="lower")

    assert estimate.value is None
    assert estimate.low is None
    assert (estimate.worst, estimate.best) == (1, 0)
    assert estimate.method == "none"


def test_nothing_planned_has_nothing() -> None:
    estimate = estimate_of("mean", [], low=1, high=5)

    assert (estimate.value, estimate.low, estimate.worst, estimate.n) == (None, None, None, 0)


def test_labels_that_never_repeat_are_no_clusters() -> None:
    estimate = estimate_of("rate", [1, 0, 1, NAN], low=0, high=1, clusters=[1, 2, 3, 1])

    assert estimate.method == "wilson"
    assert estimate.clusters is None


@given(
    st.lists(st.one_of(st.just(NAN), st.floats(1, 5)), min_size=1, max_size=30),
    st.sampled_from(["lower", "higher"]),
)
def test_the_value_and_its_bounds_stay_on_the_scale_and_in_order(
    values: list[float], better: str
) -> None:
    estimate = estimate_of(
        "mean", values, low=1, high=5, better="lower" if better == "lower" else "higher"
    )

    assert estimate.worst is not None
    assert estimate.best is not None
    least, most = sorted((estimate.worst, estimate.best))
    assert 1 - 1e-9 <= least <= most <= 5 + 1e-9
    if estimate.value is not None:
        assert least - 1e-9 <= estimate.value <= most + 1e-9
    if estimate.low is not None and estimate.high is not None and estimate.value is not None:
        assert estimate.low - 1e-9 <= estimate.value <= estimate.high + 1e-9


def test_a_macro_mean_counts_every_group_once() -> None:
    # a: 1, 1, 4, 4, 5 -> mean 3; b: 1, 2 -> 1.5. macro 2.25, micro 18/7
    # v_a = 14/4/5: squares 4+4+1+1+4 = 14, s2 = 3.5, 3.5/5 = 0.7; v_b: s2 = 0.5, 0.25
    # V = 0.95/4; df = 0.95^2 / (0.49/4 + 0.0625/1) = 0.9025/0.185 = 4.878378
    # t(4.878378) = 2.589905; half = 2.589905 * sqrt(0.2375) = 1.262162
    estimate = macro_estimate("mean", [1, 1, 4, 4, 5, 1, 2], list("aaaaabb"), low=1, high=5)

    assert estimate.value == 2.25
    assert estimate.method == "stratified-t"
    assert estimate.low == pytest.approx(1.0)  # 0.988 is cut off at the end of the scale
    assert estimate.high == pytest.approx(2.25 + 1.262162, abs=2e-3)
    assert estimate.n == 7


def test_a_macro_mean_of_two_groups_agrees_with_welch() -> None:
    # The macro mean of a and -b is half the difference of their means.
    from scipy import stats

    generator = np.random.default_rng(4)
    a, b = generator.normal(3, 1, 14), generator.normal(2, 3, 9)

    estimate = macro_estimate(
        "mean", np.concatenate([a, -b]), [0] * 14 + [1] * 9, low=-math.inf, high=math.inf
    )

    welch = stats.ttest_ind(a, b, equal_var=False).confidence_interval()
    assert (estimate.low, estimate.high) == pytest.approx((welch.low / 2, welch.high / 2))


def test_a_group_of_one_takes_the_pooled_variance() -> None:
    # a: 1, 3 -> s2 = 2, v = 1; b: 2, 4 -> s2 = 2, v = 1; c: 5 alone -> pooled s2 = 2, v = 2
    # V = 4/9, df = 16 / (1/1 + 1/1 + 4/2) = 4, t(4) = 2.776445, half = 1.850963
    estimate = macro_estimate("mean", [1, 3, 2, 4, 5], list("aabbc"), low=-math.inf, high=math.inf)

    assert estimate.value == pytest.approx(10 / 3)
    assert estimate.high == pytest.approx(10 / 3 + 1.850963, abs=1e-5)


def test_groups_of_one_each_fall_back_on_the_spread_between_groups() -> None:
    estimate = macro_estimate("mean", [1, 2, 2, 5], list("abcd"), low=-9, high=9)

    assert estimate.method == "t-groups"
    assert estimate.low == pytest.approx(-0.256080, abs=1e-5)


def test_macro_bounds_count_groups_in_which_nothing_was_scored() -> None:
    # a: 1 of 2 scored, no missing: 0.5; b: nothing scored: 0..1. Value over a only.
    estimate = macro_estimate("rate", [1, 0, NAN, NAN], list("aabb"), low=0, high=1)

    assert estimate.value == 0.5
    assert (estimate.worst, estimate.best) == (0.25, 0.75)
    assert (estimate.n, estimate.missing) == (2, 2)


def test_a_macro_of_equal_values_leaves_room_for_what_was_not_seen() -> None:
    estimate = macro_estimate("mean", [1, 1, 1, 1], list("aabb"), low=1, high=5)

    # each group: 1 + (1 - 0.025^(1/2)) * 4 = 4.367544; sqrt(2) * 3.367544 / 2 = 2.381213
    assert estimate.method == "rule-of-three"
    assert (estimate.low, estimate.high) == pytest.approx((1.0, 3.381213), abs=1e-5)


def test_a_macro_of_nothing_has_nothing() -> None:
    estimate = macro_estimate("rate", [], [], low=0, high=1)

    assert (estimate.value, estimate.low, estimate.worst) == (None, None, None)
