"""How large a draw can be at most, judged by what the stages before it can make."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import NamedTuple

from primum.generation.recipe_stage import RecipeStage
from primum.generation.stage import Sizes
from primum.generation.stages.test_set import DrawSettings


class DrawSize(NamedTuple):
    """What a draw asks for, and what there can be."""

    place: int
    """Of its stage, from 0."""
    key: str
    """``total`` or ``per_stratum``."""
    wanted: int
    most: int
    """If every draft passed every stage before."""


def draw_sizes(stages: Sequence[RecipeStage], sizes: Sizes) -> Iterator[DrawSize]:
    """Every draw of so many, in order."""
    drafts = 0
    for place, stage in enumerate(stages):
        is_source = stage.kind.takes == "nothing"
        settings = stage.settings
        if isinstance(settings, DrawSettings):
            if settings.total is not None:
                yield DrawSize(place, "total", settings.total, drafts)
            elif settings.per_stratum is not None:
                # Every guideline has equally many at most.
                groups = sizes.guidelines if "guideline" in settings.by else 1
                most = ceil(drafts / max(1, groups))
                yield DrawSize(place, "per_stratum", settings.per_stratum, most)
        cost = stage.kind.estimate(0 if is_source else drafts, settings, sizes)
        drafts = cost.drafts + (drafts if is_source else 0)
