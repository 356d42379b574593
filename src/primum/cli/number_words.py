"""Numbers as the screen says them: with their noun, or as a share with its interval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def counted(number: int, noun: str) -> str:
    """``1 item``, ``1,200 items``."""
    return f"{number:,} {noun}{'s' * (number != 1)}"


def share_words(figure: Mapping[str, Any]) -> str:
    """``67% (50% to 80%)`` of an estimate's figure; without an interval where there is none."""
    if figure["value"] is None:
        return "not defined"
    if figure["low"] is None:
        return f"{figure['value']:.0%} (too few items for an interval)"
    return f"{figure['value']:.0%} ({figure['low']:.0%} to {figure['high']:.0%})"
