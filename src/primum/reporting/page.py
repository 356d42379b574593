"""The parts of a report's page, in reading order, before they become HTML."""

from __future__ import annotations

from collections.abc import Sequence

from primum.core.summary import Contrast, RunComparison, RunSummary
from primum.reporting.along_view import along_sections
from primum.reporting.behaviour_view import behaviours_section
from primum.reporting.charts import breakdown_charts, difference_charts
from primum.reporting.comparison_tables import (
    between_sides,
    comparison_sections,
    in_reading_order,
    setup_differences,
)
from primum.reporting.contrast_table import contrast_table
from primum.reporting.decay import decay_parts
from primum.reporting.distribution import distribution_chart
from primum.reporting.example_texts import examples_section
from primum.reporting.glossary import (
    contrast_methods,
    glossary,
    methods_of,
    published_methods,
)
from primum.reporting.heat import heat_maps
from primum.reporting.judge_tables import agreement_section, discrimination_section
from primum.reporting.language_view import NAME as LANGUAGES
from primum.reporting.language_view import language_section
from primum.reporting.narrative import (
    comparison_headline,
    headline,
    notice_texts,
)
from primum.reporting.outcome_tables import response_outcomes, verdict_outcomes
from primum.reporting.placement import Placement, placement_section
from primum.reporting.published_tables import own_published, published_section
from primum.reporting.section import Part, Section, filled, noted_once, shown
from primum.reporting.summary_tables import (
    breakdown,
    dimensions,
    further_measures,
    key_figures,
    side_by_side,
    turn_table,
)
from primum.reporting.survival_view import survival_section
from primum.reporting.views import views_section
from primum.reporting.wording import Wording, leads


def run_sections(
    summary: RunSummary, wording: Wording, placements: Sequence[Placement] = ()
) -> tuple[Section, ...]:
    """The sections of a run's report; those with nothing to show are left out."""
    ui = wording.catalogue.ui
    sections = (
        Section("summary", ui("in_short"), sentences=headline(summary, wording)),
        Section("notices", ui("can_show"), notices=notice_texts(summary.notices, wording)),
        _figures(summary, wording),
        views_section(summary, wording),
        _breakdowns(summary, wording),
        *along_sections(summary, wording),
        behaviours_section(summary, wording),
        _decay(summary, wording),
        survival_section(summary, wording),
        _balance(summary, wording),
        discrimination_section(summary, wording),
        language_section(summary, wording),
        _contrasts(summary, wording),
        agreement_section(summary, wording),
        published_section(own_published(summary), summary.published_tests, wording),
        placement_section(placements, wording),
        _outcomes(summary, wording),
        Section("setup", ui("how_run")),
        Section(
            "glossary",
            ui("glossary"),
            glossary=glossary([summary], wording, methods_of(summary)),
        ),
        examples_section(summary.examples, wording),
    )
    return noted_once(sections)


def _figures(summary: RunSummary, wording: Wording) -> Section:
    ui = wording.catalogue.ui
    parts = (
        Part(tables=filled(key_figures(summary, wording))),
        Part(ui("distribution"), distribution_chart(summary, wording)),
        Part(tables=filled(further_measures(summary, wording)), is_folded=True),
    )
    return Section("figures", ui("key_figures"), parts=shown(parts))


def _breakdowns(summary: RunSummary, wording: Wording) -> Section:
    parts = [
        Part(table.caption, breakdown_charts(summary, wording, name), (table,))
        for name in dimensions(summary)
        if name != "turn" and (table := breakdown(summary, wording, name)).rows
    ]
    parts += [Part(one.caption, heats=(one,), note=one.note) for one in heat_maps(summary, wording)]
    return Section("breakdowns", wording.catalogue.ui("breakdowns"), parts=shown(parts))


def _balance(summary: RunSummary, wording: Wording) -> Section:
    table = side_by_side(summary, wording)
    return Section("balance", table.caption, parts=shown([Part(tables=filled(table))]))


def _outcomes(summary: RunSummary, wording: Wording) -> Section:
    catalogue = wording.catalogue
    parts = (
        Part(tables=filled(response_outcomes(summary, catalogue))),
        Part(tables=filled(verdict_outcomes(summary, catalogue))),
    )
    return Section("outcomes", catalogue.ui("missing_and_outcomes"), parts=shown(parts))


def comparison_page(comparison: RunComparison, wording: Wording) -> tuple[Section, ...]:
    """The sections of a comparison's report."""
    catalogue, ui = wording.catalogue, wording.catalogue.ui
    own = []
    for key, run in (("first_run", comparison.first), ("second_run", comparison.second)):
        own.append(Part(ui(key), tables=filled(key_figures(run, wording.of_run(run)))))
    differing = setup_differences(comparison, catalogue)
    methods = [
        *contrast_methods([*comparison.contrasts, *comparison.missingness]),
        *methods_of(comparison.first),
        *methods_of(comparison.second),
        *published_methods(comparison.published_tests),
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
            parts=shown(
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
            parts=shown([Part(tables=filled(differing))]),
        ),
        published_section((), between_sides(comparison, catalogue), wording),
        Section("figures", ui("each_run"), parts=shown(own)),
        Section("setup", ui("how_run")),
        Section(
            "glossary",
            ui("glossary"),
            glossary=glossary([comparison.first, comparison.second], wording, methods),
        ),
    )
    return noted_once(sections)


def _decay(summary: RunSummary, wording: Wording) -> Section:
    ui = wording.catalogue.ui
    turns = [contrast for contrast in summary.contrasts if contrast.name == "turn"]
    main, more = _contrast_parts(turns, summary, wording)
    tables = filled(turn_table(summary, wording)) + main.tables
    part = Part("", breakdown_charts(summary, wording, "turn"), tables, note=ui("decay_limit"))
    has_turns = len({cell.group for cell in summary.cells if cell.dimension == "turn"}) > 1
    parts = shown([part, more, *decay_parts(summary, wording)]) if has_turns or turns else ()
    return Section("decay", ui("decay"), ui("decay_note") if turns else "", parts=parts)


def _contrasts(summary: RunSummary, wording: Wording) -> Section:
    names = dict.fromkeys(c.name for c in summary.contrasts if c.name not in ("turn", LANGUAGES))
    parts: list[Part] = []
    for name in names:
        found = [contrast for contrast in summary.contrasts if contrast.name == name]
        parts += _contrast_parts(found, summary, wording)
    return Section("contrasts", wording.catalogue.ui("contrasts"), parts=shown(parts))


def _contrast_parts(
    contrasts: Sequence[Contrast], summary: RunSummary, wording: Wording
) -> tuple[Part, Part]:
    """The contrasts of leading metrics, and those of the others folded away."""
    caption = wording.catalogue.label("contrast", contrasts[0].name) if contrasts else ""
    further = wording.catalogue.ui("detail", name=caption, value=wording.catalogue.ui("further"))
    main = [contrast for contrast in contrasts if leads(contrast, summary.metrics)]
    rest = [contrast for contrast in contrasts if contrast not in main]
    return (
        Part(tables=filled(contrast_table(main, wording, caption))),
        Part(tables=filled(contrast_table(rest, wording, further)), is_folded=True),
    )
