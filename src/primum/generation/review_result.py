"""What reviewers wrote, read strictly: nothing lost, nothing doubled, every decision whole."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from primum.benchmarks.item_form import Row
from primum.core.errors import DataError, UnknownNameError, shorten
from primum.generation.draft import Draft
from primum.generation.review_edit import close_edits, edit_problem
from primum.generation.review_form import (
    DECISION,
    DECISIONS,
    ITEM,
    REASON,
    REVIEWER,
    THIRD,
    Decision,
    ReviewForm,
    edited_column,
    is_sent,
    labels_of,
    row_id,
    turn_column,
)
from primum.generation.spreadsheet import read_sheet, shown_text


@dataclass(frozen=True, slots=True)
class Verdict:
    """One reviewer's decision on one item."""

    decision: Decision
    turns: tuple[str, ...]
    """As they should be; the item's own where nothing is edited."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Review:
    """One reviewer's decisions on all items."""

    reviewer: str
    verdicts: Mapping[str, Verdict]
    """Draft id → decision."""


def is_begun(form: ReviewForm, drafts: Sequence[Draft]) -> bool:
    """Whether the file is there and somebody has written anything into it, or over its texts.

    Raises:
        DataError: it is no CSV file, or its headings were changed, so that decisions in it cannot
            be seen and would be lost if it were written anew.
    """
    path = form.path
    if not path.is_file():
        return False
    rows = read_sheet(path, ITEM)
    if rows and DECISION not in rows[0].values:
        raise DataError(
            path,
            f"the column “{DECISION}” is missing, so what was decided cannot be read. Nothing is "
            "written over it: put the headings back as they were, or move the file away to get a "
            "new one.",
            line=1,
        )
    known = {row_id(draft): draft for draft in drafts}
    if any((draft := known.get(_cell(row, ITEM))) and _is_changed(row, draft) for row in rows):
        return True
    return any(
        str(value or "").strip() not in {"", form.reviewer if name == REVIEWER else ""}
        for row in rows
        for name, value in row.values.items()
        if not is_sent(name)
    )


def read_review(form: ReviewForm, drafts: Sequence[Draft]) -> Review:
    """The decisions in the reviewer's file, one for each draft.

    Raises:
        DataError: a row is missing, doubled, unknown or not whole, or an edited text cannot be an
            item; file and line are named.
    """
    known = {row_id(draft): draft for draft in drafts}
    reading = _Reading(form.path, known, is_third=form.reviewer == THIRD)
    for row in read_sheet(form.path, ITEM):
        reading.take(row)
    return reading.whole()


class _Reading:
    def __init__(self, path: Path, known: Mapping[str, Draft], *, is_third: bool) -> None:
        self.path = path
        self.known = known
        self.is_third = is_third
        self.places: dict[str, int] = {}
        self.verdicts: dict[str, Verdict] = {}
        self.reviewers: Counter[str] = Counter()
        self.undecided: list[int] = []

    def take(self, row: Row) -> None:
        """Read one row."""
        if not self.places:
            self._require_columns(row)
        draft = self._draft(row)
        self._require_same_text(row, draft)
        decision = self._decision(row)
        if decision is None:
            self.undecided.append(row.place)
            return
        reviewer = _cell(row, REVIEWER)
        if not reviewer:
            raise self._fault(row, f"the column “{REVIEWER}” is empty. Write who decided.")
        self.reviewers[reviewer] += 1
        if len(self.reviewers) > 1:
            first, second = list(self.reviewers)[:2]
            raise self._fault(
                row,
                f"the reviewer is “{shorten(second)}”, but “{shorten(first)}” above. One file is "
                "one reviewer's; write the same name in every row.",
            )
        self.verdicts[draft.id] = self._verdict(row, draft, decision)

    def whole(self) -> Review:
        """All decisions, if none is lacking."""
        lost = [name for name in self.known if name not in self.places]
        if lost:
            more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
            if self.is_third:
                raise DataError(
                    self.path,
                    f"the two reviewers have come to differ about “{lost[0]}”{more} since this "
                    "file was written, and it has no row for that. Move the file away to get a new "
                    "one, and copy the decisions over.",
                )
            raise DataError(
                self.path,
                f"the row of “{lost[0]}”{more} is missing ({len(self.places)} of "
                f"{len(self.known)} rows found). Put it back, with a decision.",
            )
        if self.undecided:
            more = (
                f", as in {_more_rows(len(self.undecided) - 1)}" if len(self.undecided) > 1 else ""
            )
            raise DataError(
                self.path,
                f"the column “{DECISION}” is empty{more}. Write accept, edit or reject.",
                line=self.undecided[0],
            )
        self._require_no_copies()
        return Review(next(iter(self.reviewers), ""), self.verdicts)

    def _require_no_copies(self) -> None:
        """Refuse an edit that says almost what another item says, as this reviewer leaves it."""
        drafts = list(self.known.values())
        verdicts = [self.verdicts[draft.id] for draft in drafts]
        left = [
            None if verdict.decision == "reject" else replace(draft, turns=verdict.turns)
            for draft, verdict in zip(drafts, verdicts, strict=True)
        ]
        lines = [self.places[row_id(draft)] for draft in drafts]
        for close in close_edits(drafts, left):
            raise DataError(
                self.path,
                f"the new text is {close.share:.0%} like that of the item in line "
                f"{lines[close.other]}. Write another, or reject one of the two.",
                line=lines[close.place],
            )

    def _require_columns(self, row: Row) -> None:
        turns = max((len(draft.turns) for draft in self.known.values()), default=1)
        numbers = range(1, turns + 1)
        needed = [ITEM, *map(turn_column, numbers), DECISION, *map(edited_column, numbers)]
        for name in (*needed, REASON, REVIEWER):
            if name not in row.values:
                listed = ", ".join(shorten(each, 30) for each in row.values)
                raise DataError(
                    self.path,
                    f"the column “{name}” is missing; found: {shorten(listed, 300)}. Columns must "
                    "stay as they were.",
                    line=1,
                )

    def _draft(self, row: Row) -> Draft:
        name = _cell(row, ITEM)
        draft = self.known.get(name)
        if draft is None:
            raise self._fault(
                row,
                f"the item “{shorten(name)}” is none of those that are reviewed. Take the row out, "
                "or put the id back as it was.",
            )
        first = self.places.setdefault(name, row.place)
        if first != row.place:
            raise self._fault(
                row, f"the item “{name}” stands in line {first} already. Keep one of the two rows."
            )
        return draft

    def _require_same_text(self, row: Row, draft: Draft) -> None:
        if column := _changed_column(row, draft):
            raise self._fault(
                row,
                f"the text in “{column}” was changed. Put it back, and write the new text into "
                f"“edited_{column}”.",
            )
        for column, label in _changed_labels(row, draft).items():
            raise self._fault(
                row,
                f"“{column}” was changed from “{shorten(label)}” to "
                f"“{shorten(_cell(row, column))}”. Put it back; where it is wrong, write “reject” "
                "and the reason.",
            )

    def _decision(self, row: Row) -> Decision | None:
        text = _cell(row, DECISION)
        # Japanese keyboards write Latin letters in full width as well.
        plain = _folded(text)
        for decision in DECISIONS:
            if plain == decision:
                return decision
        if text:
            raise self._fault(row, str(UnknownNameError("decision", text, DECISIONS)))
        return None

    def _verdict(self, row: Row, draft: Draft, decision: Decision) -> Verdict:
        reason = _cell(row, REASON)
        edits = [_cell(row, edited_column(n)) for n in range(1, len(draft.turns) + 1)]
        turns = tuple(new or old for new, old in zip(edits, draft.turns, strict=True))
        if decision == "reject" and not reason:
            raise self._fault(row, f"“reject” needs a reason in the column “{REASON}”.")
        if decision == "edit" and not any(edits):
            raise self._fault(
                row,
                "“edit” needs the new text in “edited_turn_1” or another of these columns; "
                "all are empty.",
            )
        if decision == "edit" and (problem := edit_problem(draft, turns)):
            raise self._fault(row, problem)
        if decision != "edit" and any(edits):
            raise self._fault(
                row,
                f"“{decision}” was written, but there is an edited text as well. Write “edit”, or "
                "clear the text.",
            )
        return Verdict(decision, turns, reason)

    def _fault(self, row: Row, problem: str) -> DataError:
        return DataError(self.path, problem, line=row.place)


def _folded(text: str) -> str:
    """The text without what a keyboard makes different: case, width and spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def is_same_person(one: str, other: str) -> bool:
    """Whether two names of reviewers are one, but for case and width."""
    return _folded(one) == _folded(other)


def _changed_column(row: Row, draft: Draft) -> str:
    """The column in which the item's text is another; empty if there is none."""
    for number, turn in enumerate(draft.turns, start=1):
        column = turn_column(number)
        if _cell(row, column).split() != turn.split():
            return column
    return ""


def _changed_labels(row: Row, draft: Draft) -> dict[str, str]:
    """Column → what stood there, of the labels that are others now; a cleared one says nothing."""
    return {
        column: label
        for column, label in labels_of(draft).items()
        if (written := _cell(row, column)) and _folded(written) != _folded(label)
    }


def _is_changed(row: Row, draft: Draft) -> bool:
    """Whether somebody wrote over the item's text, or over what it is."""
    return bool(_changed_column(row, draft)) or "intent" in _changed_labels(row, draft)


def _more_rows(number: int) -> str:
    return f"{number:,} more row{'s' * (number != 1)}"


def _cell(row: Row, name: str) -> str:
    return shown_text(str(row.values.get(name) or "").strip()).strip()
