"""Which of several models no other one beats throughout, and how sure that is.

    dominance([[0.2, 0.1], [0.3, 0.1]])      # the first dominates the second

Figures are losses: lower is better in every column.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from primum.statistics.cluster import Floats

Mask = NDArray[np.bool_]


def dominance(losses: ArrayLike) -> Mask:
    """Models × models: whether the row's is nowhere worse than the column's, and better somewhere.

    ``losses`` is models × objectives, or has further axes before these. A model with a missing
    figure (NaN) neither dominates nor is dominated.
    """
    table = np.asarray(losses, dtype=np.float64)
    one, other = table[..., :, None, :], table[..., None, :, :]
    found: Mask = np.asarray((one <= other).all(axis=-1) & (one < other).any(axis=-1))
    return found


def front_chances(draws: ArrayLike) -> Floats:
    """How often each model is dominated by no other, over draws × models × objectives.

    NaN for a model that lacks a figure in every draw; draws in which it lacks one do not count.
    """
    table = np.asarray(draws, dtype=np.float64)
    there = ~np.isnan(table).any(axis=-1)
    free = there & ~dominance(table).any(axis=-2)
    counts = there.sum(axis=0)
    chances: Floats = np.where(counts > 0, free.sum(axis=0) / np.maximum(counts, 1), np.nan)
    return chances
