"""Whether scores are missing more often on one side of a contrast than on the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.statistics.crossed import Block
from primum.studies.contrasts_question import Question

MOST_APART = 0.05
"""Difference of the shares from which it is said, however few scores there are."""
CHANCE = 0.05


class Missing(NamedTuple):
    """Planned scores of one side, and those of them that are missing."""

    missing: int
    planned: int

    @property
    def share(self) -> float:
        """Of the planned ones."""
        return self.missing / self.planned


class Sides(NamedTuple):
    """What is missing of both sides."""

    first: Missing
    second: Missing

    @property
    def p_value(self) -> float:
        """Two-sided z-test of two proportions on the counts, pooled; 1 where nothing varies."""
        pooled = sum(side.missing for side in self) / sum(side.planned for side in self)
        variance = pooled * (1 - pooled) * sum(1 / side.planned for side in self)
        if variance <= 0:
            return 1.0
        return math.erfc(abs(self.second.share - self.first.share) / math.sqrt(2 * variance))

    @property
    def differ(self) -> bool:
        """Whether the shares are further apart than 5 points, or than chance has them."""
        apart = abs(self.second.share - self.first.share)
        return apart > MOST_APART or self.p_value < CHANCE


def missing_by_side(
    question: Question, names: Sequence[str], levels: Sequence[Block]
) -> Sides | None:
    """Models of the first side beside those of the second, within models one level beside another.

    ``names`` are those of the rows. None where a side has no planned score, and of a slope, which
    has no sides.
    """
    if question.kind == "dose" or not levels:
        return None
    if question.kind == "within":
        every = np.ones(len(names), dtype=np.bool_)
        first, second = (_counted([level], every) for level in levels)
    else:
        first, second = (
            _counted(levels, np.isin(names, members))
            for members in (question.first_members, question.second_members)
        )
    return Sides(first, second) if first.planned and second.planned else None


def _counted(levels: Sequence[Block], rows: NDArray[np.bool_]) -> Missing:
    planned = [np.asarray(level.planned, dtype=np.bool_)[rows] for level in levels]
    missing = [
        np.isnan(np.asarray(level.scores)[rows]) & asked
        for level, asked in zip(levels, planned, strict=True)
    ]
    return Missing(sum(int(one.sum()) for one in missing), sum(int(one.sum()) for one in planned))
