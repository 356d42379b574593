"""Untrusted text made safe to look at: what is invisible or changes its surroundings is shown.

Model answers, names and reasons can carry terminal escape sequences, characters that reverse the
reading direction, and characters that hide text. They are replaced by visible stand-ins, so that
a reader sees that something was there. Escaping for HTML, rich or CSV is the business of those.
"""

from __future__ import annotations

import re
import unicodedata

from primum.core.errors import shorten

_JOINERS = "\u200c\u200d"
"""Needed to write Persian, Indic scripts and emoji; they reorder nothing."""
_SUSPECT = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b"
    r"\u200e\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufeff\uffa0\ufff0-\ufffb"
    r"\U000110bd\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)


_CLOSING = "、。,.)」』】:;!?ー・\uff09\uff0c\uff0e\uff1a\uff1b\uff01\uff1f"
_TOKEN = re.compile(
    rf"[!-~\u00a0–…−〜±]+[{_CLOSING}]*|[ \t\n]+|[\uff08「『]*[^\x00-~\u00a0][{_CLOSING}]*"
)
"""What stays on one line: a run of Latin letters and figures, or one Japanese character with the
brackets and marks that belong to it."""


def visible(text: object) -> str:
    r"""The text with control, direction-changing and hidden characters replaced by visible ones.

    Line breaks and tabs stay; ``\x1b`` becomes ``⟨U+001B⟩`` and U+202E becomes ``⟨U+202E⟩``.
    """
    return _SUSPECT.sub(_stand_in, str(text).replace("\r\n", "\n"))


def visible_line(text: object) -> str:
    """As ``visible``, on one line."""
    return " ".join(visible(text).split())


def brief(text: object, length: int) -> str:
    """One visible line of at most ``length`` characters."""
    return shorten(visible_line(text), length)


def cells_wide(text: str) -> int:
    """How many terminal cells (or half em widths) the text takes: East Asian wide ones count 2."""
    return sum(_cells(character) for character in text)


def wrap_cells(text: str, width: int, most_lines: int | None = None) -> list[str]:
    """The text in lines of ``width`` cells, cut to ``most_lines`` with a final ``…``.

    Numbers and words stay whole, and no line starts with closing Japanese punctuation.
    """
    lines = [""]
    for token in _TOKEN.findall(text):
        for piece in _pieces(token, width):
            if cells_wide(lines[-1] + piece.rstrip()) > width:
                lines.append("")
            if lines[-1] or not piece.isspace():
                lines[-1] += piece
    lines = [line.rstrip() for line in lines]
    if most_lines is None or len(lines) <= most_lines:
        return lines
    return [*lines[: most_lines - 1], _cut(lines[most_lines - 1], width - 1) + "…"]


def pad_cells(text: str, width: int, *, right: bool = False) -> str:
    """The text filled with spaces to ``width`` cells, on the left where ``right`` is set."""
    fill = " " * max(0, width - cells_wide(text))
    return fill + text if right else text + fill


def _cut(text: str, width: int) -> str:
    while cells_wide(text) > width:
        text = text[:-1]
    return text


def _pieces(token: str, width: int) -> list[str]:
    pieces = [""]
    for character in token:
        if cells_wide(pieces[-1] + character) > width:
            pieces.append("")
        pieces[-1] += character
    return pieces


def _cells(character: str) -> int:
    if unicodedata.combining(character) or character in _JOINERS:
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _stand_in(match: re.Match[str]) -> str:
    """The code point in brackets: pictures such as ␛ are missing from many fonts."""
    return f"⟨U+{ord(match.group()):04X}⟩"
