"""The files that reviewers fill in: one row an item, and what to do with them in two languages.

| file | for |
|---|---|
| ``NAME-REVIEWER.csv`` | one reviewer's decisions |
| ``NAME-third.csv`` | where the rule asks a third person, the items on which the two differ |
| ``NAME-instructions.en.md``, ``….ja.md`` | how to fill them in |

A file into which somebody has written anything is never written again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Literal, NamedTuple

from primum.core.errors import shorten
from primum.generation.draft import Draft
from primum.generation.spreadsheet import write_sheet, write_text

Decision = Literal["accept", "edit", "reject"]
DECISIONS: tuple[Decision, ...] = ("accept", "edit", "reject")
THIRD = "third"
ITEM = "item"
DECISION = "decision"
REASON = "reason"
REVIEWER = "reviewer"
OPINIONS = "other_reviewers"
_LABELS = (ITEM, "guideline", "title", "language", "intent")
_SENT = frozenset({*_LABELS, OPINIONS})
_SENT_TURN = re.compile(r"turn_[1-9]\d*")


class ReviewForm(NamedTuple):
    """One file and whose it is."""

    path: Path
    reviewer: str


class ReviewDesk(NamedTuple):
    """Where the files lie and what they show."""

    folder: Path
    name: str
    titles: Mapping[str, str]
    """Full guideline id → title."""

    def form(self, reviewer: str) -> ReviewForm:
        """That reviewer's file."""
        return ReviewForm(self.folder / f"{self.name}-{reviewer}.csv", reviewer)


def row_id(draft: Draft) -> str:
    """How a file calls the draft; led by a word, since spreadsheets read some hashes as numbers."""
    return f"item-{draft.id}"


def turn_column(number: int) -> str:
    """Of the text as it is; numbers from 1."""
    return f"turn_{number}"


def edited_column(number: int) -> str:
    """Of the text as the reviewer would have it."""
    return f"edited_turn_{number}"


def is_sent(column: str) -> bool:
    """Whether Primum fills in the column, and nobody else; a reviewer's notes are in others."""
    return column in _SENT or _SENT_TURN.fullmatch(column) is not None


def labels_of(draft: Draft) -> dict[str, str]:
    """Column → what it says of the draft, of those by which an item is counted."""
    return {
        "guideline": "; ".join(draft.guidelines),
        "language": draft.language,
        "intent": draft.intent,
    }


def columns_for(drafts: Sequence[Draft], *, has_opinions: bool = False) -> list[str]:
    """The columns in order."""
    turns = range(1, max((len(draft.turns) for draft in drafts), default=1) + 1)
    return [
        *_LABELS,
        *map(turn_column, turns),
        *([OPINIONS] if has_opinions else []),
        DECISION,
        *map(edited_column, turns),
        REASON,
        REVIEWER,
    ]


def write_form(
    desk: ReviewDesk,
    form: ReviewForm,
    drafts: Sequence[Draft],
    opinions: Mapping[str, str] | None = None,
) -> None:
    """The reviewer's empty file.

    Args:
        desk: where and under which name.
        form: which file.
        drafts: what is reviewed, in order.
        opinions: draft id → what the others decided, for a third person.

    Raises:
        WorkspaceError: it cannot be written.
    """
    columns = columns_for(drafts, has_opinions=opinions is not None)
    rows = [_row(desk, draft, form.reviewer) for draft in drafts]
    if opinions is not None:
        for row, draft in zip(rows, drafts, strict=True):
            row[OPINIONS] = opinions[draft.id]
    write_sheet(form.path, columns, rows)


def write_instructions(desk: ReviewDesk, rule: str) -> None:
    """How to fill the files in, in English and Japanese.

    Raises:
        WorkspaceError: they cannot be written.
    """
    for language in ("en", "ja"):
        text = _instructions(language).replace("RULE", _rule_words(rule, language))
        write_text(desk.folder / f"{desk.name}-instructions.{language}.md", text)


def _row(desk: ReviewDesk, draft: Draft, reviewer: str) -> dict[str, str | float | None]:
    titles = (desk.titles.get(each, each) for each in draft.guidelines)
    row: dict[str, str | float | None] = {
        ITEM: row_id(draft),
        **labels_of(draft),
        "title": "; ".join(shorten(title, 120) for title in titles),
        REVIEWER: reviewer,
    }
    return row | {turn_column(n): turn for n, turn in enumerate(draft.turns, start=1)}


_RULES = {
    "both_accept": {
        "en": "An item stays only if both reviewers accept or edit it.",
        "ja": "両方の査読者が accept または edit とした項目だけを残します。",
    },
    "any_accept": {
        "en": "An item stays if at least one reviewer accepts or edits it.",
        "ja": "少なくとも一方の査読者が accept または edit とした項目を残します。",
    },
    "third": {
        "en": "Where the two reviewers differ, a third person decides in a file of their own.",
        "ja": "二人の判断が異なる項目は、三人目が別のファイルで決めます。",
    },
}


def _rule_words(rule: str, language: str) -> str:
    return _RULES[rule][language]


@cache
def _instructions(language: str) -> str:
    folder = resources.files("primum.generation").joinpath("data")
    return folder.joinpath(f"review_instructions.{language}.md").read_text("utf-8")
