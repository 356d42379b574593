"""Does a whole study find what was planted in its models? Contrasts and ranks, figure by figure.

python -m benchmarks.simulated_panel [--seed N] [--seeds N] [--repeats N]

Twelve models in two classes, four same-base pairs, two families and six people, two noisy judges
(``primum.testing.simulated_panel``), run as ``primum study`` runs them: plan, engine, rubric,
parser, ledger, analysis. The panel's arrays agree with what the ledger holds value for value, so
the rates under planted nulls are taken over fresh arrays in the place of the first run's scores.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from primum.core.study import CrossedDifference, StudyContrast, StudyRanking, StudySummary
from primum.testing.simulated_panel import SimulatedPanel
from primum.testing.simulated_panel_run import Stage, run_panel
from primum.testing.simulated_panel_truth import (
    CLASS,
    CONTRASTS,
    TUNING,
    PanelTruth,
    false_orders,
    panel_truth,
    ranks_hold,
)

CHANCE = 0.05
NULL = SimulatedPanel(
    hardness=0.0,
    medical=0.0,
    tuning=0.0,
    doubling=0.0,
    english=0.0,
    english_medical=0.0,
    clinician=0.0,
    clinician_medical=0.0,
    person=0.0,
    kinship=0.0,
)
"""Every contrast is null for further models; models differ by chance."""
SAME = replace(NULL, kinship=1.0)
"""A tuned model is its base again: the null of same-base pairs, whose interval is for these."""
RELATED = replace(NULL, kinship=0.8)
"""Both groups hold models of the same bases."""
EQUAL = replace(NULL, spread_of_models=0.0, spread_of_languages=0.0, spread_of_views=0.0)
"""No model differs from any other."""


class Row(NamedTuple):
    """One contrast beside what was planted."""

    found: StudyContrast
    planted: float
    """For further models."""
    of_these: float
    """For these very models."""

    @property
    def truth(self) -> float:
        """What the interval speaks for."""
        return self.planted if self.found.difference.reach == "models" else self.of_these

    @property
    def holds(self) -> bool:
        """Whether the interval holds what it speaks for."""
        difference = self.found.difference
        return _within(difference.low, self.truth, difference.high)

    @property
    def holds_these(self) -> bool:
        """Whether the interval for these very models holds what is true of them."""
        difference = self.found.difference
        return _within(difference.items_low, self.of_these, difference.items_high)

    @property
    def holds_bootstrap(self) -> bool:
        """Whether the bootstrap's interval holds what the first one speaks for."""
        difference = self.found.difference
        return _within(difference.bootstrap_low, self.truth, difference.bootstrap_high)


def _within(low: float | None, value: float, high: float | None) -> bool:
    assert low is not None
    assert high is not None
    return low <= value <= high


def rows(contrasts: Mapping[str, StudyContrast], truth: PanelTruth) -> Iterator[Row]:
    """Every declared contrast with its truth."""
    for name, contrast in contrasts.items():
        yield Row(contrast, truth.contrasts[name], truth.contrasts_of_these[name])


def declared(summary: StudySummary) -> dict[str, StudyContrast]:
    """The study's declared contrasts by name."""
    return {contrast.name: contrast for contrast in summary.contrasts if contrast.is_declared}


@dataclass
class Rejections:
    """How often a planted null was rejected at five per cent."""

    count: int = 0
    repeats: int = 0

    def add(self, difference: CrossedDifference) -> None:
        """Count one repetition."""
        assert difference.p_value is not None
        self.count += difference.p_value < CHANCE
        self.repeats += 1

    @property
    def share(self) -> float:
        """Of the repetitions."""
        return self.count / self.repeats


class NullRates(NamedTuple):
    """Over repeated panels without any effect."""

    contrasts: dict[str, Rejections]
    related: Rejections
    """Class against class where both hold models of the same bases."""
    family: int
    """Repetitions in which Holm's adjustment let any contrast through."""
    orders: int
    """Repetitions in which any two equal models were told apart."""
    repeats: int


def null_rates(stage: Stage, repeats: int) -> NullRates:
    """How often the study's own analysis finds what is not there."""
    names = [name for name in CONTRASTS if name != TUNING]
    rates = {name: Rejections() for name in CONTRASTS}
    related, family, orders = Rejections(), 0, 0
    for seed in range(1, repeats + 1):
        found = stage.contrasts(replace(NULL, seed=seed), names)
        for name, contrast in found.items():
            rates[name].add(contrast.difference)
        family += any((one.adjusted_p or 0.0) < CHANCE for one in found.values())
        pairs = stage.contrasts(replace(SAME, seed=seed), [TUNING])
        rates[TUNING].add(pairs[TUNING].difference)
        classes = stage.contrasts(replace(RELATED, seed=seed), [CLASS])
        related.add(classes[CLASS].difference)
        orders += _tells_apart(stage.ranking(replace(EQUAL, seed=seed)))
    return NullRates(rates, related, family, orders, repeats)


def _tells_apart(ranking: StudyRanking) -> bool:
    return any(one.rank_low > 1 or one.rank_high < len(ranking.models) for one in ranking.models)


class Coverage(NamedTuple):
    """Over repeated panels with everything planted, of one contrast."""

    holds: int
    holds_these: int
    holds_bootstrap: int
    significant: int
    """With p below five per cent, before any adjustment."""


def coverage(stage: Stage, panel: SimulatedPanel, repeats: int) -> dict[str, Coverage]:
    """How often each contrast's intervals hold, over seeds from 1."""
    found: dict[str, list[Row]] = {name: [] for name in CONTRASTS}
    for seed in range(1, repeats + 1):
        one = replace(panel, seed=seed)
        for row in rows(stage.contrasts(one), panel_truth(one)):
            found[row.found.name].append(row)
    return {
        name: Coverage(
            sum(row.holds for row in each),
            sum(row.holds_these for row in each),
            sum(row.holds_bootstrap for row in each),
            sum((row.found.difference.p_value or 0.0) < CHANCE for row in each),
        )
        for name, each in found.items()
    }


def contrast_table(found: Sequence[Row]) -> str:
    """Markdown: what was planted, what was found."""
    lines = [
        "| contrast | planted | of these | found | 95 % interval | speaks for | holds | p, Holm |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in found:
        one = row.found.difference
        lines.append(
            f"| {row.found.name} | {row.planted:.2f} | {row.of_these:.2f} | {one.value:.2f} "
            f"| {one.low:.2f} to {one.high:.2f} | {one.reach} | {'yes' if row.holds else '**no**'} "
            f"| {row.found.adjusted_p:.2g} |"
        )
    return "\n".join(lines)


def rank_table(ranking: StudyRanking, truth: PanelTruth) -> str:
    """Markdown: true and found order."""
    order = sorted(truth.means, key=lambda name: -truth.means[name])
    lines = [
        "| model | true mean | true rank | found | ranks | letters | best |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {one.model} | {truth.means[one.model]:.2f} | {order.index(one.model) + 1} "
        f"| {one.estimate.value:.2f} | {one.rank_low} to {one.rank_high} | {one.groups} "
        f"| {one.best_probability:.2f} |"
        for one in ranking.models
    ]
    return "\n".join(lines)


def leading(summary: StudySummary, stage: Stage) -> StudyRanking:
    """The ranking on the both-judge mean."""
    wanted = f"{stage.panel.part}:{stage.metric}"
    return next(ranking for ranking in summary.rankings if ranking.measure == wanted)


def held_counts(studies: Sequence[tuple[SimulatedPanel, StudySummary, Stage]]) -> str:
    """How many of all intervals and rankings hold."""
    held = [0, 0, 0]
    total = false = unheld = found = 0
    for panel, summary, stage in studies:
        truth = panel_truth(panel)
        for row in rows(declared(summary), truth):
            total += 1
            held[0] += row.holds
            held[1] += row.holds_these
            held[2] += row.holds_bootstrap
        ranking = leading(summary, stage)
        false += bool(false_orders(ranking, truth))
        unheld += not ranks_hold(ranking, truth)
        found += ranking.models[0].model == truth.best
    return (
        f"{len(studies)} studies, {total} contrasts: intervals that hold {held[0]} "
        f"({held[0] / total:.1%}), for these very models {held[1]} ({held[1] / total:.1%}), "
        f"bootstrap {held[2]} ({held[2] / total:.1%})\n"
        f"studies with a pair ordered wrongly beyond chance: {false}; with a true rank outside "
        f"its interval: {unheld}; with the best model first: {found}"
    )


def coverage_table(found: Mapping[str, Coverage], repeats: int) -> str:
    """Markdown: how often intervals hold."""
    lines = [
        "| contrast | holds | for these models | bootstrap | p below 0.05 |",
        "|---|---|---|---|---|",
    ]
    lines += [
        f"| {name} | {one.holds / repeats:.3f} | {one.holds_these / repeats:.3f} "
        f"| {one.holds_bootstrap / repeats:.3f} | {one.significant / repeats:.2f} |"
        for name, one in found.items()
    ]
    return "\n".join(lines)


def rate_table(rates: NullRates) -> str:
    """Markdown: how often what is not there was found."""
    counts = {name: rate.count for name, rate in rates.contrasts.items()}
    counts[f"{CLASS}, both of the same bases"] = rates.related.count
    counts["any contrast but the pairs', after Holm"] = rates.family
    counts["any two equal models told apart"] = rates.orders
    lines = ["| planted null | rejected | share |", "|---|---|---|"]
    lines += [
        f"| {name} | {count} of {rates.repeats} | {count / rates.repeats:.3f} |"
        for name, count in counts.items()
    ]
    return "\n".join(lines)


def main() -> None:
    """Run the studies and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=int, default=20, help="whole studies to count over")
    parser.add_argument("--repeats", type=int, default=1_000, help="panels without any effect")
    options = parser.parse_args()
    studies: list[tuple[SimulatedPanel, StudySummary, Stage]] = []
    for seed in range(options.seed, options.seed + max(1, options.seeds)):
        panel = SimulatedPanel(seed=seed)
        with tempfile.TemporaryDirectory() as folder:
            studies.append((panel, *run_panel(panel, Path(folder), f"panel-{seed}")))
    panel, summary, stage = studies[0]
    truth = panel_truth(panel)
    print(f"{contrast_table(list(rows(declared(summary), truth)))}\n")
    print(f"{rank_table(leading(summary, stage), truth)}\n")
    print(f"{held_counts(studies)}\n")
    if options.repeats:
        covered = coverage(stage, SimulatedPanel(), options.repeats)
        print(f"{coverage_table(covered, options.repeats)}\n")
        print(rate_table(null_rates(stage, options.repeats)))


if __name__ == "__main__":
    main()
