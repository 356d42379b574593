"""What one contrast asks: which models stand on which side, of which metric, across which items.

A question is a declared contrast, or one made from the study's factors, with the names filled in;
nothing is computed yet. Members that are not complete never take part; they are named as left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from primum.core.study import ContrastKind
from primum.core.summary import Metric
from primum.studies.design import StudyMember
from primum.studies.panel import Panel
from primum.studies.panel_measure import INTENT
from primum.studies.study_file import ContrastSettings

USUAL_LEVELS = {"language": ("en", "ja"), INTENT: ("benign", "harmful")}
TWO = 2


class ModelPair(NamedTuple):
    """A model and what was made from it, by name."""

    base: str
    tuned: str


@dataclass(frozen=True, slots=True)
class Question:
    """One contrast on one metric of one part."""

    name: str
    kind: ContrastKind
    metric: Metric
    is_declared: bool
    factor: str = ""
    first: str = ""
    second: str = ""
    across: str = ""
    levels: tuple[str, ...] = ()
    first_members: tuple[str, ...] = ()
    second_members: tuple[str, ...] = ()
    """Of ``pairs`` they stand in the order of ``first_members``, their bases."""
    left_out: tuple[str, ...] = ()
    """Members that belong here and are not complete."""
    where: Mapping[str, str] | None = None

    def signature(self, part: str) -> tuple[object, ...]:
        """Equal for questions that compare the same models on the same items, either way round.

        Pairs of which no model stands in two compare the models of two groups.
        """
        first, second = frozenset(self.first_members), frozenset(self.second_members)
        kind: str = self.kind
        sides: object = frozenset({first, second})
        if self.kind == "pairs":
            is_one_to_one = len(first) == len(second) == len(self.pairs) and not first & second
            kind = "groups" if is_one_to_one else "pairs"
            sides = sides if is_one_to_one else frozenset(self.pairs)
        # A measure is of one intent already, unless the contrast is across intents.
        where = frozenset(
            (dimension, level)
            for dimension, level in (self.where or {}).items()
            if self.across == INTENT or (dimension, level) != (INTENT, self.metric.intent)
        )
        levels = frozenset(self.levels)
        return part, self.metric.id, kind, sides, self.across, levels, where

    @property
    def pairs(self) -> tuple[ModelPair, ...]:
        """Of ``pairs``: each base with its tuned model."""
        return tuple(map(ModelPair, self.first_members, self.second_members))

    def singles(self) -> list[Question]:
        """Of several pairs, each as a question of its own."""
        if self.kind != "pairs" or len(self.pairs) < TWO:
            return []
        return [
            replace(
                self,
                name=f"{self.name}: {pair.tuned} − {pair.base}",
                is_declared=False,
                first=pair.base,
                second=pair.tuned,
                first_members=(pair.base,),
                second_members=(pair.tuned,),
                left_out=(),
            )
            for pair in self.pairs
        ]


def question_of(
    settings: ContrastSettings,
    metric: Metric,
    members: Sequence[StudyMember],
    panel: Panel,
    *,
    is_declared: bool = True,
) -> Question:
    """The contrast on that metric, with its models named."""
    candidates = _candidates(settings, members, panel)
    blank = Question(
        name=settings.name,
        kind=settings.kind,
        metric=metric,
        is_declared=is_declared,
        across=settings.across,
        levels=settings.levels,
        where=dict(settings.items) or None,
    )
    if settings.kind == "pairs":
        return _pairs(blank, candidates, panel)
    if settings.kind == "within":
        first, second = settings.levels
        return _one_sided(replace(blank, first=first, second=second), candidates, panel)
    if settings.kind == "dose":
        factor = settings.factor or "family"
        sized = [m for m in candidates if m.size is not None and m.labels.get(factor)]
        return _one_sided(replace(blank, factor=factor), sized, panel)
    return _groups(blank, settings, candidates, panel)


def has_items(settings: ContrastSettings, panel: Panel) -> bool:
    """Whether the part has items of the contrast's kind, of each of its levels."""
    kept = np.ones(len(panel.items), dtype=np.bool_)
    for dimension, level in settings.items.items():
        kept &= panel.labels[dimension] == level
    if not settings.across:
        return bool(kept.any())
    labels = panel.labels[settings.across][kept]
    return all(bool((labels == level).any()) for level in settings.levels)


def levels_in(panel: Panel, dimension: str) -> list[str]:
    """What the part's items differ in along that dimension."""
    labels = panel.labels[dimension] if dimension in panel.labels else np.array([""])
    return [level for level in np.unique(labels).tolist() if level]


def values_of(factor: str, members: Iterable[StudyMember]) -> list[str]:
    """The groups of a factor, as the study first names them."""
    return list(dict.fromkeys(v for member in members if (v := member.labels.get(factor))))


def _candidates(
    settings: ContrastSettings, members: Sequence[StudyMember], panel: Panel
) -> list[StudyMember]:
    """Who the contrast is about; people only where it is about sides, or its filter names them."""
    is_open = settings.kind in ("groups", "interaction") or bool(settings.models)
    return [
        member
        for member in members
        if member.takes(panel.part)
        and _matches(member, settings.models)
        and (is_open or not member.is_person)
    ]


def _matches(member: StudyMember, wanted: Mapping[str, str | tuple[str, ...]]) -> bool:
    """People of one table of the file may be named by its name, too."""
    for label, values in wanted.items():
        names = (member.name, member.settings.name)
        has = names if label == "name" else (member.labels.get(label, ""),)
        if not set(has) & set((values,) if isinstance(values, str) else values):
            return False
    return True


def _groups(
    blank: Question, settings: ContrastSettings, candidates: Sequence[StudyMember], panel: Panel
) -> Question:
    first, second = (
        [member for member in candidates if member.labels.get(settings.factor) == name]
        for name in (settings.first, settings.second)
    )
    return replace(
        blank,
        factor=settings.factor,
        first=settings.first,
        second=settings.second,
        first_members=_usable(first, blank.metric, panel),
        second_members=_usable(second, blank.metric, panel),
        left_out=_incomplete([*first, *second]),
    )


def _pairs(blank: Question, candidates: Sequence[StudyMember], panel: Panel) -> Question:
    by_name = {member.name: member for member in candidates}
    pairs = [
        (by_name[base], member)
        for member in candidates
        if (base := member.labels.get("base", "")) in by_name
    ]
    kept = [pair for pair in pairs if len(_usable(pair, blank.metric, panel)) == TWO]
    is_single = len(kept) == 1
    return replace(
        blank,
        factor="base",
        first=kept[0][0].name if is_single else "",
        second=kept[0][1].name if is_single else "",
        first_members=tuple(base.name for base, _ in kept),
        second_members=tuple(tuned.name for _, tuned in kept),
        left_out=_incomplete([member for pair in pairs for member in pair]),
    )


def _one_sided(blank: Question, candidates: Sequence[StudyMember], panel: Panel) -> Question:
    usable = _usable(candidates, blank.metric, panel)
    return replace(blank, second_members=usable, left_out=_incomplete(candidates))


def _usable(members: Iterable[StudyMember], metric: Metric, panel: Panel) -> tuple[str, ...]:
    """Those that are complete and have any score of the metric."""
    with_score = panel.scored_members(metric)
    return tuple(
        member.name for member in members if member.is_complete and member.name in with_score
    )


def _incomplete(members: Iterable[StudyMember]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(member.name for member in members if not member.is_complete))
