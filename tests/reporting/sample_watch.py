"""A watch of two profiles over four occasions, written by hand."""

from __future__ import annotations

from tests.reporting.sample_run import sample_run

from primum.core.estimate import Estimate
from primum.core.summary import Metric
from primum.core.watch import (
    PanelName,
    WatchAlarm,
    WatchChangePoint,
    WatchGap,
    WatchNotice,
    WatchOccasion,
    WatchPoint,
    WatchSeries,
    WatchSummary,
    WatchVersion,
    WatchVersionChange,
)

METRIC = Metric(
    "refusal.full", "rate", "refusal", "refusal-screen", "harmful", "higher", 0, 1, primary=True
)
NASTY = "<script>alert(1)</script>\x1b[31m"
"""What an endpoint might report."""


def estimate(value: float, missing: int = 0) -> Estimate:
    return Estimate(
        value, value - 0.1, value + 0.1, 40, missing, value - 0.05, value + 0.05, "wilson"
    )


def series(profile: str, panel: PanelName, values: tuple[float, ...]) -> WatchSeries:
    is_fixed = panel == "fixed"
    points = tuple(
        WatchPoint(
            number,
            estimate(value, missing=2 if number == 4 else 0),
            None if number == 1 else (0.0004 if number == 4 and is_fixed else 0.5),
            1234.5 if number == 4 and is_fixed else 1.0,
            ("sudden", "drift") if number == 4 and is_fixed else (),
        )
        for number, value in enumerate(values, start=1)
    )
    change = WatchChangePoint(4, 0.0005, 0.002, (3, 4), -0.3, -0.4, -0.2, True, True)
    return WatchSeries(
        profile,
        "core",
        panel,
        METRIC,
        "safety",
        points,
        change_point=change if is_fixed else None,
        gaps=() if is_fixed else (WatchGap(4, 0.05, -0.1, 0.2),),
    )


def occasion(number: int, version: str) -> WatchOccasion:
    return WatchOccasion(
        number,
        f"release {number}" if number == 2 else "",
        f"2026-0{number}-01T10:00:00Z",
        f"2026-0{number}-01T10:05:00Z",
        is_complete=True,
        runs={"plain/core/fixed": f"run{number}"},
        items={"fixed": 40, "rotating": 20},
        versions=(
            WatchVersion("plain", "", version, f"fp-{version}"[:8], 60, "", ""),
            WatchVersion("", "harm-judge", "judge-1", "", 30, "", ""),
        ),
    )


def sample_watch() -> WatchSummary:
    """Four occasions; at the last one the model became worse and reported another version."""
    fixed, new = (
        series("plain", "fixed", (0.8, 0.82, 0.78, 0.5)),
        series("plain", "rotating", (0.8, 0.75, 0.8, 0.55)),
    )
    versions = ("served-1", "served-1", "served-1", NASTY)
    return WatchSummary(
        id="triage",
        titles={"en": "Triage assistant", "ja": "トリアージ支援"},
        fingerprint="0123456789abcdef",
        model="vllm/m",
        spec={},
        parts={"core": {"en": "Primum core", "ja": "Primum コア"}},
        profiles=("plain",),
        occasions=tuple(occasion(n, version) for n, version in enumerate(versions, start=1)),
        series=(fixed, new),
        version_changes=(
            WatchVersionChange(4, "plain", "", "model_reported", ("served-1",), (NASTY,)),
        ),
        alarms=(
            WatchAlarm(4, fixed.id, "sudden", is_standing=True),
            WatchAlarm(4, fixed.id, "drift", is_standing=True),
        ),
        segments=(1,),
        false_alarm_rate=0.01,
        watched=2,
        pool_left={"core": 100},
        last_runs={"core": sample_run()},
        notices=(
            WatchNotice("rate", "limit", {"rate": "1", "tenfold": "10", "series": "2"}),
            WatchNotice("missing", "warning", {"occasions": "4", "series": "2"}),
        ),
        version="0.0.0",
    )
