"""The capability tasks of a watch, as runs of an occasion.

Tasks are asked once for each model that the watch names: the harness writes the prompts, so that a
deployment's system prompt and sampling have no part in them. An endpoint is asked anew on every
occasion. A model in this process is computed once: the same weights give the same log-likelihoods,
and other weights are another identity.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from primum.core.errors import UserError
from primum.core.watch import PanelName
from primum.studies.study_plan import StudyLimits
from primum.studies.watch_file import CapabilitySettings, WatchFile, WatchProfile
from primum.studies.watch_model import OccasionModel

if TYPE_CHECKING:
    from primum.capability.planning import CapabilityPlan
    from primum.models.cache import Progress as DownloadProgress

PART = "capability"
"""The name under which the tasks stand beside the protocols."""


class CapabilityRun(NamedTuple):
    """The tasks put to one model on one occasion."""

    profile: str
    """The first profile that is served by the model."""
    plan: CapabilityPlan
    part: str = PART
    panel: PanelName = "fixed"

    @property
    def key(self) -> str:
        """Unique in the occasion."""
        return f"{self.profile}/{self.part}/{self.panel}"


class CapabilityPlanning(NamedTuple):
    """What the plans of an occasion are made with."""

    watch: WatchFile
    occasion: int
    limits: StudyLimits
    command: str
    download: DownloadProgress | None


def capability_runs(planning: CapabilityPlanning) -> Iterator[CapabilityRun]:
    """The tasks put to every model of the watch; nothing where the file names no tasks.

    Raises:
        UserError: a task or a model is unknown, a limit cannot be kept, or the extra is not
            installed.
    """
    settings = planning.watch.capability
    if settings is None:
        return
    if planning.limits.max_cost_usd is not None:
        raise UserError(
            f"{planning.watch.id}: --max-cost cannot be kept for capability tasks. Limit the "
            "occasion with --max-calls or --max-total-tokens instead."
        )
    known: set[tuple[str, str]] = set()
    for profile in planning.watch.profiles:
        target = profile.model or planning.watch.model, _address(planning.watch, profile) or ""
        if target not in known:
            known.add(target)
            yield CapabilityRun(profile.name, _plan(planning, profile, settings))


def frozen_tasks(runs: Iterator[CapabilityRun] | tuple[CapabilityRun, ...]) -> dict[str, Any]:
    """What every occasion has in common: task → what was asked and how it is scored."""
    return {
        task.name: f"{task.few_shot}-shot {task.fingerprint}"
        for run in runs
        for task in run.plan.tasks
    }


def _address(watch: WatchFile, profile: WatchProfile) -> str | None:
    return profile.base_url if profile.model or profile.base_url else watch.base_url


def _plan(
    planning: CapabilityPlanning, profile: WatchProfile, settings: CapabilitySettings
) -> CapabilityPlan:
    # The harness is heavy and an extra: a watch without tasks needs neither.
    from primum.capability.planning import plan_capability
    from primum.capability.request import CapabilityRequest

    watch = planning.watch
    own = profile if profile.model or profile.base_url else watch
    request = CapabilityRequest(
        model=profile.model or watch.model,
        tasks=settings.tasks,
        include_path=settings.include_path,
        few_shot=settings.few_shot,
        seeds=settings.seeds,
        limit=settings.limit,
        base_url=own.base_url,
        api_key_variable=own.api_key_variable,
        timeout_seconds=watch.timeout_seconds,
        concurrency=watch.concurrency,
        max_calls=planning.limits.max_calls,
        max_total_tokens=planning.limits.max_total_tokens,
    )
    plan = plan_capability(request, command=planning.command, download=planning.download)
    return _on_occasion(plan, watch.id, planning.occasion)


def _on_occasion(plan: CapabilityPlan, watch: str, occasion: int) -> CapabilityPlan:
    """The plan as a run of its own; at an endpoint its requests are other calls, too."""
    spec = {**plan.spec, "watch": {"id": watch, "occasion": occasion, "panel": "fixed"}}
    if plan.is_local:
        return replace(plan, spec=spec)
    from primum.capability.planning import build_requests
    from primum.capability.request_key import KeyMaker, requests_of

    model = OccasionModel(plan.model, watch, occasion)
    maker = KeyMaker(model)
    tasks = tuple(
        replace(
            task,
            keys=tuple(
                tuple(
                    maker.key(each)
                    for each in requests_of(
                        build_requests(
                            task.loaded, seed, limit=plan.request.limit, is_chat=plan.is_chat
                        )
                    )
                )
                for seed in plan.seeds
            ),
        )
        for task in plan.tasks
    )
    target: Mapping[str, Any] = {"name": model.name, "identity": dict(model.identity)}
    return replace(plan, model=model, tasks=tasks, spec={**spec, "target": target})
