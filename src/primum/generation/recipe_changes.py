"""What a command may change of a recipe: models of a role, guidelines, or its size for a demo."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from primum.core.errors import UnknownNameError
from primum.generation.draw_size import draw_sizes
from primum.generation.recipe import DemoTable, Recipe, RecipeTitles, RoleSettings, StageTable
from primum.generation.recipe_resolving import ResolvedRecipe, resolve_recipe

EMBEDDED = "embedded"
DEMO_GUIDELINES = 2
"""How many guidelines a demo covers where its recipe does not say which."""


def with_models(
    recipe: Recipe,
    models: Mapping[str, Sequence[str]],
    base_urls: Mapping[str, str] | None = None,
) -> Recipe:
    """The recipe with other models in its roles; an address belongs to the models named with it.

    Raises:
        UnknownNameError: the recipe has no such role.
    """
    urls = dict(base_urls or {})
    known = [role.name for role in recipe.roles]
    for name in (*models, *urls):
        if name not in known:
            raise UnknownNameError("role", name, known, "A role is named as ROLE=MODEL.")
    return recipe.model_copy(
        update={"roles": tuple(_recast(role, models, urls) for role in recipe.roles)}
    )


def with_guidelines(recipe: Recipe, guidelines: Sequence[str], only: Sequence[str]) -> Recipe:
    """The recipe about other guideline sets, or about some guidelines of them only."""
    changes: dict[str, Any] = {}
    if guidelines:
        changes |= {"guidelines": tuple(guidelines), "only": ()}
        if recipe.demo is not None:
            changes["demo"] = recipe.demo.model_copy(update={"only": ()})
    if only:
        changes["only"] = tuple(only)
    return recipe.model_copy(update=changes)


def demo_of(ready: ResolvedRecipe, where: Path | str = "", folder: Path | None = None) -> Recipe:
    """The recipe as a demo runs it: few guidelines, short answers, models of this machine.

    Its ``[demo]`` says what is made smaller; draws are made to fit.

    Raises:
        UnknownNameError: the demo names a role or stage that the recipe does not have.
    """
    recipe = ready.recipe
    demo = recipe.demo or DemoTable()
    _require("role", (*demo.roles, *demo.sampling), [role.name for role in recipe.roles])
    _require("stage", (*demo.stages, *demo.without), recipe.stage_names)
    named = list(zip(recipe.stage_names, recipe.stages, strict=True))
    stages = [_laid_over(name, stage, demo) for name, stage in named if name not in demo.without]
    asked = {role for each in ready.stages if each.name not in demo.without for role in each.roles}
    small = recipe.model_copy(
        update={
            "id": f"{recipe.id}-demo",
            "title": RecipeTitles(
                en=f"{recipe.title.en or recipe.id} (demo)",
                ja=f"{recipe.title.ja or recipe.id}（デモ）",
            ),
            "only": demo.only or ready.chosen[:DEMO_GUIDELINES],
            "languages": demo.languages or recipe.languages,
            "roles": tuple(
                _cast_for_demo(role, demo, recipe.seed)
                for role in recipe.roles
                if role.name in asked
            ),
            "stages": tuple(stages),
            "demo": None,
        }
    )
    return _with_draws_that_fit(small, where, folder)


def _with_draws_that_fit(recipe: Recipe, where: Path | str, folder: Path | None) -> Recipe:
    """The recipe with no draw larger than all that its stages can make."""
    ready = resolve_recipe(recipe, where, folder, checks_draws=False)
    stages = list(recipe.stages)
    for draw in draw_sizes(ready.stages, ready.sizes):
        if draw.wanted > draw.most:
            table = stages[draw.place]
            own = {**table.own, draw.key: max(1, draw.most)}
            stages[draw.place] = StageTable(kind=table.kind, name=table.name, **own)
    return recipe.model_copy(update={"stages": tuple(stages)})


def _recast(
    role: RoleSettings, models: Mapping[str, Sequence[str]], urls: Mapping[str, str]
) -> RoleSettings:
    changes: dict[str, Any] = {}
    if role.name in models:
        changes = {"models": tuple(models[role.name]), "base_url": None, "api_key_variable": None}
    if role.name in urls:
        changes["base_url"] = urls[role.name]
    return role.model_copy(update=changes)


def _cast_for_demo(role: RoleSettings, demo: DemoTable, seed: int) -> RoleSettings:
    own = demo.sampling.get(role.name)
    return role.model_copy(
        update={
            "models": demo.roles.get(role.name, (EMBEDDED,)),
            "base_url": None,
            "api_key_variable": None,
            "max_tokens": demo.max_tokens,
            "temperature": demo.temperature,
            "seed": seed,
            **(own.model_dump(exclude_none=True) if own is not None else {}),
        }
    )


def _laid_over(name: str, stage: StageTable, demo: DemoTable) -> StageTable:
    own = {**stage.own, **demo.stages.get(name, {})}
    return StageTable(kind=stage.kind, name=name, **own)


def _require(kind: str, names: Sequence[str] | Mapping[str, Any], known: Sequence[str]) -> None:
    for name in names:
        if name not in known:
            raise UnknownNameError(f"{kind} in [demo]", name, known)
