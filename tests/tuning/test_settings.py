"""Presets, and settings that hold together or say why not."""

from __future__ import annotations

from typing import Any

import pytest

from primum.core.errors import UnknownNameError, UserError
from primum.tuning.settings import TuningSettings, preset, preset_names, preset_text


def test_the_presets_are_known_by_name_and_each_can_be_read() -> None:
    assert preset_names() == ("medsafetybench", "primum", "primum-dpo")
    assert all(isinstance(preset(name), TuningSettings) for name in preset_names())
    assert preset_text("primum").startswith("# Primum's own settings.")


def test_the_published_settings_are_those_of_the_published_script() -> None:
    """Han et al. 2024, training/finetuning.py."""
    published = preset("medsafetybench")

    assert (published.rank, published.alpha, published.dropout) == (8, 16, 0.05)
    assert published.target_modules == ("q_proj", "v_proj")
    assert (published.learning_rate, published.warmup_updates) == (3e-4, 10)
    assert (published.batch_size, published.micro_batch_size) == (128, 4)
    assert (published.epochs, published.updates, published.max_tokens) == (3, None, 256)
    assert (published.prompt_form, published.loss_on) == ("alpaca", "all")
    assert (published.padding_side, published.precision) == ("left", "float16")


def test_our_settings_fix_the_updates_mask_the_request_and_take_the_chat_form() -> None:
    ours = preset()

    assert ours.updates is not None
    assert ours.warmup_updates < ours.updates
    assert (ours.loss_on, ours.prompt_form, ours.method) == ("response", "chat", "lora")


def test_an_unknown_preset_names_the_near_one() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean “medsafetybench”"):
        preset("medsafetbench")


def test_updates_and_epochs_replace_each_other() -> None:
    assert preset("medsafetybench").with_changes(updates=7).epochs is None
    assert preset().with_changes(epochs=2).updates is None


def test_a_batch_that_the_presets_share_does_not_divide_is_taken_whole() -> None:
    assert preset("medsafetybench").with_changes(batch_size=6).micro_batch_size is None
    assert preset("medsafetybench").with_changes(batch_size=8).micro_batch_size == 4


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"updates": 5, "epochs": 1}, "exactly one of updates and epochs"),
        ({"batch_size": 8, "micro_batch_size": 3}, "no multiple of micro_batch_size 3"),
        ({"beta": 0.1}, "beta belongs to the method dpo"),
        ({"method": "dpo"}, "beta belongs to the method dpo"),
        ({"method": "dpo", "beta": 0.1, "loss_on": "all"}, "dpo compares answers"),
        ({"learning_rate": 0}, "“learning_rate” holds “0”"),
        ({"target_modules": ()}, "“target_modules” holds"),
        ({"rnk": 4}, "“rnk” is not known. Known: method, rank"),
        ({"prompt_form": "vicuna"}, "“prompt_form” holds “vicuna”"),
    ],
)
def test_what_cannot_be_is_one_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(UserError, match=sentence):
        preset().with_changes(**changes)


def test_how_the_work_is_cut_up_is_no_part_of_what_is_learned() -> None:
    whole, halves = preset(), preset().with_changes(micro_batch_size=4, gradient_checkpointing=True)

    assert whole.decisive == halves.decisive
    assert whole.decisive != preset().with_changes(seed=1).decisive
