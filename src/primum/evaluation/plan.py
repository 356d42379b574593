"""A plan: which items, which target, which judges, how many calls.

A plan asks no model and writes nothing. Its ``spec`` is what decides the results; the hash of it is
the run's id, so that the same request is the same run. Made by ``evaluation.planning``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from primum.benchmarks.benchmark import Benchmark
from primum.core.digest import digest_of
from primum.core.item import Item
from primum.engine.caller import Price
from primum.engine.job import Target
from primum.engine.live_user import LiveAttack
from primum.evaluation.price import known_price
from primum.evaluation.protocol import Protocol, SampleSettings
from primum.evaluation.request import EvaluationRequest
from primum.judging.judge import Judge
from primum.ledger.ledger import RUN_ID_DIGITS
from primum.models.chat_model import ChatModel
from primum.models.endpoint import HttpModel
from primum.models.recorded import AnswerMatch


class ItemSurvey(NamedTuple):
    """The planned items, counted in one pass."""

    items: int
    turns: int
    fingerprint: str
    prompt_tokens: int
    """Estimated tokens of all target prompts, without the answers in their history."""
    history_turns: int
    """How often an answer is sent again as history: k(k-1)/2 for k turns."""
    languages: Mapping[str, int]
    judged_turns: Mapping[str, int]
    """Judge name → turns that it is asked about."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A run that could begin now."""

    request: EvaluationRequest
    protocol: Protocol
    benchmark: Benchmark
    target: Target
    judges: tuple[Judge, ...]
    repeats: int
    items: Callable[[], Iterator[Item]]
    sample: SampleSettings
    survey: ItemSurvey
    answers: AnswerMatch | None
    """For recorded answers: what matches an item and what does not."""
    command: str
    spec: Mapping[str, Any]
    """All that decides the results; see ``evaluation.spec``."""
    facts: Mapping[str, Any]
    """What a report states beside them."""
    live: LiveAttack | None = None
    """A model in the user's place."""

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """The values that items were selected by."""
        return filters_of(self.request, self.protocol)

    @property
    def run_id(self) -> str:
        """The id that the run has in the ledger."""
        return digest_of(self.spec).hex()[:RUN_ID_DIGITS]

    @property
    def unsent(self) -> tuple[str, ...]:
        """Sampling settings of the profile that the target's endpoint cannot be sent."""
        model = self.target.model
        return model.unsent(self.target.profile.sampling) if isinstance(model, HttpModel) else ()

    @property
    def conversations(self) -> int:
        """Items × repeats."""
        return self.survey.items * self.repeats

    @property
    def models(self) -> tuple[ChatModel, ...]:
        """Target first, then the judges' models, then the attacker's."""
        live = () if self.live is None else (self.live.user.model,)
        return (self.target.model, *(judge.model for judge in self.judges if judge.model), *live)

    @property
    def prices(self) -> dict[str, Price]:
        """Model name → price of a response, where one is known."""
        found = {model.name: known_price(model) for model in self.models}
        return {name: price for name, price in found.items() if price is not None}


def filters_of(request: EvaluationRequest, protocol: Protocol) -> dict[str, tuple[str, ...]]:
    """The values that items are selected by, under the dimension's name."""
    select = protocol.select
    # A benign request has nothing that an attack could be after.
    intent = ("harmful",) if request.attacker else select.intent
    return {
        "language": request.language or select.language,
        "perspective": request.perspective or select.perspective,
        "intent": request.intent or intent,
        "guideline": request.guideline,
    }
