"""The wording of requests for other programs: JSON and CSV.

JSON is one object with ``schema`` (``primum-wording-1``, ``primum-wording-check-1``,
``primum-wording-outcome-1``) and the fields of ``WordingTable``, ``LexiconCheck`` or, under
``outcomes``, ``OutcomeAssociations``. CSV has one row per figure, told apart by ``record``. Shares
and rates are fractions of 1; differences have no unit but that.
"""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from primum.benchmarks.medical_lexicon_check import Agreement, LexiconCheck
from primum.benchmarks.wording_comparison import Change, WordingDifference, WordingTable
from primum.benchmarks.wording_outcome import OutcomeAssociations
from primum.statistics.regression import Slope

COLUMNS = (
    "record", "property", "group", "against", "guideline", "value", "low", "high", "n",
    "n_against", "missing", "method",
)  # fmt: skip


def wording_json(
    found: WordingTable | LexiconCheck | Sequence[OutcomeAssociations],
    names: Sequence[str] = (),
) -> bytes:
    """The result as JSON; ``names`` are the benchmarks or runs that it is of."""
    document: dict[str, Any]
    if isinstance(found, WordingTable):
        document = {"schema": "primum-wording-1", "of": list(names), **dataclasses.asdict(found)}
    elif isinstance(found, LexiconCheck):
        document = {"schema": "primum-wording-check-1", **dataclasses.asdict(found)}
    else:
        outcomes = [dataclasses.asdict(each) for each in found]
        document = {"schema": "primum-wording-outcome-1", "of": list(names), "outcomes": outcomes}
    return json.dumps(document, sort_keys=True, indent=2, allow_nan=False).encode() + b"\n"


def wording_csv(found: WordingTable | LexiconCheck | Sequence[OutcomeAssociations]) -> bytes:
    """The result as CSV, one row per figure."""
    if isinstance(found, WordingTable):
        rows = _table_rows(found)
    elif isinstance(found, LexiconCheck):
        rows = _check_rows(found)
    else:
        rows = (row for each in found for row in _outcome_rows(each))
    return _csv(rows)


def _table_rows(table: WordingTable) -> Iterator[Mapping[str, object]]:
    for figure in table.figures:
        each = figure.estimate
        yield {
            "record": "estimate",
            "property": figure.key,
            "group": figure.group,
            "value": each.value,
            "low": each.low,
            "high": each.high,
            "n": each.n,
            "missing": each.missing,
            "method": each.method,
        }
    for difference in table.differences:
        yield from _difference_rows(difference)


def _difference_rows(difference: WordingDifference) -> Iterator[Mapping[str, object]]:
    both = {
        "property": difference.key,
        "group": difference.first,
        "against": difference.second,
    }
    sizes = {"n": difference.n_first, "n_against": difference.n_second}
    named: dict[str, Change | None] = {
        "difference": difference.plain,
        "difference_within_guideline": difference.adjusted,
        "ratio_within_guideline": difference.ratio,
    }
    for record, change in named.items():
        if change is not None:
            yield {"record": record, **both, **sizes, **dataclasses.asdict(change)}
    for stratum in difference.by_guideline:
        yield {
            "record": "difference_in_guideline",
            **both,
            "guideline": stratum.guideline,
            "n": stratum.n_first,
            "n_against": stratum.n_second,
            **dataclasses.asdict(stratum.change),
        }


def _check_rows(check: LexiconCheck) -> Iterator[Mapping[str, object]]:
    for each in (*check.grades, *check.forms):
        yield from _agreement_rows(each, "")
    for source, each in check.by_source.items():
        yield from _agreement_rows(each, source)
    for each in check.forms_ja:
        yield from _agreement_rows(each, "ja")


def _agreement_rows(agreement: Agreement, source: str) -> Iterator[Mapping[str, object]]:
    shares = {
        "precision": (agreement.precision, agreement.found),
        "recall": (agreement.recall, agreement.labelled),
        "f1": (agreement.f1, agreement.labelled),
    }
    for record, (share, n) in shares.items():
        yield {
            "record": record,
            "property": agreement.name,
            "group": source,
            "n": n,
            **dataclasses.asdict(share),
        }


def _outcome_rows(outcome: OutcomeAssociations) -> Iterator[Mapping[str, object]]:
    for source in outcome.sources:
        named = {
            "source_difference": source.alone,
            "source_difference_at_equal_wording": source.beside_wording,
        }
        for record, association in named.items():
            yield {
                "record": record,
                "property": outcome.metric.id,
                "group": source.first,
                "against": source.second,
                "n": association.n,
                "missing": outcome.missing,
                "method": association.method,
                **dataclasses.asdict(association.per_unit),
            }
    for each in outcome.associations:
        slopes: dict[str, Slope | None] = {
            "adjusted": each.alone.per_unit,
            "unadjusted": each.alone.unadjusted.per_unit,
            "jointly": each.jointly.per_unit if each.jointly else None,
        }
        for record, slope in slopes.items():
            if slope is not None:
                yield {
                    "record": record,
                    "property": f"{each.key} per {each.step:g}",
                    "group": outcome.metric.id,
                    "n": each.alone.n,
                    "missing": outcome.missing,
                    "method": each.alone.method if record == "adjusted" else "",
                    **dataclasses.asdict(slope),
                }


def _csv(rows: Iterable[Mapping[str, object]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, restval="")
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _no_formula(value) for key, value in row.items()})
    return out.getvalue().encode()


def _no_formula(value: object) -> object:
    """A text as a spreadsheet shows it, never as a formula."""
    if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"}:
        return f"'{value}"
    return "" if value is None else value
