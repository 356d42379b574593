"""What the answers of each model do, behaviour by behaviour, and how the judges agree on it.

A few models stand in columns beside the sentences of the behaviours; many stand in rows below
them, so that a guideline's map is never wider than its behaviours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from primum.core.study import StudyModel, StudyPart
from primum.core.summary import LEAST_APPLICABLE, BehaviourFigure
from primum.reporting.behaviour_view import behaviour_text
from primum.reporting.heat import STEPS, HeatCell, HeatMap, HeatRow
from primum.reporting.numerals import DASH, count, interval, with_unit
from primum.reporting.section import Part, Section, filled
from primum.reporting.study_agreement import agreement_tables
from primum.reporting.study_words import StudyWords, standing
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief, visible_line

MOST_BESIDE = 5
"""More models than that stand in rows."""
_LONGEST_HEAD = 120
Figures = Mapping[str, BehaviourFigure]
"""Model → what one judge found of one behaviour."""


@dataclass(frozen=True, slots=True)
class BehaviourProfile:
    """What one judge found on one set of guidelines in one part."""

    part: str
    judge: str
    guideline_set: str
    guidelines: Mapping[str, Mapping[str, Figures]]
    """Guideline → behaviour → model → figure."""

    @property
    def figures(self) -> tuple[BehaviourFigure, ...]:
        """All of them."""
        return tuple(
            figure
            for behaviours in self.guidelines.values()
            for figures in behaviours.values()
            for figure in figures.values()
        )


def behaviours_section(words: StudyWords) -> Section:
    """A map for each guideline, when each behaviour applies, and how the judges agree."""
    parts: list[Part] = []
    found: list[BehaviourFigure] = []
    for profile in behaviour_profiles(words):
        heats = tuple(_maps(profile, words))
        note = "" if found else _cell_note(words)
        title = _caption(profile, words)
        parts.append(Part(title, heats=heats, note=note, is_folded=len(heats) > 1))
        parts.append(Part(tables=filled(_decision_points(profile, words)), is_folded=True))
        found += profile.figures
    for agreement in agreement_tables(words):
        parts.append(Part(agreement.whole.caption, tables=(agreement.whole,)))
        parts.append(Part(tables=filled(agreement.single), is_folded=True))
    note = words.catalogue.joined(_authors(found, words), _text("note", words), _limit(words))
    title = _text("title", words)
    return Section("behaviours", title, note if parts else "", parts=tuple(parts))


def behaviour_tables(words: StudyWords) -> tuple[Table, ...]:
    """The same for a terminal: the models below each behaviour, then the judges' agreement."""
    tables = []
    for profile in behaviour_profiles(words):
        authors = _authors(profile.figures, words)
        for guideline in profile.guidelines:
            caption = f"{_caption(profile, words)} · {_guideline(profile, guideline, words)}"
            note = words.catalogue.joined(authors, _text("table_note", words))
            tables.append(_numbers(profile, guideline, caption, words, note))
    return (*tables, *(one.whole for one in agreement_tables(words)))


def behaviour_profiles(words: StudyWords) -> list[BehaviourProfile]:
    """By part, judge and set; incomplete models are left out, as in every profile."""
    found: dict[tuple[str, str, str], dict[str, dict[str, dict[str, BehaviourFigure]]]] = {}
    for part, model, figure in _all(words):
        key = part.name, figure.judge, figure.guideline.partition("/")[0]
        behaviours = found.setdefault(key, {}).setdefault(figure.guideline, {})
        behaviours.setdefault(figure.behaviour, {})[model.name] = figure
    places = {part.name: place for place, part in enumerate(words.study.parts)}
    keys = sorted(found, key=lambda key: (places[key[0]], *key[1:]))
    return [BehaviourProfile(*key, found[key]) for key in keys]


def _all(words: StudyWords) -> Iterator[tuple[StudyPart, StudyModel, BehaviourFigure]]:
    for part in words.study.parts:
        for model in standing(words.study).compared:
            run = words.study.run(model.name, part.name)
            for figure in run.behaviours if run else ():
                yield part, model, figure


def _maps(profile: BehaviourProfile, words: StudyWords) -> Iterator[HeatMap]:
    models = _models(profile, words)
    edges = [f"{100 * (STEPS - step) / STEPS:.0f}%" for step in range(STEPS + 1)]
    for guideline, behaviours in profile.guidelines.items():
        sentences = [_sentence(name, figures, words) for name, figures in behaviours.items()]
        columns = [
            [_cell(figures.get(model)) for model in models] for figures in behaviours.values()
        ]
        names = [words.model(model) for model in models]
        is_tall = len(models) > MOST_BESIDE
        caption = _guideline(profile, guideline, words)
        yield HeatMap(
            caption=caption,
            corner=words.catalogue.ui("target") if is_tall else _text("behaviour", words),
            columns=tuple(brief(one, _LONGEST_HEAD) for one in sentences)
            if is_tall
            else tuple(names),
            rows=tuple(
                HeatRow(name, tuple(cells))
                for name, cells in (
                    zip(names, zip(*columns, strict=True), strict=True)
                    if is_tall
                    else zip(sentences, columns, strict=True)
                )
            ),
            scale=tuple(edges),
            ends=(words.text("behaviours_best"), words.text("behaviours_worst")),
            note="",
            table=_numbers(profile, guideline, caption, words, _text("table_note", words)),
        )


def _models(profile: BehaviourProfile, words: StudyWords) -> list[str]:
    """The models that were asked about any of it, in the order of the leaderboard."""
    own = {
        model
        for behaviours in profile.guidelines.values()
        for figures in behaviours.values()
        for model in figures
    }
    return [model.name for model in standing(words.study).compared if model.name in own]


def _cell(figure: BehaviourFigure | None) -> HeatCell:
    if figure is None or figure.right.value is None:
        return HeatCell(DASH, "", None, is_small=False)
    right = figure.right
    step = min(STEPS - 1, int((1 - right.value) * STEPS)) if right.value is not None else None
    ends = interval(right.low, right.high, rate=True)
    mark = "*" if figure.is_weak else ""
    return HeatCell(
        with_unit(right.value, rate=True) + mark,
        f"{ends} n {count(right.n)}",
        step,
        figure.is_weak,
    )


def _numbers(
    profile: BehaviourProfile, guideline: str, caption: str, words: StudyWords, note: str
) -> Table:
    rows: list[Row] = []
    for name, figures in profile.guidelines[guideline].items():
        rows.append(Row((_sentence(name, figures, words),), heading=True))
        rows += [
            _row(words.model(model), figures[model])
            for model in _models(profile, words)
            if model in figures
        ]
    ui = words.catalogue.ui
    columns = (
        Column(ui("target"), numeric=False),
        Column(_text("right", words)),
        Column(ui("interval", confidence=f"{words.study.confidence * 100:g}")),
        Column(_text("applicable", words)),
        Column(_text("not_applicable", words), from_width=70),
        Column(ui("missing")),
        Column(_text("unquoted", words), from_width=100),
    )
    return Table(caption, columns, tuple(rows), note)


def _row(name: str, figure: BehaviourFigure) -> Row:
    right = figure.right
    return Row(
        (
            name,
            with_unit(right.value, rate=True) + ("*" if figure.is_weak and right.n else ""),
            interval(right.low, right.high, rate=True),
            count(right.n),
            count(figure.not_applicable),
            count(right.missing),
            count(figure.unquoted),
        )
    )


def _decision_points(profile: BehaviourProfile, words: StudyWords) -> Table:
    """When each behaviour applies, and whether it is asked for or forbidden."""
    language = words.catalogue.language
    rows: list[Row] = []
    for guideline, behaviours in profile.guidelines.items():
        rows.append(Row((_guideline(profile, guideline, words),), heading=True))
        for name, figures in behaviours.items():
            first = next(iter(figures.values()))
            kind = words.catalogue.label("behaviour", first.kind) if first.kind else DASH
            when = behaviour_text(first.decision_points, DASH, language)
            rows.append(Row((_sentence(name, figures, words), kind, when, visible_line(name))))
    columns = (
        Column(_text("behaviour", words), numeric=False),
        Column(_text("kind", words), numeric=False),
        Column(_text("when", words), numeric=False),
        Column(_text("id", words), numeric=False),
    )
    return Table(_text("decision_points", words), columns, tuple(rows))


def _sentence(name: str, figures: Figures, words: StudyWords) -> str:
    texts = next(iter(figures.values())).texts
    return behaviour_text(texts, name, words.catalogue.language)


def _guideline(profile: BehaviourProfile, guideline: str, words: StudyWords) -> str:
    return words.parts[profile.part].guideline(guideline)


def _caption(profile: BehaviourProfile, words: StudyWords) -> str:
    names = {"judge": visible_line(profile.judge), "set": visible_line(profile.guideline_set)}
    caption = words.catalogue.text("behaviour", "caption", **names)
    several = len(words.study.parts) > 1
    return f"{caption} · {words.part(profile.part)}" if several else caption


def _cell_note(words: StudyWords) -> str:
    level = f"{words.study.confidence * 100:g}"
    few = words.catalogue.ui("heat_small", n=LEAST_APPLICABLE)
    return words.catalogue.joined(words.text("behaviours_cell", confidence=level), few)


def _authors(figures: Sequence[BehaviourFigure], words: StudyWords) -> str:
    """Whose words the behaviours are; said of all as soon as one was written without clinicians."""
    is_reviewed = all(figure.written_with_clinicians for figure in figures)
    return _text("with_clinicians" if is_reviewed else "without_clinicians", words)


def _limit(words: StudyWords) -> str:
    return words.catalogue.joined(_text("limit", words), words.text("behaviours_limit"))


def _text(key: str, words: StudyWords) -> str:
    return words.catalogue.text("behaviour", key)
