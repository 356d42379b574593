"""What can be asked for: presets, seeds, unknown settings."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from primum.capability.request import SMALL_TASKS, CapabilityRequest, preset, presets
from primum.core.errors import UnknownNameError


def test_without_settings_primums_own_sets_are_asked_of_the_embedded_model() -> None:
    request = CapabilityRequest()

    assert (request.model, request.tasks) == ("hf:embedded", SMALL_TASKS)


def test_the_preset_of_medsafetybench_has_three_examples_and_its_three_seeds() -> None:
    request = CapabilityRequest.model_validate(preset("medsafetybench"))

    assert (request.tasks, request.few_shot) == (("medical",), 3)
    assert request.seeds == (1234, 432, 32)


@pytest.mark.parametrize("name", presets())
def test_every_preset_is_a_request(name: str) -> None:
    CapabilityRequest.model_validate(preset(name))


def test_an_unknown_preset_names_the_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean “medsafetybench”"):
        preset("medsafety")


def test_a_seed_named_twice_is_refused() -> None:
    with pytest.raises(ValidationError, match="each seed may be named once"):
        CapabilityRequest(seeds=(1, 1))


def test_one_task_and_one_seed_need_no_list() -> None:
    request = CapabilityRequest.model_validate({"tasks": "medical", "seeds": 7})

    assert (request.tasks, request.seeds) == (("medical",), (7,))
