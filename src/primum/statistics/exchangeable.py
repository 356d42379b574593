"""Is the newest of several occasions worse than chance would make it, if nothing had changed?

Under a stable model the outcomes of one item over the occasions are exchangeable: any order of them
was as likely as the one that was seen. ``newest_p`` holds the sum over the newest occasion against
all orders of each item's own outcomes; ``newcomers_p`` holds a panel of items never asked before
against all ways of dividing the items into panels. Both are exact: no normal approximation and no
random numbers. A model that answers alike on every occasion has p = 1.

If nothing changes, such a p-value is at most alpha with probability alpha at most, whatever the
later ones are, so that the occasions count as independent (Vovk, Gammerman and Shafer 2005,
"Algorithmic Learning in a Random World", chapter 2; Vovk 2021, Statistical Science 36). The proof
in one line: given which outcomes each item had so far, and all that comes later, the order among
them is uniform.

    newest_p([[0, 0, 1], [1, 0, 1]], worse="higher")     # 1/9 + 1/9 = 2/9 for the newest = (1, 1)

A missing outcome (NaN) says nothing of the mean, but counts as an outcome of its own when the order
is shuffled, so that values need not be missing by chance. Items of one cluster are shuffled
together.
"""

from __future__ import annotations

from collections.abc import Iterable
from math import lgamma
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike

from primum.statistics.cluster import Codes, Floats, cluster_codes

Worse = Literal["higher", "lower"]
_PARTS = (1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 24, 30, 40, 60)
"""Fractions that scores of several turns or repeats come in."""
_STATES = 60_000
"""Most values that a sum may take; finer steps than that are rounded, which keeps a p-value valid:
the rounded sum is only another statistic."""
_NEAR = 1e-9


def newest_p(
    values: ArrayLike, *, clusters: ArrayLike | None = None, worse: Worse = "higher"
) -> float | None:
    """The p-value of the last column against all orders of each cluster's columns, one-sided.

    Args:
        values: items × occasions, the newest last; NaN where missing.
        clusters: a label for each item; those of one cluster keep together.
        worse: which end of the scale is the bad one.

    Returns:
        None where there is no former occasion, or nothing was scored.
    """
    table = cluster_table(values, clusters, worse)
    if table is None or table.shape[1] < 2:
        return None
    moving = table[np.ptp(table, axis=1) > _NEAR]
    if not moving.size:
        return 1.0
    steps = _on_grid(moving, float(np.ptp(moving, axis=1).sum()))
    least = steps.min(axis=1)
    chances = np.ones(1)
    for row, low in zip(steps, least, strict=True):
        shifts, counts = np.unique(row - low, return_counts=True)
        grown = np.zeros(chances.size + int(shifts[-1]))
        for shift, count in zip(shifts.tolist(), counts.tolist(), strict=True):
            grown[shift : shift + chances.size] += chances * (count / row.size)
        chances = grown
    seen = int((steps[:, -1] - least).sum())
    return min(1.0, float(chances[seen:].sum()))


def newcomers_p(
    values: ArrayLike,
    is_new: ArrayLike,
    *,
    clusters: ArrayLike | None = None,
    worse: Worse = "higher",
) -> float | None:
    """The p-value of the new items against all ways of choosing as many clusters, one-sided.

    Args:
        values: one for each item, asked once; NaN where missing.
        is_new: whether the item belongs to the newest panel.
        clusters: a label for each item; a cluster lies in one panel.
        worse: which end of the scale is the bad one.

    Returns:
        None where one of the two sides has no scored item.
    """
    array, new = np.asarray(values, dtype=np.float64), np.asarray(is_new, dtype=np.bool_)
    scored = ~np.isnan(array)
    if not (scored & new).any() or not (scored & ~new).any():
        return None
    codes = cluster_codes(clusters, array.size)
    signed = array if worse == "higher" else -array
    sizes = np.bincount(codes[scored], minlength=int(codes.max()) + 1)
    if np.ptp(sizes) > 0:
        signed = signed - float(signed[scored].mean())
    sums: Floats = np.zeros(sizes.size)
    np.add.at(sums, codes[scored], signed[scored])
    chosen = np.bincount(codes[new], minlength=sizes.size) > 0
    width = float(np.ptp(sums))
    if width <= _NEAR:
        return 1.0
    steps = _on_grid(sums, width * int(chosen.sum()))
    steps -= steps.min()
    chances = _sums_of_chosen(steps, int(chosen.sum()))
    return min(1.0, float(chances[int(steps[chosen].sum()) :].sum()))


def cluster_table(
    values: ArrayLike, clusters: ArrayLike | None, worse: Worse = "higher"
) -> Floats | None:
    """Clusters × occasions: sums of the items' values, higher is worse, up to a constant per row.

    Clusters with missing values are summed as distances from each item's own mean, a missing one
    being 0: a function of the row that does not know the order. None where nothing was scored.
    """
    array = np.asarray(values, dtype=np.float64)
    scored = ~np.isnan(array)
    if not scored.any():
        return None
    signed = array if worse == "higher" else -array
    codes = cluster_codes(clusters, array.shape[0])
    known = scored.any(axis=1)
    is_whole = np.bincount(codes[known], weights=(~scored[known]).any(axis=1)) == 0
    filled = np.where(scored, signed, 0.0)
    means = filled.sum(axis=1) / np.maximum(1, scored.sum(axis=1))
    centred = np.where(scored, signed - means[:, None], 0.0)
    rows: Floats = np.where(is_whole[codes.clip(max=is_whole.size - 1)][:, None], filled, centred)
    table = np.zeros((int(codes.max()) + 1, array.shape[1]))
    np.add.at(table, codes[known], rows[known])
    return table[np.unique(codes[known])]


def _on_grid(values: Floats, reach: float) -> Codes:
    """The values as whole numbers of equal steps: exact where they are simple fractions."""
    fits = (parts for parts in _PARTS if reach * parts <= _STATES)
    known: Iterable[float] = list(fits) or [_STATES / reach]
    parts = next((one for one in known if _is_whole(values * one)), max(known))
    return np.rint(values * parts).astype(np.int64)


def _is_whole(values: Floats) -> bool:
    return bool(np.abs(values - np.rint(values)).max() < _NEAR)


def _sums_of_chosen(steps: Codes, size: int) -> Floats:
    """Chance of each sum of ``size`` of the numbers, every choice being as likely."""
    values, counts = np.unique(steps, return_counts=True)
    most = int(np.sort(steps)[-size:].sum())
    chances = np.zeros((size + 1, most + 1))
    chances[0, 0] = 1.0
    left = int(steps.size)
    for value, count in zip(values.tolist(), counts.tolist(), strict=True):
        grown = np.zeros_like(chances)
        for taken in range(size + 1):
            row = chances[taken]
            if not row.any():
                continue
            for more in range(min(count, size - taken) + 1):
                chance = _hypergeometric(left, count, size - taken, more)
                if chance > 0:
                    shift = more * value
                    grown[taken + more, shift:] += chance * row[: most + 1 - shift]
        chances, left = grown, left - count
    found: Floats = chances[size]
    return found


def _hypergeometric(whole: int, marked: int, drawn: int, hits: int) -> float:
    """Chance of so many marked ones among those drawn from the whole."""
    if hits > marked or drawn - hits > whole - marked:
        return 0.0
    return float(
        np.exp(
            _log_choose(marked, hits)
            + _log_choose(whole - marked, drawn - hits)
            - _log_choose(whole, drawn)
        )
    )


def _log_choose(whole: int, part: int) -> float:
    return lgamma(whole + 1) - lgamma(part + 1) - lgamma(whole - part + 1)
