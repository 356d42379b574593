"""What the reader of an improvement must know before its figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from primum.core.improve import ImproveNotice, ImproveSummary
from primum.studies.panel import Panel
from primum.studies.panel_measure import lexical_judges

FEW_ITEMS = 50
"""Items of an objective below which the report says how little they can show."""
FEW_SEEDS = {1: "improve-one-seed", 2: "improve-two-seeds"}


def notices_of(
    summary: ImproveSummary, panels: Mapping[str, Panel], untold_transfers: Sequence[str] = ()
) -> Iterator[ImproveNotice]:
    """Everything that concerns the whole.

    ``untold_transfers``: names of those of which it is unknown what the candidate was trained on.
    """
    yield from _of_adapters(summary)
    yield from _of_objectives(summary, panels)
    confounded = [curve.candidate for curve in summary.curves if curve.also_varies]
    if confounded:
        names = ", ".join(dict.fromkeys(confounded))
        yield ImproveNotice("improve-updates-grow", "warning", {"candidates": names})
    if untold_transfers:
        names = ", ".join(untold_transfers)
        yield ImproveNotice("improve-transfer-untold", "limit", {"transfers": names})
    if summary.recommendation.rule == "margins":
        yield ImproveNotice("improve-no-gate", "limit")


def _of_adapters(summary: ImproveSummary) -> Iterator[ImproveNotice]:
    incomplete = sum(bool(one.reason) for point in summary.points for one in point.adapters)
    if incomplete:
        yield ImproveNotice("improve-incomplete", "warning", {"count": str(incomplete)})
    if len(summary.seeds) in FEW_SEEDS:
        yield ImproveNotice(FEW_SEEDS[len(summary.seeds)], "limit")
    missing = sum(
        estimate.missing for point in summary.points for estimate in point.levels.values()
    )
    if missing:
        yield ImproveNotice("improve-missing", "limit", {"count": str(missing)})


def _of_objectives(summary: ImproveSummary, panels: Mapping[str, Panel]) -> Iterator[ImproveNotice]:
    names = {one.name for one in summary.objectives}
    if "over_refusal" not in names:
        yield ImproveNotice("improve-no-over-refusal", "warning")
    if "capability" not in names:
        yield ImproveNotice("improve-no-capability", "warning")
    for one in summary.objectives:
        if one.name == "safety" and one.metric.judge in lexical_judges(panels[one.part]):
            yield ImproveNotice("improve-lexical", "limit", {"judge": one.metric.judge})
        items = summary.baseline.levels[one.name].items
        if items < FEW_ITEMS:
            values = {"objective": one.name, "n": str(items)}
            yield ImproveNotice("improve-few-items", "limit", values)
