"""p-values of the newest occasion: by hand, by enumeration, and under a model that is stable."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest

from primum.statistics.exchangeable import newcomers_p, newest_p

NAN = float("nan")


def test_the_newest_occasion_of_two_items_by_hand() -> None:
    # Item 1 is (0, 0, 1): the newest is 1 with chance 1/3. Item 2 is (1, 0, 1): with chance 2/3.
    # Both seen at 1: 1/3 × 2/3 = 2/9.
    assert newest_p([[0, 0, 1], [1, 0, 1]]) == pytest.approx(2 / 9)


def test_worse_may_be_lower() -> None:
    # Seen is the sum 2, the largest possible: every order gives at most that.
    assert newest_p([[0, 0, 1], [1, 0, 1]], worse="lower") == pytest.approx(1.0)
    # (1, 1, 0) falls to 0 with chance 1/3.
    assert newest_p([[1, 1, 0]], worse="lower") == pytest.approx(1 / 3)


def test_a_model_that_answers_alike_has_a_p_value_of_one() -> None:
    assert newest_p([[1, 1, 1], [0, 0, 0]]) == 1.0


def test_without_a_former_occasion_there_is_no_p_value() -> None:
    assert newest_p([[1], [0]]) is None
    assert newest_p([[NAN, NAN]]) is None


def test_scores_agree_with_the_enumeration_of_every_order() -> None:
    generator = np.random.default_rng(4)
    values = generator.integers(1, 6, (5, 4)).astype(float) + generator.integers(0, 3, (5, 4)) / 3
    seen = values[:, -1].sum()
    sums = [sum(chosen) for chosen in product(*values.tolist())]

    expected = np.mean([total >= seen - 1e-9 for total in sums])

    assert newest_p(values) == pytest.approx(expected)


def test_items_of_a_cluster_are_shuffled_together() -> None:
    # Apart each changes with chance 1/2, so both with 1/4; as one cluster there are two orders.
    values = [[0, 1], [0, 1]]

    assert newest_p(values) == pytest.approx(1 / 4)
    assert newest_p(values, clusters=[7, 7]) == pytest.approx(1 / 2)


def test_a_missing_outcome_stands_at_the_items_mean() -> None:
    # Distances from the mean 0.5 of the scored ones: (-0.5, 0, 0.5); the newest is the largest.
    assert newest_p([[0, NAN, 1]]) == pytest.approx(1 / 3)
    # The missing one is newest: 0 or more in two of three orders.
    assert newest_p([[0, 1, NAN]]) == pytest.approx(2 / 3)


def test_new_items_against_all_choices_by_hand() -> None:
    # One 1 among four items of which two are new: new with chance 1/2.
    assert newcomers_p([0, 0, 1, 0], [False, False, True, True]) == pytest.approx(1 / 2)
    # Both 1s among the new: one choice of C(4, 2) = 6.
    assert newcomers_p([0, 0, 1, 1], [False, False, True, True]) == pytest.approx(1 / 6)


def test_new_scores_agree_with_the_enumeration_of_every_choice() -> None:
    generator = np.random.default_rng(5)
    values = generator.integers(1, 6, 9).astype(float)
    is_new = np.arange(9) >= 6
    seen = values[is_new].sum()
    sums = [values[list(chosen)].sum() for chosen in combinations(range(9), 3)]

    assert newcomers_p(values, is_new) == pytest.approx(np.mean([s >= seen for s in sums]))


def test_new_items_need_both_sides() -> None:
    assert newcomers_p([1, NAN], [False, True]) is None
    assert newcomers_p([1, 1, 1], [False, True, True]) == 1.0


def test_clusters_of_unequal_size_are_chosen_whole() -> None:
    # Clusters {1, 1}, {0}, {0}; the new one is the first. About the mean 1/2 they are 1, -1/2 and
    # -1/2: one of three choices is as large.
    assert newcomers_p(
        [1, 1, 0, 0], [True, True, False, False], clusters=[0, 0, 1, 2]
    ) == pytest.approx(1 / 3)


@pytest.mark.parametrize("missing", [0.0, 0.2])
def test_under_a_stable_model_small_p_values_are_no_more_frequent_than_they_say(
    missing: float,
) -> None:
    generator = np.random.default_rng(11)
    found: list[float] = []
    for _ in range(300):
        rates = generator.beta(0.5, 0.5, 12)
        values = (generator.random((12, 6)) < rates[:, None]).astype(float)
        values[generator.random(values.shape) < missing] = np.nan
        p_value = newest_p(values, clusters=np.arange(12) // 2)
        assert p_value is not None
        found.append(p_value)

    # 300 draws: a share above alpha by more than three standard errors would be a fault.
    for alpha in (0.05, 0.2, 0.5):
        share = np.mean(np.array(found) <= alpha)
        assert share <= alpha + 3 * np.sqrt(alpha * (1 - alpha) / 300)
    assert min(found) < 0.1
