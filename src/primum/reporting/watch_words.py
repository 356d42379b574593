"""Names of what a watch shows, in the report's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from primum.core.watch import PanelName, WatchSeries, WatchSummary
from primum.reporting.catalogue import Catalogue
from primum.reporting.visible import brief
from primum.reporting.wording import Wording, wording_of


@dataclass(frozen=True, slots=True)
class WatchWords:
    """Turns keys of a watch into words."""

    watch: WatchSummary
    catalogue: Catalogue
    parts: Mapping[str, Wording]
    """Part → the wording under that part's rules."""

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

    def of(self, series: WatchSeries) -> Wording:
        """The wording of the series' part."""
        return self.parts[series.part]

    def measure(self, series: WatchSeries) -> str:
        """The measure with what it is measured on and under which profile."""
        own = self.of(series).metric(series.metric)
        parts = [self.text("missing_measure") if series.role == "missing" else own]
        if len(self.watch.parts) > 1:
            parts.append(self.part(series.part))
        if len(self.watch.profiles) > 1:
            parts.append(self.profile(series.profile))
        return " · ".join(parts)

    @property
    def shown(self) -> tuple[WatchSeries, ...]:
        """The series without those of missing verdicts where none ever was."""
        return tuple(one for one in self.watch.series if not one.is_never_missing)

    def series(self, series: WatchSeries) -> str:
        """As ``measure``, with the panel where there are two."""
        has_two = any(one.panel == "rotating" for one in self.watch.series)
        name = self.measure(series)
        return f"{name} · {self.panel(series.panel)}" if has_two else name

    def occasion(self, number: int) -> str:
        """Number of an occasion with its label, if it has one."""
        label = self.watch.occasions[number - 1].label
        return f"{number} · {brief(label, 40)}" if label else str(number)

    def who(self, profile: str, judge: str) -> str:
        """Whose version it is."""
        if judge:
            return self.text("judge_model", judge=brief(judge, 60))
        return self.profile(profile)

    def versions(self, values: tuple[str, ...], other: tuple[str, ...] = ()) -> str:
        """What was reported, without what another occasion reported too."""
        own = [value for value in values if value not in other] or list(values)
        return brief(self.catalogue.listed(*own), 80) or self.text("none_reported")

    def changes(self) -> list[str]:
        """What endpoints reported otherwise; profiles of which the same is true together."""
        found: dict[str, list[str]] = {}
        for change in self.watch.version_changes:
            sentence = self.text(
                "in_short_version",
                occasion=change.occasion,
                what=self.text(f"what_{change.what}"),
                before=self.versions(change.before, change.after),
                after=self.versions(change.after, change.before),
            )
            found.setdefault(sentence, []).append(self.who(change.profile, change.judge))
        if len(self.watch.profiles) == 1 and all(
            not change.judge for change in self.watch.version_changes
        ):
            return list(found)
        mark = "\uff1a" if self.catalogue.language == "ja" else ": "
        return [f"{self.catalogue.listed(*who)}{mark}{said}" for said, who in found.items()]


def watch_words(watch: WatchSummary, catalogue: Catalogue) -> WatchWords:
    """The words of one watch."""
    parts: dict[str, Wording] = {}
    for part, run in watch.last_runs.items():
        own = {
            one.metric.id: one.metric
            for one in watch.series
            if one.part == part and one.role != "missing"
        }
        alike = {(metric.key, metric.intent) for metric in own.values()}
        parts[part] = replace(wording_of(catalogue, [run]), names_judge=len(alike) < len(own))
    return WatchWords(watch, catalogue, parts)
