"""How a demonstration is written out for the trainer: as a conversation, or in the Alpaca form.

The rows are those of trl: ``prompt`` with ``completion``, or with ``chosen`` and ``rejected``; as
conversations they go through the model's own chat template, as texts they stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from primum.core.errors import UserError, shorten
from primum.tuning.demonstration import Demonstration
from primum.tuning.settings import Method, PromptForm, TuningSettings

_PER_CHARACTER = 1 / 4
_PER_JAPANESE_CHARACTER = 1.0
_TEMPLATE_TOKENS = 20
"""What a chat template adds, roughly."""


def rows_of(
    demonstrations: Iterable[Demonstration], settings: TuningSettings
) -> list[dict[str, Any]]:
    """One row for each demonstration, as the trainer of the method reads it.

    Raises:
        UserError: a demonstration without an answer, or a pair without a rejected one.
    """
    return [_row(each, settings.method, settings.prompt_form) for each in demonstrations]


def _row(demonstration: Demonstration, method: Method, form: PromptForm) -> dict[str, Any]:
    said = {"completion": demonstration.response}
    if method == "dpo":
        said = {"chosen": demonstration.response, "rejected": demonstration.rejected}
    for name, answer in said.items():
        if not answer.strip():
            raise UserError(
                f"The demonstration “{shorten(demonstration.request)}” of "
                f"“{shorten(demonstration.source)}” has no {name} answer. Every one needs it."
            )
    if form == "alpaca":
        return {"prompt": alpaca(demonstration.request), **said}
    answers = {name: [{"role": "assistant", "content": text}] for name, text in said.items()}
    return {"prompt": [{"role": "user", "content": demonstration.request}], **answers}


def alpaca(request: str) -> str:
    """The request in the Alpaca form without input (Taori et al., 2023)."""
    return _alpaca_form().replace("{request}", request)


@cache
def _alpaca_form() -> str:
    file = resources.files("primum.tuning").joinpath("data/alpaca.txt")
    return file.read_text("utf-8")


def tokens_of(demonstration: Demonstration, settings: TuningSettings) -> int:
    """A rough number of tokens of one example: four letters each, or one Japanese character."""
    answers = [demonstration.response]
    if settings.method == "dpo":
        # Where the rejected answer is not known yet, it is taken to be as long.
        answers.append(demonstration.rejected or demonstration.response)
    asked = _tokens(demonstration.request) + _TEMPLATE_TOKENS
    return sum(min(asked + _tokens(answer), settings.max_tokens) for answer in answers)


def _tokens(text: str) -> int:
    wide = sum(character > "⺀" for character in text)
    return int(wide * _PER_JAPANESE_CHARACTER + (len(text) - wide) * _PER_CHARACTER)
