"""A version that comes in the midst of an occasion is one change, not two."""

from __future__ import annotations

from primum.core.watch import WatchOccasion, WatchVersion
from primum.studies.watch_version import version_changes

Seen = tuple[str, str, str]
"""Version, first and last minute at which it answered."""


def occasion(number: int, *seen: Seen) -> WatchOccasion:
    return WatchOccasion(
        number=number,
        label="",
        begun="",
        ended="",
        is_complete=True,
        runs={},
        items={},
        versions=tuple(
            WatchVersion("plain", "", name, "", 5, f"{number}T{first}", f"{number}T{last}")
            for name, first, last in seen
        ),
    )


def changes(*occasions: WatchOccasion) -> list[tuple[int, tuple[str, ...], tuple[str, ...]]]:
    return [(one.occasion, one.before, one.after) for one in version_changes(occasions, {})]


def test_a_version_that_comes_in_the_midst_is_reported_once() -> None:
    found = changes(
        occasion(6, ("m-1", "01", "09")),
        occasion(7, ("m-1", "01", "04"), ("m-2", "05", "09")),
        occasion(8, ("m-2", "01", "09")),
    )

    assert found == [(7, ("m-1",), ("m-1", "m-2"))]


def test_a_version_that_is_taken_back_is_another_change() -> None:
    found = changes(
        occasion(6, ("m-1", "01", "09")),
        occasion(7, ("m-1", "01", "04"), ("m-2", "05", "09")),
        occasion(8, ("m-1", "01", "09")),
    )

    assert [number for number, _, _ in found] == [7, 8]


def test_versions_that_take_turns_are_one_change() -> None:
    found = changes(
        occasion(6, ("m-1", "01", "09")),
        occasion(7, ("m-1", "01", "09"), ("m-2", "02", "08")),
        occasion(8, ("m-1", "01", "09"), ("m-2", "01", "09")),
        occasion(9, ("m-2", "01", "09")),
    )

    assert [number for number, _, _ in found] == [7]
