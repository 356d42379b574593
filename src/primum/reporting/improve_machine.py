"""An improvement for other programs: JSON and CSV.

JSON, one object, written as ``machine`` has it: ``schema`` (``primum-improve-1``) and the fields of
``core.improve.ImproveSummary``; an objective's metric has its ``id``.

CSV, long form, one figure a row, told apart by the column ``kind``: ``level`` and ``gain`` of every
point and objective over its seeds, ``seed`` (one adapter's own figure), ``finding``, ``transfer``
(``side``: own, other, ratio) and ``gate`` (one rule of one adapter).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from primum.core.improve import ImproveEstimate, ImprovePoint, ImproveSummary
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
)


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
        yield {"kind": "finding", **plain(finding)}
    for transfer in summary.transfers:
        named = {"kind": "transfer", "transfer": transfer.name, "point": transfer.point}
        yield {**named, "side": "own", **_figures(transfer.own_gain), "part": transfer.own}
        yield {**named, "side": "other", **_figures(transfer.other_gain), "part": transfer.other}
        ratio = {"value": transfer.ratio, "low": transfer.ratio_low, "high": transfer.ratio_high}
        yield {**named, "side": "ratio", **ratio}


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
            of_seed = {"seed": own.seed, "adapter": adapter.id, "value": own.value, "run": run}
            yield {"kind": "seed", **about, **of_seed}
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
            }


def _figures(estimate: ImproveEstimate) -> dict[str, Any]:
    found: dict[str, Any] = plain(estimate)
    found.pop("by_seed")
    return found
