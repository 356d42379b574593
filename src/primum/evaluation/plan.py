"""From a request to a plan: which items, which target, which judges, how many calls.

A plan asks no model and writes nothing. Its ``spec`` is what decides the results; the hash of it is
the run's id, so that the same request is the same run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.catalogue import load
from primum.benchmarks.sampling import stratified_sample
from primum.benchmarks.selection import limit, select
from primum.core.digest import digest, digest_of
from primum.core.errors import UserError
from primum.core.item import Item
from primum.core.response import Response
from primum.engine.caller import Price
from primum.engine.job import Target
from primum.evaluation.price import known_price
from primum.evaluation.protocol import Protocol, SampleSettings, load_protocol
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.spec import facts_of, spec_of
from primum.guidelines.catalogue import load_sets
from primum.guidelines.guideline_set import GuidelineSet
from primum.judging.judge import Judge
from primum.judging.registry import build_judge
from primum.ledger.ledger import RUN_ID_DIGITS
from primum.models.cache import Progress as DownloadProgress
from primum.models.chat_model import ChatModel
from primum.models.endpoint import HttpModel
from primum.models.profiles import load_profile, with_overrides
from primum.models.recorded import AnswerMatch, RecordedAnswers
from primum.models.registry import resolve

CHARACTERS_PER_TOKEN = {"ja": 1.0}
"""Rough, for estimates before a run only; other languages: 4."""
JUDGE_PROMPT_TOKENS = 1_800
"""About what the shipped rubric takes beside request and response."""
JUDGE_ANSWER_TOKENS = 250


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


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a run may take, before the ledger is looked at."""

    target_calls: int
    judge_calls: int
    prompt_tokens: int
    completion_tokens_at_most: int
    usd_at_most: float | None
    """None where a price is not known."""


@dataclass(frozen=True)
class Plan:
    """A run that could begin now.

    Not slotted: spec and facts are computed once, when first asked for.
    """

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

    @cached_property
    def spec(self) -> Mapping[str, Any]:
        """All that decides the results."""
        return spec_of(self)

    @cached_property
    def facts(self) -> Mapping[str, Any]:
        """What a report states beside them."""
        return facts_of(self)

    @property
    def filters(self) -> dict[str, tuple[str, ...]]:
        """The values that items were selected by."""
        return filters_of(self.request)

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
        """Target first, then the judges' models."""
        return (self.target.model, *(judge.model for judge in self.judges if judge.model))

    @property
    def prices(self) -> dict[str, Price]:
        """Model name → price of a response, where one is known."""
        found = {model.name: known_price(model) for model in self.models}
        return {name: price for name, price in found.items() if price is not None}

    def estimate(self) -> Estimate:
        """Calls, tokens and money at most, as if the ledger were empty."""
        survey, sampling = self.survey, self.target.profile.sampling
        answer = sampling.max_tokens or 1_000
        turns = survey.turns * self.repeats
        asked = [judge for judge in self.judges if judge.model is not None]
        votes = sum(judge.votes for judge in asked)
        system = int(len(self.target.profile.system_prompt) / 4) * turns
        target_prompt = (survey.prompt_tokens + survey.history_turns * answer) * self.repeats
        judge_prompt = (JUDGE_PROMPT_TOKENS + answer) * turns * votes
        judge_answer = JUDGE_ANSWER_TOKENS * turns * votes
        costs = [self._cost(self.target.model, target_prompt + system, answer * turns)]
        for judge in asked:
            share = judge.votes / votes
            cost = self._cost(judge.model, int(judge_prompt * share), int(judge_answer * share))
            costs.append(cost)
        known = [cost for cost in costs if cost is not None]
        return Estimate(
            target_calls=turns,
            judge_calls=turns * votes,
            prompt_tokens=target_prompt + system + judge_prompt,
            completion_tokens_at_most=answer * turns + judge_answer,
            usd_at_most=sum(known) if len(known) == len(costs) else None,
        )

    def _cost(self, model: ChatModel | None, prompt: int, completion: int) -> float | None:
        price = self.prices.get(model.name) if model is not None else None
        if price is None:
            return None
        return price(Response("ok", prompt_tokens=prompt, completion_tokens=completion))


def make_plan(
    request: EvaluationRequest, *, command: str = "", download: DownloadProgress | None = None
) -> Plan:
    """The plan of a request.

    Raises:
        UserError: something named is unknown, unreadable or empty; before any model is asked.
    """
    protocol = load_protocol(request.protocol)
    sets = load_sets(request.guidelines)
    target = _target(request, protocol, download)
    benchmark = load(
        request.benchmark or protocol.benchmark,
        path=request.data,
        mapping=request.columns,
        guidelines=sets,
        progress=download,
    )
    # Only the sets of this benchmark: another set's new version must not make another judge.
    judges = _judges(request, protocol, benchmark.guideline_sets)
    sample = _sample(request, protocol)
    items = _items(request, benchmark, sample)
    survey = _survey(items())
    if not survey.items:
        raise UserError(
            f"No item of {benchmark.name} is left under the filters given. Loosen --language, "
            "--perspective, --intent or --guideline."
        )
    _refuse_unkeepable_budget(request, target, judges)
    repeats = request.repeats or protocol.repeats
    answers = target.model.match(items()) if isinstance(target.model, RecordedAnswers) else None
    return Plan(
        request=request,
        protocol=protocol,
        benchmark=benchmark,
        target=target,
        judges=judges,
        repeats=repeats,
        items=items,
        sample=sample,
        survey=survey,
        answers=answers,
        command=command,
    )


def _target(
    request: EvaluationRequest, protocol: Protocol, download: DownloadProgress | None
) -> Target:
    model = resolve(
        request.model,
        base_url=request.base_url,
        api_key_variable=request.api_key_variable,
        timeout_seconds=request.timeout_seconds,
        max_concurrency=request.concurrency,
        slots=request.slots or request.concurrency,
        context_tokens=request.context_tokens,
        progress=download,
    )
    is_embedded = model.identity.get("provider") == "embedded"
    default = (protocol.embedded_profile if is_embedded else "") or protocol.profile
    profile = with_overrides(
        load_profile(request.profile or default),
        system_prompt=request.system_prompt,
        temperature=request.temperature,
        top_p=request.top_p,
        max_tokens=request.max_tokens,
    )
    return Target(model, profile)


def _judges(
    request: EvaluationRequest, protocol: Protocol, sets: Iterable[GuidelineSet]
) -> tuple[Judge, ...]:
    names = list(dict.fromkeys([*protocol.judges, *request.judges]))
    judges = tuple(
        build_judge(
            name,
            guideline_sets=sets,
            base_url=request.judge_base_url,
            api_key_variable=request.judge_api_key_variable,
        )
        for name in names
    )
    twice = [name for name, n in Counter(judge.name for judge in judges).items() if n > 1]
    if twice:
        raise UserError(f"The judge “{twice[0]}” is named twice. Name each judge once.")
    return judges


def _refuse_unkeepable_budget(
    request: EvaluationRequest, target: Target, judges: Iterable[Judge]
) -> None:
    if request.max_cost_usd is None:
        return
    for model in (target.model, *(judge.model for judge in judges)):
        if model is not None and known_price(model) is None:
            raise UserError(
                f"No price is known for {model.name}, so --max-cost cannot be kept. Limit the run "
                "with --max-calls or --max-total-tokens instead."
            )


def _sample(request: EvaluationRequest, protocol: Protocol) -> SampleSettings:
    own = protocol.sample
    # A benchmark of the user's own choice is not cut to the size that suits the protocol's.
    base = own if request.benchmark is None else own.model_copy(update={"limit": None})
    changes: dict[str, Any] = {}
    if request.limit is not None:
        changes["limit"] = None if request.limit == "all" else request.limit
    if request.sample is not None:
        changes["method"] = request.sample
    if request.seed is not None:
        changes["seed"] = request.seed
    return base.model_copy(update=changes)


def _items(
    request: EvaluationRequest, benchmark: Benchmark, sample: SampleSettings
) -> Callable[[], Iterator[Item]]:
    def selected() -> Iterator[Item]:
        return select(benchmark.items(), **filters_of(request))

    if sample.limit is None:
        return selected
    if sample.method == "first":
        return lambda: limit(selected(), sample.limit or 1)
    drawn = stratified_sample(selected(), sample.limit, sample.seed)
    return lambda: iter(drawn)


def filters_of(request: EvaluationRequest) -> dict[str, tuple[str, ...]]:
    """The values that items are selected by, under the dimension's name."""
    return {
        "language": request.language,
        "perspective": request.perspective,
        "intent": request.intent,
        "guideline": request.guideline,
    }


def _survey(items: Iterator[Item]) -> ItemSurvey:
    count = turns = prompt = history = 0
    state = digest("items")
    languages: Counter[str] = Counter()
    for item in items:
        count += 1
        turns += len(item.turns)
        size = CHARACTERS_PER_TOKEN.get(item.language, 4.0)
        repeats = range(len(item.turns), 0, -1)
        prompt += sum(
            int(len(text) / size + 12) * n for text, n in zip(item.turns, repeats, strict=True)
        )
        history += len(item.turns) * (len(item.turns) - 1) // 2
        state = digest(state, item.id)
        languages[item.language] += 1
    return ItemSurvey(count, turns, state.hex(), prompt, history, dict(languages))
