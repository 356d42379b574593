"""The wording of requests as tables: by group, the differences, the lexicon's check, outcomes.

page = wording_page(compare_wording(benchmark.items()), ["medsafetybench:test"], "ja")
render_wording_html(page)
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from primum.benchmarks.medical_lexicon import lexicon_for
from primum.benchmarks.medical_lexicon_check import Agreement, LexiconCheck, Share
from primum.benchmarks.wording import PROPERTIES
from primum.benchmarks.wording_comparison import (
    MOST_PAIRED_GROUPS,
    Change,
    WordingDifference,
    WordingTable,
)
from primum.benchmarks.wording_outcome import OutcomeAssociations
from primum.core.errors import UnknownNameError
from primum.core.estimate import Estimate
from primum.core.summary import Metric
from primum.reporting.catalogue import REPORT_LANGUAGES, Catalogue, load_catalogue
from primum.reporting.html import document
from primum.reporting.numerals import DASH, count, interval, number, p_value, with_unit
from primum.reporting.section import Part, Section, noted_once
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import visible_line
from primum.statistics.regression import Slope

_SHOWN_BY_GUIDELINE = "medical"


class WordingTexts(Catalogue):
    """The texts of these pages in one language."""

    def says(self, key: str, **values: object) -> str:
        """A text of the page itself, its gaps filled."""
        return self.text("page", key, **values)


@dataclass(frozen=True, slots=True)
class WordingPage:
    """What is shown, before it has a medium."""

    language: str
    title: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    notes: tuple[str, ...]
    """What a reader must know of limits."""


def wording_page(table: WordingTable, names: Sequence[str], language: str = "en") -> WordingPage:
    """The wording of benchmarks by group, with the differences.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    texts = load_texts(language)
    tables = [_groups_table(table, texts)]
    pairs = dict.fromkeys((each.first, each.second) for each in table.differences)
    for pair in pairs:
        own = [each for each in table.differences if (each.first, each.second) == pair]
        tables.append(_difference_table(own, texts))
        tables += [_guideline_table(each, texts) for each in own if each.key == _SHOWN_BY_GUIDELINE]
    notes = [texts.says("lexicon_limit")]
    if not pairs and len(table.groups) > MOST_PAIRED_GROUPS:
        notes.insert(0, texts.says("too_many", count=len(table.groups)))
    if table.unmeasured_languages:
        listed = texts.listed(*table.unmeasured_languages)
        notes.append(texts.says("unmeasured", languages=visible_line(listed)))
    facts = (
        (texts.says("facts_items"), count(table.items)),
        (texts.says("facts_by"), texts.label("dimension", table.by)),
        (texts.says("facts_lexicon"), _lexicon_name()),
    )
    title = texts.says("title", names=visible_line(texts.listed(*names)))
    return WordingPage(language, title, facts, _filled(tables), tuple(notes))


def check_page(check: LexiconCheck, language: str = "en") -> WordingPage:
    """The lexicon's and the rules' agreement with the labelled requests."""
    texts = load_texts(language)
    note = texts.says(
        "check_note",
        requests=count(check.requests),
        words=count(check.words),
        japanese=count(check.requests_ja),
    )
    rows = [(texts.label("class", each.name), each) for each in (*check.grades, *check.forms)]
    japanese = [(texts.label("class", each.name), each) for each in check.forms_ja]
    sources = [(visible_line(source), each) for source, each in check.by_source.items()]
    tables = (
        _agreement_table(texts.says("check"), rows, texts, note),
        _agreement_table(texts.says("check_sources"), sources, texts, note),
        _agreement_table(texts.says("check_japanese"), japanese, texts, note),
    )
    facts = ((texts.says("facts_lexicon"), f"{check.lexicon} ({check.fingerprint[:8]})"),)
    return WordingPage(language, texts.says("check"), facts, tables, ())


def association_page(
    outcomes: Sequence[OutcomeAssociations], names: Sequence[str], language: str = "en"
) -> WordingPage:
    """How a measure of runs goes with the wording of the requests."""
    texts = load_texts(language)
    notes = [texts.says("lexicon_limit")]
    if any(each.lexical for each in outcomes):
        notes.insert(0, texts.says("lexical"))
    measure = _measure(outcomes[0].metric, texts)
    facts = (
        (texts.says("facts_runs"), visible_line(texts.listed(*names))),
        (texts.says("facts_lexicon"), _lexicon_name()),
    )
    tables = _filled(
        table
        for each in outcomes
        for table in (_association_table(each, texts), _source_table(each, texts))
    )
    title = texts.says("title_run", measure=measure)
    return WordingPage(language, title, facts, tables, tuple(notes))


def render_wording_html(page: WordingPage, version: str = "") -> str:
    """The page as a complete HTML document that loads nothing and runs nothing."""
    texts = load_texts(page.language)
    section = Section(
        id="wording",
        title=texts.says("section"),
        sentences=page.notes,
        parts=tuple(Part(title=table.caption, tables=(table,)) for table in page.tables),
    )
    catalogue = load_catalogue(page.language)
    sections = noted_once([section])
    return document(catalogue, page.title, sections, version=version, lines=page.facts)


@cache
def load_texts(language: str) -> WordingTexts:
    """The texts of these pages in that language.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    if language not in REPORT_LANGUAGES:
        raise UnknownNameError("report language", language, REPORT_LANGUAGES)
    content = files("primum.reporting").joinpath("data", "request-wording.toml").read_bytes()
    return WordingTexts(language, tomllib.loads(content.decode())[language])


def _groups_table(table: WordingTable, texts: WordingTexts) -> Table:
    """A row for every property of every group, with value, interval and n."""
    catalogue = load_catalogue(texts.language)
    rows: list[Row] = []
    for group, size in table.groups.items():
        name = f"{visible_line(group) or DASH} ({count(size)})"
        rows.append(Row((name, "", "", ""), heading=True))
        for each in table.figures:
            if each.group == group and each.estimate.n:
                is_share = PROPERTIES[each.key].is_share
                rows.append(
                    Row((_property(each.key, texts), *_figures(each.estimate, is_share=is_share)))
                )
    columns = (
        Column(texts.says("property"), numeric=False),
        Column(catalogue.ui("value")),
        Column(catalogue.ui("interval", confidence=_percent(table.confidence))),
        Column(texts.says("n")),
    )
    by = texts.label("dimension", table.by)
    note = texts.says("groups_note", confidence=_percent(table.confidence))
    return Table(texts.says("groups", by=by), columns, tuple(rows), note)


def _difference_table(differences: Sequence[WordingDifference], texts: WordingTexts) -> Table:
    first = differences[0]
    pair = texts.says("pair", first=visible_line(first.first), second=visible_line(first.second))
    rows = tuple(
        Row(
            (
                _property(each.key, texts),
                _change(each.plain, rate=PROPERTIES[each.key].is_share),
                _change(each.adjusted, rate=PROPERTIES[each.key].is_share),
                _ratio(each.ratio),
                f"{count(each.n_first)} / {count(each.n_second)}",
            )
        )
        for each in differences
    )
    columns = (
        Column(texts.says("property"), numeric=False),
        Column(texts.says("plain"), from_width=95),
        Column(texts.says("adjusted")),
        Column(texts.says("ratio"), from_width=75),
        Column(texts.says("n")),
    )
    return Table(
        f"{texts.says('differences')}: {pair}", columns, rows, texts.says("differences_note")
    )


def _guideline_table(difference: WordingDifference, texts: WordingTexts) -> Table:
    is_share = PROPERTIES[difference.key].is_share
    rows = tuple(
        Row(
            (
                visible_line(each.guideline) or DASH,
                _change(each.change, rate=is_share),
                f"{count(each.n_first)} / {count(each.n_second)}",
            )
        )
        for each in difference.by_guideline
    )
    columns = (
        Column(texts.says("guideline"), numeric=False),
        Column(texts.says("difference")),
        Column(texts.says("n")),
    )
    names = {
        "first": visible_line(difference.first),
        "second": visible_line(difference.second),
    }
    return Table(texts.says("by_guideline", **names), columns, rows)


def _agreement_table(
    caption: str, rows: Iterable[tuple[str, Agreement]], texts: WordingTexts, note: str
) -> Table:
    columns = (
        Column(texts.says("class"), numeric=False),
        Column(texts.says("precision")),
        Column(texts.says("recall")),
        Column(texts.says("f1")),
        Column(texts.says("labelled"), from_width=75),
        Column(texts.says("found"), from_width=95),
    )
    body = tuple(
        Row(
            (
                name,
                *(_share(share) for share in (each.precision, each.recall, each.f1)),
                count(each.labelled),
                count(each.found),
            )
        )
        for name, each in rows
    )
    return Table(caption, columns, body, note)


def _association_table(outcome: OutcomeAssociations, texts: WordingTexts) -> Table:
    is_rate = outcome.metric.kind == "rate"
    rows = tuple(
        Row(
            (
                texts.text("step", each.key),
                _slope(each.alone.per_unit, rate=is_rate),
                _slope(each.alone.unadjusted.per_unit, rate=is_rate),
                _slope(each.jointly.per_unit if each.jointly else None, rate=is_rate),
                p_value(each.adjusted_p),
                count(each.alone.n),
            )
        )
        for each in outcome.associations
    )
    columns = (
        Column(texts.says("per"), numeric=False),
        Column(texts.says("alone")),
        Column(texts.says("unadjusted"), from_width=75),
        Column(texts.says("jointly"), from_width=110),
        Column(texts.says("p")),
        Column(texts.says("n")),
    )
    adjusted = texts.listed(*(texts.text("dimension", name) for name in outcome.adjusted_for))
    note = texts.says(
        "associations_note",
        adjusted=adjusted or texts.says("nothing"),
        runs=len(outcome.runs),
        items=count(outcome.items),
        n=count(outcome.n),
        missing=count(outcome.missing),
    )
    caption = texts.says(
        "associations",
        measure=_measure(outcome.metric, texts),
        intent=texts.label("intent", outcome.metric.intent),
    )
    return Table(caption, columns, rows, note)


def _source_table(outcome: OutcomeAssociations, texts: WordingTexts) -> Table:
    is_rate = outcome.metric.kind == "rate"
    rows = tuple(
        Row(
            (
                texts.says(
                    "pair", first=visible_line(each.first), second=visible_line(each.second)
                ),
                _slope(each.alone.per_unit, rate=is_rate),
                _slope(each.alone.unadjusted.per_unit, rate=is_rate),
                _slope(each.beside_wording.per_unit, rate=is_rate),
                p_value(each.alone.p_value),
                count(each.alone.n),
            )
        )
        for each in outcome.sources
    )
    columns = (
        Column(texts.text("dimension", "source"), numeric=False),
        Column(texts.says("alone")),
        Column(texts.says("unadjusted"), from_width=95),
        Column(texts.says("beside_wording")),
        Column(texts.says("p")),
        Column(texts.says("n")),
    )
    caption = texts.says(
        "sources",
        measure=_measure(outcome.metric, texts),
        intent=texts.label("intent", outcome.metric.intent),
    )
    kept = [name for name in outcome.adjusted_for if name != "source"]
    adjusted = texts.listed(*(texts.text("dimension", name) for name in kept))
    note = texts.says("sources_note", adjusted=adjusted or texts.says("nothing"))
    return Table(caption, columns, rows, note)


def _figures(estimate: Estimate, *, is_share: bool) -> tuple[str, str, str]:
    return (
        with_unit(estimate.value, rate=is_share),
        interval(estimate.low, estimate.high, rate=is_share),
        count(estimate.n),
    )


def _change(change: Change | None, *, rate: bool) -> str:
    if change is None:
        return DASH
    return _signed(change.value, change.low, change.high, rate=rate)


def _slope(slope: Slope | None, *, rate: bool) -> str:
    if slope is None or slope.value is None:
        return DASH
    return _signed(slope.value, slope.low, slope.high, rate=rate)


def _signed(value: float, low: float | None, high: float | None, *, rate: bool) -> str:
    shown = number(value, rate=rate, signed=True)
    limits = interval(low, high, rate=rate, signed=True)
    return shown if limits == DASH else f"{shown} {limits}"


def _ratio(change: Change | None) -> str:
    if change is None:
        return DASH
    limits = interval(change.low, change.high, rate=False)
    return f"{number(change.value, rate=False)} {limits}"


def _share(share: Share) -> str:
    shown = number(share.value, rate=False)
    limits = interval(share.low, share.high, rate=False)
    return shown if limits == DASH else f"{shown} {limits}"


def _property(key: str, texts: WordingTexts) -> str:
    unit = "%" if PROPERTIES[key].is_share else ""
    name = texts.text("property", key)
    return f"{name}, {unit}" if unit else name


def _measure(metric: Metric, texts: WordingTexts) -> str:
    unit = "%" if metric.kind == "rate" else ""
    name = texts.label("measure", metric.key)
    return f"{name}, {unit}" if unit else name


def _percent(confidence: float) -> str:
    return f"{confidence * 100:g}"


def _lexicon_name() -> str:
    lexicon = lexicon_for("en")
    return f"{lexicon.file.id} {lexicon.file.version}" if lexicon else DASH


def _filled(tables: Iterable[Table]) -> tuple[Table, ...]:
    return tuple(table for table in tables if table.rows)
