"""Where demonstrations come from: published training splits, small sets of our own, or the user.

    read_source("medsafetybench:gpt4")     # 450 of the training split
    read_source("benign")                  # our own harmless questions with helpful answers
    read_source("contrast")                # requests in twos: one to decline, its twin to answer
    read_source("ours.jsonl")              # a file, or a folder that `primum generate` wrote

It does not know what may be trained on: ``held_out`` decides that.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from primum.benchmarks.catalogue import load
from primum.benchmarks.medsafetybench import FOLDER_VARIABLE, publication
from primum.benchmarks.row_file import SUFFIXES
from primum.core.errors import UnknownNameError
from primum.tuning.demonstration import Demonstration, Kind
from primum.tuning.own_file import read_demonstrations, read_generated
from primum.tuning.published_splits import published_splits, read_split

MEDSAFETYBENCH: Final = "medsafetybench"
OWN_SETS: Final[Mapping[str, Kind]] = {
    "general": "harmful",
    "benign": "benign",
    "contrast": "harmful",
}
"""Name of a set of our own → what its requests are where they do not say it themselves."""
OWN_LICENCE: Final = "CC-BY-4.0"
_HALVES = ("gpt4", "llama2")
_DATA = Path(__file__).parent / "data" / "demonstrations"


@dataclass(frozen=True, slots=True)
class Source:
    """Demonstrations under one name, and what is to be said of them."""

    spec: str
    """As it was asked for."""
    name: str
    """Without the path of a file."""
    demonstrations: tuple[Demonstration, ...]
    licence: str = ""
    """Empty where nothing is known."""
    terms: str = ""
    """What a user agrees to beyond the licence."""
    citation: str = ""
    notes: tuple[str, ...] = ()
    """What was passed over, in sentences."""


def known_sources() -> tuple[str, ...]:
    """Every name that ``read_source`` knows; any other is a path."""
    halves = (f"{MEDSAFETYBENCH}:{half}" for half in _HALVES)
    splits = (f"{MEDSAFETYBENCH}:{name}" for name in published_splits())
    return (MEDSAFETYBENCH, *halves, *splits, *OWN_SETS)


def is_medsafetybench(spec: str) -> bool:
    """Whether the source is of MedSafetyBench."""
    return spec.partition(":")[0] == MEDSAFETYBENCH


def read_source(
    spec: str, *, data: Sequence[str] = (), kind: Kind = "harmful"
) -> list[Demonstration]:
    """The demonstrations of a source, in its own order; see ``open_source``.

    Raises:
        UnknownNameError: no such source.
        DataError: the data do not hold what they should.
        UserError: data that cannot be fetched.
    """
    return list(open_source(spec, data=data, kind=kind).demonstrations)


def open_source(spec: str, *, data: Sequence[str] = (), kind: Kind = "harmful") -> Source:
    """A source with its licence and terms.

    Args:
        spec: One of ``known_sources``, or the path of a file or of a generated benchmark's folder.
        data: Local places of published sets: ``PATH``, or ``medsafetybench=PATH``.
        kind: Of a user's demonstrations that do not say it themselves.

    Raises:
        UnknownNameError: no such source.
        DataError: the data do not hold what they should.
        UserError: data that cannot be fetched.
    """
    if spec in OWN_SETS:
        return _own(spec)
    if is_medsafetybench(spec) and spec not in known_sources():
        view = spec.partition(":")[2]
        names = (*_HALVES, *published_splits())
        raise UnknownNameError(f"training split of {MEDSAFETYBENCH}", view, names)
    if is_medsafetybench(spec):
        return _medsafetybench(spec, medsafetybench_folder(data))
    return _users(spec, kind)


def medsafetybench_folder(data: Sequence[str] = ()) -> Path | None:
    """The local copy of MedSafetyBench that is named, last in ``data``; None for a download."""
    places = [entry.removeprefix(f"{MEDSAFETYBENCH}=") for entry in data]
    named = places[-1] if places else os.environ.get(FOLDER_VARIABLE, "")
    if not named:
        return None
    folder = Path(named).expanduser()
    return folder.parent if folder.name == "datasets" else folder


def _own(name: str) -> Source:
    content = read_demonstrations(
        _DATA / f"{name}.jsonl", source=name, kind=OWN_SETS[name], licence=OWN_LICENCE
    )
    return Source(
        spec=name,
        name=name,
        demonstrations=content.demonstrations,
        licence=OWN_LICENCE,
        citation=f"The Primum project: demonstrations “{name}”, version 1.",
    )


def _medsafetybench(spec: str, folder: Path | None) -> Source:
    part = spec.partition(":")[2]
    if part in published_splits():
        found = read_split(part, spec, folder)
    else:
        found = _train(spec, part, folder)
    published = publication()
    return Source(
        spec=spec,
        name=spec,
        demonstrations=found,
        licence=published.licence,
        terms="Contains harmful requests. The authors ask that it be used for research only.",
        citation=published.citation,
    )


def _train(spec: str, half: str, folder: Path | None) -> tuple[Demonstration, ...]:
    """The training split, or one half of it; strata are half and principle."""
    return tuple(
        Demonstration(
            request=item.turns[0],
            response=item.reference,
            kind="harmful",
            source=spec,
            language=item.language,
            stratum=f"{item.source} {item.guidelines[0]}",
            licence=item.licence,
            provenance=item.provenance,
        )
        for item in load(f"{MEDSAFETYBENCH}:train", path=folder).items()
        if half in ("", item.source)
    )


def _users(spec: str, kind: Kind) -> Source:
    path = Path(spec).expanduser()
    if path.is_dir():
        content = read_generated(path, source=path.resolve().name)
    elif path.is_file() or path.suffix.lower() in SUFFIXES:
        content = read_demonstrations(path, source=path.name, kind=kind)
    else:
        hint = (
            f"A file of your own ends in {', '.join(SUFFIXES)}; a folder that `primum generate` "
            "wrote holds items.jsonl."
        )
        raise UnknownNameError("source of demonstrations", spec, known_sources(), hint=hint)
    licences = sorted({each.licence for each in content.demonstrations if each.licence})
    return Source(
        spec=spec,
        name=content.demonstrations[0].source,
        demonstrations=content.demonstrations,
        licence=", ".join(licences),
        notes=content.notes,
    )
