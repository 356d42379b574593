"""From an improvement file to all its work: baseline runs, adapters, and what each is put to.

    plan = make_improve_plan(read_improvement("ours.toml"), locate(None))

No model is loaded and nothing is written. An adapter's runs have no id before it is tuned, since
their identity is that of its files; the plan of the baseline's runs is what they are made from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from primum.benchmarks.catalogue import split_name
from primum.capability.planning import CapabilityPlan, plan_capability
from primum.capability.request import CapabilityRequest
from primum.core.errors import UserError, shorten
from primum.engine.job import Target
from primum.evaluation.plan import Plan
from primum.evaluation.planning import make_plan
from primum.evaluation.protocol import load_protocol
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.spec import facts_of, spec_of
from primum.ledger.workspace import Workspace
from primum.models.cache import Progress as DownloadProgress
from primum.models.local import LocalModel
from primum.models.local_source import LocalSource
from primum.studies.improve_expected import check_expected
from primum.studies.improve_file import CandidateSettings, EvaluateSettings, ImproveFile
from primum.studies.improve_grid import GridPoint, grid_points, tuning_request
from primum.studies.improve_reading import Improvement, part_names
from primum.studies.improve_transfer import require_untrained_sides
from primum.tuning.adapter import Adapter
from primum.tuning.held_out import (
    MEDSAFETYBENCH_TEST,
    HeldOut,
    Refused,
    default_held_out,
    without_held_out,
)
from primum.tuning.mix import TooFewDemonstrationsError
from primum.tuning.planning import TuningPlan, open_base, plan_tuning, require_libraries
from primum.tuning.sources import MEDSAFETYBENCH

BASELINE = "baseline"
"""How the model as it was is called among members and points."""
MOST_SHOWN = 3
"""Of the demonstrations that may not be trained on."""


@dataclass(frozen=True, slots=True)
class AdapterPlan:
    """One point under one seed."""

    point: GridPoint
    seed: int
    tuning: TuningPlan
    fault: str = ""
    """Why the adapter that lies in its folder cannot be used; the others go on without it."""

    @property
    def name(self) -> str:
        """Unique in the improvement."""
        return adapter_name(self.point, self.seed)


@dataclass(frozen=True)
class ImprovePlan:
    """An improvement that could begin now."""

    improvement: Improvement
    workspace: Workspace
    parts: Mapping[str, Plan]
    """Name → the baseline's plan."""
    capability: CapabilityPlan | None
    """Of the baseline."""
    adapters: tuple[AdapterPlan, ...]
    """Point by point, seed by seed."""
    command: str = ""
    notes: tuple[str, ...] = ()
    """What a reader should know of the figures to come."""

    @property
    def file(self) -> ImproveFile:
        """What was asked for."""
        return self.improvement.file

    @cached_property
    def points(self) -> tuple[GridPoint, ...]:
        """The grid."""
        return tuple({one.point.name: one.point for one in self.adapters}.values())

    @property
    def calls(self) -> int:
        """Requests of one model's safety runs."""
        return sum(plan.survey.turns * plan.repeats for plan in self.parts.values())

    @property
    def baseline_model(self) -> LocalModel:
        """The base as it is asked."""
        found = next(iter(self.parts.values())).target.model
        assert isinstance(found, LocalModel)  # noqa: S101 - made so below
        return found


def adapter_name(point: GridPoint, seed: int) -> str:
    """How the adapter of that point and seed is called."""
    return f"{point.name} · seed {seed}"


def make_improve_plan(
    improvement: Improvement,
    workspace: Workspace,
    *,
    command: str = "",
    download: DownloadProgress | None = None,
) -> ImprovePlan:
    """The plan of the improvement.

    Raises:
        UserError: something named is unknown, unreadable, empty or too small, or a library is
            missing; before any model is asked or tuned.
    """
    file = improvement.file
    require_untrained_sides(file)
    require_libraries("Improving a model")
    _require_local(file.model)
    source = open_base(file.model, download)
    # However it is tuned, it is asked through its template.
    source.require_chat_template()
    model = LocalModel(source, name=file.model, device=file.device)
    parts = {
        name: on_model(_part_plan(file, settings, command, download), model)
        for name, settings in zip(part_names(file), file.parts, strict=True)
    }
    capability = None
    if file.capability is not None:
        capability = capability_plan(file, model, file.model, command, download)
    notes = check_expected(improvement, parts, capability)
    adapters = tuple(_adapter_plans(file, parts, workspace, download))
    _refuse_equal(adapters)
    return ImprovePlan(improvement, workspace, parts, capability, adapters, command, notes)


def on_model(plan: Plan, model: LocalModel) -> Plan:
    """The same items and judges, put to another model under the same profile."""
    draft = replace(plan, target=Target(model, plan.target.profile))
    return replace(draft, spec=spec_of(draft), facts=facts_of(draft))


def adapter_model(file: ImproveFile, source: LocalSource, adapter_id: str) -> LocalModel:
    """A tuned model; its name holds no path, so that its runs are the same ones elsewhere."""
    name = f"{file.model} + {adapter_id}"
    return LocalModel(source, name=name, device=file.device)


def capability_plan(
    file: ImproveFile,
    model: LocalModel,
    spec: str,
    command: str = "",
    download: DownloadProgress | None = None,
) -> CapabilityPlan:
    """The capability run of that model; ``spec`` is how it is opened.

    Raises:
        UserError: a task is unknown, or its data cannot be had.
    """
    assert file.capability is not None  # noqa: S101 - the caller looked
    values = file.capability.model_dump()
    request = CapabilityRequest.model_validate({**values, "model": spec})
    plan = plan_capability(request, command=command, download=download)
    return replace(plan, model=model, spec=capability_spec(plan, model))


def capability_spec(plan: CapabilityPlan, model: LocalModel) -> Mapping[str, Any]:
    """What the run of that plan's tasks on the model is."""
    return {**plan.spec, "target": {"name": model.name, "identity": dict(model.identity)}}


def _part_plan(
    file: ImproveFile,
    settings: EvaluateSettings,
    command: str,
    download: DownloadProgress | None,
) -> Plan:
    values = settings.model_dump(exclude={"name"})
    data = settings.data or _data_of(file, settings)
    request = EvaluationRequest.model_validate({**values, "model": file.model, "data": data})
    try:
        return make_plan(request, command=command, download=download)
    except UserError as error:
        name = settings.name or settings.protocol
        raise UserError(f"[[evaluate]] “{shorten(name)}”: {error}") from error


def _data_of(file: ImproveFile, settings: EvaluateSettings) -> tuple[str, ...]:
    """The places of the file that this part's benchmarks lie at."""
    names = settings.benchmark or load_protocol(settings.protocol).benchmarks
    bases = {name.partition(":")[0] for name in names}
    found = []
    for entry in file.data:
        head, separator, _ = entry.partition("=")
        if (separator and head in bases) or (not separator and MEDSAFETYBENCH in bases):
            found.append(entry)
    return tuple(found)


def _adapter_plans(
    file: ImproveFile,
    parts: Mapping[str, Plan],
    workspace: Workspace,
    download: DownloadProgress | None,
) -> Iterable[AdapterPlan]:
    for point in grid_points(file):
        held_out = _held_out(file, point.candidate, parts)
        for seed in file.seeds:
            request = tuning_request(file, point, seed, held_out)
            try:
                tuning = plan_tuning(
                    request, workspace=workspace, download=download, reads_folder=False
                )
            except UserError as error:
                told = f"“{shorten(point.name)}”, seed {seed}: {error}"
                if isinstance(error, TooFewDemonstrationsError) and error.refused:
                    told += f" Refused: {_shown(error.refused)}."
                raise UserError(told) from error
            adapter = AdapterPlan(point, seed, tuning, _fault(tuning))
            _refuse_evaluated(adapter, parts)
            yield adapter


def _fault(tuning: TuningPlan) -> str:
    """Why what lies in the adapter's folder cannot be used; empty if it can, or is not there."""
    try:
        found = tuning.finished
    except UserError as error:
        return f"cannot be read: {error}"
    if found is not None:
        try:
            _ = Adapter(tuning.folder, found).source.identity
        except UserError as error:
            return f"cannot be opened: {error} Or delete the folder to tune it again."
    return ""


def _refuse_equal(adapters: Sequence[AdapterPlan]) -> None:
    """Refuse two points that are one and the same adapter.

    Raises:
        UserError: both are named.
    """
    known: dict[str, AdapterPlan] = {}
    for adapter in adapters:
        other = known.setdefault(adapter.tuning.id, adapter)
        if other is not adapter:
            raise UserError(
                f"“{shorten(other.point.name)}” and “{shorten(adapter.point.name)}” are one and "
                "the same tuning: base, data, settings and seed are equal. Leave one of them out, "
                "or change what should differ."
            )


def _held_out(
    file: ImproveFile, candidate: CandidateSettings, parts: Mapping[str, Plan]
) -> tuple[str, ...]:
    """What may not be trained on: what the file says, or what is at hand; and what is evaluated."""
    sources = (*candidate.harmful, *candidate.benign)
    named = file.held_out
    names = default_held_out(sources, data=file.data) if named is None else named
    evaluated = [
        name
        for plan in parts.values()
        if not plan.request.columns
        for name in plan.request.benchmark or plan.protocol.benchmarks
        if not _is_covered(name, names) and (not plan.request.data or _base(name) == MEDSAFETYBENCH)
    ]
    return tuple(dict.fromkeys([*names, *evaluated]))


def _base(name: str) -> str:
    parts = split_name(name)
    return parts.base if parts else ""


def _is_covered(name: str, held_out: Sequence[str]) -> bool:
    """Whether the items are among those of sets that are held out anyway."""
    parts = split_name(name)
    if parts is None:
        return name in held_out
    if parts.base == MEDSAFETYBENCH:
        is_test = parts.view == "" or parts.view.startswith("test")
        return is_test and MEDSAFETYBENCH_TEST in held_out
    return parts.base in held_out


def _refuse_evaluated(adapter: AdapterPlan, parts: Mapping[str, Plan]) -> None:
    """Refuse to train on what is evaluated, for sets that could not be held out by their name.

    Raises:
        UserError: the way out is named.
    """
    held_out = adapter.tuning.request.held_out or ()
    for name, plan in parts.items():
        names = plan.request.benchmark or plan.protocol.benchmarks
        if all(_is_covered(each, held_out) or each in held_out for each in names):
            continue
        evaluated = HeldOut(name, tuple(plan.items()), "")
        _, refused = without_held_out(adapter.tuning.mixture.demonstrations, [evaluated])
        if refused:
            raise UserError(
                f"“{shorten(adapter.name)}” would be tuned on {len(refused):,} of the items of "
                f"[[evaluate]] “{shorten(name)}” ({_listed(names)}), or on near twins of them: "
                f"{_shown(refused)}. Take them out of the sources."
            )


def _shown(refused: Sequence[Refused]) -> str:
    """The first ones: where each stands, and which item of which set it is or comes near to."""
    told = [
        f"{shorten(each.demonstration.provenance or each.demonstration.source, 50)} "
        + ("is" if each.why == "test_item" else f"is near ({each.similarity:.2f})")
        + f" {shorten(each.benchmark, 40)} {shorten(each.item, 40)}"
        for each in refused[:MOST_SHOWN]
    ]
    rest = len(refused) - len(told)
    return "; ".join([*told, *([f"and {rest:,} more"] if rest else [])])


def _listed(names: Sequence[str]) -> str:
    return ", ".join(shorten(name) for name in names)


def _require_local(model: str) -> None:
    """Return if the file's model is named as one whose weights torch opens.

    Raises:
        UserError: it is not.
    """
    kind, _, argument = model.strip().partition(":")
    if kind != "hf" or not argument:
        raise UserError(
            f"“{shorten(model)}” cannot be tuned: its weights are needed as torch opens them. "
            "Name hf:embedded, hf:FOLDER, hf:OWNER/NAME[@REVISION] or hf:FILE.gguf."
        )
