"""The tables of one run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from primum.core.estimate import Estimate
from primum.core.judgement import VERDICT_OUTCOMES
from primum.core.response import RESPONSE_OUTCOMES
from primum.core.summary import Cell, Contrast, Metric, RunSummary
from primum.reporting.catalogue import Catalogue
from primum.reporting.numerals import (
    DASH,
    bounds,
    count,
    interval,
    number,
    p_value,
    percent,
    with_unit,
)
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import visible_line
from primum.reporting.wording import Wording, leading

_PERSPECTIVES = ("patient", "clinician", "general")
_ORDER = ("overall", "perspective", "language", "turn", "guideline", "source")


def dimensions(summary: RunSummary) -> tuple[str, ...]:
    """The breakdowns of a run, the familiar ones first."""
    found = dict.fromkeys(cell.dimension for cell in summary.cells if cell.dimension != "overall")
    return tuple(sorted(found, key=dimension_place))


def dimension_place(dimension: str) -> int:
    """Sorts breakdowns: all items, then the familiar ones."""
    return _ORDER.index(dimension) if dimension in _ORDER else len(_ORDER)


def told_apart(summary: RunSummary) -> tuple[str, ...]:
    """The breakdowns with more than one group; the others repeat the overall figures."""
    groups = {(cell.dimension, cell.group) for cell in summary.cells}
    return tuple(
        name for name in dimensions(summary) if sum(found == name for found, _ in groups) > 1
    )


def key_figures(summary: RunSummary, wording: Wording) -> Table:
    """The primary metrics over all items."""
    caption = wording.catalogue.ui("key_figures")
    return _estimates(summary, wording, leading(summary.metrics), "overall", caption)


def further_measures(summary: RunSummary, wording: Wording) -> Table:
    """The metrics that do not lead, over all items."""
    lead = leading(summary.metrics)
    rest = [metric for metric in summary.metrics if metric not in lead]
    return _estimates(summary, wording, rest, "overall", wording.catalogue.ui("further"))


def breakdown(summary: RunSummary, wording: Wording, dimension: str) -> Table:
    """The primary metrics by the groups of one dimension."""
    caption = wording.catalogue.ui("by", dimension=wording.dimension(dimension))
    return _estimates(summary, wording, leading(summary.metrics), dimension, caption)


def group_cells(summary: RunSummary, metric: Metric, dimension: str) -> tuple[Cell, ...]:
    """The cells of one metric along one dimension, in reading order."""
    found = [c for c in summary.cells if (c.metric, c.dimension) == (metric.id, dimension)]
    found.sort(key=lambda cell: reading_place(dimension, cell.group))
    return tuple(found)


def reading_place(dimension: str, group: str) -> tuple[int, tuple[tuple[int, int, str], ...]]:
    """Sorts the groups of a dimension: patients first, numbers by value, names by the alphabet."""
    if dimension == "overall":
        return 0, ()
    familiar = _PERSPECTIVES if dimension == "perspective" else ()
    return familiar.index(group) if group in familiar else len(familiar), _natural(group)


def contrast_table(
    contrasts: Sequence[Contrast],
    wording: Wording,
    caption: str,
    *,
    as_rate: bool = False,
    note: str | None = None,
) -> Table:
    """Paired differences, one heading per metric."""
    catalogue = wording.catalogue
    rows: list[Row] = []
    for metric_id in dict.fromkeys(contrast.metric for contrast in contrasts):
        rows.append(Row((wording.metric_named(metric_id),), heading=True))
        rows += [
            _contrast_row(contrast, wording, as_rate=as_rate)
            for contrast in contrasts
            if contrast.metric == metric_id
        ]
    columns = (
        Column(catalogue.ui("comparison"), numeric=False),
        Column(catalogue.ui("difference")),
        Column(_interval_label(catalogue, [wording.confidence])),
        Column(catalogue.ui("p_value"), from_width=72),
        Column(catalogue.ui("p_adjusted"), from_width=100),
        Column(catalogue.ui("pairs")),
        Column(catalogue.ui("dropped")),
        Column(catalogue.ui("test"), numeric=False, from_width=130),
    )
    note = catalogue.ui("compared_note") if note is None else note
    return Table(caption, columns, tuple(rows), note)


def side_by_side(summary: RunSummary, wording: Wording) -> Table:
    """Each measure on harmful beside the same measure on benign items, where both exist."""
    catalogue = wording.catalogue
    rows: list[Row] = []
    for harmful, benign in intent_pairs(summary):
        rows.append(Row((_pair_heading(wording, harmful, benign),), heading=True))
        for dimension in ("overall", "perspective", "language"):
            ours = {c.group: c.estimate for c in group_cells(summary, harmful, dimension)}
            theirs = {c.group: c.estimate for c in group_cells(summary, benign, dimension)}
            rows += [
                Row(
                    (
                        wording.group(dimension, group),
                        *_compact(ours.get(group), harmful),
                        *_compact(theirs.get(group), benign),
                    )
                )
                for group in dict.fromkeys([*ours, *theirs])
            ]
    columns = [Column(catalogue.ui("group"), numeric=False)]
    for side in ("side_harmful", "side_benign"):
        columns += [
            Column(catalogue.ui(side)),
            Column(_interval_label(catalogue, [wording.confidence]), from_width=90),
            Column(f"n ({catalogue.ui('missing')})"),
        ]
    note = catalogue.joined(catalogue.ui("side_by_side_note"), wording.counted_note())
    return Table(catalogue.ui("side_by_side"), tuple(columns), tuple(rows), note)


def intent_pairs(summary: RunSummary) -> tuple[tuple[Metric, Metric], ...]:
    """(harmful, benign) for each leading measure of a judge that was taken on both."""
    lead = leading(summary.metrics)
    by_place = {(m.key, m.judge, m.intent): m for m in summary.metrics}
    pairs: dict[tuple[str, str], tuple[Metric, Metric]] = {}
    for metric in lead:
        sides = [by_place.get((metric.key, metric.judge, i)) for i in ("harmful", "benign")]
        if sides[0] and sides[1]:
            pairs[metric.key, metric.judge] = (sides[0], sides[1])
    return tuple(pairs.values())


def response_outcomes(summary: RunSummary, catalogue: Catalogue) -> Table:
    """How many answers came back, and as what."""
    return _counts(
        catalogue,
        catalogue.ui("response_outcomes"),
        "response_outcome",
        RESPONSE_OUTCOMES,
        {"": summary.response_outcomes},
    )


def verdict_outcomes(summary: RunSummary, catalogue: Catalogue) -> Table:
    """How many verdicts each judge gave, and why the others are missing."""
    return _counts(
        catalogue,
        catalogue.ui("verdict_outcomes"),
        "verdict_outcome",
        VERDICT_OUTCOMES,
        summary.verdict_outcomes,
    )


def usage(summary: RunSummary, catalogue: Catalogue) -> Table:
    """What the run cost."""
    rows = [
        Row((catalogue.label("usage", key), count(value))) for key, value in summary.usage.items()
    ]
    columns = (Column(catalogue.ui("fact"), numeric=False), Column(catalogue.ui("value")))
    return Table(catalogue.ui("usage"), columns, tuple(rows))


def _estimates(
    summary: RunSummary,
    wording: Wording,
    metrics: Iterable[Metric],
    dimension: str,
    caption: str,
) -> Table:
    rows: list[Row] = []
    shown: list[Estimate] = []
    for metric in metrics:
        cells = group_cells(summary, metric, dimension)
        if cells:
            rows.append(Row((wording.metric(metric),), heading=True))
            rows += [_estimate_row(cell, metric, wording) for cell in cells]
            shown += [cell.estimate for cell in cells]
    catalogue = wording.catalogue
    columns = (
        Column(catalogue.ui("measure" if dimension == "overall" else "group"), numeric=False),
        Column(catalogue.ui("value")),
        Column(_interval_label(catalogue, [estimate.confidence for estimate in shown])),
        Column(catalogue.ui("n")),
        Column(catalogue.ui("missing")),
        Column(catalogue.ui("bounds"), from_width=60),
        Column(catalogue.ui("clusters"), from_width=110),
        Column(catalogue.ui("method"), numeric=False, from_width=130),
    )
    note = catalogue.joined(catalogue.ui("bounds_note"), wording.counted_note())
    if dimension == "turn" and wording.rules.counted_on_last:
        note = catalogue.ui("every_turn")
    return Table(caption, columns, tuple(rows), note)


def _estimate_row(cell: Cell, metric: Metric, wording: Wording) -> Row:
    estimate, rate = cell.estimate, metric.kind == "rate"
    return Row(
        (
            wording.group(cell.dimension, cell.group),
            with_unit(estimate.value, rate=rate),
            interval(estimate.low, estimate.high, rate=rate),
            count(estimate.n),
            count(estimate.missing),
            bounds(estimate, rate=rate),
            DASH if estimate.clusters is None else count(estimate.clusters),
            wording.catalogue.label("method", estimate.method),
        )
    )


def _contrast_row(contrast: Contrast, wording: Wording, *, as_rate: bool) -> Row:
    difference = contrast.difference
    metric = wording.metrics.get(contrast.metric)
    rate = as_rate or (metric is not None and metric.kind == "rate")
    value = number(difference.value, rate=rate, signed=True)
    unit = f" {wording.catalogue.ui('points')}" if rate and value != DASH else ""
    test = wording.catalogue.label("method", difference.test)
    note = f" ({_shift(difference.note, wording.catalogue)})" if difference.note else ""
    return Row(
        (
            wording.pair(contrast),
            value + unit,
            interval(difference.low, difference.high, rate=rate, signed=True),
            p_value(difference.p_value),
            p_value(contrast.adjusted_p),
            count(difference.pairs),
            count(difference.dropped),
            test + note,
        )
    )


def _shift(note: str, catalogue: Catalogue) -> str:
    """The Hodges-Lehmann shift in words; any other note as it is."""
    found = re.fullmatch(r"hodges-lehmann (\S+)(?: \[(\S+), (\S+)\])?", note)
    if found is None:
        return visible_line(note)
    value, low, high = (
        number(float(part), rate=False, signed=True) if part else "" for part in found.groups()
    )
    if not low:
        return catalogue.ui("shift", value=value)
    return catalogue.ui("shift_interval", value=value, low=low, high=high)


def _counts(
    catalogue: Catalogue,
    caption: str,
    section: str,
    order: Sequence[str],
    counts: Mapping[str, Mapping[str, int]],
) -> Table:
    rows: list[Row] = []
    for name, outcomes in counts.items():
        total = sum(outcomes.values())
        if name:
            rows.append(Row((visible_line(name),), heading=True))
        known = [outcome for outcome in order if outcomes.get(outcome)]
        for outcome in [*known, *(o for o in outcomes if o not in order)]:
            found = outcomes[outcome]
            label = catalogue.label(section, outcome or "pending")
            rows.append(Row((label, count(found), percent(found, total))))
    columns = (
        Column(catalogue.ui("outcome"), numeric=False),
        Column(catalogue.ui("count")),
        Column(catalogue.ui("share")),
    )
    return Table(caption, columns, tuple(rows))


def _compact(estimate: Estimate | None, metric: Metric) -> tuple[str, str, str]:
    if estimate is None:
        return DASH, DASH, DASH
    rate = metric.kind == "rate"
    return (
        with_unit(estimate.value, rate=rate),
        interval(estimate.low, estimate.high, rate=rate),
        f"{count(estimate.n)} ({count(estimate.missing)})",
    )


def _pair_heading(wording: Wording, harmful: Metric, benign: Metric) -> str:
    names = dict.fromkeys([wording.measure(harmful), wording.measure(benign)])
    judge = f" · {visible_line(harmful.judge)}" if wording.names_judge else ""
    return " / ".join(names) + judge


def _interval_label(catalogue: Catalogue, levels: Iterable[float]) -> str:
    found = sorted(set(levels)) or [0.95]
    return catalogue.ui("interval", confidence="/".join(f"{level * 100:g}" for level in found))


def _natural(text: str) -> tuple[tuple[int, int, str], ...]:
    parts = text.replace("-", "/").replace(".", "/").split("/")
    return tuple((0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts)
