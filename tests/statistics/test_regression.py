"""Associations of an outcome with exposures, adjusted for groups."""

import math

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from primum.statistics.cluster import Floats
from primum.statistics.regression import Slope, adjusted_association, adjusted_associations

NAN = math.nan


def test_without_groups_a_property_gives_the_difference_of_means() -> None:
    # Without: 1, 2, 3 and 2 (mean 2, s² = 2/3); with: 5, 9 (mean 7, s² = 8)
    # CR2 of single rows is s²/n per side: V = (2/3)/4 + 8/2; Bell and McCaffrey's df
    # (1/4 + 1/2)² / (1/(4²·3) + 1/(2²·1))
    found = adjusted_association([1, 2, 3, 2, 5, 9], [0, 0, 0, 0, 1, 1], [])

    df = 0.75**2 / (1 / 48 + 1 / 4)
    half = stats.t.ppf(0.975, df) * math.sqrt(1 / 6 + 4)
    assert found.per_unit.value == pytest.approx(5)
    assert found.per_unit.high == pytest.approx(5 + half)
    assert found.per_unit.low == pytest.approx(5 - half)
    assert found.p_value == pytest.approx(2 * stats.t.sf(5 / math.sqrt(1 / 6 + 4), df))
    assert (found.method, found.n, found.clusters) == ("cr2-t", 6, 6)
    assert found.adjusted == found.unadjusted


def test_groups_are_compared_within_themselves() -> None:
    # a: x 0, 1, y 1, 3: Sxx = 0.5, Sxy = 1; b: x 10, 12, y 5, 6: Sxx = 2, Sxy = 1; 2 / 2.5 = 0.8
    # Without groups: x - 5.75, y - 3.75: Sxy = 15.8125 + 3.5625 + 5.3125 + 14.0625 = 38.75,
    # Sxx = 112.75
    found = adjusted_association([1, 3, 5, 6], [0, 1, 10, 12], [["a", "a", "b", "b"]])

    assert found.per_unit.value == pytest.approx(0.8)
    assert found.unadjusted.per_unit.value == pytest.approx(38.75 / 112.75)


def test_a_slope_per_deviation_is_the_slope_times_the_exposures_deviation() -> None:
    # Deviation of 0, 2, 4, 10: squares 16 + 4 + 0 + 36 = 56, over 3
    found = adjusted_association([1, 3, 2, 6], [0, 2, 4, 10], [])

    deviation = math.sqrt(56 / 3)
    assert found.deviation == pytest.approx(deviation)
    for one, other in zip(_numbers(found.per_deviation), _numbers(found.per_unit), strict=True):
        assert one == pytest.approx(other * deviation)


def test_slope_variance_and_degrees_of_freedom_are_those_of_the_whole_regression() -> None:
    generator = np.random.default_rng(4)
    count = 60
    clusters = generator.integers(0, 11, count)
    guideline, source = generator.integers(0, 4, count), generator.choice(["x", "y", "z"], count)
    length = generator.normal(size=count) + guideline
    terms = generator.normal(size=count) + 0.5 * length
    outcome = terms - length + guideline + generator.normal(size=count)
    design = np.column_stack(
        [
            terms,
            length,
            guideline[:, None] == np.arange(4),
            source[:, None] == np.array(["x", "y"]),
        ]
    ).astype(np.float64)

    found = adjusted_associations(
        outcome, {"terms": terms, "length": length}, [guideline, source],
        clusters=clusters, jointly=True,
    )  # fmt: skip

    for position, name in enumerate(("terms", "length")):
        value, variance, df = _whole(outcome, design, clusters, position)
        half = stats.t.ppf(0.975, df) * math.sqrt(variance)
        assert found[name].per_unit.value == pytest.approx(value)
        assert found[name].per_unit.high == pytest.approx(value + half)
        assert found[name].adjusted.degrees_of_freedom == pytest.approx(df)
        assert found[name].clusters == np.unique(clusters).size


def _whole(
    outcome: Floats, design: Floats, clusters: NDArray[np.int64], position: int
) -> tuple[float, float, float]:
    """OLS by lstsq, CR2 and Bell-McCaffrey's df with whole matrices."""
    solution = np.linalg.lstsq(design, outcome, rcond=None)[0]
    bread = np.linalg.inv(design.T @ design)
    residual_maker = np.eye(outcome.size) - design @ bread @ design.T
    residuals = outcome - design @ solution
    meat, columns = 0.0, []
    for label in np.unique(clusters):
        inside = clusters == label
        values, vectors = np.linalg.eigh(residual_maker[np.ix_(inside, inside)])
        root = vectors / np.sqrt(values) @ vectors.T
        weighed = root @ (design[inside] @ bread)[:, position]
        meat += float(weighed @ residuals[inside]) ** 2
        columns.append(residual_maker[:, inside] @ weighed)
    product = np.array(columns) @ np.array(columns).T
    return float(solution[position]), meat, float(np.trace(product) ** 2 / (product**2).sum())


def test_one_at_a_time_the_other_exposures_are_not_adjusted_for() -> None:
    generator = np.random.default_rng(4)
    first = generator.normal(size=50)
    second = first + 0.1 * generator.normal(size=50)
    outcome = second + 0.1 * generator.normal(size=50)

    alone = adjusted_associations(outcome, {"first": first, "second": second}, [])
    joint = adjusted_associations(outcome, {"first": first, "second": second}, [], jointly=True)

    assert alone["first"].per_unit.value == pytest.approx(stats.linregress(first, outcome).slope)
    assert abs(joint["first"].per_unit.value or 9) < 0.5
    assert joint["first"].unadjusted == alone["first"].adjusted


def test_rows_without_outcome_or_exposure_are_dropped_and_counted() -> None:
    outcome = [1, NAN, 3, 2, 6]
    exposures: dict[str, ArrayLike] = {"a": [0, 1, NAN, 1, 2], "b": [1, 0, 2, 2, 5]}

    alone = adjusted_associations(outcome, exposures, [])
    joint = adjusted_associations(outcome, exposures, [], jointly=True)

    assert [(one.n, one.dropped) for one in alone.values()] == [(3, 2), (4, 1)]
    assert [(one.n, one.dropped) for one in joint.values()] == [(3, 2), (3, 2)]


def test_repeating_every_row_in_its_cluster_changes_nothing() -> None:
    generator = np.random.default_rng(1)
    outcome, exposure = generator.normal(size=20), generator.normal(size=20)
    group = np.arange(20) % 3

    once = adjusted_association(outcome, exposure, [group])
    twice = adjusted_association(
        np.repeat(outcome, 2), np.repeat(exposure, 2), [np.repeat(group, 2)],
        clusters=np.repeat(np.arange(20), 2),
    )  # fmt: skip

    assert _numbers(twice.per_unit) == pytest.approx(_numbers(once.per_unit))
    assert twice.clusters == 20


def _numbers(slope: Slope) -> list[float]:
    return [NAN if one is None else one for one in (slope.value, slope.low, slope.high)]


@pytest.mark.parametrize(
    ("outcome", "exposure", "groups"),
    [
        ([1, 2, 4], [5, 5, 5], []),
        ([1, 2, 4, 6], [0, 0, 1, 1], [["a", "a", "b", "b"]]),
        ([1, 2, 4], [0, 1, 2], [["a", "b", "c"]]),
        ([NAN, 2], [0, NAN], [["a", "b"]]),
        ([], [], []),
        ([3], [1], []),
    ],
)
def test_an_exposure_that_does_not_vary_within_groups_has_no_slope(
    outcome: list[float], exposure: list[float], groups: list[list[str]]
) -> None:
    found = adjusted_association(outcome, exposure, groups)

    assert found.per_unit == found.per_deviation == Slope(None, None, None)
    assert (found.p_value, found.method) == (None, "none")


@pytest.mark.parametrize(
    ("outcome", "clusters"), [([1, 2, 3, 4], None), ([1, 2, 3, 5], ["one"] * 4)]
)
def test_a_perfect_fit_or_one_cluster_has_a_slope_without_interval(
    outcome: list[float], clusters: list[str] | None
) -> None:
    found = adjusted_association(outcome, [0, 1, 2, 3], [], clusters=clusters)

    assert found.per_unit.value == pytest.approx(1 if clusters is None else 1.3)
    assert (found.per_unit.low, found.p_value, found.method) == (None, None, "none")


def test_lengths_that_differ_are_errors() -> None:
    with pytest.raises(ValueError, match="2 values of 'terms' for 3 outcomes"):
        adjusted_associations([1, 2, 3], {"terms": [1, 2]}, [])
    with pytest.raises(ValueError, match="labels for 3 values"):
        adjusted_association([1, 2, 3], [1, 2, 3], [["a", "b"]])


@pytest.mark.slow
@pytest.mark.parametrize(("clusters", "share"), [(12, 0.5), (20, 0.2), (60, 0.1)])
def test_the_interval_covers_with_few_clusters_and_a_rare_exposure(
    clusters: int, share: float
) -> None:
    # The exposure is a property of the cluster, as wording is of a request
    generator = np.random.default_rng(6)
    labels = np.repeat(np.arange(clusters), 4)
    has = np.arange(clusters) < max(3, round(share * clusters))
    held = []
    for _ in range(2000):
        exposure = generator.permutation(has)[labels].astype(np.float64)
        group = np.arange(labels.size) % 3
        shared = generator.normal(size=clusters)[labels]
        outcome = 2 * exposure + group + shared + generator.normal(size=labels.size)
        slope = adjusted_association(outcome, exposure, [group], clusters=labels).per_unit
        held.append(
            slope.low is not None and slope.high is not None and slope.low <= 2 <= slope.high
        )

    assert 0.935 <= np.mean(held) <= 0.975
