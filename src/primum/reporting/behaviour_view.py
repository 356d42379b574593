"""The behaviours of a run: what answers do, behaviour by behaviour, and how the judges agree."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby

from primum.core.estimate import Estimate
from primum.core.summary import (
    LEAST_APPLICABLE,
    BehaviourAgreement,
    BehaviourFigure,
    RunSummary,
)
from primum.reporting.chart import Chart
from primum.reporting.charts import forest_charts
from primum.reporting.numerals import DASH, bounds, count, interval, number, with_unit
from primum.reporting.section import Part, Section
from primum.reporting.summary_tables import interval_label
from primum.reporting.table import Column, Row, Table
from primum.reporting.vega import Axis, ForestRow, Point
from primum.reporting.visible import brief, visible_line
from primum.reporting.wording import Wording

LONGEST_TEXT = 400
MOST_DRAWN = 70
"""A set with more behaviours than fit on two pages of charts is read in its table."""
_RATES = frozenset({"same", "applies"})
_WEAK = "*"


def behaviours_section(summary: RunSummary, wording: Wording) -> Section:
    """A part for each judge and guideline set, then the agreement of judges; else empty."""
    words = wording.catalogue
    figures = summary.behaviours
    parts = []
    for place, (found, table) in enumerate(_profiles(figures, wording)):
        charts = _charts(found, place, table.caption, wording)
        parts.append(Part(table.caption, charts, (table,)))
        parts.append(Part(tables=(_decision_points(found, wording),), is_folded=True))
    parts += [Part(table.caption, tables=(table,)) for table in _agreements(summary, wording)]
    notes = words.joined(_label(figures, wording), _text("note", wording), _text("limit", wording))
    return Section(
        "behaviours", _text("title", wording), notes if parts else "", parts=tuple(parts)
    )


def behaviour_tables(summary: RunSummary, wording: Wording) -> tuple[Table, ...]:
    """The same for a terminal, with whose words the behaviours are below each table."""
    label = _label(summary.behaviours, wording)
    profiles = [
        replace(table, note=wording.catalogue.joined(label, table.note))
        for _, table in _profiles(summary.behaviours, wording)
    ]
    return (*profiles, *_agreements(summary, wording))


def behaviour_text(texts: Mapping[str, str], behaviour: str, language: str) -> str:
    """The behaviour's sentence in that language, or in English; its id where it has none."""
    return brief(texts.get(language) or texts.get("en") or behaviour, LONGEST_TEXT)


def _label(figures: Sequence[BehaviourFigure], wording: Wording) -> str:
    """Whose words the behaviours are; said of all as soon as one was written without clinicians."""
    if all(figure.written_with_clinicians for figure in figures):
        return _text("with_clinicians", wording)
    return _text("without_clinicians", wording)


def _profiles(
    figures: Sequence[BehaviourFigure], wording: Wording
) -> Iterator[tuple[list[BehaviourFigure], Table]]:
    key = _judge_and_set
    for (judge, guideline_set), several in groupby(sorted(figures, key=key), key=key):
        found = list(several)
        caption = _text(
            "caption", wording, judge=visible_line(judge), set=visible_line(guideline_set)
        )
        yield found, _table(caption, found, wording)


def _judge_and_set(figure: BehaviourFigure) -> tuple[str, str]:
    return figure.judge, figure.guideline.partition("/")[0]


def _table(caption: str, figures: Sequence[BehaviourFigure], wording: Wording) -> Table:
    ui = wording.catalogue.ui
    rows: list[Row] = []
    for guideline, several in groupby(figures, key=lambda figure: figure.guideline):
        rows.append(Row((wording.guideline(guideline),), heading=True))
        rows += [_row(figure, wording) for figure in several]
    confidences = [figure.right.confidence for figure in figures]
    columns = (
        Column(_text("behaviour", wording), numeric=False),
        Column(_text("right", wording)),
        Column(interval_label(wording.catalogue, confidences)),
        Column(_text("applicable", wording)),
        Column(_text("not_applicable", wording), from_width=70),
        Column(ui("missing")),
        Column(_text("unquoted", wording), from_width=120),
        Column(ui("bounds"), from_width=120),
    )
    weak = any(figure.is_weak for figure in figures)
    note = wording.catalogue.joined(
        _text("table_note", wording), ui("heat_small_text", n=LEAST_APPLICABLE) if weak else ""
    )
    return Table(caption, columns, tuple(rows), note)


def _row(figure: BehaviourFigure, wording: Wording) -> Row:
    language, right = wording.catalogue.language, figure.right
    return Row(
        (
            behaviour_text(figure.texts, figure.behaviour, language),
            _share(right),
            interval(right.low, right.high, rate=True),
            count(right.n),
            count(figure.not_applicable),
            count(right.missing),
            count(figure.unquoted),
            bounds(right, rate=True),
        )
    )


def _decision_points(figures: Sequence[BehaviourFigure], wording: Wording) -> Table:
    """When each behaviour applies, and whether it is asked for or forbidden."""
    language = wording.catalogue.language
    rows: list[Row] = []
    for guideline, several in groupby(figures, key=lambda figure: figure.guideline):
        rows.append(Row((wording.guideline(guideline),), heading=True))
        rows += [
            Row(
                (
                    behaviour_text(figure.texts, figure.behaviour, language),
                    wording.catalogue.label("behaviour", figure.kind) if figure.kind else DASH,
                    behaviour_text(figure.decision_points, DASH, language),
                    visible_line(figure.behaviour),
                )
            )
            for figure in several
        ]
    columns = (
        Column(_text("behaviour", wording), numeric=False),
        Column(_text("kind", wording), numeric=False),
        Column(_text("when", wording), numeric=False),
        Column(_text("id", wording), numeric=False),
    )
    return Table(_text("decision_points", wording), columns, tuple(rows))


def _charts(
    figures: Sequence[BehaviourFigure], place: int, title: str, wording: Wording
) -> tuple[Chart, ...]:
    """The shares with their intervals; nothing for a single one or more than ``MOST_DRAWN``."""
    rows = [_forest_row(figure, wording) for figure in figures if figure.right.value is not None]
    if not 2 <= len(rows) <= MOST_DRAWN:
        return ()
    axis = Axis(0.0, 1.0, "", is_rate=True)
    prefix = f"chart-behaviours-{place}"
    return tuple(forest_charts(rows, axis, (title, title), wording, prefix=prefix))


def _forest_row(figure: BehaviourFigure, wording: Wording) -> ForestRow:
    right = figure.right
    counted = f"n {count(right.n)} ({count(right.missing)})"
    shown = f"{_share(right)} · {counted}"
    point = Point("all", right.value or 0.0, right.low, right.high, shown, counted)
    label = behaviour_text(figure.texts, figure.behaviour, wording.catalogue.language)
    return ForestRow(label, (point,))


def _agreements(summary: RunSummary, wording: Wording) -> tuple[Table, ...]:
    known = {figure.behaviour: figure for figure in summary.behaviours}
    found = sorted(summary.behaviour_agreements, key=_judges)
    return tuple(
        _agreement(list(several), known, wording) for _, several in groupby(found, key=_judges)
    )


def _judges(agreement: BehaviourAgreement) -> tuple[str, str]:
    return agreement.first, agreement.second


def _agreement(
    several: Sequence[BehaviourAgreement],
    known: Mapping[str, BehaviourFigure],
    wording: Wording,
) -> Table:
    ui = wording.catalogue.ui
    caption = _text(
        "agreement_caption",
        wording,
        first=visible_line(several[0].first),
        second=visible_line(several[0].second),
    )
    columns = (
        Column(_text("behaviour", wording), numeric=False),
        Column(_text("same", wording)),
        Column(ui("n_missing")),
        Column(_text("kappa", wording), from_width=90),
        Column(_text("applies", wording), from_width=120),
        Column(ui("n_missing"), from_width=120),
    )
    rows: list[Row] = []
    for guideline, found in groupby(several, key=lambda one: one.behaviour.rpartition("/")[0]):
        if guideline:
            rows.append(Row((wording.guideline(guideline),), heading=True))
        rows += [_agreement_row(one, known.get(one.behaviour), wording) for one in found]
    note = wording.catalogue.joined(
        _text("agreement_note", wording),
        ui("heat_small_text", n=LEAST_APPLICABLE),
        ui("agreement_limit"),
    )
    return Table(caption, columns, tuple(rows), note)


def _agreement_row(one: BehaviourAgreement, known: BehaviourFigure | None, wording: Wording) -> Row:
    label = _text("all", wording)
    if one.behaviour:
        texts = known.texts if known else {}
        label = behaviour_text(texts, one.behaviour, wording.catalogue.language)
    same, applies = one.figures["same"], one.figures["applies"]
    return Row(
        (
            label,
            _figure(same, rate=True),
            _counted(same),
            _figure(one.figures["kappa"], rate=False),
            _figure(applies, rate=True),
            _counted(applies),
        )
    )


def _figure(estimate: Estimate, *, rate: bool) -> str:
    """Value and interval in one cell."""
    value = _share(estimate) if rate else number(estimate.value, rate=False)
    ends = interval(estimate.low, estimate.high, rate=rate)
    return value + (f" {ends}" if ends != DASH else "")


def _share(estimate: Estimate) -> str:
    """The share, marked where it is of few answers; a dash where it is of none."""
    is_weak = 0 < estimate.n < LEAST_APPLICABLE
    return with_unit(estimate.value, rate=True) + (_WEAK if is_weak else "")


def _counted(estimate: Estimate) -> str:
    return f"{count(estimate.n)} ({count(estimate.missing)})"


def _text(key: str, wording: Wording, **values: object) -> str:
    return wording.catalogue.text("behaviour", key, **values)
