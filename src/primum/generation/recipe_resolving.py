"""A recipe made ready: guideline sets opened, stages found, every setting and role checked.

Nothing is asked and no model is opened. Paths are meant from the folder that the command is given
in, or else from the recipe's own.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from primum.core.errors import DataError, UnknownNameError, UserError, shorten
from primum.generation.catalogue import known_stage
from primum.generation.draw_size import draw_sizes
from primum.generation.fault_sentence import expected_words, fault_sentence
from primum.generation.recipe import Recipe, StageTable
from primum.generation.recipe_stage import RecipeStage
from primum.generation.stage import Sizes
from primum.generation.yields import amount
from primum.guidelines.catalogue import list_sets, load_set, unknown_guideline, with_built_in
from primum.guidelines.guideline_set import LANGUAGES, GuidelineSet

_ID = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_FORMS = {"requests": "requests of one turn", "dialogues": "dialogues"}


@dataclass(frozen=True, slots=True)
class ResolvedRecipe:
    """A recipe that can be planned and run."""

    recipe: Recipe
    guideline_sets: tuple[GuidelineSet, ...]
    chosen: tuple[str, ...]
    """Full ids of the guidelines to be covered, in order."""
    stages: tuple[RecipeStage, ...]
    own_files: Mapping[str, Path] = field(default_factory=dict)
    """Guideline set → its file, for sets that are not built in."""

    @property
    def sizes(self) -> Sizes:
        """What the stages' estimates multiply."""
        models = {role.name: len(role.models) for role in self.recipe.roles}
        return Sizes(len(self.chosen), len(self.recipe.languages), models)


class _Opened(NamedTuple):
    sets: tuple[GuidelineSet, ...]
    own_files: dict[str, Path]


def resolve_recipe(
    recipe: Recipe,
    where: Path | str = "",
    folder: Path | None = None,
    *,
    checks_draws: bool = True,
) -> ResolvedRecipe:
    """The recipe with its guideline sets and stages.

    Args:
        recipe: as it was read.
        where: names the recipe in messages; its id where nothing is given.
        folder: where the recipe lies, for paths in it.
        checks_draws: whether a draw larger than all there can be is a fault.

    Raises:
        DataError: a stage, role, count or language that cannot be used; the place is named.
        UnknownNameError: a guideline set, a guideline or a stage that is not known.
    """
    where = where or recipe.id
    fault = next(_own_faults(recipe), None)
    if fault is not None:
        raise DataError(where, fault)
    opened = _open_sets(recipe, folder)
    chosen = _chosen(recipe, opened.sets)
    stages = tuple(
        _stage(name, _with_perspective(table, recipe), number, where, folder)
        for number, (name, table) in enumerate(
            zip(recipe.stage_names, recipe.stages, strict=True), start=1
        )
    )
    ready = ResolvedRecipe(recipe, opened.sets, chosen, stages, opened.own_files)
    fault = next(_stage_faults(recipe, stages), None)
    if fault is None and checks_draws:
        fault = next(_draw_faults(ready), None)
    if fault is not None:
        raise DataError(where, fault)
    return ready


def _own_faults(recipe: Recipe) -> Iterator[str]:
    if not _ID.fullmatch(recipe.id):
        yield (
            f"the key “id” holds “{shorten(recipe.id)}”: lower-case letters, digits, “.”, “_” and "
            "“-” were expected, since files are named by it."
        )
    for language in recipe.languages:
        if language not in LANGUAGES:
            yield (
                f"the key “languages” holds “{shorten(language)}”; requests can be written in "
                f"{' and '.join(LANGUAGES)}. The stage “translation” makes other languages of them."
            )
    for kind, names in (
        ("language", recipe.languages),
        ("role", [role.name for role in recipe.roles]),
        ("stage", recipe.stage_names),
    ):
        doubled = [name for name, count in Counter(names).items() if count > 1]
        if doubled:
            yield f"the {kind} “{shorten(doubled[0])}” stands twice; each may stand once."
    for role in recipe.roles:
        doubled = [name for name, count in Counter(role.models).items() if count > 1]
        if doubled:
            yield (
                f"the role “{shorten(role.name)}” names the model “{shorten(doubled[0])}” twice; "
                "it would be asked the same once. Name it once."
            )


def _open_sets(recipe: Recipe, folder: Path | None) -> _Opened:
    sets: list[GuidelineSet] = []
    own: dict[str, Path] = {}
    for name in recipe.guidelines:
        path = Path(name)
        if name not in list_sets() and not path.is_file() and folder is not None:
            path = folder / name if (folder / name).is_file() else path
        opened = load_set(name if name in list_sets() else path)
        sets.append(opened)
        if name not in list_sets():
            own[opened.id] = path
    with_built_in(sets)
    doubled = [name for name, count in Counter(each.id for each in sets).items() if count > 1]
    if doubled:
        raise UserError(f"The recipe names the guideline set “{doubled[0]}” twice. Name it once.")
    return _Opened(tuple(sets), own)


def _chosen(recipe: Recipe, sets: tuple[GuidelineSet, ...]) -> tuple[str, ...]:
    known = [full_id for each in sets for full_id in each.ids]
    for full_id in recipe.only:
        if full_id not in known:
            raise unknown_guideline(full_id, sets)
    return tuple(dict.fromkeys(recipe.only)) or tuple(known)


def _with_perspective(table: StageTable, recipe: Recipe) -> StageTable:
    """The stage with the recipe's perspective, if it writes requests and names none of its own."""
    try:
        kind = known_stage(table.kind)
    except UnknownNameError:
        return table
    if kind.takes != "nothing" or "perspective" not in kind.settings.model_fields:
        return table
    own = {"perspective": recipe.perspective, **table.own}
    return StageTable(kind=table.kind, name=table.name, **own)


def _stage(
    name: str, table: StageTable, number: int, where: Path | str, folder: Path | None
) -> RecipeStage:
    place = f"[[stage]] {number} (“{shorten(name)}”): "
    try:
        kind = known_stage(table.kind)
    except UnknownNameError as error:
        hint = " “primum generate stages” lists them."
        raise DataError(where, f"{place}{_lower(str(error))}{hint}") from None
    try:
        settings = kind.settings.model_validate(table.own, context={"folder": folder})
        return RecipeStage(name, kind, settings)
    except ValidationError as error:
        found = error.errors(include_url=False)
        unknown = [each for each in found if each["type"] == "extra_forbidden"]
        first = (unknown or found)[0]
        key = ".".join(str(step) for step in first["loc"])
        problem = (
            fault_sentence(first, key, kind.settings) if key else f"{expected_words(first, {})}."
        )
        raise DataError(where, place + problem) from None


def _stage_faults(recipe: Recipe, stages: tuple[RecipeStage, ...]) -> Iterator[str]:
    models = {role.name: len(role.models) for role in recipe.roles}
    yield from _form_faults(stages)
    for number, stage in enumerate(stages, start=1):
        place = f"[[stage]] {number} (“{shorten(stage.name)}”): "
        for role in stage.roles:
            if role not in models:
                defined = ", ".join(models) or "none"
                yield (
                    f"{place}it asks the role “{shorten(role)}”, which no [[role]] defines. "
                    f"Defined: {defined}."
                )
        least = getattr(stage.settings, "at_least", None)
        asked = sum(models.get(role, 0) for role in stage.roles)
        if isinstance(least, int) and stage.roles and least > asked:
            yield (
                f"{place}the key “at_least” holds “{least}”, but {_models(asked)} of the role "
                f"{', '.join(f'“{role}”' for role in stage.roles)} can be asked. Lower it, or name "
                "more models."
            )
        ratings = getattr(stage.settings, "least_ratings", None)
        runs = getattr(stage.settings, "runs", None)
        if isinstance(ratings, int) and isinstance(runs, int) and ratings > runs * asked:
            yield (
                f"{place}the key “least_ratings” holds “{ratings}”, but {runs} "
                f"run{'s' * (runs != 1)} of {_models(asked)} give {runs * asked} at most. Lower "
                "it, or raise “runs”."
            )
    used = {role for stage in stages for role in stage.roles}
    for name in models:
        if name not in used:
            yield f"no stage asks the role “{shorten(name)}”. Remove it, or name it in a stage."


def _draw_faults(ready: ResolvedRecipe) -> Iterator[str]:
    """Draws that are larger than all there can be."""
    for draw in draw_sizes(ready.stages, ready.sizes):
        if draw.wanted > draw.most:
            stage = ready.stages[draw.place]
            per = " of a stratum" if draw.key == "per_stratum" else ""
            most = f"{amount(draw.most, 'draft')}{per}"
            yield (
                f"[[stage]] {draw.place + 1} (“{shorten(stage.name)}”): the key “{draw.key}” holds "
                f"“{draw.wanted}”, but at most {most} can "
                "come from the stages before it. Lower it, or have more written."
            )


def _form_faults(stages: tuple[RecipeStage, ...]) -> Iterator[str]:
    """Stages that are given something else than they take."""
    form = "nothing"
    for number, stage in enumerate(stages, start=1):
        kind = stage.kind
        place = f"[[stage]] {number} (“{shorten(stage.name)}”): "
        if kind.takes != "nothing" and form == "nothing":
            yield (
                f"{place}there is nothing for it to work on yet. Begin with a stage that takes "
                "nothing, such as “seeds”."
            )
        elif kind.takes in _FORMS and kind.takes != form:
            yield f"{place}it takes {_FORMS[kind.takes]}, but is given {_FORMS[form]}."
        elif kind.takes == "nothing" and form not in ("nothing", kind.gives):
            yield (
                f"{place}it would add {_FORMS[kind.gives]} to {_FORMS[form]}. Put it before the "
                "stage that makes them."
            )
        form = form if kind.gives == "same" else kind.gives


def _models(count: int) -> str:
    return amount(count, "model")


def _lower(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return text[:1].lower() + text[1:]
