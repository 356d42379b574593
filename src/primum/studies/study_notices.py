"""What the reader of a study must know: codes with values, the sentences are the report's.

Those of a contrast or a ranking stand with it; those of the whole study are made here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from primum.core.study import CrossedDifference, StudyContrast, StudyMeasure
from primum.core.summary import Notice
from primum.evaluation.family_bias import family_of
from primum.statistics.crossed import MINIMUM_RANDOM_UNITS
from primum.studies.contrasts_missing import Sides
from primum.studies.contrasts_question import TWO, Question, levels_in
from primum.studies.design import StudyMember
from primum.studies.panel import Panel
from primum.studies.study_file import ITEM_FACTORS

NOTICE_CODES = (
    "study-incomplete-models",
    "study-no-measure",
    "study-measure-lacking",
    "study-unscored-models",
    "study-different-items",
    "study-people-other-items",
    "study-factor-constant",
    "study-judge-family",
    "study-many-exploratory",
    "study-many-levels",
    "study-nothing-declared",
    "study-late-contrasts",
    "study-people-blinded",
    "study-left-out",
    "study-empty-side",
    "study-no-items",
    "study-not-estimable",
    "study-missing-differs",
    "study-few-models",
    "study-dose-untested",
    "study-different-profiles",
    "study-unpaired-items",
    "study-no-interval",
    "study-people-not-ranked",
)
MANY_EXPLORATORY = 20
"""From here on one of them is expected to be below 0.05 by chance."""
CHANCE = 0.05
LEAST_SHOWN = 0.001
"""A smaller p-value is not written out."""


def notices_of_study(
    members: Sequence[StudyMember],
    panels: Mapping[str, Panel],
    measures: Sequence[StudyMeasure],
    contrasts: Sequence[StudyContrast],
) -> list[Notice]:
    """What concerns the study as a whole."""
    return [
        *_incomplete(members),
        *_lacking(members, panels, measures),
        *_different_items(members, panels),
        *_people_on_other_items(members, panels),
        *_judge_families(members, panels),
        *_exploratory(contrasts),
        *_people(members),
    ]


def notices_of_contrast(
    question: Question,
    difference: CrossedDifference,
    panel: Panel,
    *,
    unpaired: int,
    items: bool,
    missing: Sides | None,
) -> list[Notice]:
    """What concerns one contrast; ``items``: whether there are any for it."""
    return [
        *left_out(question.left_out),
        *_emptiness(question, difference, items=items),
        *_missing_differs(missing),
        *_few_models(question, difference),
        *_dose_untested(question, difference),
        *_different_profiles(question, panel),
        *_unpaired(question, unpaired),
    ]


def left_out(names: Sequence[str]) -> Iterator[Notice]:
    """Models that belong here and are not complete."""
    if names:
        yield Notice("study-left-out", "warning", _named(names))


def constant_factors(factors: Iterable[str], panels: Mapping[str, Panel]) -> Iterator[Notice]:
    """Factors of the items that a sample drawn from outside the study file has left without two.

    A study whose own items do not vary in a factor is refused before any call.
    """
    for factor in factors:
        if factor not in ITEM_FACTORS:
            continue
        found = {name: levels_in(panel, factor) for name, panel in panels.items()}
        if all(len(levels) < TWO for levels in found.values()):
            levels = dict.fromkeys(level for each in found.values() for level in each)
            values = {"factor": factor, "levels": ", ".join(levels)}
            yield Notice("study-factor-constant", "warning", values)


def in_reading_order(notices: Iterable[Notice]) -> tuple[Notice, ...]:
    """Warnings first, then as ``NOTICE_CODES`` has them."""
    places = {code: place for place, code in enumerate(NOTICE_CODES)}
    return tuple(
        sorted(notices, key=lambda notice: (notice.level != "warning", places[notice.code]))
    )


def _named(names: Sequence[str]) -> dict[str, str]:
    return {"models": ", ".join(names), "count": str(len(names))}


def _incomplete(members: Sequence[StudyMember]) -> Iterator[Notice]:
    names = [member.name for member in members if not member.is_complete]
    if names:
        yield Notice("study-incomplete-models", "warning", _named(names))


def _lacking(
    members: Sequence[StudyMember], panels: Mapping[str, Panel], measures: Sequence[StudyMeasure]
) -> Iterator[Notice]:
    complete = [member.name for member in members if member.is_complete]
    for part, panel in panels.items():
        names = [name for name in complete if name not in panel.members]
        if names:
            yield Notice("study-measure-lacking", "limit", {"part": part, **_named(names)})
    for measure in measures:
        panel = panels[measure.part]
        scored = panel.scored_members(measure.metric)
        names = [name for name in panel.members if name in complete and name not in scored]
        if names:
            yield Notice(
                "study-unscored-models", "warning", {"measure": measure.id} | _named(names)
            )


def _different_items(
    members: Sequence[StudyMember], panels: Mapping[str, Panel]
) -> Iterator[Notice]:
    """Models only: nobody expects every person to answer every item."""
    models = {member.name for member in members if member.is_complete and not member.is_person}
    for part, panel in panels.items():
        asked = panel.asked[[name in models for name in panel.members]]
        if not asked.size:
            continue
        shared, union = int(asked.all(axis=0).sum()), int(asked.any(axis=0).sum())
        if shared < union:
            values = {"part": part, "shared": str(shared), "all": str(union)}
            yield Notice("study-different-items", "warning", values)


def _people_on_other_items(
    members: Sequence[StudyMember], panels: Mapping[str, Panel]
) -> Iterator[Notice]:
    """Their means stand on other items than the models', so only a contrast compares the two."""
    models = {member.name for member in members if member.is_complete and not member.is_person}
    people = {member.name for member in members if member.is_person}
    for part, panel in panels.items():
        asked = panel.asked[[name in models for name in panel.members]].any(axis=0)
        own_items = {
            name: panel.with_row[row]
            for row, name in enumerate(panel.members)
            if name in people and asked.any()
        }
        names = [name for name, own in own_items.items() if (own != asked).any()]
        if names:
            counts = [int(own_items[name].sum()) for name in names]
            few, most = min(counts), max(counts)
            values = {
                "part": part,
                "count": str(len(names)),
                "answered": str(few) if few == most else f"{few}–{most}",
                "all": str(int(asked.sum())),
            }
            yield Notice("study-people-other-items", "warning", values)


def _judge_families(
    members: Sequence[StudyMember], panels: Mapping[str, Panel]
) -> Iterator[Notice]:
    judges = {
        j.name: family_of(j.model) for panel in panels.values() for j in panel.judges if j.model
    }
    for judge, family in judges.items():
        names = [m.name for m in members if not m.is_person and family_of(m.model) == family]
        if names:
            values = {"judge": judge, "family": family, **_named(names)}
            yield Notice("study-judge-family", "warning", values)


def _exploratory(contrasts: Sequence[StudyContrast]) -> Iterator[Notice]:
    if not any(contrast.is_declared for contrast in contrasts):
        yield Notice("study-nothing-declared", "limit")
    tested = [c for c in contrasts if not c.is_declared and c.difference.p_value is not None]
    if len(tested) >= MANY_EXPLORATORY:
        values = {"count": str(len(tested)), "expected": f"{CHANCE * len(tested):.0f}"}
        yield Notice("study-many-exploratory", "warning", values)


def _people(members: Sequence[StudyMember]) -> Iterator[Notice]:
    """A judge is given the text and nothing of who wrote it; a style may still give it away."""
    people = sum(member.is_person for member in members)
    if people:
        yield Notice("study-people-blinded", "limit", {"count": str(people)})


def _emptiness(
    question: Question, difference: CrossedDifference, *, items: bool
) -> Iterator[Notice]:
    if empty := _empty_sides(question):
        yield Notice("study-empty-side", "warning", {"sides": ", ".join(empty)})
    elif not items:
        values = {"across": question.across, "levels": ", ".join(question.levels)}
        where = " · ".join(f"{name}: {level}" for name, level in (question.where or {}).items())
        yield Notice("study-no-items", "warning", {**values, "where": where})
    elif difference.value is None:
        yield Notice("study-not-estimable", "warning")
    elif difference.low is None:
        yield Notice("study-no-interval", "limit")


def _empty_sides(question: Question) -> list[str]:
    if question.kind in ("groups", "interaction"):
        sides = (question.first, question.first_members), (question.second, question.second_members)
        return [f"{question.factor}: {name}" for name, members in sides if not members]
    return [] if question.second_members else [question.factor or question.kind]


def _few_models(question: Question, difference: CrossedDifference) -> Iterator[Notice]:
    if difference.low is None or difference.reach == "models" or question.kind == "dose":
        return
    if not question.is_declared and question.kind == "pairs" and len(question.pairs) == 1:
        return  # Its name says that it is of these two models.
    counts = [difference.units_first, difference.units_second]
    if question.kind not in ("groups", "interaction"):
        counts = counts[:1]
    values = {
        "counts": " / ".join(map(str, counts)),
        "least": str(MINIMUM_RANDOM_UNITS),
        "kind": question.kind,
    }
    yield Notice("study-few-models", "warning", values)


def _dose_untested(question: Question, difference: CrossedDifference) -> Iterator[Notice]:
    bases, families = difference.bases, difference.families
    if question.kind != "dose" or difference.reach == "models" or difference.value is None:
        return
    if bases is not None and families is not None:
        values = {
            "least": str(MINIMUM_RANDOM_UNITS),
            "bases": str(bases),
            "families": str(families),
            "left": str(bases - families - 1),
        }
        yield Notice("study-dose-untested", "warning", values)


def _missing_differs(missing: Sides | None) -> Iterator[Notice]:
    if missing is not None and missing.differ:
        first, second = (f"{side.share:.1%} ({side.missing}/{side.planned})" for side in missing)
        p_value = "< 0.001" if missing.p_value < LEAST_SHOWN else f"= {missing.p_value:.3f}"
        values = {"first_share": first, "second_share": second, "p": p_value}
        yield Notice("study-missing-differs", "warning", values)


def _different_profiles(question: Question, panel: Panel) -> Iterator[Notice]:
    """Between the models of two groups, where the profile is not what is asked about."""
    if question.kind not in ("groups", "interaction", "dose") or question.factor == "profile":
        return
    taking = {*question.first_members, *question.second_members}
    profiles = {
        profile.digest: profile.name
        for name, profile in zip(panel.members, panel.profiles, strict=True)
        if name in taking and profile is not None
    }
    if len(profiles) >= TWO:
        names = ", ".join(dict.fromkeys(profiles.values()))
        values = {"profiles": names, "count": str(len(profiles))}
        yield Notice("study-different-profiles", "warning", values)


def _unpaired(question: Question, unpaired: int) -> Iterator[Notice]:
    if unpaired:
        values = {"count": str(unpaired), "across": question.across}
        yield Notice("study-unpaired-items", "limit", values)
