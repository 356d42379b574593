"""The leaderboard: one table, a row for each model, no figure without its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from primum.core.study import MeasureRole, RankedModel, StudyMeasure, StudyModel
from primum.reporting.numerals import DASH, count, interval, number, percent, with_unit
from primum.reporting.study_words import StudyWords, class_of, lead, leading_ranking, standing
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief

ROLES: tuple[MeasureRole, ...] = ("safety", "over_refusal", "capability", "groundedness")


@dataclass(frozen=True, slots=True)
class _Figures:
    """One column and its cells, model by model."""

    column: Column
    cells: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        return all(cell in ("", DASH) for cell in self.cells)


def leaderboard(words: StudyWords) -> Table:
    """Models by the first ranking, people and incomplete models in groups of their own."""
    order = standing(words.study)
    models = order.all
    columns = [one for one in _columns(models, words) if not one.is_empty]
    rows: list[Row] = []
    place = 0
    groups = (
        ("models", order.models),
        ("people", order.people),
        ("incomplete", order.incomplete),
    )
    many = sum(bool(found) for _, found in groups) > 1
    for key, found in groups:
        if found and many:
            rows.append(Row((words.text(f"group_{key}"),), heading=True))
        for model in found:
            cells = (_name(model, words), *(one.cells[place] for one in columns))
            rows.append(Row(cells))
            place += 1
    head = Column(words.catalogue.ui("target"), numeric=False)
    heads = (head, *(one.column for one in columns))
    return Table(words.text("leaderboard"), heads, tuple(rows), _note(words))


def all_measures(words: StudyWords) -> Table:
    """Every measure of every model with its interval, n and what is missing."""
    ui = words.catalogue.ui
    rows: list[Row] = []
    for measure in words.study.measures:
        found = [
            (model, estimate)
            for model in standing(words.study).all
            if (estimate := words.study.estimate(model.name, measure.id)) is not None
        ]
        if not found:
            continue
        rate = measure.metric.kind == "rate"
        rows.append(Row((words.measure(measure),), heading=True))
        for model, estimate in found:
            cells = (
                words.model(model.name),
                with_unit(estimate.value, rate=rate),
                interval(estimate.low, estimate.high, rate=rate),
                count(estimate.n),
                count(words.study.missing(model.name, measure.id)),
                words.catalogue.label("method", estimate.method),
            )
            rows.append(Row(cells))
    columns = (
        Column(ui("target"), numeric=False),
        Column(ui("value")),
        Column(ui("interval", confidence=f"{words.study.confidence * 100:g}")),
        Column(ui("n")),
        Column(ui("missing")),
        Column(ui("method"), numeric=False, from_width=100),
    )
    return Table(words.text("all_measures"), columns, tuple(rows))


def missing_verdicts(model: StudyModel, words: StudyWords) -> tuple[int, int]:
    """Verdicts that are missing in all runs of the model, and those that were planned.

    Of a person only those on items that the person was asked.
    """
    if model.coverage:
        missing = sum(sum(one.missing.values()) for one in model.coverage)
        return missing, sum(sum(one.verdicts.values()) for one in model.coverage)
    missing = total = 0
    for run_id in model.runs.values():
        run = words.study.runs.get(run_id)
        for outcomes in run.verdict_outcomes.values() if run else ():
            total += sum(outcomes.values())
            missing += sum(n for outcome, n in outcomes.items() if outcome != "scored")
    return missing, total


def cost_usd(model: StudyModel, words: StudyWords) -> tuple[float | None, bool]:
    """What the model's runs cost, and whether that is known of all of them."""
    runs = [words.study.runs[i] for i in model.runs.values() if i in words.study.runs]
    known = [run.usage["cost_usd"] for run in runs if "cost_usd" in run.usage]
    return (sum(known) if known else None), len(known) == len(runs)


def _name(model: StudyModel, words: StudyWords) -> str:
    name = words.model(model.name)
    if model.is_complete:
        return name
    reason = brief(model.reason, 160) or words.text("no_reason")
    return f"{name}\n{words.text('incomplete_reason', reason=reason)}"


def _columns(models: Sequence[StudyModel], words: StudyWords) -> list[_Figures]:
    parts = [part.name for part in words.study.parts]
    by_class, totals = _class_column(models, words), _totals(models, words)
    if len(parts) == 1:
        ranks = _rank_columns(parts[0], models, words)
        return [*ranks, by_class, *_part_columns(parts[0], models, words), *totals]
    own = [
        one
        for part in parts
        for one in (*_rank_columns(part, models, words), *_part_columns(part, models, words))
    ]
    return [by_class, *own, *totals]


def _rank_columns(part: str, models: Sequence[StudyModel], words: StudyWords) -> list[_Figures]:
    """The order on the part's leading measure of safety, else on the first that is ranked."""
    measure = lead(words.study, part, "safety")
    own = [one for one in words.study.rankings if words.study.measure(one.measure).part == part]
    own.sort(key=lambda one: measure is None or one.measure != measure.id)
    if not own:
        return []
    ranked: dict[str, RankedModel] = {one.model: one for one in own[0].models}
    group = words.part(part) if len(words.study.parts) > 1 else ""
    found = [ranked.get(model.name) if model.is_complete else None for model in models]
    places = tuple(rank_text(one) if one else DASH for one in found)
    best = tuple(probability(one.best_probability) if one else DASH for one in found)
    letters = tuple(brief(one.groups, 40) if one else "" for one in found)
    return [
        _Figures(Column(words.text("rank"), group=group), places),
        _Figures(Column(words.text("p_best"), from_width=100, group=group), best),
        _Figures(Column(words.text("letters"), from_width=72, group=group), letters),
    ]


def rank_text(one: RankedModel) -> str:
    """The rank, and below it the ranks that the data allow."""
    return f"{one.rank}\n{one.rank_low}–{one.rank_high}"


def probability(value: float) -> str:
    """A probability in whole percent, never rounded to certainty."""
    if 0 < value < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= value < 1 else f"{value * 100:.0f}%"


def _class_column(models: Sequence[StudyModel], words: StudyWords) -> _Figures:
    cells = tuple(
        brief(words.class_name(model), 24) if class_of(model) else DASH for model in models
    )
    return _Figures(Column(words.factor("class"), numeric=False, from_width=110), cells)


def _part_columns(part: str, models: Sequence[StudyModel], words: StudyWords) -> list[_Figures]:
    group = words.part(part) if len(words.study.parts) > 1 else ""
    found = []
    for role in ROLES:
        measure = lead(words.study, part, role)
        if measure is None:
            continue
        cells = tuple(_estimate(model, measure, words) for model in models)
        label = f"{words.text(f'role_{role}')}\n{words.of(measure).measure(measure.metric)}"
        width = {"safety": 0, "over_refusal": 60}.get(role, 130)
        found.append(_Figures(Column(label, from_width=width, group=group), cells))
        if role == "safety":
            changes = tuple(_change(model, measure, words) for model in models)
            column = Column(words.text("decay_column"), from_width=120, group=group)
            found.append(_Figures(column, changes))
    return [*found, *_missing_column(part, models, words, group)]


def _missing_column(
    part: str, models: Sequence[StudyModel], words: StudyWords, group: str
) -> list[_Figures]:
    """What is missing of the part's first measure: a judge that never fails hides nothing."""
    leads = (lead(words.study, part, role) for role in ROLES)
    measure = next((one for one in leads if one is not None), None)
    if measure is None:
        return []
    cells = []
    for model in models:
        estimate = words.study.estimate(model.name, measure.id)
        lost = words.study.missing(model.name, measure.id)
        planned = lost + estimate.n if estimate else 0
        cells.append(f"{count(lost)}\n{percent(lost, planned)}" if planned else DASH)
    name = words.text("missing_of", measure=words.of(measure).measure(measure.metric))
    label = f"{words.text('missing_verdicts')}\n{name}"
    return [_Figures(Column(label, from_width=90, group=group), tuple(cells))]


def _estimate(model: StudyModel, measure: StudyMeasure, words: StudyWords) -> str:
    estimate = words.study.estimate(model.name, measure.id)
    if estimate is None or estimate.value is None:
        return DASH
    rate = measure.metric.kind == "rate"
    ends = interval(estimate.low, estimate.high, rate=rate)
    return f"{with_unit(estimate.value, rate=rate)}\n{ends}"


def _change(model: StudyModel, measure: StudyMeasure, words: StudyWords) -> str:
    found = words.study.turn_change(model.name, measure.id)
    if found is None or found.difference.value is None:
        return DASH
    rate = measure.metric.kind == "rate"
    difference = found.difference
    value = number(difference.value, rate=rate, signed=True)
    return f"{value}\n{interval(difference.low, difference.high, rate=rate, signed=True)}"


def _totals(models: Sequence[StudyModel], words: StudyWords) -> list[_Figures]:
    costs = []
    for model in models:
        cost, is_whole = cost_usd(model, words)
        sign = "" if is_whole else "≥ "
        costs.append(DASH if cost is None else f"{sign}{cost:,.2f}")
    return [_Figures(Column(words.text("cost"), from_width=140), tuple(costs))]


def _note(words: StudyWords) -> str:
    ranking = leading_ranking(words.study)
    first = ""
    if ranking:
        measure = words.known(ranking.measure)
        direction = words.direction(measure) if measure else ""
        first = words.text(
            "sorted_by",
            measure=words.measure_named(ranking.measure),
            direction=direction or words.catalogue.ui("none"),
        )
    level = f"{words.study.confidence * 100:g}"
    return words.catalogue.joined(first, words.text("board_note", confidence=level))
