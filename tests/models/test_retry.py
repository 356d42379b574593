"""Backoff, and waits that headers ask for."""

from __future__ import annotations

import random

import pytest

from primum.models.retry import Retries, RetryPolicy, asked_wait


class Highest(random.Random):
    """Draws the upper end, so that the bound itself is seen."""

    def uniform(self, a: float, b: float) -> float:
        return b


def test_backoff_doubles_up_to_the_cap() -> None:
    retries = Retries(RetryPolicy(max_failures=8, base_seconds=1, cap_seconds=10), Highest())

    assert [retries.delay(0, None) for _ in range(6)] == [1, 2, 4, 8, 10, 10]


def test_jitter_is_full_and_comes_from_the_generator() -> None:
    def draw(seed: int) -> list[float]:
        delays = []
        for _ in range(200):
            delay = Retries(RetryPolicy(base_seconds=8), random.Random(seed)).delay(0, None)
            assert delay is not None
            delays.append(delay)
            seed += 1
        return delays

    delays = draw(1)

    assert delays == draw(1)
    assert min(delays) < 1
    assert max(delays) > 7
    assert max(delays) <= 8


def test_item_is_given_up_after_the_last_failure() -> None:
    retries = Retries(RetryPolicy(max_failures=3), Highest())

    assert [retries.delay(0, None) is None for _ in range(3)] == [False, False, True]


def test_wait_that_is_asked_for_is_no_failure() -> None:
    retries = Retries(RetryPolicy(max_failures=2), Highest())

    assert [retries.delay(0, 20) for _ in range(5)] == [20] * 5
    assert retries.failures == 0


def test_short_waits_asked_for_again_and_again_grow() -> None:
    retries = Retries(RetryPolicy(base_seconds=1), Highest())

    assert [retries.delay(0, 0.5) for _ in range(4)] == [0.5, 1, 2, 4]


def test_deadline_counts_attempts_and_waits() -> None:
    retries = Retries(RetryPolicy(deadline_seconds=100), Highest())

    assert retries.delay(30, 60) == 60
    assert retries.delay(5, 6) is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Retry-After": "7"}, 7.0),
        ({"Retry-After": "1.5"}, 1.5),
        ({"Retry-After-Ms": "250"}, 0.25),
        ({"Retry-After-Ms": "250", "Retry-After": "7"}, 0.25),
        # 1 January 2030, 00:00:10 GMT is 10 seconds after the response's own date.
        (
            {
                "Retry-After": "Tue, 01 Jan 2030 00:00:10 GMT",
                "Date": "Tue, 01 Jan 2030 00:00:00 GMT",
            },
            10.0,
        ),
        # Without a date of its own: `now` is 1 January 2030, 00:00:04 GMT.
        ({"Retry-After": "Tue, 01 Jan 2030 00:00:10 GMT"}, 6.0),
        ({"Retry-After": "Tue, 01 Jan 2019 00:00:00 GMT"}, None),
        ({"Retry-After": "0"}, None),
        ({"Retry-After": "-3"}, None),
        ({"Retry-After": "nan"}, None),
        ({"Retry-After": "inf"}, None),
        ({"Retry-After": "soon"}, None),
    ],
)
def test_wait_is_read_from_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert asked_wait(headers, now=1893456004.0) == seconds
