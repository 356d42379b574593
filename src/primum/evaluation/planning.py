"""From a request to a plan; everything that is unknown, unreadable or empty is found here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.catalogue import load, takes_mapping
from primum.benchmarks.composite import composed
from primum.benchmarks.sampling import Key, stratified_sample
from primum.benchmarks.selection import limit, select
from primum.core.digest import digest
from primum.core.errors import UnknownNameError, UserError, shorten
from primum.core.item import Item
from primum.engine.job import Target
from primum.engine.live_user import LiveAttack, LiveUser
from primum.evaluation.judge_choice import judges_of
from primum.evaluation.live_choice import live_attack
from primum.evaluation.plan import ItemSurvey, Plan, filters_of
from primum.evaluation.price import known_price
from primum.evaluation.protocol import Protocol, SampleSettings, load_protocol
from primum.evaluation.published import list_published
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.spec import facts_of, spec_of
from primum.guidelines.catalogue import load_sets
from primum.guidelines.guideline_set import GuidelineSet
from primum.judging.judge import Judge
from primum.models.cache import Progress as DownloadProgress
from primum.models.profiles import load_profile, with_overrides
from primum.models.recorded import RecordedAnswers
from primum.models.registry import resolve

CHARACTERS_PER_TOKEN = {"ja": 1.0}
"""Rough, for estimates before a run only; other languages: 4."""

_LABELS = ("name", "source", "split", "strategy", "translation_pair", "twin_pair", "reference")
"""What decides the results beside an item's id: with other labels it is another run."""


def make_plan(
    request: EvaluationRequest,
    *,
    command: str = "",
    download: DownloadProgress | None = None,
    attacker: LiveUser | None = None,
) -> Plan:
    """The plan of a request; ``attacker`` is the one that the request names, made by the caller.

    Raises:
        UserError: something named is unknown, unreadable or empty; before any model is asked.
    """
    protocol = load_protocol(request.protocol)
    for name in protocol.published:
        if name not in list_published():
            raise UnknownNameError("published results", name, list_published())
    sets = load_sets(request.guidelines)
    target = _target(request, protocol, download)
    benchmark = _benchmark(request, protocol, sets, download)
    # Only the sets of this benchmark: another set's new version must not make another judge.
    judges = judges_of(request, protocol, benchmark.guideline_sets)
    sample = _sample(request, protocol)
    items = _items(request, protocol, benchmark, sample)
    live = live_attack(request, protocol.summary, target, judges, attacker)
    survey = _survey(items(), judges, live)
    if not survey.items:
        raise UserError(
            f"No item of {benchmark.name} is left under the filters given. {_way_out(sample)}"
        )
    _refuse_unkeepable_budget(request, target, judges, live)
    repeats = request.repeats or protocol.repeats
    _refuse_idle_judges(judges, survey)
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
        answers=None,
        command=command,
        spec={},
        facts={},
        live=live,
    )
    return _completed(draft)


def plan_for_another_target(
    plan: Plan, request: EvaluationRequest, *, download: DownloadProgress | None = None
) -> Plan:
    """The same items and judges put to the target of the request; nothing is loaded again.

    The two requests differ in nothing but the target, its address and its profile.

    Raises:
        UserError: the target or its profile is unknown or unreadable.
    """
    target = _target(request, plan.protocol, download)
    _refuse_unkeepable_budget(request, target, plan.judges, plan.live)
    return _completed(replace(plan, request=request, target=target))


def _completed(draft: Plan) -> Plan:
    """The plan with all that follows from its target, items and judges."""
    model = draft.target.model
    answers = model.match(draft.items()) if isinstance(model, RecordedAnswers) else None
    draft = replace(draft, answers=answers)
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


def _benchmark(
    request: EvaluationRequest,
    protocol: Protocol,
    sets: Iterable[GuidelineSet],
    download: DownloadProgress | None,
) -> Benchmark:
    names = request.benchmark or protocol.benchmarks
    if request.columns and not any(takes_mapping(name) for name in names):
        raise UserError(
            f"--column was given, but {', '.join(names)} have their own form and take no mapping. "
            "It is for published sets with columns of other names and for files of your own."
        )
    places = _places(request.data, names)
    return composed(
        [
            load(
                name,
                path=places.get(name),
                mapping=request.columns if takes_mapping(name) else {},
                guidelines=sets,
                progress=download,
            )
            for name in names
        ]
    )


def _places(given: Iterable[str], names: Sequence[str]) -> dict[str, Path]:
    """Benchmark name → where its data lie."""
    places: dict[str, Path] = {}
    for entry in given:
        head, separator, tail = entry.partition("=")
        matching = [name for name in names if separator and head in (name, name.partition(":")[0])]
        if matching:
            places.update(dict.fromkeys(matching, Path(tail).expanduser()))
        elif len(names) == 1:
            places[names[0]] = Path(entry).expanduser()
        else:
            raise UserError(
                f"“--data {shorten(entry)}” does not say which benchmark lies there. Write "
                f"--data NAME=PATH with one of {', '.join(names)}."
            )
    return places


def _refuse_idle_judges(judges: Iterable[Judge], survey: ItemSurvey) -> None:
    """Refuse a run in which nobody would judge anything."""
    if survey.judged_turns:
        return
    names = ", ".join(judge.name for judge in judges)
    raise UserError(
        f"None of the judges ({names}) judges any of these {survey.items} items. Name another "
        "--judge, other items, or raise --limit."
    )


def _refuse_unkeepable_budget(
    request: EvaluationRequest, target: Target, judges: Iterable[Judge], live: LiveAttack | None
) -> None:
    if request.max_cost_usd is None:
        return
    attacker = None if live is None else live.user.model
    for model in (target.model, attacker, *(judge.model for judge in judges)):
        if model is not None and known_price(model) is None:
            raise UserError(
                f"No price is known for {model.name}, so --max-cost cannot be kept. Limit the run "
                "with --max-calls or --max-total-tokens instead."
            )


def _sample(request: EvaluationRequest, protocol: Protocol) -> SampleSettings:
    own = protocol.sample
    # A benchmark of the user's own choice is not cut to the size that suits the protocol's.
    base = own if not request.benchmark else own.model_copy(update={"limit": None})
    changes: dict[str, Any] = {}
    if request.limit is not None:
        changes["limit"] = None if request.limit == "all" else request.limit
    if request.sample is not None:
        changes["method"] = request.sample
    if request.seed is not None:
        changes["seed"] = request.seed
    return base.model_copy(update=changes)


def _items(
    request: EvaluationRequest, protocol: Protocol, benchmark: Benchmark, sample: SampleSettings
) -> Callable[[], Iterator[Item]]:
    wanted = filters_of(request, protocol)
    if sample.limit is None:
        return lambda: select(benchmark.items(), **wanted)
    # Drawn as for scripted turns, so that the two runs of a sample are about the same requests;
    # only then is left out what an attacker is not sent to.
    scripted = filters_of(request.model_copy(update={"attacker": None}), protocol)

    def drawn_from() -> Iterator[Item]:
        return select(benchmark.items(), **scripted)

    def kept(items: Iterable[Item]) -> Iterator[Item]:
        return (item for item in items if not wanted["intent"] or item.intent in wanted["intent"])

    if sample.method == "first":
        return lambda: kept(limit(drawn_from(), sample.limit or 1))
    drawn = stratified_sample(drawn_from(), sample.limit, sample.seed, keys=_strata(benchmark))
    return lambda: kept(drawn)


def _way_out(sample: SampleSettings) -> str:
    if sample.limit is None:
        return "Loosen --language, --perspective, --intent or --guideline."
    return (
        f"Pairs of harmful and benign twins are drawn whole, and a --limit of {sample.limit} may "
        "hold none: raise it, or loosen --language, --perspective, --intent or --guideline."
    )


def _strata(benchmark: Benchmark) -> tuple[Key, ...]:
    """What a sample is spread over; of several benchmarks each must keep its share."""
    keys: tuple[Key, ...] = ("perspective", "guideline", "language")
    return ("benchmark", "intent", *keys) if " + " in benchmark.name else keys


def _survey(
    items: Iterator[Item], judges: Sequence[Judge], live: LiveAttack | None = None
) -> ItemSurvey:
    count = turns = prompt = history = 0
    state = digest("items")
    languages: Counter[str] = Counter()
    judged: Counter[str] = Counter()
    for item in items:
        count += 1
        # A live user says something else than the item, about as long; its first turn stands in.
        said = item.turns if live is None else item.turns[:1] * live.user.turns
        turns += len(said)
        size = CHARACTERS_PER_TOKEN.get(item.language, 4.0)
        repeats = range(len(said), 0, -1)
        prompt += sum(int(len(text) / size + 12) * n for text, n in zip(said, repeats, strict=True))
        history += len(said) * (len(said) - 1) // 2
        state = digest(state, item.id, *(getattr(item, name) for name in _LABELS))
        languages[item.language] += 1
        for judge in judges:
            if judge.scope.covers(item):
                judged[judge.name] += len(said)
    return ItemSurvey(count, turns, state.hex(), prompt, history, dict(languages), dict(judged))
