"""Target text is data: it is fenced with a code that it cannot know, and quoted line by line.

Three layers, none of which trusts the text:

1. The fence carries a *check code*: the digest of the history and of the response itself. A
   response cannot contain its own digest (it would have to be a fixed point of BLAKE2b, a search
   over 2^64), so nothing in it can close the fence or carry a valid verdict. The code is not
   random, on purpose: the same exchange gives the same prompt, so that a judge's call is found in
   the ledger and never paid for twice.
2. Every line of the text starts with ``| ``, whatever Unicode calls a line break; no line of it can
   be a fence line.
3. What chat templates and tag parsers react to (``<|im_end|>``, ``</s>``, ``[/INST]``,
   ``<think>``) is written with other brackets, and invisible characters are dropped.

This stops forged *structure*. It cannot stop persuasion: a text that argues for a low score is
still read by the judge.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from primum.core.conversation import Exchange
from primum.core.digest import digest
from primum.core.message import Message

FENCE_VERSION = "1"
CODE_BYTES = 8

_TAG = re.compile(r"[<＜﹤〈](?=[|｜¦/!?A-Za-z_▁])([^<>＜＞﹤﹥〈〉\n]{0,60})[>＞﹥〉]")
_RUN = re.compile(r"[<＜﹤]{2,}|[>＞﹥]{2,}")
_CONTROL_WORD = re.compile(r"\[(/?[A-Z_]{3,24})\]")
_KEPT = "\t\n\v\f\r\x85\u200c\u200d"
"""Tab, line breaks, and the joiners that some scripts and emoji need."""
_INVISIBLE = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_ASCII_CONTROLS = {code: None for code in (*range(32), 127) if chr(code) not in _KEPT}
_OPENING = re.compile(r"<<<(?!END )([A-Z ]{1,40}) ([0-9a-f]{16})>>>")


def check_code(exchange: Exchange) -> str:
    """The exchange's code, 16 hexadecimal digits; equal exchanges have equal codes."""
    parts = ["fence", FENCE_VERSION]
    for message in exchange.history:
        parts += message
    parts.append(exchange.response.text)
    # A lone surrogate, which JSON can carry, has no plain UTF-8 form.
    return digest(*(part.encode("utf-8", "surrogatepass") for part in parts))[:CODE_BYTES].hex()


def fenced(label: str, text: str, code: str) -> str:
    """The text as quoted lines between two fence lines that carry the code."""
    return f"<<<{label} {code}>>>\n{quoted(text)}\n<<<END {label} {code}>>>"


def fenced_history(messages: Iterable[Message], code: str) -> str:
    """Earlier turns in order, each fenced under who said it."""
    return "\n".join(
        fenced("EARLIER " + message.role.upper(), message.content, code) for message in messages
    )


def quoted(text: str) -> str:
    """The text made harmless, each of its lines behind ``| ``."""
    lines = harmless(text).splitlines() or [""]
    return "\n".join(f"| {line}" for line in lines)


def harmless(text: str) -> str:
    """The text without invisible characters and with markup in brackets that mean nothing."""
    if text.isascii():
        text = text.translate(_ASCII_CONTROLS)
        if "<" not in text and ">" not in text and "[" not in text:
            return text
    else:
        text = "".join(c for c in text if _is_kept(c))
    text = _RUN.sub(lambda run: ("‹" if run[0][0] in "<＜﹤" else "›") * len(run[0]), text)
    text = _TAG.sub(r"‹\1›", text)
    return _CONTROL_WORD.sub(r"⟦\1⟧", text)


def without_fenced(text: str, code: str) -> str:
    """A judge's answer without the parts of the prompt's fenced material that it repeats."""
    if code not in text:
        return text
    kept: list[str] = []
    position = 0
    for match in _OPENING.finditer(text):
        if match[2] != code or match.start() < position:
            continue
        kept.append(text[position : match.start()])
        closing = f"<<<END {match[1]} {code}>>>"
        end = text.find(closing, match.end())
        position = len(text) if end < 0 else end + len(closing)
    kept.append(text[position:])
    return "".join(kept)


def _is_kept(character: str) -> bool:
    return character in _KEPT or unicodedata.category(character) not in _INVISIBLE
