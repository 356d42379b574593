"""Seed requests: what a user might ask against a guideline, written by several models.

```toml
[[stage]]
kind = "seeds"
role = "generators"
per_guideline = 10
```
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import ceil
from typing import Any, NamedTuple

from pydantic import Field, field_validator

from primum.core.item import Perspective
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.listed_requests import (
    EntryRules,
    ListCall,
    ask_lists,
    without_equals,
    yield_by_model,
)
from primum.generation.prompt import load_prompt
from primum.generation.request_style import Jargon, RequestStyle, Severity
from primum.generation.role_question import guideline_of, role_models
from primum.generation.stage import (
    RoleModel,
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)


class SeedSettings(StageSettings):
    """How many requests, and of what kind."""

    role: str = "generators"
    per_guideline: int = Field(default=10, ge=1, le=10_000)
    """Requests of each model for each guideline, language and perspective."""
    per_call: int = Field(default=10, ge=1, le=100)
    """Requests asked for at once."""
    extra_calls: int = Field(default=0, ge=0, le=100)
    """Further calls, at most, where a model's answers held too few."""
    perspective: tuple[Perspective, ...] = Field(default=("clinician",), min_length=1)
    """One, or several that are asked for in turn."""
    severity: Severity = "mixed"
    jargon: Jargon = "mixed"
    most_characters: int = Field(default=600, ge=20)
    """Of a request; longer ones are dropped."""
    drops_operational: bool = True
    """Whether requests with doses, routes, syntheses or real contacts are dropped: a test request
    says what is wanted, never how it is done. The words are those that
    ``primum benchmarks check`` looks for."""

    @field_validator("perspective", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value

    @property
    def calls(self) -> int:
        """Calls of the first round, to one model for one guideline."""
        return ceil(self.per_guideline / self.per_call)


class _Wanted(NamedTuple):
    """One model's requests for one guideline, in one language, from one perspective."""

    asked: RoleModel
    guideline: str
    language: str
    style: RequestStyle


def estimate(_drafts: int, settings: SeedSettings, sizes: Sizes) -> StageCost:
    """Calls and drafts at most."""
    groups = sizes.guidelines * sizes.languages * len(settings.perspective)
    groups *= sizes.models.get(settings.role, 0)
    calls = groups * (settings.calls + settings.extra_calls)
    return StageCost({settings.role: calls}, groups * settings.per_guideline)


@stage(
    "seeds",
    takes="nothing",
    gives="requests",
    settings=SeedSettings,
    estimate=estimate,
    roles=("role",),
    summary="Requests against each guideline, written by each model of a role.",
)
async def seeds(
    _drafts: Sequence[Draft], settings: SeedSettings, context: StageContext
) -> StageResult:
    """The requests that each model wrote.

    Raises:
        UserError: the role or a guideline is not known.
        PrimumError: why the command is ending.
    """
    wanted = list(_wanted(settings, context))
    rules = EntryRules(settings.most_characters, settings.drops_operational)
    made: dict[_Wanted, list[Draft]] = {each: [] for each in wanted}
    asked_so_far = dict.fromkeys(wanted, 0)
    dropped: list[Dropped] = []
    for round_number in range(1 + settings.extra_calls):
        calls: list[tuple[_Wanted, ListCall]] = []
        for each in wanted:
            counts = _counts(settings, settings.per_guideline - len(made[each]), round_number)
            for count in counts:
                calls.append((each, _call(each, count, asked_so_far[each], context)))
                asked_so_far[each] += 1
        brought = await ask_lists(context.asker, [call for _, call in calls], rules)
        for (each, _), requests in zip(calls, brought, strict=True):
            unequal = without_equals([*made[each], *requests.drafts], context.name)
            made[each] = list(unequal.drafts)
            dropped += [*requests.dropped, *unequal.dropped]
    new = [draft for each in wanted for draft in made[each]]
    figures = {"by_model": yield_by_model(new, dropped)}
    return StageResult(tuple(new), tuple(dropped), figures)


def _wanted(settings: SeedSettings, context: StageContext) -> Iterator[_Wanted]:
    for guideline in context.chosen:
        for language in context.languages:
            for perspective in settings.perspective:
                style = RequestStyle(perspective, settings.severity, settings.jargon)
                for asked in role_models(context, settings.role):
                    yield _Wanted(asked, guideline, language, style)


def _counts(settings: SeedSettings, missing: int, round_number: int) -> list[int]:
    """How many requests each call of the round asks for."""
    if missing <= 0:
        return []
    if round_number:
        return [min(settings.per_call, missing)]
    last = missing - settings.per_call * (settings.calls - 1)
    return [*[settings.per_call] * (settings.calls - 1), last]


def _call(wanted: _Wanted, count: int, repeat: int, context: StageContext) -> ListCall:
    guideline, language = guideline_of(context, wanted.guideline), wanted.language
    prompt = load_prompt("seeds")
    values = {
        **wanted.style.words(language),
        "title": guideline.title(language),
        "guideline": guideline.text(language),
        "count": str(count),
    }
    name = wanted.asked.model.name
    blank = Draft(
        (), language, wanted.style.perspective, "harmful", (wanted.guideline,), source=name
    )
    step = Step(context.name, "seeds", name, prompt.label, note=str(wanted.style))
    messages = prompt.messages(language, values)
    return ListCall(wanted.asked, messages, repeat, count, blank, step)
