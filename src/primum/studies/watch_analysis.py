"""From a watch's ledger to what its report shows: series, alarms, change points, versions.

    summary = analyse_watch(read_watch(Path("triage.toml")), ledger)
    summary.standing_alarms

No model is asked, and nothing but the file and the ledger is needed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import numpy as np

from primum import __version__
from primum.core.digest import digest, digest_of
from primum.core.errors import UserError
from primum.core.watch import (
    WatchAlarm,
    WatchChangePoint,
    WatchNotice,
    WatchOccasion,
    WatchSeries,
    WatchSummary,
)
from primum.ledger.ledger import Ledger
from primum.ledger.record import Run, iso
from primum.statistics.alarm import alarm_levels
from primum.statistics.change_point import ChangePoint, change_point
from primum.statistics.multiplicity import holm
from primum.studies.design import part_name
from primum.studies.watch_capability import PART as CAPABILITY
from primum.studies.watch_file import WatchFile
from primum.studies.watch_history import (
    OccasionNote,
    WatchHistory,
    asked_elsewhere,
    read_history,
    refuse_unseen_changes,
    runs_of,
)
from primum.studies.watch_missing import NOTABLE_MISSING, untold_of
from primum.studies.watch_series import SeriesData, read_series, series_of
from primum.studies.watch_version import failed_calls, version_changes, versions_of

Place = Callable[[str], tuple[int, int, str]]

LONG_OCCASION_HOURS = 24


def analyse_watch(watch: WatchFile, ledger: Ledger) -> WatchSummary:
    """What all occasions so far show.

    Raises:
        UserError: the workspace holds no occasion of the watch, or lacks one at which the file
            accepts a change.
    """
    history = read_history(ledger, watch.id)
    if not history.occasions:
        raise UserError(
            f"This workspace holds no occasion of the watch “{watch.id}” yet. Make the first with "
            "“primum watch FILE”."
        )
    refuse_unseen_changes(watch, history, ledger)
    place = _place(watch)
    runs = {
        note.number: dict(sorted(runs_of(ledger, note).items(), key=lambda pair: place(pair[0])))
        for note in history.occasions
    }
    occasions = tuple(_occasion(ledger, note, runs[note.number]) for note in history.occasions)
    complete = {one.number: runs[one.number] for one in occasions if one.is_complete}
    data = _read(complete, place, ledger)
    segments = _segments(watch, len(occasions))
    watched = [one for one in data if one.is_watched]
    levels = alarm_levels(watch.alarm.false_alarm_rate, max(1, len(watched)))
    fixed = {(one.profile, one.part, one.metric.id): one for one in data if one.panel == "fixed"}
    series = [
        series_of(
            one,
            segments,
            levels,
            fixed.get((one.profile, one.part, one.metric.id)) if one.panel == "rotating" else None,
        )
        for one in data
    ]
    series = _with_change_points(series, data, segments[-1], watch)
    identities = {
        (number, key.split("/", 1)[0]): run.spec["target"]["identity"]
        for number, several in runs.items()
        for key, run in several.items()
    }
    seen = asked_elsewhere(ledger, history)
    summary = WatchSummary(
        id=watch.id,
        titles=watch.title.mapping(),
        fingerprint=digest_of(dict(history.frozen or {})).hex(),
        model=watch.model,
        spec=watch.model_dump(mode="json", by_alias=True),
        parts=_parts(watch, runs),
        profiles=tuple(profile.name for profile in watch.profiles),
        occasions=occasions,
        series=tuple(series),
        version_changes=tuple(version_changes(occasions, identities)),
        alarms=tuple(_alarms(series, segments)),
        segments=tuple(segment.start for segment in segments),
        false_alarm_rate=watch.alarm.false_alarm_rate,
        watched=len(watched),
        pool_left=history.occasions[-1].pool_left,
        last_runs={one.part: one.last_run for one in reversed(data)},
        confidence=watch.confidence,
        untold=tuple(untold_of(series, segments[-1].start)),
        version=__version__,
    )
    return replace(summary, notices=tuple(_notices(summary, history, seen)))


def _read(
    complete: Mapping[int, Mapping[str, Run]], place: Place, ledger: Ledger
) -> list[SeriesData]:
    """The series of every profile, part and panel; fixed before rotating."""
    keys = sorted({key for runs in complete.values() for key in runs}, key=place)
    found: list[SeriesData] = []
    for key in keys:
        profile, rest = key.split("/", 1)
        part, _, panel = rest.rpartition("/")
        runs = {number: own[key] for number, own in complete.items() if key in own}
        found += read_series(
            profile, part, "fixed" if panel == "fixed" else "rotating", runs, ledger
        )
    return found


def _place(watch: WatchFile) -> Place:
    """Orders keys of runs as the file names profiles and protocols."""
    profiles = [profile.name for profile in watch.profiles]
    parts = [*(part_name(part) for part in watch.parts), CAPABILITY]

    def place(key: str) -> tuple[int, int, str]:
        profile, rest = key.split("/", 1)
        part, _, panel = rest.rpartition("/")
        return (
            profiles.index(profile) if profile in profiles else len(profiles),
            parts.index(part) if part in parts else len(parts),
            panel,
        )

    return place


def _segments(watch: WatchFile, occasions: int) -> list[range]:
    """Numbers of the occasions that are compared with one another."""
    starts = [1, *watch.alarm.accepted_changes]
    ends = [*starts[1:], occasions + 1]
    return [range(start, end) for start, end in zip(starts, ends, strict=True)]


def _occasion(ledger: Ledger, note: OccasionNote, runs: Mapping[str, Run]) -> WatchOccasion:
    finished = [run.finished_at_ms for run in runs.values() if run.state == "finished"]
    ends = [end for end in finished if end is not None]
    is_complete = len(ends) == len(note.runs)
    return WatchOccasion(
        number=note.number,
        label=note.label,
        begun=iso(note.begun_ms),
        ended=iso(max(ends)) if is_complete and ends else "",
        is_complete=is_complete,
        runs=note.runs,
        items=note.items,
        versions=versions_of(ledger, runs, note.begun_ms),
        failed_calls=failed_calls(ledger, runs.values()),
    )


def _parts(watch: WatchFile, runs: Mapping[int, Mapping[str, Run]]) -> dict[str, dict[str, str]]:
    """Part → title by language, from the runs' facts; in the order of the file."""
    found: dict[str, dict[str, str]] = {part_name(part): {} for part in watch.parts}
    for several in runs.values():
        for key, run in several.items():
            part = key.split("/", 1)[1].rpartition("/")[0]
            titles = run.facts.get("protocol_title") or {}
            found[part] = {name: str(text) for name, text in titles.items()}
    return found


def _alarms(series: Sequence[WatchSeries], segments: Sequence[range]) -> Iterator[WatchAlarm]:
    """The first time that each rule sounded for a series in a segment, in order of occasions."""
    found: list[WatchAlarm] = []
    for one in series:
        for segment in segments:
            for rule in ("sudden", "drift"):
                hits = [p.occasion for p in one.points if p.occasion in segment and rule in p.rules]
                if hits:
                    is_last = segment is segments[-1]
                    found.append(
                        WatchAlarm(
                            hits[0], one.id, "sudden" if rule == "sudden" else "drift", is_last
                        )
                    )
    yield from sorted(found, key=lambda alarm: alarm.occasion)


def _with_change_points(
    series: Sequence[WatchSeries], data: Sequence[SeriesData], segment: range, watch: WatchFile
) -> list[WatchSeries]:
    """The series with the change point of their last segment, adjusted over all of them."""
    found = [_change_point(one, segment, watch) for one in data]
    adjusted = holm([None if one is None else one.p_value for one in found])
    return [
        one
        if change is None or p_value is None
        else replace(one, change_point=_placed(change, p_value, own, segment, watch.confidence))
        for one, own, change, p_value in zip(series, data, found, adjusted, strict=True)
    ]


def _change_point(data: SeriesData, segment: range, watch: WatchFile) -> ChangePoint | None:
    if data.panel != "fixed":
        return None
    places = data.places(segment)
    # The same orders for every series: those with equal outcomes have equal p-values.
    seed = int.from_bytes(digest("watch-change", watch.id, str(len(places)))[:8], "big")
    return change_point(
        data.values[:, places],
        generator=np.random.default_rng(seed),
        clusters=data.clusters,
        confidence=watch.confidence,
    )


def _placed(
    found: ChangePoint, adjusted_p: float, data: SeriesData, segment: range, confidence: float
) -> WatchChangePoint:
    numbers = [data.occasions[place] for place in data.places(segment)]
    is_rise = found.statistic > 0
    width = data.metric.high - data.metric.low
    return WatchChangePoint(
        occasion=numbers[found.place],
        p_value=found.p_value,
        adjusted_p=adjusted_p,
        plausible=tuple(numbers[place] for place in found.plausible),
        difference=found.difference,
        low=None if found.low is None else max(-width, found.low),
        high=None if found.high is None else min(width, found.high),
        is_worse=data.is_watched and is_rise == (data.worse == "higher"),
        is_notable=adjusted_p <= 1 - confidence,
    )


def _notices(summary: WatchSummary, history: WatchHistory, seen: int) -> Iterator[WatchNotice]:
    complete = [one for one in summary.occasions if one.is_complete]
    last = summary.segments[-1]
    if len([one for one in complete if one.number >= last]) < 2:
        yield WatchNotice("nothing_to_compare", "warning", {"first": str(last)})
    unfinished = [one.number for one in summary.occasions if not one.is_complete]
    if unfinished:
        yield WatchNotice("unfinished", "warning", {"occasions": _ranges(unfinished)})
    failed = {one.number: one.failed_calls for one in complete if one.failed_calls}
    if failed:
        yield WatchNotice(
            "failed_calls",
            "warning",
            {"n": str(sum(failed.values())), "occasions": _ranges(failed)},
        )
    lost = list(_much_missing(summary))
    if lost:
        values = {
            "occasions": _ranges({number for _, number in lost}),
            "series": str(len({series for series, _ in lost})),
        }
        yield WatchNotice("missing", "warning", values)
    long = [one.number for one in complete if _hours(one) > LONG_OCCASION_HOURS]
    if long:
        yield WatchNotice("long", "warning", {"occasions": _ranges(long)})
    yield from _used_up(history)
    if seen:
        last_number = str(summary.occasions[-1].number)
        yield WatchNotice("asked_elsewhere", "warning", {"n": str(seen), "occasion": last_number})
    yield WatchNotice(
        "rate",
        "limit",
        {
            "rate": f"{summary.false_alarm_rate * 100:g}",
            "tenfold": f"{min(1.0, summary.false_alarm_rate * 10) * 100:g}",
            "series": str(summary.watched),
        },
    )
    yield WatchNotice("one_sided", "limit")
    yield WatchNotice("same_answers", "limit")


def _used_up(history: WatchHistory) -> Iterator[WatchNotice]:
    """Parts without new items, with the first occasion that had none."""
    for part in history.occasions[-1].pool_left:
        having = [
            note
            for note in history.occasions
            if any(key.endswith(f"/{part}/rotating") for key in note.runs)
        ]
        if having and having[-1].number < history.occasions[-1].number:
            values = {"part": part, "occasion": str(having[-1].number + 1)}
            left = having[-1].pool_left.get(part, 0)
            if left:
                yield WatchNotice("pool_rest", "warning", {**values, "left": str(left)})
            else:
                yield WatchNotice("pool_used_up", "warning", values)


def _ranges(numbers: Iterable[int]) -> str:
    """``1–3, 7``."""
    found: list[list[int]] = []
    for number in sorted(numbers):
        if found and found[-1][-1] == number - 1:
            found[-1].append(number)
        else:
            found.append([number])
    return ", ".join(f"{one[0]}–{one[-1]}" if one[1:] else f"{one[0]}" for one in found)


def _much_missing(summary: WatchSummary) -> Iterator[tuple[str, int]]:
    """Series and occasions with too many missing verdicts."""
    for series in summary.series:
        for point in series.points if series.role != "missing" else ():
            missing = point.estimate.missing
            if missing > NOTABLE_MISSING * (point.estimate.n + missing):
                yield series.id, point.occasion


def _hours(occasion: WatchOccasion) -> float:
    if not occasion.ended:
        return 0.0
    begun, ended = (datetime.fromisoformat(time) for time in (occasion.begun, occasion.ended))
    return (ended - begun).total_seconds() / 3600
