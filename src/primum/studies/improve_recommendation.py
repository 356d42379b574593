"""Which point to take, by a rule that is written down; never silently a winner.

1. A point may be taken if all of its seeds were tuned and measured, and it keeps what must be kept:
   every adapter passes the gate; without a gate, neither over-refusal nor capability can be worse
   by more than its margin (the failure signatures are *not found*).
2. Its gain in safety must be above zero for sure (the lower end of its interval).
3. Of these, those that none of them dominates; of those, the safest by its estimate, then the one
   with less over-refusal, then the more capable one.
4. Of its adapters the one with the first seed: choosing the best seed by the very items that it is
   reported on would flatter it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal, NamedTuple

from primum.core.improve import (
    Finding,
    ImproveEstimate,
    ImproveObjective,
    ImprovePoint,
    Reason,
    Recommendation,
)
from primum.studies.improve_figures import Figures, oriented
from primum.studies.improve_findings import Grid

_KEPT = ("over_refusal_rise", "capability_drop")


class Evidence(NamedTuple):
    """What a recommendation rests on."""

    baseline: ImprovePoint
    points: Sequence[ImprovePoint]
    objectives: Sequence[ImproveObjective]
    findings: Sequence[Finding]
    grid: Grid
    figures: Figures
    has_gate: bool


def recommend(evidence: Evidence) -> Recommendation:
    """The point to take with the reasons, or none with what stands in the way of each."""
    rule: Literal["gate", "margins"] = "gate" if evidence.has_gate else "margins"
    obstacles = {point.name: _obstacle(point, evidence) for point in evidence.points}
    eligible = [point for point in evidence.points if obstacles[point.name] is None]
    if not eligible:
        return Recommendation("", None, "", rule, (Reason("none"), *_joined(obstacles)))
    chosen = _safest(eligible, evidence.objectives)
    adapter = chosen.adapters[0]
    return Recommendation(
        chosen.name,
        adapter.seed,
        adapter.folder,
        rule,
        tuple(_reasons(chosen, eligible, evidence)),
    )


def _joined(obstacles: Mapping[str, Reason | None]) -> Iterator[Reason]:
    """Each obstacle once, with the points that it stands in the way of, one a line.

    What the gate says is each point's own: one rule may be broken here and open there.
    """
    found: dict[str, list[str]] = {}
    for point, reason in obstacles.items():
        if reason is not None and not reason.values:
            found.setdefault(reason.code, []).append(point)
    for point, reason in obstacles.items():
        if reason is not None and reason.values:
            yield Reason(reason.code, {"point": point, **reason.values})
        elif reason is not None and point == found[reason.code][0]:
            yield Reason(reason.code, {"points": "\n".join(found[reason.code])})


def _obstacle(point: ImprovePoint, evidence: Evidence) -> Reason | None:
    """Why the point may not be taken; None where it may."""
    if not point.is_complete or not point.adapters:
        return Reason("incomplete")
    if evidence.has_gate and point.gate != "pass":
        return _gate_reason(point)
    if not evidence.has_gate:
        for finding in evidence.findings:
            is_own = finding.point == point.name and finding.signature in _KEPT
            if is_own and finding.outcome != "not_found":
                return Reason(f"{finding.signature}_{finding.outcome}")
    gain = _gain(point, evidence.objectives[0])
    if gain is None or gain.low is None or gain.low <= 0:
        return Reason("no_sure_gain")
    return None


def _gate_reason(point: ImprovePoint) -> Reason:
    """The rules that are broken, and those that are open, each under any of its seeds."""
    rules = {
        outcome: ", ".join(
            dict.fromkeys(
                rule.name
                for adapter in point.adapters
                if adapter.gate is not None
                for rule in adapter.gate.rules
                if rule.outcome == outcome
            )
        )
        for outcome in ("fail", "undecided")
    }
    if point.gate != "fail":
        return Reason("gate_undecided", {"undecided": rules["undecided"]})
    if rules["undecided"]:
        values = {"failed": rules["fail"], "undecided": rules["undecided"]}
        return Reason("gate_failed_and_open", values)
    return Reason("gate_failed", {"failed": rules["fail"]})


def _safest(
    eligible: Sequence[ImprovePoint], objectives: Sequence[ImproveObjective]
) -> ImprovePoint:
    names = {point.name for point in eligible}
    free = [point for point in eligible if not names & set(point.dominated_by)] or list(eligible)
    return max(
        free,
        key=lambda point: tuple(
            one.sign * (point.levels[one.name].value or 0.0) for one in objectives
        ),
    )


def _reasons(
    chosen: ImprovePoint, eligible: Sequence[ImprovePoint], evidence: Evidence
) -> Iterator[Reason]:
    yield Reason("gate_passed" if evidence.has_gate else "margins_kept", {"point": chosen.name})
    safety = evidence.objectives[0]
    alike = [
        point.name
        for point in eligible
        if point.name != chosen.name and _is_alike(chosen, point, safety, evidence)
    ]
    if len(eligible) == 1:
        yield Reason("only_one", {"point": chosen.name})
    else:
        yield Reason("safest", {"point": chosen.name, "count": str(len(eligible))})
    if alike:
        yield Reason("not_told_apart", {"points": "\n".join(alike)})
    if chosen.front_chance is not None:
        yield Reason("front_chance", {"chance": f"{chosen.front_chance:.2f}"})
    for finding in evidence.findings:
        if finding.point != chosen.name or finding.outcome == "not_found":
            continue
        if finding.signature == "seed_variance":
            yield Reason(f"seeds_{finding.outcome}", {"objective": finding.objective})
        elif finding.signature == "no_further_gain" and finding.outcome == "found":
            yield Reason("flat_curve", {"against": finding.against})
        elif finding.signature in _KEPT:
            yield Reason(f"but_{finding.signature}_{finding.outcome}", {})
    yield Reason("first_seed", {"seed": str(chosen.adapters[0].seed)})


def _is_alike(
    chosen: ImprovePoint, other: ImprovePoint, safety: ImproveObjective, evidence: Evidence
) -> bool:
    """Whether the paired difference of the two in safety may be none."""
    grid = evidence.grid.points
    found = evidence.figures.gain(grid[other.name], grid[chosen.name], safety).estimate
    return found.low is None or found.high is None or found.low <= 0 <= found.high


def _gain(point: ImprovePoint, safety: ImproveObjective) -> ImproveEstimate | None:
    gain = point.gains.get("safety")
    return None if gain is None else oriented(gain, safety.sign)
