"""A whole review: files out, files back, agreement, and what is left of the items.

Used by the stage “curation” and by ``primum generate review``; knows nothing of either.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from primum.core.errors import DataError, shorten
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.review_agreement import (
    ReviewRule,
    Ruling,
    agreement_figures,
    differing,
    opinion,
    rulings,
)
from primum.generation.review_edit import close_edits
from primum.generation.review_form import (
    THIRD,
    ReviewDesk,
    ReviewForm,
    row_id,
    write_form,
    write_instructions,
)
from primum.generation.review_result import Review, is_begun, is_same_person, read_review

FIRST, SECOND = "reviewer-1", "reviewer-2"


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What came of it, or whose file is still empty."""

    kept: tuple[Draft, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    waits_for: tuple[Path, ...] = ()
    waiting: int = 0
    """Items to decide on in each of these files."""


def review(drafts: Sequence[Draft], desk: ReviewDesk, rule: ReviewRule, seed: int = 0) -> Reviewed:
    """What two reviewers leave of the drafts; the files are written where nobody has begun them.

    Raises:
        DataError: a file that somebody began is not whole, or both are one person's.
        WorkspaceError: a file cannot be written.
    """
    drafts = tuple({draft.id: draft for draft in drafts}.values())
    forms = desk.form(FIRST), desk.form(SECOND)
    begun = [is_begun(form, drafts) for form in forms]
    write_instructions(desk, rule)
    for form, is_used in zip(forms, begun, strict=True):
        if not is_used:
            write_form(desk, form, drafts)
    # A file that is back is checked although the other is not, so that its faults are known early.
    read = [read_review(form, drafts) for form, used in zip(forms, begun, strict=True) if used]
    if len(read) < 2:
        waits = tuple(form.path for form, used in zip(forms, begun, strict=True) if not used)
        return Reviewed(waits_for=waits, waiting=len(drafts))
    reviews = (read[0], read[1])
    _require_two_people(forms[1], reviews)
    third = _third(drafts, reviews, desk) if rule == THIRD else None
    if isinstance(third, ReviewForm):
        return Reviewed(waits_for=(third.path,), waiting=len(differing(drafts, *reviews)))
    return _concluded(drafts, desk.name, reviews, rule, third, seed=seed)


def _require_two_people(form: ReviewForm, reviews: Sequence[Review]) -> None:
    names = [each.reviewer for each in reviews]
    if any(is_same_person(name, names[-1]) for name in names[:-1]):
        raise DataError(
            form.path,
            f"the reviewer “{shorten(names[-1])}” filled in another file of this review as well; "
            "each must be somebody else's.",
        )


def _third(
    drafts: Sequence[Draft], reviews: tuple[Review, Review], desk: ReviewDesk
) -> Review | ReviewForm | None:
    """The third person's decisions, or the file that waits for them; None if all agree."""
    disputed = differing(drafts, *reviews)
    form = desk.form(THIRD)
    if not disputed:
        return None
    if not is_begun(form, disputed):
        write_form(desk, form, disputed, {each.id: opinion(each, reviews) for each in disputed})
        return form
    third = read_review(form, disputed)
    _require_two_people(form, (*reviews, third))
    return third


def _concluded(
    drafts: Sequence[Draft],
    name: str,
    reviews: tuple[Review, Review],
    rule: ReviewRule,
    third: Review | None,
    *,
    seed: int,
) -> Reviewed:
    ruled = rulings(drafts, reviews, rule, third)
    kept: dict[str, Draft] = {}
    dropped: list[Dropped] = []
    counts: Counter[str] = Counter()
    for draft, result in zip(drafts, _results(drafts, ruled, name), strict=True):
        counts["doubled" if _is_doubled(result) else ruled[draft.id].verdict.decision] += 1
        if isinstance(result, Dropped):
            dropped.append(result)
        else:
            kept[result.id] = result
    figures = {
        "items": len(drafts),
        "reviewers": [each.reviewer for each in (*reviews, *([third] if third else []))],
        "rule": rule,
        "accepted": counts["accept"],
        "edited": counts["edit"],
        "rejected": counts["reject"],
        "equal_after_edit": counts["doubled"],
        "disagreements": len(differing(drafts, *reviews)),
        **agreement_figures(drafts, reviews, seed),
        "reasons": dict(
            Counter(shorten(each.detail, 120) for each in dropped if each.reason == "rejected")
        ),
    }
    return Reviewed(tuple(kept.values()), tuple(dropped), figures)


def _results(
    drafts: Sequence[Draft], ruled: Mapping[str, Ruling], name: str
) -> list[Draft | Dropped]:
    """What becomes of each; of two that edits of different people made alike, one stays."""
    results = [_applied(draft, ruled[draft.id], name) for draft in drafts]
    left = [each if isinstance(each, Draft) else None for each in results]
    for close in close_edits(drafts, left):
        if isinstance(results[close.other], Draft):
            detail = f"after the edit {close.share:.0%} like {row_id(drafts[close.other])}"
            results[close.place] = Dropped("near_duplicate", detail, drafts[close.place])
    return results


def _is_doubled(result: Draft | Dropped) -> bool:
    return isinstance(result, Dropped) and result.reason == "near_duplicate"


def _applied(draft: Draft, ruling: Ruling, name: str) -> Draft | Dropped:
    verdict = ruling.verdict
    step = Step(name, "curation", note=f"{verdict.decision} ({ruling.by})")
    if verdict.decision == "reject":
        return Dropped("rejected", verdict.reason, draft)
    if verdict.decision == "edit":
        return draft.child(step, turns=verdict.turns)
    return draft.after(step)
