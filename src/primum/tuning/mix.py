"""A mixture: harmful and benign demonstrations in a stated proportion, the same for the same seed.

    mixed = mix(MixSettings(harmful=("medsafetybench",), benign=("benign",), benign_share=0.3,
                            size=200, seed=1))

A mixture of 100 is the beginning of the mixture of 200 of the same seed and sources. Guidelines,
topics and languages keep their proportions in every beginning; several sources take turns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, ConfigDict, Field, model_validator

from primum.core.errors import UserError, shorten
from primum.tuning.demonstration import Demonstration, Kind
from primum.tuning.draw import benign_among, in_turns, interleaved, largest_size, stratified
from primum.tuning.held_out import (
    MEDSAFETYBENCH_TEST,
    Refused,
    kept_out,
    read_held_out,
    without_held_out,
)
from primum.tuning.mixture import HeldOutSet, Mixture, SourceCount
from primum.tuning.sources import Source, open_source


class MixSettings(BaseModel):
    """What is mixed, and how much of it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    harmful: tuple[str, ...] = Field(min_length=1)
    """Sources of harmful requests with safe answers."""
    benign: tuple[str, ...] = ()
    """Sources of harmless requests with helpful answers."""
    benign_share: float = Field(default=0.0, ge=0, lt=1, strict=True)
    """Share of benign demonstrations in the whole."""
    size: int | None = Field(default=None, ge=1, strict=True)
    """Demonstrations in all; None for as many as there are."""
    language: tuple[str, ...] = ()
    """Only these languages; empty for all."""
    seed: int = 0

    @model_validator(mode="after")
    def _agree(self) -> MixSettings:
        if self.benign and not self.benign_share:
            message = "benign sources are named, but benign_share is 0; state a share, as 0.3"
            raise ValueError(message)
        if self.benign_share and not self.benign:
            message = "a benign_share is stated, but no benign source is named; name one"
            raise ValueError(message)
        return self


class TooFewDemonstrationsError(UserError):
    """Not enough is left to mix; with what was refused, since that may be why."""

    def __init__(self, message: str, refused: Sequence[Refused]) -> None:
        super().__init__(message)
        self.refused = tuple(refused)


def mix(
    settings: MixSettings,
    *,
    held_out: Sequence[str] | None = None,
    data: Sequence[str] = (),
) -> Mixture:
    """The mixture that the settings ask for.

    Args:
        settings: What is mixed.
        held_out: Benchmarks whose items may not be trained on, besides the usual ones
            (``kept_out``).
        data: Local places of published sets.

    Raises:
        UserError: a source or a held-out set cannot be read, a source holds nothing of what it was
            named for.
        TooFewDemonstrationsError: there are not enough demonstrations.
    """
    parts = _parts(settings, data)
    specs = (*settings.harmful, *settings.benign)
    names = kept_out(held_out, specs, data=data)
    sets = read_held_out(names, data=data)
    everything = [each for part in parts for each in part.kept]
    allowed, refused = without_held_out(everything, sets)
    may_be_used = {each.fingerprint for each in allowed}
    for part in parts:
        part.keep_only(may_be_used)
    chosen = tuple(_chosen(settings, parts, refused))
    used = {each.fingerprint for each in chosen}
    return Mixture(
        demonstrations=chosen,
        refused=tuple(refused),
        counts=tuple(part.count(used) for part in parts),
        held_out=tuple(
            HeldOutSet(each.benchmark, len(each.items), each.fingerprint) for each in sets
        ),
        notes=(
            *(note for part in parts for note in part.source.notes),
            *((_NOT_LOOKED_AT,) if MEDSAFETYBENCH_TEST not in names else ()),
        ),
    )


_NOT_LOOKED_AT = (
    f"{MEDSAFETYBENCH_TEST}: not compared with, since its data are not at hand; name it among the "
    "held-out sets to have it fetched"
)


@dataclass(slots=True)
class _Part:
    """One source in its role, and what is left of it."""

    kind: Kind
    source: Source
    kept: list[Demonstration] = field(default_factory=list)
    other: int = 0
    duplicates: int = 0
    refused: int = 0

    def keep_only(self, fingerprints: set[str]) -> None:
        """Leave out what may not be trained on."""
        left = [each for each in self.kept if each.fingerprint in fingerprints]
        self.refused = len(self.kept) - len(left)
        self.kept = left

    def count(self, used: set[str]) -> SourceCount:
        """What became of the source's demonstrations."""
        return SourceCount(
            source=self.source.name,
            kind=self.kind,
            read=len(self.source.demonstrations),
            other=self.other,
            duplicates=self.duplicates,
            refused=self.refused,
            used=sum(each.fingerprint in used for each in self.kept),
            licence=self.source.licence,
            terms=self.source.terms,
            citation=self.source.citation,
        )


def _parts(settings: MixSettings, data: Sequence[str]) -> list[_Part]:
    """The sources opened, each request kept where it stands first."""
    roles: list[tuple[Kind, str]] = [("harmful", spec) for spec in settings.harmful]
    roles += [("benign", spec) for spec in settings.benign]
    seen: set[str] = set()
    parts: list[_Part] = []
    for kind, spec in roles:
        part = _Part(kind, open_source(spec, data=data, kind=kind))
        for each in part.source.demonstrations:
            if each.kind != kind or not _speaks(each, settings.language):
                part.other += 1
            elif each.fingerprint in seen:
                part.duplicates += 1
            else:
                seen.add(each.fingerprint)
                part.kept.append(each)
        if part.other == len(part.source.demonstrations):
            raise UserError(_nothing_fits(part, settings.language))
        parts.append(part)
    return parts


def _speaks(demonstration: Demonstration, languages: Iterable[str]) -> bool:
    wanted = tuple(languages)
    return not wanted or demonstration.language.partition("-")[0] in wanted


def _nothing_fits(part: _Part, languages: Sequence[str]) -> str:
    wanted = f" in {' or '.join(languages)}" if languages else ""
    other = "benign" if part.kind == "harmful" else "harmful"
    way_out = "Name another language" if languages else f"Name it among the {other} sources"
    return (
        f"“{shorten(part.source.spec)}” was named for {part.kind} requests, but none of its "
        f"{len(part.source.demonstrations)} demonstrations is a {part.kind} one{wanted}. "
        f"{way_out}, or another source."
    )


def _chosen(
    settings: MixSettings, parts: Sequence[_Part], refused: Sequence[Refused]
) -> Iterable[Demonstration]:
    orders: dict[Kind, list[Demonstration]] = {
        kind: in_turns([stratified(p.kept, settings.seed) for p in parts if p.kind == kind])
        for kind in ("harmful", "benign")
    }
    harmful, benign, share = orders["harmful"], orders["benign"], settings.benign_share
    largest = largest_size(len(harmful), len(benign), share)
    size = largest if settings.size is None else settings.size
    if size > largest or not size:
        message = _too_few(settings.size, share, parts, largest)
        raise TooFewDemonstrationsError(message, refused)
    return interleaved(harmful, benign, share, size)


def _too_few(size: int | None, share: float, parts: Sequence[_Part], largest: int) -> str:
    """What was asked for, what there is and why, and what can be had."""
    have = {
        kind: sum(len(part.kept) for part in parts if part.kind == kind)
        for kind in ("harmful", "benign")
    }
    asked = "All demonstrations were asked for"
    if size is not None:
        asked = f"{size} demonstrations were asked for"
        if share:
            benign = benign_among(size, share)
            asked += f" ({size - benign} harmful, {benign} benign)"
    there = f"{have['harmful']} harmful"
    if share:
        there += f" and {have['benign']} benign"
    refused = sum(part.refused for part in parts)
    duplicates = sum(part.duplicates for part in parts)
    way_out = f"Ask for at most {largest}, or name" if largest else "Name"
    return (
        f"{asked}, but there are {there} ones, {duplicates} duplicates and {refused} refused as "
        f"test items or their near twins left out. {way_out} more sources."
    )
