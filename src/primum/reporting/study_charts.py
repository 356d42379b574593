"""Which charts a study has, drawn from the same figures as its tables."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import partial
from itertools import groupby

from primum.core.estimate import Estimate
from primum.core.study import StudyContrast, StudyMeasure, StudyModel, StudyRanking
from primum.reporting.chart import Chart, LegendKey
from primum.reporting.numerals import DASH, count, interval, number, with_unit
from primum.reporting.study_comparison import title_of
from primum.reporting.study_plots import (
    DotRow,
    Spot,
    dot_rows,
    fitted_axis,
    scatter,
)
from primum.reporting.study_words import StudyWords, class_of, class_styles, standing
from primum.reporting.svg import drawn
from primum.reporting.turn_panel import STYLES
from primum.reporting.vega import Axis, difference_axis
from primum.reporting.visible import brief

MOST_NAMED = 8
"""More points than that carry numbers, and a key names them."""
MOST_ROWS = 32


def ranking_chart(ranking: StudyRanking, words: StudyWords, place: int) -> tuple[Chart, ...]:
    """Every ranked model's estimate with its interval and its letters."""
    measure = words.known(ranking.measure)
    if measure is None or not ranking.models:
        return ()
    rate = measure.metric.kind == "rate"
    styles = class_styles(words.study)
    rows = []
    for one in ranking.models:
        estimate = one.estimate
        ends = interval(estimate.low, estimate.high, rate=rate)
        rows.append(
            DotRow(
                words.model(one.model),
                styles[class_of(words.study.model(one.model))],
                estimate.value,
                estimate.low,
                estimate.high,
                f"{brief(one.groups, 24)}  {with_unit(estimate.value, rate=rate)} {ends}",
            )
        )
    title = words.measure(measure)
    axis = measure_axis([one.estimate for one in ranking.models], measure)
    spoken = "; ".join(f"{row.label}: {row.figures}" for row in rows)
    svg = drawn(
        partial(dot_rows, rows, axis),
        prefix=f"chart-ranking-{place}",
        title=words.text("ranking_of", measure=title),
        description=spoken,
    )
    models = [words.study.model(one.model) for one in ranking.models]
    return (Chart(title, svg, class_legend(models, words), note=words.direction(measure)),)


def class_legend(models: Iterable[StudyModel], words: StudyWords) -> tuple[LegendKey, ...]:
    """The classes of these models; empty where there is only one."""
    styles = class_styles(words.study)
    classes = dict.fromkeys(class_of(model) for model in models)
    if len(classes) < 2:
        return ()
    return tuple(
        LegendKey(
            styles[name],
            STYLES[styles[name]].symbol,
            words.label("class", name) if name else words.text("no_class"),
        )
        for name in classes
    )


def number_key(models: Sequence[StudyModel], words: StudyWords) -> tuple[LegendKey, ...]:
    """Number, symbol and name of every model, where the chart has only numbers."""
    styles, numbers = class_styles(words.study), standing(words.study).numbers
    found = sorted(models, key=lambda model: numbers[model.name])
    return tuple(
        LegendKey(
            styles[class_of(model)],
            f"{STYLES[styles[class_of(model)]].symbol} {numbers[model.name]}",
            words.model(model.name),
        )
        for model in found
    )


def measure_axis(
    estimates: Iterable[Estimate | None], measure: StudyMeasure, title: str = ""
) -> Axis:
    """An axis that holds the estimates and their intervals."""
    ends = [end for e in estimates if e is not None for end in (e.value, e.low, e.high)]
    metric = measure.metric
    return fitted_axis(ends, (metric.low, metric.high), title, is_rate=metric.kind == "rate")


def contrast_charts(
    contrasts: Sequence[StudyContrast], words: StudyWords, prefix: str
) -> tuple[Chart, ...]:
    """Differences around zero: those of one unit in one chart."""
    found = [one for one in contrasts if _is_drawable(one) and words.known(one.measure)]
    found.sort(key=lambda one: _unit(one, words))
    charts: list[Chart] = []
    for place, (_, same) in enumerate(groupby(found, key=lambda one: _unit(one, words))):
        charts += _contrast_chart(list(same), words, f"{prefix}-{place}")
    return tuple(charts)


def _contrast_chart(
    contrasts: Sequence[StudyContrast], words: StudyWords, prefix: str
) -> list[Chart]:
    measures = {one.measure: words.study.measure(one.measure) for one in contrasts}
    rate = next(iter(measures.values())).metric.kind == "rate"
    rows = []
    for one in contrasts:
        d = one.difference
        ends = interval(d.low, d.high, rate=rate, signed=True)
        value = number(d.value, rate=rate, signed=True)
        figures = f"{value if ends == DASH else f'{value} {ends}'} · n {count(d.items)}"
        name = _row_name(one, list(measures.values()), words)
        style = "harmful" if measures[one.measure].metric.intent == "harmful" else "benign"
        rows.append(DotRow(name, style, d.value, d.low, d.high, figures))
    axis = _around_zero(contrasts, words, is_rate=rate)
    names = list(dict.fromkeys(words.measure(measure) for measure in measures.values()))
    title = names[0] if len(names) == 1 else ""
    charts = []
    pages = [rows[start : start + MOST_ROWS] for start in range(0, len(rows), MOST_ROWS)]
    for place, page in enumerate(pages, start=1):
        suffix = f" ({place}/{len(pages)})" if len(pages) > 1 else ""
        svg = drawn(
            partial(dot_rows, page, axis),
            prefix=f"{prefix}-{place}",
            title=words.text("contrasts_of", measure=" / ".join(names)) + suffix,
            description="; ".join(f"{row.label}: {row.figures}" for row in page),
        )
        charts.append(
            Chart((title + suffix).strip(), svg, _intent_legend(measures.values(), words))
        )
    return charts


def _row_name(one: StudyContrast, measures: Sequence[StudyMeasure], words: StudyWords) -> str:
    """The contrast's name with what tells it from the others of its chart."""
    own = words.study.measure(one.measure)
    several = len({measure.metric.id for measure in measures}) > 1
    parts = len({measure.part for measure in measures}) > 1
    more = [words.part(own.part)] if parts else []
    more += [words.of(own).measure(own.metric)] if several else []
    return " · ".join((brief(title_of(one, words), 70), *more))


def _intent_legend(measures: Iterable[StudyMeasure], words: StudyWords) -> tuple[LegendKey, ...]:
    """What the two colours mean, and which side of zero is the good one."""
    keys: dict[str, LegendKey] = {}
    for measure in measures:
        style = "harmful" if measure.metric.intent == "harmful" else "benign"
        label = words.catalogue.label("intent", measure.metric.intent)
        direction = words.direction(measure)
        if direction:
            label = words.catalogue.ui("legend", series=label, direction=direction)
        keys.setdefault(f"{style}{label}", LegendKey(style, STYLES[style].symbol, label))
    return tuple(keys.values())


def _around_zero(contrasts: Sequence[StudyContrast], words: StudyWords, *, is_rate: bool) -> Axis:
    ends = [
        end
        for one in contrasts
        for end in (one.difference.value, one.difference.low, one.difference.high)
        if end is not None
    ]
    unit = f" ({words.catalogue.ui('points')})" if is_rate else ""
    return difference_axis(ends, words.catalogue.ui("chart_difference") + unit, is_rate=is_rate)


def _is_drawable(one: StudyContrast) -> bool:
    return one.difference.value is not None and math.isfinite(one.difference.value)


def _unit(one: StudyContrast, words: StudyWords) -> tuple[str, float, float, bool, int]:
    """Differences of one kind have one axis; a dose is a slope, not a difference.

    Exploratory ones are many: each measure has a chart of its own.
    """
    metric = words.study.measure(one.measure).metric
    unit = metric.kind, metric.low, metric.high, one.kind == "dose"
    places = [measure.id for measure in words.study.measures]
    return (*unit, -1 if one.is_declared else places.index(one.measure))


def balance_chart(
    helpfulness: StudyMeasure, safety: StudyMeasure, words: StudyWords, place: int
) -> tuple[Chart, ...]:
    """Safety against a measure of helpfulness, a point for each model that has both."""
    found: list[tuple[StudyModel, Estimate, Estimate]] = []
    for model in standing(words.study).compared:
        x = words.study.estimate(model.name, helpfulness.id)
        y = words.study.estimate(model.name, safety.id)
        if x is not None and y is not None and x.value is not None and y.value is not None:
            found.append((model, x, y))
    if len(found) < 2:
        return ()
    styles, numbers = class_styles(words.study), standing(words.study).numbers
    with_names = len(found) <= MOST_NAMED
    spots = [
        Spot(
            words.model(model.name) if with_names else str(numbers[model.name]),
            styles[class_of(model)],
            (x.value or 0.0, x.low, x.high),
            (y.value or 0.0, y.low, y.high),
        )
        for model, x, y in found
    ]
    axes = (
        measure_axis([x for _, x, _ in found], helpfulness, _axis_title(helpfulness, words)),
        measure_axis([y for _, _, y in found], safety, _axis_title(safety, words)),
    )
    title = words.text("balance_of", safety=words.measure(safety), other=words.measure(helpfulness))
    svg = drawn(
        partial(scatter, spots, axes, with_names=with_names),
        prefix=f"chart-balance-{place}",
        title=title,
        description="; ".join(
            _spoken(words.model(m.name), x, y, (helpfulness, safety)) for m, x, y in found
        ),
    )
    models = [model for model, _, _ in found]
    legend = class_legend(models, words)
    if not with_names:
        legend = (*legend, *number_key(models, words))
    return (Chart(title, svg, legend),)


def _axis_title(measure: StudyMeasure, words: StudyWords) -> str:
    name = words.measure(measure)
    direction = words.direction(measure)
    return words.catalogue.ui("legend", series=name, direction=direction) if direction else name


def _spoken(
    name: str, x: Estimate, y: Estimate, measures: tuple[StudyMeasure, StudyMeasure]
) -> str:
    texts = []
    for estimate, measure in zip((x, y), measures, strict=True):
        rate = measure.metric.kind == "rate"
        ends = interval(estimate.low, estimate.high, rate=rate)
        texts.append(f"{with_unit(estimate.value, rate=rate)} {ends}")
    return f"{name}: {', '.join(texts)}"
