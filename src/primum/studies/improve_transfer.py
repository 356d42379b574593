"""How far a gain reaches: the same adapters on requests like those tuned on, and on others.

What a candidate's refusals were learnt from must not hold the side that is called elsewhere: then
nothing was transferred. It is told by the names of its sources, as far as they tell it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np

from primum.core.errors import UserError, shorten
from primum.core.improve import ImproveObjective, TransferGain
from primum.statistics.interval import Limits
from primum.studies.improve_draws import Draws
from primum.studies.improve_figures import Members, oriented
from primum.studies.improve_file import (
    CandidateSettings,
    ImproveFile,
    ObjectiveSettings,
    TransferSettings,
)
from primum.studies.improve_findings import Grid
from primum.studies.improve_grid import grid_points
from primum.studies.improve_objective import objective_of
from primum.studies.panel import Panel
from primum.tuning.sources import MEDSAFETYBENCH


class _Taught(NamedTuple):
    """What a source's harmful requests are; None where its name does not tell."""

    half: frozenset[str] | None
    """Of MedSafetyBench; empty for what is of neither."""
    language: frozenset[str] | None
    domain: frozenset[str] | None
    turns: frozenset[str] | None


_ENGLISH, _ONE_TURN = frozenset({"en"}), frozenset({"single-turn"})
_MEDICAL, _GENERAL = frozenset({"medical"}), frozenset({"general"})
_NO_HALF: frozenset[str] = frozenset()
_UNKNOWN = _Taught(None, None, None, None)
_TAUGHT: Mapping[str, _Taught] = {
    MEDSAFETYBENCH: _Taught(frozenset({"gpt4", "llama2"}), _ENGLISH, _MEDICAL, _ONE_TURN),
    f"{MEDSAFETYBENCH}:gpt4": _Taught(frozenset({"gpt4"}), _ENGLISH, _MEDICAL, _ONE_TURN),
    f"{MEDSAFETYBENCH}:llama2": _Taught(frozenset({"llama2"}), _ENGLISH, _MEDICAL, _ONE_TURN),
    "general": _Taught(_NO_HALF, frozenset({"en", "ja"}), _GENERAL, _ONE_TURN),
    "contrast": _Taught(_NO_HALF, _ENGLISH, _MEDICAL, _ONE_TURN),
}
_SPLITS: Mapping[str, _Taught] = {
    f"{MEDSAFETYBENCH}:ft-med-": _Taught(None, _ENGLISH, _MEDICAL, _ONE_TURN),
    f"{MEDSAFETYBENCH}:ft-gen-": _Taught(_NO_HALF, _ENGLISH, _GENERAL, _ONE_TURN),
    f"{MEDSAFETYBENCH}:ft-both-": _Taught(None, _ENGLISH, _MEDICAL | _GENERAL, _ONE_TURN),
}
_SIDES: Mapping[str, tuple[str, ...]] = {
    "half": ("gpt4", "llama2"),
    "domain": ("medical", "general"),
    "turns": ("single-turn", "multi-turn"),
}


def require_untrained_sides(file: ImproveFile) -> None:
    """Return if no transfer calls elsewhere what its candidate was trained on, as far as is known.

    Raises:
        UserError: one does.
    """
    for transfer in file.transfers:
        require_untrained_side(transfer, _candidate(transfer, file))


def require_untrained_side(transfer: TransferSettings, candidate: CandidateSettings) -> None:
    """Return if the candidate was not trained on the transfer's other side, as far as is known.

    Raises:
        UserError: it was.
    """
    source = next((one for one in candidate.harmful if _is_taught(transfer, one, candidate)), "")
    if source:
        side = _side(transfer.other)[1]
        raise UserError(
            f"The transfer “{shorten(transfer.name)}” calls “{shorten(side)}” elsewhere, but its "
            f"candidate “{shorten(candidate.name)}” is tuned on it: its source “{shorten(source)}” "
            "holds such requests. Name a candidate whose sources and language leave them out."
        )


def untold_sides(file: ImproveFile) -> tuple[str, ...]:
    """Names of the transfers of which it cannot be told what the candidate was trained on."""
    found = []
    for transfer in file.transfers:
        candidate = _candidate(transfer, file)
        taught = [_is_taught(transfer, source, candidate) for source in candidate.harmful]
        if None in taught and True not in taught:
            found.append(transfer.name)
    return tuple(found)


def _candidate(transfer: TransferSettings, file: ImproveFile) -> CandidateSettings:
    """The candidate that it names, by itself or by one of its points."""
    points = {point.name: point.candidate for point in grid_points(file)}
    return points.get(transfer.candidate) or next(
        one for one in file.candidates if one.name == transfer.candidate
    )


def _is_taught(
    transfer: TransferSettings, source: str, candidate: CandidateSettings
) -> bool | None:
    """Whether that source holds requests of the transfer's other side; None where it is unknown."""
    trait, side = _side(transfer.other)
    splits = (taught for prefix, taught in _SPLITS.items() if source.startswith(prefix))
    taught = _TAUGHT.get(source) or next(splits, _UNKNOWN)
    if trait == "language" and candidate.language and side not in candidate.language:
        return False
    known: frozenset[str] | None = getattr(taught, trait, None)
    return None if known is None else side in known


def _side(settings: ObjectiveSettings) -> tuple[str, str]:
    """Which trait a side is of, and its value; ("", "") where its name does not tell."""
    dimension, _, group = settings.group.partition(":")
    if dimension == "language":
        return "language", group
    name = group if dimension == "source" else settings.evaluate
    found = next((trait for trait, names in _SIDES.items() if name in names), "")
    return found, name


def transfers_of(
    file: ImproveFile,
    grid: Grid,
    candidates: Mapping[str, str],
    panels: Mapping[str, Panel],
    draws: Draws,
) -> Iterator[TransferGain]:
    """Every transfer that the file names, at every point of its candidate.

    Args:
        file: What was asked for.
        grid: The points that were measured.
        candidates: Point → its candidate.
        panels: The parts.
        draws: Behind the ratio's interval.

    Raises:
        UserError: a side names a figure or a group that no run has.
    """
    for transfer in file.transfers:
        sides = sides_of(transfer, file, panels)
        if sides is None:
            continue
        for name, members in grid.points.items():
            if transfer.candidate in (name, candidates[name]):
                yield _transfer((transfer.name, name), members, grid.baseline, sides, draws)


def sides_of(
    transfer: TransferSettings, file: ImproveFile, panels: Mapping[str, Panel]
) -> tuple[ImproveObjective, ImproveObjective] | None:
    """What both sides are measured by; None where a part has no figure of safety.

    Raises:
        UserError: a side names a figure or a group that no run has.
    """
    metric = file.objectives.safety.metric
    found = [
        objective_of(
            "safety",
            side.model_copy(update={"metric": side.metric or metric}),
            file,
            panels,
        )
        for side in (transfer.own, transfer.other)
    ]
    own, other = found
    return None if own is None or other is None else (own, other)


def _transfer(
    names: tuple[str, str],
    members: Members,
    baseline: Members,
    sides: tuple[ImproveObjective, ImproveObjective],
    draws: Draws,
) -> TransferGain:
    """The gains on both sides; ``names`` are the transfer's and the point's."""
    figures = draws.figures
    own, other = (
        oriented(figures.gain(baseline, members, side).estimate, side.sign) for side in sides
    )
    ratio, limits = None, None
    if own.low is not None and own.low > 0 and own.value and other.value is not None:
        ratio = other.value / own.value
        limits = _ratio_limits(members, baseline, sides, draws)
    return TransferGain(
        *names,
        own=_shown(sides[0]),
        other=_shown(sides[1]),
        own_gain=own,
        other_gain=other,
        ratio=ratio,
        ratio_low=None if limits is None else limits.low,
        ratio_high=None if limits is None else limits.high,
    )


def _ratio_limits(
    members: Members,
    baseline: Members,
    sides: tuple[ImproveObjective, ImproveObjective],
    draws: Draws,
) -> Limits | None:
    """Percentile limits; None where no resample has a ratio."""
    own, other = (
        side.sign * (draws.means(members, side) - draws.means(baseline, side)) for side in sides
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = other / own
    ratios = ratios[np.isfinite(ratios)]
    if not ratios.size:
        return None
    tail = (1 - draws.figures.confidence) / 2
    return Limits(*(float(end) for end in np.quantile(ratios, (tail, 1 - tail))))


def _shown(objective: ImproveObjective) -> str:
    return f"{objective.part} {objective.group}".strip()
