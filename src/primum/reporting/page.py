"""The parts of a report's page, in reading order, before they become HTML."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from primum.core.summary import Contrast, Example, ExampleTurn, RunComparison, RunSummary
from primum.reporting.catalogue import Catalogue
from primum.reporting.chart import Chart
from primum.reporting.charts import breakdown_charts, difference_charts
from primum.reporting.comparison_tables import (
    comparison_sections,
    in_reading_order,
    setup_differences,
)
from primum.reporting.distribution import distribution_chart
from primum.reporting.narrative import (
    GlossaryEntry,
    NoticeText,
    comparison_headline,
    contrast_methods,
    glossary,
    headline,
    methods_of,
    notice_texts,
)
from primum.reporting.summary_tables import (
    breakdown,
    contrast_table,
    dimensions,
    further_measures,
    key_figures,
    response_outcomes,
    side_by_side,
    verdict_outcomes,
)
from primum.reporting.table import Table
from primum.reporting.visible import brief, visible
from primum.reporting.wording import Wording, leads


@dataclass(frozen=True, slots=True)
class Part:
    """Charts and the tables that hold their numbers, under one heading."""

    title: str = ""
    charts: tuple[Chart, ...] = ()
    tables: tuple[Table, ...] = ()
    is_folded: bool = False


@dataclass(frozen=True, slots=True)
class VerdictText:
    """One verdict of an example."""

    judge: str
    result: str
    reason: str


@dataclass(frozen=True, slots=True)
class TurnText:
    """One turn of an example."""

    request_title: str
    request: str
    response_title: str
    response: str
    no_response: str
    verdicts: tuple[VerdictText, ...]


@dataclass(frozen=True, slots=True)
class ExampleText:
    """One conversation."""

    name: str
    labels: str
    language: str
    turns: tuple[TurnText, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """One section of the page."""

    id: str
    title: str
    note: str = ""
    sentences: tuple[str, ...] = ()
    notices: tuple[NoticeText, ...] = ()
    parts: tuple[Part, ...] = ()
    glossary: tuple[GlossaryEntry, ...] = ()
    examples: tuple[ExampleText, ...] = ()
    warning: str = ""


def run_sections(summary: RunSummary, wording: Wording) -> tuple[Section, ...]:
    """The sections of a run's report; those with nothing to show are left out."""
    catalogue, ui = wording.catalogue, wording.catalogue.ui
    by = [
        Part(table.caption, breakdown_charts(summary, wording, name), (table,))
        for name in dimensions(summary)
        if name != "turn" and (table := breakdown(summary, wording, name)).rows
    ]
    figures = (
        Part(tables=_filled(key_figures(summary, wording))),
        Part(ui("distribution"), distribution_chart(summary, wording)),
        Part(tables=_filled(further_measures(summary, wording)), is_folded=True),
    )
    sections = (
        Section("summary", ui("in_short"), sentences=headline(summary, wording)),
        Section("notices", ui("can_show"), notices=notice_texts(summary.notices, wording)),
        Section("figures", ui("key_figures"), parts=_shown(figures)),
        Section("breakdowns", ui("breakdowns"), parts=_shown(by)),
        _decay(summary, wording),
        Section(
            "balance",
            ui("side_by_side"),
            parts=_shown([Part(tables=_filled(side_by_side(summary, wording)))]),
        ),
        _contrasts(summary, wording),
        Section(
            "outcomes",
            ui("missing_and_outcomes"),
            parts=_shown(
                [
                    Part(tables=_filled(response_outcomes(summary, catalogue))),
                    Part(tables=_filled(verdict_outcomes(summary, catalogue))),
                ]
            ),
        ),
        Section("setup", ui("how_run")),
        Section("glossary", ui("glossary"), glossary=_glossary(summary, wording)),
        _examples(summary.examples, wording),
    )
    return _noted_once(sections)


def comparison_page(comparison: RunComparison, wording: Wording) -> tuple[Section, ...]:
    """The sections of a comparison's report."""
    catalogue, ui = wording.catalogue, wording.catalogue.ui
    own = []
    for key, run in (("first_run", comparison.first), ("second_run", comparison.second)):
        own.append(Part(ui(key), tables=_filled(key_figures(run, wording.of_run(run)))))
    differing = setup_differences(comparison, catalogue)
    methods = [
        *contrast_methods([*comparison.contrasts, *comparison.missingness]),
        *methods_of(comparison.first),
        *methods_of(comparison.second),
    ]
    sections = (
        Section("summary", ui("in_short"), sentences=comparison_headline(comparison, wording)),
        Section(
            "notices",
            ui("can_show_comparison"),
            notices=notice_texts(comparison.notices, wording),
        ),
        Section(
            "differences",
            ui("differences"),
            parts=_shown(
                [
                    Part("", difference_charts(in_reading_order(comparison.contrasts), wording)),
                    *(
                        Part(table.caption, tables=(table,))
                        for table in comparison_sections(comparison, wording)
                    ),
                ]
            ),
        ),
        Section(
            "differing",
            ui("setup_differs"),
            note="" if differing.rows else ui("setup_same"),
            parts=_shown([Part(tables=_filled(differing))]),
        ),
        Section("figures", ui("each_run"), parts=_shown(own)),
        Section("setup", ui("how_run")),
        Section(
            "glossary",
            ui("glossary"),
            glossary=glossary([comparison.first, comparison.second], wording, methods),
        ),
    )
    return _noted_once(sections)


def _noted_once(sections: Sequence[Section]) -> tuple[Section, ...]:
    """The sections that have content, each table's note only where it is met first."""
    always = {"notices", "setup"}
    noted: set[str] = set()
    kept = []
    for section in sections:
        if section.id not in always and not _has_content(section):
            continue
        parts = []
        for part in section.parts:
            tables = []
            for table in part.tables:
                tables.append(replace(table, note="") if table.note in noted else table)
                noted.add(table.note)
            parts.append(replace(part, tables=tuple(tables)))
        kept.append(replace(section, parts=tuple(parts)))
    return tuple(kept)


def _decay(summary: RunSummary, wording: Wording) -> Section:
    ui = wording.catalogue.ui
    table = breakdown(summary, wording, "turn")
    turns = [contrast for contrast in summary.contrasts if contrast.name == "turn"]
    main, more = _contrast_parts(turns, summary, wording)
    part = Part("", breakdown_charts(summary, wording, "turn"), _filled(table) + main.tables)
    has_turns = len({cell.group for cell in summary.cells if cell.dimension == "turn"}) > 1
    parts = _shown([part, more]) if has_turns or turns else ()
    return Section("decay", ui("decay"), ui("decay_note") if turns else "", parts=parts)


def _contrasts(summary: RunSummary, wording: Wording) -> Section:
    names = dict.fromkeys(c.name for c in summary.contrasts if c.name != "turn")
    parts: list[Part] = []
    for name in names:
        found = [contrast for contrast in summary.contrasts if contrast.name == name]
        parts += _contrast_parts(found, summary, wording)
    return Section("contrasts", wording.catalogue.ui("contrasts"), parts=_shown(parts))


def _contrast_parts(
    contrasts: Sequence[Contrast], summary: RunSummary, wording: Wording
) -> tuple[Part, Part]:
    """The contrasts of leading metrics, and those of the others folded away."""
    caption = wording.catalogue.label("contrast", contrasts[0].name) if contrasts else ""
    further = wording.catalogue.ui("detail", name=caption, value=wording.catalogue.ui("further"))
    main = [contrast for contrast in contrasts if leads(contrast, summary.metrics)]
    rest = [contrast for contrast in contrasts if contrast not in main]
    return (
        Part(tables=_filled(contrast_table(main, wording, caption))),
        Part(tables=_filled(contrast_table(rest, wording, further)), is_folded=True),
    )


def _glossary(summary: RunSummary, wording: Wording) -> tuple[GlossaryEntry, ...]:
    return glossary([summary], wording, methods_of(summary))


def _examples(examples: Sequence[Example], wording: Wording) -> Section:
    ui = wording.catalogue.ui
    return Section(
        "examples",
        ui("examples"),
        examples=tuple(_example(example, wording) for example in examples),
        warning=ui(
            "examples_warning",
            conversations=wording.catalogue.counted("conversation", len(examples)),
        ),
    )


def _example(example: Example, wording: Wording) -> ExampleText:
    catalogue = wording.catalogue
    labels = [
        catalogue.label("language", example.language),
        catalogue.label("perspective", example.perspective),
        catalogue.label("intent", example.intent),
        *(wording.guideline(guideline) for guideline in example.guidelines),
        brief(example.source, 80),
        brief(example.item_id, 32),
    ]
    tag = re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", example.language)
    return ExampleText(
        brief(example.name or example.item_id, 120),
        " · ".join(label for label in labels if label),
        tag.group() if tag else "",
        tuple(
            _turn(turn, place, len(example.turns), catalogue)
            for place, turn in enumerate(example.turns, start=1)
        ),
    )


def _turn(turn: ExampleTurn, place: int, turns: int, catalogue: Catalogue) -> TurnText:
    lead = f"{catalogue.ui('turn_n', n=place)} · " if turns > 1 else ""
    outcome = catalogue.label("response_outcome", turn.outcome)
    suffix = "" if turn.outcome == "ok" else f" ({outcome})"
    return TurnText(
        lead + catalogue.ui("request"),
        visible(turn.request),
        lead + catalogue.ui("response") + (suffix if turn.response else ""),
        visible(turn.response),
        catalogue.ui("no_response", outcome=outcome),
        tuple(
            VerdictText(
                brief(judge, 120),
                f"{value:g}" if value is not None else catalogue.label("verdict_outcome", verdict),
                visible(reason),
            )
            for judge, verdict, value, reason in turn.verdicts
        ),
    )


def _filled(*tables: Table) -> tuple[Table, ...]:
    return tuple(table for table in tables if table.rows)


def _shown(parts: Sequence[Part]) -> tuple[Part, ...]:
    return tuple(part for part in parts if part.charts or part.tables)


def _has_content(section: Section) -> bool:
    return bool(
        section.sentences or section.parts or section.glossary or section.examples or section.note
    )
