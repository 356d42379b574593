"""From a request to a plan; everything that is unknown, unreadable or empty is found here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Any

from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.catalogue import load
from primum.benchmarks.sampling import stratified_sample
from primum.benchmarks.selection import limit, select
from primum.core.digest import digest
from primum.core.errors import UserError
from primum.core.item import Item
from primum.engine.job import Target
from primum.evaluation.plan import ItemSurvey, Plan, filters_of
from primum.evaluation.price import known_price
from primum.evaluation.protocol import Protocol, SampleSettings, load_protocol
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.spec import facts_of, spec_of
from primum.guidelines.catalogue import load_sets
from primum.guidelines.guideline_set import GuidelineSet
from primum.judging.judge import Judge
from primum.judging.llm_judge import JUDGE_SAMPLING
from primum.judging.registry import build_judge
from primum.models.cache import Progress as DownloadProgress
from primum.models.profiles import load_profile, with_overrides
from primum.models.recorded import RecordedAnswers
from primum.models.registry import resolve

CHARACTERS_PER_TOKEN = {"ja": 1.0}
"""Rough, for estimates before a run only; other languages: 4."""


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
    draft = Plan(
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
        spec={},
        facts={},
    )
    return replace(draft, spec=spec_of(draft), facts=facts_of(draft))


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
    sampling = JUDGE_SAMPLING
    if request.judge_max_tokens is not None:
        sampling = sampling.model_copy(update={"max_tokens": request.judge_max_tokens})
    judges = tuple(
        build_judge(
            name,
            guideline_sets=sets,
            base_url=request.judge_base_url,
            api_key_variable=request.judge_api_key_variable,
            sampling=sampling,
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
