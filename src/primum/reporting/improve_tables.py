"""The tables of an improvement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from primum.core.improve import (
    Finding,
    FindingOutcome,
    ImproveAdapter,
    ImproveObjective,
    ImprovePoint,
    TransferGain,
)
from primum.reporting.gate_view import gate_view
from primum.reporting.improve_words import ImproveWords
from primum.reporting.numerals import DASH, count, interval, number, with_unit
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief


def points_table(words: ImproveWords) -> Table:
    """Every point with its figures, the baseline first."""
    summary, text = words.summary, words.text
    objectives = summary.objectives
    has_gate = bool(summary.policy)
    columns = [
        Column(text("point"), numeric=False),
        *(Column(words.objective(one.name)) for one in objectives),
        Column(text("data"), from_width=118),
        Column(text("updates"), from_width=128),
        Column(text("seeds"), from_width=136),
        Column(text("front"), from_width=100),
        # Not to be broken: as a column of words it would take half of the room from the names.
        *([Column(text("gate"))] if has_gate else []),
    ]
    rows = [
        Row(
            (
                words.point(point.name),
                *(words.level(point.levels.get(one.name), one) for one in objectives),
                *_made_of(point),
                DASH if point.front_chance is None else f"{point.front_chance:.2f}",
                *([text(point.gate) if point.gate else DASH] if has_gate else []),
            )
        )
        for point in (summary.baseline, *summary.points)
    ]
    note = text("points_note", confidence=words.confidence, resamples=count(summary.resamples))
    return Table(text("points"), tuple(columns), tuple(rows), note)


def _made_of(point: ImprovePoint) -> tuple[str, str, str]:
    if not point.adapters:
        return DASH, DASH, DASH
    measured = sum(not adapter.reason for adapter in point.adapters)
    planned = len(point.adapters)
    return (
        f"{count(point.harmful)} + {count(point.benign)}",
        count(point.updates),
        count(planned) if measured == planned else f"{count(measured)}/{count(planned)}",
    )


def changes_table(words: ImproveWords) -> Table:
    """What every point changed."""
    summary, text = words.summary, words.text
    columns = (
        Column(text("point"), numeric=False),
        *(Column(words.objective(one.name)) for one in summary.objectives),
        Column(text("beaten_by"), numeric=False, from_width=90),
    )
    rows = tuple(
        Row(
            (
                words.point(point.name),
                *(words.change(point.gains.get(one.name), one) for one in summary.objectives),
                words.catalogue.listed(*map(words.point, point.dominated_by[:3]))
                + (" …" if len(point.dominated_by) > 3 else "")
                or DASH,
            )
        )
        for point in summary.points
    )
    return Table(text("changes"), columns, rows, text("changes_note"))


def findings_table(words: ImproveWords, outcomes: Iterable[FindingOutcome], caption: str) -> Table:
    """The findings of these outcomes."""
    text, wanted = words.text, tuple(outcomes)
    columns = (
        Column(text("signature"), numeric=False),
        Column(text("where"), numeric=False),
        Column(text("outcome"), numeric=False),
        Column(text("figure")),
        Column(text("margin")),
        Column(text("needed"), numeric=False),
    )
    found = [one for one in words.summary.findings if one.outcome in wanted]
    found.sort(key=lambda one: wanted.index(one.outcome))
    rows = [Row(_finding(one, words)) for one in found if not _is_of_one_seed(one)]
    alone = next((one for one in found if _is_of_one_seed(one)), None)
    if alone is not None:
        # The same of every point and objective: said once.
        cells = list(_finding(alone, words))
        cells[1] = text("everywhere")
        rows.append(Row(tuple(cells)))
    return Table(caption, columns, tuple(rows))


def _is_of_one_seed(finding: Finding) -> bool:
    return finding.signature == "seed_variance" and finding.value is None


def _finding(finding: Finding, words: ImproveWords) -> tuple[str, ...]:
    objective = words.summary.objective(finding.objective)
    assert objective is not None  # noqa: S101 - findings are made for objectives
    return (
        words.text(f"signature_{finding.signature}"),
        _where(finding, words),
        words.text(finding.outcome),
        _figure(finding, objective, words),
        words.difference(finding.margin, objective, signed=False),
        _needed(finding, words),
    )


def _where(finding: Finding, words: ImproveWords) -> str:
    point = words.point(finding.point)
    if finding.signature == "seed_variance":
        return f"{point} · {words.objective(finding.objective)}"
    if finding.signature == "no_further_gain":
        return words.text("against", point=point, against=words.point(finding.against))
    return point


def _figure(finding: Finding, objective: ImproveObjective, words: ImproveWords) -> str:
    rate = objective.metric.kind == "rate"
    if finding.signature == "seed_variance":
        shown = number(finding.value, rate=rate)
        return shown if shown == DASH else f"±{shown}"
    ends = interval(finding.low, finding.high, rate=rate, signed=True)
    level = ""
    if finding.level is not None:
        level = "\n" + words.text("level_now", figure=with_unit(finding.level, rate=rate))
    return f"{number(finding.value, rate=rate, signed=True)} {ends}{level}"


def _needed(finding: Finding, words: ImproveWords) -> str:
    items = seeds = ""
    if finding.needed_items is not None:
        items = words.text("needed_items", n=count(finding.needed_items))
    if finding.needed_seeds is not None:
        seeds = words.text("needed_seeds", n=count(finding.needed_seeds))
    if items and seeds:
        return words.text("needed_or", items=items, seeds=seeds)
    return items or seeds or DASH


def transfer_table(words: ImproveWords) -> Table:
    """How far gains reach."""
    text = words.text
    columns = (
        Column(text("transfer_of"), numeric=False),
        Column(text("point"), numeric=False),
        Column(text("own_gain")),
        Column(text("other_gain")),
        Column(text("ratio")),
    )
    rows = tuple(Row(_transfer(one, words)) for one in words.summary.transfers)
    return Table(text("transfer"), columns, rows, text("transfer_note"))


def _transfer(transfer: TransferGain, words: ImproveWords) -> tuple[str, ...]:
    safety = words.summary.objectives[0]
    ratio = DASH
    if transfer.ratio is not None:
        ends = interval(transfer.ratio_low, transfer.ratio_high, rate=False)
        ratio = f"{number(transfer.ratio, rate=False)}\n{ends}"
    return (
        brief(transfer.name, 60),
        words.point(transfer.point),
        f"{words.change(transfer.own_gain, safety)}\n{brief(transfer.own, 60)}",
        f"{words.change(transfer.other_gain, safety)}\n{brief(transfer.other, 60)}",
        ratio,
    )


def gate_table(words: ImproveWords) -> Table:
    """The gate's decision on every adapter, with what it rests on."""
    text = words.text
    columns = (
        Column(text("point"), numeric=False),
        Column(text("seed")),
        Column(text("gate"), numeric=False),
        Column(text("reasons"), numeric=False),
    )
    return Table(text("gates"), columns, tuple(_gate_rows(words)), text("gates_note"))


def _gate_rows(words: ImproveWords) -> Iterator[Row]:
    for point in words.summary.points:
        for adapter in point.adapters:
            if adapter.gate is None:
                continue
            view = gate_view(adapter.gate, words.catalogue.language)
            yield Row(
                (
                    words.point(point.name),
                    str(adapter.seed),
                    words.text(adapter.gate.outcome),
                    "\n".join(view.reasons),
                )
            )


def adapters_table(words: ImproveWords) -> Table:
    """Every adapter with its own figures, its folder and its runs."""
    text, objectives = words.text, words.summary.objectives
    columns = (
        Column(text("point"), numeric=False),
        Column(text("seed")),
        *(Column(words.objective(one.name)) for one in objectives),
        Column(text("loss")),
        Column(text("training")),
        Column(text("id"), numeric=False),
        Column(text("runs"), numeric=False),
    )
    rows = tuple(
        Row(
            (
                words.point(point.name),
                str(adapter.seed),
                *(_own_value(point, adapter, one) for one in objectives),
                number(adapter.final_loss, rate=False),
                DASH
                if adapter.seconds is None
                else text("seconds", n=count(round(adapter.seconds))),
                adapter.id or DASH,
                _runs(adapter, words),
            )
        )
        for point in words.summary.points
        for adapter in point.adapters
    )
    return Table(text("adapters"), columns, rows)


def _own_value(point: ImprovePoint, adapter: ImproveAdapter, objective: ImproveObjective) -> str:
    values = {one.seed: one.value for one in point.levels[objective.name].by_seed}
    return with_unit(values.get(adapter.seed), rate=objective.metric.kind == "rate")


def _runs(adapter: ImproveAdapter, words: ImproveWords) -> str:
    if adapter.reason:
        return words.text("not_complete", reason=brief(adapter.reason, 200))
    return ", ".join(f"{brief(part, 40)} {run}" for part, run in adapter.runs.items())
