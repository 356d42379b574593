"""How a study was run, and what its terms mean."""

from __future__ import annotations

from collections.abc import Iterable

from primum.core.study import StudySummary
from primum.reporting.glossary import GlossaryEntry, glossary
from primum.reporting.numerals import DASH, count
from primum.reporting.run_facts import flat
from primum.reporting.section import Part, Section
from primum.reporting.study_leaderboard import cost_usd
from primum.reporting.study_words import StudyWords, standing
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import brief, visible_line

TERMS = (
    "rank_interval",
    "letters",
    "p_best",
    "reach_models",
    "reach_items",
    "holm_declared",
    "exploratory",
    "cannot_show",
)
_OWN_TABLES = ("model", "models")
"""Keys of the file that have a table of their own."""


def setup_section(words: StudyWords) -> Section:
    """The study's file, its models, its runs."""
    parts = (
        Part(tables=(_facts(words),)),
        Part(words.text("models_table"), tables=(models_table(words),)),
        Part(words.text("runs_table"), tables=(runs_table(words),)),
        Part(tables=(_file(words),), is_folded=True),
    )
    return Section("how", words.catalogue.ui("how_run"), parts=parts)


def header_lines(words: StudyWords) -> tuple[tuple[str, str], ...]:
    """(label, value) lines that say which study this is."""
    study, ui = words.study, words.catalogue.ui
    people = sum(model.is_person for model in study.models)
    models = words.catalogue.counted("model", len(study.models) - people)
    persons = words.catalogue.counted("person", people) if people else ""
    costs = [cost for model in study.models if (cost := cost_usd(model, words)[0]) is not None]
    lines = [
        (words.text("study"), visible_line(study.id)),
        (words.text("models"), words.catalogue.listed(models, persons)),
        (words.text("parts"), words.catalogue.listed(*(words.part(p.name) for p in study.parts))),
        (words.text("judges"), words.catalogue.listed(*judges_of(study))),
        (words.text("runs"), count(len(study.runs))),
        (words.text("cost"), f"{sum(costs):,.2f}" if costs else DASH),
        (ui("created"), min((run.created for run in study.runs.values()), default=DASH)),
        (words.text("fingerprint"), visible_line(study.fingerprint)),
    ]
    return tuple((label, visible_line(value) or DASH) for label, value in lines)


def models_table(words: StudyWords) -> Table:
    """Who was asked: model, base, family, size, profile, source, and any own label."""
    study, ui = words.study, words.catalogue.ui
    known = ("class", "base", "family", "profile", "languages")
    own = dict.fromkeys(key for model in study.models for key in model.labels if key not in known)
    factors = [key for key in (*known, *own) if any(key in m.labels for m in study.models)]
    rows = []
    for model in standing(study).all:
        labels = [words.label(key, model.labels.get(key, "")) or DASH for key in factors]
        size = DASH if model.size is None else f"{model.size:g}"
        asked = brief(model.model, 90)
        rows.append(
            Row((words.model(model.name), asked, *labels, size, brief(model.source, 120) or DASH))
        )
    columns = (
        Column(ui("target"), numeric=False),
        Column(words.text("asked_as"), numeric=False),
        *(Column(words.factor(key), numeric=False) for key in factors),
        Column(words.text("size_billions")),
        Column(words.text("source"), numeric=False),
    )
    return Table(words.text("models_table"), columns, tuple(rows))


def runs_table(words: StudyWords) -> Table:
    """Model and part → run, to look up in the ledger."""
    study = words.study
    rows = tuple(
        Row(
            (
                words.model(model.name),
                *(brief(model.runs.get(part.name, ""), 60) or DASH for part in study.parts),
            )
        )
        for model in standing(study).all
    )
    columns = (
        Column(words.catalogue.ui("target"), numeric=False),
        *(Column(words.part(part.name), numeric=False) for part in study.parts),
    )
    return Table(words.text("runs_table"), columns, rows)


def study_glossary(words: StudyWords) -> tuple[GlossaryEntry, ...]:
    """The terms of studies, then measures and methods that occur."""
    catalogue = words.catalogue
    terms = [
        GlossaryEntry(words.text(f"term_{key}"), words.text(f"term_{key}_note")) for key in TERMS
    ]
    own: dict[str, GlossaryEntry] = {}
    for wording in words.parts.values():
        for entry in glossary(words.study.runs.values(), wording, _methods(words.study)):
            own.setdefault(entry.term, entry)
    wanted = {words.of(m).measure(m.metric) for m in words.study.measures}
    wanted |= {catalogue.label("method", name) for name in _methods(words.study)}
    return (*terms, *(entry for term, entry in own.items() if term in wanted))


def _methods(study: StudySummary) -> tuple[str, ...]:
    found: dict[str, None] = dict.fromkeys(one.difference.method for one in study.contrasts)
    found.update(dict.fromkeys(ranking.method for ranking in study.rankings))
    for model in study.models:
        for measure in study.measures:
            estimate = study.estimate(model.name, measure.id)
            if estimate is not None:
                found[estimate.method] = None
    return tuple(found)


def _facts(words: StudyWords) -> Table:
    study, ui = words.study, words.catalogue.ui
    pairs = (
        (words.text("study"), study.id),
        (words.catalogue.label("spec", "seed"), study.spec.get("seed", "")),
        (words.catalogue.label("spec", "confidence"), f"{study.confidence * 100:g}%"),
        (words.text("fingerprint"), study.fingerprint),
        (words.text("source_study"), study.spec.get("source", "")),
        (words.catalogue.label("spec", "version"), study.spec.get("version", "")),
        (ui("command"), study.command),
    )
    rows = tuple(Row((label, brief(value, 400))) for label, value in pairs if str(value))
    columns = (Column(ui("fact"), numeric=False), Column(ui("value"), numeric=False))
    return Table(ui("how_run"), columns, rows)


def _file(words: StudyWords) -> Table:
    """Every setting of the file, but its models, which have a table."""
    spec = {key: value for key, value in words.study.spec.items() if key not in _OWN_TABLES}
    leaves = flat(_numbered(spec))
    rows = tuple(
        Row((brief(path, 120), brief(value, 400))) for path, value in leaves.items() if value
    )
    ui = words.catalogue.ui
    columns = (Column(ui("fact"), numeric=False), Column(ui("value"), numeric=False))
    return Table(words.text("whole_file"), columns, rows)


def _numbered(spec: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in spec.items() if value not in (None, "", (), [], {})}


def judges_of(study: StudySummary) -> Iterable[str]:
    """Names of all judges of its runs, each once."""
    return dict.fromkeys(
        visible_line(judge) for run in study.runs.values() for judge in run.verdict_outcomes
    )
