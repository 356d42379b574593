"""Near duplicates within the set, and requests that stand in a named benchmark already.

```toml
[[stage]]
kind = "near-duplicates"
against = ["medsafetybench:train", "house-train.jsonl"]
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Self

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator, model_validator

from primum.benchmarks.catalogue import is_user_file, known_names, load, split_name
from primum.benchmarks.overlap import RUN_THRESHOLD, WORD_THRESHOLD
from primum.benchmarks.registry import ENTRIES
from primum.benchmarks.row_file import SUFFIXES
from primum.benchmarks.twins import is_unspaced
from primum.core.errors import UnknownNameError, shorten
from primum.core.item import Item
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.similarity import Near, Thresholds, leaked, repeats
from primum.generation.stage import (
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)

_SHOWN_PAIRS = 20


class NearDuplicateSettings(StageSettings):
    """What is too close."""

    threshold: float = Field(default=WORD_THRESHOLD, gt=0, le=1)
    """Least Jaccard index of words."""
    run_threshold: float = Field(default=RUN_THRESHOLD, gt=0, le=1)
    """Least Jaccard index of three-character runs, for Japanese and Chinese."""
    within: bool = True
    """Whether the drafts are compared with each other."""
    against: tuple[str, ...] = ()
    """Benchmarks, by name or by file, that no draft may repeat. A file is sought from the folder
    that the command is given in, or else from the recipe's own."""
    paths: Mapping[str, Path] = Field(default_factory=dict)
    """Benchmark → the folder or file where its data lie, instead of a download."""
    _home: Path | None = PrivateAttr(default=None)
    """Where the recipe lies."""

    @field_validator("against", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @field_validator("against")
    @classmethod
    def _can_be_read(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for name in value:
            if fault := benchmark_fault(found_from(_home_of(info), name)):
                raise ValueError(fault)
        return value

    @model_validator(mode="after")
    def _lies_somewhere(self, info: ValidationInfo) -> Self:
        self._home = _home_of(info)
        return self

    def place_of(self, name: str) -> str:
        """The benchmark's name, or its file as it is found."""
        return found_from(self._home, name)


def _home_of(info: ValidationInfo) -> Path | None:
    return (info.context or {}).get("folder")


def found_from(folder: Path | None, name: str) -> str:
    """The name; for a file that is not found from here, its path from the folder if it is there."""
    if folder is None or not is_user_file(name) or Path(name).is_file():
        return name
    return str(folder / name) if (folder / name).is_file() else name


def benchmark_fault(name: str) -> str:
    """Why there is no such benchmark and no such file; empty if there is. No data are read."""
    parts = split_name(name)
    if parts is not None:
        try:
            ENTRIES[parts.base].view(parts.view)
        except UnknownNameError as error:
            return str(error)
        return ""
    if not is_user_file(name):
        hint = f"A file of your own ends in {', '.join(SUFFIXES)}."
        return str(UnknownNameError("benchmark", name, known_names(), hint=hint))
    return "" if Path(name).is_file() else f"there is no file “{shorten(name)}”"


def estimate(drafts: int, _settings: NearDuplicateSettings, _sizes: Sizes) -> StageCost:
    """Nobody is asked."""
    return StageCost({}, drafts)


@stage(
    "near-duplicates",
    takes="any",
    gives="same",
    settings=NearDuplicateSettings,
    estimate=estimate,
    summary="Drops what says almost the same as an earlier draft or as a named benchmark.",
)
async def near_duplicates(
    drafts: Sequence[Draft], settings: NearDuplicateSettings, context: StageContext
) -> StageResult:
    """The first of drafts that are close to each other, and none that a benchmark holds.

    Raises:
        UserError: a benchmark is not known or cannot be read.
    """
    # Beside the event loop, so that Ctrl-C is heard.
    return await asyncio.to_thread(_sift, drafts, settings, context)


def _sift(
    drafts: Sequence[Draft], settings: NearDuplicateSettings, context: StageContext
) -> StageResult:
    thresholds = Thresholds(settings.threshold, settings.run_threshold)
    items = [draft.item() for draft in drafts]
    gone: dict[int, Dropped] = {}
    leaks: dict[str, int] = {}
    for name in settings.against:
        path = settings.paths.get(name)
        place = settings.place_of(name)
        others = list(load(place, path=path, guidelines=context.guidelines).items())
        found = leaked(items, others, thresholds)
        leaks[name] = len(found)
        for near in found:
            detail = f"{_shared(near)} of {name}"
            gone.setdefault(near.place, _dropped("leak", detail, drafts, near, context))
    rest = [place for place in range(len(items)) if place not in gone]
    pairs = repeats([items[place] for place in rest], thresholds) if settings.within else []
    for near in pairs:
        placed = near._replace(place=rest[near.place])
        gone[placed.place] = _dropped("near_duplicate", _shared(near), drafts, placed, context)
    step = Step(context.name, "near-duplicates", note=_note(settings))
    kept = tuple(draft.after(step) for place, draft in enumerate(drafts) if place not in gone)
    figures = {"leaks": leaks, "repeats": len(pairs), "closest": _closest(drafts, rest, pairs)}
    return StageResult(kept, tuple(gone[place] for place in sorted(gone)), figures)


def _dropped(
    reason: Any, detail: str, drafts: Sequence[Draft], near: Near, context: StageContext
) -> Dropped:
    step = Step(context.name, "near-duplicates", scores={"jaccard": near.jaccard}, note=detail)
    return Dropped(reason, detail, drafts[near.place].after(step))


def _shared(near: Near) -> str:
    unit = "three-character runs" if is_unspaced(near.other) else "words"
    return f"shares {near.jaccard:.0%} of its {unit} with {_label(near.other)}"


def _label(item: Item) -> str:
    return item.name or item.id[:12]


def _note(settings: NearDuplicateSettings) -> str:
    told = f"words {settings.threshold:g}, runs {settings.run_threshold:g}"
    return told + (f", against {', '.join(settings.against)}" if settings.against else "")


def _closest(
    drafts: Sequence[Draft], rest: Sequence[int], pairs: Sequence[Near]
) -> list[dict[str, Any]]:
    """The closest pairs, for a reader who wants to judge the thresholds."""
    ranked = sorted(pairs, key=lambda near: -near.jaccard)[:_SHOWN_PAIRS]
    return [
        {
            "dropped": drafts[rest[near.place]].id,
            "kept": near.other.id,
            "jaccard": round(near.jaccard, 4),
        }
        for near in ranked
    ]
