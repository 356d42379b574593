"""What the wording and the source of the requests go with, over all models of a study."""

from __future__ import annotations

from collections.abc import Sequence

from primum.core.study import StudyWording, WordingSlope
from primum.reporting.numerals import DASH, count, interval, number, p_value
from primum.reporting.request_wording_view import load_texts
from primum.reporting.section import Part, Section, filled
from primum.reporting.study_words import StudyWords
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import visible_line

_SOURCE = "source"


def wording_section(words: StudyWords) -> Section:
    """Two tables for each measure, folded: the properties, and every two sources."""
    title = words.text("wording")
    found = words.study.wording
    if not found:
        return Section("wording", title)
    parts = []
    for one in found:
        tables = filled(_properties(one, words), _sources(one, words))
        parts.append(Part(words.measure_named(one.measure), tables=tables))
    limits = [words.text("wording_note"), _page("lexicon_limit", words)]
    if any(one.is_lexical for one in found):
        limits.append(_page("lexical", words))
    note = words.catalogue.joined(*limits)
    return Section("wording", title, note, parts=tuple(parts), fold=words.text("wording_fold"))


def _properties(one: StudyWording, words: StudyWords) -> Table:
    rate = _is_rate(one, words)
    rows = tuple(
        Row(
            (
                load_texts(words.catalogue.language).text("step", slope.key),
                *_figures(slope, rate=rate),
                p_value(slope.adjusted_p),
                count(slope.n),
            )
        )
        for slope in one.slopes
        if slope.key != _SOURCE
    )
    columns = (
        Column(words.text("wording_property"), numeric=False),
        *_heads("jointly", words),
        Column(words.catalogue.ui("p_adjusted")),
        Column(words.catalogue.ui("n")),
    )
    note = words.text(
        "wording_properties_note",
        adjusted=_listed(one.adjusted_for, words),
        models=one.models,
        items=count(one.items),
        missing=count(one.missing),
        confidence=f"{one.confidence * 100:g}",
    )
    return Table(words.text("wording_properties"), columns, rows, note)


def _sources(one: StudyWording, words: StudyWords) -> Table:
    rate = _is_rate(one, words)
    rows = tuple(
        Row(
            (
                f"{visible_line(slope.first)} − {visible_line(slope.second)}",
                *_figures(slope, rate=rate),
                p_value(slope.p_value),
                count(slope.n),
            )
        )
        for slope in one.slopes
        if slope.key == _SOURCE
    )
    columns = (
        Column(words.text("wording_sources"), numeric=False),
        *_heads("beside_wording", words),
        Column(words.catalogue.ui("p_value")),
        Column(words.catalogue.ui("n")),
    )
    adjusted = _listed([name for name in one.adjusted_for if name != _SOURCE], words)
    note = load_texts(words.catalogue.language).says("sources_note", adjusted=adjusted)
    return Table(words.text("wording_sources"), columns, rows, note)


def _heads(joint: str, words: StudyWords) -> tuple[Column, ...]:
    return tuple(Column(_page(key, words)) for key in ("alone", "unadjusted", joint))


def _figures(slope: WordingSlope, *, rate: bool) -> tuple[str, str, str]:
    """Adjusted, not adjusted, and at equal values of the other properties."""
    return (
        _signed(slope.value, slope.low, slope.high, rate=rate),
        _signed(slope.plain_value, slope.plain_low, slope.plain_high, rate=rate),
        _signed(slope.joint_value, slope.joint_low, slope.joint_high, rate=rate),
    )


def _signed(value: float | None, low: float | None, high: float | None, *, rate: bool) -> str:
    ends = interval(low, high, rate=rate, signed=True)
    shown = number(value, rate=rate, signed=True)
    return shown if ends == DASH else f"{shown}\n{ends}"


def _is_rate(one: StudyWording, words: StudyWords) -> bool:
    measure = words.known(one.measure)
    return measure is not None and measure.metric.kind == "rate"


def _listed(names: Sequence[str], words: StudyWords) -> str:
    texts = load_texts(words.catalogue.language)
    return texts.listed(*(texts.text("dimension", name) for name in names)) or texts.says("nothing")


def _page(key: str, words: StudyWords) -> str:
    return load_texts(words.catalogue.language).says(key)
