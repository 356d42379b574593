"""What a recipe may take before anything is asked: calls, tokens and money, stage by stage.

    plan = make_plan(resolve_recipe(read_recipe("ours.toml")))
    plan.calls, plan.usd_at_most

Numbers are ceilings: every draft is taken to pass every filter. Tokens of a question are guessed,
so money is a ceiling to decide by, not a bill.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from primum.core.response import Response
from primum.engine.caller import Price
from primum.generation.recipe_resolving import ResolvedRecipe
from primum.generation.recipe_stage import RecipeStage
from primum.generation.role_model import Cast, cast_of, known_price
from primum.generation.stage import RoleModel
from primum.models.cache import Progress as DownloadProgress

PROMPT_TOKENS = 700
"""A stage's question: its instruction, a guideline and a request."""
UNLIMITED_ANSWER_TOKENS = 2_000
CHARACTERS_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """One stage as if every draft passed it."""

    stage: RecipeStage
    drafts_in: int
    drafts_out: int
    calls: Mapping[str, int]
    """Role → calls at most."""
    prompt_tokens: int
    answer_tokens_at_most: int
    usd_at_most: float | None
    """None where the price of a model is not known."""

    @property
    def total_calls(self) -> int:
        """Of all roles."""
        return sum(self.calls.values())


@dataclass(frozen=True, slots=True)
class RecipePlan:
    """A recipe with its models and what it may take."""

    ready: ResolvedRecipe
    cast: Cast
    stages: tuple[PlannedStage, ...]
    prices: Mapping[str, Price]
    """Model → US dollars of a response, where a price is known."""

    @property
    def calls(self) -> int:
        """Of all stages at most."""
        return sum(stage.total_calls for stage in self.stages)

    @property
    def tokens(self) -> int:
        """Of all questions and answers at most."""
        return sum(stage.prompt_tokens + stage.answer_tokens_at_most for stage in self.stages)

    @property
    def usd_at_most(self) -> float | None:
        """Of all stages; None where the price of a model is not known."""
        known = [stage.usd_at_most for stage in self.stages if stage.usd_at_most is not None]
        return sum(known) if len(known) == len(self.stages) else None


def make_plan(ready: ResolvedRecipe, progress: DownloadProgress | None = None) -> RecipePlan:
    """The plan of a recipe; models are named, not started.

    Raises:
        UserError: a model's name is not known, or its file is not usable; the role is named.
    """
    cast = cast_of(ready.recipe, progress)
    found = {model.name: known_price(model) for model in cast.models}
    prices = {name: price for name, price in found.items() if price is not None}
    stages: list[PlannedStage] = []
    drafts = 0
    for stage in ready.stages:
        planned = _planned(stage, drafts, ready, cast)
        stages.append(planned)
        drafts = planned.drafts_out
    return RecipePlan(ready, cast, tuple(stages), prices)


def _planned(stage: RecipeStage, drafts: int, ready: ResolvedRecipe, cast: Cast) -> PlannedStage:
    is_source = stage.kind.takes == "nothing"
    cost = stage.kind.estimate(0 if is_source else drafts, stage.settings, ready.sizes)
    prompt = answer = 0
    usd: float | None = 0.0
    for role, calls in cost.calls.items():
        for played in cast.roles[role]:
            share = math.ceil(calls / len(cast.roles[role]))
            tokens = _tokens_of(played, share)
            prompt += tokens[0]
            answer += tokens[1]
            price = known_price(played.model)
            if price is None:
                usd = None
            elif usd is not None:
                usd += price(Response("ok", prompt_tokens=tokens[0], completion_tokens=tokens[1]))
    return PlannedStage(
        stage,
        0 if is_source else drafts,
        cost.drafts + (drafts if is_source else 0),
        dict(cost.calls),
        prompt,
        answer,
        usd,
    )


def _tokens_of(played: RoleModel, calls: int) -> tuple[int, int]:
    """Of the questions, and of the answers at most."""
    question = PROMPT_TOKENS + len(played.system_prompt) // CHARACTERS_PER_TOKEN
    answer = played.sampling.max_tokens or UNLIMITED_ANSWER_TOKENS
    return question * calls, answer * calls
