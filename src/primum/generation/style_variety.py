"""How alike texts begin: a set whose answers all open with the same words teaches the opening.

1,790 of MedSafetyBench's 1,800 safe responses open with the same three words.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import quantiles
from typing import Any, NamedTuple

from primum.core.digest import fold
from primum.core.errors import shorten
from primum.core.estimate import Estimate
from primum.generation.estimate_figure import estimate_figure
from primum.statistics.estimate import estimate_of

OPENING_WORDS = 3
OPENING_CHARACTERS = 6
"""The opening where a language writes without spaces."""
UNSPACED = frozenset({"ja", "zh", "th"})
MEDSAFETYBENCH = {"same": 1790, "texts": 1800}
_JAPANESE = re.compile("[ぁ-んァ-ヴ一-鿿]")


class StyleVariety(NamedTuple):
    """What the openings and lengths of texts in one language show."""

    texts: int
    commonest_opening: str
    commonest_share: Estimate
    """Share of texts that begin with it, with Wilson's interval."""
    distinct_openings: int
    lengths: tuple[int, int, int]
    """Quartiles: words, or characters where a language writes without spaces."""
    unit: str


def opening_of(text: str, language: str) -> str:
    """The first three words, or six characters, without case and punctuation."""
    plain = fold(text)
    if language.partition("-")[0] in UNSPACED:
        return plain.replace(" ", "")[:OPENING_CHARACTERS]
    return " ".join(plain.split()[:OPENING_WORDS])


def style_variety(texts: Sequence[str], language: str) -> StyleVariety | None:
    """The variety of those texts; None where there are none."""
    if not texts:
        return None
    openings = [opening_of(text, language) for text in texts]
    counts = Counter(openings)
    commonest = counts.most_common(1)[0][0]
    is_unspaced = language.partition("-")[0] in UNSPACED
    lengths = sorted(
        len(_JAPANESE.findall(text)) if is_unspaced else len(text.split()) for text in texts
    )
    low, middle, high = (
        quantiles(lengths, n=4, method="inclusive") if len(lengths) > 1 else lengths * 3
    )
    return StyleVariety(
        len(texts),
        commonest,
        estimate_of("rate", [opening == commonest for opening in openings], low=0, high=1),
        len(counts),
        (round(low), round(middle), round(high)),
        "characters" if is_unspaced else "words",
    )


def variety_figures(texts: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """Language → figures, of pairs of language and text; the set to beat stands beside them."""
    by_language: dict[str, list[str]] = {}
    for language, text in texts:
        by_language.setdefault(language, []).append(text)
    figures: dict[str, Any] = {}
    for language, own in sorted(by_language.items()):
        found = style_variety(own, language)
        if found is not None:
            figures[language] = {
                "texts": found.texts,
                "commonest_opening": shorten(found.commonest_opening, 80),
                "commonest_opening_share": estimate_figure(found.commonest_share),
                "distinct_openings": found.distinct_openings,
                f"{found.unit}_quartiles": list(found.lengths),
            }
    share = estimate_of(
        "rate",
        [1] * MEDSAFETYBENCH["same"] + [0] * (MEDSAFETYBENCH["texts"] - MEDSAFETYBENCH["same"]),
        low=0,
        high=1,
    )
    return figures | {"to_beat": {"set": "medsafetybench", **estimate_figure(share)}}
