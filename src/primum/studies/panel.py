"""Models × items: what every run of a part scored, one value per member, measure and item.

A value is the mean of what the metric counts on that item, over repeats, and over turns where the
metric counts turns; NaN where nothing was scored. What was never asked of a member is not planned;
what was planned and is NaN is missing. An item that a person's file has no row for is not planned
for that person: nobody is asked to answer all of them. One whose row is blank was asked, and is
missing like a model's answer that never came.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.core.digest import digest_of
from primum.core.study import StudyCoverage
from primum.core.summary import Metric, RunSummary
from primum.evaluation.cell import Measured
from primum.evaluation.comparison import EvaluatedRun, measured_by_metric
from primum.evaluation.fact import JudgeFacts
from primum.evaluation.layout import DIMENSIONS, Codes, Mask, RunLayout, item_clusters, layout_of
from primum.evaluation.result import read_run, settings_of
from primum.evaluation.score import Floats
from primum.evaluation.setting import SummarySettings
from primum.ledger.columns import ItemLabels
from primum.ledger.ledger import Ledger
from primum.ledger.record import Run
from primum.studies.design import StudyMember

WITHOUT_TEXT = ("", "no_answer", "empty")
"""Outcomes of a turn that a person has written nothing for."""
PAIR_OF = {"language": "translation_pair", "intent": "twin_pair"}
"""Dimension → what joins the items that differ in it alone."""


class UsedProfile(NamedTuple):
    """The deployment profile that a run was asked under."""

    name: str
    digest: str
    """Of what decides the answers; a profile's name does not."""


class Grid(NamedTuple):
    """One measure: members × items."""

    metric: Metric
    values: Floats
    """NaN where missing or not planned."""
    planned: Mask


@dataclass(frozen=True, slots=True)
class Panel:
    """All measures of one part."""

    part: str
    members: tuple[str, ...]
    """The rows: members that have a run of the part."""
    items: tuple[ItemLabels, ...]
    """The columns: all items that any member was asked."""
    clusters: Codes
    """Of each item."""
    labels: Mapping[str, NDArray[np.str_]]
    """Dimension → label of each item; also the names of translation pairs and of twins."""
    grids: Mapping[str, Grid]
    """``Metric.id`` → its grid."""
    asked: Mask
    """Members × items: whether the item belongs to the member's run."""
    with_row: Mask
    """As ``asked``, but without the items that a person's file has no row for."""
    coverage: Mapping[str, StudyCoverage]
    """Of each member."""
    profiles: tuple[UsedProfile | None, ...]
    """Of each member; None for people."""
    judges: tuple[JudgeFacts, ...]
    settings: SummarySettings

    @property
    def metrics(self) -> list[Metric]:
        """In the order of the runs' summaries."""
        return [grid.metric for grid in self.grids.values()]

    def scored_members(self, metric: Metric) -> frozenset[str]:
        """The members that have any score of the metric."""
        scored = (~np.isnan(self.grids[metric.id].values)).any(axis=1)
        return frozenset(self.members[row] for row in np.flatnonzero(scored))

    def rows(self, members: Iterable[str]) -> Codes:
        """The row of each of these members."""
        place = {name: row for row, name in enumerate(self.members)}
        return np.array([place[name] for name in members], dtype=np.int64)


class MemberScores(NamedTuple):
    """What a panel keeps of one run; its columns and texts are let go."""

    member: str
    items: Sequence[ItemLabels]
    labels: Mapping[str, NDArray[np.str_]]
    grids: Mapping[str, Grid]
    """One row each."""
    profile: UsedProfile | None
    judges: tuple[JudgeFacts, ...]
    settings: SummarySettings
    with_row: Mask
    """Per item; all of a model's."""
    coverage: StudyCoverage


class StudyRuns(NamedTuple):
    """All that a study reads from the ledger."""

    panels: dict[str, Panel]
    """Part → its panel; a part that nobody has a run of is absent."""
    summaries: dict[str, RunSummary]
    """Run id → what it found."""


def read_runs(members: Sequence[StudyMember], parts: Sequence[str], ledger: Ledger) -> StudyRuns:
    """Every run of every member, one at a time."""
    panels: dict[str, Panel] = {}
    summaries: dict[str, RunSummary] = {}
    for part in parts:
        read: list[MemberScores] = []
        for member in members:
            if part not in member.runs:
                continue
            run = ledger.run(member.runs[part])
            evaluated = read_run(ledger, run, examples_per_group=0)
            summaries[run.id] = evaluated.summary
            read.append(scores_of_member(member, run, evaluated))
        if read:
            panels[part] = panel_of(part, read)
    return StudyRuns(panels, summaries)


def scores_of_member(member: StudyMember, run: Run, evaluated: EvaluatedRun) -> MemberScores:
    """One run, item by item."""
    settings = settings_of(run)
    layout = layout_of(evaluated.columns, settings, evaluated.facts.categories)
    with_row = np.ones(len(layout.items), dtype=np.bool_)
    if member.is_person:
        with_row = _with_row(evaluated, layout)
    measured = measured_by_metric(evaluated, layout, settings)
    return MemberScores(
        member=member.name,
        items=layout.items,
        labels=layout.labels,
        grids={metric_id: _by_item(one, with_row) for metric_id, one in measured.items()},
        profile=None if member.is_person else _profile(run),
        judges=evaluated.facts.judges,
        settings=settings,
        with_row=with_row,
        coverage=_coverage(member, evaluated, layout, measured, with_row),
    )


def panel_of(part: str, read: Sequence[MemberScores]) -> Panel:
    """The members' scores side by side, aligned by item id."""
    place: dict[str, int] = {}
    items: list[ItemLabels] = []
    for one in read:
        for item in one.items:
            if item.id not in place:
                place[item.id] = len(items)
                items.append(item)
    columns = [np.array([place[item.id] for item in one.items], dtype=np.int64) for one in read]
    shape = len(read), len(items)
    asked, with_row = np.zeros(shape, dtype=np.bool_), np.zeros(shape, dtype=np.bool_)
    for row, where in enumerate(columns):
        asked[row, where] = True
        with_row[row, where] = read[row].with_row
    grids: dict[str, Grid] = {}
    for row, (one, where) in enumerate(zip(read, columns, strict=True)):
        for metric_id, grid in one.grids.items():
            if metric_id not in grids:
                grids[metric_id] = Grid(grid.metric, np.full(shape, np.nan), np.zeros(shape, bool))
            grids[metric_id].values[row, where] = grid.values
            grids[metric_id].planned[row, where] = grid.planned
    settings = read[0].settings
    return Panel(
        part=part,
        members=tuple(one.member for one in read),
        items=tuple(items),
        clusters=item_clusters(items, settings.cluster_by),
        labels=_labels(read, columns, items),
        grids=grids,
        asked=asked,
        with_row=with_row,
        coverage={one.member: replace(one.coverage, part=part) for one in read},
        profiles=tuple(one.profile for one in read),
        judges=tuple({judge.name: judge for one in read for judge in one.judges}.values()),
        settings=settings,
    )


def _labels(
    read: Sequence[MemberScores], columns: Sequence[Codes], items: Sequence[ItemLabels]
) -> dict[str, NDArray[np.str_]]:
    found: dict[str, NDArray[np.str_]] = {
        name: np.array([getattr(item, name) for item in items], dtype=np.str_)
        for name in ("intent", *PAIR_OF.values())
    }
    for name in DIMENSIONS:
        merged = np.full(len(items), "", dtype=object)
        for one, where in zip(read, columns, strict=True):
            merged[where] = one.labels[name]
        found[name] = merged.astype(np.str_)
    return found


def _profile(run: Run) -> UsedProfile:
    profile = dict(run.spec.get("profile") or {})
    name = str(profile.pop("name", ""))
    return UsedProfile(name, digest_of(profile).hex())


def _with_row(evaluated: EvaluatedRun, layout: RunLayout) -> Mask:
    """Per item: whether the person's file has a row for any turn of it, answered or blank."""
    made = np.asarray(evaluated.columns.outcome, dtype=np.str_) != ""
    made[evaluated.columns.without_row] = False
    return _any_turn(made, layout)


def _any_turn(rows: Mask, layout: RunLayout) -> Mask:
    """Per item: whether any of its turns is among these rows."""
    mask: Mask = np.bincount(layout.row_item[rows], minlength=len(layout.items)) > 0
    return mask


def _coverage(
    member: StudyMember,
    evaluated: EvaluatedRun,
    layout: RunLayout,
    measured: Mapping[str, Measured],
    with_row: Mask,
) -> StudyCoverage:
    answered = with_row
    if member.is_person:
        given = ~np.isin(np.asarray(evaluated.columns.outcome, dtype=np.str_), WITHOUT_TEXT)
        answered = _any_turn(given, layout)
    outcomes = {
        judge: [
            outcome
            for row, outcome in zip(verdicts.row, verdicts.outcome, strict=True)
            if with_row[layout.row_item[row]]
        ]
        for judge, verdicts in evaluated.columns.verdicts.items()
    }
    return StudyCoverage(
        part="",
        items=with_row.size,
        answered=int(answered.sum()),
        verdicts={judge: len(found) for judge, found in outcomes.items()},
        missing={judge: len(found) - found.count("scored") for judge, found in outcomes.items()},
        unanswered={
            metric_id: int(
                np.isnan(one.observations.values[~with_row[one.observations.item]]).sum()
            )
            for metric_id, one in measured.items()
        },
    )


def _by_item(measured: Measured, with_row: Mask) -> Grid:
    observations = measured.observations
    size = with_row.size
    scored = ~np.isnan(observations.values)
    where = observations.item[scored]
    counts = np.bincount(where, minlength=size)
    totals = np.bincount(where, weights=observations.values[scored], minlength=size)
    planned = (np.bincount(observations.item, minlength=size) > 0) & with_row
    values = np.full(size, np.nan)
    kept = planned & (counts > 0)
    values[kept] = totals[kept] / counts[kept]
    return Grid(measured.metric, values, planned)
