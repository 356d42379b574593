"""The alarm's levels, its evidence, and the false-alarm rate that they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest

from primum.statistics.alarm import alarm_levels, calibrated, first_alarm, watch_over


def test_levels_share_the_rate_over_series_and_rules() -> None:
    levels = alarm_levels(0.01, series=5)

    assert levels.p_value == pytest.approx(0.001)
    assert levels.evidence == pytest.approx(1000)


def test_an_e_value_by_hand() -> None:
    # p = e^-2: (1 - p - 2p) / (4p) = (e² - 3) / 4.
    assert calibrated(math.exp(-2)) == pytest.approx((math.exp(2) - 3) / 4)
    assert calibrated(1.0) == pytest.approx(0.5)
    assert calibrated(1 - 1e-5) == pytest.approx(0.5, abs=1e-4)


def test_e_values_of_uniform_p_values_have_a_mean_of_one() -> None:
    # On the scale of x = -ln p the mean of e(p) is the integral of e(exp(-x)) exp(-x) over x > 0.
    x = np.linspace(1e-6, 5000, 2_000_001)
    density = np.array([1 - (1 + one) * math.exp(-one) for one in x]) / x**2

    assert np.trapezoid(density, x) + 1 / 5000 == pytest.approx(1, abs=1e-3)


def test_evidence_grows_by_the_rule_of_shiryaev_and_roberts() -> None:
    levels = alarm_levels(0.5, series=1)
    e = calibrated(math.exp(-2))

    steps = watch_over([math.exp(-2), None, math.exp(-2)], levels)

    assert steps[0].evidence == pytest.approx(e)
    assert steps[1].evidence == steps[0].evidence
    assert steps[2].evidence == pytest.approx((1 + e) * e)


def test_identical_answers_never_alarm() -> None:
    assert first_alarm(watch_over([1.0] * 500, alarm_levels(0.2, series=1))) is None


def test_one_tiny_p_value_is_sudden_and_many_small_ones_are_drift() -> None:
    levels = alarm_levels(0.02, series=1)

    sudden = watch_over([0.6, 0.005], levels)
    slow = watch_over([0.03] * 6, levels)

    assert sudden[1].is_sudden
    assert not any(step.is_sudden for step in slow)
    assert first_alarm(slow) is not None


def test_false_alarms_stay_below_the_promise() -> None:
    """With m × rate = 20 × 0.02 = 0.4 promised, over uniform p-values of two series."""
    generator = np.random.default_rng(3)
    levels = alarm_levels(0.02, series=2)
    alarms = 0
    for _ in range(400):
        series = generator.random((2, 20)).tolist()
        alarms += any(first_alarm(watch_over(one, levels)) is not None for one in series)

    assert 0.1 < alarms / 400 < 0.4


def test_a_rate_that_cannot_be_kept_is_refused() -> None:
    with pytest.raises(ValueError, match="false-alarm rate"):
        alarm_levels(0.0, series=1)
    with pytest.raises(ValueError, match="outside"):
        calibrated(1.2)
