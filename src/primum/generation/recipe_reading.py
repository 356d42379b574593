"""From a file or a shipped name to a recipe; whatever is wrong with it is said in one sentence.

    recipe = read_recipe("medsafetybench")
    ready = resolve_recipe(read_recipe("ours.toml"))

``resolve_recipe`` opens the guideline sets and checks every stage's settings; no model is touched.
"""

from __future__ import annotations

from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from primum.core.errors import DataError, UnknownNameError, shorten
from primum.generation.fault_sentence import fault_sentence
from primum.generation.recipe import Recipe, RoleSettings, StageTable
from primum.guidelines.toml_file import parse_toml, read_toml

_TABLES: dict[str, type[BaseModel]] = {"role": RoleSettings, "stage": StageTable}


def read_recipe(path_or_name: str | Path) -> Recipe:
    """The recipe of that TOML file, or the shipped one of that name.

    Raises:
        UnknownNameError: no such recipe, and it does not look like a path.
        DataError: the file does not hold a recipe; key and place are named.
    """
    name = str(path_or_name)
    if name in _shipped():
        return parse_recipe(_shipped()[name], name)
    path = Path(name)
    if path.suffix != ".toml":
        hint = "A recipe of your own is a .toml file."
        raise UnknownNameError("recipe", name, _shipped(), hint)
    return _recipe_of(read_toml(path, "recipe file"), path)


def parse_recipe(text: str, where: str) -> Recipe:
    """The recipe that a TOML text holds; ``where`` names the text in messages.

    Raises:
        DataError: it does not hold a recipe; key and place are named.
    """
    return _recipe_of(parse_toml(text, where, "recipe file"), where)


def shipped_recipes() -> dict[str, Recipe]:
    """Name → recipe, of those that come with Primum."""
    return {name: read_recipe(name) for name in _shipped()}


def shipped_text(name: str) -> str:
    """The shipped recipe's file as it stands.

    Raises:
        UnknownNameError: there is none of that name.
    """
    if name not in _shipped():
        raise UnknownNameError("recipe", name, _shipped())
    return _shipped()[name]


@cache
def _shipped() -> dict[str, str]:
    folder = resources.files("primum.generation").joinpath("data/recipes")
    files = [file for file in folder.iterdir() if file.name.endswith(".toml")]
    return {
        file.name.removesuffix(".toml"): file.read_text("utf-8")
        for file in sorted(files, key=lambda file: file.name)
    }


def _recipe_of(table: dict[str, Any], where: Path | str) -> Recipe:
    try:
        return Recipe.model_validate(table)
    except ValidationError as error:
        raise DataError(where, _sentence(error, table)) from None


def _sentence(error: ValidationError, table: dict[str, Any]) -> str:
    found = error.errors(include_url=False)
    # A misspelt key is both unknown and missing: the unknown one says more.
    unknown = [each for each in found if each["type"] == "extra_forbidden"]
    first = (unknown or found)[0]
    steps = list(first["loc"])
    place = _place(steps, table)
    kind = _TABLES.get(str(steps[0]), Recipe) if place else Recipe
    key = ".".join(str(step) for step in (steps[2:] if place else steps))
    if not place and key in _TABLES and first["type"] == "tuple_type":
        return f"the key “{key}” is no list of tables. Begin each of them with [[{key}]]."
    if not steps:
        return "a recipe is a TOML table; “primum generate show primum” prints a whole one."
    return place + fault_sentence(first, key, kind)


def _place(steps: list[int | str], table: dict[str, Any]) -> str:
    """Which of several tables a fault lies in, to be put before the sentence."""
    if len(steps) < 2 or not isinstance(steps[1], int) or steps[0] not in _TABLES:
        return ""
    kind, number = str(steps[0]), steps[1]
    rows = table.get(kind)
    row = rows[number] if isinstance(rows, list) and number < len(rows) else {}
    own = row.get("name") or row.get("kind") if isinstance(row, dict) else None
    named = f" (“{shorten(str(own))}”)" if own else ""
    return f"[[{kind}]] {number + 1}{named}: "
