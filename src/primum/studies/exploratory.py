"""Contrasts that nobody declared, made over the study's factors: to find questions, not to answer.

On the leading safety and over-refusal measures: each two groups of a factor of the models, each two
levels of a factor of the items within models, class by level, models against their bases, and size
within a family. What a declared contrast asks already, under whatever name, is not asked again.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from primum.core.study import StudyMeasure
from primum.core.summary import Notice
from primum.studies.contrasts_question import (
    TWO,
    USUAL_LEVELS,
    Question,
    levels_in,
    question_of,
    values_of,
)
from primum.studies.design import StudyMember
from primum.studies.panel import Panel
from primum.studies.panel_measure import INTENT, benign_partner
from primum.studies.study_file import ITEM_FACTORS, ContrastSettings, StudyFile

ROLES = ("safety", "over_refusal")
MOST_LEVELS = 5
"""With more, each against each is a table that finds something by chance alone."""
INTERACTING = "class"
"""The factor of the models that is crossed with the items' factors."""


class _Scene(NamedTuple):
    """One measure with all that could be compared on it."""

    measure: StudyMeasure
    panel: Panel
    members: Sequence[StudyMember]
    study: StudyFile


def exploratory_questions(
    study: StudyFile,
    members: Sequence[StudyMember],
    panels: Mapping[str, Panel],
    measures: Sequence[StudyMeasure],
    declared: Sequence[tuple[Panel, Question]],
) -> list[tuple[Panel, Question]]:
    """Every question of the factors that is not declared; single pairs of models stand last."""
    asked = {question.signature(panel.part) for panel, question in declared}
    found: list[tuple[Panel, Question]] = []
    singles = [(panel, single) for panel, question in declared for single in question.singles()]
    for measure in measures:
        if measure.role not in ROLES:
            continue
        scene = _Scene(measure, panels[measure.part], members, study)
        for settings in _settings(scene):
            question = question_of(
                settings, measure.metric, members, scene.panel, is_declared=False
            )
            if _is_new(question, scene.panel, asked):
                found.append((scene.panel, question))
            singles += [(scene.panel, single) for single in question.singles()]
    return found + [
        (panel, question) for panel, question in singles if _is_new(question, panel, asked)
    ]


def too_many_levels(
    study: StudyFile, members: Sequence[StudyMember], panels: Mapping[str, Panel]
) -> list[Notice]:
    """Factors with so many levels that they are not compared each with each."""
    counts: dict[str, int] = {}
    for factor in study.factors:
        found = [len(levels_in(panel, factor)) for panel in panels.values()]
        if factor not in ITEM_FACTORS:
            found = [len(values_of(factor, members))]
        counts[factor] = max(found, default=0)
    return [
        Notice(
            "study-many-levels",
            "limit",
            {"factor": factor, "count": str(count), "most": str(MOST_LEVELS)},
        )
        for factor, count in counts.items()
        if count > MOST_LEVELS
    ]


def _is_new(question: Question, panel: Panel, asked: set[tuple[object, ...]]) -> bool:
    """Whether both sides are there and it was not asked; from now on it was."""
    needs_first = question.kind in ("groups", "interaction", "pairs")
    if not question.second_members or (needs_first and not question.first_members):
        return False
    signature = question.signature(panel.part)
    is_new = signature not in asked
    asked.add(signature)
    return is_new


def _settings(scene: _Scene) -> Iterator[ContrastSettings]:
    factors = scene.study.factors
    for factor in factors:
        if factor in ITEM_FACTORS:
            for first, second in _levels(scene, factor):
                yield ContrastSettings(
                    name=f"{factor}: {second} − {first}",
                    kind="within",
                    across=factor,
                    levels=(first, second),
                )
        else:
            yield from _between(scene, factor)
    if INTERACTING in factors:
        yield from _interactions(scene)
    yield ContrastSettings(name="tuned − base", kind="pairs")
    if _has_dose(scene.members):
        yield ContrastSettings(name="size", kind="dose")


def _between(scene: _Scene, factor: str) -> Iterator[ContrastSettings]:
    for first, second in _groups(scene, factor):
        yield ContrastSettings(
            name=f"{factor}: {second} − {first}",
            kind="groups",
            factor=factor,
            first=first,
            second=second,
        )


def _interactions(scene: _Scene) -> Iterator[ContrastSettings]:
    for across in scene.study.factors:
        if across not in ITEM_FACTORS:
            continue
        for first, second in _groups(scene, INTERACTING):
            for low, high in _levels(scene, across):
                yield ContrastSettings(
                    name=f"{INTERACTING}: {second} − {first} × {across}: {high} − {low}",
                    kind="interaction",
                    factor=INTERACTING,
                    first=first,
                    second=second,
                    across=across,
                    levels=(low, high),
                )


def _has_dose(members: Sequence[StudyMember]) -> bool:
    """Whether a family has models of two sizes."""
    sizes: dict[str, set[float]] = {}
    for member in members:
        if member.size is not None and (family := member.labels.get("family")):
            sizes.setdefault(family, set()).add(member.size)
    return any(len(found) >= TWO for found in sizes.values())


def _groups(scene: _Scene, factor: str) -> list[tuple[str, ...]]:
    values = values_of(factor, scene.members)
    return list(combinations(values, TWO)) if len(values) <= MOST_LEVELS else []


def _levels(scene: _Scene, factor: str) -> list[tuple[str, ...]]:
    """Pairs of levels among the items of the measure; intents join two measures, once."""
    if factor == INTENT:
        metric = scene.measure.metric
        is_possible = metric.intent == "harmful" and benign_partner(scene.panel, metric) is not None
        return [USUAL_LEVELS[INTENT]] if is_possible else []
    planned = scene.panel.grids[scene.measure.metric.id].planned.any(axis=0)
    present = {label for label in scene.panel.labels[factor][planned].tolist() if label}
    usual = [level for level in USUAL_LEVELS.get(factor, ()) if level in present]
    levels = [*usual, *sorted(present - set(usual))]
    return list(combinations(levels, TWO)) if len(levels) <= MOST_LEVELS else []
