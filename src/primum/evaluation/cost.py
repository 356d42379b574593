"""What a plan may take: calls, tokens and money for each model, as if the ledger were empty.

Prices are genai-prices' (``models.price``). Tokens are guessed from characters before a run, so
money is a ceiling to decide by, not a bill; the report of a run shows what was counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from primum.core.conversation import Exchange
from primum.core.item import Item
from primum.core.message import Message
from primum.core.response import Response
from primum.evaluation.plan import Plan
from primum.evaluation.price import known_price
from primum.judging.judge import Judge
from primum.models.chat_model import ChatModel, ChatRequest

JUDGE_ANSWER_TOKENS = 250
"""What a verdict takes at most where the judge's sampling sets no limit."""
UNLIMITED_ANSWER_TOKENS = 1_000
_PER_CHARACTER = 0.25
_PER_JAPANESE_CHARACTER = 1.0


@dataclass(frozen=True, slots=True)
class CostLine:
    """One model's share of a run."""

    role: str
    """``target``, the judge's name, or ``attacker``."""
    model: str
    calls: int
    prompt_tokens: int
    completion_tokens_at_most: int
    usd_at_most: float | None
    """None where no price is known."""


@dataclass(frozen=True, slots=True)
class CostEstimate:
    """What a run may take, before the ledger is looked at."""

    lines: tuple[CostLine, ...]
    """Target first, then every judge that asks a model, then the attacker."""

    @property
    def target_calls(self) -> int:
        """Turns of all conversations."""
        return self.lines[0].calls

    @property
    def judge_calls(self) -> int:
        """Verdicts that a model is asked for."""
        return sum(line.calls for line in self.lines[1:] if line.role != "attacker")

    @property
    def prompt_tokens(self) -> int:
        """Of all calls."""
        return sum(line.prompt_tokens for line in self.lines)

    @property
    def completion_tokens_at_most(self) -> int:
        """Of all answers and verdicts."""
        return sum(line.completion_tokens_at_most for line in self.lines)

    @property
    def usd_at_most(self) -> float | None:
        """Of all models; None where the price of one is not known."""
        known = [line.usd_at_most for line in self.lines if line.usd_at_most is not None]
        return sum(known) if len(known) == len(self.lines) else None


def tokens_of(text: str) -> int:
    """A rough number of tokens: four letters each, or one Japanese character."""
    wide = sum(character > "\u2e80" for character in text)
    return int(wide * _PER_JAPANESE_CHARACTER + (len(text) - wide) * _PER_CHARACTER)


def estimate_cost(plan: Plan) -> CostEstimate:
    """Calls, tokens and money at most, model by model."""
    survey, sampling = plan.survey, plan.target.profile.sampling
    answer = sampling.max_tokens or UNLIMITED_ANSWER_TOKENS
    turns = survey.turns * plan.repeats
    system = tokens_of(plan.target.profile.system_prompt) * turns
    prompt = (survey.prompt_tokens + survey.history_turns * answer) * plan.repeats
    target = _line("target", plan.target.model, turns, prompt + system, answer * turns)
    return CostEstimate((target, *_judge_lines(plan, answer), *_attacker_lines(plan, answer)))


def _attacker_lines(plan: Plan, answer: int) -> Iterator[CostLine]:
    """The attacker reads all that was said before every turn."""
    if plan.live is None:
        return
    user, survey = plan.live.user, plan.survey
    item = next(iter(plan.items()))
    asked = sum(tokens_of(m.content) for m in user.ask(item, 0, 0, ()).messages)
    limit = user.sampling.max_tokens or UNLIMITED_ANSWER_TOKENS
    calls = survey.turns * plan.repeats
    prompt = asked * calls + survey.history_turns * (answer + limit) * plan.repeats
    yield _line("attacker", user.model, calls, prompt, limit * calls)


def _judge_lines(plan: Plan, answer: int) -> Iterator[CostLine]:
    survey = plan.survey
    shown = answer * (1 + survey.history_turns / max(1, survey.turns))
    for judge in plan.judges:
        if judge.model is None:
            continue
        calls = survey.judged_turns.get(judge.name, 0) * plan.repeats * judge.votes
        sample = next(iter(plan.items()), None) if not calls else _first(plan.items(), judge)
        request = _question(judge, sample) if sample is not None else None
        asked = sum(tokens_of(message.content) for message in request.messages) if request else 0
        limit = (request.sampling.max_tokens if request else None) or JUDGE_ANSWER_TOKENS
        yield _line(judge.name, judge.model, calls, int((asked + shown) * calls), limit * calls)


def _first(items: Iterable[Item], judge: Judge) -> Item | None:
    return next((item for item in items if judge.scope.covers(item)), None)


def _question(judge: Judge, item: Item) -> ChatRequest | None:
    """What the judge would ask about a very short answer: its rubric's own length."""
    history = (Message("user", item.turns[0]),)
    return judge.ask(Exchange(item, 0, history, Response("ok", "-")), 0)


def _line(role: str, model: ChatModel, calls: int, prompt: int, completion: int) -> CostLine:
    price = known_price(model)
    usd = None if calls else 0.0
    if price is not None:
        usd = price(Response("ok", prompt_tokens=prompt, completion_tokens=completion))
    return CostLine(role, model.name, calls, prompt, completion, usd)
