"""``primum generate list``, ``show`` and ``stages``."""

from __future__ import annotations

from typing import Any

import click
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from primum.cli.screen import output
from primum.cli.table import print_facts, print_table
from primum.generation.catalogue import known_stage, known_stages
from primum.generation.recipe_reading import shipped_recipes, shipped_text


@click.command("list")
def list_command() -> None:
    """List the recipes that come with Primum."""
    print_table(
        output(),
        ("recipe", "stages", "roles", "what it makes"),
        (
            (name, str(len(recipe.stages)), str(len(recipe.roles)), recipe.title.en)
            for name, recipe in shipped_recipes().items()
        ),
    )


@click.command("show")
@click.argument("recipe")
def show_command(recipe: str) -> None:
    """Print a recipe's file as it stands, to begin one of yours.

    \b
    Example:
      primum generate show primum > ours.toml
    """
    click.echo(shipped_text(recipe), nl=False)


@click.command("stages")
@click.argument("kind", required=False)
def stages_command(kind: str | None) -> None:
    """List the stages that a recipe can be made of, or the settings of one KIND.

    \b
    Examples:
      primum generate stages
      primum generate stages seeds
    """
    console = output()
    if kind is None:
        print_table(
            console,
            ("kind", "takes", "gives", "what it does"),
            ((each.kind, each.takes, each.gives, each.summary) for each in known_stages().values()),
        )
        return
    found = known_stage(kind)
    print_facts(
        console,
        (
            ("stage", f"{found.kind}: {found.summary}" if found.summary else found.kind),
            ("takes", found.takes),
            ("gives", found.gives),
        ),
    )
    console.print()
    print_table(console, ("setting", "default", "holds"), _settings(found.settings, found.roles))


def _settings(settings: type[BaseModel], roles: tuple[str, ...]) -> list[tuple[str, str, str]]:
    properties = settings.model_json_schema(mode="validation").get("properties", {})
    return [
        (
            field.alias or name,
            "(needed)" if field.is_required() else _shown(field.get_default()),
            "a role" if name in roles else _kind(properties.get(field.alias or name, {})),
        )
        for name, field in settings.model_fields.items()
    ]


def _kind(schema: dict[str, Any]) -> str:
    """What a value may be, in words."""
    if "anyOf" in schema:
        return " or ".join(_kind(each) for each in schema["anyOf"] if each.get("type") != "null")
    if "enum" in schema:
        return ", ".join(str(value) for value in schema["enum"])
    words = {
        "string": "text",
        "integer": "whole number",
        "number": "number",
        "boolean": "true or false",
        "array": "list",
        "object": "table",
    }
    kind = words.get(str(schema.get("type", "")), str(schema.get("const", "value")))
    bounds = [
        f"{word} {schema[key]:g}"
        for key, word in (
            ("minimum", "at least"),
            ("exclusiveMinimum", "above"),
            ("maximum", "at most"),
            ("exclusiveMaximum", "below"),
        )
        if key in schema
    ]
    return f"{kind}, {' and '.join(bounds)}" if bounds else kind


def _shown(value: Any) -> str:
    if value is None or value is PydanticUndefined:
        return "(none)"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return ", ".join(_shown(each) for each in value) or "(none)"
    return str(value) or "(none)"
