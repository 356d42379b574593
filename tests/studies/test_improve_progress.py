"""Steps of an improvement: what is done, what is given up, and how long the rest may take."""

from __future__ import annotations

import pytest

from primum.studies.improve_progress import ImproveProgress, ImproveStep


def steps() -> ImproveProgress:
    """The baseline measured, one adapter made and measured, another one waiting."""
    return ImproveProgress(
        [
            ImproveStep("baseline", "evaluate", "core", "finished", seconds=30.0),
            ImproveStep("a", "tune", state="finished", seconds=100.0),
            ImproveStep("a", "evaluate", "core", "finished", seconds=50.0),
            ImproveStep("b", "tune"),
            ImproveStep("b", "evaluate", "core"),
        ]
    )


def test_the_rest_takes_as_long_as_what_was_done_of_its_kind() -> None:
    """A tuning of 100 s, and an evaluation of (30 + 50) / 2 s."""
    assert steps().eta_seconds == pytest.approx(140)


def test_what_was_found_finished_says_nothing_of_the_time() -> None:
    """A step of an earlier session has no time, so that nothing is known of its kind."""
    found = steps()
    found.steps[1].seconds = None

    assert found.eta_seconds is None


def test_an_adapter_that_is_given_up_is_not_waited_for() -> None:
    """With the reason; what it had finished stays."""
    found = steps()

    found.give_up("b", "out of memory")

    assert found.eta_seconds == 0
    assert found.done == len(found.steps)
    assert {step.reason for step in found.steps if step.subject == "b"} == {"out of memory"}
    assert found.step("a", "tune").state == "finished"
