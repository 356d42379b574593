"""The points of an improvement in long form, one objective a line: a narrow terminal holds it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from primum.core.improve import ImproveEstimate, ImproveObjective, ImprovePoint, ObjectiveName
from primum.reporting.improve_words import ImproveWords
from primum.reporting.numerals import count
from primum.reporting.table import Column, Row, Table


def long_points(words: ImproveWords) -> Table:
    """Every point with its figures, the baseline first."""
    summary = words.summary
    rows = (
        row
        for point in (summary.baseline, *summary.points)
        for row in _rows(_heading(point, words), point.levels, words.level_figure, words)
    )
    note = words.text("points_note", confidence=words.confidence, resamples=_resamples(words))
    return Table(words.text("points"), _columns(words), tuple(rows), note)


def long_changes(words: ImproveWords) -> Table:
    """What every point changed."""
    rows = (
        row
        for point in words.summary.points
        for row in _rows(_beaten(point, words), point.gains, words.change_figure, words)
    )
    note = words.text("changes_note")
    return Table(words.text("changes"), _columns(words), tuple(rows), note)


def _columns(words: ImproveWords) -> tuple[Column, ...]:
    return (
        Column(words.text("objective"), numeric=False),
        Column(words.text("figure")),
        Column(words.text("n_missing")),
    )


def _rows(
    heading: str,
    figures: Mapping[ObjectiveName, ImproveEstimate],
    shown: Callable[[ImproveEstimate, ImproveObjective], str],
    words: ImproveWords,
) -> Iterator[Row]:
    yield Row((heading, "", ""), heading=True)
    for one in words.summary.objectives:
        estimate = figures[one.name]
        rests = f"{count(estimate.items)} / {count(estimate.missing)}"
        yield Row((words.objective(one.name), shown(estimate, one), rests))


def _heading(point: ImprovePoint, words: ImproveWords) -> str:
    """The point with its gate, how it was made, and how often it is not beaten."""
    text, name = words.text, words.point(point.name)
    told = [text("told_gate", outcome=text(point.gate))] if point.gate else []
    if point.adapters:
        measured = sum(not adapter.reason for adapter in point.adapters)
        told.append(
            text(
                "told_made",
                harmful=count(point.harmful),
                benign=count(point.benign),
                updates=count(point.updates),
                measured=count(measured),
                seeds=count(len(point.adapters)),
            )
        )
    if point.front_chance is not None:
        told.append(text("told_front", chance=f"{point.front_chance:.2f}"))
    return text("told", point=name, told=words.catalogue.listed(*told)) if told else name


def _beaten(point: ImprovePoint, words: ImproveWords) -> str:
    name = words.point(point.name)
    if not point.dominated_by:
        return name
    others = words.catalogue.listed(
        *map(words.point, point.dominated_by[:3]), "…" if point.dominated_by[3:] else ""
    )
    return words.text("told", point=name, told=words.text("told_beaten", points=others))


def _resamples(words: ImproveWords) -> str:
    return count(words.summary.resamples)
