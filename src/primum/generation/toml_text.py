"""A table of plain values as TOML text, so that a recipe can be written down as it was run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def toml_text(table: Mapping[str, Any]) -> str:
    """The table as TOML; keys whose value is None are left out.

    Lists of tables become ``[[key]]``, tables ``[key]``; both stand after the plain values.
    """
    return "\n".join(_lines(table, ())).strip() + "\n"


def _lines(table: Mapping[str, Any], path: tuple[str, ...]) -> list[str]:
    plain: list[str] = []
    nested: list[str] = []
    for key, value in table.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            name = _key((*path, key))
            nested += ["", f"[{name}]", *_lines(value, (*path, key))]
        elif _is_tables(value):
            for each in value:
                nested += ["", f"[[{_key((*path, key))}]]", *_lines(each, (*path, key))]
        else:
            plain.append(f"{_key((key,))} = {_value(value)}")
    return [*plain, *nested]


def _is_tables(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(each, Mapping) for each in value)
    )


def _key(path: tuple[str, ...]) -> str:
    return ".".join(part if _BARE.fullmatch(part) else _text(part) for part in path)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, Mapping):
        inner = ", ".join(f"{_key((k,))} = {_value(v)}" for k, v in value.items() if v is not None)
        return f"{{ {inner} }}" if inner else "{}"
    return f"[{', '.join(_value(each) for each in value if each is not None)}]"


def _text(text: str) -> str:
    """A basic string: JSON's escapes are TOML's, but for DEL, which TOML wants escaped as well."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
