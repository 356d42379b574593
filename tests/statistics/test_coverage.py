"""Do nominal 95 % intervals hold the truth in about 95 % of samples? (simulation)"""

import numpy as np
import pytest

from primum.statistics.interval import mean_interval, rate_interval
from primum.statistics.macro import macro_estimate
from primum.statistics.paired import difference_of_rates

pytestmark = pytest.mark.slow

ROUNDS = 2500
"""The standard error of a coverage near 0.95 is then 0.0044."""


def test_wilson_covers() -> None:
    generator = np.random.default_rng(1)
    covered = []
    for rate in (0.07, 0.3, 0.62):
        for _ in range(ROUNDS // 3):
            interval = rate_interval((generator.random(80) < rate).astype(float))
            covered.append(_holds(interval.low, interval.high, rate))

    assert 0.935 <= np.mean(covered) <= 0.97


def test_the_clustered_wilson_interval_covers() -> None:
    generator = np.random.default_rng(2)
    clusters = np.repeat(np.arange(40), 3)
    covered, naive = [], []
    for _ in range(ROUNDS):
        own = generator.beta(1.2, 2.8, 40)
        values = (generator.random(120) < own[clusters]).astype(float)
        interval = rate_interval(values, clusters=clusters)
        covered.append(_holds(interval.low, interval.high, 0.3))
        plain = rate_interval(values)
        naive.append(_holds(plain.low, plain.high, 0.3))

    assert 0.935 <= np.mean(covered) <= 0.97
    assert np.mean(naive) < 0.93


def test_the_cluster_t_interval_covers() -> None:
    generator = np.random.default_rng(3)
    clusters = np.repeat(np.arange(30), generator.integers(1, 6, 30))
    covered, naive = [], []
    for _ in range(ROUNDS):
        values = generator.normal(0, 1, 30)[clusters] + generator.normal(0, 1, clusters.size)
        interval = mean_interval(values, clusters=clusters)
        covered.append(_holds(interval.low, interval.high, 0.0))
        plain = mean_interval(values)
        naive.append(_holds(plain.low, plain.high, 0.0))

    assert 0.93 <= np.mean(covered) <= 0.965
    assert np.mean(naive) < 0.88


def test_the_macro_mean_interval_covers_with_unequal_groups() -> None:
    generator = np.random.default_rng(4)
    groups = np.repeat(np.arange(6), [5, 8, 12, 20, 30, 60])
    truth = np.array([1.5, 2, 2.5, 3, 3.5, 4])
    spread = np.array([0.4, 1, 0.6, 1.2, 0.8, 1])
    covered = []
    for _ in range(ROUNDS):
        values = truth[groups] + spread[groups] * generator.normal(0, 1, groups.size)
        estimate = macro_estimate("mean", values, groups, low=-np.inf, high=np.inf)
        covered.append(_holds(estimate.low, estimate.high, truth.mean()))

    assert 0.94 <= np.mean(covered) <= 0.965


def test_the_macro_rate_interval_covers_with_groups_near_the_ends() -> None:
    generator = np.random.default_rng(5)
    groups = np.repeat(np.arange(6), [8, 10, 12, 20, 30, 60])
    truth = np.array([0.02, 0.1, 0.95, 0.5, 0.7, 0.3])
    covered = []
    for _ in range(ROUNDS):
        values = (generator.random(groups.size) < truth[groups]).astype(float)
        estimate = macro_estimate("rate", values, groups, low=0, high=1)
        covered.append(_holds(estimate.low, estimate.high, truth.mean()))

    assert 0.95 <= np.mean(covered) <= 0.998


@pytest.mark.parametrize(
    "sizes",
    [
        [2] + [1] * 9,
        [2] * 5 + [1] * 9,
        [2] * 14,
        [3] * 15,
        [4] * 8,
        [3, 4, 3, 4, 3],
        [1, 2, 3, 4, 3, 2],
        [1] + [10] * 9,
    ],
)
def test_the_macro_rate_interval_covers_with_groups_of_one_to_four(sizes: list[int]) -> None:
    each = [
        _macro_rate_coverage(sizes, np.full(len(sizes), rate), rounds=700)
        for rate in (0.05, 0.1, 0.3, 0.5, 0.7, 0.95)
    ]

    assert min(each) >= 0.935
    assert np.mean(each) <= 0.99


@pytest.mark.parametrize(
    ("sizes", "rates"),
    [
        ([2] * 9, np.linspace(0.01, 0.4, 9)),
        ([4] * 9, np.linspace(0.05, 0.95, 9)),
        ([1] * 4 + [2] * 2 + [50] * 4, np.array([0.5] * 6 + [0.03] * 4)),
        ([100] * 9, np.linspace(0.01, 0.3, 9)),
    ],
)
def test_the_macro_rate_interval_covers_where_the_groups_differ(
    sizes: list[int], rates: np.ndarray[tuple[int], np.dtype[np.float64]]
) -> None:
    assert 0.935 <= _macro_rate_coverage(sizes, rates, rounds=1500) <= 0.99


def test_the_macro_rate_interval_covers_where_a_lone_observation_may_differ_from_the_rest() -> None:
    rates = np.array([0.5] + [0.05] * 9)

    assert _macro_rate_coverage([1] + [100] * 9, rates, rounds=700) >= 0.95


@pytest.mark.parametrize(
    ("groups", "clusters_each", "rate"), [(10, 2, 0.3), (8, 4, 0.5), (9, 30, 0.4)]
)
def test_the_macro_rate_interval_covers_with_clusters(
    groups: int, clusters_each: int, rate: float
) -> None:
    generator = np.random.default_rng(8)
    clusters = np.repeat(np.arange(groups * clusters_each), 3)
    covered = []
    for _ in range(1000):
        own = generator.beta(1.5 * rate, 1.5 * (1 - rate), groups * clusters_each)
        values = (generator.random(clusters.size) < own[clusters]).astype(float)
        estimate = macro_estimate(
            "rate", values, clusters // clusters_each, low=0, high=1, clusters=clusters
        )
        covered.append(_holds(estimate.low, estimate.high, rate))

    assert 0.935 <= np.mean(covered) <= 0.99


def test_the_paired_rate_interval_covers() -> None:
    generator = np.random.default_rng(6)
    covered = []
    for _ in range(ROUNDS):
        cell = generator.choice(4, size=60, p=[0.4, 0.08, 0.22, 0.3])
        first, second = np.isin(cell, (0, 1)), np.isin(cell, (0, 2))
        difference = difference_of_rates(first.astype(float), second.astype(float))
        covered.append(_holds(difference.low, difference.high, 0.14))

    assert 0.94 <= np.mean(covered) <= 0.97


def _macro_rate_coverage(
    sizes: list[int], rates: np.ndarray[tuple[int], np.dtype[np.float64]], rounds: int
) -> float:
    generator = np.random.default_rng(7)
    groups = np.repeat(np.arange(len(sizes)), sizes)
    covered = []
    for _ in range(rounds):
        values = (generator.random(groups.size) < rates[groups]).astype(float)
        estimate = macro_estimate("rate", values, groups, low=0, high=1)
        covered.append(_holds(estimate.low, estimate.high, float(rates.mean())))
    return float(np.mean(covered))


def _holds(low: float | None, high: float | None, truth: float) -> bool:
    return low is not None and high is not None and low <= truth <= high
