"""From a study to all its runs: every member on every part, and what it takes.

    plan = make_study_plan(read_study("ours.toml"))
    plan.totals.calls

Nothing is asked and nothing is written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

from pydantic import ValidationError

from primum.core.digest import canonical, digest_of
from primum.core.errors import DataError, UserError, shorten
from primum.engine.job import Target
from primum.evaluation.cost import CostEstimate, estimate_cost
from primum.evaluation.plan import Plan
from primum.evaluation.planning import make_plan, plan_for_another_target
from primum.evaluation.protocol import load_protocol
from primum.evaluation.request import EvaluationRequest
from primum.models.cache import Progress as DownloadProgress
from primum.models.chat_model import ChatModel
from primum.models.endpoint import HttpModel
from primum.studies import demo as _demo_models  # noqa: F401 - a file may name “demo:” models
from primum.studies.design import PartPlan, StudyMember, part_name
from primum.studies.design_items import item_fault, levels_before_limit, levels_of
from primum.studies.respondents import members_of, refuse_unknown_items, unmatched_everywhere
from primum.studies.study_file import PartSettings, StudyFile

Limit = int | Literal["all"]
LOCAL = ("embedded", "answers")
"""Providers whose runs share one lane: they have one machine, or nothing to wait for."""


class StudyLimits(NamedTuple):
    """What the whole study may take; None is no limit."""

    max_calls: int | None = None
    max_total_tokens: int | None = None
    max_cost_usd: float | None = None


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One member on one part."""

    member: str
    part: str
    plan: Plan
    cost: CostEstimate
    """As if the ledger were empty."""

    @property
    def calls(self) -> int:
        """Of target and judges, as if the ledger were empty; answers that exist are no calls."""
        is_recorded = self.plan.answers is not None
        return self.cost.judge_calls + (0 if is_recorded else self.cost.target_calls)

    @property
    def lane(self) -> str:
        """Runs of one lane go one after the other; lanes go side by side."""
        model = self.plan.target.model
        provider = str(model.identity.get("provider", ""))
        if provider in LOCAL:
            return provider
        if isinstance(model, HttpModel):
            return f"{provider} {model.identity.get('base_url', '')}".strip()
        return f"{provider} {digest_of(dict(model.identity)).hex()}"


class StudyTotals(NamedTuple):
    """All runs together; a run that two members share is counted once."""

    runs: int
    conversations: int
    calls: int
    prompt_tokens: int
    completion_tokens_at_most: int
    usd_at_most: float | None
    """None where the price of a model is not known."""


@dataclass(frozen=True, slots=True)
class StudyPlan:
    """A study that could begin now."""

    study: StudyFile
    members: tuple[StudyMember, ...]
    parts: tuple[PartPlan, ...]
    runs: tuple[PlannedRun, ...]
    """Member by member, in the order of the file."""
    limits: StudyLimits = field(default_factory=StudyLimits)

    @property
    def distinct_runs(self) -> tuple[PlannedRun, ...]:
        """Each run id once."""
        return tuple({run.plan.run_id: run for run in reversed(self.runs)}.values())[::-1]

    @property
    def totals(self) -> StudyTotals:
        """What the study takes, as if the ledger were empty."""
        runs = self.distinct_runs
        costs = [run.cost for run in runs]
        usd = [cost.usd_at_most for cost in costs]
        return StudyTotals(
            len(runs),
            sum(run.plan.conversations for run in runs),
            sum(run.calls for run in runs),
            sum(cost.prompt_tokens for cost in costs),
            sum(cost.completion_tokens_at_most for cost in costs),
            None if None in usd else sum(each for each in usd if each is not None),
        )


def make_study_plan(
    study: StudyFile,
    *,
    limit: Limit | None = None,
    limits: StudyLimits | None = None,
    data: Sequence[str] = (),
    command: str = "",
    download: DownloadProgress | None = None,
) -> StudyPlan:
    """Every run of the study.

    Args:
        study: What was declared.
        limit: Items at most, instead of the limit of every part. What the study says of its items
            is then held against those that the limit draws from: a small sample may lack a level,
            and the report says so.
        limits: What the whole study may take.
        data: Where published sets lie, each ``NAME=PATH``; before the parts' own.
        command: As it was typed; kept with the runs.
        download: Told about downloads.

    Raises:
        UserError: something named is unknown, unreadable or empty, or a contrast is about items
            that are not planned; before any model is asked.
    """
    members = members_of(study)
    planner = _Planner(
        study, limit, limits or StudyLimits(), _placed(study, data), command, download
    )
    runs = [
        planner.run(member, part)
        for member in members
        for part in study.parts
        if member.takes(part_name(part))
    ]
    parts = tuple(_part_plan(part, runs) for part in study.parts if _is_taken(part, runs))
    _refuse_one_target_twice(runs)
    _refuse_unknown_answers(members, runs, is_cut=limit is not None)
    plans = {run.part: run.plan for run in runs}
    fault = item_fault(study, parts, plans)
    if fault is not None and isinstance(limit, int):
        uncut = [replace(part, levels=levels_before_limit(plans[part.name])) for part in parts]
        fault = item_fault(study, uncut, plans)
    if fault is not None:
        raise DataError(study.id, fault)
    return StudyPlan(study, members, parts, tuple(runs), planner.limits)


def _refuse_one_target_twice(runs: Iterable[PlannedRun]) -> None:
    """Refuse members that are the same model under the same profile: one would count as two."""
    first: dict[str, PlannedRun] = {}
    for run in runs:
        other = first.setdefault(run.plan.run_id, run)
        if other.member != run.member and other.part == run.part:
            raise UserError(
                f"“{shorten(other.member)}” and “{shorten(run.member)}” are one target: the same "
                f"model under the same profile ({shorten(run.plan.target.model.name)}), so that "
                "one would count as two independent models. Leave one out, or give them different "
                "settings."
            )


@dataclass(slots=True)
class _Planner:
    study: StudyFile
    limit: Limit | None
    limits: StudyLimits
    data: Mapping[str, tuple[str, ...]]
    """Part → what is said from outside about where its data lie."""
    command: str
    download: DownloadProgress | None
    plans: dict[str, Plan] = field(default_factory=dict)
    """Part → the first plan of it; items and judges are loaded once."""
    models: dict[bytes, ChatModel] = field(default_factory=dict)
    """How a model is reached → the model; shared, so that it is opened once."""

    def run(self, member: StudyMember, part: PartSettings) -> PlannedRun:
        name = part_name(part)
        try:
            request = self._request(member, part)
            plan = self._plan(name, request)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            said = f"the key “{key}” is not as expected: {first['msg'].lower()}."
            raise DataError(self.study.id, _of(member, name) + said) from None
        except UserError as error:
            raise UserError(f"{self.study.id}: {_of(member, name)}{error}") from error
        return PlannedRun(member.name, name, plan, estimate_cost(plan))

    def _request(self, member: StudyMember, part: PartSettings) -> EvaluationRequest:
        """What ``primum evaluate`` would be told; all members get the same items."""
        own, limit = member.settings, part.limit if self.limit is None else self.limit
        of_part = part.model_dump(exclude={"name", "limit", "profile", "max_tokens", "data"})
        of_model: dict[str, Any] = own.model_dump(
            include=(_CONNECTION - {"model"}) | {"system_prompt", "temperature", "top_p"}
        )
        return EvaluationRequest(
            **of_part,
            **of_model,
            model=member.model,
            data=self.data[part_name(part)] or part.data,
            profile=own.profile or part.profile,
            max_tokens=part.max_tokens if own.max_tokens is None else own.max_tokens,
            limit=limit,
            seed=self.study.seed if isinstance(limit, int) else None,
            max_cost_usd=self.limits.max_cost_usd,
        )

    def _plan(self, part: str, request: EvaluationRequest) -> Plan:
        first = self.plans.get(part)
        if first is None:
            plan = make_plan(request, command=self.command, download=self.download)
            self.plans[part] = plan
        else:
            plan = plan_for_another_target(first, request, download=self.download)
        key = canonical(
            {
                "identity": dict(plan.target.model.identity),
                **request.model_dump(mode="json", include=_CONNECTION),
            }
        )
        model = self.models.setdefault(key, plan.target.model)
        return replace(plan, target=Target(model, plan.target.profile))


_CONNECTION = {
    "model", "base_url", "api_key_variable", "timeout_seconds", "concurrency", "slots",
    "context_tokens",
}  # fmt: skip


def _of(member: StudyMember, part: str) -> str:
    return f"model “{shorten(member.name)}” in protocol “{shorten(part)}”: "


def _placed(study: StudyFile, data: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Part → the entries of ``data`` that name one of its benchmarks.

    Raises:
        UserError: an entry names no benchmark of the study.
    """
    found: dict[str, tuple[str, ...]] = {}
    known: set[str] = set()
    for part in study.parts:
        names = set(part.benchmark or load_protocol(part.protocol).benchmarks)
        names |= {name.partition(":")[0] for name in names}
        known |= names
        own = (entry for entry in data if "=" in entry and entry.partition("=")[0] in names)
        found[part_name(part)] = tuple(own)
    for entry in data:
        if not any(entry in own for own in found.values()):
            raise UserError(
                f"“--data {shorten(entry)}” names no benchmark of the study. Write --data "
                f"NAME=PATH with one of {', '.join(sorted(known))}."
            )
    return found


def _is_taken(part: PartSettings, runs: Iterable[PlannedRun]) -> bool:
    return any(run.part == part_name(part) for run in runs)


def _part_plan(part: PartSettings, runs: Iterable[PlannedRun]) -> PartPlan:
    name = part_name(part)
    plan = next(run.plan for run in runs if run.part == name)
    title = plan.protocol.title
    return PartPlan(
        name=name,
        settings=part,
        protocol=plan.protocol,
        titles={"en": title.en, "ja": title.ja},
        benchmark=plan.benchmark.name,
        items=plan.survey.items,
        levels=levels_of(plan),
    )


def _refuse_unknown_answers(
    members: Sequence[StudyMember], runs: Sequence[PlannedRun], *, is_cut: bool
) -> None:
    """Answers to what no part asks; with a limit from outside, to what no benchmark holds."""
    for member in members:
        own = [run for run in runs if run.member == member.name and run.plan.answers is not None]
        if not own:
            continue
        left = []
        for run in own:
            match = run.plan.answers
            model: Any = run.plan.target.model
            if is_cut:
                match = model.match(run.plan.benchmark.items())
            left.append(match.unmatched_rows if match is not None else ())
        refuse_unknown_items(unmatched_everywhere(left), [run.part for run in own])
