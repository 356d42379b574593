"""How far two judges of behaviours agree on the answers of each model of a study."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from primum.core.estimate import Estimate
from primum.core.summary import LEAST_APPLICABLE, BehaviourAgreement, BehaviourFigure
from primum.reporting.behaviour_view import behaviour_text
from primum.reporting.numerals import DASH, count, interval, number, with_unit
from primum.reporting.study_words import StudyWords, standing
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import visible_line

MOST_BESIDE = 4
"""More models than that are told by the lowest and the highest of them."""
_OfModels = Mapping[str, BehaviourAgreement]


class AgreementTables(NamedTuple):
    """Two judges in one part."""

    whole: Table
    """A row for each model, all behaviours together."""
    single: Table
    """A row for each behaviour."""


def agreement_tables(words: StudyWords) -> list[AgreementTables]:
    """One for each part and pair of judges."""
    found: dict[tuple[str, str, str], dict[str, dict[str, BehaviourAgreement]]] = {}
    known: dict[str, BehaviourFigure] = {}
    for part in words.study.parts:
        for model in standing(words.study).compared:
            run = words.study.run(model.name, part.name)
            known |= {one.behaviour: one for one in (run.behaviours if run else ())}
            for one in run.behaviour_agreements if run else ():
                pair = found.setdefault((part.name, one.first, one.second), {})
                pair.setdefault(one.behaviour, {})[model.name] = one
    return [
        AgreementTables(
            _whole(_caption(key, words), behaviours.get("", {}), words),
            _single(key[0], behaviours, known, words),
        )
        for key, behaviours in found.items()
    ]


def _caption(key: tuple[str, str, str], words: StudyWords) -> str:
    part, first, second = key
    names = {"first": visible_line(first), "second": visible_line(second)}
    caption = words.catalogue.text("behaviour", "agreement_caption", **names)
    return f"{caption} · {words.part(part)}" if len(words.study.parts) > 1 else caption


def _whole(caption: str, of_models: _OfModels, words: StudyWords) -> Table:
    ui = words.catalogue.ui
    rows = tuple(
        Row(
            (
                words.model(model),
                _figure(one.figures["same"], rate=True),
                _counted(one.figures["same"]),
                _figure(one.figures["kappa"], rate=False),
                _figure(one.figures["applies"], rate=True),
                _counted(one.figures["applies"]),
            )
        )
        for model, one in of_models.items()
    )
    columns = (
        Column(ui("target"), numeric=False),
        Column(_text("same", words)),
        Column(ui("n_missing")),
        Column(_text("kappa", words), from_width=90),
        Column(_text("applies", words), from_width=110),
        Column(ui("n_missing"), from_width=110),
    )
    note = words.catalogue.joined(
        _text("agreement_note", words),
        ui("heat_small_text", n=LEAST_APPLICABLE),
        ui("agreement_limit"),
    )
    return Table(caption, columns, rows, note)


def _single(
    part: str,
    behaviours: Mapping[str, _OfModels],
    known: Mapping[str, BehaviourFigure],
    words: StudyWords,
) -> Table:
    """Few models side by side, of many the ends: 30 columns could not be read."""
    order = {model.name: None for model in standing(words.study).compared}
    models = [name for name in order if any(name in own for own in behaviours.values())]
    is_beside = len(models) <= MOST_BESIDE
    by_guideline: dict[str, list[Row]] = {}
    for name, own in behaviours.items():
        if not name:
            continue
        texts = known[name].texts if name in known else {}
        label = behaviour_text(texts, name, words.catalogue.language)
        cells = [_in_one(own.get(model)) for model in models] if is_beside else _ends(own, words)
        guideline = name.rpartition("/")[0]
        by_guideline.setdefault(guideline, []).append(Row((label, *cells)))
    rows: list[Row] = []
    for guideline, found in by_guideline.items():
        rows += [Row((words.parts[part].guideline(guideline),), heading=True), *found]
    heads = (
        [words.model(model) for model in models]
        if is_beside
        else [words.text(key) for key in ("models", "agreement_lowest", "agreement_highest")]
    )
    columns = (
        Column(_text("behaviour", words), numeric=False),
        *(Column(head) for head in heads),
    )
    key = "agreement_single" if is_beside else "agreement_ends"
    note = words.text(key, n=LEAST_APPLICABLE)
    return Table(words.text("agreement_each"), columns, tuple(rows), note)


def _in_one(one: BehaviourAgreement | None) -> str:
    if one is None or one.figures["same"].value is None:
        return DASH
    same = one.figures["same"]
    return f"{_share(same)}\nn {_counted(same)}"


def _ends(own: _OfModels, words: StudyWords) -> Sequence[str]:
    """How many models have enough answers, and the lowest and the highest of these."""
    enough = [
        (one.figures["same"], model)
        for model, one in own.items()
        if one.figures["same"].value is not None and one.figures["same"].n >= LEAST_APPLICABLE
    ]
    if not enough:
        return "0", DASH, DASH
    in_turn = sorted(enough, key=lambda found: found[0].value or 0.0)
    low, high = (
        f"{_share(same)}\n{words.model(model)}" for same, model in (in_turn[0], in_turn[-1])
    )
    return count(len(enough)), low, high


def _share(estimate: Estimate) -> str:
    return with_unit(estimate.value, rate=True) + ("*" if 0 < estimate.n < LEAST_APPLICABLE else "")


def _figure(estimate: Estimate, *, rate: bool) -> str:
    ends = interval(estimate.low, estimate.high, rate=rate)
    value = _share(estimate) if rate else number(estimate.value, rate=False)
    return value if ends == DASH else f"{value}\n{ends}"


def _counted(estimate: Estimate) -> str:
    return f"{count(estimate.n)} ({count(estimate.missing)})"


def _text(key: str, words: StudyWords) -> str:
    return words.catalogue.text("behaviour", key)
