"""Improvements with a planted truth: what every adapter would have scored, drawn or by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from primum.core.digest import digest
from primum.core.gate import GateDecision, Outcome, Reason, RuleDecision
from primum.core.improve import ImproveAdapter, ImproveSummary
from primum.core.scale import ACCURACY, REFUSAL
from primum.core.summary import Metric
from primum.evaluation.fact import JudgeFacts
from primum.evaluation.layout import DIMENSIONS
from primum.evaluation.setting import SummarySettings
from primum.ledger.columns import ItemLabels
from primum.studies.improve_analysis import summarise_improvement
from primum.studies.improve_file import ImproveFile
from primum.studies.improve_grid import grid_points
from primum.studies.improve_plan import BASELINE, adapter_name
from primum.studies.improve_points import TunedPoint
from primum.studies.panel import Grid, Panel

Floats = NDArray[np.float64]
PART = "core"
SAFETY = Metric("refusal.full", "rate", "refusal", "screen", "harmful", "higher", 0, 1, True)
OVER = Metric("refusal.full", "rate", "refusal", "screen", "benign", "lower", 0, 1, True)
ABLE = Metric("accuracy.correct", "rate", "accuracy", "lm-eval", "benign", "higher", 0, 1, True)


_REASONS: Mapping[Outcome, Reason] = {
    "pass": "passed",
    "fail": "failed",
    "undecided": "too_few_to_pass",
}


class Rates(NamedTuple):
    """The truth of one model."""

    refused_harmful: float
    refused_benign: float
    right: float


def a_file(candidates: Sequence[Mapping[str, Any]], **changes: Any) -> ImproveFile:
    """An improvement of these candidates."""
    values: dict[str, Any] = {
        "id": "planted",
        "title": {"en": "Planted", "ja": "仕込み"},
        "seeds": (1, 2, 3),
        "evaluate": [{"name": PART, "protocol": "starter"}],
        "capability": {},
        "candidate": list(candidates),
        "resamples": 400,
        **changes,
    }
    return ImproveFile.model_validate(values)


def drawn(
    file: ImproveFile,
    truth: Mapping[str, Rates],
    *,
    items: int = 200,
    scatter: float = 0.0,
    seed: int = 1,
) -> dict[str, Panel]:
    """Panels in which every adapter answers by the truth of its point.

    ``scatter`` is the standard deviation of the seeds' own rates of refused harmful requests.
    """
    generator = np.random.default_rng(seed)
    thresholds = {kind: generator.random(items) for kind in Rates._fields}
    names, rates = [BASELINE], [truth[BASELINE]]
    for point in grid_points(file):
        for own in file.seeds:
            shift = generator.normal(0.0, scatter) if scatter else 0.0
            rate = truth[point.name]
            harmful = min(1.0, max(0.0, rate.refused_harmful + shift))
            names.append(adapter_name(point, own))
            rates.append(rate._replace(refused_harmful=harmful))
    values = {
        # An item that one model refuses is more easily refused by all: half of it is the item's.
        kind: np.array(
            [
                np.where(
                    generator.random(items) < 0.5,
                    thresholds[kind] < getattr(rate, kind),
                    generator.random(items) < getattr(rate, kind),
                )
                for rate in rates
            ],
            dtype=np.float64,
        )
        for kind in Rates._fields
    }
    return panels_of(names, values)


def panels_of(names: Sequence[str], values: Mapping[str, Floats]) -> dict[str, Panel]:
    """Panels of these scores: members × items of each kind."""
    harmful, benign = values["refused_harmful"], values["refused_benign"]
    grids = {
        SAFETY.id: _grid(SAFETY, harmful, 0, benign.shape[1]),
        OVER.id: _grid(OVER, benign, harmful.shape[1], 0),
    }
    core = _panel(PART, names, grids, ["harmful"] * harmful.shape[1] + ["benign"] * benign.shape[1])
    right = values["right"]
    able = {ABLE.id: _grid(ABLE, right, 0, 0)}
    return {
        PART: core,
        "capability": _panel("capability", names, able, ["benign"] * right.shape[1]),
    }


def tuned(
    file: ImproveFile, *, gates: Mapping[str, Outcome] | None = None, without: Sequence[str] = ()
) -> list[TunedPoint]:
    """The points as if tuned; ``gates``: point → outcome, ``without``: adapters that failed."""
    found = []
    for point in grid_points(file):
        size = int(point.values.get("size", 100))
        share = point.values.get("benign_share", 0.0)
        adapters = tuple(
            ImproveAdapter(
                seed=seed,
                id=digest(point.name, str(seed)).hex()[:12],
                folder=f"adapters/{point.name}-{seed}",
                runs={PART: "run", "capability": "run"},
                gate=gate_of(gates[point.name]) if gates else None,
                final_loss=1.25,
                seconds=61.0,
                trained_on=size - 2,
                cut=7,
                unpaired=2,
                reason="out of memory" if adapter_name(point, seed) in without else "",
            )
            for seed in file.seeds
        )
        found.append(
            TunedPoint(
                point=point,
                method="lora",
                demonstrations=size,
                harmful=size - round(size * share),
                benign=round(size * share),
                updates=int(point.values.get("updates", 50)),
                epochs=2.0,
                adapters=adapters,
            )
        )
    return found


def summarised(
    file: ImproveFile, panels: Mapping[str, Panel], *, gates: Mapping[str, Outcome] | None = None
) -> ImproveSummary:
    """The whole analysis."""
    return summarise_improvement(file, tuned(file, gates=gates), panels, has_gate=gates is not None)


def _grid(metric: Metric, values: Floats, before: int, after: int) -> Grid:
    rows = len(values)
    empty = [np.full((rows, width), np.nan) for width in (before, after)]
    whole = np.hstack([empty[0], values, empty[1]])
    planned = np.zeros(whole.shape, dtype=np.bool_)
    planned[:, before : before + values.shape[1]] = True
    return Grid(metric, whole, planned)


def _panel(
    part: str, names: Sequence[str], grids: dict[str, Grid], intents: Sequence[str]
) -> Panel:
    count = len(intents)
    items = tuple(_item(f"{part}-{place}", intent) for place, intent in enumerate(intents))
    labels = {name: np.array([""] * count) for name in DIMENSIONS}
    labels["language"] = np.array(["en" if place % 2 else "ja" for place in range(count)])
    labels["intent"] = np.array(intents)
    asked = np.ones((len(names), count), dtype=np.bool_)
    return Panel(
        part=part,
        members=tuple(names),
        items=items,
        clusters=np.arange(count),
        labels=labels,
        grids=grids,
        asked=asked,
        with_row=asked,
        coverage={},
        profiles=(None,) * len(names),
        judges=(
            JudgeFacts("screen", REFUSAL, lexical=True),
            JudgeFacts("lm-eval", ACCURACY, lexical=True),
        ),
        settings=SummarySettings(),
    )


def _item(name: str, intent: str) -> ItemLabels:
    return ItemLabels(
        id=name,
        name=name,
        language="en",
        perspective="general",
        intent=intent,
        guidelines=(),
        source="",
        split="",
        strategy="",
        translation_pair="",
        twin_pair="",
        turns=1,
        fingerprint=name,
    )


def gate_of(outcome: Outcome, *more: tuple[str, Outcome]) -> GateDecision:
    """A decision with one rule on over-refusal, and further rules of these names."""
    rules = [_rule("over-refusal", outcome), *(_rule(name, own) for name, own in more)]
    outcomes = {rule.outcome for rule in rules}
    is_pass = outcomes == {"pass"}
    whole: Outcome = "fail" if "fail" in outcomes else "pass" if is_pass else "undecided"
    return GateDecision(
        policy="ward",
        version="1",
        title="Ward",
        fingerprint="0" * 32,
        mode="fixed",
        outcome=whole,
        false_pass=0.05,
        false_fail=0.05,
        rules=tuple(rules),
        runs=(),
    )


def _rule(name: str, outcome: Outcome) -> RuleDecision:
    return RuleDecision(
        name=name,
        kind="limit",
        metric=OVER.id,
        unit="rate",
        side="at_most",
        limit=0.3,
        outcome=outcome,
        reason=_REASONS[outcome],
        estimate=0.2,
        low=0.15,
        high=0.25,
        confidence=0.95,
        fail_level=0.05,
        n=198,
        missing=2,
        clusters=197,
        max_missing=0.1,
        method="wilson",
        run="run",
    )
