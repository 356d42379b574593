"""The order in which demonstrations are taken: it follows from a seed and their own texts alone.

So that the first 100 of an order are also the first 100 of the first 200, and no generator's state
decides: each beginning holds the strata in proportion, and a source with one more row changes
little.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import zip_longest

from primum.core.digest import digest
from primum.tuning.demonstration import Demonstration

_DIGEST_RANGE = 1 << 128


def stratified(demonstrations: Iterable[Demonstration], seed: int) -> list[Demonstration]:
    """All of them, every beginning with the strata in proportion.

    Systematic sampling: the k-th of a stratum of n stands at (k + u) / n, u drawn for the stratum.
    """
    strata: defaultdict[str, list[Demonstration]] = defaultdict(list)
    for each in demonstrations:
        strata[f"{each.language} {each.stratum}"].append(each)
    placed: list[tuple[float, str, Demonstration]] = []
    for name, members in strata.items():
        start = _fraction(seed, "stratum", name)
        members.sort(key=lambda each: _fraction(seed, "member", each.fingerprint))
        placed += [
            ((place + start) / len(members), each.fingerprint, each)
            for place, each in enumerate(members)
        ]
    return [each for *_, each in sorted(placed, key=lambda entry: entry[:2])]


def in_turns(orders: Sequence[Sequence[Demonstration]]) -> list[Demonstration]:
    """One from each order in turn; where one has no more, the others go on."""
    rounds = zip_longest(*orders)
    return [each for one in rounds for each in one if each is not None]


def benign_among(size: int, share: float) -> int:
    """How many of the first ``size`` are benign; never falls, and never rises by more than one."""
    return math.floor(size * share + 0.5)


def largest_size(harmful: int, benign: int, share: float) -> int:
    """The largest mixture of that share that these numbers allow."""
    fitting = (
        size
        for size in range(harmful + benign, 0, -1)
        if benign_among(size, share) <= benign and size - benign_among(size, share) <= harmful
    )
    return next(fitting, 0)


def interleaved(
    harmful: Sequence[Demonstration], benign: Sequence[Demonstration], share: float, size: int
) -> Iterator[Demonstration]:
    """The first ``size``, the share of benign ones kept in every beginning."""
    for place in range(size):
        before, after = benign_among(place, share), benign_among(place + 1, share)
        yield benign[before] if after > before else harmful[place - before]


def _fraction(seed: int, *parts: str) -> float:
    """A number from 0 to 1 that follows from the seed and the texts."""
    return int.from_bytes(digest(str(seed), *parts)) / _DIGEST_RANGE
