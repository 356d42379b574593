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
_MOST_NAMED = 12
"""More contrasts than that are counted at a notice, not listed."""


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
    notices = contrast_notices(found, words)
    return Section("exploratory", title, note, notices=notices, parts=(part,), fold=fold)


def contrast_table(
    contrasts: Sequence[StudyContrast], words: StudyWords, *, is_declared: bool = True
) -> Table:
    """One row for each contrast; exploratory ones stand by measure, without an adjusted p value."""
    ui = words.catalogue.ui
    adjusted = (Column(ui("p_adjusted"), from_width=72),) if is_declared else ()
    measure = (Column(ui("measure"), numeric=False, from_width=100),) if is_declared else ()
    has_bounds = any(_bounds(one, words) != DASH for one in contrasts)
    bounds = (Column(ui("bounds"), from_width=130),) if has_bounds else ()
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
        *bounds,
        Column(words.text("reach"), numeric=False, from_width=120),
    )
    rows: list[Row] = []
    for measure_id in dict.fromkeys("" if is_declared else one.measure for one in contrasts):
        if measure_id:
            rows.append(Row((words.measure_named(measure_id),), heading=True))
        found = [one for one in contrasts if measure_id in ("", one.measure)]
        rows += [_row(one, words, is_declared=is_declared, has_bounds=has_bounds) for one in found]
    caption = words.text("contrasts" if is_declared else "exploratory")
    keys = ("contrast_table_note", "contrast_note_models", "contrast_note_missing")
    limits = words.text("contrast_note_bounds") if has_bounds else ""
    note = words.catalogue.joined(*(words.text(key) for key in keys), limits)
    return Table(caption, columns, tuple(rows), note)


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
            if is_told_of_study(notice, words):
                continue
            text, name = named_notice(notice, one.measure, words), title_of(one, words)
            if notice.code == "study-few-models":
                text = replace(text, details=())
                name = words.text("notice_for", name=name, what=taking_part(one, words))
            found.setdefault((notice.code, text.text), (text, []))[1].append(name)
    texts = []
    for text, names in found.values():
        details = text.details if len(names) == 1 else ()
        texts.append(NoticeText(text.level, text.text, (*details, *_first_of(names, words))))
    return tuple(texts)


def is_told_of_study(notice: Notice, words: StudyWords) -> bool:
    """Whether the notice repeats what the study's own says of all incomplete models."""
    codes = {own.code for own in words.study.notices}
    return notice.code == "study-left-out" and "study-incomplete-models" in codes


def without(incomplete: Notice, words: StudyWords) -> tuple[str, ...]:
    """The declared contrasts that lack incomplete models, and which, where not all of them."""
    names = []
    for one in declared(words):
        for notice in one.notices:
            if notice.code == "study-left-out":
                name, models = title_of(one, words), brief(notice.values.get("models", ""), 160)
                is_all = notice.values.get("models") == incomplete.values.get("models")
                names.append(name if is_all else words.text("notice_for", name=name, what=models))
    listed = words.catalogue.listed(*_first_of(names, words))
    return (words.text("incomplete_concerns", names=listed),) if names else ()


def _first_of(names: Sequence[str], words: StudyWords) -> tuple[str, ...]:
    """Each name once; of many the first, and how many more."""
    unique = tuple(dict.fromkeys(names))
    rest = len(unique) - _MOST_NAMED
    return (*unique[:_MOST_NAMED], words.text("and_more", n=rest)) if rest > 0 else unique


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
    """How many models, pairs, or models on each side; where people take part, which are people."""
    d = one.difference
    if one.kind == "pairs":
        return words.catalogue.counted("pair", d.units_first)
    if not d.units_second:
        members = (*one.models_first, *one.models_second)
        return _side(d.units_first, members, words, is_named=has_people(one, words))
    sides = ((d.units_first, one.models_first), (d.units_second, one.models_second))
    named = has_people(one, words)
    return " / ".join(_side(n, members, words, is_named=named) for n, members in sides)


def taking_part(one: StudyContrast, words: StudyWords) -> str:
    """As ``units``, with the noun."""
    found = units(one, words)
    is_named = one.kind == "pairs" or has_people(one, words)
    return found if is_named else words.text("found_models", n=found)


def has_people(one: StudyContrast, words: StudyWords) -> bool:
    """Whether anyone that the contrast compares is a person."""
    people = {model.name for model in words.study.models if model.is_person}
    return not people.isdisjoint((*one.models_first, *one.models_second))


def _side(many: int, members: Sequence[str], words: StudyWords, *, is_named: bool) -> str:
    if not is_named:
        return count(many)
    people = {model.name for model in words.study.models if model.is_person}
    if people.isdisjoint(members):
        return words.catalogue.counted("model", many)
    if people.issuperset(members):
        return words.catalogue.counted("person", many)
    return words.text("units_mixed", n=count(many))


def _bounds(one: StudyContrast, words: StudyWords) -> str:
    """Between which values what is missing could move the difference; a dash if nothing could."""
    d, rate = one.difference, is_rate(one, words)
    ends = tuple(number(end, rate=rate, signed=True) for end in (d.bound_low, d.bound_high))
    return DASH if not d.missing or DASH in ends else " … ".join(ends)


def _row(one: StudyContrast, words: StudyWords, *, is_declared: bool, has_bounds: bool) -> Row:
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
        *((_bounds(one, words),) if has_bounds else ()),
        words.text(f"reach_{d.reach}"),
    )
    return Row(cells)


def _names(names: Sequence[str], words: StudyWords) -> str:
    return words.catalogue.listed(*(words.model(name) for name in names)) or DASH
