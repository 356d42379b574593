"""How far a gain reaches: the same adapters on requests like those tuned on, and on others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from primum.core.improve import ImproveObjective, TransferGain
from primum.statistics.interval import Limits
from primum.studies.improve_draws import Draws
from primum.studies.improve_figures import Members, oriented
from primum.studies.improve_file import ImproveFile, TransferSettings
from primum.studies.improve_findings import Grid
from primum.studies.improve_objective import objective_of
from primum.studies.panel import Panel


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
