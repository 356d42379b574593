"""Parts of a stream of items: by language, perspective, intent, guideline; or the first few."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from primum.core.errors import UnknownNameError, UserError
from primum.core.item import INTENTS, PERSPECTIVES, Item

Wanted = str | Collection[str] | None
"""One value, several, or None for any."""


def select(
    items: Iterable[Item],
    *,
    language: Wanted = None,
    perspective: Wanted = None,
    intent: Wanted = None,
    guideline: Wanted = None,
) -> Iterator[Item]:
    """The items that have one of the wanted values in every dimension; None or empty keeps all.

    A guideline is named by its full id or, for all of a set, by the set's id; an item counts under
    every guideline that it names.

    Raises:
        UnknownNameError: at once for an unknown perspective or intent; at the end of the stream for
            a language or guideline that no item has.
        UserError: at the end of the stream, if no item has all that is wanted.
    """
    perspectives, intents = _values(perspective), _values(intent)
    _refuse_unknown("perspective", perspectives, PERSPECTIVES)
    _refuse_unknown("intent", intents, INTENTS)
    return _selected(
        items,
        languages=_values(language),
        perspectives=perspectives,
        intents=intents,
        guidelines=_values(guideline),
    )


def limit(items: Iterable[Item], count: int) -> Iterator[Item]:
    """The first ``count`` items.

    Raises:
        UserError: the count is not positive.
    """
    if count < 1:
        raise UserError(f"A limit of {count} items was given; at least 1 was expected.")
    return islice(items, count)


def _selected(
    items: Iterable[Item],
    *,
    languages: frozenset[str],
    perspectives: frozenset[str],
    intents: frozenset[str],
    guidelines: frozenset[str],
) -> Iterator[Item]:
    seen_languages: set[str] = set()
    seen_guidelines: set[str] = set()
    found = False
    for item in items:
        names = {*item.guidelines, *(full_id.partition("/")[0] for full_id in item.guidelines)}
        seen_languages.add(item.language)
        seen_guidelines |= names
        if (
            (not languages or item.language in languages)
            and (not perspectives or item.perspective in perspectives)
            and (not intents or item.intent in intents)
            and (not guidelines or guidelines & names)
        ):
            found = True
            yield item
    _refuse_unknown("language", languages, seen_languages)
    _refuse_unknown("guideline", guidelines, seen_guidelines)
    if not found:
        wanted = (languages, perspectives, intents, guidelines)
        values = " + ".join(" or ".join(sorted(each)) for each in wanted if each)
        raise UserError(f"No item is left: none is {values}. Widen the selection.")


def _values(wanted: Wanted) -> frozenset[str]:
    return frozenset((wanted,) if isinstance(wanted, str) else wanted or ())


def _refuse_unknown(kind: str, wanted: Iterable[str], known: Collection[str]) -> None:
    for value in sorted(wanted):
        if value not in known:
            raise UnknownNameError(kind, value, known, hint="Asked of the items of this benchmark.")
