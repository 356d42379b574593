"""What a judge of behaviours found, behaviour by behaviour: a profile beside the scalar score.

For each behaviour of the guidelines that an item names, an answer is right, wrong, one that the
behaviour does not apply to, or missing. Of several votes, the label counts that more than half of
the readable ones give; where none is, the answer is missing. Nothing is imputed.

    right = answers right / answers that the behaviour applies to
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np

from primum.core.estimate import Estimate
from primum.core.scale import BEHAVIOUR
from primum.core.summary import (
    LEAST_APPLICABLE,
    BehaviourAgreement,
    BehaviourFigure,
    RunSummary,
)
from primum.evaluation.fact import JudgeFacts, RunFacts
from primum.evaluation.layout import Codes, RunLayout
from primum.evaluation.score import Floats
from primum.evaluation.setting import SummarySettings
from primum.guidelines.behaviour import Behaviour, BehaviourSet
from primum.judging.behaviour_judge import BehaviourJudge, shipped_behaviours
from primum.judging.behaviour_parser import UNQUOTED_MARK
from primum.judging.judge import Judge
from primum.ledger.columns import RunColumns, VerdictColumns
from primum.statistics.coefficient import (
    Coefficient,
    Resampling,
    coefficient_estimate,
    coefficient_value,
    estimate_with,
    paired_rows,
)
from primum.statistics.estimate import estimate_of
from primum.statistics.interval import Interval
from primum.statistics.kappa import kappa_of
from primum.statistics.krippendorff import alpha_of

SEED = 20_261_121
RESAMPLES = 500

BehaviourSets = Mapping[str, Sequence[BehaviourSet]]
"""Judge name → the sets that it was asked about."""


class Labels(NamedTuple):
    """One judge's findings on one behaviour, one entry per answer that it was asked about."""

    rows: Codes
    applies: Floats
    """1, 0, or NaN where it gave no verdict."""
    right: Floats
    """1, 0, or NaN where the behaviour does not apply or has no verdict."""
    unquoted: int


@dataclass(frozen=True, slots=True)
class JudgeProfile:
    """All that one judge found."""

    judge: str
    behaviours: Mapping[str, tuple[Behaviour, bool]]
    """Id → the behaviour, and whether it was written with clinicians; in order of guidelines."""
    labels: Mapping[str, Labels]


def judge_profiles(
    columns: RunColumns,
    run: RunFacts,
    layout: RunLayout,
    settings: SummarySettings,
    sets: BehaviourSets,
) -> list[JudgeProfile]:
    """What each judge of behaviours found; nothing where the run has none."""
    return [
        _profile(columns, judge, layout, settings, sets.get(judge.name, ()))
        for judge in run.judges
        if judge.scale.name == BEHAVIOUR.name
    ]


def behaviour_figures(
    profiles: Sequence[JudgeProfile], layout: RunLayout, settings: SummarySettings
) -> list[BehaviourFigure]:
    """The share of answers that got each behaviour right, by judge and in order of guidelines."""
    return [
        _figure(profile, name, labels, layout, settings)
        for profile in profiles
        for name, labels in profile.labels.items()
    ]


def behaviour_agreements(
    profiles: Sequence[JudgeProfile], layout: RunLayout, settings: SummarySettings
) -> list[BehaviourAgreement]:
    """Each pair of judges: all behaviours together first, then one by one."""
    found = []
    for first, second in combinations(profiles, 2):
        shared = {
            name: _paired(labels, second.labels[name])
            for name, labels in first.labels.items()
            if name in second.labels
        }
        if not shared:
            continue
        for name, pair in {"": _pooled(list(shared.values())), **shared}.items():
            figures = _agreement(pair, layout, settings)
            found.append(BehaviourAgreement(first.judge, second.judge, name, figures))
    return found


def profiles_of_models(
    summaries: Mapping[str, RunSummary],
) -> dict[tuple[str, str], dict[str, BehaviourFigure]]:
    """(Judge, behaviour) → model → its figure: the rows and columns of a study's table.

    ``summaries``: model → its run. A model that was not asked about a behaviour is absent there.
    """
    table: dict[tuple[str, str], dict[str, BehaviourFigure]] = {}
    for model, summary in summaries.items():
        for figure in summary.behaviours:
            table.setdefault((figure.judge, figure.behaviour), {})[model] = figure
    return table


def stored_behaviours(judges: Sequence[Judge]) -> dict[str, list[dict[str, Any]]]:
    """What a run keeps of its judges' behaviours: whose they are, and the texts of a user's own."""
    asking = [judge for judge in judges if isinstance(judge, BehaviourJudge)]
    # Reading what ships takes a moment that other runs need not wait for.
    shipped = {one.fingerprint for one in shipped_behaviours()} if asking else set()
    return {
        judge.name: [
            _stored(one, is_own=one.fingerprint not in shipped) for one in judge.behaviour_sets
        ]
        for judge in asking
    }


def behaviour_sets_of(facts: Mapping[str, Any], judges: Sequence[str]) -> BehaviourSets:
    """The sets that each judge was asked about, as far as the run's facts and this version know.

    A shipped set that has changed since is left out: its texts would not be those that were judged.
    """
    stored = facts.get("behaviours", {})
    shipped = {one.fingerprint: one for one in shipped_behaviours()} if stored else {}
    found: dict[str, tuple[BehaviourSet, ...]] = {}
    for judge in judges:
        kept = (_restored(one, shipped) for one in stored.get(judge, ()))
        found[judge] = tuple(one for one in kept if one is not None)
    return found


def _stored(one: BehaviourSet, *, is_own: bool) -> dict[str, Any]:
    kept: dict[str, Any] = {
        "guideline_set": one.guideline_set,
        "version": one.version,
        "fingerprint": one.fingerprint,
        "written_with_clinicians": one.written_with_clinicians,
    }
    if is_own:
        kept["behaviours"] = [
            {
                "id": each.id,
                "guideline": each.guideline,
                "kind": each.kind,
                "texts": dict(each.texts),
                "decision_points": dict(each.decision_points),
            }
            for each in one.behaviours
        ]
    return kept


def _restored(
    stored: Mapping[str, Any], shipped: Mapping[str, BehaviourSet]
) -> BehaviourSet | None:
    if "behaviours" not in stored:
        return shipped.get(stored["fingerprint"])
    return BehaviourSet(
        stored["guideline_set"],
        stored["version"],
        tuple(Behaviour(**each, examples={}) for each in stored["behaviours"]),
        stored["fingerprint"],
        stored["written_with_clinicians"],
    )


def _profile(
    columns: RunColumns,
    judge: JudgeFacts,
    layout: RunLayout,
    settings: SummarySettings,
    sets: Sequence[BehaviourSet],
) -> JudgeProfile:
    verdicts = columns.verdicts.get(judge.name, VerdictColumns())
    behaviours = _known(sets, verdicts)
    rows = _rows_of(behaviours, judge, layout, settings)
    votes = _votes(verdicts, layout, behaviours)
    # The small number keeps 0.8 x 10 = 8.000000000000002 from asking for nine votes.
    needed = max(1, math.ceil(settings.minimum_parsed_votes * judge.votes - 1e-9))
    return JudgeProfile(
        judge.name,
        behaviours,
        {name: _labels(asked, votes.get(name, {}), needed) for name, asked in rows.items()},
    )


def _known(
    sets: Sequence[BehaviourSet], verdicts: VerdictColumns
) -> dict[str, tuple[Behaviour, bool]]:
    """The behaviours by guideline, and after them those of which only verdicts are left."""
    found: dict[str, tuple[Behaviour, bool]] = {}
    for one in sets:
        for guideline in dict.fromkeys(each.guideline for each in one.behaviours):
            for each in one.of(guideline):
                found[each.id] = (each, one.written_with_clinicians)
    met = {
        name.removeprefix(UNQUOTED_MARK)
        for measures in verdicts.measures
        for name in measures or ()
        if "/" in name
    }
    for name in sorted(met - found.keys()):
        guideline = name.rpartition("/")[0]
        # The kind is not known; the figure then has none.
        found[name] = (Behaviour(name, guideline, "required", {}, {}, {}), False)
    return found


def _rows_of(
    behaviours: Mapping[str, tuple[Behaviour, bool]],
    judge: JudgeFacts,
    layout: RunLayout,
    settings: SummarySettings,
) -> dict[str, Codes]:
    """Behaviour → rows of the answers that the judge is asked about it; none are left out."""
    is_asked = layout.covered(judge.scope)[layout.row_item]
    if settings.counted_turns == "last":
        is_last = np.zeros(layout.row_item.size, dtype=np.bool_)
        is_last[layout.starts + layout.lengths - 1] = True
        is_asked = is_asked & is_last
    by_guideline: dict[str, list[int]] = {}
    for row in np.flatnonzero(is_asked).tolist():
        for guideline in dict.fromkeys(layout.items[layout.row_item[row]].guidelines):
            by_guideline.setdefault(guideline, []).append(row)
    return {
        name: np.asarray(by_guideline[behaviour.guideline], dtype=np.int64)
        for name, (behaviour, _) in behaviours.items()
        if behaviour.guideline in by_guideline
    }


@dataclass(slots=True)
class _Votes:
    right: int = 0
    wrong: int = 0
    not_applicable: int = 0
    unquoted: int = 0


def _votes(
    verdicts: VerdictColumns,
    layout: RunLayout,
    behaviours: Mapping[str, tuple[Behaviour, bool]],
) -> dict[str, dict[int, _Votes]]:
    """Behaviour → row → its votes. A verdict without measures says nothing of any behaviour."""
    of_guideline: dict[str, list[str]] = {}
    for name, (behaviour, _) in behaviours.items():
        of_guideline.setdefault(behaviour.guideline, []).append(name)
    found: dict[str, dict[int, _Votes]] = {}
    for row, measures in zip(verdicts.row, verdicts.measures, strict=False):
        if not measures:
            continue
        for guideline in dict.fromkeys(layout.items[layout.row_item[row]].guidelines):
            for name in of_guideline.get(guideline, ()):
                votes = found.setdefault(name, {}).setdefault(row, _Votes())
                value = measures.get(name)
                if value is not None:
                    votes.right += value == 1
                    votes.wrong += value != 1
                elif f"{UNQUOTED_MARK}{name}" in measures:
                    votes.unquoted += 1
                else:
                    votes.not_applicable += 1
    return found


def _labels(rows: Codes, votes: Mapping[int, _Votes], needed: int) -> Labels:
    applies, right = np.full(rows.size, np.nan), np.full(rows.size, np.nan)
    unquoted = 0
    for place, row in enumerate(rows.tolist()):
        given = votes.get(row, _Votes())
        readable = given.right + given.wrong + given.not_applicable
        if readable >= needed:
            if 2 * given.not_applicable > readable:
                applies[place] = 0.0
            elif 2 * given.right > readable or 2 * given.wrong > readable:
                applies[place] = 1.0
                right[place] = float(given.right > given.wrong)
        unquoted += bool(np.isnan(applies[place]) and given.unquoted)
    return Labels(rows, applies, right, unquoted)


def _figure(
    profile: JudgeProfile,
    name: str,
    labels: Labels,
    layout: RunLayout,
    settings: SummarySettings,
) -> BehaviourFigure:
    behaviour, with_clinicians = profile.behaviours[name]
    kept = labels.applies != 0
    right = estimate_of(
        "rate",
        labels.right[kept],
        low=0,
        high=1,
        better="higher",
        clusters=_clusters(labels.rows[kept], layout),
        confidence=settings.confidence,
    )
    return BehaviourFigure(
        judge=profile.judge,
        behaviour=name,
        guideline=behaviour.guideline,
        kind=behaviour.kind if behaviour.texts else "",
        texts=behaviour.texts,
        decision_points=behaviour.decision_points,
        right=right,
        not_applicable=int((labels.applies == 0).sum()),
        unquoted=labels.unquoted,
        written_with_clinicians=with_clinicians,
    )


class _Pair(NamedTuple):
    """Two judges' labels of the answers that both were asked about."""

    rows: Codes
    applies: tuple[Floats, Floats]
    right: tuple[Floats, Floats]


def _paired(first: Labels, second: Labels) -> _Pair:
    rows, left, other = np.intersect1d(
        first.rows, second.rows, assume_unique=True, return_indices=True
    )
    return _Pair(
        rows,
        (first.applies[left], second.applies[other]),
        (first.right[left], second.right[other]),
    )


def _pooled(pairs: Sequence[_Pair]) -> _Pair:
    """All behaviours together; the clusters know that they are of the same answers."""
    return _Pair(
        np.concatenate([pair.rows for pair in pairs]),
        tuple(np.concatenate([pair.applies[side] for pair in pairs]) for side in (0, 1)),  # type: ignore[arg-type]
        tuple(np.concatenate([pair.right[side] for pair in pairs]) for side in (0, 1)),  # type: ignore[arg-type]
    )


def _agreement(pair: _Pair, layout: RunLayout, settings: SummarySettings) -> dict[str, Estimate]:
    # Where one of the two says that it does not apply there is no second verdict to wait for.
    kept = (pair.applies[0] != 0) & (pair.applies[1] != 0)
    verdicts = (pair.right[0][kept], pair.right[1][kept])
    clusters = _clusters(pair.rows, layout)
    names = ("same", "kappa", "alpha"), ("applies", "applies_kappa")
    return {
        **dict(_figures(names[0], verdicts, clusters[kept], settings)),
        **dict(_figures(names[1], pair.applies, clusters, settings)),
    }


def _figures(
    names: Sequence[str],
    values: tuple[Floats, Floats],
    clusters: Codes,
    settings: SummarySettings,
) -> Iterator[tuple[str, Estimate]]:
    """The share of equal labels, then the coefficients that the names ask for."""
    first, second = values
    is_known = ~np.isnan(first) & ~np.isnan(second)
    same = np.where(is_known, (first == second).astype(np.float64), np.nan)
    yield (
        names[0],
        estimate_of(
            "rate",
            same,
            low=0,
            high=1,
            better="higher",
            clusters=clusters,
            confidence=settings.confidence,
        ),
    )
    # On two labels quadratic weights are Cohen's own, and the interval metric is the nominal one.
    coefficients = (kappa_of("quadratic"), alpha_of("interval"))
    for name, coefficient in zip(names[1:], coefficients, strict=False):
        yield name, _coefficient(coefficient, values, clusters, settings)


def _coefficient(
    coefficient: Coefficient,
    values: tuple[Floats, Floats],
    clusters: Codes,
    settings: SummarySettings,
) -> Estimate:
    """The coefficient; without an interval where there are too few answers to draw from."""
    rated = paired_rows(values[0], values[1], clusters)
    if len(rated.rows) < LEAST_APPLICABLE:
        value = coefficient_value(coefficient, rated.rows)
        nothing = Interval(None, None, "none")
        return coefficient_estimate(value, rated, nothing, settings.confidence)
    resampling = Resampling(np.random.default_rng(SEED), RESAMPLES)
    return estimate_with(coefficient, rated, resampling=resampling, confidence=settings.confidence)


def _clusters(rows: Codes, layout: RunLayout) -> Codes:
    return layout.item_cluster[layout.row_item[rows]]
