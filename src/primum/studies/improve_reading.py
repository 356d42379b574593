"""From a file or a preset's name to an improvement; whatever is wrong is said in one sentence.

    improvement = read_improvement("ours.toml")
    improvement = read_improvement("medsafetybench")

Nothing is loaded but the file and the gate's policy; data and models are looked at by the plan.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from primum.core.errors import DataError, UnknownNameError, shorten
from primum.evaluation.protocol import load_protocol
from primum.gate.policy import Policy, load_policy
from primum.guidelines.toml_file import parse_toml, read_toml
from primum.studies.file_id import id_fault
from primum.studies.improve_file import (
    CAPABILITY,
    CandidateSettings,
    CapabilitySettings,
    EvaluateSettings,
    GateSettings,
    ImproveFile,
    Margins,
    Objectives,
    TransferSettings,
)
from primum.studies.improve_grid import grid_points
from primum.tuning.settings import EXPECTED_NUMBERS

DEMO = "demo"
_POLICY = ".gate.toml"
_TABLES: dict[str, type[BaseModel]] = {
    "evaluate": EvaluateSettings,
    "candidate": CandidateSettings,
    "transfer": TransferSettings,
    "capability": CapabilitySettings,
    "objectives": Objectives,
    "margins": Margins,
    "gate": GateSettings,
}
MOST_ADAPTERS = 1000


@dataclass(frozen=True, slots=True)
class Improvement:
    """An improvement file with what it names beside it."""

    file: ImproveFile
    policy: Policy | None = None


def read_improvement(path_or_preset: str | Path) -> Improvement:
    """The improvement of that TOML file, or the preset of that name.

    Raises:
        DataError: it does not hold an improvement; the key is named.
        UnknownNameError: neither a file nor a preset.
    """
    name = str(path_or_preset)
    if name in _preset_files():
        return _read(parse_toml(preset_text(name), name, "preset"), name, _preset_folder())
    path = Path(path_or_preset)
    if not path.exists() and path.suffix != ".toml":
        hint = "For a file of yours, name it with its ending, .toml."
        raise UnknownNameError("preset or file of an improvement", name, _preset_files(), hint)
    return _read(read_toml(path, "improvement file"), path, path.parent)


def list_improvements() -> dict[str, ImproveFile]:
    """Name → improvement, of those that come with Primum."""
    return {name: read_improvement(name).file for name in _preset_files()}


def preset_text(name: str) -> str:
    """The file of a preset (``demo``), or of its gate's policy (``demo.gate.toml``), as it stands.

    Raises:
        UnknownNameError: there is no preset of that name.
    """
    if name.endswith(_POLICY) and (_preset_folder() / name).is_file():
        return (_preset_folder() / name).read_text("utf-8")
    known = _preset_files()
    if name not in known:
        raise UnknownNameError("preset", name, known)
    return known[name]


def _preset_folder() -> Path:
    return Path(str(resources.files("primum.studies").joinpath("data/improve")))


@cache
def _preset_files() -> dict[str, str]:
    files = [
        file
        for file in _preset_folder().iterdir()
        if file.name.endswith(".toml") and not file.name.endswith(_POLICY)
    ]
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in sorted(files, key=lambda file: file.name)
    }


def _read(table: dict[str, Any], where: str | Path, folder: Path) -> Improvement:
    try:
        file = ImproveFile.model_validate(table)
    except ValidationError as error:
        raise DataError(where, _sentence(error, table)) from None
    fault = next(_faults(file), "")
    if fault:
        raise DataError(where, fault)
    policy = None
    if file.gate is not None:
        own, packaged = folder / file.gate.policy, _preset_folder() / file.gate.policy
        # A preset that was printed into a file of one's own names the policy that comes with it.
        policy = load_policy(packaged if packaged.is_file() and not own.exists() else own)
    return Improvement(file, policy)


def part_names(file: ImproveFile) -> list[str]:
    """The names of the ``[[evaluate]]`` tables, in order.

    Raises:
        UserError: a protocol is unknown or unreadable.
    """
    return [part.name or load_protocol(part.protocol).id for part in file.parts]


def _faults(file: ImproveFile) -> Iterator[str]:
    if fault := id_fault(file.id, "refusals-or-a-mix"):
        yield fault
    names = part_names(file)
    yield from _twice(names, "[[evaluate]] tables", "Give each a name of its own.")
    if CAPABILITY in names:
        yield f"an [[evaluate]] table is called “{CAPABILITY}”, as the capability run; rename it."
    candidates = [candidate.name for candidate in file.candidates]
    yield from _twice(candidates, "candidates", "Give each a name of its own.")
    points = [point.name for point in grid_points(file)]
    yield from _twice(points, "points of the grid", "Rename a candidate.")
    if len(points) * len(file.seeds) > MOST_ADAPTERS:
        sizes = f"{len(points):,} points × {len(file.seeds):,} seeds"
        yield f"the grid has {sizes}; {MOST_ADAPTERS:,} adapters at most are tuned by one file."
    for transfer in file.transfers:
        if transfer.candidate not in (*candidates, *points):
            known = ", ".join(f"“{shorten(name)}”" for name in candidates)
            yield (
                f"the transfer “{shorten(transfer.name)}” is of “{shorten(transfer.candidate)}”, "
                f"which no candidate and no point is called. Candidates: {known}."
            )
    yield from _twice([one.name for one in file.transfers], "transfers", "Rename one.")
    yield from _unknown_parts(file, names)


def _unknown_parts(file: ImproveFile, names: list[str]) -> Iterator[str]:
    known = [*names, *([CAPABILITY] if file.capability else [])]
    objectives = [
        (f"objectives.{name}", getattr(file.objectives, name))
        for name in type(file.objectives).model_fields
    ]
    sides = [
        (f"{side} of the transfer “{shorten(one.name)}”", getattr(one, side))
        for one in file.transfers
        for side in ("own", "other")
    ]
    for place, settings in (*objectives, *sides):
        if settings.evaluate and settings.evaluate not in known:
            listed = ", ".join(f"“{shorten(name)}”" for name in known)
            yield f"{place} names “{shorten(settings.evaluate)}”, which is none of {listed}."


def _twice(names: list[str], what: str, way_out: str) -> Iterator[str]:
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            yield f"two {what} are called “{shorten(name)}”. {way_out}"


def _sentence(error: ValidationError, table: dict[str, Any]) -> str:
    found = error.errors()
    # A misspelt key is both unknown and missing: the unknown one says more.
    first = next((each for each in found if each["type"] == "extra_forbidden"), found[0])
    steps = [step for step in first["loc"] if not _is_branch(step)]
    place, key = _place(steps, table)
    if first["type"] == "extra_forbidden":
        model = _TABLES.get(str(steps[0])) if len(steps) > 1 else ImproveFile
        fields = (model or ImproveFile).model_fields.items()
        known = ", ".join(field.alias or name for name, field in fields)
        return f"{place}the key “{shorten(key)}” is not known. Known: {known}."
    if first["type"] == "missing":
        return f"{place}the key “{key}” is missing. “primum improve show demo” prints a whole file."
    if key in _TABLES and first["type"] == "tuple_type":
        return f"the key “{key}” is no list of tables. Begin each of them with [[{key}]]."
    said = EXPECTED_NUMBERS.get(first["type"]) or first["msg"].removeprefix("Value error, ")
    value = first["input"]
    is_plain = not isinstance(value, dict | list | tuple)
    held = f" holds “{shorten(_shown(value))}”" if is_plain else ""
    if first["type"] == "too_short":
        return f"{place}the key “{key}” is empty; at least one was expected."
    named = f"the key “{key}”{held}: " if key and (held or not place) else ""
    return f"{place}{named}{said[:1].lower()}{said[1:]}."


def _shown(value: Any) -> str:
    return "not a number" if isinstance(value, float) and math.isnan(value) else str(value)


def _is_branch(step: int | str) -> bool:
    """Whether a step names a branch of a union's types, which is no key of the file."""
    return isinstance(step, str) and step.partition("[")[0] in ("literal", "tuple", "list", "int")


def _place(steps: list[int | str], table: dict[str, Any]) -> tuple[str, str]:
    """Where a fault lies, to be put before the sentence, and the key."""
    if not steps:
        return "", ""
    kind = str(steps[0])
    if len(steps) > 1 and isinstance(steps[1], int) and kind in _TABLES:
        rows = table.get(kind)
        row = rows[steps[1]] if isinstance(rows, list) and steps[1] < len(rows) else {}
        own = row.get("name") or row.get("protocol") if isinstance(row, dict) else None
        named = f" (“{shorten(str(own))}”)" if own else ""
        keys = [str(step) for step in steps[2:] if not isinstance(step, int)]
        return f"[[{kind}]] {steps[1] + 1}{named}: ", ".".join(keys)
    return "", ".".join(str(step) for step in steps)
