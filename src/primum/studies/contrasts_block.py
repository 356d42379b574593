"""The scores that a question needs, as blocks of models × items.

Two levels of the items are paired where something joins them (translations, twins): one block of
differences. Otherwise they are two blocks.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.evaluation.layout import Codes, Mask
from primum.evaluation.score import Floats
from primum.statistics.crossed import Block
from primum.studies.contrasts_question import TWO, Question
from primum.studies.panel import PAIR_OF, Grid, Panel
from primum.studies.panel_measure import INTENT, benign_partner


class Blocks(NamedTuple):
    """What goes into a contrast."""

    blocks: tuple[Block, ...]
    """One or two; none where a level has no items."""
    levels: tuple[Block, ...] = ()
    """The same scores before items of two levels are paired; without levels, the only block."""
    unpaired: int = 0
    """Items of both levels that have no counterpart and are left out."""


def blocks_of(question: Question, panel: Panel, rows: Codes) -> Blocks:
    """The scores of these rows of the panel."""
    kept = np.ones(len(panel.items), dtype=np.bool_)
    for dimension, level in (question.where or {}).items():
        kept &= panel.labels[dimension] == level
    if not question.across:
        grid = _rows(panel.grids[question.metric.id], rows)
        if not (kept & grid.planned.any(axis=0)).any():
            return Blocks(())
        block = _block(grid, kept, panel)
        return Blocks((block,), (block,))
    grids = [_grid_of_level(question, level, panel) for level in question.levels]
    levels = [
        (_rows(grid, rows), kept & (panel.labels[question.across] == level))
        for grid, level in zip(grids, question.levels, strict=True)
        if grid is not None
    ]
    levels = [(grid, mask & grid.planned.any(axis=0)) for grid, mask in levels]
    if len(levels) != TWO or not all(mask.any() for _, mask in levels):
        return Blocks(())
    paired = _paired(question, levels, panel)
    blocks = tuple(_block(grid, mask, panel) for grid, mask in levels)
    return paired or Blocks(blocks, blocks)


def _grid_of_level(question: Question, level: str, panel: Panel) -> Grid | None:
    if question.across == INTENT and level == "benign":
        partner = benign_partner(panel, question.metric)
        return panel.grids[partner.id] if partner is not None else None
    return panel.grids[question.metric.id]


def _rows(grid: Grid, rows: Codes) -> Grid:
    return Grid(grid.metric, grid.values[rows], grid.planned[rows])


def _block(grid: Grid, kept: Mask, panel: Panel) -> Block:
    kept = kept & grid.planned.any(axis=0)
    ends = grid.metric.low, grid.metric.high
    return Block(grid.values[:, kept], panel.clusters[kept], grid.planned[:, kept], *ends)


def _paired(question: Question, levels: list[tuple[Grid, Mask]], panel: Panel) -> Blocks | None:
    """Second minus first by pair; None where nothing joins the items of the two levels."""
    if question.across not in PAIR_OF:
        return None
    names = panel.labels[PAIR_OF[question.across]]
    masks = [mask & (names != "") for _, mask in levels]
    shared = np.intersect1d(names[masks[0]], names[masks[1]])
    if not shared.size:
        return None
    kept = [
        (grid, mask & np.isin(names, shared)) for (grid, _), mask in zip(levels, masks, strict=True)
    ]
    first, second = (_by_pair(grid, mask, names) for grid, mask in kept)
    # Of the first level, as within a run: what joins the second joins the first.
    of_first = kept[0][1]
    _, places = np.unique(names[of_first], return_index=True)
    clusters = panel.clusters[of_first][places]
    ends = first.metric.low - second.metric.high, second.metric.high - first.metric.low
    planned = first.planned & second.planned
    block = Block(second.values - first.values, clusters, planned, *ends)
    left_out = sum(int((mask & ~np.isin(names, shared)).sum()) for _, mask in levels)
    return Blocks((block,), tuple(_block(grid, mask, panel) for grid, mask in kept), left_out)


def _by_pair(grid: Grid, mask: Mask, names: NDArray[np.str_]) -> Grid:
    """Models × pairs, in the order of the pairs' names; copies within a pair are averaged."""
    where = np.flatnonzero(mask)
    where = where[np.argsort(names[where], kind="stable")]
    _, starts = np.unique(names[where], return_index=True)
    values = grid.values[:, where]
    scored = ~np.isnan(values)
    counts = np.add.reduceat(scored.astype(np.float64), starts, axis=1)
    totals = np.add.reduceat(np.where(scored, values, 0.0), starts, axis=1)
    means: Floats = np.divide(totals, counts, out=np.full(counts.shape, np.nan), where=counts > 0)
    planned = np.logical_or.reduceat(grid.planned[:, where], starts, axis=1)
    return Grid(grid.metric, means, planned)
