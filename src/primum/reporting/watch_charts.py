"""The charts of a watch: one for each measure and profile, and the time line of versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

from primum.core.watch import PanelName, WatchChangePoint, WatchSeries, WatchVersion
from primum.reporting.chart import Chart, LegendKey
from primum.reporting.numerals import interval, with_unit
from primum.reporting.study_plots import fitted_axis
from primum.reporting.svg import drawn
from primum.reporting.turn_panel import STYLES
from primum.reporting.watch_plot import (
    DriftLine,
    DriftMarks,
    DriftPoint,
    Span,
    TimeRow,
    drift_lines,
    time_rows,
)
from primum.reporting.watch_words import WatchWords

STYLE: dict[PanelName, str] = {"fixed": "line1", "rotating": "line2"}


def drift_charts(words: WatchWords) -> tuple[Chart, ...]:
    """One chart for each measure of each profile: fixed panel and new items together."""
    found: dict[tuple[str, str, str], list[WatchSeries]] = {}
    for series in words.shown:
        found.setdefault((series.profile, series.part, series.metric.id), []).append(series)
    charts = (_drift(several, words, place) for place, several in enumerate(found.values()))
    return tuple(chart for chart in charts if chart is not None)


def _drift(several: Sequence[WatchSeries], words: WatchWords, place: int) -> Chart | None:
    first = several[0]
    rate = first.metric.kind == "rate"
    numbers = [one.number for one in words.watch.occasions if one.is_complete]
    at = {number: n for n, number in enumerate(numbers)}
    sounded = {(alarm.series, alarm.occasion) for alarm in words.watch.alarms}
    lines = [
        DriftLine(
            STYLE[series.panel],
            tuple(
                DriftPoint(
                    at[point.occasion],
                    point.estimate.value,
                    point.estimate.low,
                    point.estimate.high,
                    (series.id, point.occasion) in sounded,
                )
                for point in series.points
                if point.estimate.value is not None
            ),
        )
        for series in several
    ]
    ends = [e for line in lines for p in line.points for e in (p.value, p.low, p.high)]
    if not ends:
        return None
    axis = fitted_axis(ends, (first.metric.low, first.metric.high), "", is_rate=rate)
    title = words.measure(first)
    changes = {change.occasion for change in words.watch.version_changes
               if change.profile == first.profile and not change.judge}  # fmt: skip
    marks = DriftMarks(
        versions=tuple(at[number] for number in sorted(changes) if number in at),
        shaded=_shaded(first.change_point, at),
        beginnings=tuple(at[number] for number in words.watch.segments[1:] if number in at),
    )
    labels = [str(number) for number in numbers]
    svg = drawn(
        partial(drift_lines, lines, labels, axis, marks),
        prefix=f"chart-drift-{place}",
        title=words.text("drift_of", measure=title),
        description="; ".join(_spoken(several, words)),
    )
    legend = tuple(
        LegendKey(
            STYLE[one.panel], STYLES[STYLE[one.panel]].symbol, words.text(f"{one.panel}_legend")
        )
        for one in several
    )
    return Chart(title, svg, legend if len(several) > 1 else (), note=_direction(first, words))


def _shaded(change: WatchChangePoint | None, at: dict[int, int]) -> tuple[int, ...]:
    if change is None or not change.is_notable:
        return ()
    return tuple(at[number] for number in (change.plausible or (change.occasion,)) if number in at)


def _direction(series: WatchSeries, words: WatchWords) -> str:
    if series.metric.better is None:
        return ""
    if series.role == "missing":
        return words.text("chart_missing")
    suffix = "" if series.role == "safety" else "_benign"
    return words.catalogue.ui(f"chart_{series.metric.better}{suffix}")


def _spoken(several: Sequence[WatchSeries], words: WatchWords) -> Iterator[str]:
    for series in several:
        rate = series.metric.kind == "rate"
        for point in series.points:
            one = point.estimate
            value = f"{with_unit(one.value, rate=rate)} {interval(one.low, one.high, rate=rate)}"
            yield words.text(
                "drift_spoken",
                panel=words.panel(series.panel),
                occasion=point.occasion,
                value=value,
            )


def timeline_chart(words: WatchWords) -> tuple[Chart, ...]:
    """What every endpoint reported of itself, occasion by occasion."""
    numbers = [one.number for one in words.watch.occasions]
    rows = list(_time_rows(words))
    if not rows:
        return ()
    svg = drawn(
        partial(time_rows, rows, [str(number) for number in numbers]),
        prefix="chart-timeline",
        title=words.text("timeline_chart"),
        description="; ".join(
            f"{row.label}, {numbers[span.first]}–{numbers[span.last]}: {span.text}"
            for row in rows
            for span in row.spans
        ),
    )
    return (Chart(words.text("timeline_chart"), svg),)


def _time_rows(words: WatchWords) -> Iterator[TimeRow]:
    sources = dict.fromkeys(
        (version.profile, version.judge)
        for occasion in words.watch.occasions
        for version in occasion.versions
    )
    for profile, judge in sources:
        for what in ("model_reported", "system_fingerprint"):
            values = [
                _reported(
                    [v for v in one.versions if (v.profile, v.judge) == (profile, judge)], what
                )
                for one in words.watch.occasions
            ]
            if any(values):
                label = f"{words.who(profile, judge)}: {words.text(f'what_{what}')}"
                yield TimeRow(label, tuple(_spans(values, words)))


def _reported(versions: Sequence[WatchVersion], what: str) -> tuple[str, ...]:
    return tuple(sorted({value for one in versions if (value := str(getattr(one, what)))}))


def _spans(values: Sequence[tuple[str, ...]], words: WatchWords) -> Iterator[Span]:
    place = 0
    for value, several in groupby(values):
        size = len(list(several))
        yield Span(place, place + size - 1, words.versions(value))
        place += size
