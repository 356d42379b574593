r"""A run or a comparison for other programs: JSON and CSV.

JSON, one object, UTF-8, keys sorted, two spaces of indent. ``schema`` is ``primum-summary-1`` for
a run, ``primum-comparison-1`` for a comparison and ``primum-pairwise-1`` for several runs; the
other keys are the fields of ``core.summary.RunSummary``, ``RunComparison`` and
``PairwiseComparison`` with their nested values as objects and lists. ``beside`` holds published
results that a run was placed beside. What is not known is ``null``; NaN and infinity never occur.
Texts are complete and unchanged; characters that a terminal or an editor would act on are written
as ``\u`` escapes.

CSV, long form, one row per figure, told apart by the column ``record``: ``estimate``,
``contrast``, ``shift`` (the Hodges-Lehmann shift of a contrast), ``survival``, ``agreement``,
``discrimination``, ``behaviour``, ``behaviour_agreement``, ``link`` (of a crosswalk that items were
read through), ``published_mean``, ``published_test``, ``published_figure``, and in a
comparison ``missingness``. Text that a spreadsheet would
run as a formula is led by an apostrophe; numbers are written in full and never changed. Lines end
as RFC 4180 has them, so write the text with ``newline=""``.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from primum.core.summary import (
    Cell,
    Contrast,
    Metric,
    PairwiseComparison,
    RunComparison,
    RunSummary,
)
from primum.reporting.machine_rows import (
    EXTRA_COLUMNS,
    MetricColumns,
    further_rows,
    placement_rows,
    test_rows,
)
from primum.reporting.placement import Placement

SUMMARY_SCHEMA = "primum-summary-1"
COMPARISON_SCHEMA = "primum-comparison-1"
PAIRWISE_SCHEMA = "primum-pairwise-1"
CSV_COLUMNS = (
    "run",
    "record",
    "metric",
    "intent",
    "judge",
    "scale",
    "kind",
    "better",
    "primary",
    "dimension",
    "group",
    "contrast",
    "first",
    "second",
    "value",
    "low",
    "high",
    "confidence",
    "n",
    "missing",
    "worst",
    "best",
    "clusters",
    "pairs",
    "dropped",
    "p_value",
    "adjusted_p",
    "method",
    "test",
    "note",
    *EXTRA_COLUMNS,
)
_FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Full-width forms included: Japanese spreadsheets take them for the narrow ones."""
_ESCAPED = re.compile(
    r"[\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ud800-\udfff\ufeff"
    r"\U000e0000-\U000e0fff]"
)


def to_json(summary: RunSummary, placements: Sequence[Placement] = ()) -> bytes:
    """The run as JSON, equal for equal runs."""
    beside = {"beside": plain(placements)} if placements else {}
    return json_bytes({"schema": SUMMARY_SCHEMA, **plain(summary), **beside})


def comparison_to_json(comparison: RunComparison) -> bytes:
    """The comparison as JSON, both runs included."""
    return json_bytes({"schema": COMPARISON_SCHEMA, **plain(comparison)})


def pairwise_to_json(comparison: PairwiseComparison) -> bytes:
    """Several runs as JSON, each complete."""
    return json_bytes({"schema": PAIRWISE_SCHEMA, **plain(comparison)})


def to_csv(summary: RunSummary, placements: Sequence[Placement] = ()) -> str:
    """Every figure of the run, one row each, and the published ones beside it."""
    named = _names(summary.metrics)
    rows = [*_run_rows(summary), *placement_rows(summary.run_id, placements, named)]
    return csv_text(rows)


def comparison_to_csv(comparison: RunComparison) -> str:
    """Both runs' estimates, and every contrast between them."""
    return csv_text(_comparison_rows(comparison))


def pairwise_to_csv(comparison: PairwiseComparison) -> str:
    """The figures of all runs, and every contrast and test between two of them."""
    return csv_text(_pairwise_rows(comparison))


def _pairwise_rows(comparison: PairwiseComparison) -> Iterator[dict[str, object]]:
    for run in comparison.runs:
        yield from _run_rows(run)
    metrics = {metric.id: metric for metric in comparison.metrics}
    named = _names(comparison.metrics)
    for contrast in comparison.paired:
        between = f"{contrast.first} {contrast.second}"
        yield from _contrast_rows(between, "contrast", contrast, metrics)
    for test in comparison.published_tests:
        for row in test_rows(test, named):
            yield {"run": f"{test.first} {test.second}", **row}


def _names(metrics: Iterable[Metric]) -> MetricColumns:
    return partial(_metric_columns, metrics={metric.id: metric for metric in metrics})


def _comparison_rows(comparison: RunComparison) -> Iterator[dict[str, object]]:
    first, second = comparison.first, comparison.second
    yield from _run_rows(first)
    yield from _run_rows(second)
    metrics = {metric.id: metric for metric in (*first.metrics, *second.metrics)}
    between = f"{first.run_id} {second.run_id}"
    for record, contrasts in (
        ("contrast", comparison.contrasts),
        ("missingness", comparison.missingness),
    ):
        for contrast in contrasts:
            yield from _contrast_rows(between, record, contrast, metrics)
    for test in comparison.published_tests:
        for row in test_rows(test, _names(metrics.values())):
            yield {"run": between, **row}


def _run_rows(summary: RunSummary) -> Iterator[dict[str, object]]:
    metrics = {metric.id: metric for metric in summary.metrics}
    for cell in summary.cells:
        yield _cell_row(summary.run_id, cell, metrics)
    for one in summary.along:
        for cell in one.cells:
            yield _cell_row(summary.run_id, cell, metrics)
    for contrast in summary.contrasts:
        yield from _contrast_rows(summary.run_id, "contrast", contrast, metrics)
    yield from further_rows(summary, _names(summary.metrics))


def _cell_row(run: str, cell: Cell, metrics: Mapping[str, Metric]) -> dict[str, object]:
    return {
        "run": run,
        "record": "estimate",
        **_metric_columns(cell.metric, metrics),
        "dimension": cell.dimension,
        "group": cell.group,
        **dataclasses.asdict(cell.estimate),
    }


def _contrast_rows(
    run: str, record: str, contrast: Contrast, metrics: Mapping[str, Metric]
) -> Iterator[dict[str, object]]:
    """The mean difference or difference of rates, and the shift where there is one."""
    row = {
        "run": run,
        "record": record,
        **_metric_columns(contrast.metric, metrics),
        "contrast": contrast.name,
        "first": contrast.first,
        "second": contrast.second,
        **dataclasses.asdict(contrast.difference),
        "adjusted_p": contrast.adjusted_p,
    }
    yield row
    if contrast.shift is not None:
        shift = dataclasses.asdict(contrast.shift)
        yield {**row, **shift, "record": "shift", "adjusted_p": None}


def _metric_columns(metric_id: str, metrics: Mapping[str, Metric]) -> dict[str, object]:
    metric = metrics.get(metric_id)
    if metric is None:
        return {"metric": metric_id}
    return {
        "metric": metric.key,
        "intent": metric.intent,
        "judge": metric.judge,
        "scale": metric.scale,
        "kind": metric.kind,
        "better": metric.better or "",
        "primary": str(metric.primary).lower(),
    }


def csv_text(rows: Iterable[Mapping[str, object]], columns: Sequence[str] = CSV_COLUMNS) -> str:
    """The rows as CSV that no spreadsheet runs; what is no column is left out."""
    buffer = io.StringIO(newline="")
    kept = set(columns)
    writer = csv.DictWriter(buffer, list(columns), restval="", lineterminator="\r\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _csv_cell(value) for key, value in row.items() if key in kept})
    return buffer.getvalue()


def _csv_cell(value: object) -> object:
    if isinstance(value, str):
        text = value.encode("utf-8", "replace").decode().replace("\x00", "�")
        return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return ""
    return repr(value) if isinstance(value, float) else value


def json_bytes(document: Mapping[str, Any]) -> bytes:
    """The document as this room writes JSON."""
    text = json.dumps(document, ensure_ascii=False, sort_keys=True, indent=2, allow_nan=False)
    return (_ESCAPED.sub(lambda match: json.dumps(match.group())[1:-1], text) + "\n").encode()


def plain(value: Any) -> Any:
    """The value as JSON has it: objects, lists, finite numbers, texts."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, tuple | list | set | frozenset):
        return [plain(inner) for inner in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)
