"""Text and TOML files of this room: read once, with every fault as one sentence that names the key.

Profiles, scripts and provider tables share it; it knows none of them.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from primum.core.errors import DataError, shorten

Model = TypeVar("Model", bound=BaseModel)


def read_text(path: Path) -> str:
    """The file's text, without a byte-order mark.

    Raises:
        DataError: it cannot be read, is empty, or is not UTF-8.
    """
    try:
        raw = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(path, f"the file cannot be read: {reason}.") from None
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise DataError(path, "the file is not UTF-8. Save it as UTF-8.", line=line) from None
    if not text.strip():
        raise DataError(path, "the file is empty.")
    return text


def read_toml(path: Path) -> dict[str, Any]:
    """The table that the file holds.

    Raises:
        DataError: it cannot be read or is not TOML; the line is named.
    """
    text = read_text(path)
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise DataError(path, f"not valid TOML: {shorten(str(error), 120)}.", line=line) from None


def validated(kind: type[Model], raw: Any, path: Path, line: int | None = None) -> Model:
    """The value as ``kind``.

    Raises:
        DataError: the first fault, with the path of its key.
    """
    try:
        return kind.model_validate(raw)
    except ValidationError as error:
        raise DataError(path, first_fault(error, kind), line=line) from None


def first_fault(error: ValidationError, kind: type[BaseModel]) -> str:
    """The first fault as one sentence."""
    fault = error.errors(include_url=False, include_context=False)[0]
    key = ".".join(shorten(str(part)) for part in fault["loc"])
    if fault["type"] == "missing":
        return f"the key “{key}” is missing."
    if fault["type"] == "extra_forbidden":
        known = ", ".join(kind.model_fields) if len(fault["loc"]) == 1 else ""
        hint = f" Known here: {known}." if known else " Remove it or correct its spelling."
        return f"the key “{key}” is not known.{hint}"
    found = shorten(repr(fault["input"]))
    where = f"the key “{key}” holds {found}" if key else f"found {found}"
    return f"{where}: {shorten(fault['msg'], 160)}."
