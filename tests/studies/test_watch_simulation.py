"""The alarm keeps its false-alarm rate and finds a change; the long figures are in docs/results."""

from __future__ import annotations

from dataclasses import replace

import pytest
from benchmarks.watch_simulation import RATE, STABLE, Scenario, repeated


@pytest.mark.slow
@pytest.mark.parametrize("scenario", STABLE, ids=lambda one: one.name)
def test_a_stable_model_alarms_no_more_often_than_is_promised(scenario: Scenario) -> None:
    found = repeated(replace(scenario, requests=25, new=8, series=2, occasions=10), 60, seed=2)

    # Promised: 10 × 0.02 = 20 % at most; three standard errors of 60 watches are 15.5 %.
    assert found.share(until=10) <= 10 * RATE + 3 * (0.2 * 0.8 / 60) ** 0.5


def test_a_deterministic_model_never_alarms() -> None:
    scenario = next(one for one in STABLE if one.deterministic)

    found = repeated(replace(scenario, requests=20, series=1, occasions=8), 5, seed=1)

    assert found.first == [None] * 5


def test_a_large_change_is_found_at_once() -> None:
    scenario = Scenario("", requests=40, new=8, series=1, occasions=6, step=0.4, change=5)

    found = repeated(scenario, 10, seed=3)

    assert found.share(until=5, since=5) >= 0.9


def test_verdicts_that_go_missing_are_found_at_once() -> None:
    """The measures themselves do not change."""
    scenario = Scenario(
        "", requests=40, new=8, series=1, occasions=6, missing_good=0.02, missing_bad=0.02,
        lost=0.4, change=5,
    )  # fmt: skip

    found = repeated(scenario, 10, seed=5)

    assert found.share(until=5, since=5) >= 0.9


@pytest.mark.slow
def test_slow_drift_is_found_by_its_evidence() -> None:
    scenario = Scenario("", requests=60, new=8, series=1, occasions=16, slope=0.03, change=4)

    found = repeated(scenario, 20, seed=4)

    assert found.share(until=16, since=4) >= 0.9
