"""Dialogues: one request and one strategy become the user's turns of a conversation.

```toml
[[stage]]
kind = "dialogues"
role = "generators"
turns = 3
strategies = "all"        # or ids, or a library file of your own
per_request = 2           # strategies for each request; left out: all of them
```

Only the user's turns are kept. An answer that does not hold exactly so many is dropped, never cut
or filled up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field, field_validator

from primum.core.digest import digest
from primum.core.errors import shorten
from primum.engine.caller import Answer
from primum.generation.answer_list import AnswerList, read_list
from primum.generation.draft import Draft, Dropped, DropReason, Step
from primum.generation.listed_requests import entry_problem, without_equals, yield_by_model
from primum.generation.prompt import load_prompt
from primum.generation.refusal_reading import is_refusal
from primum.generation.request_style import RequestStyle
from primum.generation.role_question import model_for, question, role_models
from primum.generation.stage import (
    RoleModel,
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)
from primum.generation.strategy import Strategy
from primum.generation.strategy_library import choose_strategies
from primum.generation.yields import amount

_SHOWN = 200


class DialogueSettings(StageSettings):
    """Which strategies, how many turns."""

    role: str = "generators"
    turns: int = Field(default=3, ge=2, le=20)
    strategies: tuple[str, ...] = ("all",)
    """``all``, ids of shipped strategies, or library files."""
    per_request: int | None = Field(default=None, ge=1)
    """Strategies for each request, drawn so that all are used about equally often."""
    generators: Literal["each", "one"] = "each"
    """``each`` model of the role writes every dialogue, or ``one`` of them, in turn."""
    most_characters: int = Field(default=1_200, ge=20)
    """Of a turn; a dialogue with a longer one is dropped."""

    @field_validator("strategies", mode="before")
    @classmethod
    def _one_is_a_list_of_one(cls, value: Any) -> Any:
        return (value,) if isinstance(value, str) else value


class _Wanted(NamedTuple):
    """One dialogue to be written."""

    draft: Draft
    strategy: Strategy
    asked: RoleModel


def estimate(drafts: int, settings: DialogueSettings, sizes: Sizes) -> StageCost:
    """Calls and dialogues at most."""
    strategies = len(choose_strategies(settings.strategies))
    each = min(settings.per_request or strategies, strategies)
    models = sizes.models.get(settings.role, 0)
    calls = drafts * each * (min(1, models) if settings.generators == "one" else models)
    return StageCost({settings.role: calls}, calls)


@stage(
    "dialogues",
    takes="requests",
    gives="dialogues",
    settings=DialogueSettings,
    estimate=estimate,
    roles=("role",),
    summary="A request and a strategy become the user's turns of a conversation.",
)
async def dialogues(
    drafts: Sequence[Draft], settings: DialogueSettings, context: StageContext
) -> StageResult:
    """The dialogues that the role's models wrote.

    Raises:
        UserError: the role or a strategy is not known.
        PrimumError: why the command is ending.
    """
    wanted = list(_wanted(drafts, settings, context))
    prompt = load_prompt("dialogue")
    answers = await context.asker.ask_all(
        question(each.asked, prompt.messages(each.draft.language, _values(each, settings)))
        for each in wanted
    )
    read = [
        _read(each, answer, settings, Step(context.name, "dialogues", prompt=prompt.label))
        for each, answer in zip(wanted, answers, strict=True)
    ]
    unequal = without_equals([one for one in read if isinstance(one, Draft)], context.name)
    dropped = (*(one for one in read if isinstance(one, Dropped)), *unequal.dropped)
    figures = {
        "by_model": yield_by_model(unequal.drafts, dropped),
        "by_strategy": dict(sorted(Counter(one.strategy for one in unequal.drafts).items())),
        "strategies": sorted({each.strategy.label for each in wanted}),
    }
    return StageResult(unequal.drafts, dropped, figures)


def strategies_for(draft: Draft, strategies: Sequence[Strategy], count: int) -> list[Strategy]:
    """So many of the strategies, the same ones for the same request, all about equally often."""
    if count >= len(strategies):
        return list(strategies)
    ranked = sorted(strategies, key=lambda each: digest("strategy-for", draft.id, each.id))
    return ranked[:count]


def _wanted(
    drafts: Sequence[Draft], settings: DialogueSettings, context: StageContext
) -> Iterator[_Wanted]:
    strategies = choose_strategies(settings.strategies)
    models = role_models(context, settings.role)
    for draft in drafts:
        for strategy in strategies_for(draft, strategies, settings.per_request or len(strategies)):
            if settings.generators == "one":
                yield _Wanted(draft, strategy, model_for(models, f"{draft.id} {strategy.id}"))
            else:
                yield from (_Wanted(draft, strategy, asked) for asked in models)


def _values(wanted: _Wanted, settings: DialogueSettings) -> dict[str, str]:
    draft = wanted.draft
    style = RequestStyle(draft.perspective).words(draft.language)
    return {
        **wanted.strategy.words(draft.language),
        "perspective": style["perspective"],
        "language": style["language"],
        "request": "\n".join(draft.turns),
        "turns": str(settings.turns),
    }


def _read(
    wanted: _Wanted, answer: Answer, settings: DialogueSettings, blank: Step
) -> Draft | Dropped:
    """The dialogue, or why the answer holds none."""
    name, key, draft = wanted.asked.model.name, answer.key.hex(), wanted.draft
    step = Step(
        blank.stage, blank.kind, name, blank.prompt, key, note=f"strategy {wanted.strategy.label}"
    )

    def dropped(reason: DropReason, detail: str) -> Dropped:
        shown = shorten(f"{wanted.strategy.id}: {detail}", _SHOWN)
        return Dropped(reason, shown, draft.after(step), model=name, call=key)

    response = answer.response
    if not response.is_judgeable:
        return dropped("no_answer", response.error or response.outcome)
    found = read_list(response.text, is_cut=response.outcome == "truncated")
    if is_refusal(found.preamble, draft.language):
        return dropped("refused", found.preamble)
    if found.cut or len(found.entries) != settings.turns:
        held = len(found.entries)
        cut = ", cut off" if found.cut else ""
        return dropped(
            "unparseable",
            f"{amount(held, 'turn')}{cut}, {settings.turns} wanted: {_written(found)}",
        )
    for entry in found.entries:
        if problem := entry_problem(entry, draft.language, settings.most_characters):
            return dropped("unparseable" if entry else "empty", problem)
    return draft.child(
        step, turns=found.entries, strategy=wanted.strategy.id, source=name, reference=""
    )


def _written(found: AnswerList) -> str:
    """What was written instead."""
    return found.preamble or " / ".join(found.entries)
