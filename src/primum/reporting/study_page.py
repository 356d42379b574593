"""The sections of a study's report, in reading order, before they become HTML."""

from __future__ import annotations

from itertools import chain

from primum.reporting.chart import Chart
from primum.reporting.narrative import NoticeText
from primum.reporting.section import Part, Section, filled, noted_once, shown
from primum.reporting.study_behaviours import behaviours_section
from primum.reporting.study_charts import balance_chart, ranking_chart
from primum.reporting.study_contrasts import declared_section, exploratory_section
from primum.reporting.study_leaderboard import all_measures, leaderboard
from primum.reporting.study_narrative import (
    limits_of_studies,
    notices_elsewhere,
    study_headline,
    study_notices,
)
from primum.reporting.study_profile import language_slopes, perspective_section
from primum.reporting.study_run_notices import part_notices
from primum.reporting.study_setup import setup_section, study_glossary
from primum.reporting.study_turns import turns_section
from primum.reporting.study_wording import wording_section
from primum.reporting.study_words import StudyWords, lead


def study_sections(words: StudyWords) -> tuple[Section, ...]:
    """What the report shows; sections with nothing to show are left out."""
    sections = (
        Section("summary", words.catalogue.ui("in_short"), sentences=study_headline(words)),
        Section("notices", words.text("can_show"), notices=_notices(words)),
        _leaderboard(words),
        _rankings(words),
        declared_section(words),
        exploratory_section(words),
        _balance(words),
        turns_section(words),
        perspective_section(words),
        language_slopes(words),
        behaviours_section(words),
        wording_section(words),
        _part_notices(words),
        setup_section(words),
        Section("glossary", words.catalogue.ui("glossary"), glossary=study_glossary(words)),
    )
    return noted_once(sections)


def _notices(words: StudyWords) -> tuple[NoticeText, ...]:
    """Warnings before limits, and last the limits of every study."""
    own = (*study_notices(words), *notices_elsewhere(words))
    own = tuple(sorted(own, key=lambda text: text.level != "warning"))
    return (*own, *limits_of_studies(words))


def _leaderboard(words: StudyWords) -> Section:
    board, more = leaderboard(words), all_measures(words)
    parts = (Part(tables=filled(board)), Part(tables=filled(more), is_folded=True))
    return Section("leaderboard", words.text("leaderboard"), parts=shown(parts))


def _rankings(words: StudyWords) -> Section:
    charts = [
        ranking_chart(ranking, words, place) for place, ranking in enumerate(words.study.rankings)
    ]
    first, rest = tuple(chain(*charts[:1])), tuple(chain(*charts[1:]))
    parts = shown([Part("", first), Part("", rest)])
    note = words.text("ranking_note") if parts else ""
    return Section("ranking", words.text("ranking"), note, parts=parts)


def _balance(words: StudyWords) -> Section:
    charts: list[Chart] = []
    for part in words.study.parts:
        safety = lead(words.study, part.name, "safety")
        over = lead(words.study, part.name, "over_refusal")
        if safety and over:
            charts += balance_chart(over, safety, words, len(charts))
    able = [lead(words.study, part.name, "capability") for part in words.study.parts]
    safe = [lead(words.study, part.name, "safety") for part in words.study.parts]
    for capability in (one for one in able if one is not None):
        safety = next((one for one in safe if one is not None), None)
        if safety:
            charts += balance_chart(capability, safety, words, len(charts))
    note = words.text("balance_note") if charts else ""
    return Section("balance", words.text("balance"), note, parts=shown([Part("", tuple(charts))]))


def _part_notices(words: StudyWords) -> Section:
    found = part_notices(words)
    note = words.text("part_notices_note") if found else ""
    return Section("run-notices", words.text("part_notices"), note, notices=found)
