"""A demonstration: one request and the answer that a model is to learn to give to it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from primum.core.digest import digest, fold

Kind = Literal["harmful", "benign"]
KINDS: tuple[Kind, ...] = ("harmful", "benign")
KANA = re.compile("[ぁ-ゖァ-ヺ]")
"""What only Japanese is written with."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A request, the answer to learn, and what is known of them.

    Equal content means equal value; where it was read from stands in ``provenance``.
    """

    request: str
    response: str
    """The answer to learn: a safe one to a harmful request, a helpful one to a benign request."""
    kind: Kind
    source: str
    """Which source it is of, for example ``medsafetybench``, ``benign``, ``ours.jsonl``."""
    language: str = "en"
    rejected: str = ""
    """A worse answer to the same request, for preference tuning; empty where there is none."""
    stratum: str = ""
    """What a mix keeps in proportion, for example the guideline; empty where nothing is known."""
    licence: str = ""
    provenance: str = ""
    """File and row."""

    @property
    def fingerprint(self) -> str:
        """Hash of the folded request, as an item's: equal for copies in case and punctuation."""
        return digest("fold-1", fold(self.request)).hex()
