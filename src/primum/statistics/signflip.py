"""The sign-flip distribution: under no difference, each paired difference may change its sign.

Both the signed-rank test and McNemar's test are this one test, over ranks and over ones.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr

from primum.statistics.cluster import Codes, Floats

_EXACT_STEPS = 20_000_000
"""Weights times their sum up to which the exact distribution is computed (well under a second)."""


def subset_sum_distribution(weights: Codes) -> Floats:
    """P(sum of the chosen weights = s) for s = 0..Σ weights, each weight chosen with chance 1/2."""
    chances = np.zeros(int(weights.sum()) + 1)
    chances[0] = 1.0
    top = 0
    for weight in weights[weights > 0].tolist():
        # The right side is computed in full before it is stored, so the ranges may overlap.
        chances[weight : top + weight + 1] = chances[weight : top + weight + 1] + chances[: top + 1]
        top += weight
        chances[: top + 1] /= 2
    return chances


def sign_flip_p(signed: Codes) -> tuple[float, bool]:
    """The two-sided p-value of Σ signed under random signs, and whether it is exact.

    ``signed`` holds whole numbers; zeros do not matter. The test is exact while the distribution
    is cheap to compute, else normal with variance Σ signed².
    """
    weights = np.abs(signed[signed != 0])
    if not weights.size:
        return 1.0, True
    positive = int(signed[signed > 0].sum())
    total = int(weights.sum())
    if weights.size * total > _EXACT_STEPS:
        z = abs(2 * positive - total) / math.sqrt(float((weights.astype(np.float64) ** 2).sum()))
        return float(2 * ndtr(-z)), False
    chances = subset_sum_distribution(weights)
    tail = chances[: min(positive, total - positive) + 1].sum()
    return min(1.0, 2 * float(tail)), True
