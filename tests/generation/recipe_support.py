"""Recipes of tests: stages that are easy to foresee, beside the real ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pydantic import Field

from primum.core.message import Message
from primum.engine.asking import Question
from primum.engine.budget import Budget
from primum.generation.draft import Draft, Dropped, Step
from primum.generation.planning import RecipePlan, make_plan
from primum.generation.recipe_reading import parse_recipe
from primum.generation.recipe_resolving import resolve_recipe
from primum.generation.running import Generated, GenerationProgress, run_recipe
from primum.generation.stage import (
    Sizes,
    StageContext,
    StageCost,
    StageResult,
    StageSettings,
    stage,
)
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatRequest


class WriteSettings(StageSettings):
    role: str = "writers"
    count: int = Field(default=2, ge=1)


class HalveSettings(StageSettings):
    role: str = "judges"
    at_least: int = Field(default=1, ge=1)


class WaitSettings(StageSettings):
    file: str = "review.csv"


def _estimate(drafts: int, settings: object, sizes: Sizes) -> StageCost:
    if isinstance(settings, WriteSettings):
        calls = sizes.guidelines * settings.count * sizes.models[settings.role]
        return StageCost({settings.role: calls}, calls)
    if isinstance(settings, HalveSettings):
        return StageCost({settings.role: drafts * sizes.models[settings.role]}, drafts)
    return StageCost({}, drafts)


def _say(context: StageContext, role: str, text: str, repeat: int = 0) -> Question:
    played = context.roles[role][0]
    return Question(
        played.model, ChatRequest((Message("user", text),), played.sampling, repeat=repeat)
    )


@stage(
    "test-write",
    takes="nothing",
    gives="requests",
    settings=WriteSettings,
    estimate=_estimate,
    roles=("role",),
    summary="Asks for one request after the other.",
)
async def write(
    _drafts: Sequence[Draft], settings: WriteSettings, context: StageContext
) -> StageResult:
    """One request for each guideline and count; an empty answer is dropped."""
    asked = [(each, number) for each in context.chosen for number in range(settings.count)]
    answers = await context.asker.ask_all(
        _say(context, settings.role, f"request {number} for {each}") for each, number in asked
    )
    kept, dropped = [], []
    for (guideline, _), answer in zip(asked, answers, strict=True):
        text = answer.response.text
        step = Step(context.name, "test-write", "writer", call=answer.key.hex())
        if answer.response.outcome != "ok":
            dropped.append(Dropped("no_answer", answer.response.error))
        elif not text:
            dropped.append(Dropped("empty"))
        else:
            kept.append(
                Draft((text,), "en", "general", "harmful", (guideline,), "writer", steps=(step,))
            )
    return StageResult(tuple(kept), tuple(dropped), {"asked": len(asked)})


@stage(
    "test-judge",
    takes="requests",
    gives="same",
    settings=HalveSettings,
    estimate=_estimate,
    roles=("role",),
)
async def judge(
    drafts: Sequence[Draft], settings: HalveSettings, context: StageContext
) -> StageResult:
    """What the judge answers with “yes”."""
    answers = await context.asker.responses(
        _say(context, settings.role, f"keep? {draft.turns[0]}") for draft in drafts
    )
    pairs = list(zip(drafts, answers, strict=True))
    return StageResult(
        tuple(draft for draft, answer in pairs if answer.text == "yes"),
        tuple(
            Dropped("unfit", answer.text, draft) for draft, answer in pairs if answer.text != "yes"
        ),
    )


@stage(
    "test-dialogue", takes="requests", gives="dialogues", settings=StageSettings, estimate=_estimate
)
async def dialogue(
    drafts: Sequence[Draft], _settings: StageSettings, context: StageContext
) -> StageResult:
    """A second turn, drawn at random."""
    step = Step(context.name, "test-dialogue")
    return StageResult(
        tuple(
            draft.child(step, turns=(*draft.turns, f"And number {context.generator.random()}?"))
            for draft in drafts
        )
    )


@stage("test-people", takes="any", gives="same", settings=WaitSettings, estimate=_estimate)
async def people(
    drafts: Sequence[Draft], settings: WaitSettings, context: StageContext
) -> StageResult:
    """Waits until the file is there."""
    file = context.folder / settings.file
    if not file.exists():
        return StageResult((), waits_for=file)
    return StageResult(tuple(drafts), figures={"reviewer": file.read_text()})


RECIPE = """
id = "test-set"
title.en = "A test set"
guidelines = "ama-2001"
only = ["ama-2001/1", "ama-2001/4"]
[[role]]
name = "writers"
models = "scripted:writer.toml"
[[role]]
name = "judges"
models = "scripted:judge.toml"
[[stage]]
kind = "test-write"
[[stage]]
kind = "test-judge"
"""
WRITER = """
[[rules]]
match = "request 0 for ama-2001/1"
answer = "May I fold the letter?"
[[rules]]
match = "request 1 for ama-2001/1"
answer = "Where does the blue cup stand?"
[[rules]]
match = "request 0 for ama-2001/4"
answer = "Who waters the plants on Sundays?"
"""
JUDGE = 'default = "yes"\n[[rules]]\nmatch = "blue cup"\nanswer = "no"\n'


def write_models(folder: Path) -> None:
    """The scripts that the recipe's roles name."""
    (folder / "writer.toml").write_text(WRITER)
    (folder / "judge.toml").write_text(JUDGE)


def plan_of(text: str = RECIPE) -> RecipePlan:
    """The plan of a recipe."""
    return make_plan(resolve_recipe(parse_recipe(text, "test.toml")))


@contextmanager
def opened_ledger(folder: Path) -> Iterator[Ledger]:
    """A ledger for writing."""
    with open_ledger(Workspace(folder / "workspace")) as ledger:
        yield ledger


def run_text(
    text: str, ledger: Ledger, folder: Path, budget: Budget | None = None
) -> tuple[Generated, GenerationProgress]:
    """What the recipe makes, and what it took."""
    plan = plan_of(text)
    progress = GenerationProgress.of(plan)
    made = run_recipe(plan, ledger, budget or Budget(), progress, folder / "people")
    return made, progress
