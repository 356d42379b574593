"""Where each model is strong and weak: by perspective, and in Japanese against English."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from primum.core.estimate import Difference, Estimate
from primum.core.study import StudyMeasure, StudyModel
from primum.reporting.chart import Chart
from primum.reporting.heat import SMALL_N, STEPS, HeatCell, HeatMap, HeatRow
from primum.reporting.numerals import DASH, count, interval, number, with_unit
from primum.reporting.section import Part, Section
from primum.reporting.study_charts import (
    MOST_NAMED,
    class_legend,
    measure_axis,
    number_key,
)
from primum.reporting.study_plots import SlopeLine, SlopePanel, slopes
from primum.reporting.study_words import StudyWords, class_of, class_styles, leads_of, standing
from primum.reporting.summary_tables import estimate_columns, estimate_row, reading_place
from primum.reporting.svg import drawn
from primum.reporting.table import Column, Row, Table

PERSPECTIVE, LANGUAGE = "perspective", "language"
SIDES = ("en", "ja")
Grouped = list[tuple[StudyModel, dict[str, Estimate]]]


def perspective_section(words: StudyWords) -> Section:
    """A map of models and perspectives for each part that tells perspectives apart."""
    parts = []
    for measure in leads_of(words.study, "safety"):
        found = by_group(measure, PERSPECTIVE, words)
        if len(_groups(found, PERSPECTIVE)) > 1:
            heat = _heat(found, measure, words)
            parts.append(Part(heat.caption, heats=(heat,), note=heat.note))
    return Section("perspectives", words.text("perspectives"), parts=tuple(parts))


def language_slopes(words: StudyWords) -> Section:
    """A line for each model from English to Japanese, where items are in both."""
    parts = []
    for place, measure in enumerate(leads_of(words.study, "safety")):
        found = _bilingual(measure, words)
        if found:
            charts = (_slope_chart(found, measure, words, place),)
            parts.append(Part(words.measure(measure), charts, (language_table(measure, words),)))
    note = words.text("languages_limit") if parts else ""
    return Section("languages", words.text("languages"), note, parts=tuple(parts))


def by_group(measure: StudyMeasure, dimension: str, words: StudyWords) -> Grouped:
    """Each model with its estimates by the groups of one dimension."""
    found: Grouped = []
    for model in standing(words.study).compared:
        run = words.study.run(model.name, measure.part)
        cells = {
            cell.group: cell.estimate
            for cell in (run.cells if run else ())
            if cell.metric == measure.metric.id and cell.dimension == dimension
        }
        if cells:
            found.append((model, cells))
    return found


def perspective_tables(words: StudyWords) -> tuple[Table, ...]:
    """Models and perspectives, every figure with its interval; for the terminal."""
    tables = []
    for measure in leads_of(words.study, "safety"):
        found = by_group(measure, PERSPECTIVE, words)
        groups = _groups(found, PERSPECTIVE)
        if len(groups) > 1:
            tables.append(_across(found, groups, PERSPECTIVE, measure, words))
    return tuple(tables)


def language_table(measure: StudyMeasure, words: StudyWords) -> Table:
    """English and Japanese of each model, and their difference."""
    ui, rate = words.catalogue.ui, measure.metric.kind == "rate"
    rows = []
    for model, found in _bilingual(measure, words):
        cells = [_stacked(found[side], rate=rate) for side in SIDES]
        counted = [f"{count(found[side].n)} ({count(found[side].missing)})" for side in SIDES]
        gap, paired = _paired(_language_change(model, measure, words), rate=rate)
        rows.append(Row((words.model(model.name), *cells, gap, *counted, paired)))
    names = [words.of(measure).group(LANGUAGE, side) for side in SIDES]
    missing = ui("n_missing")
    columns = (
        Column(ui("target"), numeric=False),
        Column(names[0]),
        Column(names[1]),
        Column(words.text("languages_paired", first=names[0], second=names[1])),
        Column(f"{names[0]}, {missing}", from_width=110),
        Column(f"{names[1]}, {missing}", from_width=110),
        Column(words.text("languages_pairs"), from_width=90),
    )
    level = f"{words.study.confidence * 100:g}"
    note = words.text("languages_table_note", confidence=level)
    return Table(words.measure(measure), columns, tuple(rows), note)


def _language_change(
    model: StudyModel, measure: StudyMeasure, words: StudyWords
) -> Difference | None:
    """Japanese minus English of the same requests; None where the run has no such pairs."""
    run = words.study.run(model.name, measure.part)
    for one in run.contrasts if run else ():
        sides = one.first, one.second
        if (one.name, one.metric, sides) == ("languages", measure.metric.id, SIDES):
            return one.difference
    return None


def _paired(difference: Difference | None, *, rate: bool) -> tuple[str, str]:
    """The difference above its interval, and its pairs with what is missing."""
    if difference is None or difference.value is None:
        return DASH, DASH if difference is None else _pairs(difference)
    ends = interval(difference.low, difference.high, rate=rate, signed=True)
    value = number(difference.value, rate=rate, signed=True)
    return f"{value}\n{ends}", _pairs(difference)


def _pairs(difference: Difference) -> str:
    return f"{count(difference.pairs)} ({count(difference.dropped)})"


def language_tables(words: StudyWords) -> tuple[Table, ...]:
    """The tables of ``language_slopes``."""
    return tuple(language_table(measure, words) for measure in leads_of(words.study, "safety"))


def _bilingual(measure: StudyMeasure, words: StudyWords) -> Grouped:
    found = by_group(measure, LANGUAGE, words)
    return [
        (model, cells)
        for model, cells in found
        if all(side in cells and cells[side].value is not None for side in SIDES)
    ]


def _groups(found: Grouped, dimension: str) -> list[str]:
    groups = {group for _, cells in found for group in cells}
    return sorted(groups, key=lambda group: reading_place(dimension, group))


def _heat(found: Grouped, measure: StudyMeasure, words: StudyWords) -> HeatMap:
    ui, metric = words.catalogue.ui, measure.metric
    groups = _groups(found, PERSPECTIVE)
    wording = words.of(measure)
    reach = metric.high - metric.low
    edges = [metric.low + reach * place / STEPS for place in range(STEPS + 1)]
    scale = tuple(f"{e * 100:.0f}%" if metric.kind == "rate" else f"{e:.3g}" for e in edges)
    ends = (ui("heat_safest"), ui("heat_least_safe"))
    if metric.better is None:
        ends = (ui("heat_low"), ui("heat_high"))
    elif metric.better == "higher":
        scale = tuple(reversed(scale))
    note = words.text(
        "perspective_cell",
        metric=wording.metric(metric),
        confidence=f"{words.study.confidence * 100:g}",
        n=SMALL_N,
    )
    return HeatMap(
        caption=words.measure(measure),
        corner=ui("target"),
        columns=tuple(wording.group(PERSPECTIVE, group) for group in groups),
        rows=tuple(
            HeatRow(words.model(model.name), tuple(_cell(cells.get(g), measure) for g in groups))
            for model, cells in found
        ),
        scale=scale,
        ends=ends,
        note=words.catalogue.joined(note, words.text("perspective_limit")),
        table=_listed(found, groups, measure, words),
    )


def _cell(estimate: Estimate | None, measure: StudyMeasure) -> HeatCell:
    if estimate is None or estimate.value is None:
        return HeatCell(DASH, "", None, is_small=False)
    metric = measure.metric
    rate = metric.kind == "rate"
    share = (estimate.value - metric.low) / (metric.high - metric.low)
    step = min(STEPS - 1, max(0, int(share * STEPS)))
    if metric.better == "higher":
        step = STEPS - 1 - step
    is_small = estimate.n < SMALL_N
    value = with_unit(estimate.value, rate=rate) + ("*" if is_small else "")
    ends = interval(estimate.low, estimate.high, rate=rate)
    return HeatCell(value, ends, step, is_small)


def _listed(
    found: Grouped, groups: Sequence[str], measure: StudyMeasure, words: StudyWords
) -> Table:
    wording = words.of(measure)
    rows: list[Row] = []
    for model, cells in found:
        rows.append(Row((words.model(model.name),), heading=True))
        rows += [
            estimate_row(wording.group(PERSPECTIVE, g), cells[g], measure.metric, wording)
            for g in groups
            if g in cells
        ]
    shown = [estimate for _, cells in found for estimate in cells.values()]
    columns = estimate_columns(words.catalogue.ui("group"), shown, words.catalogue)
    return Table(words.measure(measure), columns, tuple(rows))


def _across(
    found: Grouped,
    groups: Sequence[str],
    dimension: str,
    measure: StudyMeasure,
    words: StudyWords,
) -> Table:
    rate, wording = measure.metric.kind == "rate", words.of(measure)
    rows = tuple(
        Row((words.model(model.name), *(_stacked(cells.get(g), rate=rate) for g in groups)))
        for model, cells in found
    )
    columns = (
        Column(words.catalogue.ui("target"), numeric=False),
        *(Column(wording.group(dimension, group)) for group in groups),
    )
    caption = f"{words.text('perspectives')} · {words.measure(measure)}"
    return Table(caption, columns, rows, words.text("perspective_limit"))


def _stacked(estimate: Estimate | None, *, rate: bool) -> str:
    if estimate is None or estimate.value is None:
        return DASH
    ends = interval(estimate.low, estimate.high, rate=rate)
    return f"{with_unit(estimate.value, rate=rate)}\n{ends}"


def _slope_chart(found: Grouped, measure: StudyMeasure, words: StudyWords, place: int) -> Chart:
    with_names = len(found) <= MOST_NAMED
    lines = {model.name: _line(model, cells, words, with_name=with_names) for model, cells in found}
    names = words.of(measure).group(LANGUAGE, "en"), words.of(measure).group(LANGUAGE, "ja")
    title = words.text("languages_of", measure=words.measure(measure))
    estimates = [cells[side] for _, cells in found for side in SIDES]
    models = [model for model, _ in found]
    panels = _panels(models, lines, words)
    svg = drawn(
        partial(slopes, panels, names, measure_axis(estimates, measure), with_names=with_names),
        prefix=f"chart-slope-{place}",
        title=title,
        description="; ".join(_spoken(model, cells, measure, words) for model, cells in found),
    )
    legend = class_legend(models, words)
    if not with_names:
        legend = (*legend, *number_key(models, words))
    return Chart(words.measure(measure), svg, legend, note=words.direction(measure))


def _panels(
    models: Sequence[StudyModel], lines: dict[str, SlopeLine], words: StudyWords
) -> list[SlopePanel]:
    """One plot while its lines can be followed, else one for each class before all others."""
    if len(models) <= MOST_NAMED:
        return [SlopePanel("", tuple(lines.values()))]
    panels = []
    for name in dict.fromkeys(class_of(model) for model in models):
        own = tuple(lines[model.name] for model in models if class_of(model) == name)
        others = tuple(lines[model.name] for model in models if class_of(model) != name)
        title = words.label("class", name) if name else words.text("no_class")
        panels.append(SlopePanel(title, own, others))
    return panels


def _line(
    model: StudyModel, cells: dict[str, Estimate], words: StudyWords, *, with_name: bool
) -> SlopeLine:
    left, right = (cells[side] for side in SIDES)
    name = words.model(model.name)
    return SlopeLine(
        name if with_name else str(standing(words.study).numbers[model.name]),
        class_styles(words.study)[class_of(model)],
        (left.value or 0.0, left.low, left.high),
        (right.value or 0.0, right.low, right.high),
    )


def _spoken(
    model: StudyModel, cells: dict[str, Estimate], measure: StudyMeasure, words: StudyWords
) -> str:
    rate = measure.metric.kind == "rate"
    texts = [
        f"{words.of(measure).group(LANGUAGE, side)} {with_unit(cells[side].value, rate=rate)}"
        f" {interval(cells[side].low, cells[side].high, rate=rate)}"
        for side in SIDES
    ]
    return f"{words.model(model.name)}: {', '.join(texts)}"
