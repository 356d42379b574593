"""What a study says of its items, checked against those that are planned."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from primum.benchmarks.selection import select
from primum.core.errors import UnknownNameError, shorten
from primum.core.item import INTENTS, Item
from primum.evaluation.metric import rules_for
from primum.evaluation.plan import Plan
from primum.studies.design import PartPlan
from primum.studies.design_check import ITEM_DIMENSIONS
from primum.studies.study_file import ITEM_FACTORS, ContrastSettings, StudyFile

_TWO = 2


def levels_of(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Dimension → its values among the planned items, in the order of the items."""
    return _levels(plan.items(), plan)


def levels_before_limit(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Dimension → its values among the items that the plan's limit draws from."""
    return _levels(select(plan.benchmark.items(), **plan.filters), plan)


def _levels(items: Iterable[Item], plan: Plan) -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {name: {} for name in ITEM_DIMENSIONS}
    categories = _categories(plan.facts)
    for item in items:
        for name, level in _labels(item, categories):
            if level:
                found[name].setdefault(level)
    return {name: tuple(levels) for name, levels in found.items()}


def item_fault(
    study: StudyFile, parts: Sequence[PartPlan], plans: Mapping[str, Plan]
) -> str | None:
    """The first thing that no planned item bears out, as a sentence; None if nothing."""
    return next(_faults(study, parts, plans), None)


def _faults(
    study: StudyFile, parts: Sequence[PartPlan], plans: Mapping[str, Plan]
) -> Iterator[str]:
    for factor in study.factors:
        if factor in ITEM_FACTORS and not any(len(p.levels[factor]) >= _TWO for p in parts):
            yield (
                f"the factor “{factor}” never varies among the planned items "
                f"({_found(factor, parts)}). Plan items that differ in it, or leave it out."
            )
    for contrast in study.contrasts:
        asked = [part for part in parts if contrast.protocol in ("", part.name)]
        for fault in (*_level_faults(contrast, asked), *_measure_faults(contrast, asked, plans)):
            yield f"contrast “{shorten(contrast.name)}”: {fault}"


def _level_faults(contrast: ContrastSettings, parts: Sequence[PartPlan]) -> Iterator[str]:
    if not any(_has_all(part, contrast.items) for part in parts):
        wanted = ", ".join(f"{name} = “{shorten(v)}”" for name, v in contrast.items.items())
        found = "; ".join(f"{name}: {_found(name, parts)}" for name in contrast.items)
        yield f"no planned item has {wanted} ({found})."
    across = contrast.across
    if not across:
        return
    if not any(len(part.levels[across]) >= _TWO for part in parts):
        yield (
            f"“{across}” never varies among the planned items ({_found(across, parts)}). Plan "
            "items that differ in it, or leave the contrast out."
        )
    elif not any(set(contrast.levels) <= set(part.levels[across]) for part in parts):
        levels = " and ".join(f"“{shorten(level)}”" for level in contrast.levels)
        yield (
            f"no protocol has planned items of both levels {levels} of “{across}” "
            f"({_found(across, parts)})."
        )


def _has_all(part: PartPlan, wanted: Mapping[str, str]) -> bool:
    return all(level in part.levels[name] for name, level in wanted.items())


def _found(dimension: str, parts: Sequence[PartPlan]) -> str:
    levels = list(dict.fromkeys(level for part in parts for level in part.levels[dimension]))
    if not levels:
        return "none has any"
    shown = ", ".join(shorten(level) for level in levels[:10])
    return f"found: {shown}{', …' if len(levels) > 10 else ''}"


def _measure_faults(
    contrast: ContrastSettings, parts: Sequence[PartPlan], plans: Mapping[str, Plan]
) -> Iterator[str]:
    key, _, rest = contrast.measure.partition("|")
    intent = rest.partition("|")[0]
    if not key:
        return
    if intent and intent not in INTENTS:
        yield f"in “measure”: {UnknownNameError('intent', intent, INTENTS)}"
        return
    having = [part for part in parts if key in _measures(plans[part.name])]
    if not having:
        known = {each for part in parts for each in _measures(plans[part.name])}
        yield str(UnknownNameError("measure", key, known))
    elif intent and not any(intent in part.levels["intent"] for part in having):
        yield f"“{key}” is asked of {intent} items, and none is planned."


def _measures(plan: Plan) -> set[str]:
    is_long = plan.survey.turns > plan.survey.items
    settings = plan.protocol.summary
    return {
        rule.key
        for judge in plan.judges
        for rule in rules_for(judge.scale, settings, multi_turn=is_long)
    }


def _labels(item: Item, categories: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("language", "perspective", "intent", "benchmark", "strategy", "source", "split"):
        yield name, getattr(item, name)
    for guideline in item.guidelines:
        yield "guideline", guideline
        yield "category", categories.get(guideline, "")


def _categories(facts: Mapping[str, Any]) -> dict[str, str]:
    """Full guideline id → full id of its category."""
    return {
        f"{set_id}/{guideline}": category
        for set_id, one in facts["guidelines"].items()
        for guideline, category in one["categories"].items()
    }
