"""The pictures of an improvement: what is gained against what is lost, and learning curves."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from primum.core.improve import ImproveEstimate, ImproveObjective, ImprovePoint, LearningCurve
from primum.reporting.chart import Chart, LegendKey
from primum.reporting.improve_words import ImproveWords
from primum.reporting.numerals import count, interval, with_unit
from primum.reporting.study_plots import Spot, fitted_axis, scatter
from primum.reporting.svg import drawn
from primum.reporting.turn_panel import STYLES
from primum.reporting.vega import Axis
from primum.reporting.visible import brief
from primum.reporting.watch_plot import DriftLine, DriftMarks, DriftPoint, drift_lines

MOST_NAMED = 6
"""More points than that are numbered, with a key below the chart."""
_LINES = ("line1", "line2", "line3", "line4", "line5", "line6")
_BASELINE_STYLE = "all"


def front_charts(words: ImproveWords) -> tuple[Chart, ...]:
    """Safety against each of the other objectives."""
    summary = words.summary
    safety, *others = summary.objectives
    charts = [_front(other, safety, words, place) for place, other in enumerate(others)]
    return tuple(chart for chart in charts if chart is not None)


def _front(
    other: ImproveObjective, safety: ImproveObjective, words: ImproveWords, place: int
) -> Chart | None:
    points = [
        (point, x, y)
        for point in (words.summary.baseline, *words.summary.points)
        if (x := point.levels[other.name]).value is not None
        and (y := point.levels[safety.name]).value is not None
    ]
    if len(points) < 2:
        return None
    styles = _styles(words)
    with_names = len(points) <= MOST_NAMED
    spots = [
        Spot(
            words.point(point.name) if with_names else str(number),
            styles[point.candidate],
            (x.value or 0.0, x.low, x.high),
            (y.value or 0.0, y.low, y.high),
        )
        for number, (point, x, y) in enumerate(points)
    ]
    axes = (
        _axis([x for _, x, _ in points], other, words),
        _axis([y for _, _, y in points], safety, words),
    )
    title = words.text("chart_front", x=words.objective(other.name), y=words.objective(safety.name))
    svg = drawn(
        partial(scatter, spots, axes, with_names=with_names),
        prefix=f"chart-front-{place}",
        title=title,
        description="; ".join(
            f"{words.point(point.name)}: {_spoken(x, other)}, {_spoken(y, safety)}"
            for point, x, y in points
        ),
    )
    legend = _legend([point for point, _, _ in points], words, with_names=with_names)
    note = words.catalogue.joined(
        _rests(safety, [y for _, _, y in points], words),
        _rests(other, [x for _, x, _ in points], words),
    )
    return Chart(title, svg, legend, note=note)


def _rests(
    objective: ImproveObjective, estimates: Sequence[ImproveEstimate], words: ImproveWords
) -> str:
    """How many items the figures of a chart rest on; the least and the most where they differ."""
    sizes = sorted({one.items for one in estimates})
    shown = count(sizes[0]) if len(sizes) == 1 else f"{count(sizes[0])}–{count(sizes[-1])}"
    missing = count(sum(one.missing for one in estimates))
    name = words.objective(objective.name)
    return words.text("chart_rests", objective=name, n=shown, missing=missing)


def _legend(
    points: Sequence[ImprovePoint], words: ImproveWords, *, with_names: bool
) -> tuple[LegendKey, ...]:
    """Candidates by colour and symbol; where points are numbered, each number."""
    styles = _styles(words)
    if with_names:
        candidates = dict.fromkeys(point.candidate for point in points)
        if len(candidates) == len(points):
            return ()
        return tuple(_key(styles[name], "", _candidate(name, words)) for name in candidates)
    return tuple(
        _key(styles[point.candidate], f" {number}", words.point(point.name))
        for number, point in enumerate(points)
    )


def _key(style: str, number: str, label: str) -> LegendKey:
    return LegendKey(style, f"{STYLES[style].symbol}{number}", label)


def curve_charts(words: ImproveWords) -> tuple[Chart, ...]:
    """Every objective over the number of demonstrations, and over that of updates."""
    charts = []
    for axis in ("size", "updates"):
        curves = [curve for curve in words.summary.curves if curve.axis == axis]
        if curves:
            charts += [_curve(curves[:6], one, words) for one in words.summary.objectives]
    return tuple(charts)


def _curve(
    curves: Sequence[LearningCurve], objective: ImproveObjective, words: ImproveWords
) -> Chart:
    summary = words.summary
    ticks = sorted({value for curve in curves for value in curve.at})
    baseline = summary.baseline.levels[objective.name]
    lines = [_line_of(_BASELINE_STYLE, [(0, baseline)])]
    keys = [_key(_BASELINE_STYLE, "", words.text("baseline"))]
    shown = [baseline]
    for style, curve in zip(_LINES, curves, strict=False):
        found = [
            (1 + ticks.index(at), summary.point(name).levels[objective.name])
            for name, at in zip(curve.points, curve.at, strict=True)
        ]
        shown += [estimate for _, estimate in found]
        lines.append(_line_of(style, found))
        keys.append(_key(style, "", _curve_name(curve, curves, words)))
    names = [words.text("baseline"), *(f"{tick:g}" for tick in ticks)]
    axis = _axis(shown, objective, words)
    title = words.text(f"chart_curve_{curves[0].axis}", objective=words.objective(objective.name))
    svg = drawn(
        partial(drift_lines, lines, names, axis, DriftMarks()),
        prefix=f"chart-curve-{curves[0].axis}-{objective.name.replace('_', '-')}",
        title=title,
        description="; ".join(
            f"{words.point(name)}: {_spoken(summary.point(name).levels[objective.name], objective)}"
            for curve in curves
            for name in curve.points
        ),
    )
    note = _rests(objective, shown, words)
    grown = [curve.candidate for curve in curves if curve.also_varies]
    if grown:
        names_shown = words.catalogue.listed(*(brief(name, 60) for name in dict.fromkeys(grown)))
        updates = words.text("curve_note_updates", candidates=names_shown)
        note = words.catalogue.joined(updates, note)
    return Chart(title, svg, tuple(keys), note=note)


def _line_of(style: str, found: Sequence[tuple[int, ImproveEstimate]]) -> DriftLine:
    return DriftLine(
        style,
        tuple(
            DriftPoint(place, one.value, one.low, one.high)
            for place, one in found
            if one.value is not None
        ),
    )


def _curve_name(curve: LearningCurve, curves: Sequence[LearningCurve], words: ImproveWords) -> str:
    name = brief(curve.candidate, 60)
    if sum(one.candidate == curve.candidate for one in curves) < 2:
        return name
    beside = words.catalogue.listed(*(words.axis(*one) for one in curve.beside.items()))
    return words.text("curve_beside", candidate=name, beside=beside)


def _styles(words: ImproveWords) -> dict[str, str]:
    """Candidate → style; the baseline's own. More than six candidates share them in turn."""
    candidates = dict.fromkeys(point.candidate for point in words.summary.points)
    found = {name: _LINES[place % len(_LINES)] for place, name in enumerate(candidates)}
    return {"": _BASELINE_STYLE, **found}


def _candidate(name: str, words: ImproveWords) -> str:
    return brief(name, 60) if name else words.text("baseline")


def _axis(
    estimates: Sequence[ImproveEstimate], objective: ImproveObjective, words: ImproveWords
) -> Axis:
    metric = objective.metric
    ends = [end for one in estimates for end in (one.value, one.low, one.high)]
    return fitted_axis(
        ends, (metric.low, metric.high), words.metric(objective), is_rate=metric.kind == "rate"
    )


def _spoken(estimate: ImproveEstimate, objective: ImproveObjective) -> str:
    rate = objective.metric.kind == "rate"
    ends = interval(estimate.low, estimate.high, rate=rate)
    return f"{with_unit(estimate.value, rate=rate)} {ends}"
