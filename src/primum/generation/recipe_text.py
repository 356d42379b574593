"""A resolved recipe written down: every setting as it was used, so that it can be run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from primum.core.digest import digest_of
from primum.generation.recipe_resolving import ResolvedRecipe
from primum.generation.toml_text import toml_text


def recipe_text(ready: ResolvedRecipe) -> str:
    """The recipe as TOML; guideline files of the user's own are named as they lie beside it."""
    table = _table(ready)
    table["guidelines"] = [
        f"guidelines/{each.id}.toml" if each.id in ready.own_files else each.id
        for each in ready.guideline_sets
    ]
    return toml_text(table)


def recipe_fingerprint(ready: ResolvedRecipe) -> str:
    """Content hash of all that decides what comes out, 32 hexadecimal digits."""
    sets = {each.id: each.fingerprint for each in ready.guideline_sets}
    return digest_of({**_table(ready), "demo": None, "guidelines": sets}).hex()


def _table(ready: ResolvedRecipe) -> dict[str, Any]:
    table = ready.recipe.model_dump(mode="json", by_alias=True, exclude_none=True)
    for key in ("title", "description"):
        table[key] = _without_empty(table[key])
    table["role"] = [_without_empty(role) for role in table.get("role", [])]
    table["stage"] = [
        {
            "kind": stage.kind.kind,
            "name": stage.name,
            **stage.settings.model_dump(mode="json", exclude_none=True),
        }
        for stage in ready.stages
    ]
    return _without_empty(table)


def _without_empty(table: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in table.items() if value not in ("", [], {}, None)}
