"""Which series cannot be told on the newest occasion."""

from __future__ import annotations

from dataclasses import replace

from tests.reporting.sample_watch import estimate, sample_watch

from primum.core.watch import WatchSeries
from primum.studies.watch_missing import MISSING, untold_of


def with_missing(series: WatchSeries, missing: int, n: int = 95) -> WatchSeries:
    last = replace(series.points[-1], estimate=replace(estimate(0.5, missing), n=n))
    return replace(series, points=(*series.points[:-1], last))


def test_more_than_a_twentieth_missing_cannot_be_told() -> None:
    fixed = sample_watch().series[0]

    assert list(untold_of([with_missing(fixed, 5)])) == []
    (found,) = untold_of([with_missing(fixed, 6, n=94)])
    assert (found.series, found.occasion, found.missing, found.asked) == (fixed.id, 4, 6, 100)


def test_only_the_newest_occasion_counts() -> None:
    fixed, new = sample_watch().series
    ended = replace(with_missing(new, 50), points=with_missing(new, 50).points[:3])

    assert list(untold_of([with_missing(fixed, 0), ended])) == []


def test_what_is_held_against_occasions_without_verdicts_cannot_be_told() -> None:
    series = sample_watch().series[0]
    lost = [replace(one, estimate=replace(one.estimate, n=0, missing=9)) for one in series.points]
    back = replace(series, points=(*series.points[:1], *lost[1:-1], series.points[-1]))

    (found,) = untold_of([back], since=2)

    assert (found.why, found.occasion) == ("nothing_to_compare", 4)
    assert list(untold_of([back])) == []


def test_the_share_of_missing_verdicts_is_not_itself_untold() -> None:
    fixed = with_missing(sample_watch().series[0], 50)

    assert list(untold_of([replace(fixed, metric=MISSING, role="missing")])) == []
