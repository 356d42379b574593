"""Whether what a model wrote is a refusal, where the screen can tell."""

from __future__ import annotations

from primum.judging.refusal_screen import RefusalLabel, languages_to_read, screen


def refusal_in(text: str, language: str, request: str = "") -> RefusalLabel | None:
    """The screen's label; None where it reads neither the text nor the language."""
    if not text.strip() or not languages_to_read(text, language):
        return None
    return screen(text, language, request).label


def is_refusal(text: str, language: str) -> bool:
    """Whether the text declines in full."""
    return refusal_in(text, language) == "full"
