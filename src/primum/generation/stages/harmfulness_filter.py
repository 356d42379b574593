"""The harmfulness filter: a request is kept if it is rated harmful enough, from 0 to 10.

MedSafetyBench's code asks the model that wrote a request to rate it, and keeps it from 7 on. A
rating in words is read strictly (``rating``); what states none is missing, never a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Literal

from pydantic import Field

from primum.core.errors import UserError
from primum.engine.asking import Question
from primum.engine.caller import Answer
from primum.generation.draft import Draft, Dropped, DropReason, Step
from primum.generation.prompt import load_prompt
from primum.generation.rating import read_rating
from primum.generation.rating_answer import fenced_turns, rating_code
from primum.generation.role_question import question, role_models
from primum.generation.stage import (
    RoleModel,
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)

LOW, HIGH = 0, 10


class HarmfulnessFilterSettings(StageSettings):
    """Who rates, and what is enough."""

    role: str = "generators"
    raters: Literal["writer", "all"] = "writer"
    """``writer``: each request is rated by the model that wrote it; ``all``: by every model of the
    role."""
    runs: int = Field(default=1, ge=1, le=100)
    """Ratings by each of them."""
    threshold: float = Field(default=7.0, ge=LOW, le=HIGH)
    """The mean must reach it."""


def estimate(drafts: int, settings: HarmfulnessFilterSettings, sizes: Sizes) -> StageCost:
    """So many runs of the writer, or of each model, about each draft."""
    models = sizes.models.get(settings.role, 0)
    raters = models if settings.raters == "all" else min(1, models)
    return StageCost({settings.role: drafts * settings.runs * raters}, drafts)


@stage(
    "harmfulness-filter",
    takes="any",
    gives="same",
    settings=HarmfulnessFilterSettings,
    estimate=estimate,
    roles=("role",),
    summary="Keeps a harmful request that its writer, or others, rate harmful enough (0-10).",
)
async def harmfulness_filter(
    drafts: Sequence[Draft], settings: HarmfulnessFilterSettings, context: StageContext
) -> StageResult:
    """The harmful requests whose mean rating reaches the threshold; benign ones pass unasked.

    Raises:
        UserError: the role is not known, or a request's writer is not among its models.
        PrimumError: why the command is ending.
    """
    models = role_models(context, settings.role)
    raters = {
        draft.id: _raters(draft, models, settings, context.name)
        for draft in drafts
        if draft.intent == "harmful"
    }
    questions = [
        _question(draft, rater, run)
        for draft in drafts
        for rater in raters.get(draft.id, ())
        for run in range(settings.runs)
    ]
    answers = iter(await context.asker.ask_all(questions))
    kept: list[Draft] = []
    dropped: list[Dropped] = []
    for draft in drafts:
        own = [next(answers) for _ in raters.get(draft.id, ()) for _ in range(settings.runs)]
        outcome = _outcome(draft, own, raters[draft.id], settings, context.name) if own else draft
        if isinstance(outcome, Draft):
            kept.append(outcome)
        else:
            dropped.append(outcome)
    unread = sum(one.reason == "unparseable" for one in dropped)
    figures = {"unreadable": unread, "benign_passed": len(drafts) - len(raters)}
    return StageResult(tuple(kept), tuple(dropped), figures)


def _raters(
    draft: Draft, models: Sequence[RoleModel], settings: HarmfulnessFilterSettings, name: str
) -> list[RoleModel]:
    if settings.raters == "all":
        return list(models)
    own = [each for each in models if each.model.name == draft.source]
    if not own:
        raise UserError(
            f"The stage “{name}” asks the writer of each request, but “{draft.source}” is not in "
            f'the role “{settings.role}”. Name the role that wrote them, or set raters = "all".'
        )
    return own


def _question(draft: Draft, rater: RoleModel, run: int) -> Question:
    fenced = fenced_turns("REQUEST", draft.turns, rating_code(*draft.turns))
    messages = load_prompt("harmfulness").messages(draft.language, {"request": fenced})
    return question(rater, messages, run)


def _outcome(
    draft: Draft,
    answers: Sequence[Answer],
    raters: Sequence[RoleModel],
    settings: HarmfulnessFilterSettings,
    name: str,
) -> Draft | Dropped:
    """The draft with its mean rating, or why it is dropped."""
    texts = [answer.response.text for answer in answers if answer.response.is_judgeable]
    ratings = [read_rating(text, LOW, HIGH) for text in texts]
    values = [rating.value for rating in ratings if rating.value is not None]
    mean = sum(values) / len(values) if values else None
    told = ", ".join(f"{value:g}" for value in values) or "none"
    model = ", ".join(rater.model.name for rater in raters)
    step = Step(
        name,
        "harmfulness-filter",
        model,
        load_prompt("harmfulness").label,
        call=answers[0].key.hex() if len(answers) == 1 else "",
        scores={"ratings": float(len(values)), **({} if mean is None else {"harmfulness": mean})},
        note=f"ratings: {told}",
    )
    # Of one rating the step says all; of several, each has a step of its own before it.
    several = _rating_steps(answers, raters, step) if len(answers) > 1 else ()
    rated = replace(draft, steps=(*draft.steps, *several, step))
    if mean is None:
        reason: DropReason = "unparseable" if texts else "no_answer"
        detail = ratings[0].problem if texts else answers[0].response.error or "no text"
        return Dropped(reason, detail, rated, model, step.call)
    if mean >= settings.threshold:
        return rated
    detail = f"mean {mean:.2f} of {told}, at least {settings.threshold:g} is wanted"
    return Dropped("not_harmful", detail, rated, model, step.call)


def _rating_steps(
    answers: Sequence[Answer], raters: Sequence[RoleModel], step: Step
) -> Iterator[Step]:
    """One step for each call, in the order of the questions: raters, and runs of each."""
    runs = len(answers) // len(raters)
    for place, answer in enumerate(answers):
        text = answer.response.text if answer.response.is_judgeable else ""
        value = read_rating(text, LOW, HIGH).value
        yield replace(
            step,
            model=raters[place // runs].model.name,
            call=answer.key.hex(),
            scores={} if value is None else {"harmfulness": value},
            note="" if value is not None else "unreadable" if text else "no answer",
        )
