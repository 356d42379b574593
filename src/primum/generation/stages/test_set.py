"""The test set: a stratified draw, the same for the same drafts and seed, whatever their order.

JMedEthicBench draws five conversations for each strategy and guideline. What belongs together (a
request in two languages, a harmful request and its benign twin) is drawn together. With ``split``
the draw falls into two halves, as MedSafetyBench's does: one to tune on, one to test with.

```toml
[[stage]]
kind = "test-set"
by = ["guideline", "source"]
split = 0.5
```
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from primum.core.digest import digest
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.halves import Stratum, Unit, half_figures, split
from primum.generation.similarity import Thresholds
from primum.generation.stage import (
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)

Label = Literal["strategy", "guideline", "language", "perspective", "intent", "source"]


class DrawSettings(StageSettings):
    """How many of each kind."""

    by: tuple[Label, ...] = ("strategy", "guideline")
    """Labels that make a stratum."""
    per_stratum: int | None = Field(default=None, ge=1)
    """Drafts drawn from each stratum, pairs counting as one."""
    total: int | None = Field(default=None, ge=1)
    """Drafts drawn in all, from all strata alike as far as they reach; pairs count in full."""
    keeps_pairs: bool = True
    """Whether translations and twins are drawn together."""
    split: float | None = Field(default=None, gt=0, lt=1)
    """Share of the drawn drafts that goes to the half “train”; the others are “test”."""
    alike: float = Field(default=0.5, gt=0, le=1)
    """Least Jaccard index of words from which drafts stay in one half."""
    alike_runs: float = Field(default=0.35, gt=0, le=1)
    """Least Jaccard index of three-character runs, for Japanese and Chinese."""

    @field_validator("by", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @model_validator(mode="after")
    def _is_one_size(self) -> DrawSettings:
        sizes = (self.per_stratum is not None) + (self.total is not None)
        if sizes > 1 or (not sizes and self.split is None):
            raise ValueError(
                "either per_stratum or total is expected, or split alone, which takes all"
            )
        return self


def estimate(drafts: int, settings: DrawSettings, _sizes: Sizes) -> StageCost:
    """Nobody is asked."""
    return StageCost({}, drafts if settings.total is None else min(drafts, settings.total))


@stage(
    "test-set",
    takes="any",
    gives="same",
    settings=DrawSettings,
    estimate=estimate,
    summary="A stratified draw: so many of each label or in all; or two halves, train and test.",
)
async def draw_test_set(
    drafts: Sequence[Draft], settings: DrawSettings, context: StageContext
) -> StageResult:
    """The drafts drawn, stratum by stratum, each in its half; the others are not drawn."""
    key = str(context.generator.getrandbits(64))
    strata: defaultdict[Stratum, list[Unit]] = defaultdict(list)
    for unit in _units(drafts, settings, key):
        strata[unit.stratum].append(unit)
    ordered = {stratum: sorted(strata[stratum], key=_rank) for stratum in sorted(strata)}
    drawn = _drawn(ordered, settings)
    step = Step(context.name, "test-set", note=f"by {', '.join(settings.by)}")
    figures = _figures(ordered, drawn, settings)
    half_of: Mapping[str, str] = {}
    if settings.split is not None:
        thresholds = Thresholds(settings.alike, settings.alike_runs)
        halves = split(drawn, settings.split, thresholds)
        half_of = halves.half_of
        figures["halves"] = half_figures(drawn, halves)
    kept = tuple(
        replace(draft, split=half_of.get(draft.id, draft.split)).after(step)
        for unit in drawn
        for draft in unit.drafts
    )
    kept_ids = {draft.id for draft in kept}
    rest = [draft for draft in drafts if draft.id not in kept_ids]
    dropped = tuple(Dropped("not_drawn", _told(_stratum(d, settings)), d) for d in rest)
    return StageResult(kept, dropped, figures)


def _rank(unit: Unit) -> bytes:
    return unit.rank


def _units(drafts: Sequence[Draft], settings: DrawSettings, key: str) -> list[Unit]:
    """Drafts that are drawn together, in an order that does not depend on that of the drafts."""
    leaders: dict[str, str] = {}

    def leader(name: str) -> str:
        while (next_name := leaders.get(name, name)) != name:
            leaders[name] = leaders.get(next_name, next_name)
            name = next_name
        return name

    ordered = sorted(drafts, key=lambda draft: draft.id)
    for draft in ordered:
        for kind, pair in (("t", draft.translation_pair), ("w", draft.twin_pair)):
            if pair and settings.keeps_pairs:
                leaders[leader(f"{kind}:{pair}")] = leader(draft.id)
    groups: defaultdict[str, list[Draft]] = defaultdict(list)
    for draft in ordered:
        groups[leader(draft.id)].append(draft)
    return [_unit(group, settings, key) for group in groups.values()]


def _unit(group: Sequence[Draft], settings: DrawSettings, key: str) -> Unit:
    """Drafts that are drawn together; the first harmful one names their stratum."""
    ordered = sorted(group, key=lambda d: (d.intent != "harmful", d.language, d.id))
    rank = digest("draw-1", key, *sorted(draft.id for draft in ordered))
    return Unit(_stratum(ordered[0], settings), rank, tuple(ordered))


def _stratum(draft: Draft, settings: DrawSettings) -> Stratum:
    values: dict[Label, str] = {
        "strategy": draft.strategy,
        "guideline": draft.guidelines[0] if draft.guidelines else "",
        "language": draft.language,
        "perspective": draft.perspective,
        "intent": draft.intent,
        "source": draft.source,
    }
    return tuple(values[label] for label in settings.by)


def _drawn(strata: Mapping[Stratum, Sequence[Unit]], settings: DrawSettings) -> list[Unit]:
    if settings.total is not None:
        return _drawn_in_turn(strata, settings.total)
    return [unit for units in strata.values() for unit in units[: settings.per_stratum]]


def _drawn_in_turn(strata: Mapping[Stratum, Sequence[Unit]], total: int) -> list[Unit]:
    """One unit of each stratum in turn until no other fits; who comes first is drawn, too."""
    turns = sorted(
        (place, unit.rank, stratum)
        for stratum, units in strata.items()
        for place, unit in enumerate(units)
    )
    chosen: defaultdict[Stratum, list[Unit]] = defaultdict(list)
    left = total
    for place, _, stratum in turns:
        unit = strata[stratum][place]
        if len(unit.drafts) <= left:
            chosen[stratum].append(unit)
            left -= len(unit.drafts)
    return [unit for stratum in strata for unit in chosen[stratum]]


def _figures(
    strata: Mapping[Stratum, Sequence[Unit]], drawn: Sequence[Unit], settings: DrawSettings
) -> dict[str, Any]:
    """What was drawn from where, and the fingerprint that freezes it."""
    counts = {_told(stratum): 0 for stratum in strata}
    for unit in drawn:
        counts[_told(unit.stratum)] += 1
    ids = sorted(draft.id for unit in drawn for draft in unit.drafts)
    wanted = settings.per_stratum
    short = {name: count for name, count in counts.items() if wanted and count < wanted}
    return {
        "strata": len(strata),
        "drawn_by_stratum": counts,
        "short": short,
        "fingerprint": digest("test-set-1", *ids).hex(),
    }


def _told(stratum: Stratum) -> str:
    return " × ".join(part or "-" for part in stratum) or "all"
