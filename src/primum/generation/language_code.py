"""Which language codes there are: ISO 639-1, and of ISO 639-3 a few that have no shorter one.

A code that is mistyped would be paid for: a model told to translate into “the language with the
code xx” writes something.
"""

from __future__ import annotations

from typing import Final

from primum.benchmarks.language_name import language_of
from primum.core.errors import UserError, shorten

_SECOND_LETTERS = {
    "a": "abefkmnrsvyz",
    "b": "aegimnors",
    "c": "aehorsuvy",
    "d": "aevz",
    "e": "elnostu",
    "f": "afijory",
    "g": "adlnuv",
    "h": "aeiortuyz",
    "i": "adegikostu",
    "j": "av",
    "k": "agijklmnorsuvwy",
    "l": "abginotuv",
    "m": "ghiklnrsty",
    "n": "abdeglnorvy",
    "o": "cjmrs",
    "p": "ailst",
    "q": "u",
    "r": "mnouw",
    "s": "acdegiklmnoqrstuvw",
    "t": "aeghiklnorstwy",
    "u": "gkrz",
    "v": "eio",
    "w": "ao",
    "x": "h",
    "y": "io",
    "z": "ahu",
}
"""First letter of a two-letter code of ISO 639-1 → all that may follow it."""
_LONGER = {"ceb", "ckb", "cmn", "fil", "haw", "hmn", "yue"}
CODES: Final = frozenset(
    {first + second for first, seconds in _SECOND_LETTERS.items() for second in seconds} | _LONGER
)
_EXAMPLES = "ja, en, zh, ko, de, fr, es, pt or it"


def require_language_code(code: str) -> None:
    """Return if there is such a language, whatever its region or script (``pt-BR``).

    Raises:
        UserError: there is none; the code that was perhaps meant is named.
    """
    if code.partition("-")[0] in CODES:
        return
    meant = language_of(code)
    hint = f" Did you mean “{meant}”?" if meant else ""
    raise UserError(
        f"“{shorten(code)}” is the code of no language.{hint} A code of ISO 639-1 was expected, "
        f"such as {_EXAMPLES}."
    )
