"""Seed requests from a jailbroken generator, as MedSafetyBench's Llama halves were made.

The principle is the goal and the answer is to begin with “Sure, here are twenty …”: put into the
model's mouth (``prefill``), or brought about by an optimised suffix (``gcg``), for which the model
must run in this process.

```toml
[[stage]]
kind = "jailbroken-seeds"
role = "generators"
method = "gcg"
gcg.steps = 100
```
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal, NamedTuple

from pydantic import Field, field_validator

from primum.core.errors import UserError
from primum.core.item import Perspective
from primum.core.message import Message
from primum.engine.caller import Stopped
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.gcg import GcgSettings
from primum.generation.listed_requests import (
    EntryRules,
    ListCall,
    ask_lists,
    without_equals,
    yield_by_model,
)
from primum.generation.prompt import load_prompt
from primum.generation.request_style import RequestStyle
from primum.generation.role_question import guideline_of, question, role_models
from primum.generation.stage import (
    RoleModel,
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)
from primum.generation.suffix_search import (
    FoundSuffix,
    OpenModel,
    SuffixGoal,
    find_suffix,
    finished_suffix,
)


class JailbrokenSeedSettings(StageSettings):
    """How the generator is opened, and how often it is asked."""

    role: str = "generators"
    method: Literal["prefill", "gcg"] = "prefill"
    answers: int = Field(default=1, ge=1, le=10_000)
    """Answers of each model for each guideline, language and perspective."""
    per_answer: int = Field(default=20, ge=1, le=100)
    """Requests asked for in each."""
    perspective: tuple[Perspective, ...] = Field(default=("clinician",), min_length=1)
    gcg: GcgSettings = GcgSettings()
    """How a suffix is sought; one for each model, guideline, language and perspective."""
    most_characters: int = Field(default=600, ge=20)
    drops_operational: bool = True
    """Whether requests with doses, routes, syntheses or real contacts are dropped."""

    @field_validator("perspective", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class _Goal(NamedTuple):
    """One model's task."""

    asked: RoleModel
    messages: tuple[Message, ...]
    """Without the opening of the answer."""
    opening: str
    blank: Draft
    step: Step


def estimate(_drafts: int, settings: JailbrokenSeedSettings, sizes: Sizes) -> StageCost:
    """Calls and drafts at most; the search for a suffix is no call."""
    goals = sizes.guidelines * sizes.languages * len(settings.perspective)
    calls = goals * sizes.models.get(settings.role, 0) * settings.answers
    return StageCost({settings.role: calls}, calls * settings.per_answer)


@stage(
    "jailbroken-seeds",
    takes="nothing",
    gives="requests",
    settings=JailbrokenSeedSettings,
    estimate=estimate,
    roles=("role",),
    summary="Requests against each guideline from a model opened by a prefill or a GCG suffix.",
)
async def jailbroken_seeds(
    _drafts: Sequence[Draft], settings: JailbrokenSeedSettings, context: StageContext
) -> StageResult:
    """The requests in the models' lists, equal ones once.

    Raises:
        UserError: the role or a guideline is not known, or a model cannot be looked into.
        PrimumError: why the command is ending.
    """
    goals = list(_goals(settings, context))
    calls: list[ListCall] = []
    suffixes: list[dict[str, Any]] = []
    for goal in goals:
        if settings.method == "prefill":
            messages = (*goal.messages, Message("assistant", goal.opening))
            step = replace(goal.step, note="prefill")
        else:
            found = await _suffix(goal, settings, context)
            messages = _with_suffix(goal.messages, found.text)
            step = replace(goal.step, note=f"gcg, {_told(found)}")
            suffixes.append(_figure(goal, found))
        calls += [
            ListCall(goal.asked, messages, repeat, settings.per_answer, goal.blank, step)
            for repeat in range(settings.answers)
        ]
    rules = EntryRules(settings.most_characters, settings.drops_operational)
    brought = await ask_lists(context.asker, calls, rules)
    unequal = without_equals((d for each in brought for d in each.drafts), context.name)
    dropped: list[Dropped] = [d for each in brought for d in each.dropped]
    dropped += unequal.dropped
    figures: dict[str, Any] = {"by_model": yield_by_model(unequal.drafts, dropped)}
    if suffixes:
        figures["suffixes"] = suffixes
    return StageResult(unequal.drafts, tuple(dropped), figures)


def _goals(settings: JailbrokenSeedSettings, context: StageContext) -> Iterator[_Goal]:
    models = role_models(context, settings.role)
    for asked in models if settings.method == "gcg" else ():
        _require_open(asked, context.name)
    for guideline in context.chosen:
        for language in context.languages:
            for perspective in settings.perspective:
                for asked in models:
                    yield _goal(asked, guideline, language, perspective, settings, context)


def _require_open(asked: RoleModel, name: str) -> None:
    if not isinstance(asked.model, OpenModel):
        raise UserError(
            f'The stage “{name}” seeks suffixes (method = "gcg"), for which a model must run in '
            f"this process (hf:…); “{asked.model.name}” does not. Name such a model, or set "
            'method = "prefill".'
        )


def _goal(  # noqa: PLR0917 - the labels of one list
    asked: RoleModel,
    full_id: str,
    language: str,
    perspective: Perspective,
    settings: JailbrokenSeedSettings,
    context: StageContext,
) -> _Goal:
    guideline, prompt = guideline_of(context, full_id), load_prompt("jailbroken-seeds")
    style = RequestStyle(perspective)
    values = {
        **style.words(language),
        "title": guideline.title(language),
        "guideline": guideline.text(language),
        "count": str(settings.per_answer),
    }
    *messages, opening = prompt.messages(language, values)
    name = asked.model.name
    blank = Draft((), language, perspective, "harmful", (full_id,), source=name)
    step = Step(context.name, "jailbroken-seeds", name, prompt.label)
    return _Goal(asked, tuple(messages), opening.content, blank, step)


async def _suffix(
    goal: _Goal, settings: JailbrokenSeedSettings, context: StageContext
) -> FoundSuffix:
    """The goal's suffix, sought beside the event loop.

    Raises:
        Stopped: this is a look only, and the search has not ended.
        PrimumError: the command is ending; the search goes on from where it is.
    """
    context.asker.raise_if_stopped()
    assert isinstance(goal.asked.model, OpenModel)  # noqa: S101 - checked before any work
    request = question(goal.asked, goal.messages).request
    said = {message.role: message.content for message in request.messages}
    sought = SuffixGoal(said["user"], goal.opening, said.get("system", ""))
    # Not in the folder for people: a suffix is a working key, and that folder is passed on.
    folder = context.searches or context.folder.parent / "suffixes"
    if context.is_look:
        known = finished_suffix(goal.asked.model, sought, settings.gcg, folder)
        if known is None:
            raise Stopped("A suffix has still to be sought.")
        return known
    found = await asyncio.to_thread(
        find_suffix,
        goal.asked.model,
        sought,
        settings.gcg,
        folder,
        lambda: context.asker.caller.stop_reason is not None,
    )
    context.asker.raise_if_stopped()
    return found


def _with_suffix(messages: Sequence[Message], suffix: str) -> tuple[Message, ...]:
    *before, user = messages
    return (*before, Message("user", user.content + suffix))


def _told(found: FoundSuffix) -> str:
    if found.best_loss is None:
        return f"{found.steps} steps"
    return f"{found.steps} steps, loss {found.best_loss:.3f}"


def _figure(goal: _Goal, found: FoundSuffix) -> dict[str, Any]:
    return {
        "model": goal.asked.model.name,
        "guideline": goal.blank.guidelines[0],
        "language": goal.blank.language,
        "perspective": goal.blank.perspective,
        "steps": found.steps,
        "first_loss": found.first_loss,
        "best_loss": found.best_loss,
    }
