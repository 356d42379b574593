"""Batches padded on the left, as MedSafetyBench pads them; trl's own are padded on the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any


class LeftPadding:
    """Makes a batch of tokenised examples: padding before the text, never part of the loss."""

    def __init__(self, pad_token: int) -> None:
        self._pad_token = pad_token

    def __call__(self, examples: Sequence[dict[str, Any]]) -> dict[str, Any]:
        """Tokens, labels and attention mask, each as wide as the longest example."""
        import torch
        from trl.trainer.utils import pad

        tokens = [torch.tensor(example["input_ids"]) for example in examples]
        labels = [torch.tensor(example["labels"]) for example in examples]
        masks = [torch.ones_like(each) for each in tokens]
        return {
            "input_ids": pad(tokens, padding_value=self._pad_token, padding_side="left"),
            "labels": pad(labels, padding_value=-100, padding_side="left"),
            "attention_mask": pad(masks, padding_value=0, padding_side="left"),
        }
