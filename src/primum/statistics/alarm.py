"""An alarm over time whose false alarms are counted beforehand.

    levels = alarm_levels(0.01, series=4)
    steps = watch_over([1.0, 0.4, 0.0002], levels)
    steps[-1].is_sudden

Two rules watch each series of p-values (``exchangeable``), each with half of the false-alarm rate:

- *sudden*: the occasion's own p-value is at most rate / (2 series) (Shewhart's chart).
- *drift*: the evidence of all occasions together, a Shiryaev-Roberts sum of e-values
  R(t) = (1 + R(t-1)) e(t), is at least 2 series / rate (an e-detector: Shin, Ramdas and Rinaldo
  2024, New England Journal of Statistics in Data Science 2).

If nothing changes, the chance of any alarm within the first m occasions is at most m × rate. For
the sudden rule this is the union over occasions and series. For the drift rule, E[R(min(N, m))] is
at most m at any stopping time N, so that Markov's inequality bounds P(N <= m) by m / threshold; and
again the union over the series. Nothing is assumed about how the series hang together. The expected
time to a false alarm is then at least 1 / (2 rate) occasions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple


class AlarmLevels(NamedTuple):
    """Where the two rules sound."""

    p_value: float
    """Sudden: at most this."""
    evidence: float
    """Drift: at least this."""


class WatchStep(NamedTuple):
    """One occasion of one series."""

    p_value: float | None
    evidence: float
    """Shiryaev-Roberts sum of the calibrated p-values so far."""
    is_sudden: bool
    is_drift: bool


def alarm_levels(rate: float, series: int) -> AlarmLevels:
    """The levels at which all series together have that false-alarm rate per occasion.

    Raises:
        ValueError: the rate is not between 0 and 1, or there is no series.
    """
    if not 0 < rate < 1 or series < 1:
        raise ValueError(f"a false-alarm rate of {rate} over {series} series cannot be kept")
    share = rate / (2 * series)
    return AlarmLevels(share, 1 / share)


def watch_over(p_values: Sequence[float | None], levels: AlarmLevels) -> list[WatchStep]:
    """What both rules say at each occasion; an occasion without a p-value changes nothing."""
    steps: list[WatchStep] = []
    evidence = 0.0
    for p_value in p_values:
        if p_value is None:
            steps.append(WatchStep(None, evidence, is_sudden=False, is_drift=False))
            continue
        evidence = (1 + evidence) * calibrated(p_value)
        steps.append(
            WatchStep(
                p_value,
                evidence,
                is_sudden=p_value <= levels.p_value,
                is_drift=evidence >= levels.evidence,
            )
        )
    return steps


def calibrated(p_value: float) -> float:
    """The e-value of a p-value: the mixture of k p^(k-1) over k in 0..1.

    (1 - p + p ln p) / (p ln² p), which falls in p, integrates to 1 and is 1/2 at p = 1 (Vovk and
    Wang 2021, Annals of Statistics 49).

    Raises:
        ValueError: p is not in 0..1.
    """
    if not 0 <= p_value <= 1:
        raise ValueError(f"a p-value of {p_value} is outside 0..1")
    p = max(p_value, 1e-300)
    log = math.log(p)
    if abs(log) < 1e-4:
        # The formula is 0/0 at 1; its series there.
        return 0.5 - log / 6
    return (1 - p + p * log) / (p * log * log)


def first_alarm(steps: Sequence[WatchStep]) -> int | None:
    """Place of the first occasion at which a rule sounded."""
    return next((n for n, step in enumerate(steps) if step.is_sudden or step.is_drift), None)
