"""Letters for groups that cannot be told apart: two members that share one do not differ.

compact_letters(4, [(0, 3), (1, 3)])    # ["a", "a", "ab", "b"]
"""

from __future__ import annotations

import string
from collections.abc import Iterable, Iterator, Sequence
from itertools import count, islice


def compact_letters(members: int, differing: Iterable[tuple[int, int]]) -> list[str]:
    """One string of letters per member; members share a letter exactly if they do not differ.

    Insert and absorb (Piepho 2004, "An algorithm for a letter-based representation of all-pairwise
    comparisons"). Letters run in the order of the members: hand them over best first.
    ``differing`` holds the pairs that differ.

    Raises:
        ValueError: a pair names a member outside 0..members-1, or one member twice.
    """
    columns = [(1 << members) - 1] if members else []
    for first, second in differing:
        if first == second or not (0 <= first < members and 0 <= second < members):
            raise ValueError(f"({first}, {second}) is no pair among {members} members")
        columns = _absorbed(_split(columns, 1 << first, 1 << second))
    ordered = sorted(columns, key=lambda column: _places(column, members))
    letters = list(islice(_alphabet(), len(ordered)))
    return [
        "".join(
            letter for letter, column in zip(letters, ordered, strict=True) if column >> member & 1
        )
        for member in range(members)
    ]


def _split(columns: Sequence[int], first: int, second: int) -> list[int]:
    """Every column that holds both becomes two, each without one of them."""
    both = first | second
    kept = [column for column in columns if column & both != both]
    divided = [column for column in columns if column & both == both]
    return kept + [column & ~one for column in divided for one in (first, second)]


def _absorbed(columns: Sequence[int]) -> list[int]:
    """The columns that are not within another one."""
    kept: list[int] = []
    for column in sorted(set(columns), key=lambda one: -one.bit_count()):
        if not any(column & other == column for other in kept):
            kept.append(column)
    return kept


def _places(column: int, members: int) -> list[int]:
    return [member for member in range(members) if column >> member & 1]


def _alphabet() -> Iterator[str]:
    """One character each: Latin, and from the 53rd on Cyrillic and what follows it."""
    yield from string.ascii_letters
    yield from (chr(code) for code in count(0x0430) if chr(code).isalpha())
