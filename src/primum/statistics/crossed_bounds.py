"""How far the missing scores of a contrast could move it.

missing_bounds([Block(scores, clusters, low=0, high=1)], Groups([0, 0, 1, 1]))
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from primum.statistics.cluster import Floats
from primum.statistics.crossed import Block, crossed_contrast
from primum.statistics.crossed_design import Dose, Groups, Mask, ModelDesign, Pairs
from primum.statistics.interval import Limits


def missing_bounds(blocks: Sequence[Block], design: ModelDesign) -> Limits | None:
    """The contrast with all missing scores at the ends of the scale that make it least and most.

    None where nothing is missing, a block has no ends, or no end is the one: of a slope, and of
    pairs in which one model is both a base and made from another.
    """
    signs = _signs(design, len(np.asarray(blocks[0].scores)))
    gaps = [_gaps(block) for block in blocks]
    if signs is None or not any(gap[signs != 0].any() for gap in gaps):
        return None
    if not all(np.isfinite([block.low, block.high]).all() for block in blocks):
        return None
    ends = []
    for upwards in (-1, 1):
        filled = [
            _filled(block, gap, upwards * sign * signs)
            for block, gap, sign in zip(blocks, gaps, (-1, 1)[-len(blocks) :], strict=True)
        ]
        value = crossed_contrast(filled, design).value
        if value is None:
            return None
        ends.append(value)
    return Limits(*ends)


def _signs(design: ModelDesign, models: int) -> Floats | None:
    """Of each model: 1 where its scores count up, -1 where they count down, 0 if it is not in."""
    signs = np.zeros(models)
    if isinstance(design, Dose):
        return None
    if isinstance(design, Groups):
        codes = np.asarray(design.codes)
        signs[codes == 0], signs[codes == 1] = -1, 1
    elif isinstance(design, Pairs):
        bases, tuned = (list(side) for side in zip(*design.pairs, strict=True))
        if set(bases) & set(tuned):
            return None
        signs[bases], signs[tuned] = -1, 1
    else:
        signs[:] = 1
    return signs


def _gaps(block: Block) -> Mask:
    scores = np.asarray(block.scores, dtype=np.float64)
    missing: Mask = np.isnan(scores)
    return missing if block.planned is None else missing & np.asarray(block.planned, dtype=bool)


def _filled(block: Block, gaps: Mask, signs: Floats) -> Block:
    ends = np.where(signs > 0, block.high, block.low)[:, None]
    return block._replace(scores=np.where(gaps, ends, np.asarray(block.scores, dtype=np.float64)))
