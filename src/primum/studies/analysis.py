"""From the runs of a study to all that its report shows; nothing but the ledger is read.

summary = analyse_study(study, members, parts, ledger)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from primum.core.study import StudyContrast, StudyMeasure, StudyModel, StudyPart, StudySummary
from primum.ledger.ledger import Ledger
from primum.studies.contrasts import answered, declared_questions, holm_adjusted, without_measure
from primum.studies.declaration import late_contrasts
from primum.studies.design import PartPlan, StudyMember
from primum.studies.exploratory import exploratory_questions, too_many_levels
from primum.studies.panel import Panel, read_runs
from primum.studies.panel_measure import measures_of
from primum.studies.rankings import rankings_of
from primum.studies.study_file import StudyFile
from primum.studies.study_notices import constant_factors, in_reading_order, notices_of_study
from primum.studies.study_wording import wording_of_study


def analyse_study(
    study: StudyFile, members: Sequence[StudyMember], parts: Sequence[PartPlan], ledger: Ledger
) -> StudySummary:
    """Contrasts, rankings and what the reader must know, from the runs that the members have.

    A member that is not complete keeps its own figures and takes part in no contrast and no
    ranking. Equal runs and an equal file give an equal summary.
    """
    panels, summaries = read_runs(members, [part.name for part in parts], ledger)
    measures = [one for panel in panels.values() for one in measures_of(panel, study.contrasts)]
    contrasts = _contrasts(study, members, panels, measures)
    notices = [
        *notices_of_study(members, panels, measures, contrasts),
        *without_measure(study, panels),
        *too_many_levels(study, members, panels),
        *constant_factors(study.factors, panels),
        *late_contrasts(study, members, ledger),
    ]
    return StudySummary(
        id=study.id,
        titles=study.title.mapping(),
        fingerprint=study.fingerprint,
        spec=study.model_dump(mode="json", by_alias=True),
        models=tuple(_model(member, panels) for member in members),
        parts=tuple(_part(part) for part in parts),
        measures=tuple(measures),
        runs=summaries,
        contrasts=tuple(contrasts),
        rankings=tuple(
            rankings_of(measures, panels, members, seed=study.seed, confidence=study.confidence)
        ),
        notices=in_reading_order(notices),
        confidence=study.confidence,
        wording=tuple(wording_of_study(panels, measures, members, ledger)),
    )


def _contrasts(
    study: StudyFile,
    members: Sequence[StudyMember],
    panels: Mapping[str, Panel],
    measures: Sequence[StudyMeasure],
) -> list[StudyContrast]:
    declared = declared_questions(study, members, panels)
    explored = exploratory_questions(study, members, panels, measures, declared)
    return holm_adjusted(
        [
            answered(question, panel, members, seed=study.seed, confidence=study.confidence)
            for panel, question in [*declared, *explored]
        ]
    )


def _model(member: StudyMember, panels: Mapping[str, Panel]) -> StudyModel:
    return StudyModel(
        name=member.name,
        model=member.model,
        labels=member.labels,
        size=member.size,
        is_person=member.is_person,
        is_complete=member.is_complete,
        reason=member.reason,
        runs=member.runs,
        source=member.source,
        coverage=tuple(
            panel.coverage[member.name]
            for panel in panels.values()
            if member.name in panel.coverage
        ),
    )


def _part(part: PartPlan) -> StudyPart:
    return StudyPart(
        name=part.name,
        protocol=part.protocol.id,
        titles=part.titles,
        benchmark=part.benchmark,
        items=part.items,
    )
