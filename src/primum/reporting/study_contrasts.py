"""The contrasts of a study in tables and words: declared ones apart from exploratory ones."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from primum.core.study import StudyContrast
from primum.core.summary import Notice
from primum.reporting.catalogue import gaps
from primum.reporting.narrative import NoticeText, notice_texts
from primum.reporting.numerals import DASH, count, interval, number, p_value
from primum.reporting.section import Part, Section, shown
from primum.reporting.study_charts import contrast_charts
from primum.reporting.study_comparison import comparison, title_of
from primum.reporting.study_words import StudyWords
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief

_NOT_SHOWN = frozenset({"kind", "count"})
"""Values of notices that tell a reader nothing outside their sentence."""


def declared(words: StudyWords) -> tuple[StudyContrast, ...]:
    """The contrasts that were declared before the first call."""
    return tuple(one for one in words.study.contrasts if one.is_declared)


def exploratory(words: StudyWords) -> tuple[StudyContrast, ...]:
    """The contrasts that nobody declared."""
    return tuple(one for one in words.study.contrasts if not one.is_declared)


def declared_section(words: StudyWords) -> Section:
    """The declared contrasts: forest plot, table, and what else is known of each."""
    found = declared(words)
    if not found:
        return Section("contrasts", words.text("contrasts"), words.text("none_declared"))
    parts = (
        Part("", contrast_charts(found, words, "chart-declared"), (contrast_table(found, words),)),
        Part(tables=(further_table(found, words),), is_folded=True),
    )
    return Section(
        "contrasts",
        words.text("contrasts"),
        words.text("contrasts_note", confidence=f"{words.study.confidence * 100:g}"),
        notices=contrast_notices(found, words),
        parts=shown(parts),
    )


def exploratory_section(words: StudyWords) -> Section:
    """The exploratory contrasts, folded away, without an adjusted p value."""
    found = exploratory(words)
    title = words.text("exploratory")
    if not found:
        return Section("exploratory", title)
    table = contrast_table(found, words, is_declared=False)
    part = Part("", contrast_charts(found, words, "chart-exploratory"), (table,))
    fold = words.text("exploratory_fold", n=len(found))
    note = words.text("exploratory_note")
    return Section("exploratory", title, note, parts=(part,), fold=fold)


def contrast_table(
    contrasts: Sequence[StudyContrast], words: StudyWords, *, is_declared: bool = True
) -> Table:
    """One row for each contrast; exploratory ones stand by measure, without an adjusted p value."""
    ui = words.catalogue.ui
    adjusted = (Column(ui("p_adjusted"), from_width=72),) if is_declared else ()
    measure = (Column(ui("measure"), numeric=False, from_width=100),) if is_declared else ()
    columns = (
        Column(words.text("contrast"), numeric=False),
        *measure,
        Column(ui("difference")),
        Column(ui("interval", confidence=f"{words.study.confidence * 100:g}")),
        Column(ui("p_value"), from_width=90),
        *adjusted,
        Column(words.text("models"), from_width=60),
        Column(words.text("items"), from_width=60),
        Column(ui("missing"), from_width=110),
        Column(words.text("reach"), numeric=False, from_width=120),
    )
    rows: list[Row] = []
    for measure_id in dict.fromkeys("" if is_declared else one.measure for one in contrasts):
        if measure_id:
            rows.append(Row((words.measure_named(measure_id),), heading=True))
        found = [one for one in contrasts if measure_id in ("", one.measure)]
        rows += [_row(one, words, is_declared=is_declared) for one in found]
    caption = words.text("contrasts" if is_declared else "exploratory")
    return Table(caption, columns, tuple(rows), words.text("contrast_table_note"))


def further_table(contrasts: Sequence[StudyContrast], words: StudyWords) -> Table:
    """What else is known of each contrast: the other intervals, the method, who took part."""
    rows = []
    for one in contrasts:
        d, rate = one.difference, is_rate(one, words)
        freedom = DASH if d.degrees_of_freedom is None else f"{d.degrees_of_freedom:.3g}"
        cells = (
            brief(one.name, 90),
            interval(d.items_low, d.items_high, rate=rate, signed=True),
            interval(d.bootstrap_low, d.bootstrap_high, rate=rate, signed=True),
            count(d.clusters),
            freedom,
            words.catalogue.label("method", d.method),
            _names(one.models_first, words),
            _names(one.models_second, words),
        )
        rows.append(Row(cells))
    ui = words.catalogue.ui
    columns = (
        Column(words.text("contrast"), numeric=False),
        Column(words.text("items_interval")),
        Column(words.text("bootstrap_interval")),
        Column(ui("clusters")),
        Column(words.text("degrees_of_freedom")),
        Column(ui("method"), numeric=False),
        Column(words.text("first_side"), numeric=False),
        Column(words.text("second_side"), numeric=False),
    )
    return Table(words.text("further_contrasts"), columns, tuple(rows))


def contrast_notices(
    contrasts: Sequence[StudyContrast], words: StudyWords
) -> tuple[NoticeText, ...]:
    """Every notice of the contrasts once, with the names of those that carry it."""
    found: dict[tuple[str, str], tuple[NoticeText, list[str]]] = {}
    for one in contrasts:
        for notice in one.notices:
            text = named_notice(notice, one.measure, words)
            found.setdefault((notice.code, text.text), (text, []))[1].append(brief(one.name, 90))
    texts = []
    for text, names in found.values():
        details = text.details if len(names) == 1 else ()
        texts.append(NoticeText(text.level, text.text, (*details, *dict.fromkeys(names))))
    return tuple(texts)


def named_notice(notice: Notice, measure_id: str, words: StudyWords) -> NoticeText:
    """A notice of the study, a contrast or a ranking in words."""
    measure = words.known(measure_id)
    wording = words.of(measure) if measure else next(iter(words.parts.values()))
    namers: dict[str, Callable[[str], str]] = {
        "measure": words.measure_named,
        "part": words.part,
        "across": words.factor,
        "factor": words.factor,
    }
    template = words.catalogue.sections["notice"].get(notice.code, "")
    unused = _NOT_SHOWN - gaps(template) if template else frozenset()
    values = {
        key: namers[key](value) if key in namers and value else value
        for key, value in notice.values.items()
        if key not in unused
    }
    return notice_texts([replace(notice, values=values)], wording)[0]


def is_rate(one: StudyContrast, words: StudyWords) -> bool:
    """Whether its figures are shares."""
    measure = words.known(one.measure)
    return measure is not None and measure.metric.kind == "rate"


def units(one: StudyContrast, words: StudyWords) -> str:
    """How many models, pairs, or models on each side."""
    d = one.difference
    if one.kind == "pairs":
        return words.catalogue.counted("pair", d.units_first)
    if d.units_second:
        return f"{count(d.units_first)} / {count(d.units_second)}"
    return count(d.units_first)


def _row(one: StudyContrast, words: StudyWords, *, is_declared: bool) -> Row:
    d, rate = one.difference, is_rate(one, words)
    measure = (words.measure_named(one.measure),) if is_declared else ()
    unit = f" {words.catalogue.ui('points')}" if rate and d.value is not None else ""
    adjusted = (p_value(one.adjusted_p),) if is_declared else ()
    cells = (
        f"{brief(one.name, 90)}\n{comparison(one, words)}" if is_declared else title_of(one, words),
        *measure,
        number(d.value, rate=rate, signed=True) + unit,
        interval(d.low, d.high, rate=rate, signed=True),
        p_value(d.p_value),
        *adjusted,
        units(one, words),
        count(d.items),
        count(d.missing),
        words.text(f"reach_{d.reach}"),
    )
    return Row(cells)


def _names(names: Sequence[str], words: StudyWords) -> str:
    return words.catalogue.listed(*(words.model(name) for name in names)) or DASH
