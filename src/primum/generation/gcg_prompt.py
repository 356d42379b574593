"""Where a suffix stands in a conversation: the fixed tokens before and after it, and the target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from primum.core.errors import UserError, shorten

if TYPE_CHECKING:
    from primum.models.local_source import Loaded

_MARK = "\u2999SUFFIX\u2999"
"""Stands for the suffix while the chat template is filled; no template and no goal has it."""


@dataclass(frozen=True, slots=True)
class SuffixPrompt:
    """The tokens around a suffix: before, suffix, after, target."""

    before: tuple[int, ...]
    """Template, system prompt and goal."""
    after: tuple[int, ...]
    """End of the user's turn, and the opening of the assistant's."""
    target: tuple[int, ...]
    """How the answer is to begin."""
    goal: str = ""
    """The user's text before the suffix, into which a suffix's first letters could merge."""


def suffix_prompt(loaded: Loaded, goal: str, target: str, system_prompt: str = "") -> SuffixPrompt:
    """The tokens around a suffix that follows the goal in the user's turn.

    Raises:
        UserError: goal or target is empty, or the chat template changes the text.
    """
    if not goal.strip() or not target.strip():
        raise UserError("An attack needs a goal and a target (how the answer is to begin).")
    messages = [{"role": "system", "content": system_prompt}] if system_prompt else []
    messages.append({"role": "user", "content": f"{goal}{_MARK}"})
    text = loaded.tokenizer.apply_chat_template(
        messages, tokenize=False, add_generation_prompt=True
    )
    before, found, after = str(text).partition(_MARK)
    if not found or _MARK in after:
        raise UserError(
            f"The chat template of this model does not keep the user's text “{shorten(goal, 40)}”, "
            "so a suffix has no place in it."
        )
    return SuffixPrompt(
        _tokens(loaded, before), _tokens(loaded, after), _tokens(loaded, target), goal
    )


def _tokens(loaded: Loaded, text: str) -> tuple[int, ...]:
    return tuple(loaded.tokenizer.encode(text, add_special_tokens=False))


def usable_tokens(loaded: Loaded, *, ascii_only: bool) -> list[bool]:
    """Per token of the vocabulary: whether it may stand in a suffix.

    Special and added tokens may not: whoever serves a model may read them in a user's turn as
    plain letters. Nor may what prints nothing; with ``ascii_only`` nothing beyond ASCII.
    """
    size = int(loaded.model.get_input_embeddings().weight.shape[0])
    special = {*loaded.tokenizer.all_special_ids, *loaded.tokenizer.get_added_vocab().values()}
    texts = loaded.tokenizer.batch_decode([[token] for token in range(size)])
    return [
        token not in special
        and bool(text)
        and text.isprintable()
        and (text.isascii() or not ascii_only)
        for token, text in enumerate(texts)
    ]
