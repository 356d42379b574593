"""A TOML file of this room as a dictionary, or a sentence that says why it cannot be read."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from primum.core.errors import DataError, shorten


def read_toml(path: Path, kind: str) -> dict[str, Any]:
    """The content of the file; ``kind`` says in messages what it is, for example “crosswalk file”.

    Raises:
        DataError: the file cannot be read, is not UTF-8 or is not TOML.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise DataError(path, f"there is no such {kind}.") from None
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DataError(path, f"the {kind} cannot be read: {reason}.") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = "the file is not UTF-8, as TOML must be. Save it as UTF-8."
        raise DataError(path, problem, line=line) from None
    return parse_toml(text, path, kind)


def parse_toml(text: str, where: Path | str, kind: str) -> dict[str, Any]:
    """The content of a TOML text; ``where`` names it in messages, ``kind`` as in ``read_toml``.

    Raises:
        DataError: it is not TOML.
    """
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"at line (\d+)", str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        raise DataError(where, f"not valid TOML: {shorten(str(error), 120)}.", line=line) from None
    except RecursionError:
        problem = f"the {kind} is nested too deeply to be read. Write it with fewer brackets."
        raise DataError(where, problem) from None
