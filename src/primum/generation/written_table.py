"""Tables of a TOML file that are read as they are written: ``"5"`` and ``true`` are no numbers.

pydantic takes both for numbers, and ``1`` for a truth value; what somebody meant by them is
anybody's guess, and a count that was guessed is paid for.
"""

from __future__ import annotations

from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError, PydanticKnownError


class WrittenTable(BaseModel):
    """A table whose numbers, texts and truth values are not turned into each other."""

    @field_validator("*", mode="before")
    @classmethod
    def _is_as_written(cls, value: Any, info: ValidationInfo) -> Any:
        field = cls.model_fields[str(info.field_name)]
        _require_kind(field.annotation, value)
        return value


def _require_kind(annotation: Any, value: Any) -> None:
    """Return if pydantic need not turn the value into something else.

    Raises:
        PydanticKnownError: it would have to; what was expected is named.
    """
    kinds = _kinds(annotation)
    if bool in kinds and not isinstance(value, bool) and not kinds & {int, float, str}:
        raise PydanticKnownError("bool_type")
    is_guessed = isinstance(value, bool) or (isinstance(value, str) and str not in kinds)
    if is_guessed and bool not in kinds and kinds & {int, float}:
        raise PydanticKnownError("int_type" if int in kinds else "float_type")
    if isinstance(value, dict):
        for kind in kinds:
            _require_kinds_within(kind, value)


def _require_kinds_within(kind: Any, table: dict[str, Any]) -> None:
    """Return if that holds of a table within the table as well; its key is named otherwise."""
    for key, value in table.items():
        inner: Any = None
        if isinstance(kind, type) and issubclass(kind, BaseModel) and key in kind.model_fields:
            inner = kind.model_fields[key].annotation
        try:
            _require_kind(inner, value)
        except PydanticKnownError as error:
            raise PydanticCustomError(
                "within_table",
                "“{key}” in it holds “{found}”",
                {"key": key, "found": value, "kind": error.type},
            ) from None


def _kinds(annotation: Any) -> set[Any]:
    """The types that the annotation allows, those of a union each for itself."""
    if get_origin(annotation) in (Union, UnionType):
        return {kind for part in get_args(annotation) for kind in _kinds(part)}
    return {annotation}
