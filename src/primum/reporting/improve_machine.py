"""An improvement for other programs: JSON and CSV.

JSON, one object, written as ``machine`` has it: ``schema`` (``primum-improve-1``) and the fields of
``core.improve.ImproveSummary``; an objective's metric has its ``id``.

CSV, long form, one figure a row, told apart by the column ``kind``: ``level`` and ``gain`` of every
point and objective over its seeds, ``seed`` (one adapter's own figure), ``finding``,
``not_looked_for`` (with its ``reason``), ``transfer`` (``side``: own, other, ratio) and ``gate``
(one rule of one adapter). ``bounds`` says whether low and high are the ends of a two-sided interval
at ``confidence``, or each a one-sided bound at it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from primum.core.improve import Finding, ImproveEstimate, ImprovePoint, ImproveSummary
from primum.reporting.machine import csv_text, json_bytes, plain

IMPROVE_SCHEMA = "primum-improve-1"
IMPROVE_CSV_COLUMNS = (
    "kind",
    "point",
    "candidate",
    "seed",
    "adapter",
    "objective",
    "metric",
    "part",
    "better",
    "value",
    "low",
    "high",
    "confidence",
    "reach",
    "seeds",
    "items",
    "clusters",
    "missing",
    "seed_deviation",
    "front_chance",
    "dominated_by",
    "signature",
    "against",
    "outcome",
    "margin",
    "needed_items",
    "needed_seeds",
    "transfer",
    "side",
    "rule",
    "limit",
    "run",
    "bounds",
    "fail_level",
    "is_on_margin",
    "reason",
    "trained_on",
    "cut",
    "unpaired",
)
_TWO_SIDED = {"bounds": "two-sided"}


def improve_to_json(summary: ImproveSummary) -> bytes:
    """The improvement as JSON, equal for equal ones."""
    whole = plain(summary)
    whole["schema"] = IMPROVE_SCHEMA
    for shown, objective in zip(whole["objectives"], summary.objectives, strict=True):
        shown["metric"]["id"] = objective.metric.id
    return json_bytes(whole)


def improve_to_csv(summary: ImproveSummary) -> str:
    """Every figure, one row each."""
    return csv_text(_rows(summary), IMPROVE_CSV_COLUMNS)


def _rows(summary: ImproveSummary) -> Iterator[dict[str, object]]:
    for point in (summary.baseline, *summary.points):
        yield from _point_rows(point, summary)
    for finding in summary.findings:
        yield _finding_row(finding, summary)
    for silent in summary.not_looked_for:
        yield {
            "kind": "not_looked_for",
            "signature": silent.what,
            "outcome": "not_looked_for",
            "reason": silent.why,
            "transfer": silent.name,
        }
    for transfer in summary.transfers:
        named = {"kind": "transfer", "transfer": transfer.name, "point": transfer.point}
        yield {**named, "side": "own", **_figures(transfer.own_gain), "part": transfer.own}
        yield {**named, "side": "other", **_figures(transfer.other_gain), "part": transfer.other}
        ratio = {"value": transfer.ratio, "low": transfer.ratio_low, "high": transfer.ratio_high}
        yield {
            **named,
            "side": "ratio",
            **ratio,
            **_TWO_SIDED,
            "confidence": summary.confidence,
            "items": transfer.own_gain.items + transfer.other_gain.items,
            "clusters": transfer.own_gain.clusters + transfer.other_gain.clusters,
            "missing": transfer.own_gain.missing + transfer.other_gain.missing,
        }


def _finding_row(finding: Finding, summary: ImproveSummary) -> dict[str, object]:
    objective = summary.objective(finding.objective)
    about = {"metric": objective.metric.id, "part": objective.part} if objective else {}
    reach = "seeds" if finding.seeds > 1 else "items"
    return {"kind": "finding", **about, **plain(finding), "reach": reach, **_TWO_SIDED}


def _point_rows(point: ImprovePoint, summary: ImproveSummary) -> Iterator[dict[str, object]]:
    named: dict[str, object] = {"point": point.name, "candidate": point.candidate}
    adapters = {adapter.seed: adapter for adapter in point.adapters}
    for one in summary.objectives:
        about = {
            **named,
            "objective": one.name,
            "metric": one.metric.id,
            "part": one.part,
            "better": one.metric.better or "",
        }
        level = point.levels[one.name]
        yield {
            "kind": "level",
            **about,
            **_figures(level),
            "front_chance": point.front_chance,
            "dominated_by": ", ".join(point.dominated_by),
        }
        if one.name in point.gains:
            yield {"kind": "gain", **about, **_figures(point.gains[one.name])}
        for own in level.by_seed:
            adapter = adapters[own.seed]
            run = adapter.runs.get(one.part, "")
            yield {
                "kind": "seed",
                **about,
                **plain(own),
                **_TWO_SIDED,
                "confidence": level.confidence,
                "reach": "items",
                "seeds": 1,
                "adapter": adapter.id,
                "run": run,
                "trained_on": adapter.trained_on,
                "cut": adapter.cut,
                "unpaired": adapter.unpaired,
            }
    for adapter in point.adapters:
        if adapter.gate is None:
            continue
        for rule in adapter.gate.rules:
            yield {
                "kind": "gate",
                **named,
                "seed": adapter.seed,
                "adapter": adapter.id,
                "rule": rule.name,
                "metric": rule.metric,
                "outcome": rule.outcome,
                "value": rule.estimate,
                "low": rule.low,
                "high": rule.high,
                "limit": rule.limit,
                "run": rule.run,
                "items": rule.n,
                "clusters": rule.clusters,
                "missing": rule.missing,
                "confidence": rule.confidence,
                "bounds": "one-sided",
                "fail_level": rule.fail_level,
                "needed_items": rule.needed,
                "reason": rule.reason,
            }


def _figures(estimate: ImproveEstimate) -> dict[str, Any]:
    found: dict[str, Any] = plain(estimate)
    found.pop("by_seed")
    return {**found, **_TWO_SIDED}
