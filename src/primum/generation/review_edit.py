"""Whether an edited text can be an item: written in the item's language, and no copy of another."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from primum.benchmarks.twins import near_twins
from primum.core.errors import shorten
from primum.core.item import Item
from primum.generation.draft import Draft
from primum.generation.guideline_document import folded
from primum.generation.similarity import Thresholds, jaccard
from primum.generation.stages.translation_text import is_written_in

_EQUAL = 0.999
_FEWEST_WORDS = 3
"""Different common words of another language, and none of its own: so many tell a language."""
_COMMON_WORDS = {
    "en": "the a an of to and is are was in on for with i you my it that this what how can do does "
    "should me we from not if as at be have has will would could which when who or your by no so",
    "de": "der die das und ich nicht ein eine wie kann mein meine mit für auf wir zu den "
    "dem von was soll wenn es sind darf in an war so",
    "fr": "le la les et est je ne pas un une comment mon ma mes avec pour sur nous vous que qui de "
    "du des puis peut si il elle dois on a me",
    "es": "el la los las y es yo no un una cómo como mi con para por nosotros que quien de del "
    "puedo puede si debo qué se a me has",
    "it": "il lo la gli e è io non un una come mio mia con per su noi che chi di del della posso "
    "può se devo cosa in a ha",
    "pt": "o a os as e é eu não um uma como minha com para por nós que quem de do da posso "
    "pode se devo no na me",
}
_LISTS = [common.split() for common in _COMMON_WORDS.values()]
_TELLING = {
    name: {word for word in common.split() if sum(word in each for each in _LISTS) == 1}
    for name, common in _COMMON_WORDS.items()
}
"""Of these, those that are common in one language alone."""


class CloseEdit(NamedTuple):
    """An edited text that has come close to another."""

    place: int
    """Of the edited one, among all."""
    other: int
    """Of the one that it is close to."""
    share: float
    """Of their words, or three-character runs, that both hold."""


def edit_problem(draft: Draft, turns: Sequence[str]) -> str:
    """What is wrong with the new turns, as the end of a sentence; empty if nothing is."""
    if [_plain(turn) for turn in turns] == [_plain(turn) for turn in draft.turns]:
        return "“edit” was written, but the new text is the old one."
    for number, (new, old) in enumerate(zip(turns, draft.turns, strict=True), start=1):
        where = f"the new text in “edited_turn_{number}”"
        if new != old and not folded(new):
            return f"{where} holds no letter: “{shorten(new)}”. Write the message as it should be."
        if new != old and not _is_in_language(new, draft):
            return (
                f"{where} is not written in the item's language “{draft.language}”: "
                f"“{shorten(new)}”. Write it in that language, or reject the item."
            )
    return ""


def close_edits(before: Sequence[Draft], after: Sequence[Draft | None]) -> list[CloseEdit]:
    """The edited texts that have come close to another; not those that were so before the edit.

    Args:
        before: the drafts as they were.
        after: in the same order, what becomes of them; None for a rejected one.
    """
    thresholds = Thresholds()
    found: dict[int, CloseEdit] = {}
    by_language: defaultdict[str, list[int]] = defaultdict(list)
    for place, draft in enumerate(after):
        if draft is not None:
            by_language[draft.language].append(place)
    items = [None if draft is None else draft.item() for draft in after]
    for places in by_language.values():
        own = {id(item): place for place in places if (item := items[place]) is not None}
        all_items = [item for place in places if (item := items[place]) is not None]
        edited = [items[place] for place in places if _is_edited(before[place], after[place])]
        changed = [item for item in edited if item is not None]
        if not changed:
            continue
        least = thresholds.of(all_items[0])
        for a, b, share in near_twins(changed, all_items, least):
            place, other = own[id(a)], own[id(b)]
            was = jaccard(before[place].item(), before[other].item())
            is_new = was < least or share > _EQUAL > was or a.id == b.id
            if place == other or _are_twins(a, b) or not is_new:
                continue
            if place < other and _is_edited(before[other], after[other]):
                place, other = other, place
            found.setdefault(place, CloseEdit(place, other, share))
    return [found[place] for place in sorted(found)]


def _is_edited(before: Draft, after: Draft | None) -> bool:
    return after is not None and after.turns != before.turns


def _are_twins(a: Item, b: Item) -> bool:
    return bool(a.twin_pair) and a.twin_pair == b.twin_pair and a.intent != b.intent


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).split())


def _is_in_language(text: str, draft: Draft) -> bool:
    """Whether script and common words are those of the item; where neither tells, True."""
    language = draft.language.partition("-")[0]
    was_told = all(is_written_in(turn, language) for turn in draft.turns)
    if was_told and not is_written_in(text, language):
        return False
    # Japanese is written in three scripts, any of which may be the commonest of a text.
    scripts = {script for turn in draft.turns for script in _scripts(turn)}
    if language != "ja" and any(name not in scripts for name, _ in _scripts(text).most_common(1)):
        return False
    return not _is_in_another(text, language)


def _is_in_another(text: str, language: str) -> bool:
    words = set(re.findall(r"\w+", text.casefold()))
    counts = {name: len(words & own) for name, own in _TELLING.items()}
    return counts.get(language) == 0 and max(counts.values()) >= _FEWEST_WORDS


def _scripts(text: str) -> Counter[str]:
    """Script → letters in it; the first word of a character's name tells the script."""
    letters = (c for c in folded(text) if c.isalpha())
    return Counter(unicodedata.name(c, "?").partition(" ")[0] for c in letters)
