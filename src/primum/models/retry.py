"""When a failed call is made again: full-jitter backoff, and waits that the endpoint asks for.

A wait that the endpoint asks for is obeyed and is no failure of the item; failures are counted and
the time spent on one item is bounded. It knows nothing of HTTP but its headers.
"""

from __future__ import annotations

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How long one item is worth trying."""

    max_failures: int = 8
    base_seconds: float = 1.0
    cap_seconds: float = 30.0
    deadline_seconds: float = 600.0
    """Time spent on attempts and waits; time in the queue does not count."""
    longest_wait_seconds: float = 600.0
    """An endpoint that asks for more is not waited for: the run stops and can be continued."""


@dataclass(slots=True)
class Retries:
    """The failures of one item so far."""

    policy: RetryPolicy
    generator: random.Random
    failures: int = 0
    waits: int = 0
    spent_seconds: float = field(default=0.0)

    def delay(self, attempt_seconds: float, asked_seconds: float | None) -> float | None:
        """Seconds until the next attempt, or None if the item is given up.

        Args:
            attempt_seconds: what the failed attempt took.
            asked_seconds: the wait that the endpoint asked for, if it did.
        """
        if asked_seconds is None:
            self.failures += 1
            if self.failures >= self.policy.max_failures:
                return None
            seconds = self._jitter(self.failures)
        else:
            # An endpoint that asks for a moment again and again is left alone for longer.
            seconds = max(asked_seconds, self._jitter(self.waits) if self.waits else 0.0)
            self.waits += 1
        self.spent_seconds += attempt_seconds + seconds
        return seconds if self.spent_seconds <= self.policy.deadline_seconds else None

    def _jitter(self, step: int) -> float:
        longest = min(self.policy.cap_seconds, self.policy.base_seconds * 2.0 ** (step - 1))
        return self.generator.uniform(0, longest)


def asked_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds that the headers ask to wait, None where they do not.

    Args:
        headers: the response's headers, case-insensitive.
        now: POSIX time, for a date in a response that does not carry its own.
    """
    milliseconds = _number(headers.get("Retry-After-Ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000 or None
    value = headers.get("Retry-After", "")
    seconds = _number(value)
    if seconds is None and (until := _posix(value)) is not None:
        # The endpoint's own clock, where it tells it: the two may disagree by minutes.
        seconds = max(0.0, until - (_posix(headers.get("Date", "")) or now))
    return seconds or None


def _number(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return max(0.0, number) if math.isfinite(number) else None


def _posix(text: str) -> float | None:
    try:
        return parsedate_to_datetime(text).timestamp()
    except (TypeError, ValueError, OverflowError):
        return None
