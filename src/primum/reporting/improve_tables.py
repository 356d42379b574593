"""The tables of an improvement: its points, what they changed, the gate, and every adapter."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from primum.core.improve import (
    ImproveAdapter,
    ImproveObjective,
    ImprovePoint,
)
from primum.reporting.gate_view import gate_view
from primum.reporting.improve_words import BREAK, ImproveWords
from primum.reporting.numerals import DASH, count, number
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
        Column(text("data")),
        Column(text("updates")),
        Column(text("seeds")),
        Column(text("front")),
        # Not to be broken: as a column of words it would take half of the room from the names.
        *([Column(text("gate"))] if has_gate else []),
    ]
    rows = [
        Row(
            (
                words.point(point.name),
                *(words.level(point.levels.get(one.name), one) for one in objectives),
                *_made_of(point, words),
                DASH if point.front_chance is None else f"{point.front_chance:.2f}",
                *([text(point.gate) if point.gate else DASH] if has_gate else []),
            )
        )
        for point in (summary.baseline, *summary.points)
    ]
    note = text("points_note", confidence=words.confidence, resamples=count(summary.resamples))
    return Table(text("points"), tuple(columns), tuple(rows), note)


def _made_of(point: ImprovePoint, words: ImproveWords) -> tuple[str, str, str]:
    if not point.adapters:
        return DASH, DASH, DASH
    measured = sum(not adapter.reason for adapter in point.adapters)
    planned = len(point.adapters)
    return (
        f"{count(point.harmful)} + {count(point.benign)}{_lost(point, words)}",
        count(point.updates),
        count(planned) if measured == planned else f"{count(measured)}/{count(planned)}",
    )


def _lost(point: ImprovePoint, words: ImproveWords) -> str:
    """What of the data was not trained on or was cut, over the seeds; empty for nothing."""
    if not any(adapter.cut or adapter.unpaired for adapter in point.adapters):
        return ""
    parts = [
        words.text(key, n=_spanned(values))
        for key, values in (
            ("unpaired", [adapter.unpaired for adapter in point.adapters]),
            ("cut", [adapter.cut for adapter in point.adapters]),
        )
        if any(values)
    ]
    return "".join(f"\n{part}" for part in parts)


def _spanned(values: Sequence[int | None]) -> str:
    """The number, or the least and the most."""
    known = sorted({value for value in values if value is not None})
    return count(known[0]) if len(known) == 1 else f"{count(known[0])}–{count(known[-1])}"


def changes_table(words: ImproveWords) -> Table:
    """What every point changed."""
    summary, text = words.summary, words.text
    columns = (
        Column(text("point"), numeric=False),
        *(Column(words.objective(one.name)) for one in summary.objectives),
        Column(text("beaten_by"), numeric=False),
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


def gate_table(words: ImproveWords) -> Table:
    """The gate's decision on every adapter, rule by rule, with what it rests on."""
    text = words.text
    columns = (
        Column(text("rule"), numeric=False),
        Column(text("estimate")),
        Column(text("bound")),
        Column(text("limit")),
        Column(text("n")),
        Column(text("missing")),
    )
    return Table(text("gates"), columns, tuple(_gate_rows(words)), text("gates_note"))


def _gate_rows(words: ImproveWords) -> Iterator[Row]:
    """One heading for each adapter, one row for each rule."""
    for point in words.summary.points:
        for adapter in point.adapters:
            if adapter.gate is None:
                continue
            decided = words.text(
                "gate_of",
                point=words.point(point.name),
                seed=adapter.seed,
                outcome=words.text(adapter.gate.outcome),
            )
            yield Row((decided, *[""] * 5), heading=True)
            view = gate_view(adapter.gate, words.catalogue.language)
            for rule, row, reason in zip(
                adapter.gate.rules, view.table.rows, view.reasons, strict=True
            ):
                name, _, estimate, bound, limit, n, missing, _ = row.cells
                why = reason.removeprefix(name).lstrip(":： ")
                level = words.text("one_sided", confidence=f"{round(rule.confidence * 100, 2):g}")
                shown = bound if bound == DASH else f"{bound}\n{level}"
                yield Row((f"{name}\n{why}", estimate, shown, limit, n, missing))


def adapters_table(words: ImproveWords) -> Table:
    """Every adapter with its own figures and what it was trained on."""
    text, objectives = words.text, words.summary.objectives
    columns = (
        Column(text("point"), numeric=False),
        Column(text("seed")),
        *(Column(words.objective(one.name)) for one in objectives),
        Column(text("trained_on")),
        Column(text("loss")),
        Column(text("training")),
    )
    rows = tuple(
        Row(
            (
                words.point(point.name),
                str(adapter.seed),
                *(_own_value(point, adapter, one, words) for one in objectives),
                _trained_on(adapter, words),
                number(adapter.final_loss, rate=False),
                DASH
                if adapter.seconds is None
                else text("seconds", n=count(round(adapter.seconds))),
            )
        )
        for point in words.summary.points
        for adapter in point.adapters
    )
    return Table(text("adapters"), columns, rows, text("adapters_note"))


def runs_table(words: ImproveWords) -> Table:
    """Under which id every adapter lies, and its runs."""
    text = words.text
    columns = (
        Column(text("point"), numeric=False),
        Column(text("seed")),
        Column(text("id"), numeric=False),
        Column(text("runs"), numeric=False),
    )
    rows = tuple(
        Row(
            (
                words.point(point.name),
                str(adapter.seed),
                adapter.id or DASH,
                _runs(adapter, words),
            )
        )
        for point in words.summary.points
        for adapter in point.adapters
    )
    return Table(text("adapters_lie"), columns, rows)


def _own_value(
    point: ImprovePoint, adapter: ImproveAdapter, objective: ImproveObjective, words: ImproveWords
) -> str:
    values = {one.seed: one for one in point.levels[objective.name].by_seed}
    own = values.get(adapter.seed)
    if own is None:
        return DASH
    return f"{words.level_figure(own, objective, between=BREAK)}\n{words.rests(own)}"


def _trained_on(adapter: ImproveAdapter, words: ImproveWords) -> str:
    """How many examples, how many of them were cut, and how many had no pair."""
    if adapter.trained_on is None:
        return DASH
    lost = [
        words.text(key, n=count(value))
        for key, value in (("unpaired", adapter.unpaired), ("cut", adapter.cut))
        if value
    ]
    return "\n".join([count(adapter.trained_on), *lost])


def _runs(adapter: ImproveAdapter, words: ImproveWords) -> str:
    if adapter.reason:
        return words.text("not_complete", reason=brief(adapter.reason, 200))
    return ", ".join(f"{brief(part, 40)} {run}" for part, run in adapter.runs.items())
