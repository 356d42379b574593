"""pydantic's faults as sentences on a key of a TOML file: what was found, what was expected."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from primum.core.errors import shorten

_EXPECTED = {
    "model_type": 'a table was expected, for example title.en = "…"',
    "model_attributes_type": "a table was expected",
    "dict_type": "a table was expected",
    "tuple_type": 'a list was expected, for example ["a", "b"]',
    "string_type": "a text in quotes was expected",
    "path_type": "a path in quotes was expected",
    "string_too_short": "a text that is not empty was expected",
    "int_type": "a whole number was expected, without quotes",
    "int_parsing": "a whole number was expected, without quotes",
    "int_from_float": "a whole number was expected",
    "float_type": "a number was expected, without quotes",
    "float_parsing": "a number was expected, without quotes",
    "finite_number": "a finite number was expected",
    "bool_type": "true or false was expected, without quotes",
    "bool_parsing": "true or false was expected, without quotes",
    "greater_than": "a number above {gt} was expected",
    "greater_than_equal": "a number of at least {ge} was expected",
    "less_than": "a number below {lt} was expected",
    "less_than_equal": "a number of at most {le} was expected",
    "too_short": "at least {min_length} was expected",
    "too_long": "at most {max_length} were expected",
    "literal_error": "{expected} was expected",
    "enum": "{expected} was expected",
}
"""pydantic's kinds of fault → what a TOML file should hold, where its own words are of Python."""


def fault_sentence(fault: Any, key: str, kind: type[BaseModel]) -> str:
    """One of pydantic's faults as a sentence on a key of a TOML table."""
    if fault["type"] == "extra_forbidden":
        known = [field.alias or name for name, field in kind.model_fields.items()]
        if "." in key:
            return f"the key “{shorten(key)}” is not known. Remove it or correct its spelling."
        return f"the key “{shorten(key)}” is not known. Known: {', '.join(known) or 'none'}."
    if fault["type"] == "missing":
        return f"the key “{key}” is missing."
    context = fault.get("ctx", {})
    value = fault["input"]
    if fault["type"] == "within_table":
        key, value = f"{key}.{context['key']}", context["found"]
        expected = _EXPECTED[context["kind"]]
    else:
        expected = expected_words(fault, context)
    if value in ([], (), {}):
        return f"the key “{key}” is empty: {expected}."
    if isinstance(value, dict | list | tuple):
        return f"the key “{key}” is not as expected: {expected}."
    return f"the key “{key}” holds “{shorten(_as_written(value))}”: {expected}."


def expected_words(fault: Any, context: Mapping[str, Any]) -> str:
    """What should have stood there; a validator of ours says so itself."""
    known = _EXPECTED.get(fault["type"])
    if known is None:
        text = str(fault["msg"]).removeprefix("Value error, ").rstrip(".")
        return shorten(text[:1].lower() + text[1:], 300)
    shown = {name: _shown(value) for name, value in context.items()}
    return known.format_map(shown)


def _shown(value: Any) -> str:
    """A bound without a needless “.0”, names in our quotation marks."""
    if isinstance(value, float):
        return f"{value:g}"
    parts = str(value).split("'")
    return "".join(part if place % 2 == 0 else f"“{part}”" for place, part in enumerate(parts))


def _as_written(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
