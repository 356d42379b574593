"""Benign twins: for a harmful request a look-alike that is fine to help with.

A model that declines by looks alone declines the twin, too; the two together show whether it can
tell them apart. The twin differs in a sentence or a few words, and shares ``twin_pair`` with the
request.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from pydantic import Field

from primum.core.digest import fold
from primum.core.errors import shorten
from primum.engine.asking import Question
from primum.engine.caller import Answer
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.listed_requests import EntryRules, ListCall, read_requests
from primum.generation.prompt import load_prompt
from primum.generation.rating_answer import fenced_turns, rating_code
from primum.generation.request_style import language_words
from primum.generation.role_question import guideline_of, model_for, question, role_models
from primum.generation.similarity import jaccard
from primum.generation.stage import (
    RoleModel,
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)

_SHOWN = 200


class BenignTwinSettings(StageSettings):
    """Who writes them, and how alike they must be."""

    role: str = "generators"
    least_similarity: float = Field(default=0.2, ge=0, lt=1)
    """Least Jaccard index of words (of three-character runs in Japanese) with the request."""
    most_characters: int = Field(default=800, ge=20)
    needs_twin: bool = False
    """Whether a harmful request without a twin is dropped."""


class _Work(NamedTuple):
    """One harmful request, and who is to write its twin."""

    draft: Draft
    asked: RoleModel


def estimate(drafts: int, settings: BenignTwinSettings, sizes: Sizes) -> StageCost:
    """One call for each draft, to one of the models; every draft may get a twin."""
    has_models = bool(sizes.models.get(settings.role, 0))
    return StageCost({settings.role: drafts * has_models}, 2 * drafts)


@stage(
    "benign-twins",
    takes="requests",
    gives="same",
    settings=BenignTwinSettings,
    estimate=estimate,
    roles=("role",),
    summary="Adds to each harmful request a look-alike that is fine to help with.",
)
async def benign_twins(
    drafts: Sequence[Draft], settings: BenignTwinSettings, context: StageContext
) -> StageResult:
    """Every draft, each harmful one with a twin behind it where one could be made.

    Raises:
        UserError: the role or a guideline is not known.
        PrimumError: why the command is ending.
    """
    models = role_models(context, settings.role)
    paired = {draft.twin_pair for draft in drafts if draft.intent == "benign"} - {""}
    work = [
        _Work(draft, model_for(models, draft.id))
        for draft in drafts
        if draft.intent == "harmful" and draft.twin_pair not in paired
    ]
    answers = await context.asker.ask_all(_question(each, context) for each in work)
    twins = {
        each.draft.id: _twin(each, answer, settings, context.name)
        for each, answer in zip(work, answers, strict=True)
    }
    kept: list[Draft] = []
    dropped: list[Dropped] = []
    for draft in drafts:
        twin = twins.get(draft.id)
        if isinstance(twin, Draft):
            kept += [replace(draft, twin_pair=twin.twin_pair), twin]
            continue
        if isinstance(twin, Dropped):
            dropped.append(replace(twin, draft=draft) if settings.needs_twin else twin)
        if twin is None or not settings.needs_twin:
            kept.append(draft)
    made = sum(isinstance(twin, Draft) for twin in twins.values())
    return StageResult(tuple(kept), tuple(dropped), {"asked_for": len(work), "twins": made})


def _question(work: _Work, context: StageContext) -> Question:
    draft = work.draft
    values = {
        "title": guideline_of(context, draft.guidelines[0]).title(draft.language),
        "request": fenced_turns("REQUEST", draft.turns, rating_code(*draft.turns)),
        "language": language_words(draft.language),
    }
    return question(work.asked, load_prompt("benign-twin").messages(draft.language, values))


def _twin(work: _Work, answer: Answer, settings: BenignTwinSettings, name: str) -> Draft | Dropped:
    """The twin that the answer holds, or why it holds none."""
    draft, writer = work.draft, work.asked.model.name
    step = Step(name, "benign-twins", writer, load_prompt("benign-twin").label)
    blank = replace(draft, turns=(), intent="benign", source=writer, strategy="", reference="")
    call = ListCall(work.asked, (), 0, 1, blank, step)
    found = read_requests(call, answer, EntryRules(settings.most_characters))
    if not found.drafts:
        return found.dropped[0]
    text, key = found.drafts[0].turns[0], answer.key.hex()
    similarity = jaccard(found.drafts[0].item(), draft.item())
    twin = draft.child(
        replace(step, call=key, scores={"similarity": similarity}),
        turns=(text,),
        intent="benign",
        source=writer,
        strategy="",
        reference="",
        translation_pair="",
        twin_pair=draft.twin_pair or draft.id,
    )
    if fold(text) == fold(draft.turns[0]):
        return Dropped("unfit", "nothing was changed", twin, writer, key)
    if similarity < settings.least_similarity:
        detail = f"no look-alike, {similarity:.0%} in common: {text}"
        return Dropped("unfit", shorten(detail, _SHOWN), twin, writer, key)
    return twin
