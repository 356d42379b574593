"""How far missing scores could move a contrast, by hand."""

import math

import numpy as np
import pytest

from primum.statistics.crossed import Block, Dose, Each, Groups, ModelDesign, Pairs
from primum.statistics.crossed_bounds import missing_bounds

NAN = math.nan
SCORES = [[1, NAN, 0], [0, 0, 0], [1, 1, NAN], [1, 1, 0]]


def _block(scores: object, *, low: float = 0, high: float = 1, planned: object = None) -> Block:
    matrix = np.asarray(scores, dtype=np.float64)
    mask = None if planned is None else np.asarray(planned)
    return Block(matrix, np.arange(matrix.shape[1]), mask, low, high)


@pytest.mark.parametrize(
    ("design", "low", "high"),
    [
        # Least: first (2/3 + 0) / 2, second (2/3 + 2/3) / 2. Most: first 1/6, second (1 + 2/3) / 2
        (Groups([0, 0, 1, 1]), 1 / 3, 2 / 3),
        # Without the first model, least 2/3 - 0 and most 5/6 - 0
        (Groups([-1, 0, 1, 1]), 2 / 3, 5 / 6),
        # Least: 2/3 - 2/3 and 2/3 - 0. Most: 3/3 - 1/3 and 2/3
        (Pairs([(0, 2), (1, 3)]), 1 / 3, 2 / 3),
        # Means at least 1/3, 0, 2/3, 2/3; at most 2/3, 0, 1, 2/3
        (Each(), 5 / 12, 7 / 12),
    ],
)
def test_missing_scores_stand_where_they_make_the_difference_least_and_most(
    design: ModelDesign, low: float, high: float
) -> None:
    found = missing_bounds([_block(SCORES)], design)

    assert found is not None
    assert (found.low, found.high) == pytest.approx((low, high))


def test_of_two_levels_those_of_the_first_are_filled_the_other_way() -> None:
    # Second minus first: least 1/2 - 1, most 1 - 1/2
    found = missing_bounds([_block([[1, NAN]]), _block([[1, NAN]])], Each([0]))
    # Second group less first: at the first level 0 to 1/2, at the second -1 to -1/2
    between = missing_bounds(
        [_block([[1, NAN], [1, 1]]), _block([[1, 1], [0, NAN]])], Groups([0, 1])
    )

    assert found == pytest.approx((-0.5, 0.5))
    assert between == pytest.approx((-1 - 0.5, -0.5 - 0))


def test_differences_of_paired_items_reach_from_minus_to_plus_the_width() -> None:
    found = missing_bounds([_block([[2, NAN], [4, 6]], low=-9, high=9)], Each())

    assert found == pytest.approx(((-3.5 + 5) / 2, (5.5 + 5) / 2))


def test_what_was_not_planned_is_not_filled() -> None:
    scores = [[1, NAN, NAN], [0, 1, 1]]
    planned = [[True, False, True], [True, True, True]]

    # Over the items that both then have: 0 - 1 and 1 - 1, or 0 - 1 and 1 - 0
    assert missing_bounds([_block(scores, planned=planned)], Groups([0, 1])) == pytest.approx(
        (-0.5, 0)
    )


@pytest.mark.parametrize(
    ("block", "design"),
    [
        (_block([[1, 0], [0, 1]]), Groups([0, 1])),
        (_block([[1, 0], [0, 1], [NAN, 1]]), Groups([0, 1, -1])),
        (_block([[1, NAN], [0, 1]], high=math.inf), Groups([0, 1])),
        (_block([[1, NAN], [0, 1], [1, 1]]), Pairs([(0, 1), (1, 2)])),
        (_block([[1, NAN], [0, 1]]), Dose([0, 0], [1, 2])),
    ],
    ids=["complete", "complete in the contrast", "no scale", "base and tuned", "slope"],
)
def test_there_are_no_bounds_where_nothing_is_missing_or_no_end_is_the_one(
    block: Block, design: ModelDesign
) -> None:
    assert missing_bounds([block], design) is None
