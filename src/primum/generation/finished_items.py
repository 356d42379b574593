"""From the drafts that came through to benchmark items: names, and pairs that are whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from primum.core.digest import digest
from primum.core.item import Item
from primum.generation.draft import Draft

NAME_DIGITS = 4


@dataclass(frozen=True, slots=True)
class FinishedItem:
    """An item and the draft that it was."""

    item: Item
    draft: Draft


def finished_items(drafts: Sequence[Draft], recipe_id: str, licence: str) -> list[FinishedItem]:
    """The items in the order of the drafts, named ``RECIPE-0001`` and so on.

    A pair label stays only where the pair came through whole: one harmful request and one benign
    twin in one language, or one item in each of several languages.
    """
    width = max(NAME_DIGITS, len(str(len(drafts))))
    whole = _whole_pairs(drafts)
    return [
        FinishedItem(draft.item(f"{recipe_id}-{number:0{width}d}", licence), draft)
        for number, draft in enumerate(whole, start=1)
    ]


def fingerprint_of(items: Iterable[Item]) -> str:
    """Content hash of the items in their order, 32 hexadecimal digits."""
    state = digest("generated-items-1")
    for item in items:
        labels = (item.name, item.source, item.strategy, item.translation_pair, item.twin_pair)
        state = digest(state, item.id, *labels, item.reference)
    return state.hex()


def _whole_pairs(drafts: Sequence[Draft]) -> list[Draft]:
    by_language = _twins_by_language(drafts)
    twins = _labels(by_language, lambda draft: draft.twin_pair, _are_twins)
    translations = _labels(by_language, lambda draft: draft.translation_pair, _are_translations)
    return [
        replace(
            draft,
            twin_pair=draft.twin_pair if draft.twin_pair in twins else "",
            translation_pair=(
                draft.translation_pair if draft.translation_pair in translations else ""
            ),
        )
        for draft in by_language
    ]


def _twins_by_language(drafts: Sequence[Draft]) -> list[Draft]:
    """A twin pair that was translated is one pair in each language."""
    languages: defaultdict[str, set[str]] = defaultdict(set)
    for draft in drafts:
        languages[draft.twin_pair].add(draft.language)
    return [
        replace(draft, twin_pair=f"{draft.twin_pair}-{draft.language}")
        if draft.twin_pair and len(languages[draft.twin_pair]) > 1
        else draft
        for draft in drafts
    ]


def _labels(
    drafts: Iterable[Draft],
    label: Callable[[Draft], str],
    is_whole: Callable[[Sequence[Draft]], bool],
) -> set[str]:
    groups: defaultdict[str, list[Draft]] = defaultdict(list)
    for draft in drafts:
        if name := label(draft):
            groups[name].append(draft)
    return {name for name, members in groups.items() if is_whole(members)}


def _are_twins(members: Sequence[Draft]) -> bool:
    intents = Counter(draft.intent for draft in members)
    return (intents["harmful"], intents["benign"]) == (1, 1)


def _are_translations(members: Sequence[Draft]) -> bool:
    languages = Counter(draft.language for draft in members)
    return len(languages) > 1 and max(languages.values()) == 1
