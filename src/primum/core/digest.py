"""Content hashes: equal content has an equal name, in any run, on any machine.

All digests are 16 bytes of BLAKE2b. Parts are length-prefixed, so that ("ab", "c") and
("a", "bc") differ.
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from typing import Any

DIGEST_BYTES = 16


def digest(*parts: str | bytes) -> bytes:
    """The 16-byte BLAKE2b digest of the parts."""
    framed: list[bytes] = []
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        framed += (len(data).to_bytes(8, "little"), data)
    return hashlib.blake2b(b"".join(framed), digest_size=DIGEST_BYTES).digest()


def extend(chain: bytes, role: str, text: str) -> bytes:
    """The digest of a message chain with one more message: h(t) = H(h(t-1), role, text).

    Turn *n* costs one hash of its own text, never of the history. A chain has a fixed length and a
    role holds no NUL, so that the parts need no length prefix.
    """
    message = b"%b%b\0%b" % (chain, role.encode(), text.encode("utf-8", "surrogatepass"))
    return hashlib.blake2b(message, digest_size=DIGEST_BYTES).digest()


def call_key(subject: bytes, chain: bytes, repeat: int) -> bytes:
    """The content key of a model call: who is asked and how, what is said, which repeat."""
    return digest(subject, chain, repeat.to_bytes(4, "little"))


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: the bytes that a structured value is hashed as."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    ).encode()


def digest_of(value: Any) -> bytes:
    """The digest of a JSON-able value."""
    return digest(canonical(value))


def fold(text: str) -> str:
    """The text without case, punctuation, symbols and spacing (NFKC): what near copies share."""
    normal = unicodedata.normalize("NFKC", text).casefold()
    kept = (c if unicodedata.category(c)[0] in "LNM" else " " for c in normal)
    return " ".join("".join(kept).split())
