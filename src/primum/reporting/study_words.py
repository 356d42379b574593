"""Names and order of what a study compares, in the report's language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from primum.core.study import (
    MeasureRole,
    StudyMeasure,
    StudyModel,
    StudyPart,
    StudyRanking,
    StudySummary,
)
from primum.reporting.catalogue import Catalogue
from primum.reporting.visible import brief, visible_line
from primum.reporting.wording import Wording, wording_of

CLASS_STYLES = ("line1", "line2", "line3", "line4", "line5", "line6")
OTHER_STYLE = "whole"
"""Of the classes beyond those that have a style."""
PEOPLE = "people"
READ_SCALES = ("harmfulness", "safety")
"""Of judges that read what an answer does, whether it refuses or not."""


@dataclass(frozen=True, slots=True)
class StudyWords:
    """Turns keys of a study into words."""

    study: StudySummary
    catalogue: Catalogue
    parts: Mapping[str, Wording]
    """Part → the wording under that part's rules."""

    def text(self, key: str, **values: object) -> str:
        """A text of the study's report."""
        return self.catalogue.text("study", key, **values)

    def of(self, measure: StudyMeasure) -> Wording:
        """The wording of the measure's part."""
        return self.parts[measure.part]

    def part(self, name: str) -> str:
        """Title of a part, with its name where another part has the same title."""
        titles = {part.name: self._title(part) for part in self.study.parts}
        title = titles.get(name) or name
        is_shared = list(titles.values()).count(title) > 1
        return brief(f"{title} ({name})" if is_shared and title != name else title, 90)

    def _title(self, part: StudyPart) -> str:
        return part.titles.get(self.catalogue.language) or part.titles.get("en") or part.name

    def measure(self, measure: StudyMeasure) -> str:
        """Name with its items, and its part where the study has several."""
        name = self.of(measure).metric(measure.metric)
        return f"{name} · {self.part(measure.part)}" if len(self.study.parts) > 1 else name

    def measure_named(self, measure_id: str) -> str:
        """As ``measure``; an id that the study lacks is shown as it is."""
        found = self.known(measure_id)
        return self.measure(found) if found else visible_line(measure_id)

    def known(self, measure_id: str) -> StudyMeasure | None:
        """The measure of that id; None where the study lacks it."""
        return next((one for one in self.study.measures if one.id == measure_id), None)

    def model(self, name: str) -> str:
        """Name of a model as the study calls it."""
        return brief(name, 60)

    def label(self, factor: str, value: str) -> str:
        """Name of a label's value, for example of a class."""
        return brief(
            self.catalogue.label("study_class" if factor == "class" else factor, value), 60
        )

    def factor(self, factor: str) -> str:
        """Name of a factor or of a dimension of the items."""
        if self.catalogue.has("factor", factor):
            return self.catalogue.text("factor", factor)
        name = brief(self.catalogue.label("dimension", factor), 60)
        return name[:1].upper() + name[1:]

    def level(self, dimension: str, level: str) -> str:
        """Name of a level of what the items differ in."""
        first = next(iter(self.parts.values()), None)
        return first.group(dimension, level) if first else visible_line(level)

    def class_name(self, model: StudyModel) -> str:
        """The model's class in words; empty where it has none."""
        found = class_of(model)
        return self.label("class", found) if found else ""

    def direction(self, measure: StudyMeasure) -> str:
        """Which end of the measure is the good one; empty where none is."""
        if measure.metric.better is None:
            return ""
        suffix = "" if measure.role == "safety" else "_benign"
        return self.catalogue.ui(f"chart_{measure.metric.better}{suffix}")


def study_words(study: StudySummary, catalogue: Catalogue) -> StudyWords:
    """The words of one study."""
    wordings = {}
    for part in study.parts:
        ids = [model.runs[part.name] for model in study.models if part.name in model.runs]
        wording = wording_of(catalogue, [study.runs[i] for i in ids if i in study.runs])
        own = [one.metric for one in study.measures if one.part == part.name]
        alike = {(metric.key, metric.intent) for metric in own}
        wordings[part.name] = replace(wording, names_judge=len(alike) < len(own))
    for measure in study.measures:
        wordings.setdefault(measure.part, wording_of(catalogue, []))
    return StudyWords(study, catalogue, wordings)


def class_of(model: StudyModel) -> str:
    """The label that groups models and colours charts."""
    return model.labels.get("class", "") or (PEOPLE if model.is_person else "")


def class_styles(study: StudySummary) -> dict[str, str]:
    """Class → style of its marks, in the order in which the study names the classes."""
    classes = dict.fromkeys(class_of(model) for model in study.models)
    return {
        name: CLASS_STYLES[place] if place < len(CLASS_STYLES) else OTHER_STYLE
        for place, name in enumerate(classes)
    }


def lead(study: StudySummary, part: str, role: MeasureRole) -> StudyMeasure | None:
    """The measure that stands for a role in a part: a ranked one, before others a primary one.

    Of safety, what a judge reads in an answer stands before whether it was refused.
    """
    ranked = [ranking.measure for ranking in study.rankings]
    found = [one for one in study.measures if one.part == part and one.role == role]
    found.sort(
        key=lambda one: (
            one.id not in ranked,
            role == "safety" and one.metric.scale not in READ_SCALES,
            not one.metric.primary,
        )
    )
    return found[0] if found else None


def leading_ranking(study: StudySummary) -> StudyRanking | None:
    """The ranking that orders the models: that of the first part's lead of safety, if there is."""
    leads = [one.id for one in leads_of(study, "safety")]
    found = [one for lead_id in leads for one in study.rankings if one.measure == lead_id]
    return next(iter((*found, *study.rankings)), None)


def leads_of(study: StudySummary, role: MeasureRole) -> tuple[StudyMeasure, ...]:
    """The lead of that role in every part that has one."""
    found = (lead(study, part.name, role) for part in study.parts)
    return tuple(one for one in found if one is not None)


@dataclass(frozen=True, slots=True)
class Standing:
    """The models in the order of the leaderboard."""

    models: tuple[StudyModel, ...]
    people: tuple[StudyModel, ...]
    incomplete: tuple[StudyModel, ...]

    @property
    def all(self) -> tuple[StudyModel, ...]:
        """Complete models, people, incomplete ones."""
        return (*self.models, *self.people, *self.incomplete)

    @property
    def compared(self) -> tuple[StudyModel, ...]:
        """Who stands in charts: incomplete figures are no ground for a comparison."""
        return (*self.models, *self.people)

    @property
    def numbers(self) -> dict[str, int]:
        """Name → number in the charts of the report."""
        return {model.name: place for place, model in enumerate(self.all, start=1)}


def standing(study: StudySummary) -> Standing:
    """The models by the leading ranking; what it lacks follows in the order of the study."""
    ranking = leading_ranking(study)
    ranked = [one.model for one in ranking.models] if ranking else []
    order = {name: place for place, name in enumerate(ranked)}
    rows = sorted(study.models, key=lambda model: order.get(model.name, len(order)))
    return Standing(
        _kept(rows, is_person=False),
        _kept(rows, is_person=True),
        tuple(model for model in rows if not model.is_complete),
    )


def _kept(rows: Sequence[StudyModel], *, is_person: bool) -> tuple[StudyModel, ...]:
    return tuple(m for m in rows if m.is_complete and m.is_person == is_person)
