"""A request from a file's or a command's plain values."""

from __future__ import annotations

from typing import Any

import pytest

from primum.core.errors import UserError
from primum.tuning.request import request_of

MIX = {"harmful": "general"}


def test_a_preset_is_changed_by_the_settings_and_a_name_alone_is_a_list() -> None:
    request = request_of(
        {"preset": "medsafetybench", "mix": MIX, "settings": {"epochs": 1, "seed": 4}}
    )

    assert request.mix.harmful == ("general",)
    assert (request.settings.epochs, request.settings.seed) == (1, 4)
    assert request.settings.prompt_form == "alpaca"


def test_the_method_chooses_its_own_preset() -> None:
    assert request_of({"mix": MIX}).settings.method == "lora"
    assert request_of({"mix": MIX, "settings": {"method": "dpo"}}).settings.beta == 0.1


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({}, "Nothing to tune on is named. Name demonstrations with --harmful"),
        ({"mix": {"benign": ["benign"]}}, "Benign sources are named, but no harmful ones"),
        ({"mix": {**MIX, "size": "9"}}, "“mix.size” holds “9”: a whole number was expected"),
        (
            {"mix": MIX, "settings": {"learning_rate": "1e-3"}},
            "“learning_rate” holds “1e-3”: a number was expected, without quotation marks",
        ),
        ({"mix": MIX, "modle": "x"}, "“modle” is not known. Known: checkpoint_every, data"),
        ({"mix": {**MIX, "share": 1}}, "“share” of mix is not known. Known: harmful"),
        ({"mix": MIX, "settings": {"lr": 1}}, "“lr” of settings is not known. Known: method"),
        ({"mix": ["general"]}, "“mix” holds no table"),
        ({"mix": MIX, "preset": "best"}, "Unknown preset “best”"),
        ({"mix": {**MIX, "size": 0}}, "“mix.size” holds “0”"),
        ({"mix": MIX, "checkpoint_every": 0}, "“checkpoint_every” holds “0”"),
    ],
)
def test_what_cannot_be_is_one_sentence(values: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        request_of(values)
