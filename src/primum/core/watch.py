"""What asking one model the same again and again found, as plain values: made by ``studies``.

A watch is a frozen protocol; an occasion is one time that it was run. A series is one measure of
one deployment profile on one panel of items, occasion by occasion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from primum.core.estimate import Estimate
from primum.core.study import MeasureRole
from primum.core.summary import Metric, RunSummary

PanelName = Literal["fixed", "rotating"]
"""``fixed``: the same items on every occasion; ``rotating``: items never asked before."""
WatchRule = Literal["sudden", "drift"]
WatchRole = MeasureRole | Literal["missing"]
"""``missing``: not what the answers are like, but whether there are verdicts on them."""
VersionChange = Literal["identity", "model_reported", "system_fingerprint"]


@dataclass(frozen=True, slots=True)
class WatchVersion:
    """Who answered on one occasion, as the endpoint reported it."""

    profile: str
    """Deployment profile; empty for the model of a judge."""
    judge: str
    """Name of the judge; empty for the model that is watched."""
    model_reported: str
    system_fingerprint: str
    calls: int
    first: str
    """ISO 8601, UTC."""
    last: str


@dataclass(frozen=True, slots=True)
class WatchVersionChange:
    """What the endpoint reported otherwise than on the occasion before."""

    occasion: int
    profile: str
    judge: str
    what: VersionChange
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WatchOccasion:
    """One time that the protocol was run."""

    number: int
    """From 1."""
    label: str
    begun: str
    """ISO 8601, UTC."""
    ended: str
    """When its last run finished; empty while it is not complete."""
    is_complete: bool
    """Only complete ones are compared."""
    runs: Mapping[str, str]
    """``profile/part/panel`` → run id."""
    items: Mapping[str, int]
    """Panel → items asked, over all parts."""
    versions: tuple[WatchVersion, ...]
    failed_calls: int = 0
    """Answers that never came; missing in every figure."""


@dataclass(frozen=True, slots=True)
class WatchPoint:
    """One series on one occasion."""

    occasion: int
    estimate: Estimate
    p_value: float | None
    """One-sided towards worse, exact; None on the first occasion of a segment, and on a measure
    without a good end."""
    evidence: float
    """Shiryaev-Roberts sum of the segment so far."""
    rules: tuple[WatchRule, ...] = ()
    """The rules that sounded."""


@dataclass(frozen=True, slots=True)
class WatchChangePoint:
    """Where a series of the fixed panel changed, as far as the data can tell."""

    occasion: int
    """The first occasion after the change."""
    p_value: float
    adjusted_p: float
    """Holm-adjusted over all series of the segment."""
    plausible: tuple[int, ...]
    """Occasions that the data do not reject as the first one after the change; empty where
    ``p_value`` is too large to speak of a change."""
    difference: float | None
    """After minus before."""
    low: float | None
    """The interval is of the test that ``p_value`` is of, at the watch's confidence."""
    high: float | None
    is_worse: bool
    is_notable: bool
    """Whether ``adjusted_p`` is small enough to speak of a change."""


@dataclass(frozen=True, slots=True)
class WatchGap:
    """New items against the fixed ones on one occasion."""

    occasion: int
    value: float | None
    """Rotating minus fixed."""
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class WatchSeries:
    """One measure of one profile on one panel."""

    profile: str
    part: str
    panel: PanelName
    metric: Metric
    role: WatchRole
    points: tuple[WatchPoint, ...]
    """Complete occasions, in order."""
    change_point: WatchChangePoint | None = None
    """Of the last segment; only of the fixed panel."""
    gaps: tuple[WatchGap, ...] = ()
    """Only of the rotating panel."""

    @property
    def id(self) -> str:
        """Unique in the watch."""
        return f"{self.profile}/{self.part}/{self.panel}:{self.metric.id}"

    @property
    def is_never_missing(self) -> bool:
        """Whether it watches for missing verdicts and none ever was: nothing to show."""
        return self.role == "missing" and not any(one.estimate.value for one in self.points)


@dataclass(frozen=True, slots=True)
class WatchAlarm:
    """A rule that sounded for the first time in its segment."""

    occasion: int
    series: str
    """``WatchSeries.id``."""
    rule: WatchRule
    is_standing: bool
    """Whether it belongs to the last segment: nobody has accepted the change yet."""


@dataclass(frozen=True, slots=True)
class WatchUntold:
    """A series that cannot be judged on the newest occasion, since verdicts are missing."""

    series: str
    """``WatchSeries.id``."""
    occasion: int
    missing: int
    asked: int
    """Verdicts that there should have been."""
    why: Literal["missing", "nothing_to_compare"] = "missing"
    """Too many are missing on that occasion, or all of them on those that it is compared with."""


@dataclass(frozen=True, slots=True)
class WatchNotice:
    """Something the reader must know; ``code`` is a catalogue key, ``values`` fill its gaps."""

    code: str
    level: Literal["limit", "warning"]
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WatchSummary:
    """All that a watch's report shows."""

    id: str
    titles: Mapping[str, str]
    fingerprint: str
    """Of what is frozen."""
    model: str
    spec: Mapping[str, Any]
    """The resolved watch file."""
    parts: Mapping[str, Mapping[str, str]]
    """Part → its title by language."""
    profiles: tuple[str, ...]
    occasions: tuple[WatchOccasion, ...]
    series: tuple[WatchSeries, ...]
    version_changes: tuple[WatchVersionChange, ...]
    alarms: tuple[WatchAlarm, ...]
    segments: tuple[int, ...]
    """First occasion of each segment; the comparison begins anew there."""
    false_alarm_rate: float
    """Chance of a false alarm per occasion, over all series together, at most."""
    watched: int
    """Series that the rate is shared among."""
    pool_left: Mapping[str, int]
    """Part → items that no occasion has asked yet."""
    last_runs: Mapping[str, RunSummary]
    """Part → a run of its newest complete occasion, for the rules that figures were made by."""
    notices: tuple[WatchNotice, ...] = ()
    untold: tuple[WatchUntold, ...] = ()
    """Series of which nothing can be said on the newest occasion, alarm or not."""
    confidence: float = 0.95
    version: str = ""
    """Of Primum."""

    @property
    def standing_alarms(self) -> tuple[WatchAlarm, ...]:
        """The alarms that nobody has accepted."""
        return tuple(alarm for alarm in self.alarms if alarm.is_standing)

    @property
    def is_untold(self) -> bool:
        """Whether the newest occasion says nothing of any series."""
        return 0 < len(judged_now(self.series)) <= len(self.untold)

    def one(self, series_id: str) -> WatchSeries:
        """The series of that id."""
        return next(series for series in self.series if series.id == series_id)


def judged_now(series: Iterable[WatchSeries]) -> list[WatchSeries]:
    """The measures of the newest occasion; missing verdicts are none."""
    own = [one for one in series if one.points and one.role != "missing"]
    newest = max((one.points[-1].occasion for one in own), default=0)
    return [one for one in own if one.points[-1].occasion == newest]
