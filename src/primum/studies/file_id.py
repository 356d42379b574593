"""What an id may hold, where reports and folders are named by it."""

from __future__ import annotations

import re

from primum.core.errors import shorten

_SAFE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


def id_fault(given: str, example: str) -> str:
    """Why the id may not name a file, as a sentence; empty if it may."""
    if _SAFE_ID.fullmatch(given) and not given.endswith("."):
        return ""
    return (
        f"the id “{shorten(given)}” names files, so it may hold letters of the English alphabet, "
        "digits, “-”, “_” and “.” only, 64 at most, and begins with a letter or a digit, for "
        f"example “{example}”."
    )
