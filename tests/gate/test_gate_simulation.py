"""A gate errs as often as it says, and stopping early saves what it promises."""

from __future__ import annotations

import math

import pytest
from benchmarks.gate_simulation import (
    LEVEL,
    SETTINGS,
    error_rates,
    finite_error_rate,
    savings,
)

REPETITIONS = 400


def most(repetitions: int) -> float:
    """The level and three standard errors of a simulated rate."""
    return LEVEL + 3 * math.sqrt(LEVEL * (1 - LEVEL) / repetitions)


def test_stopping_early_saves_most_where_the_truth_is_far_from_the_limit() -> None:
    found = {one.truth: one for one in savings(300, seed=7)}

    for truth in (0.0, 0.02):
        assert found[truth].sequential["pass"] > 0.98
        assert found[truth].saved > 0.7
    for truth in (0.3, 0.5):
        assert found[truth].sequential["fail"] > 0.98
        assert found[truth].saved > 0.85
    assert found[0.1].sequential["pass"] <= most(300)
    assert found[0.1].sequential["fail"] <= most(300)
    assert all(0 < one.requests <= 300 for one in found.values())


def test_a_fixed_benchmark_in_random_order_is_no_easier_to_pass_than_fresh_requests() -> None:
    assert finite_error_rate(1000, seed=7).rate <= most(1000)


def test_a_few_draws_of_every_setting_are_decided_by_both_modes() -> None:
    found = list(error_rates(3, seed=7))

    assert len(found) == 4 * len(SETTINGS)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_both_modes_hold_their_error_rates_in_every_setting() -> None:
    for one in error_rates(REPETITIONS, seed=11):
        assert one.rate <= most(REPETITIONS), one
