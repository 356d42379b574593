"""The tables of a watch: alarms, change points, new against fixed items, time line, all figures."""

from __future__ import annotations

from collections.abc import Iterator

from primum.core.watch import WatchOccasion, WatchPoint, WatchSeries
from primum.reporting.numerals import DASH, bounds, count, interval, number, p_value, with_unit
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief
from primum.reporting.watch_words import WatchWords


def alarm_table(words: WatchWords) -> Table:
    """Every alarm, the newest last."""
    text = words.text
    columns = (
        Column(text("occasion"), numeric=False),
        Column(text("series"), numeric=False),
        Column(text("rule"), numeric=False),
        Column(text("p_value")),
        Column(text("evidence"), from_width=70),
        Column(text("state"), numeric=False),
    )
    rows = []
    for alarm in words.watch.alarms:
        series = words.watch.one(alarm.series)
        point = next(one for one in series.points if one.occasion == alarm.occasion)
        rows.append(
            Row(
                (
                    words.occasion(alarm.occasion),
                    words.series(series),
                    text(f"rule_{alarm.rule}"),
                    exact_p(point.p_value),
                    evidence(point.evidence),
                    text("standing" if alarm.is_standing else "accepted"),
                )
            )
        )
    return Table(text("alarms"), columns, tuple(rows), text("alarms_note"))


def change_table(words: WatchWords) -> Table:
    """The most likely change of each series of the fixed panel."""
    text = words.text
    columns = (
        Column(text("series"), numeric=False),
        Column(text("change_point")),
        Column(text("plausible"), numeric=False, from_width=90),
        Column(text("change_difference")),
        Column(words.catalogue.ui("interval", confidence=f"{words.watch.confidence * 100:g}")),
        Column(text("p_value"), from_width=80),
        Column(text("adjusted_p")),
        Column(text("direction"), numeric=False, from_width=100),
    )
    rows = tuple(_change_row(one, words) for one in words.shown if one.change_point)
    return Table(text("change_points"), columns, rows, text("change_note"))


def _change_row(series: WatchSeries, words: WatchWords) -> Row:
    change = series.change_point
    assert change is not None, "asked of series with one"  # noqa: S101
    rate = series.metric.kind == "rate"
    others = [str(one) for one in change.plausible if one != change.occasion]
    return Row(
        (
            words.measure(series),
            str(change.occasion),
            words.catalogue.listed(*others) or DASH,
            difference(change.difference, words, rate=rate),
            interval(change.low, change.high, rate=rate, signed=True),
            p_value(change.p_value),
            p_value(change.adjusted_p),
            words.text("worse" if change.is_worse else "better") if change.is_notable else DASH,
        )
    )


def gap_tables(words: WatchWords) -> tuple[Table, ...]:
    """New items minus fixed items on every occasion, one table for each measure."""
    text = words.text
    columns = (
        Column(text("occasion"), numeric=False),
        Column(text("fixed")),
        Column(text("rotating")),
        Column(text("gap")),
        Column(words.catalogue.ui("interval", confidence=f"{words.watch.confidence * 100:g}")),
    )
    tables = []
    for series in words.watch.series:
        if series.gaps:
            rows = tuple(_gap_rows(series, words))
            tables.append(Table(words.measure(series), columns, rows, text("gaps_note")))
    return tuple(tables)


def _gap_rows(series: WatchSeries, words: WatchWords) -> Iterator[Row]:
    rate = series.metric.kind == "rate"
    fixed_id = series.id.replace("/rotating:", "/fixed:", 1)
    fixed = {point.occasion: point for point in words.watch.one(fixed_id).points}
    new = {point.occasion: point for point in series.points}
    for gap in series.gaps:
        yield Row(
            (
                words.occasion(gap.occasion),
                with_unit(fixed[gap.occasion].estimate.value, rate=rate),
                with_unit(new[gap.occasion].estimate.value, rate=rate),
                difference(gap.value, words, rate=rate),
                interval(gap.low, gap.high, rate=rate, signed=True),
            )
        )


def timeline_table(words: WatchWords) -> Table:
    """Every occasion with who answered."""
    text = words.text
    columns = (
        Column(text("occasion"), numeric=False),
        Column(text("begun"), numeric=False),
        Column(text("who"), numeric=False),
        Column(text("reported"), numeric=False),
        Column(text("fingerprint"), numeric=False, from_width=90),
        Column(text("calls"), from_width=80),
        Column(text("change"), numeric=False, from_width=110),
    )
    rows = [row for one in words.watch.occasions for row in _time_rows(one, words)]
    return Table(text("timeline"), columns, tuple(rows), text("timeline_note"))


def _time_rows(occasion: WatchOccasion, words: WatchWords) -> Iterator[Row]:
    name = words.occasion(occasion.number)
    if not occasion.is_complete:
        name = f"{name} ({words.text('unfinished_mark')})"
    changes = [one for one in words.watch.version_changes if one.occasion == occasion.number]
    for version in occasion.versions:
        own = [
            words.text(f"what_{one.what}")
            for one in changes
            if (one.profile, one.judge) == (version.profile, version.judge)
        ]
        yield Row(
            (
                name,
                _minute(occasion.begun),
                words.who(version.profile, version.judge),
                brief(version.model_reported, 60) or DASH,
                brief(version.system_fingerprint, 40) or DASH,
                count(version.calls),
                words.catalogue.listed(*own) or DASH,
            )
        )
    if not occasion.versions:
        yield Row((name, _minute(occasion.begun), DASH, DASH, DASH, "0", DASH))


def _minute(time: str) -> str:
    """``2026-11-21 10:42``."""
    return time[:16].replace("T", " ")


def overview_table(words: WatchWords) -> Table:
    """The newest complete occasion of every series, against the ones before it."""
    text = words.text
    columns = (
        Column(text("series"), numeric=False),
        Column(text("before")),
        Column(text("now")),
        Column(words.catalogue.ui("interval", confidence=f"{words.watch.confidence * 100:g}")),
        Column(words.catalogue.ui("n"), from_width=80),
        Column(words.catalogue.ui("missing")),
        Column(text("p_value")),
        Column(text("evidence"), from_width=70),
    )
    # A series that ended before, when the new items were used up, says nothing of the newest one.
    newest = max((one.points[-1].occasion for one in words.watch.series if one.points), default=0)
    rows = [
        _overview_row(one, words)
        for one in words.shown
        if one.points and one.points[-1].occasion == newest
    ]
    note = text("figures_note", levels=levels_text(words))
    return Table(text("newest"), columns, tuple(rows), f"{text('newest_note')} {note}")


def _overview_row(series: WatchSeries, words: WatchWords) -> Row:
    rate, point = series.metric.kind == "rate", series.points[-1]
    one = point.estimate
    return Row(
        (
            words.series(series),
            with_unit(_mean_before(series, words.watch.segments[-1]), rate=rate),
            with_unit(one.value, rate=rate),
            interval(one.low, one.high, rate=rate),
            count(one.n),
            count(one.missing),
            exact_p(point.p_value),
            evidence(point.evidence),
        )
    )


def _mean_before(series: WatchSeries, first: int) -> float | None:
    """The mean of the segment's occasions before the newest, each weighing as much as it scored."""
    before = [point.estimate for point in series.points[:-1] if point.occasion >= first]
    known = [(one.value, one.n) for one in before if one.value is not None and one.n]
    if not known:
        return None
    return sum(value * n for value, n in known) / sum(n for _, n in known)


def figure_tables(words: WatchWords) -> tuple[Table, ...]:
    """Every series, occasion by occasion."""
    return tuple(_figures(series, words) for series in words.shown)


def _figures(series: WatchSeries, words: WatchWords) -> Table:
    text, ui = words.text, words.catalogue.ui
    columns = (
        Column(text("occasion"), numeric=False),
        Column(ui("value")),
        Column(ui("interval", confidence=f"{words.watch.confidence * 100:g}")),
        Column(ui("n")),
        Column(ui("missing")),
        Column(ui("bounds"), from_width=100),
        Column(text("p_value")),
        Column(text("evidence"), from_width=80),
    )
    rows = tuple(_figure_row(point, series, words) for point in series.points)
    note = text("figures_note", levels=levels_text(words))
    return Table(words.series(series), columns, rows, note)


def levels_text(words: WatchWords) -> str:
    """At which p-value and at which evidence an alarm sounds."""
    if not words.watch.watched:
        return ""
    share = words.watch.false_alarm_rate / (2 * words.watch.watched)
    return words.text("levels", p=f"{share:.2g}", evidence=evidence(1 / share))


def _figure_row(point: WatchPoint, series: WatchSeries, words: WatchWords) -> Row:
    one, rate = point.estimate, series.metric.kind == "rate"
    return Row(
        (
            words.occasion(point.occasion),
            with_unit(one.value, rate=rate),
            interval(one.low, one.high, rate=rate),
            count(one.n),
            count(one.missing),
            bounds(one, rate=rate),
            exact_p(point.p_value),
            evidence(point.evidence),
        )
    )


def difference(value: float | None, words: WatchWords, *, rate: bool) -> str:
    """A difference with its unit."""
    unit = f" {words.catalogue.ui('points')}" if rate and value is not None else ""
    return number(value, rate=rate, signed=True) + unit


def exact_p(value: float | None) -> str:
    """As ``p_value``, with small ones to one digit: an alarm's level lies below 0.001."""
    return f"{value:.0e}" if value is not None and value < 0.001 else p_value(value)


def evidence(value: float) -> str:
    """A sum of e-values as a reader needs it."""
    if value >= 1e6:
        return f"{value:.0e}"
    return count(round(value)) if value >= 10 else f"{value:.1f}"
