"""A finished benchmark after two people's review: what is left, and how far they agreed."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.registry import LoadRequest
from primum.benchmarks.user_file import load_user_file
from primum.core.errors import DataError, UserError, shorten
from primum.core.item import Item
from primum.generation.benchmark_folder import ITEMS
from primum.generation.draft import Draft
from primum.generation.finished_items import finished_items
from primum.generation.review_agreement import ReviewRule
from primum.generation.review_form import ReviewDesk
from primum.generation.review_round import Reviewed, review
from primum.generation.spreadsheet import write_text
from primum.generation.translated_benchmark import draft_of, whole_row
from primum.guidelines.catalogue import load_sets

REVIEW: Final = "review"
REVIEWED: Final = "reviewed"


@dataclass(frozen=True, slots=True)
class ReviewPlace:
    """Items to be reviewed, and the folder for it."""

    file: Path
    benchmark: Benchmark

    @property
    def folder(self) -> Path:
        """Where the review's files lie."""
        return self.file.parent / REVIEW

    @property
    def result(self) -> Path:
        """Where what is left is written."""
        return self.file.parent / REVIEWED


def review_place(path: Path, guidelines: Sequence[str] = ()) -> ReviewPlace:
    """The items in a benchmark's folder, or in a file of items.

    Args:
        path: a folder that ``primum generate`` wrote, or a file.
        guidelines: sets beyond the built-in ones and those in the folder.

    Raises:
        DataError: there is no such file, or it holds no items.
    """
    file = path / ITEMS if path.is_dir() else path
    if not file.is_file():
        problem = f"there is no {ITEMS} in it" if path.is_dir() else "there is no such file"
        raise DataError(path, f"{problem}. Name the folder of a generated benchmark.")
    own = sorted((file.parent / "guidelines").glob("*.toml"))
    sets = load_sets([*own, *guidelines])
    return ReviewPlace(file, load_user_file(file, LoadRequest(guideline_sets=sets)))


def review_benchmark(place: ReviewPlace, rule: ReviewRule, seed: int = 0) -> Reviewed:
    """What the reviewers leave; files are written first, and read when they are filled in.

    Raises:
        DataError: a file that somebody began is not whole; file and line are named.
        WorkspaceError: a file cannot be written.
        UserError: nothing is left.
    """
    items = list(place.benchmark.items())
    titles = {
        guideline.id: guideline.title("en")
        for guideline_set in place.benchmark.guideline_sets
        for guideline in guideline_set.guidelines
    }
    drafts = [draft_of(item) for item in items]
    desk = ReviewDesk(place.folder, REVIEW, titles)
    reviewed = review(drafts, desk, rule, seed)
    if not reviewed.waits_for:
        _write(place, _items(items, drafts, reviewed.kept), reviewed)
    return reviewed


def _items(items: Sequence[Item], drafts: Sequence[Draft], kept: Sequence[Draft]) -> list[Item]:
    """What is left as items, pairs that are no longer whole without their label."""
    by_draft = {draft.id: item for draft, item in zip(drafts, items, strict=True)}
    found: list[Item] = []
    for finished in finished_items(kept, REVIEW, ""):
        draft = finished.draft
        is_edited = draft.id not in by_draft
        item = by_draft[draft.parents[0] if is_edited else draft.id]
        found.append(
            replace(
                item,
                turns=draft.turns,
                translation_pair=finished.item.translation_pair,
                twin_pair=finished.item.twin_pair,
                provenance=f"edited from item {item.id}" if is_edited else item.provenance,
            )
        )
    return found


def _write(place: ReviewPlace, left: Sequence[Item], reviewed: Reviewed) -> None:
    if not left:
        raise UserError(
            f"{place.folder}: the reviewers left none of {len(reviewed.dropped):,} "
            f"item{'s' * (len(reviewed.dropped) != 1)}; no benchmark is written."
        )
    target = place.result / ITEMS
    write_text(target, _lines(whole_row(item) for item in left))
    load_user_file(target, LoadRequest(guideline_sets=place.benchmark.guideline_sets))
    rejected = [
        {"item": each.draft.id, "reason": each.reason, "why": shorten(each.detail, 300)}
        for each in reviewed.dropped
        if each.draft is not None
    ]
    content: dict[str, Any] = {**reviewed.figures, "left": len(left), "not_kept": rejected}
    text = json.dumps(content, ensure_ascii=False, indent=2) + "\n"
    write_text(place.result / "review.json", text)


def _lines(rows: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
