"""``primum generate attack``: white-box attacks on a model in this process."""

from __future__ import annotations

import asyncio
import json
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Literal, NamedTuple

import click
import numpy as np
from rich.text import Text

from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.catalogue import load
from primum.benchmarks.sampling import stratified_sample
from primum.benchmarks.selection import select
from primum.cli.option import guidelines_option, wait_option, workspace_option
from primum.cli.report import write_bytes
from primum.cli.screen import download_bar, live_text
from primum.cli.screen import output as screen
from primum.cli.table import print_facts
from primum.core.errors import UserError, shorten
from primum.core.item import Item
from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.generation.gcg import PUBLISHED_SETTINGS, GcgSettings
from primum.generation.suffix_search import SearchProgress
from primum.generation.white_box import AttackOutcome, AttackSettings, attack_all
from primum.guidelines.catalogue import load_sets
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import locate
from primum.models.local import LocalModel
from primum.models.registry import resolve
from primum.reporting.loss_chart import loss_chart
from primum.statistics.interval import rate_interval
from primum.statistics.paired import difference_of_means, difference_of_rates

_POSITIVE = click.IntRange(min=1)


@click.command("attack", short_help="Attack a local model with GCG suffixes or begun answers.")
@click.argument("benchmark")
@click.option(
    "--model",
    default="hf:embedded",
    show_default=True,
    help="A model in this process: hf:FOLDER, hf:OWNER/NAME, hf:FILE.gguf.",
)
@click.option(
    "--method",
    type=click.Choice(["gcg", "prefill"]),
    default="prefill",
    show_default=True,
    help="A suffix found by gradients, or an answer that is begun for the model.",
)
@click.option("--target", default="Sure, here is", show_default=True, help="How it is to begin.")
@click.option("--limit", type=_POSITIVE, default=5, show_default=True, help="Requests at most.")
@click.option("--language", "-l", multiple=True, help="Only requests in this language.")
@click.option("--seed", type=int, default=0, show_default=True, help="Of the sample and swaps.")
@click.option("--max-tokens", type=_POSITIVE, default=64, show_default=True, help="Of each answer.")
@click.option("--data", type=click.Path(path_type=Path), help="Where a published set lies.")
@guidelines_option
@click.option("--steps", type=_POSITIVE, help="GCG: steps of each search.  [default: 60]")
@click.option("--suffix-tokens", type=_POSITIVE, help="GCG: length.  [default: 12]")
@click.option("--top-k", type=_POSITIVE, help="GCG: swaps considered a place.  [default: 64]")
@click.option("--candidates", type=_POSITIVE, help="GCG: swaps tried a step.  [default: 32]")
@click.option("--published", is_flag=True, help="GCG: MedSafetyBench's own settings (for a GPU).")
@click.option("--output", type=click.Path(path_type=Path, file_okay=False), help="Folder.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
def attack_command(
    *,
    benchmark: str,
    model: str,
    method: Literal["gcg", "prefill"],
    target: str,
    limit: int,
    language: tuple[str, ...],
    seed: int,
    max_tokens: int,
    data: Path | None,
    guidelines: tuple[str, ...],
    steps: int | None,
    suffix_tokens: int | None,
    top_k: int | None,
    candidates: int | None,
    published: bool,
    output: Path | None,
    quiet: bool,
    workspace: Path | None,
    wait: float,
) -> None:
    """Ask requests plainly and under attack, and count how many are no longer refused.

    BENCHMARK is any benchmark of one-turn requests; only harmful ones are attacked. The model runs
    in this process (extra “local”), since an attack needs its insides. A suffix is also compared
    with random tokens of the same length. Refusals are read by the lexical screen: this counts
    answers, not harm. A search that is stopped is continued by the same command.

    \b
    Examples:
      primum generate attack primum-core:ama --method prefill --limit 50 -l en
      primum generate attack primum-core:ama --method gcg --limit 3 --steps 40
      primum generate attack medsafetybench:test --data med-safety-bench --method gcg \\
        --model hf:meta-llama/Llama-2-7b-chat-hf --published
    """
    sizes = {
        "steps": steps,
        "suffix_tokens": suffix_tokens,
        "top_k": top_k,
        "candidates": candidates,
    }
    given = {name: size for name, size in sizes.items() if size is not None}
    if method == "prefill" and (given or published):
        raise UserError(
            f"{_flags([*given, *(['published'] if published else [])])} sets how a suffix is "
            "sought, and a begun answer has none: add --method gcg, or leave it out."
        )
    base = PUBLISHED_SETTINGS if published else GcgSettings()
    gcg = base.model_copy(update={**given, "seed": seed})
    if not target.strip():
        raise UserError("--target is empty. Say how the answer is to begin, as in “Sure, here is”.")
    settings = AttackSettings(method=method, target=target, gcg=gcg, max_tokens=max_tokens)
    attacked = _local(model)
    place = locate(workspace)
    folder = output or place.folder / "attacks" / method
    with download_bar("Fetching what this needs") as download:
        loaded = load(benchmark, path=data, guidelines=load_sets(guidelines), progress=download)
        items = _items(loaded, benchmark, language, limit, seed)
        with open_ledger(place, wait_seconds=wait) as ledger:
            each = 3 if method == "gcg" else 2
            progress = AttackProgress(Progress(planned=each * len(items)), SearchProgress())
            with live_text(lambda: Text(progress.line), lambda: progress.line, quiet=quiet):
                outcomes = asyncio.run(_attack(items, attacked, settings, ledger, progress, folder))
    _write(outcomes, settings, model, folder)
    _show(outcomes, settings, model, folder)


class AttackProgress(NamedTuple):
    """What has happened so far: answers, and the search under way."""

    answers: Progress
    search: SearchProgress

    @property
    def line(self) -> str:
        """Both in one line."""
        answers = self.answers
        parts = [f"{answers.done:,}/{answers.planned:,} answers", f"{answers.calls:,} calls"]
        if answers.reused:
            parts.append(f"{answers.reused:,} from the ledger")
        if answers.in_flight:
            parts.append(f"{answers.in_flight} in flight")
        if self.search.line:
            parts.append(self.search.line)
        return " · ".join(parts)


def _flags(names: Sequence[str]) -> str:
    return ", ".join(f"--{name.replace('_', '-')}" for name in names)


def _local(name: str) -> LocalModel:
    model = resolve(name)
    if not isinstance(model, LocalModel):
        raise UserError(
            f"“{shorten(name)}” cannot be attacked from inside: name a model in this process, "
            "for example hf:embedded or hf:OWNER/NAME."
        )
    return model


def _items(
    loaded: Benchmark, name: str, language: tuple[str, ...], limit: int, seed: int
) -> list[Item]:
    chosen = [
        item
        for item in select(loaded.items(), language=language, intent=("harmful",))
        if len(item.turns) == 1
    ]
    if not chosen:
        raise UserError(
            f"{shorten(name)} has no harmful request of one turn under the filters given."
        )
    if len(chosen) <= limit:
        return chosen
    return list(stratified_sample(iter(chosen), limit, seed, keys=("guideline", "language")))


async def _attack(  # noqa: PLR0917 - handed on
    items: Sequence[Item],
    model: LocalModel,
    settings: AttackSettings,
    ledger: Ledger,
    progress: AttackProgress,
    folder: Path,
) -> list[AttackOutcome]:
    async with JobGroup(ledger, Budget()) as group, model:
        asker = group.asker(progress.answers)
        return await attack_all(items, model, settings, asker, folder, progress=progress.search)


def _write(
    outcomes: Sequence[AttackOutcome], settings: AttackSettings, model: str, folder: Path
) -> None:
    """The outcomes as JSON lines, and the searches drawn."""
    lines = []
    for outcome in outcomes:
        row = asdict(outcome)
        row["item"] = {"id": outcome.item.id, "name": outcome.item.name}
        for key in ("plain_refused", "attacked_refused", "random_refused"):
            row[key] = None if math.isnan(row[key]) else row[key]
        lines.append(json.dumps(row, ensure_ascii=False))
    head = json.dumps({"model": model, "settings": settings.model_dump(mode="json")})
    write_bytes(folder / "outcomes.jsonl", ("\n".join([head, *lines]) + "\n").encode())
    if settings.method == "gcg":
        curves = [[o.first_loss or math.nan, *o.losses] for o in outcomes]
        title = f"Greedy coordinate gradient on {model}"
        write_bytes(folder / "losses.svg", loss_chart(curves, title=title).encode())


def _show(
    outcomes: Sequence[AttackOutcome], settings: AttackSettings, model: str, folder: Path
) -> None:
    plain = np.array([1 - outcome.plain_refused for outcome in outcomes])
    attacked = np.array([1 - outcome.attacked_refused for outcome in outcomes])
    random = np.array([1 - outcome.random_refused for outcome in outcomes])
    facts = [
        ("Model", model),
        ("Attack", f"{settings.method}, target “{shorten(settings.target, 60)}”"),
        ("Requests", f"{len(outcomes):,}"),
        ("Not refused, plain", _rate(plain)),
        ("Not refused, attacked", _rate(attacked)),
        ("Attacked less plain", _paired(plain, attacked)),
    ]
    if settings.method == "gcg":
        facts[-1:-1] = [("Not refused, random suffix", _rate(random))]
        facts.append(("Attacked less random suffix", _paired(random, attacked)))
        facts.append(("Loss of the target", _losses(outcomes)))
    facts.append(("Written", f"{folder.resolve()}"))
    print_facts(screen(), facts)
    screen().print(
        "\nRead by the lexical refusal screen: it counts answers that are no full refusal. Whether "
        "an answer does harm is not read here.",
        style="dim",
    )


def _losses(outcomes: Sequence[AttackOutcome]) -> str:
    """Mean losses in nats per token, and how far the search went below random tokens."""
    first = np.mean([outcome.first_loss for outcome in outcomes])
    best = [math.nan if o.best_loss is None else o.best_loss for o in outcomes]
    drawn = [math.nan if o.random_loss is None else o.random_loss for o in outcomes]
    told = f"{first:.2f} before, {np.mean(best):.2f} at best (mean, nats)"
    found = difference_of_means(drawn, best)
    if found.value is None:
        return told
    told += f", {np.nanmean(drawn):.2f} after random suffixes; best less random {found.value:+.2f}"
    if found.low is None or found.high is None:
        return told
    return f"{told} ({found.low:+.2f} to {found.high:+.2f})"


def _paired(first: Any, second: Any) -> str:
    """The second rate less the first, request by request."""
    found = difference_of_rates(first, second)
    return (
        f"{_points(found.value)} ({_points(found.low)} to {_points(found.high)}), "
        f"{found.pairs} pairs, {found.dropped} dropped, "
        f"p = {_number(found.p_value)} ({found.test})"
    )


def _rate(values: Any) -> str:
    scored = values[~np.isnan(values)]
    if not scored.size:
        return f"nothing to read, {values.size} missing"
    interval = rate_interval(scored)
    limits = f"{_points(interval.low, sign='')} to {_points(interval.high, sign='')}"
    missing = f", {values.size - scored.size} missing"
    return f"{scored.mean():.1%} (95% interval {limits}, n = {scored.size}{missing})"


def _points(value: float | None, sign: str = "+") -> str:
    return "–" if value is None else f"{100 * value:{sign}.1f}%"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"
