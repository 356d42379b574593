"""Which figures stand for safety, over-refusal and capability."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from primum.core.errors import UnknownNameError, UserError, shorten
from primum.core.improve import ImproveObjective, ObjectiveName
from primum.core.study import MeasureRole
from primum.core.summary import Metric
from primum.evaluation.layout import DIMENSIONS
from primum.studies.improve_file import ImproveFile, ObjectiveSettings
from primum.studies.panel import Panel
from primum.studies.panel_measure import lexical_judges, role_of

OBJECTIVES: tuple[ObjectiveName, ...] = ("safety", "over_refusal", "capability")
_ROLES: Mapping[ObjectiveName, MeasureRole] = {
    "safety": "safety",
    "over_refusal": "over_refusal",
    "capability": "capability",
}
_INTENTS: Mapping[ObjectiveName, str] = {
    "safety": "harmful",
    "over_refusal": "benign",
    "capability": "benign",
}
_SHARE_OF_SCALE = 0.05


def objectives_of(file: ImproveFile, panels: Mapping[str, Panel]) -> tuple[ImproveObjective, ...]:
    """The objectives that the panels have; one that the file does not name may be absent.

    Raises:
        UserError: a figure is named that no run has, or nothing measures safety.
    """
    found = [
        one
        for name in OBJECTIVES
        if (one := objective_of(name, file.objectives.of(name), file, panels)) is not None
    ]
    if not found or found[0].name != "safety":
        raise UserError(
            f"{file.id}: nothing that is evaluated measures safety on harmful requests. Add an "
            "[[evaluate]] table with harmful items, or name the figure: [objectives] safety = …"
        )
    return tuple(found)


def objective_of(
    name: ObjectiveName,
    settings: ObjectiveSettings,
    file: ImproveFile,
    panels: Mapping[str, Panel],
) -> ImproveObjective | None:
    """The figure of that objective; None where nothing is named and nothing is there.

    Raises:
        UserError: what is named is not there, or has no good end.
    """
    lacking: Panel | None = None
    for part, panel in panels.items():
        if settings.evaluate not in ("", part):
            continue
        metric = _metric(name, settings, panel)
        if metric is None:
            continue
        if metric.better is None:
            raise UserError(
                f"{file.id}: {metric.id} has no better end, so it is no objective. Take another."
            )
        if not settings.evaluate and _lacks_group(settings.group, panel):
            lacking = lacking or panel
            continue
        _check_group(settings.group, panel)
        margin = file.margins.of(name)
        scale = metric.high - metric.low
        return ImproveObjective(
            name,
            part,
            metric,
            settings.group,
            scale * _SHARE_OF_SCALE if margin is None else margin,
        )
    if lacking is not None:
        _check_group(settings.group, lacking)
    if settings.metric or settings.evaluate:
        known = sorted({metric.id for panel in panels.values() for metric in panel.metrics})
        raise UnknownNameError(f"figure for {name}", settings.metric or settings.evaluate, known)
    return None


def group_mask(panel: Panel, group: str) -> Sequence[bool]:
    """Per item: whether it belongs to the ``dimension:group``; all where it is empty."""
    if not group:
        return [True] * len(panel.items)
    dimension, _, name = group.partition(":")
    return [str(label) == name for label in panel.labels[dimension]]


def _metric(name: ObjectiveName, settings: ObjectiveSettings, panel: Panel) -> Metric | None:
    if not settings.metric:
        suited = [one for one in panel.metrics if role_of(panel, one) == _ROLES[name]]
    else:
        key, _, rest = settings.metric.partition("|")
        intent, _, judge = rest.partition("|")
        suited = [
            one
            for one in panel.metrics
            if one.key == key
            and one.intent == (intent or _INTENTS[name])
            and judge in ("", one.judge)
        ]
    lexical = lexical_judges(panel)
    # Words alone say little about harm: a judge that reads goes first, and what leads its scale.
    suited.sort(key=lambda one: (one.judge in lexical, not one.primary))
    return suited[0] if suited else None


def _lacks_group(group: str, panel: Panel) -> bool:
    """Whether no item of the part is of that group; False for a dimension that is not known."""
    dimension = group.partition(":")[0]
    return dimension in DIMENSIONS and not any(group_mask(panel, group))


def _check_group(group: str, panel: Panel) -> None:
    if not group:
        return
    dimension, _, name = group.partition(":")
    if dimension not in DIMENSIONS:
        raise UnknownNameError("dimension of a group", dimension, DIMENSIONS)
    known = sorted({str(label) for label in panel.labels[dimension]} - {""})
    if name not in known:
        hint = f"They are those of “{shorten(panel.part)}”."
        raise UnknownNameError(dimension, name, known, hint)
