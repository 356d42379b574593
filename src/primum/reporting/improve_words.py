"""Names and figures of an improvement, in the report's language."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from primum.core.improve import (
    Finding,
    ImproveEstimate,
    ImproveObjective,
    ImproveSummary,
    ObjectiveName,
    SeedValue,
)
from primum.reporting.catalogue import Catalogue, load_catalogue
from primum.reporting.numerals import DASH, count, interval, number, with_unit
from primum.reporting.visible import brief
from primum.reporting.wording import wording_of

Figure = ImproveEstimate | SeedValue | Finding
"""What has a value, an interval, and a number of items that it rests on."""
BREAK = "\n"
WHOLE = "\u00a0"
"""Between a figure and its interval in a sentence: no line ends within."""


@dataclass(frozen=True, slots=True)
class ImproveWords:
    """Turns keys of an improvement into words."""

    summary: ImproveSummary
    catalogue: Catalogue
    texts: Mapping[str, str]

    def text(self, key: str, **values: object) -> str:
        """A text of the improvement's report."""
        return self.texts[key].format(**values)

    @property
    def title(self) -> str:
        """The improvement's own title."""
        titles = self.summary.titles
        own = titles.get(self.catalogue.language) or titles.get("en") or self.summary.id
        return self.text("title", title=brief(own, 160))

    @property
    def confidence(self) -> str:
        """Of the intervals, in percent."""
        return f"{self.summary.confidence * 100:g}"

    def point(self, name: str) -> str:
        """Name of a point: its candidate, and the values of the axes that vary."""
        if name == self.summary.baseline.name:
            return self.text("baseline")
        candidate = self.summary.point(name).candidate
        axes = [part.partition("=") for part in name.removeprefix(candidate).split()]
        told = [self.axis(axis, float(value)) for axis, _, value in axes]
        if not told:
            return brief(candidate, 80)
        beside = self.catalogue.listed(*told)
        return brief(self.text("curve_beside", candidate=candidate, beside=beside), 80)

    def points(self, lines: str) -> str:
        """Names of points that stand one a line."""
        return self.catalogue.listed(*map(self.point, lines.split("\n")))

    def axis(self, axis: str, value: float) -> str:
        """An axis of the grid with its value."""
        key = f"axis_{axis}"
        if key not in self.texts:
            return f"{axis}={value:g}"
        return self.text(key, value=f"{value:g}", percent=f"{value * 100:g}")

    def objective(self, name: ObjectiveName) -> str:
        """Name of an objective."""
        return self.text(name)

    def metric(self, objective: ImproveObjective) -> str:
        """The objective with the figure that stands for it."""
        wording = wording_of(self.catalogue, [])
        figure = wording.metric(objective.metric)
        group = brief(objective.group, 60)
        found = " · ".join(filter(None, (figure, self.part(objective.part), group)))
        return f"{self.objective(objective.name)}: {found}"

    def part(self, name: str) -> str:
        """Title of a part; its name where it has none or another has the same."""
        titles = {part: self._title(part) for part in self.summary.parts}
        title = titles.get(name) or name
        is_shared = list(titles.values()).count(title) > 1
        shown = self.text("capability") if name == "capability" else title
        return brief(f"{shown} ({name})" if is_shared and title != name else shown, 90)

    def _title(self, name: str) -> str:
        titles = self.summary.parts.get(name, {})
        return titles.get(self.catalogue.language) or titles.get("en") or name

    def level(self, estimate: ImproveEstimate | None, objective: ImproveObjective) -> str:
        """The figure; below it its interval, and what it rests on."""
        if estimate is None:
            return DASH
        return f"{self.level_figure(estimate, objective, between=BREAK)}\n{self.rests(estimate)}"

    def change(self, estimate: ImproveEstimate | None, objective: ImproveObjective) -> str:
        """The difference; below it its interval, and what it rests on."""
        if estimate is None:
            return DASH
        return f"{self.change_figure(estimate, objective, between=BREAK)}\n{self.rests(estimate)}"

    def level_figure(
        self, estimate: Figure, objective: ImproveObjective, *, between: str = " "
    ) -> str:
        """The figure with its interval."""
        rate = objective.metric.kind == "rate"
        ends = interval(estimate.low, estimate.high, rate=rate)
        return beside(with_unit(estimate.value, rate=rate), ends, between)

    def change_figure(
        self, estimate: Figure, objective: ImproveObjective, *, between: str = " "
    ) -> str:
        """The difference with its interval."""
        rate = objective.metric.kind == "rate"
        ends = interval(estimate.low, estimate.high, rate=rate, signed=True)
        return beside(number(estimate.value, rate=rate, signed=True), ends, between)

    def rests(self, figure: Figure) -> str:
        """How many items were scored, and how many scores are missing."""
        return self.text("rests", n=count(figure.items), missing=count(figure.missing))

    def difference(
        self, value: float | None, objective: ImproveObjective, *, signed: bool = True
    ) -> str:
        """A difference with its unit."""
        rate = objective.metric.kind == "rate"
        shown = number(value, rate=rate, signed=signed)
        return self.text("points_unit", value=shown) if rate and shown != DASH else shown


def beside(figure: str, ends: str, between: str) -> str:
    """The figure and its interval; no line ends within either where ``between`` is ``WHOLE``."""
    return f"{figure}{between}{ends.replace(' ', WHOLE) if between == WHOLE else ends}"


def improve_words(summary: ImproveSummary, language: str = "en") -> ImproveWords:
    """The words of one improvement.

    Raises:
        UnknownNameError: reports are not written in that language.
    """
    return ImproveWords(summary, load_catalogue(language), improve_texts(language))


@cache
def improve_texts(language: str) -> Mapping[str, str]:
    """Every text of an improvement in that language."""
    content = files("primum.reporting").joinpath("data", "improve.toml").read_bytes()
    found: Mapping[str, str] = tomllib.loads(content.decode())[language]["improve"]
    return found
