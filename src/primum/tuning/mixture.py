"""What a mix gives: demonstrations in their order, and an account of everything left out."""

from __future__ import annotations

from dataclasses import dataclass

from primum.core.digest import digest
from primum.tuning.demonstration import Demonstration, Kind
from primum.tuning.held_out import Refused


@dataclass(frozen=True, slots=True)
class SourceCount:
    """What one source gave: read = used + unused + what was left out."""

    source: str
    kind: Kind
    read: int
    other: int
    """Left out: of another language, or of the other kind."""
    duplicates: int
    """Left out: the same request as an earlier one."""
    refused: int
    """Left out: a test item, or too near to one."""
    used: int
    licence: str
    terms: str
    citation: str = ""

    @property
    def available(self) -> int:
        """How many could have been used."""
        return self.read - self.other - self.duplicates - self.refused


@dataclass(frozen=True, slots=True)
class HeldOutSet:
    """A set that was kept out of the training data."""

    benchmark: str
    items: int
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Mixture:
    """Demonstrations to train on, in their order, and what was left out."""

    demonstrations: tuple[Demonstration, ...]
    refused: tuple[Refused, ...]
    counts: tuple[SourceCount, ...]
    held_out: tuple[HeldOutSet, ...]
    notes: tuple[str, ...] = ()
    """What was passed over in the sources' files, and which usual held-out set was not at hand."""

    @property
    def fingerprint(self) -> str:
        """The hash over everything that is trained on, in order, 32 hexadecimal digits."""
        return fingerprint_of(self.demonstrations)

    @property
    def duplicates(self) -> int:
        """Demonstrations left out because an earlier one has the same request."""
        return sum(count.duplicates for count in self.counts)

    @property
    def licences(self) -> tuple[str, ...]:
        """The licences of what is used, each once; “not stated” where there is none."""
        used = (count.licence or "not stated" for count in self.counts if count.used)
        return tuple(dict.fromkeys(used))

    def count(self, kind: Kind) -> int:
        """How many demonstrations are of that kind."""
        return sum(each.kind == kind for each in self.demonstrations)


def fingerprint_of(demonstrations: tuple[Demonstration, ...]) -> str:
    """The hash over requests, answers and kinds in order; sources and places do not enter."""
    texts = (
        part
        for each in demonstrations
        for part in (each.kind, each.request, each.response, each.rejected)
    )
    return digest("mixture-1", *texts).hex()
