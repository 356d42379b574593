"""Rows of the long form for what is neither an estimate nor a contrast."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from itertools import chain

from primum.core.summary import (
    Along,
    BehaviourAgreement,
    BehaviourFigure,
    Discrimination,
    JudgeAgreement,
    PublishedMean,
    PublishedTest,
    RunSummary,
    SurvivalCurve,
)
from primum.reporting.placement import Placement

CsvRow = dict[str, object]
MetricColumns = Callable[[str], CsvRow]
"""Metric id → the columns that name it."""
EXTRA_COLUMNS = (
    "figure",
    "level",
    "turn",
    "standard_error",
    "comparisons",
    "at_risk",
    "events",
    "censored",
    "model",
    "mark",
    "source",
    "behaviour",
    "behaviour_kind",
    "not_applicable",
    "unquoted",
)


def further_rows(summary: RunSummary, named: MetricColumns) -> Iterator[CsvRow]:
    """Published means and tests, survival, agreement, discrimination and behaviours of a run."""
    rows = chain(
        (mean_row(mean, named) for mean in summary.published_means),
        *(test_rows(test, named) for test in summary.published_tests),
        *map(_survival, summary.survival),
        *map(_agreement, summary.agreements),
        *(_discrimination(one, named) for one in summary.discriminations),
        map(_behaviour, summary.behaviours),
        *map(_behaviour_agreement, summary.behaviour_agreements),
        *map(_links, summary.along),
    )
    for row in rows:
        yield {"run": summary.run_id, **row}


def mean_row(mean: PublishedMean, named: MetricColumns) -> CsvRow:
    """A published mean."""
    return {
        "record": "published_mean",
        **named(mean.metric),
        "value": mean.mean,
        "standard_error": mean.standard_error,
        "n": mean.n,
        "missing": mean.missing,
    }


def test_rows(test: PublishedTest, named: MetricColumns) -> Iterator[CsvRow]:
    """The effect size of a published test, and its probability of superiority."""
    for figure, estimate in (("cohens_d", test.effect), ("superiority", test.superiority)):
        if estimate is not None:
            yield {
                "record": "published_test",
                **named(test.metric),
                "contrast": test.name,
                "first": test.first,
                "second": test.second,
                **dataclasses.asdict(estimate),
                "p_value": test.p_value,
                "adjusted_p": test.adjusted_p,
                "comparisons": test.comparisons,
                "test": test.test,
                "figure": figure,
            }


def placement_rows(
    run: str, placements: Sequence[Placement], named: MetricColumns
) -> Iterator[CsvRow]:
    """The published figures that stand beside a run; its own are estimates of the same place."""
    for placement in placements:
        for figure in placement.figures:
            yield {
                "run": run,
                "record": "published_figure",
                **named(figure.metric),
                "dimension": figure.dimension,
                "group": figure.group,
                "value": figure.value,
                "low": figure.low,
                "high": figure.high,
                "n": figure.n,
                "model": figure.model,
                "mark": figure.mark,
                "source": f"{placement.id}: {figure.source}",
                "figure": figure.panel,
            }


def _survival(curve: SurvivalCurve) -> Iterator[CsvRow]:
    for step in curve.steps:
        yield {
            "record": "survival",
            "judge": curve.judge,
            "scale": curve.scale,
            "dimension": curve.dimension,
            "group": curve.group,
            **dataclasses.asdict(step.survival),
            "turn": step.turn,
            "at_risk": step.at_risk,
            "events": step.events,
            "censored": step.censored,
        }


def _agreement(agreement: JudgeAgreement) -> Iterator[CsvRow]:
    for figure, estimate in agreement.figures.items():
        yield {
            "record": "agreement",
            "scale": agreement.scale,
            "first": agreement.first,
            "second": agreement.second,
            **dataclasses.asdict(estimate),
            "figure": figure,
            "level": agreement.level,
        }


def _discrimination(one: Discrimination, named: MetricColumns) -> Iterator[CsvRow]:
    base = {"record": "discrimination", **named(one.metric)}
    yield {**base, **dataclasses.asdict(one.index), "figure": "index"}
    for figure in ("both_right", "only_harmful_right", "only_benign_right", "both_wrong"):
        yield {**base, "figure": figure, "value": getattr(one, figure)}


def _behaviour(figure: BehaviourFigure) -> CsvRow:
    return {
        "record": "behaviour",
        "judge": figure.judge,
        "scale": "behaviour",
        "kind": "rate",
        "better": "higher",
        "dimension": "guideline",
        "group": figure.guideline,
        **dataclasses.asdict(figure.right),
        "behaviour": figure.behaviour,
        "behaviour_kind": figure.kind,
        "not_applicable": figure.not_applicable,
        "unquoted": figure.unquoted,
    }


def _behaviour_agreement(pair: BehaviourAgreement) -> Iterator[CsvRow]:
    for figure, estimate in pair.figures.items():
        yield {
            "record": "behaviour_agreement",
            "scale": "behaviour",
            "first": pair.first,
            "second": pair.second,
            **dataclasses.asdict(estimate),
            "figure": figure,
            "behaviour": pair.behaviour,
        }


def _links(reading: Along) -> Iterator[CsvRow]:
    """Where items came from; ``n`` counts items. Those that lead nowhere have no ``second``."""
    base = {"record": "link", "dimension": f"along:{reading.guideline_set}"}
    for link in reading.links:
        ends = {"first": link.start, "second": link.end, "group": link.end}
        note = link.reasons.get("en", "")
        yield {**base, **ends, "n": link.items, "level": link.strength, "note": note}
    for one in reading.unlinked:
        note = one.reasons.get("en", "")
        yield {**base, "first": one.guideline, "n": one.items, "level": "unlinked", "note": note}
