"""Whether verdicts are missing, as a series of its own beside those of the measures.

A missing verdict says nothing of a measure's mean, so that a model whose answers can no longer be
judged looks no worse on any of them. The fixed panel of every profile and part is therefore watched
for missing verdicts too: 1 for an item that was asked and that a measure has no value of, else 0.
If the model is stable these are exchangeable as its outcomes are, being a function of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from primum.core.summary import Metric
from primum.core.watch import WatchSeries, WatchUntold, judged_now
from primum.studies.panel import Grid, Panel

MISSING = Metric("verdicts.missing", "rate", "verdicts", "", "", "lower", 0, 1)
NOTABLE_MISSING = 0.05
"""Share of a series' verdicts beyond which nothing is said of it."""


def missing_grid(whole: Panel, metrics: Sequence[Metric]) -> Grid:
    """Occasions × items: 1 where one of these measures has no value, though it should have."""
    grids = [whole.grids[metric.id] for metric in metrics]
    shape = len(whole.members), len(whole.items)
    planned, missing = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    for grid in grids:
        planned |= grid.planned
        missing |= grid.planned & np.isnan(grid.values)
    return Grid(MISSING, np.where(planned, missing, np.nan), planned)


def untold_of(series: Iterable[WatchSeries], since: int = 1) -> Iterator[WatchUntold]:
    """The series of which the newest occasion says nothing.

    Too many verdicts are missing on it, or all of them on every occasion that it is compared with,
    which are those from ``since`` on.
    """
    for one in judged_now(series):
        last = one.points[-1]
        missing, asked = last.estimate.missing, last.estimate.n + last.estimate.missing
        earlier = [point for point in one.points[:-1] if point.occasion >= since]
        if missing > NOTABLE_MISSING * asked:
            yield WatchUntold(one.id, last.occasion, missing, asked)
        elif earlier and all(point.estimate.n == 0 for point in earlier):
            yield WatchUntold(one.id, last.occasion, missing, asked, "nothing_to_compare")
