"""How the safety of each model changes over the turns of its conversations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from primum.core.estimate import Estimate
from primum.core.study import StudyMeasure, StudyModel
from primum.core.summary import Contrast
from primum.reporting.chart import Chart, LegendKey
from primum.reporting.numerals import DASH, interval, number, p_value, with_unit
from primum.reporting.section import Part, Section
from primum.reporting.study_charts import class_legend, measure_axis
from primum.reporting.study_words import StudyWords, class_of, class_styles, leads_of, standing
from primum.reporting.svg import drawn
from primum.reporting.table import Column, Row, Table
from primum.reporting.turn_panel import TurnPanel, TurnPoint, TurnSeries, turn_panels

MOST_PANELS = 12
_MOST_PRINTED = 4
"""More turns than that leave no room for values above the intervals."""
Turns = Mapping[str, Estimate]


def turns_section(words: StudyWords) -> Section:
    """One part for each protocol whose conversations have turns."""
    parts = []
    for place, measure in enumerate(leads_of(words.study, "safety")):
        found = turns_of(measure, words)
        if found:
            table = turns_table(measure, words)
            title = words.measure(measure)
            parts.append(Part(title, _charts(found, measure, words, place), (table,)))
    note = words.catalogue.joined(words.text("turns_note"), words.catalogue.ui("decay_limit"))
    return Section("decay", words.catalogue.ui("decay"), note if parts else "", parts=tuple(parts))


def turns_of(measure: StudyMeasure, words: StudyWords) -> list[tuple[StudyModel, Turns]]:
    """Each model that has more than one turn, with its estimates turn by turn."""
    found: list[tuple[StudyModel, Turns]] = []
    for model in standing(words.study).compared:
        run = words.study.run(model.name, measure.part)
        cells = [
            cell
            for cell in (run.cells if run else ())
            if cell.metric == measure.metric.id and cell.dimension == "turn"
        ]
        cells.sort(key=lambda cell: (len(cell.group), cell.group))
        if len(cells) > 1:
            found.append((model, {cell.group: cell.estimate for cell in cells}))
    return found


def turns_table(measure: StudyMeasure, words: StudyWords) -> Table:
    """A row for each model: its estimate on every turn, and last minus first."""
    found = turns_of(measure, words)
    turns = _all_turns(found)
    rate = measure.metric.kind == "rate"
    rows = []
    for model, estimates in found:
        cells = [_cell(estimates.get(turn), rate=rate) for turn in turns]
        change = words.study.turn_change(model.name, measure.id)
        rows.append(Row((words.model(model.name), *cells, *_change(change, rate=rate))))
    ui = words.catalogue.ui
    ends = {*turns[:1], *turns[-1:]}
    columns = (
        Column(ui("target"), numeric=False),
        *(Column(ui("turn_n", n=turn), from_width=0 if turn in ends else 100) for turn in turns),
        Column(words.text("decay_column"), from_width=76),
        Column(ui("p_value"), from_width=90),
    )
    level = f"{words.study.confidence * 100:g}"
    return Table(
        words.measure(measure),
        columns,
        tuple(rows),
        words.text("turns_table_note", confidence=level),
    )


def _all_turns(found: Sequence[tuple[StudyModel, Turns]]) -> list[str]:
    turns = {turn for _, estimates in found for turn in estimates}
    return sorted(turns, key=lambda turn: (len(turn), turn))


def _cell(estimate: Estimate | None, *, rate: bool) -> str:
    if estimate is None or estimate.value is None:
        return DASH
    ends = interval(estimate.low, estimate.high, rate=rate)
    return f"{with_unit(estimate.value, rate=rate)}\n{ends}"


def _change(change: Contrast | None, *, rate: bool) -> tuple[str, str]:
    if change is None or change.difference.value is None:
        return DASH, DASH
    difference = change.difference
    ends = interval(difference.low, difference.high, rate=rate, signed=True)
    value = number(difference.value, rate=rate, signed=True)
    return f"{value}\n{ends}", p_value(difference.p_value)


def _charts(
    found: Sequence[tuple[StudyModel, Turns]], measure: StudyMeasure, words: StudyWords, place: int
) -> tuple[Chart, ...]:
    turns = _all_turns(found)
    styles = class_styles(words.study)
    together = tuple(_together(found, turn) for turn in turns)
    panels = []
    for model, estimates in found:
        points = _points(estimates, turns, measure)
        series = TurnSeries(styles[class_of(model)], points)
        panels.append(TurnPanel(words.model(model.name), (series,), together))
    axis = measure_axis([e for _, estimates in found for e in estimates.values()], measure)
    pages = [panels[start : start + MOST_PANELS] for start in range(0, len(panels), MOST_PANELS)]
    legend = (
        *class_legend([model for model, _ in found], words),
        LegendKey("all", "┄", words.text("turns_reference")),
    )
    charts = []
    for number_, page in enumerate(pages, start=1):
        suffix = f" ({number_}/{len(pages)})" if len(pages) > 1 else ""
        svg = drawn(
            partial(turn_panels, page, turns, axis),
            prefix=f"chart-turns-{place}-{number_}",
            title=f"{words.measure(measure)}: {words.catalogue.ui('decay')}{suffix}",
            description="; ".join(_spoken(panel) for panel in page),
        )
        note = words.direction(measure) if number_ == len(pages) else ""
        charts.append(Chart(words.measure(measure) + suffix, svg, legend, note=note))
    return tuple(charts)


def _together(found: Sequence[tuple[StudyModel, Turns]], turn: str) -> float | None:
    values = [e[turn].value for _, e in found if turn in e]
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known else None


def _points(estimates: Turns, turns: Sequence[str], measure: StudyMeasure) -> tuple[TurnPoint, ...]:
    rate = measure.metric.kind == "rate"
    return tuple(
        TurnPoint(
            turns.index(turn),
            estimate.value,
            estimate.low,
            estimate.high,
            number(estimate.value, rate=rate) if len(turns) <= _MOST_PRINTED else "",
        )
        for turn, estimate in estimates.items()
        if estimate.value is not None
    )


def _spoken(panel: TurnPanel) -> str:
    points = panel.series[0].points
    return f"{panel.title}: {', '.join(point.text or f'{point.value:.3g}' for point in points)}"
