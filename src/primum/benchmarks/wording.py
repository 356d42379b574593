"""How a request is worded, in numbers: length, share of medical words, form, placeholders.

Nothing here knows what is asked or whether it is harmful.

    wording_of(item).medical_share
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from primum.benchmarks.medical_lexicon import MEDICAL, lexicon_for, words
from primum.benchmarks.twins import is_unspaced
from primum.benchmarks.wording_form import RequestForm, request_form
from primum.core.item import Item
from primum.core.summary import MetricKind

_PLACEHOLDER = re.compile(
    r"\[[^\]\n]{1,40}\]|\{[^}\n]{1,40}\}|<[A-Za-z][^>\n]{0,40}>|_{3,}|\bX{2,}\b|〇〇|○○|\bXYZ\b|\bABC\b"
    r"|\b(?:[Pp]atient|[Dd]rug|[Dd]octor|[Cc]ompany|[Hh]ospital|[Dd]isease|[Cc]ondition|[Mm]edication)"
    r" [XYZ]\b"
)


@dataclass(frozen=True, slots=True)
class RequestWording:
    """The properties of one item's user turns; None where one is not measured in its language."""

    characters: int
    """Without white space."""
    word_count: int | None
    """None where words are not set apart."""
    technical_share: float | None
    """Words that are medical terms which a lay person would look up, of all words."""
    common_share: float | None
    """Words that are medical terms which everybody knows."""
    general_share: float | None
    """Everyday words for health and care."""
    form: RequestForm | None
    """Of the last turn."""
    has_placeholder: bool

    @property
    def medical_share(self) -> float | None:
        """Medical terms of both grades, of all words."""
        if self.technical_share is None or self.common_share is None:
            return None
        return self.technical_share + self.common_share


@dataclass(frozen=True, slots=True)
class WordingProperty:
    """One measured property as a number."""

    key: str
    kind: MetricKind
    value: Callable[[RequestWording], float | None]
    high: float = float("inf")
    """Greatest possible value; the least is 0."""
    is_share: bool = False
    """Whether it is shown in percent."""


def _is_form(form: RequestForm) -> Callable[[RequestWording], float | None]:
    return lambda wording: None if wording.form is None else float(wording.form == form)


_ALL = (
    WordingProperty("words", "mean", lambda w: w.word_count),
    WordingProperty("characters", "mean", lambda w: w.characters),
    WordingProperty("medical", "mean", lambda w: w.medical_share, 1, is_share=True),
    WordingProperty("technical", "mean", lambda w: w.technical_share, 1, is_share=True),
    WordingProperty("general", "mean", lambda w: w.general_share, 1, is_share=True),
    WordingProperty("question", "rate", _is_form("question"), 1, is_share=True),
    WordingProperty("imperative", "rate", _is_form("imperative"), 1, is_share=True),
    WordingProperty("statement", "rate", _is_form("statement"), 1, is_share=True),
    WordingProperty("placeholder", "rate", lambda w: float(w.has_placeholder), 1, is_share=True),
)
PROPERTIES: Mapping[str, WordingProperty] = MappingProxyType({each.key: each for each in _ALL})
"""Every property by its key, in the order in which they are shown."""


def wording_of(item: Item) -> RequestWording:
    """The wording of an item's user turns."""
    text = "\n".join(item.turns)
    spoken = None if is_unspaced(item) else words(text)
    shares: dict[str, float | None] = dict.fromkeys(("technical", "common", "general"))
    lexicon = lexicon_for(item.language)
    if lexicon is not None and spoken:
        found = Counter(lexicon.grades(spoken))
        shares = {grade: found[grade] / len(spoken) for grade in (*MEDICAL, "general")}
    return RequestWording(
        characters=len("".join(text.split())),
        word_count=None if spoken is None else len(spoken),
        technical_share=shares["technical"],
        common_share=shares["common"],
        general_share=shares["general"],
        form=request_form(item.turns[-1], item.language),
        has_placeholder=_PLACEHOLDER.search(text) is not None,
    )
