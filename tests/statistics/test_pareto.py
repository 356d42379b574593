"""Who dominates whom, and how often nobody does."""

from __future__ import annotations

import numpy as np

from primum.statistics.pareto import dominance, front_chances


def test_one_that_is_nowhere_worse_and_somewhere_better_dominates() -> None:
    """The first beats the second by its first figure; the third is better in one, worse in one."""
    found = dominance([[0.2, 0.1], [0.3, 0.1], [0.1, 0.4]])

    assert found.tolist() == [
        [False, True, False],
        [False, False, False],
        [False, False, False],
    ]


def test_equal_models_do_not_dominate_each_other() -> None:
    """Better somewhere is asked for."""
    assert not dominance([[0.2, 0.1], [0.2, 0.1]]).any()


def test_a_missing_figure_neither_dominates_nor_is_dominated() -> None:
    """Nothing is imputed."""
    assert not dominance([[0.0, np.nan], [0.5, 0.5]]).any()


def test_chances_count_the_draws_in_which_nobody_dominates() -> None:
    """The second is beaten in one of two draws, and lacks a figure in the third."""
    draws = [
        [[0.1, 0.1], [0.2, 0.2]],
        [[0.2, 0.1], [0.1, 0.2]],
        [[0.1, 0.1], [np.nan, 0.2]],
    ]

    assert front_chances(draws).tolist() == [1.0, 0.5]
