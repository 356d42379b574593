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
from primum.core.watch import WatchSeries, WatchUntold
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


def untold_of(series: Iterable[WatchSeries]) -> Iterator[WatchUntold]:
    """The series with too many missing verdicts on the newest occasion."""
    own = [one for one in series if one.points and one.role != "missing"]
    newest = max((one.points[-1].occasion for one in own), default=0)
    for one in own:
        last = one.points[-1]
        missing, asked = last.estimate.missing, last.estimate.n + last.estimate.missing
        if last.occasion == newest and missing > NOTABLE_MISSING * asked:
            yield WatchUntold(one.id, newest, missing, asked)
