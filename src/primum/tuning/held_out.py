"""What may not be trained on: items of the test sets, and requests that are nearly the same.

A model that was tuned on a test item cannot be measured by it. Refused is a demonstration whose
request equals an item, or one turn of it, but for case, punctuation and spacing, or shares at least
0.7 of its tokens with it (Jaccard index; words, or runs of three characters in Japanese).
A test item inside a much longer request, or in another language, is not found.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple

from primum.benchmarks.catalogue import load, split_name
from primum.benchmarks.medsafetybench import publication
from primum.benchmarks.twins import is_unspaced, near_twins
from primum.core.errors import UserError
from primum.core.item import Item
from primum.models.cache import cache_folder
from primum.tuning.demonstration import KANA, Demonstration
from primum.tuning.sources import MEDSAFETYBENCH, medsafetybench_folder

THRESHOLD: Final = 0.7
PACKAGED: Final = ("primum-core", "starter")
MEDSAFETYBENCH_TEST: Final = f"{MEDSAFETYBENCH}:test"


class HeldOut(NamedTuple):
    """One set that is kept out of training."""

    benchmark: str
    items: tuple[Item, ...]
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Refused:
    """A demonstration that may not be trained on, and the test item it comes too near to."""

    demonstration: Demonstration
    why: Literal["test_item", "near_twin"]
    benchmark: str
    item: str
    """Name of the item, or its id where it has none."""
    similarity: float
    """Jaccard index; 1 for a test item itself."""

    @property
    def row(self) -> dict[str, Any]:
        """One line of ``refused.jsonl``."""
        return {
            "why": self.why,
            "benchmark": self.benchmark,
            "item": self.item,
            "similarity": round(self.similarity, 4),
            "source": self.demonstration.source,
            "provenance": self.demonstration.provenance,
            "kind": self.demonstration.kind,
            "language": self.demonstration.language,
            "fingerprint": self.demonstration.fingerprint,
            "request": self.demonstration.request,
        }


def write_refused(refused: Iterable[Refused], target: Path) -> None:
    """One line for each demonstration kept out because it is, or resembles, a test item.

    Raises:
        UserError: the file cannot be written.
    """
    lines = [json.dumps(each.row, ensure_ascii=False) + "\n" for each in refused]
    try:
        target.write_text("".join(lines), "utf-8")
    except OSError as error:
        raise UserError(f"{target}: the file cannot be written ({error.strerror}).") from error


def default_held_out(sources: Iterable[str] = (), *, data: Sequence[str] = ()) -> tuple[str, ...]:
    """The sets that are always kept out.

    The packaged ones, and MedSafetyBench's test split where it is at hand or where the same data
    are trained on, so that it can be had anyway.
    """
    trains_on_it = any(source.partition(":")[0] == MEDSAFETYBENCH for source in sources)
    if trains_on_it or _is_at_hand(data):
        return (*PACKAGED, MEDSAFETYBENCH_TEST)
    return PACKAGED


def kept_out(
    named: Sequence[str] | None = None,
    sources: Iterable[str] = (),
    *,
    data: Sequence[str] = (),
) -> tuple[str, ...]:
    """The sets that are kept out: the usual ones, and those that are named."""
    return tuple(dict.fromkeys((*default_held_out(sources, data=data), *(named or ()))))


def read_held_out(benchmarks: Sequence[str], *, data: Sequence[str] = ()) -> list[HeldOut]:
    """The items of those benchmarks.

    Raises:
        UserError: one of them cannot be read or fetched.
    """
    found: list[HeldOut] = []
    for name in dict.fromkeys(benchmarks):
        if name in PACKAGED:
            found.append(_packaged(name))
            continue
        parts = split_name(name)
        is_medsafetybench = parts is not None and parts.base == MEDSAFETYBENCH
        try:
            loaded = load(name, path=medsafetybench_folder(data) if is_medsafetybench else None)
            items = tuple(loaded.items())
        except UserError as error:
            raise UserError(
                f"The held-out set “{name}” cannot be read, so that its items cannot be kept out "
                f"of training. {error}"
            ) from None
        found.append(HeldOut(name, items, loaded.fingerprint))
    return found


@cache
def _packaged(name: str) -> HeldOut:
    """One of the sets that ship with Primum, which cannot change while it runs."""
    loaded = load(name)
    return HeldOut(name, tuple(loaded.items()), loaded.fingerprint)


def refuse_held_out(
    demonstrations: Sequence[Demonstration],
    held_out: Sequence[str] | None = None,
    *,
    data: Sequence[str] = (),
) -> tuple[list[Demonstration], list[Refused]]:
    """The demonstrations that may be trained on, and those that may not, both in their order.

    Args:
        demonstrations: What is to be trained on.
        held_out: Benchmarks to keep out besides the packaged ones; None for the usual ones.
        data: Local places of published sets.

    Raises:
        UserError: a held-out set cannot be read.
    """
    names = kept_out(held_out, data=data)
    return without_held_out(demonstrations, read_held_out(names, data=data))


def without_held_out(
    demonstrations: Sequence[Demonstration], held_out: Sequence[HeldOut]
) -> tuple[list[Demonstration], list[Refused]]:
    """As ``refuse_held_out``, with the sets already read."""
    texts = list(_texts(held_out))
    refused = _test_items(demonstrations, texts)
    left = [each for each in demonstrations if each.fingerprint not in refused]
    refused |= _near_twins(left, texts)
    return (
        [each for each in demonstrations if each.fingerprint not in refused],
        [
            replace(refused[each.fingerprint], demonstration=each)
            for each in demonstrations
            if each.fingerprint in refused
        ],
    )


def _texts(held_out: Iterable[HeldOut]) -> Iterator[Item]:
    """Each held-out item as it is and, of a conversation, each turn on its own."""
    for benchmark, items, _ in held_out:
        for item in items:
            named = replace(item, name=item.name or item.id, benchmark=benchmark)
            yield named
            if len(item.turns) > 1:
                yield from (replace(named, turns=(turn,)) for turn in item.turns)


def _test_items(
    demonstrations: Iterable[Demonstration], texts: Iterable[Item]
) -> dict[str, Refused]:
    """Fingerprint → why, for the requests that a held-out set holds."""
    owners: dict[str, Item] = {}
    for item in texts:
        owners.setdefault(item.fingerprint, item)
    return {
        each.fingerprint: Refused(each, "test_item", owner.benchmark, owner.name, 1.0)
        for each in demonstrations
        if (owner := owners.get(each.fingerprint))
    }


def _near_twins(
    demonstrations: Sequence[Demonstration], texts: Sequence[Item]
) -> dict[str, Refused]:
    """Fingerprint → why, for the requests that come near a held-out one; the nearest is named."""
    by_item = {(item := _as_item(each)).id: (each, item) for each in demonstrations}
    found: dict[str, Refused] = {}
    for unspaced in (False, True):
        # Words and runs of characters are never alike, so that one need not be sought in the other.
        own = [item for _, item in by_item.values() if is_unspaced(item) is unspaced]
        others = [item for item in texts if is_unspaced(item) is unspaced]
        for pair in near_twins(own, others, THRESHOLD) if own else ():
            each, _ = by_item[pair.a.id]
            found.setdefault(
                each.fingerprint,
                Refused(each, "near_twin", pair.b.benchmark, pair.b.name, pair.jaccard),
            )
    return found


def _as_item(demonstration: Demonstration) -> Item:
    """The request as an item; kana count as Japanese, whatever language is stated."""
    return Item(
        turns=(demonstration.request,),
        language="ja" if KANA.search(demonstration.request) else demonstration.language,
        perspective="general",
        intent=demonstration.kind,
        guidelines=(),
        source=demonstration.source,
    )


def _is_at_hand(data: Sequence[str]) -> bool:
    """Whether MedSafetyBench's test split can be read without a network."""
    if medsafetybench_folder(data) is not None:
        return True
    published = publication()
    cache = cache_folder() / MEDSAFETYBENCH / published.commit
    return all((cache / file.path).is_file() for file in published.file if file.split == "test")
