"""Each question answered: the difference with its interval, and Holm over all declared ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from primum.core.digest import digest
from primum.core.study import CrossedDifference, StudyContrast
from primum.core.summary import Notice
from primum.evaluation.layout import Codes
from primum.statistics.crossed import Dose, Each, Groups, ModelDesign, Pairs, crossed_contrast
from primum.statistics.crossed_bounds import missing_bounds
from primum.statistics.multiplicity import holm
from primum.studies.contrasts_block import Blocks, blocks_of
from primum.studies.contrasts_missing import missing_by_side
from primum.studies.contrasts_question import Question, has_items, question_of
from primum.studies.design import StudyMember
from primum.studies.panel import Panel
from primum.studies.panel_measure import concerns, metrics_of, study_measure
from primum.studies.study_file import ContrastSettings, StudyFile
from primum.studies.study_notices import in_reading_order, notices_of_contrast

NOTHING = CrossedDifference(None, None, None, None, "items", 0, 0, 0, 0, 0, "none")


def declared_questions(
    study: StudyFile, members: Sequence[StudyMember], panels: Mapping[str, Panel]
) -> list[tuple[Panel, Question]]:
    """The declared contrasts on every part and metric that they concern, in the file's order.

    A part without the items of a contrast is passed over where another part has them.
    """
    found: list[tuple[Panel, Question]] = []
    for settings in study.contrasts:
        asked = [panel for panel in panels.values() if concerns(settings, panel.part)]
        asked = [panel for panel in asked if has_items(settings, panel)] or asked
        found += [
            (panel, question_of(settings, metric, members, panel))
            for panel in asked
            for metric in metrics_of(panel, settings)
        ]
    return found


def without_measure(study: StudyFile, panels: Mapping[str, Panel]) -> list[Notice]:
    """Declared contrasts that no part has the measure of."""

    def has_measure(settings: ContrastSettings) -> bool:
        return any(
            concerns(settings, panel.part) and metrics_of(panel, settings)
            for panel in panels.values()
        )

    return [
        Notice(
            "study-no-measure",
            "warning",
            {"contrast": settings.name, "measure": settings.measure, "part": settings.protocol},
        )
        for settings in study.contrasts
        if not has_measure(settings)
    ]


def answered(
    question: Question,
    panel: Panel,
    members: Sequence[StudyMember],
    *,
    seed: int,
    confidence: float,
) -> StudyContrast:
    """The contrast as the data have it; without a value where a side or a level is empty."""
    names = tuple(dict.fromkeys([*question.first_members, *question.second_members]))
    blocks = blocks_of(question, panel, panel.rows(names))
    design = _design(question, names, members)
    difference = replace(NOTHING, confidence=confidence)
    if blocks.blocks and design is not None:
        difference = crossed_contrast(
            blocks.blocks,
            design,
            generator=_generator(question, panel, seed),
            width=_width(question) / len(blocks.blocks),
            confidence=confidence,
        )
        difference = _bounded(difference, blocks, design)
    notices = notices_of_contrast(
        question,
        difference,
        panel,
        unpaired=blocks.unpaired,
        items=bool(blocks.blocks),
        missing=missing_by_side(question, names, blocks.levels),
    )
    return StudyContrast(
        name=question.name,
        kind=question.kind,
        measure=study_measure(panel, question.metric).id,
        is_declared=question.is_declared,
        factor=question.factor,
        first=question.first,
        second=question.second,
        across=question.across,
        levels=question.levels,
        models_first=question.first_members,
        models_second=question.second_members,
        difference=difference,
        where=question.where,
        notices=in_reading_order(notices),
    )


def holm_adjusted(contrasts: Sequence[StudyContrast]) -> list[StudyContrast]:
    """The contrasts, declared ones with their p-value adjusted over all declared of the study."""
    declared = [contrast for contrast in contrasts if contrast.is_declared]
    values = iter(holm([contrast.difference.p_value for contrast in declared]))
    return [
        replace(contrast, adjusted_p=next(values)) if contrast.is_declared else contrast
        for contrast in contrasts
    ]


def _bounded(
    difference: CrossedDifference, blocks: Blocks, design: ModelDesign
) -> CrossedDifference:
    if difference.value is None:
        return difference
    bounds = missing_bounds(blocks.blocks, design)
    if bounds is None:
        return difference
    return replace(difference, bound_low=bounds.low, bound_high=bounds.high)


def _design(
    question: Question, names: Sequence[str], members: Sequence[StudyMember]
) -> ModelDesign | None:
    """How the rows of these names stand to each other; None where a side is empty."""
    if not question.second_members:
        return None
    kin = _kin(names, members)
    if question.kind == "within":
        return Each(kin)
    if question.kind == "pairs":
        row = {name: place for place, name in enumerate(names)}
        return Pairs([(row[pair.base], row[pair.tuned]) for pair in question.pairs], kin)
    if question.kind == "dose":
        return _dose(question, names, members)
    if not question.first_members:
        return None
    return Groups([int(name in question.second_members) for name in names], kin)


def _kin(names: Sequence[str], members: Sequence[StudyMember]) -> list[int]:
    """Equal codes for models that descend from one base, wherever in the study that stands."""
    bases = {member.name: member.labels.get("base", "") for member in members}

    def root(name: str) -> str:
        while bases.get(name):
            name = bases[name]
        return name

    codes: dict[str, int] = {}
    return [codes.setdefault(root(name), len(codes)) for name in names]


def _dose(question: Question, names: Sequence[str], members: Sequence[StudyMember]) -> Dose:
    by_name = {member.name: member for member in members}
    taking = [by_name[name] for name in names]
    families: Codes = np.unique(
        [member.labels.get(question.factor, "") for member in taking], return_inverse=True
    )[1]
    sizes = [member.size for member in taking if member.size is not None]
    return Dose(families.tolist(), np.log2(sizes), _kin(names, members))


def _width(question: Question) -> float:
    """How far the contrast can reach: a difference of two differences twice as far."""
    width = question.metric.high - question.metric.low
    return 2 * width if question.kind == "interaction" else width


def _generator(question: Question, panel: Panel, seed: int) -> np.random.Generator:
    """Its own for each contrast, so that one more contrast leaves the others as they are."""
    mark = digest("contrast-1", panel.part, question.metric.id, question.kind, question.name)
    return np.random.default_rng([seed % 2**32, int.from_bytes(mark[:8], "little")])
