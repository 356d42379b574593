"""Curation by people: two reviewers accept, edit or reject every item.

```toml
[[stage]]
kind = "curation"
rule = "third"
```

The first run writes the files and ends there; when they are filled in, the same command goes on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from primum.generation.draft import Draft
from primum.generation.review_agreement import ReviewRule
from primum.generation.review_form import ReviewDesk
from primum.generation.review_round import review
from primum.generation.stage import (
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)


class CurationSettings(StageSettings):
    """What counts where two reviewers differ."""

    rule: ReviewRule = "both_accept"


def estimate(drafts: int, settings: CurationSettings, sizes: Sizes) -> StageCost:
    """Nobody is asked but people."""
    del settings, sizes
    return StageCost({}, drafts)


@stage(
    "curation",
    takes="any",
    gives="same",
    settings=CurationSettings,
    estimate=estimate,
    summary="Two reviewers accept, edit or reject every item in a spreadsheet.",
)
async def curation(
    drafts: Sequence[Draft], settings: CurationSettings, context: StageContext
) -> StageResult:
    """What the reviewers leave; nothing yet, and a file to wait for, while one is empty.

    Raises:
        DataError: a file that somebody began is not whole; file and line are named.
        WorkspaceError: a file cannot be written.
    """
    if not drafts:
        return StageResult(())
    titles = {
        guideline.id: guideline.title("en")
        for guideline_set in context.guidelines
        for guideline in guideline_set.guidelines
    }
    reviewed = review(
        drafts, ReviewDesk(context.folder, context.name, titles), settings.rule, context.seed
    )
    waits_for = reviewed.waits_for[0] if reviewed.waits_for else None
    names = ", ".join(map(str, reviewed.figures.get("reviewers", ())))
    kept = tuple(_told(draft, names) for draft in reviewed.kept)
    return StageResult(kept, reviewed.dropped, reviewed.figures, waits_for)


def _told(draft: Draft, reviewers: str) -> Draft:
    """The draft whose last step, with decision and whose it is, names all who read it."""
    *before, last = draft.steps
    return replace(draft, steps=(*before, replace(last, note=f"{last.note}; read by {reviewers}")))
