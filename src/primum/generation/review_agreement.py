"""How far two reviewers agree, and what becomes of the items on which they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np

from primum.generation.draft import Draft
from primum.generation.estimate_figure import estimate_figure
from primum.generation.review_form import DECISIONS
from primum.generation.review_result import Review, Verdict
from primum.statistics.coefficient import Resampling
from primum.statistics.estimate import estimate_of
from primum.statistics.kappa import weighted_kappa

ReviewRule = Literal["both_accept", "any_accept", "third"]
"""``both_accept``: kept if nobody rejects; ``any_accept``: kept if somebody does not; ``third``: a
third person decides where the two differ. Of two different edits the first reviewer's stands; an
edit stands over a plain accept."""


class Ruling(NamedTuple):
    """What becomes of one item."""

    verdict: Verdict
    by: str
    """Whose decision it is."""


def differing(drafts: Sequence[Draft], first: Review, second: Review) -> list[Draft]:
    """The drafts on which the two reviewers differ, in order."""
    return [
        draft
        for draft in drafts
        if _outcome(first.verdicts[draft.id]) != _outcome(second.verdicts[draft.id])
    ]


def rulings(
    drafts: Sequence[Draft],
    reviews: tuple[Review, Review],
    rule: ReviewRule,
    third: Review | None = None,
) -> dict[str, Ruling]:
    """Draft id → what becomes of it.

    Args:
        drafts: all that were reviewed.
        reviews: the first and the second reviewer's.
        rule: what counts where they differ.
        third: the third person's, on all drafts that differ; needed for the rule “third”.
    """
    first, second = reviews
    disputed = {draft.id for draft in differing(drafts, first, second)}
    found: dict[str, Ruling] = {}
    for draft in drafts:
        mine, other = first.verdicts[draft.id], second.verdicts[draft.id]
        if draft.id not in disputed:
            found[draft.id] = Ruling(mine, f"{first.reviewer}, {second.reviewer}")
        elif rule == "third" and third is not None:
            found[draft.id] = Ruling(third.verdicts[draft.id], third.reviewer)
        else:
            found[draft.id] = _ruled(
                (Ruling(mine, first.reviewer), Ruling(other, second.reviewer)), rule
            )
    return found


def agreement_figures(
    drafts: Sequence[Draft], reviews: tuple[Review, Review], seed: int
) -> dict[str, Any]:
    """Percent agreement and Cohen's kappa with intervals, and each reviewer's decisions."""
    first, second = ([review.verdicts[draft.id] for draft in drafts] for review in reviews)
    same = [a.decision == b.decision for a, b in zip(first, second, strict=True)]
    keeps = [[float(v.decision != "reject") for v in side] for side in (first, second)]
    kappa = weighted_kappa(
        keeps[0],
        keeps[1],
        "linear",
        resampling=Resampling(np.random.default_rng(seed)),
    )
    kept_alike = [a == b for a, b in zip(*keeps, strict=True)]
    return {
        "decisions": {review.reviewer: _counted(review, drafts) for review in reviews},
        "agreement": estimate_figure(estimate_of("rate", same, low=0, high=1)),
        "agreement_to_keep": estimate_figure(estimate_of("rate", kept_alike, low=0, high=1)),
        "kappa_to_keep": estimate_figure(kappa),
    }


def opinion(draft: Draft, reviews: tuple[Review, Review]) -> str:
    """What the two decided, for the third person."""
    lines: list[str] = []
    for number, review in enumerate(reviews, start=1):
        verdict = review.verdicts[draft.id]
        text = " / ".join(verdict.turns) if verdict.decision == "edit" else ""
        parts = [f"{number}: {verdict.decision}", text, verdict.reason]
        lines.append(" – ".join(part for part in parts if part))
    return "\n".join(lines)


def _ruled(opinions: tuple[Ruling, Ruling], rule: ReviewRule) -> Ruling:
    rejecting = [each for each in opinions if each.verdict.decision == "reject"]
    keeping = [each for each in opinions if each.verdict.decision != "reject"]
    if rejecting and (rule == "both_accept" or not keeping):
        return rejecting[0]
    edits = [each for each in keeping if each.verdict.decision == "edit"]
    return edits[0] if edits else keeping[0]


def _outcome(verdict: Verdict) -> tuple[str, tuple[str, ...]]:
    """Rejections are alike for whatever reason, edits only with the same text."""
    return verdict.decision, verdict.turns if verdict.decision == "edit" else ()


def _counted(review: Review, drafts: Sequence[Draft]) -> Mapping[str, int]:
    counts = Counter(review.verdicts[draft.id].decision for draft in drafts)
    return {decision: counts[decision] for decision in DECISIONS}
