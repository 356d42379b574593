"""From a file or a preset's name to a study; whatever is wrong with it is said in one sentence.

study = read_study("ours.toml")
study = read_study("mediphi")

Nothing is loaded but the file itself: what depends on items and answers files is checked when the
study is planned.
"""

from __future__ import annotations

import re
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from primum.core.errors import DataError, UnknownNameError, shorten
from primum.guidelines.toml_file import parse_toml, read_toml
from primum.studies.design_check import first_fault
from primum.studies.study_file import ContrastSettings, ModelSettings, PartSettings, StudyFile

_TABLES: dict[str, type[BaseModel]] = {
    "protocol": PartSettings,
    "model": ModelSettings,
    "contrast": ContrastSettings,
}
_EXPECTED = {
    "model_type": 'a table was expected, for example title.en = "…"',
    "dict_type": 'a table was expected, for example { class = "medical" }',
    "tuple_type": 'a list was expected, for example ["a", "b"]',
}
"""pydantic's kinds of fault → what a TOML file should hold, where its own words are of Python."""


def read_study(path_or_preset: str | Path) -> StudyFile:
    """The study of that TOML file, or the preset of that name.

    Raises:
        UnknownNameError: no such preset, and it does not look like a path.
        DataError: the file does not hold a study; key and place are named.
    """
    name = str(path_or_preset)
    if name in _preset_files():
        return parse_study(preset_text(name), name)
    path = Path(name)
    if path.suffix != ".toml":
        hint = "A study of your own is a .toml file."
        raise UnknownNameError("study", name, _preset_files(), hint)
    return study_from(read_toml(path, "study file"), path)


def parse_study(text: str, where: str) -> StudyFile:
    """The study that a TOML text holds; ``where`` names the text in messages.

    Raises:
        DataError: it does not hold a study; key and place are named.
    """
    return study_from(parse_toml(text, where, "study file"), where)


def study_from(table: dict[str, Any], where: Path | str) -> StudyFile:
    """The study of a table that was read from TOML.

    Raises:
        DataError: it does not hold a study; key and place are named.
    """
    try:
        study = StudyFile.model_validate(table)
    except ValidationError as error:
        raise DataError(where, _sentence(error, table)) from None
    fault = first_fault(study)
    if fault is not None:
        raise DataError(where, fault)
    return study


def list_presets() -> dict[str, StudyFile]:
    """Name → study, of those that come with Primum."""
    return {name: read_study(name) for name in _preset_files()}


def preset_text(name: str) -> str:
    """The preset's file as it stands.

    Raises:
        UnknownNameError: there is no preset of that name.
    """
    known = _preset_files()
    if name not in known:
        raise UnknownNameError("preset", name, known)
    return known[name]


@cache
def _preset_files() -> dict[str, str]:
    folder = resources.files("primum.studies").joinpath("data/presets")
    files = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in sorted(files, key=lambda file: file.name)
    }


def _sentence(error: ValidationError, table: dict[str, Any]) -> str:
    found = error.errors()
    # A misspelt key is both unknown and missing: the unknown one says more.
    unknown = [each for each in found if each["type"] == "extra_forbidden"]
    first = (unknown or found)[0]
    steps = [step for step in first["loc"] if not _is_branch(step)]
    place, key = _place(steps, table)
    if first["type"] == "extra_forbidden":
        known = ", ".join(_keys_beside(steps))
        return f"{place}the key “{shorten(key)}” is not known. Known: {known}."
    if first["type"] == "missing":
        return f"{place}the key “{key}” is missing. “primum study show” prints whole examples."
    if not steps:
        return "a study is a TOML table; “primum study show” prints whole examples."
    if not place and first["type"] == "tuple_type" and key in _TABLES:
        return f"the key “{key}” is no list of tables. Begin each of them with [[{key}]]."
    expected = _EXPECTED.get(first["type"]) or _lower(first["msg"])
    value = first["input"]
    if isinstance(value, dict | list) and first["type"] != "value_error":
        return f"{place}the key “{key}” is not as expected: {expected}."
    return f"{place}the key “{key}” holds “{shorten(str(value))}”: {expected}."


def _is_branch(step: int | str) -> bool:
    """Whether a step names a branch of a union's types, which is no key of the file."""
    return isinstance(step, str) and bool(
        re.match(r"(literal|tuple|list|int|str|function)\b", step)
    )


def _place(steps: list[int | str], table: dict[str, Any]) -> tuple[str, str]:
    """Where a fault lies, to be put before the sentence, and the key."""
    if len(steps) > 1 and isinstance(steps[1], int) and steps[0] in _TABLES:
        kind, number = str(steps[0]), steps[1]
        rows = table.get(kind)
        row = rows[number] if isinstance(rows, list) and number < len(rows) else {}
        own = row.get("name") or row.get("protocol") if isinstance(row, dict) else None
        named = f" (“{shorten(str(own))}”)" if own else ""
        key = ".".join(str(step) for step in steps[2:])
        return f"[[{kind}]] {number + 1}{named}: ", key or kind
    return "", ".".join(str(step) for step in steps)


def _keys_beside(steps: list[int | str]) -> list[str]:
    table = _TABLES.get(str(steps[0])) if len(steps) > 1 else StudyFile
    return [field.alias or name for name, field in (table or StudyFile).model_fields.items()]


def _lower(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
