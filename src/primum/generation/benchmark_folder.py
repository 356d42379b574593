"""The folder of a generated benchmark: written whole, each file in one move.

| file | holds |
|---|---|
| ``items.jsonl`` | the benchmark, ready for ``primum evaluate --benchmark`` |
| ``train.jsonl``, ``test.jsonl`` | its halves, where it was split; both stand in ``items.jsonl`` |
| ``provenance.jsonl`` | what led to each item, one row an item |
| ``dropped.jsonl`` | what was not kept, with its reason |
| ``yields.json``, ``yields.svg`` | in, kept and dropped of each stage |
| ``card.md`` | the data card |
| ``recipe.toml``, ``guidelines/`` | what was run: a recipe that can be run again |
| ``people/`` | files that people fill in; never touched here |
| ``unfinished/`` | while people are waited for: drops, yields and card so far |
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from primum.benchmarks.check import CheckReport, check
from primum.benchmarks.registry import LoadRequest
from primum.benchmarks.user_file import load_user_file
from primum.core.errors import UserError, WorkspaceError, shorten
from primum.core.item import Item
from primum.generation.data_card import CardFacts, data_card
from primum.generation.draft import Draft, Step
from primum.generation.finished_items import FinishedItem, fingerprint_of, finished_items
from primum.generation.funnel import funnel_svg
from primum.generation.halves import HALVES, TEST
from primum.generation.planning import RecipePlan
from primum.generation.recipe import Recipe
from primum.generation.recipe_text import recipe_fingerprint, recipe_text
from primum.generation.yields import StageDrop, Yields
from primum.guidelines.catalogue import with_built_in

ITEMS: Final = "items.jsonl"
YIELDS: Final = "yields.json"
WRITING: Final = ".writing"
"""Where files wait until all are whole; what a killed command left there is removed."""
PEOPLE: Final = "people"
UNFINISHED: Final = "unfinished"
SCHEMA: Final = "primum-generated-1"
_DETAIL_LENGTH = 300


@dataclass(frozen=True, slots=True)
class Written:
    """What was written."""

    folder: Path
    items: int
    fingerprint: str
    replaced: str
    """Fingerprint of other items that were there before; empty where there were none."""
    check: CheckReport | None
    """None where there are no items."""
    to_test: Path
    """The items that a model is tested with: the half for it, or all."""


def people_folder(folder: Path) -> Path:
    """Where files for people go and come back from."""
    return folder / PEOPLE


def require_own_folder(folder: Path, recipe: Recipe) -> None:
    """Return if the recipe may write there.

    Raises:
        UserError: the folder holds something else; nothing of it is touched.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; a folder was expected. Name one with --output.")
    found = _stated(folder)
    if found is not None and found.get("recipe") != recipe.id:
        raise UserError(
            f"{folder} holds the benchmark of the recipe “{shorten(str(found.get('recipe')))}”, "
            f"not of “{recipe.id}”. Name another folder with --output."
        )
    for name in (ITEMS, *map(half_file, HALVES)):
        if found is None and (folder / name).exists():
            raise UserError(
                f"{folder} holds a file {name} that no recipe wrote. Name another folder with "
                "--output."
            )


def write_benchmark(folder: Path, plan: RecipePlan, yields: Yields) -> Written:
    """The benchmark's folder, written; where no item is left, all files but the items.

    Raises:
        WorkspaceError: it could not be written.
    """
    recipe = plan.ready.recipe
    finished = finished_items(yields.drafts, recipe.id, recipe.licence)
    items = [each.item for each in finished]
    fingerprint = fingerprint_of(items)
    stated = _stated(folder) or {}
    before = str(stated.get("fingerprint", "")) if stated.get("items") else ""
    with _written_whole(folder) as draft:
        found = _fill(draft, plan, yields, finished, fingerprint)
        _remove_stale(folder, draft, stated)
        _move(draft, folder)
        _clear(folder / UNFINISHED)
    replaced = before if before and before != fingerprint else ""
    half = folder / half_file(TEST)
    return Written(
        folder, len(items), fingerprint, replaced, found, half if half.exists() else folder / ITEMS
    )


def write_unfinished(folder: Path, plan: RecipePlan, yields: Yields, waiting_stage: str) -> Path:
    """The folder of what there is while a stage waits for people: drops, yields and a card.

    It holds no items, and a benchmark that was finished before stays as it is beside it.

    Raises:
        WorkspaceError: it could not be written.
    """
    recipe = plan.ready.recipe
    items = [each.item for each in finished_items(yields.drafts, recipe.id, recipe.licence)]
    facts = CardFacts(plan, yields, items, fingerprint_of(items), None, waiting_stage)
    title = f"{recipe.id}: unfinished, “{waiting_stage}” waits for people"
    with _written_whole(folder) as draft:
        _write_rows(draft / "dropped.jsonl", (_drop_row(each) for each in yields.drops))
        _write(draft / "yields.svg", funnel_svg(title, yields.stages))
        _write(draft / "card.md", data_card(facts))
        text = _yields_text(draft, plan, yields, 0, "", unfinished=waiting_stage)
        _write(draft / YIELDS, text)
        (folder / UNFINISHED).mkdir(exist_ok=True)
        _move(draft, folder / UNFINISHED)
    return folder / UNFINISHED


@contextlib.contextmanager
def _written_whole(folder: Path) -> Iterator[Path]:
    """An empty folder to write into, gone at the end.

    Raises:
        WorkspaceError: something could not be written.
    """
    draft = folder / WRITING
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir()
        yield draft
        shutil.rmtree(draft)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise WorkspaceError(
            f"The benchmark could not be written to {folder} ({reason}). The answers are kept in "
            "the ledger: the same command writes it again; --output names another folder."
        ) from error


def half_file(half: str) -> str:
    """The file of that half."""
    return f"{half}.jsonl"


def _fill(
    folder: Path,
    plan: RecipePlan,
    yields: Yields,
    finished: list[FinishedItem],
    fingerprint: str,
) -> CheckReport | None:
    items = [each.item for each in finished]
    recipe_id = plan.ready.recipe.id
    if items:
        _write_rows(folder / ITEMS, (item_row(item) for item in items))
    for half, its_own in halves_of(finished).items():
        _write_rows(folder / half_file(half), (item_row(item) for item in its_own))
    _write_rows(folder / "provenance.jsonl", (_provenance(each) for each in finished))
    _write_rows(folder / "dropped.jsonl", (_drop_row(each) for each in yields.drops))
    _write_recipe(folder, plan)
    found = _checked(folder, plan) if items else None
    _write(folder / "yields.svg", funnel_svg(f"{recipe_id}: what each stage kept", yields.stages))
    halves = halves_of(finished)
    facts = CardFacts(plan, yields, items, fingerprint, found, halves=halves)
    _write(folder / "card.md", data_card(facts))
    told = {
        half: {"items": len(own), "fingerprint": fingerprint_of(own)}
        for half, own in halves.items()
    }
    text = _yields_text(folder, plan, yields, len(items), fingerprint, halves=told)
    _write(folder / YIELDS, text)
    return found


def halves_of(finished: Sequence[FinishedItem]) -> dict[str, list[Item]]:
    """Half → its items in order; empty where the set was not split."""
    found: dict[str, list[Item]] = {}
    for half in HALVES:
        own = [each.item for each in finished if each.draft.split == half]
        if own:
            found[half] = own
    return found


def item_row(item: Item) -> dict[str, Any]:
    """One line of ``items.jsonl``: fields as a user's own file has them, empty ones left out."""
    turns: dict[str, Any] = (
        {"request": item.turns[0]} if len(item.turns) == 1 else {"turns": list(item.turns)}
    )
    row: dict[str, Any] = {
        "name": item.name,
        **turns,
        "language": item.language,
        "perspective": item.perspective,
        "intent": item.intent,
        "guidelines": list(item.guidelines),
        "source": item.source,
        "strategy": item.strategy,
        "translation_pair": item.translation_pair,
        "twin_pair": item.twin_pair,
        "reference": item.reference,
        "licence": item.licence,
    }
    return {key: value for key, value in row.items() if value}


def _provenance(finished: FinishedItem) -> dict[str, Any]:
    item, draft = finished.item, finished.draft
    return {
        "name": item.name,
        "id": item.id,
        "guidelines": list(item.guidelines),
        "generator": item.source,
        "strategy": item.strategy,
        **({"split": draft.split} if draft.split else {}),
        "parents": list(draft.parents),
        "steps": [_step_row(step) for step in draft.steps],
    }


def _step_row(step: Step) -> dict[str, Any]:
    row = asdict(step) | {"scores": dict(step.scores), "parent_turns": list(step.parent_turns)}
    return {key: value for key, value in row.items() if value}


def _drop_row(drop: StageDrop) -> dict[str, Any]:
    dropped = drop.dropped
    row = {
        "stage": drop.stage,
        "reason": dropped.reason,
        "detail": shorten(dropped.detail, _DETAIL_LENGTH),
        "model": dropped.model,
        "call": dropped.call,
        **(_draft_row(dropped.draft) if dropped.draft is not None else {}),
    }
    return {key: value for key, value in row.items() if value}


def _draft_row(draft: Draft) -> dict[str, Any]:
    return {
        "draft": draft.id,
        "language": draft.language,
        "intent": draft.intent,
        "guidelines": list(draft.guidelines),
        "generator": draft.source,
        "turns": [shorten(turn, _DETAIL_LENGTH) for turn in draft.turns],
        "steps": [_step_row(step) for step in draft.steps],
    }


def _write_recipe(folder: Path, plan: RecipePlan) -> None:
    """The recipe as it was run, and the guideline files of the user's own beside it."""
    ready = plan.ready
    for set_id, path in ready.own_files.items():
        target = folder / "guidelines" / f"{set_id}.toml"
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
    _write(folder / "recipe.toml", recipe_text(ready))


def _checked(folder: Path, plan: RecipePlan) -> CheckReport:
    sets = with_built_in(plan.ready.guideline_sets)
    return check(load_user_file(folder / ITEMS, LoadRequest(guideline_sets=sets)))


def _yields_text(
    folder: Path,
    plan: RecipePlan,
    yields: Yields,
    items: int,
    fingerprint: str,
    **more: Any,
) -> str:
    """The figures, the items' fingerprint, and the SHA-256 of every other file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    content = {
        "schema": SCHEMA,
        "recipe": plan.ready.recipe.id,
        "version": plan.ready.recipe.version,
        "recipe_fingerprint": recipe_fingerprint(plan.ready),
        "items": items,
        "fingerprint": fingerprint,
        **{key: value for key, value in more.items() if value},
        "stages": [asdict(stage) for stage in yields.stages],
        "files": {
            path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in files
        },
    }
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def _move(draft: Path, folder: Path) -> None:
    """Every file to its place; the one that states the fingerprint last."""
    files = sorted(
        (path for path in draft.rglob("*") if path.is_file()), key=lambda path: path.name == YIELDS
    )
    for path in files:
        target = folder / path.relative_to(draft)
        target.parent.mkdir(exist_ok=True)
        path.replace(target)


def _remove_stale(folder: Path, draft: Path, stated: Mapping[str, Any]) -> None:
    """Take away items that this recipe wrote before and that are none any more."""
    before = stated.get("files")
    for name in (ITEMS, *map(half_file, HALVES)):
        if isinstance(before, dict) and name in before and not (draft / name).exists():
            (folder / name).unlink(missing_ok=True)


def _clear(folder: Path) -> None:
    """Remove what stood there unfinished, and nothing that somebody else put beside it."""
    if not folder.is_dir():
        return
    for name in ("dropped.jsonl", "yields.svg", "card.md", YIELDS):
        (folder / name).unlink(missing_ok=True)
    if not any(folder.iterdir()):
        folder.rmdir()


def _stated(folder: Path) -> dict[str, Any] | None:
    """What the folder says of itself; None where it says nothing."""
    try:
        found = json.loads((folder / YIELDS).read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else None


def _write_rows(path: Path, rows: Iterable[Mapping[str, Any]]) -> None:
    _write(path, "".join(_lines(rows)))


def _lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    return (json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _write(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8", newline="\n")
