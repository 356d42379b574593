"""Names of what a watch shows, in the report's language."""

from __future__ import annotations

from dataclasses import dataclass, replace

from primum.core.watch import PanelName, WatchSeries, WatchSummary, WatchVersionChange
from primum.reporting.catalogue import Catalogue
from primum.reporting.visible import brief
from primum.reporting.wording import Wording, wording_of


@dataclass(frozen=True, slots=True)
class WatchWords:
    """Turns keys of a watch into words."""

    watch: WatchSummary
    catalogue: Catalogue
    wording: Wording

    def text(self, key: str, **values: object) -> str:
        """A text of the watch's report."""
        return self.catalogue.text("watch", key, **values)

    @property
    def title(self) -> str:
        """The watch's own title."""
        titles = self.watch.titles
        own = titles.get(self.catalogue.language) or titles.get("en") or self.watch.id
        return self.text("title", title=brief(own, 160))

    def part(self, name: str) -> str:
        """Title of a protocol, with its name where another has the same title."""
        titles = {part: self._title(part) for part in self.watch.parts}
        title = titles.get(name) or name
        is_shared = list(titles.values()).count(title) > 1
        return brief(f"{title} ({name})" if is_shared and title != name else title, 90)

    def _title(self, name: str) -> str:
        titles = self.watch.parts.get(name, {})
        return titles.get(self.catalogue.language) or titles.get("en") or name

    def panel(self, name: PanelName) -> str:
        """Name of a panel."""
        return self.text(name)

    def profile(self, name: str) -> str:
        """Name of a deployment profile."""
        return brief(name, 60)

    def measure(self, series: WatchSeries) -> str:
        """The measure with what it is measured on and under which profile."""
        parts = [self.wording.metric(series.metric)]
        if len(self.watch.parts) > 1:
            parts.append(self.part(series.part))
        if len(self.watch.profiles) > 1:
            parts.append(self.profile(series.profile))
        return " · ".join(parts)

    def series(self, series: WatchSeries) -> str:
        """As ``measure``, with the panel where there are two."""
        has_two = any(one.panel == "rotating" for one in self.watch.series)
        name = self.measure(series)
        return f"{name} · {self.panel(series.panel)}" if has_two else name

    def occasion(self, number: int) -> str:
        """Number of an occasion with its label, if it has one."""
        label = self.watch.occasions[number - 1].label
        return f"{number} {brief(label, 40)}" if label else str(number)

    def who(self, profile: str, judge: str) -> str:
        """Whose version it is."""
        if judge:
            return self.text("judge_model", judge=brief(judge, 60))
        return self.profile(profile)

    def versions(self, values: tuple[str, ...], other: tuple[str, ...] = ()) -> str:
        """What was reported, without what another occasion reported too."""
        own = [value for value in values if value not in other] or list(values)
        return brief(self.catalogue.listed(*own), 80) or self.text("none_reported")

    def change(self, change: WatchVersionChange) -> str:
        """What an endpoint reported otherwise."""
        sentence = self.text(
            "in_short_version",
            occasion=self.occasion(change.occasion),
            what=self.text(f"what_{change.what}"),
            before=self.versions(change.before, change.after),
            after=self.versions(change.after, change.before),
        )
        return f"{self.who(change.profile, change.judge)}: {sentence}"


def watch_words(watch: WatchSummary, catalogue: Catalogue) -> WatchWords:
    """The words of one watch."""
    wording = wording_of(catalogue, [])
    judges = {(one.metric.key, one.metric.intent): set[str]() for one in watch.series}
    for one in watch.series:
        judges[one.metric.key, one.metric.intent].add(one.metric.judge)
    names_judge = any(len(several) > 1 for several in judges.values())
    metrics = {one.metric.id: one.metric for one in watch.series}
    return WatchWords(
        watch,
        catalogue,
        replace(wording, metrics=metrics, names_judge=names_judge, confidence=watch.confidence),
    )
