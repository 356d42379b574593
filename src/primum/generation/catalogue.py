"""All stages that come with Primum: every module of ``primum.generation.stages`` is imported.

A new stage is a new module there; nothing else names it.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from primum.generation import stages
from primum.generation.stage import StageKind, stage_kind, stage_kinds


@cache
def _load() -> None:
    for module in pkgutil.iter_modules(stages.__path__):
        importlib.import_module(f"{stages.__name__}.{module.name}")


def known_stages() -> Mapping[str, StageKind]:
    """Kind → stage, sorted by kind."""
    _load()
    return dict(sorted(stage_kinds().items()))


def known_stage(kind: str) -> StageKind:
    """The stage of that kind.

    Raises:
        UnknownNameError: there is none; near misses are named.
    """
    _load()
    return stage_kind(kind)
