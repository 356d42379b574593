"""A ``SimulatedPanel`` run as a study, and the study's own analysis put to other panels' scores.

    summary, stage = run_panel(SimulatedPanel(), folder)
    stage.contrasts(SimulatedPanel(seed=2))      # as if those models had been run

A run takes seconds; fresh scores in the place of its own take none, and are exactly what another
run would have left in the ledger.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from primum.core.study import StudyContrast, StudyRanking, StudySummary
from primum.evaluation.layout import Codes
from primum.ledger.ledger import open_ledger
from primum.ledger.workspace import locate
from primum.studies.analysis import analyse_study
from primum.studies.contrasts import answered, declared_questions, holm_adjusted
from primum.studies.design import StudyMember
from primum.studies.panel import Grid, Panel, read_runs
from primum.studies.panel_measure import study_measure
from primum.studies.rankings import rankings_of
from primum.studies.reading import read_study
from primum.studies.running import run_study
from primum.studies.study_file import StudyFile
from primum.studies.study_plan import make_study_plan
from primum.studies.study_progress import StudyProgress
from primum.testing.simulated_panel import LANGUAGES, SimulatedPanel, scores
from primum.testing.simulated_panel_study import register_panel_models, write_panel_study
from primum.testing.simulated_panel_truth import CONTRASTS


@dataclass(frozen=True)
class Stage:
    """A study that was run, into which the scores of other panels can be put."""

    study: StudyFile
    members: tuple[StudyMember, ...]
    panel: Panel
    metric: str
    """Of the both-judge mean."""
    request: Codes
    """Of each item, its place in the arrays of a panel."""
    language: Codes

    def with_scores(self, simulated: SimulatedPanel) -> Panel:
        """The study's panel as if its models had been those."""
        grid = self.panel.grids[self.metric]
        values = scores(simulated)[:, self.request, self.language]
        return replace(self.panel, grids={self.metric: Grid(grid.metric, values, grid.planned)})

    def contrasts(
        self, simulated: SimulatedPanel, names: Sequence[str] = CONTRASTS
    ) -> dict[str, StudyContrast]:
        """The declared contrasts of these names, Holm-adjusted among themselves."""
        panel = self.with_scores(simulated)
        asked = [
            question
            for _, question in declared_questions(self.study, self.members, {panel.part: panel})
            if question.name in names
        ]
        found = [
            answered(
                question,
                panel,
                self.members,
                seed=simulated.seed,
                confidence=self.study.confidence,
            )
            for question in asked
        ]
        return {contrast.name: contrast for contrast in holm_adjusted(found)}

    def ranking(self, simulated: SimulatedPanel) -> StudyRanking:
        """The models' order."""
        panel = self.with_scores(simulated)
        measure = study_measure(panel, panel.grids[self.metric].metric)
        return rankings_of(
            [measure],
            {panel.part: panel},
            self.members,
            seed=simulated.seed,
            confidence=self.study.confidence,
        )[0]


class Studied(NamedTuple):
    """What came of a panel's study."""

    summary: StudySummary
    stage: Stage


def run_panel(panel: SimulatedPanel, folder: Path, kind: str = "panel") -> Studied:
    """The panel's study through the whole pipeline."""
    register_panel_models(panel, kind)
    files = write_panel_study(panel, folder, kind)
    plan = make_study_plan(read_study(files.study))
    with open_ledger(locate(folder / "workspace")) as ledger:
        outcome = run_study(plan, ledger, StudyProgress.of(plan))
        summary = analyse_study(plan.study, outcome.members, plan.parts, ledger)
        panels = read_runs(outcome.members, [part.name for part in plan.parts], ledger).panels
    return Studied(summary, _stage(plan.study, outcome.members, panels))


def _stage(
    study: StudyFile, members: tuple[StudyMember, ...], panels: Mapping[str, Panel]
) -> Stage:
    (panel,) = panels.values()
    metric = next(
        metric.id
        for metric in panel.metrics
        if metric.key == "safety.mean" and metric.judge.startswith("mean(")
    )
    request = np.array([int(item.name[1:5]) for item in panel.items])
    language = np.array([LANGUAGES.index(item.language) for item in panel.items])
    return Stage(study, members, panel, metric, request, language)
