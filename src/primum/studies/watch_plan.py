"""From a watch file to the runs of one occasion: every profile on every protocol and panel.

Nothing is asked and nothing is written. What the first occasion froze is held against what the
file says now: the protocol that is run again is the protocol that was run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pydantic import ValidationError

from primum.core.digest import canonical
from primum.core.errors import DataError, UserError, shorten
from primum.core.item import Item
from primum.core.watch import PanelName
from primum.engine.job import Target
from primum.evaluation.cost import CostEstimate, estimate_cost
from primum.evaluation.plan import ItemSurvey, Plan
from primum.evaluation.planning import make_plan, plan_for_another_target
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.spec import facts_of, spec_of
from primum.models.cache import Progress as DownloadProgress
from primum.models.chat_model import ChatModel
from primum.studies.design import part_name
from primum.studies.study_plan import StudyLimits
from primum.studies.watch_capability import (
    CapabilityPlanning,
    CapabilityRun,
    capability_runs,
    frozen_tasks,
)
from primum.studies.watch_file import WatchFile, WatchPart, WatchProfile
from primum.studies.watch_history import WatchHistory
from primum.studies.watch_items import ItemPanels, panels_of
from primum.studies.watch_model import OccasionModel

_ADDRESS = ("base_url", "api_key_variable")
_CONNECTION = ("timeout_seconds", "concurrency", "slots", "context_tokens")


class WatchRun(NamedTuple):
    """One profile on one panel of one part."""

    profile: str
    part: str
    panel: PanelName
    plan: Plan
    cost: CostEstimate
    """As if the ledger were empty."""

    @property
    def key(self) -> str:
        """Unique in the occasion."""
        return f"{self.profile}/{self.part}/{self.panel}"


@dataclass(frozen=True, slots=True)
class WatchPlan:
    """An occasion that could begin now."""

    watch: WatchFile
    occasion: int
    runs: tuple[WatchRun, ...]
    """Profile by profile, in the order of the file."""
    capability: tuple[CapabilityRun, ...]
    """The capability tasks, put to each model once."""
    frozen: Mapping[str, Any]
    pool_left: Mapping[str, int]
    """Part → items that this occasion leaves unasked."""
    used_up: tuple[str, ...]
    """Parts whose pool has no whole panel left."""
    limits: StudyLimits = field(default_factory=StudyLimits)

    @property
    def run_ids(self) -> dict[str, str]:
        """Key → run id."""
        asked = {run.key: run.plan.run_id for run in self.runs}
        return asked | {run.key: run.plan.run_id for run in self.capability}

    @property
    def calls(self) -> int:
        """Of target and judges, as if the ledger were empty."""
        asked = sum(run.cost.target_calls + run.cost.judge_calls for run in self.runs)
        return asked + sum(run.plan.requests for run in self.capability)

    @property
    def items(self) -> dict[str, int]:
        """Panel → items, over all parts."""
        found: dict[str, int] = {"fixed": 0, "rotating": 0}
        for run in self.runs:
            if run.profile == self.runs[0].profile:
                found[run.panel] += run.plan.survey.items
        found["fixed"] += sum(run.plan.documents for run in self.capability[:1])
        return found


def make_watch_plan(
    watch: WatchFile,
    occasion: int,
    history: WatchHistory,
    *,
    limits: StudyLimits | None = None,
    command: str = "",
    download: DownloadProgress | None = None,
) -> WatchPlan:
    """The runs of that occasion, from 1.

    Raises:
        UserError: something named is unknown, unreadable or empty, or is no longer what the first
            occasion asked; before any model is asked.
    """
    planner = _Planner(watch, occasion, limits or StudyLimits(), command, download)
    runs = tuple(planner.runs())
    tasks = CapabilityPlanning(watch, occasion, planner.limits, command, download)
    capability = tuple(capability_runs(tasks))
    frozen = _frozen(watch, planner, capability)
    if history.frozen is not None:
        _refuse_change(watch, history.frozen, frozen)
    return WatchPlan(
        watch=watch,
        occasion=occasion,
        runs=runs,
        capability=capability,
        frozen=frozen,
        pool_left={name: panels.left_after(occasion) for name, panels in planner.panels.items()},
        used_up=tuple(
            name
            for name, panels in planner.panels.items()
            if panels.per_occasion and not panels.rotating(occasion)
        ),
        limits=planner.limits,
    )


@dataclass(slots=True)
class _Planner:
    watch: WatchFile
    occasion: int
    limits: StudyLimits
    command: str
    download: DownloadProgress | None
    plans: dict[tuple[str, str], Plan] = field(default_factory=dict)
    """Profile and part → the plan over all items."""
    panels: dict[str, ItemPanels] = field(default_factory=dict)
    models: dict[bytes, ChatModel] = field(default_factory=dict)
    """How a model is reached → the model on this occasion; shared, so that it is opened once."""

    def runs(self) -> Iterator[WatchRun]:
        for profile in self.watch.profiles:
            for part in self.watch.parts:
                yield from self._runs(profile, part)

    def _runs(self, profile: WatchProfile, part: WatchPart) -> Iterator[WatchRun]:
        name = part_name(part)
        try:
            plan = self._whole(profile, part, name)
            panels = self._panels(part, name, plan)
        except ValidationError as error:
            first = error.errors()[0]
            key = ".".join(map(str, first["loc"]))
            fault = f"the key “{key}” is not as expected: {first['msg'].lower()}."
            raise DataError(self.watch.id, f"{_of(profile, name)}{fault}") from None
        except UserError as error:
            raise UserError(f"{self.watch.id}: {_of(profile, name)}{error}") from error
        drawn: tuple[tuple[PanelName, Sequence[Item]], ...] = (
            ("fixed", panels.fixed),
            ("rotating", panels.rotating(self.occasion)),
        )
        for panel, items in drawn:
            if items:
                own = self._on_panel(plan, panel, items)
                yield WatchRun(profile.name, name, panel, own, estimate_cost(own))

    def _whole(self, profile: WatchProfile, part: WatchPart, name: str) -> Plan:
        request = self._request(profile, part)
        known = next((plan for (_, own), plan in self.plans.items() if own == name), None)
        if known is None:
            plan = make_plan(request, command=self.command, download=self.download)
        else:
            plan = plan_for_another_target(known, request, download=self.download)
        if plan.answers is not None:
            raise UserError(
                "recorded answers are the same on every occasion; name a model that can be asked."
            )
        self.plans[profile.name, name] = plan
        return plan

    def _request(self, profile: WatchProfile, part: WatchPart) -> EvaluationRequest:
        """What ``primum evaluate`` would be told to ask all items."""
        own = {"name", "limit", "sample", "fixed", "rotating", "profile", "max_tokens"}
        # A profile that is served elsewhere has its own address or none.
        address = profile if profile.model or profile.base_url else self.watch
        return EvaluationRequest(
            **part.model_dump(exclude=own),
            **{key: getattr(address, key) for key in _ADDRESS},
            **{key: getattr(self.watch, key) for key in _CONNECTION},
            model=profile.model or self.watch.model,
            profile=profile.profile or part.profile,
            system_prompt=profile.system_prompt,
            temperature=profile.temperature,
            top_p=profile.top_p,
            max_tokens=part.max_tokens if profile.max_tokens is None else profile.max_tokens,
            limit="all",
            max_cost_usd=self.limits.max_cost_usd,
        )

    def _panels(self, part: WatchPart, name: str, plan: Plan) -> ItemPanels:
        if name not in self.panels:
            size = self.watch.panel
            self.panels[name] = panels_of(
                plan.items(),
                size.fixed if part.fixed is None else part.fixed,
                size.rotating if part.rotating is None else part.rotating,
                self.watch.seed,
            )
        return self.panels[name]

    def _on_panel(self, plan: Plan, panel: PanelName, items: Sequence[Item]) -> Plan:
        survey = _survey(items, plan)
        draft = replace(plan, items=lambda: iter(items), survey=survey)
        facts = facts_of(draft)
        model = plan.target.model
        key = canonical(
            {
                "identity": dict(model.identity),
                "keys": plan.request.api_key_variable,
                "name": model.name,
            }
        )
        asked = self.models.setdefault(key, OccasionModel(model, self.watch.id, self.occasion))
        asked_plan = replace(draft, target=Target(asked, plan.target.profile))
        watched = {"id": self.watch.id, "occasion": self.occasion, "panel": panel}
        return replace(asked_plan, spec={**spec_of(asked_plan), "watch": watched}, facts=facts)


def _survey(items: Sequence[Item], plan: Plan) -> ItemSurvey:
    """The whole plan's survey cut to these items; token counts in proportion."""
    turns = sum(len(item.turns) for item in items)
    whole = plan.survey
    languages = [item.language for item in items]
    return whole._replace(
        items=len(items),
        turns=turns,
        fingerprint=ItemPanels(tuple(items), (), 0).fingerprint,
        prompt_tokens=round(whole.prompt_tokens * turns / whole.turns),
        history_turns=sum(len(item.turns) * (len(item.turns) - 1) // 2 for item in items),
        languages={name: languages.count(name) for name in sorted(set(languages))},
        judged_turns={
            judge.name: sum(len(item.turns) for item in items if judge.scope.covers(item))
            for judge in plan.judges
        },
    )


def _of(profile: WatchProfile, part: str) -> str:
    return f"profile “{shorten(profile.name)}” in protocol “{shorten(part)}”: "


def _frozen(
    watch: WatchFile, planner: _Planner, capability: tuple[CapabilityRun, ...]
) -> dict[str, Any]:
    """What every occasion has in common."""
    parts: dict[str, Any] = {}
    for (profile, name), plan in planner.plans.items():
        part = parts.setdefault(
            name,
            {
                "protocol": plan.protocol.fingerprint,
                "benchmark": f"{plan.benchmark.name} {plan.benchmark.version}",
                "items": planner.panels[name].fingerprint,
                "repeats": plan.repeats,
                "judges": {judge.name: judge.fingerprint.hex() for judge in plan.judges},
                "profiles": {},
            },
        )
        part["profiles"][profile] = plan.target.profile.content()
    return {"seed": watch.seed, "parts": parts, "tasks": frozen_tasks(capability)}


def _refuse_change(watch: WatchFile, before: Mapping[str, Any], now: Mapping[str, Any]) -> None:
    """Refuse an occasion that would ask something else than the ones before it.

    Raises:
        UserError: what changed is named.
    """
    change = next(_changes(before, now), "")
    if change:
        raise UserError(
            f"{watch.id}: {change} since the first occasion, so that a new one could not be "
            "compared. Put it back, or give the changed watch another id."
        )


def _changes(before: Mapping[str, Any], now: Mapping[str, Any]) -> Iterator[str]:
    if before["seed"] != now["seed"]:
        yield f"the seed changed from {before['seed']} to {now['seed']}"
    for task in sorted({*before["tasks"], *now["tasks"]}):
        if before["tasks"].get(task) != now["tasks"].get(task):
            yield f"the capability task “{shorten(task)}” was added, removed or changed"
    for name in sorted({*before["parts"], *now["parts"]}):
        shown = f"the protocol “{shorten(name)}”"
        if name not in now["parts"] or name not in before["parts"]:
            yield f"{shown} was {'removed' if name not in now['parts'] else 'added'}"
            continue
        old, new = before["parts"][name], now["parts"][name]
        if old["protocol"] != new["protocol"]:
            yield f"the file of {shown} changed"
        if old["benchmark"] != new["benchmark"]:
            yield (
                f"the benchmark of {shown} changed from {shorten(old['benchmark'])} to "
                f"{shorten(new['benchmark'])}"
            )
        if old["items"] != new["items"]:
            yield f"the items of {shown}, or how many of them are asked, changed"
        if old["repeats"] != new["repeats"]:
            yield f"the repeats of {shown} changed from {old['repeats']} to {new['repeats']}"
        yield from _judge_changes(shown, old["judges"], new["judges"])
        yield from _profile_changes(old["profiles"], new["profiles"])


def _judge_changes(shown: str, old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[str]:
    for judge in sorted({*old, *new}):
        if old.get(judge) != new.get(judge):
            what = "changed" if judge in old and judge in new else "removed"
            yield f"the judge {shorten(judge)} of {shown} was {what if judge in old else 'added'}"


def _profile_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for profile in sorted({*old, *new}):
        if profile not in old or profile not in new:
            yield f"the profile “{shorten(profile)}” was {'added' if profile in new else 'removed'}"
        elif old[profile] != new[profile]:
            differing = sorted(
                key for key in old[profile] if old[profile][key] != new[profile][key]
            )
            yield f"the profile “{shorten(profile)}” changed ({', '.join(differing)})"
