"""A finished benchmark in another language: its items, their translations, and what failed.

| file | holds |
|---|---|
| ``items.jsonl`` | originals and translations as pairs, ready for ``primum evaluate --benchmark`` |
| ``provenance.jsonl`` | who translated and rated each, with which prompts |
| ``translation-LANGUAGE-failed.csv`` | what did not pass, for a person to correct |
| ``translation.json`` | how many passed, with intervals, and why the others did not |
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from primum.benchmarks.registry import LoadRequest
from primum.benchmarks.user_file import load_user_file
from primum.core.errors import UserError, shorten
from primum.core.item import Item
from primum.engine.asking import Asker
from primum.generation.benchmark_folder import ITEMS, item_row
from primum.generation.draft import Draft, Step
from primum.generation.spreadsheet import write_text
from primum.generation.stage import RoleModel, StageContext
from primum.generation.stages.translation import (
    TranslationSettings,
    pair_label,
    translate_all,
    translation_figures,
    wanted,
)
from primum.generation.stages.translation_correction import write_failed
from primum.generation.stages.translation_work import Translation
from primum.guidelines.guideline_set import GuidelineSet

FIGURES: Final = "translation.json"
SCHEMA: Final = "primum-translated-1"
_STAGE: Final = "translation"


@dataclass(frozen=True, slots=True)
class TranslatedItem:
    """One item and what became of its translation."""

    item: Item
    work: Translation


@dataclass(frozen=True, slots=True)
class WrittenTranslation:
    """What was written."""

    folder: Path
    items: int
    figures: Mapping[str, Any]
    failed: tuple[Path, ...]


def draft_of(item: Item) -> Draft:
    """The item as a draft; what a draft does not know comes back from the item afterwards."""
    return Draft(
        turns=item.turns,
        language=item.language,
        perspective=item.perspective,
        intent=item.intent,
        guidelines=item.guidelines,
        source=item.source,
        strategy=item.strategy,
        translation_pair=item.translation_pair,
        twin_pair=item.twin_pair,
        reference=item.reference,
    )


def translations_of(items: Sequence[Item], settings: TranslationSettings) -> list[TranslatedItem]:
    """The translations that are to be made; none for what is in that language already."""
    drafts = [draft_of(item) for item in items]
    by_draft = {id(draft): item for draft, item in zip(drafts, items, strict=True)}
    return [TranslatedItem(by_draft[id(w.draft)], w) for w in wanted(drafts, settings)]


async def translated(
    items: Sequence[Item],
    settings: TranslationSettings,
    roles: Mapping[str, Sequence[RoleModel]],
    asker: Asker,
    folder: Path,
) -> list[TranslatedItem]:
    """Every wanted translation with its turns and ratings, or its failure.

    Raises:
        DataError: the list of failed ones in the folder holds a correction that cannot be used.
        PrimumError: why the command is ending.
    """
    found = translations_of(items, settings)
    context = StageContext(_STAGE, asker, roles, (), (), settings.to, 0, folder)
    work = [each.work for each in found]
    await translate_all(work, settings, context, {item.id for item in items})
    return found


def require_own_folder(folder: Path, benchmark: str) -> None:
    """Return if the translation of that benchmark may be written there.

    Raises:
        UserError: the folder holds something else; nothing of it is touched.
    """
    if folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is a file; a folder was expected. Name one with --output.")
    try:
        found = json.loads((folder / FIGURES).read_text("utf-8"))
    except (OSError, ValueError):
        found = None
    stated = found.get("benchmark") if isinstance(found, dict) else None
    if stated is not None and stated != benchmark:
        raise UserError(
            f"{folder} holds a translation of “{shorten(str(stated))}”, not of "
            f"“{shorten(benchmark)}”. Name another folder with --output."
        )
    if stated is None and (folder / ITEMS).exists():
        raise UserError(
            f"{folder} holds an {ITEMS} that is no translation. Name another folder with --output."
        )


def write_translation(
    folder: Path,
    benchmark: str,
    items: Sequence[Item],
    found: Sequence[TranslatedItem],
    *,
    guideline_sets: tuple[GuidelineSet, ...],
    is_whole: bool = False,
) -> WrittenTranslation:
    """The folder, written; items that came through without a translation only if ``is_whole``.

    Raises:
        WorkspaceError: it cannot be written.
        DataError: what was written cannot be loaded, which is a fault of Primum's own.
    """
    good = [each for each in found if each.work.is_kept]
    rows = _paired(items, good, is_whole=is_whole)
    if rows:
        write_text(folder / ITEMS, _lines(whole_row(item) for item in rows))
        load_user_file(folder / ITEMS, LoadRequest(guideline_sets=guideline_sets))
    else:
        (folder / ITEMS).unlink(missing_ok=True)
    write_text(folder / "provenance.jsonl", _lines(_provenance(each) for each in good))
    languages = list(dict.fromkeys(each.work.to for each in found))
    failed: list[Path] = []
    for language in languages:
        path = folder / f"{_STAGE}-{language}-failed.csv"
        write_failed(path, [each.work for each in found if each.work.to == language])
        failed += [path] if path.exists() else []
    figures = translation_figures([each.work for each in found])
    content = {
        "schema": SCHEMA,
        "benchmark": benchmark,
        "items": len(rows),
        "languages": figures,
    }
    write_text(folder / FIGURES, json.dumps(content, ensure_ascii=False, indent=2) + "\n")
    return WrittenTranslation(folder, len(rows), figures, tuple(failed))


def translated_item(each: TranslatedItem) -> Item:
    """The translation as an item; letters of a choice stay, a model answer does not."""
    item, work = each.item, each.work
    return replace(
        item,
        turns=work.final_turns,
        language=work.to,
        name=_relabelled(item.name, item.language, work.to),
        translation_pair=pair_label(work.draft),
        twin_pair=_relabelled(item.twin_pair, item.language, work.to),
        reference=item.reference if item.task == "choice" else "",
        provenance=f"item {item.id} translated by {_translator(work)}",
        benchmark="",
    )


def _translator(work: Translation) -> str:
    return "a person" if work.correction else work.translator


def _paired(items: Sequence[Item], good: Sequence[TranslatedItem], *, is_whole: bool) -> list[Item]:
    """Originals in order, each followed by its translations."""
    by_item: dict[int, list[TranslatedItem]] = {}
    for each in good:
        by_item.setdefault(id(each.item), []).append(each)
    pairs = {pair_label(each.work.draft) for each in good}
    rows: list[Item] = []
    for item in items:
        made = by_item.get(id(item), [])
        label = pair_label(draft_of(item))
        is_paired = bool(made) or label in pairs
        if is_paired or is_whole:
            own = label if is_paired else item.translation_pair
            rows.append(replace(item, translation_pair=own, benchmark=""))
        rows += [translated_item(each) for each in made]
    return rows


def _relabelled(label: str, language: str, to: str) -> str:
    """The label for the other language: ``q1-en`` becomes ``q1-ja``, ``q1`` ``q1-ja``."""
    return f"{label.removesuffix(f'-{language}')}-{to}" if label else ""


def whole_row(item: Item) -> dict[str, Any]:
    """One line of ``items.jsonl``, with split, provenance and task."""
    more = {"split": item.split, "provenance": item.provenance}
    task = {"task": item.task} if item.task != "request" else {}
    return item_row(item) | {key: value for key, value in more.items() if value} | task


def _provenance(each: TranslatedItem) -> dict[str, Any]:
    """One line of ``provenance.jsonl``; of what a person corrected, ratings are of the text before.

    The back-translation is left out there, since nobody has translated the person's text back.
    """
    made, work = translated_item(each), each.work
    row: dict[str, Any] = {"id": made.id, "name": made.name, "parents": [each.item.id]}
    steps = list(work.steps)
    if work.correction:
        row["corrected_by_a_person"] = True
        steps = [replace(step, note=_of_text_before(step)) for step in steps]
        steps.append(Step(_STAGE, "translation", note="corrected by a person; rated by nobody"))
    else:
        row["back_translation"] = work.back
    return row | {"steps": [_step_row(step) for step in steps]}


def _of_text_before(step: Step) -> str:
    mark = "the model's text, before a person corrected it"
    return f"{step.note}: {mark}" if step.note else mark


def _step_row(step: Step) -> dict[str, Any]:
    row = asdict(step) | {"scores": dict(step.scores)}
    return {key: value for key, value in row.items() if value}


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
