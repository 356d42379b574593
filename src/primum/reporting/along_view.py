"""A run along a guideline set that its items need not name: figures, links, what is left out."""

from __future__ import annotations

from dataclasses import replace

from primum.core.summary import Along, RunSummary
from primum.reporting.charts import breakdown_charts
from primum.reporting.numerals import count
from primum.reporting.section import Part, Section, filled, shown
from primum.reporting.summary_tables import breakdown
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief, visible_line
from primum.reporting.wording import Wording

LONGEST_REASON = 400


def along_sections(summary: RunSummary, wording: Wording) -> tuple[Section, ...]:
    """One section for each set that the run was read along."""
    return tuple(_section(one, place, summary, wording) for place, one in enumerate(summary.along))


def along_tables(summary: RunSummary, wording: Wording) -> tuple[Table, ...]:
    """The same for a terminal."""
    tables: list[Table] = []
    for one in summary.along:
        figures = _figures(one, summary, wording)
        note = wording.catalogue.joined(
            _counted(one, wording), _overlap(one, wording), figures.note
        )
        tables += [replace(figures, note=note), *_further(one, wording)]
    return filled(*tables)


def _section(one: Along, place: int, summary: RunSummary, wording: Wording) -> Section:
    table = _figures(one, summary, wording)
    links, *left_out = _further(one, wording)
    charts = breakdown_charts(_as_guidelines(one, summary), _of_set(one, wording), "guideline")
    parts = [
        Part(
            charts=tuple(
                replace(chart, svg=chart.svg.replace("chart-0-", f"chart-along-{place}-"))
                for chart in charts
            ),
            tables=filled(table),
        ),
        Part(tables=filled(links), is_folded=True),
        *(Part(each.caption, tables=filled(each)) for each in left_out),
    ]
    note = wording.catalogue.joined(_counted(one, wording), _overlap(one, wording))
    return Section(f"along-{place}", table.caption, note, parts=shown(parts))


def _as_guidelines(one: Along, summary: RunSummary) -> RunSummary:
    """The run with nothing but these figures, named as any breakdown by guideline is."""
    cells = tuple(replace(cell, dimension="guideline") for cell in one.cells)
    return replace(summary, cells=cells)


def _of_set(one: Along, wording: Wording) -> Wording:
    """The same words where all guidelines are of this set and need not say so."""
    titles = {
        name: title
        for name, title in wording.guideline_titles.items()
        if name.rpartition("/")[0] == one.guideline_set
    }
    return replace(wording, guideline_titles=titles)


def _figures(one: Along, summary: RunSummary, wording: Wording) -> Table:
    table = breakdown(_as_guidelines(one, summary), _of_set(one, wording), "guideline")
    return replace(table, caption=_text("title", wording, set=visible_line(one.guideline_set)))


def _counted(one: Along, wording: Wording) -> str:
    return _text(
        "counted",
        wording,
        named=count(one.named),
        linked=count(one.linked),
        unplaced=count(one.unplaced),
    )


def _overlap(one: Along, wording: Wording) -> str:
    """That groups overlap, and what the crosswalks are worth; empty where none was followed."""
    if not one.linked:
        return ""
    strength = _text(one.strength, wording)
    names = wording.catalogue.listed(
        *(visible_line(each.rpartition(" ")[0]) for each in one.crosswalks)
    )
    return wording.catalogue.joined(
        _text("overlap", wording, strength=strength, crosswalks=names), _text("limit", wording)
    )


def _further(one: Along, wording: Wording) -> tuple[Table, Table, Table]:
    return _links(one, wording), _unlinked(one, wording), _without_items(one, wording)


def _links(one: Along, wording: Wording) -> Table:
    rows: list[Row] = []
    end = ""
    for link in one.links:
        if link.end != end:
            end = link.end
            rows.append(Row((wording.guideline(end),), heading=True))
        reason = link.reasons.get(wording.catalogue.language) or link.reasons.get("en", "")
        rows.append(
            Row(
                (
                    wording.guideline(link.start),
                    wording.catalogue.label("along", link.strength),
                    count(link.items),
                    brief(reason, LONGEST_REASON),
                )
            )
        )
    columns = (
        Column(_text("through", wording), numeric=False),
        Column(_text("strength", wording), numeric=False),
        Column(_text("items", wording)),
        Column(_text("reason", wording), numeric=False),
    )
    return Table(_text("links", wording), columns, tuple(rows))


def _unlinked(one: Along, wording: Wording) -> Table:
    rows = tuple(
        Row(
            (
                wording.guideline(each.guideline),
                count(each.items),
                brief(
                    each.reasons.get(wording.catalogue.language)
                    or each.reasons.get("en")
                    or _text("silent", wording),
                    LONGEST_REASON,
                ),
            )
        )
        for each in one.unlinked
    )
    columns = (
        Column(wording.dimension("guideline"), numeric=False),
        Column(_text("items", wording)),
        Column(_text("reason", wording), numeric=False),
    )
    return Table(_text("unlinked", wording), columns, rows)


def _without_items(one: Along, wording: Wording) -> Table:
    names = _of_set(one, wording)
    rows = tuple(Row((names.guideline(each),)) for each in one.without_items)
    columns = (Column(wording.dimension("guideline"), numeric=False),)
    return Table(_text("without_items", wording), columns, rows)


def _text(key: str, wording: Wording, **values: object) -> str:
    return wording.catalogue.text("along", key, **values)
