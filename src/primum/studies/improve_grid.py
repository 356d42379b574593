"""The grid of an improvement: every combination of a candidate's lists, each under a name.

[point.name for point in grid_points(file)]      # ["mix size=50", "mix size=100", …]
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from primum.studies.improve_file import AXES, SETTING_AXES, CandidateSettings, ImproveFile
from primum.tuning.request import TuningRequest, request_of


@dataclass(frozen=True, slots=True)
class GridPoint:
    """One way to tune."""

    candidate: CandidateSettings
    values: Mapping[str, float]
    """Axis → its value here; axes that the candidate says nothing of are absent."""

    @property
    def name(self) -> str:
        """The candidate's name, with the value of each axis that has several."""
        told = [
            f"{axis}={value:g}"
            for axis, value in self.values.items()
            if len(getattr(self.candidate, axis)) > 1
        ]
        return " ".join([self.candidate.name, *told])

    def beside(self, axis: str) -> tuple[str, tuple[tuple[str, float], ...]]:
        """Equal for points that differ in nothing but that axis."""
        others = tuple((name, value) for name, value in self.values.items() if name != axis)
        return self.candidate.name, others


def grid_points(file: ImproveFile) -> list[GridPoint]:
    """All points, candidate by candidate; the last axis changes fastest."""
    return [point for candidate in file.candidates for point in _points(candidate)]


def tuning_request(
    file: ImproveFile, point: GridPoint, seed: int, held_out: tuple[str, ...]
) -> TuningRequest:
    """What ``primum tune`` would be told to make one adapter.

    Raises:
        UserError: values that cannot be together.
    """
    candidate = point.candidate
    share = float(point.values.get("benign_share", 0.0))
    mix: dict[str, Any] = {
        "harmful": candidate.harmful,
        "benign": candidate.benign if share else (),
        "benign_share": share,
        "language": candidate.language,
        "seed": seed,
    }
    if "size" in point.values:
        mix["size"] = int(point.values["size"])
    settings: dict[str, Any] = {
        key: point.values[key] for key in SETTING_AXES if key in point.values
    }
    if candidate.method is not None:
        settings["method"] = candidate.method
    values: dict[str, Any] = {
        "model": file.model,
        "mix": mix,
        "settings": {**candidate.settings, **settings, "seed": seed},
        "held_out": held_out,
        "data": file.data,
        "name": f"{file.id}: {point.name}, seed {seed}",
        "checkpoint_every": file.checkpoint_every,
    }
    if file.device is not None:
        values["device"] = file.device
    if candidate.preset is not None:
        values["preset"] = candidate.preset
    return request_of(values)


def _points(candidate: CandidateSettings) -> Iterator[GridPoint]:
    axes = [axis for axis in AXES if getattr(candidate, axis)]
    for values in itertools.product(*(getattr(candidate, axis) for axis in axes)):
        yield GridPoint(candidate, dict(zip(axes, values, strict=True)))
