"""At which occasion the answers changed, if they did: one change among several occasions.

    found = change_point(values, generator=np.random.default_rng(0))
    found.place, found.plausible, found.p_value

For each split of the occasions, the mean after it minus the mean before it, divided by its standard
deviation over all orders of each item's own outcomes; the largest of these in size is the estimate
(the cumulative-sum statistic of a change in the mean, Csörgő and Horváth 1997, with the
permutation p-value of Antoch and Hušková 2001). The p-value holds for one look at data that were
not chosen for it: looked at after every occasion it finds too much, and ``alarm`` is the rule for
that.

``plausible`` is the set of splits that the data do not reject: if the change lay there, the order
of outcomes before it and the order after it would each be chance, and the best split would not be
so much better (the inversion of a test, as Worsley 1986, Biometrika 73, does it for normal data).

The interval of the difference is of the same test: the difference plus and minus as many standard
deviations over all orders as the best split of a random order reaches with that confidence (the
single-step interval of a largest statistic, Westfall and Young 1993). So it leaves out 0 exactly
where the p-value is small enough, and it allows for the place having been chosen. Both speak of
these items; further items may differ more.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from primum.statistics.cluster import Floats
from primum.statistics.exchangeable import cluster_table

MOST_DRAWS = 1999
_CELLS = 8_000_000
"""Most outcomes that are shuffled for one figure: more items get fewer orders, never too few."""
_LEAST_DRAWS = 199
_BLOCK = 50
_TIE = 1e-9


class ChangePoint(NamedTuple):
    """The best split of the occasions."""

    place: int
    """Index of the first occasion after the change."""
    statistic: float
    """Standardised difference at the split."""
    p_value: float
    """Monte-Carlo, smoothed: (1 + as large) / (1 + draws)."""
    plausible: tuple[int, ...]
    """Splits that the data do not reject at the confidence; empty where ``p_value`` is too large
    to speak of a change."""
    difference: float | None
    """Mean after minus mean before over items scored on both sides; chosen as the largest, it is
    too large on average."""
    low: float | None
    """Of the interval that leaves out 0 exactly where ``p_value`` is at most 1 - confidence."""
    high: float | None
    draws: int


class _Shuffle(NamedTuple):
    """What is put into random orders."""

    centred: Floats
    """Clusters × occasions, each row around 0."""
    spread: float
    draws: int
    generator: np.random.Generator


def change_point(
    values: ArrayLike,
    *,
    generator: np.random.Generator,
    clusters: ArrayLike | None = None,
    confidence: float = 0.95,
) -> ChangePoint | None:
    """The change point of items × occasions, NaN where missing.

    None with fewer than three occasions, or where no item ever changed its outcome.
    """
    array = np.asarray(values, dtype=np.float64)
    table = cluster_table(array, clusters)
    if table is None or table.shape[1] < 3:
        return None
    moving = table[np.ptp(table, axis=1) > _TIE]
    if not moving.size:
        return None
    centred = moving - moving.mean(axis=1)[:, None]
    spread = float((centred**2).sum()) / (table.shape[1] - 1)
    seen = _standardised(centred.sum(axis=0)[None, :], spread)[0]
    place = int(np.abs(seen).argmax()) + 1
    draws = int(np.clip(_CELLS / centred.size, _LEAST_DRAWS, MOST_DRAWS))
    shuffle = _Shuffle(centred, spread, draws, generator)
    largest = np.abs(_shuffled(shuffle)).max(axis=1)
    p_value = _smoothed(largest, float(np.abs(seen).max()))
    plausible: tuple[int, ...] = ()
    if p_value <= 1 - confidence:
        plausible = _plausible(shuffle, seen, confidence)
    best = float(seen[place - 1])
    reach = _reached(largest, 1 - confidence)
    difference = _difference(array, place)
    low, high = _interval(difference, best, reach)
    return ChangePoint(place, best, p_value, plausible, difference, low, high, draws)


def _standardised(sums: Floats, spread: float) -> Floats:
    """Draws × splits: mean after minus mean before, over its standard deviation."""
    occasions = sums.shape[1]
    before = np.arange(1, occasions)
    after = occasions - before
    running = np.cumsum(sums, axis=1)[:, :-1]
    total = sums.sum(axis=1)[:, None]
    gaps = (total - running) / after - running / before
    standardised: Floats = gaps / np.sqrt(spread * (1 / before + 1 / after))
    return standardised


def _shuffled(shuffle: _Shuffle, *splits: int) -> Floats:
    """The standardised differences of random orders, shuffled inside the segments only."""
    found: list[Floats] = []
    for start in range(0, shuffle.draws, _BLOCK):
        shape = (min(_BLOCK, shuffle.draws - start), *shuffle.centred.shape)
        many = np.broadcast_to(shuffle.centred, shape).copy()
        for segment in np.split(many, list(splits), axis=2):
            shuffle.generator.permuted(segment, axis=2, out=segment)
        found.append(_standardised(many.sum(axis=1), shuffle.spread))
    return np.concatenate(found)


def _plausible(shuffle: _Shuffle, seen: Floats, confidence: float) -> tuple[int, ...]:
    kept: list[int] = []
    for split in range(1, shuffle.centred.shape[1]):
        own = float(seen[split - 1] ** 2)
        gain = float((seen**2).max()) - own
        shuffled = _shuffled(shuffle, split) ** 2
        if _smoothed(shuffled.max(axis=1) - own, gain) > 1 - confidence:
            kept.append(split)
    return tuple(kept)


def _smoothed(drawn: Floats, seen: float) -> float:
    return float((1 + (drawn >= seen - _TIE).sum()) / (1 + drawn.size))


def _reached(drawn: Floats, share: float) -> float:
    """What must be passed for ``_smoothed`` to be that share at most; infinite where it cannot."""
    allowed = int(np.floor(share * (1 + drawn.size) + _TIE)) - 1
    return float(np.sort(drawn)[::-1][allowed]) + _TIE if allowed >= 0 else float("inf")


def _difference(array: NDArray[np.float64], place: int) -> float | None:
    """Mean after minus mean before, over items scored on both sides."""
    scored = ~np.isnan(array)
    both = scored[:, :place].any(axis=1) & scored[:, place:].any(axis=1)
    if not both.any():
        return None
    kept = array[both]
    gaps = np.nanmean(kept[:, place:], axis=1) - np.nanmean(kept[:, :place], axis=1)
    return float(gaps.mean())


def _interval(
    difference: float | None, statistic: float, reach: float
) -> tuple[float | None, float | None]:
    """The difference with ``reach`` of its standard deviations to each side.

    None where missing verdicts turned the sign: difference and statistic then speak of other items.
    """
    if difference is None or difference * statistic <= 0 or not np.isfinite(reach):
        return None, None
    margin = difference / statistic * reach
    return difference - margin, difference + margin
