"""What an improvement did not look for, and why: silence could be taken for nothing found."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, get_args

from primum.core.improve import (
    Finding,
    ImproveObjective,
    LearningCurve,
    NotLookedFor,
    Signature,
    TransferGain,
)
from primum.studies.improve_file import ImproveFile
from primum.studies.improve_findings import Grid

_AXES: Mapping[str, Literal["curve_size", "curve_updates"]] = {
    "size": "curve_size",
    "updates": "curve_updates",
}


def not_looked_for(
    file: ImproveFile,
    grid: Grid,
    objectives: tuple[ImproveObjective, ...],
    findings: tuple[Finding, ...],
    transfers: tuple[TransferGain, ...],
) -> Iterator[NotLookedFor]:
    """Signatures, curves and transfers that the report has nothing of."""
    if not grid.points:
        yield from (NotLookedFor(what, "nothing_measured") for what in get_args(Signature))
        return
    looked = {one.signature for one in findings}
    if "no_further_gain" not in looked:
        yield NotLookedFor("no_further_gain", _why_no_curve(file, "size"))
    names = {one.name for one in objectives}
    if "over_refusal" not in names:
        yield NotLookedFor("over_refusal_rise", "no_over_refusal")
    if "capability" not in names:
        yield NotLookedFor("capability_drop", "no_capability")
    yield from _curves(file, grid.curves)
    yield from _transfers(file, transfers)


def _curves(file: ImproveFile, curves: Sequence[LearningCurve]) -> Iterator[NotLookedFor]:
    drawn = {curve.axis for curve in curves}
    for axis, what in _AXES.items():
        if axis not in drawn:
            yield NotLookedFor(what, _why_no_curve(file, axis))


def _why_no_curve(file: ImproveFile, axis: str) -> str:
    has_several = any(len(getattr(one, axis)) > 1 for one in file.candidates)
    return "points_not_measured" if has_several else f"one_{axis}"


def _transfers(file: ImproveFile, found: tuple[TransferGain, ...]) -> Iterator[NotLookedFor]:
    if not file.transfers:
        yield NotLookedFor("transfer", "no_transfer")
    shown = {one.name for one in found}
    for transfer in file.transfers:
        if transfer.name not in shown:
            yield NotLookedFor("transfer", "transfer_not_measured", transfer.name)
