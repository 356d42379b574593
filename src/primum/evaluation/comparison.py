"""Two runs, paired by item, repeat and turn: is the second safer than the first?

    comparison = compare(EvaluatedRun(columns_a, facts_a, summary_a),
                         EvaluatedRun(columns_b, facts_b, summary_b))

Only what both runs asked, and the same judge scored, is compared; the rest is counted or noticed.
Both runs are read under one set of thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.core.errors import ScaleMismatchError, UserError, shorten
from primum.core.summary import Contrast, Metric, Notice, RunComparison, RunSummary
from primum.evaluation.as_published import run_tests
from primum.evaluation.cell import Measured
from primum.evaluation.contrast import Pairing, Side, adjusted, contrast_of, pair
from primum.evaluation.fact import RunFacts
from primum.evaluation.layout import Codes, RunLayout, layout_of
from primum.evaluation.notice import SMALL_N, in_order
from primum.evaluation.score import scores_of
from primum.evaluation.setting import SummarySettings
from primum.evaluation.summary import measure_all
from primum.ledger.columns import RunColumns
from primum.statistics.paired import difference_of_rates

COMPARED_DIMENSIONS = (
    "benchmark",
    "perspective",
    "category",
    "guideline",
    "language",
    "strategy",
)
NOTABLE_P = 0.05


class EvaluatedRun(NamedTuple):
    """A run with its columns, as a comparison needs it."""

    columns: RunColumns
    facts: RunFacts
    summary: RunSummary


@dataclass(frozen=True, slots=True)
class _Alignment:
    """How the items of two runs stand to each other."""

    first_codes: Codes
    """Number of each item of the first run among the shared ones; -1 if only the first has it."""
    second_codes: Codes
    labels: dict[str, NDArray[np.str_]]
    """Dimension → label of each shared item."""
    repeats: int
    turns: int


def compare(
    first: EvaluatedRun, second: EvaluatedRun, *, settings: SummarySettings | None = None
) -> RunComparison:
    """The differences of every shared metric, second run minus first.

    Contrasts stand under ``overall:micro`` and ``<dimension>:<group>``. p-values are Holm-adjusted
    within a metric and dimension: the overall contrast is one question, the groups of a dimension
    are one family.

    Raises:
        ScaleMismatchError: the runs were judged on different scales only, or a judge of one name
            has two scales.
        UserError: the runs share no item.
    """
    settings = settings or SummarySettings()
    layouts = (
        layout_of(first.columns, settings, first.facts.categories),
        layout_of(second.columns, settings, second.facts.categories),
    )
    alignment = _align(first, second, *layouts)
    _check_scales(first.facts, second.facts)
    left = measured_by_metric(first, layouts[0], settings)
    right = measured_by_metric(second, layouts[1], settings)
    contrasts: list[Contrast] = []
    missingness: list[Contrast] = []
    for metric_id in [name for name in left if name in right]:
        metric = left[metric_id].metric
        pairing = pair(
            _side(left[metric_id], layouts[0], alignment.first_codes, alignment),
            _side(right[metric_id], layouts[1], alignment.second_codes, alignment),
        )
        contrasts.extend(_contrasts(metric, pairing, alignment, settings))
        missingness.append(_missingness(metric, pairing, settings))
    names = first.facts.run_id, second.facts.run_id
    return RunComparison(
        first=first.summary,
        second=second.summary,
        contrasts=tuple(contrasts),
        missingness=tuple(missingness),
        only_first=int((alignment.first_codes < 0).sum()),
        only_second=int((alignment.second_codes < 0).sum()),
        notices=in_order(
            [
                *_setup_notices(first.facts.spec, second.facts.spec),
                *_judge_notices(first.facts, second.facts),
                *_contrast_notices(left, contrasts, missingness),
            ]
        ),
        published_tests=tuple(run_tests(names, (left, right), settings)),
    )


def _align(
    first: EvaluatedRun, second: EvaluatedRun, layout: RunLayout, other: RunLayout
) -> _Alignment:
    second_ids = {item.id for item in other.items}
    shared = [item.id for item in layout.items if item.id in second_ids]
    if not shared:
        raise UserError(
            f"Runs “{shorten(first.facts.run_id)}” and “{shorten(second.facts.run_id)}” "
            f"({len(layout.items)} and {len(other.items)} items) have no item in common, "
            "so nothing can be paired. Compare runs of the same benchmark and view."
        )
    code = {name: number for number, name in enumerate(shared)}
    first_codes = np.array([code.get(item.id, -1) for item in layout.items], dtype=np.int64)
    return _Alignment(
        first_codes=first_codes,
        second_codes=np.array([code.get(item.id, -1) for item in other.items], dtype=np.int64),
        labels={name: layout.labels[name][first_codes >= 0] for name in COMPARED_DIMENSIONS},
        repeats=1 + max(int(one.row_repeat.max(initial=0)) for one in (layout, other)),
        turns=1 + max(int(one.row_turn.max(initial=0)) for one in (layout, other)),
    )


def _check_scales(first: RunFacts, second: RunFacts) -> None:
    second_scales = {judge.name: judge.scale for judge in second.judges}
    for judge in first.judges:
        if judge.name in second_scales:
            judge.scale.same_as(second_scales[judge.name])
    names = [sorted({judge.scale.name for judge in run.judges}) for run in (first, second)]
    if all(names) and not set(names[0]) & set(names[1]):
        raise ScaleMismatchError(
            f"Run “{shorten(first.run_id)}” was judged on the scale {_listed(names[0])}, run "
            f"“{shorten(second.run_id)}” on {_listed(names[1])}; scales do not mix. "
            "Judge both runs with the same rubric."
        )


def measured_by_metric(
    run: EvaluatedRun, layout: RunLayout, settings: SummarySettings
) -> dict[str, Measured]:
    """Metric id → what a comparison takes of it; medians and parts of a whole have no pairs."""
    scores = scores_of(run.columns, run.facts, settings)
    return {
        one.metric.id: one
        for one in measure_all(scores, layout, settings)
        if one.rule.reading not in ("median", "part")
    }


def _side(measured: Measured, layout: RunLayout, item_codes: Codes, alignment: _Alignment) -> Side:
    observations = measured.observations
    codes = item_codes[observations.item]
    keys = (codes * alignment.repeats + observations.repeat) * alignment.turns + observations.turn
    shared = codes >= 0
    clusters = layout.item_cluster[observations.item]
    return Side(keys[shared], observations.values[shared], clusters[shared])


def _contrasts(
    metric: Metric, pairing: Pairing, alignment: _Alignment, settings: SummarySettings
) -> Iterator[Contrast]:
    yield from adjusted([_contrast(metric, "overall:micro", pairing, settings)])
    items = pairing.keys // (alignment.repeats * alignment.turns)
    for dimension in COMPARED_DIMENSIONS:
        labels = alignment.labels[dimension][items]
        groups = [name for name in np.unique(labels).tolist() if name]
        if len(groups) < 2:
            continue
        yield from adjusted(
            _contrast(
                metric,
                f"{dimension}:{group}",
                Pairing(*(column[labels == group] for column in pairing)),
                settings,
            )
            for group in groups
        )


def _contrast(metric: Metric, group: str, pairing: Pairing, settings: SummarySettings) -> Contrast:
    return contrast_of(metric, ("runs", group, group), pairing, settings)


def _missingness(metric: Metric, pairing: Pairing, settings: SummarySettings) -> Contrast:
    difference = difference_of_rates(
        np.isnan(pairing.first).astype(np.float64),
        np.isnan(pairing.second).astype(np.float64),
        clusters=pairing.clusters,
        confidence=settings.confidence,
    )
    contrast = Contrast(metric.id, "missing", "overall:micro", "overall:micro", difference)
    return adjusted([contrast])[0]


def _setup_notices(first: Mapping[str, Any], second: Mapping[str, Any]) -> Iterator[Notice]:
    """What else than the model can make the difference."""
    names = [run.get("benchmark") for run in (first, second)]
    if names[0] != names[1]:
        yield Notice("different-benchmarks", "warning")
    profiles = [run.get("profile") for run in (first, second)]
    if _without_name(profiles[0]) != _without_name(profiles[1]):
        yield Notice("different-profiles", "warning")
    if first.get("attacker") != second.get("attacker"):
        yield Notice("different-users", "warning")
    rules = [SummarySettings.model_validate(run.get("summary", {})) for run in (first, second)]
    if rules[0] != rules[1]:
        yield Notice("different-settings", "warning")


def _without_name(profile: object) -> object:
    """What decides the answers; a profile's name does not."""
    if not isinstance(profile, Mapping):
        return profile
    return {key: value for key, value in profile.items() if key != "name"}


def _judge_notices(first: RunFacts, second: RunFacts) -> Iterator[Notice]:
    """Judges that only one run has on a scale that both have, and rubrics that changed."""
    second_judges = {judge.name: judge for judge in second.judges}
    for judge in first.judges:
        other = second_judges.get(judge.name)
        if other is not None and judge.fingerprint != other.fingerprint:
            yield Notice("judge-changed", "warning", {"judge": judge.name})
    for scale in sorted({judge.scale.name for judge in first.judges}):
        names = [
            {judge.name for judge in run.judges if judge.scale.name == scale}
            for run in (first, second)
        ]
        if names[1] and names[0] != names[1]:
            values = {
                "scale": scale,
                "first": ", ".join(sorted(names[0])),
                "second": ", ".join(sorted(names[1])),
            }
            yield Notice("judge-differs", "warning", values)


def _contrast_notices(
    measured: dict[str, Measured], contrasts: list[Contrast], missingness: list[Contrast]
) -> Iterator[Notice]:
    for contrast in contrasts:
        pairs = contrast.difference.pairs
        primary = measured[contrast.metric].metric.primary
        if contrast.first == "overall:micro" and primary and pairs < SMALL_N:
            values = {"metric": contrast.metric, "n": str(pairs)}
            yield Notice("small-n", "limit", values)
    uneven = [
        measured[contrast.metric].metric
        for contrast in missingness
        if _is_notable(contrast.difference.p_value)
    ]
    # One missing verdict is missing from every share of its judge: the leading ones stand for all.
    for metric in [metric for metric in uneven if metric.primary] or uneven:
        yield Notice("missingness-differs", "warning", {"metric": metric.id})


def _listed(names: list[str]) -> str:
    return " and ".join(f"“{name}”" for name in names)


def _is_notable(p_value: float | None) -> bool:
    return p_value is not None and p_value < NOTABLE_P
