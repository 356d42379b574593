"""``primum generate strategies``: list and show strategy libraries, discover new strategies."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import click
from rich.console import Console

from primum.benchmarks.catalogue import load
from primum.benchmarks.selection import select
from primum.cli.generate_asking import AskingOptions, ask
from primum.cli.number_range import NumberRange
from primum.cli.number_words import counted
from primum.cli.option import guidelines_option, wait_option, workspace_option
from primum.cli.screen import download_bar, output
from primum.cli.table import print_facts, print_table
from primum.core.errors import UserError
from primum.engine.asking import Asker
from primum.engine.budget import Budget
from primum.generation.discovery import (
    Discovered,
    DiscoveryRoles,
    DiscoverySettings,
    calls_at_most,
    discover,
    refuse_unusable,
)
from primum.generation.discovery_attempt import Goal
from primum.generation.stage import RoleModel
from primum.generation.strategy import Evidence, Strategy, StrategyLibrary
from primum.generation.strategy_library import (
    DEFAULT_LIBRARY,
    choose_strategies,
    list_libraries,
    load_library,
    write_library,
)
from primum.guidelines.catalogue import load_sets
from primum.models.cache import Progress as DownloadProgress
from primum.models.chat_model import ChatModel
from primum.models.profile import Sampling
from primum.models.registry import resolve

Language = click.Choice(["en", "ja"])
_TITLE_CELLS = 30
"""Of a terminal, for the titles in a list and the space between columns."""


@click.group("strategies", short_help="List, show and discover attack strategies.")
def strategies_command() -> None:
    """Ways to dress up a request, for testing whether a model sees through them."""


@strategies_command.command("list")
@click.option("--language", "-l", type=Language, default="en", show_default=True)
def list_strategies(*, language: str) -> None:
    """List the strategy libraries that come with Primum, and their strategies."""
    rows = [
        (library.id, each.id, each.title.told(language))
        for library in map(load_library, list_libraries())
        for each in library.strategies
    ]
    console = output()
    if console.width < max(len(library) + len(name) for library, name, _ in rows) + _TITLE_CELLS:
        # An id that is cut off cannot be given to --strategy.
        for library, name, title in rows:
            console.print(f"{name}  ({library}): {title}", markup=False, soft_wrap=True)
        return
    print_table(console, ("library", "strategy", "title"), rows)


@strategies_command.command("show")
@click.argument("name", default=DEFAULT_LIBRARY)
@click.option("--language", "-l", type=Language, default="en", show_default=True)
def show_strategies(name: str, *, language: str) -> None:
    """Show a library, a library file (.toml) or one strategy, with its evidence."""
    console = output()
    if name.endswith(".toml") or name in list_libraries():
        library = load_library(name)
        _show_library(console, library, language)
        chosen: Sequence[Strategy] = library.strategies
    else:
        chosen = choose_strategies((name,))
    for each in chosen:
        _show_strategy(console, each, language)


@dataclass(frozen=True, slots=True)
class _Asked:
    """Where requests come from."""

    benchmark: str
    data: Path | None
    guidelines: tuple[str, ...]
    language: str
    goals: int
    held_out: int
    seed: int


class _Split(NamedTuple):
    goals: list[Goal]
    held_out: list[Goal]


@strategies_command.command("discover")
@click.option(
    "--benchmark", "-b", default="primum-core", show_default=True, help="A name or a file."
)
@click.option("--data", type=click.Path(path_type=Path), help="Where a published set lies.")
@guidelines_option
@click.option("--language", "-l", default="en", show_default=True, help="Of the requests.")
@click.option("--goals", type=click.IntRange(min=1), default=10, show_default=True,
              help="Requests that strategies are sought on.")  # fmt: skip
@click.option("--held-out", type=click.IntRange(min=2), default=20, show_default=True,
              help="Other requests, that they are measured on.")  # fmt: skip
@click.option("--attempts", type=click.IntRange(min=2), default=10, show_default=True,
              help="Forms of each request that the attacker tries.")  # fmt: skip
@click.option("--summaries", type=click.IntRange(min=1), default=10, show_default=True,
              help="Pairs of attempts compared, of each request.")  # fmt: skip
@click.option("--similarity", type=NumberRange(0, 1), default=0.6, show_default=True,
              help="Share of common character triples from which on two are the same.")  # fmt: skip
@click.option("--most-strategies", type=click.IntRange(min=1), default=20, show_default=True,
              help="How many are measured.")  # fmt: skip
@click.option("--known", multiple=True, metavar="LIBRARY",
              help="Not to be found again: a library, a file, an id.")  # fmt: skip
@click.option("--target", default="embedded", show_default=True, help="Whom to try them on.")
@click.option("--base-url", help="Endpoint of the target.")
@click.option("--also-measure", multiple=True, metavar="MODEL", help="Further targets.")
@click.option("--attacker", default="embedded", show_default=True, help="Who writes the forms.")
@click.option("--scorer", default="embedded", show_default=True, help="Who scores, 1 to 10.")
@click.option("--summariser", help="Who describes what worked.  [default: the scorer]")
@click.option("--novelty", help="Who says what is new.  [default: the summariser]")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--max-calls", type=click.IntRange(min=0),
              help="Stop after so many calls; each command counts its own.")  # fmt: skip
@click.option("--output", "-o", "file", type=click.Path(path_type=Path, dir_okay=False),
              default=Path("discovered.toml"), show_default=True)  # fmt: skip
@click.option("--overwrite", is_flag=True,
              help="Replace that file if it exists, unless nothing is found.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Show requests and calls; ask nothing.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
def discover_command(
    *,
    file: Path,
    overwrite: bool,
    dry_run: bool,
    quiet: bool,
    max_calls: int | None,
    workspace: Path | None,
    wait: float,
    **given: Any,
) -> None:
    """Find strategies that make a model less careful, and measure them on other requests.

    The same command continues where it was stopped; nothing is paid for twice. A strategy that
    does nothing on requests it was not found on is kept in the file and marked so. A file that is
    there is never replaced unasked, and never by one in which nothing was found.
    """
    if file.exists() and not overwrite:
        raise UserError(
            f"{file} is there already and would be replaced. Name another file with "
            "--output, or add --overwrite."
        )
    settings = DiscoverySettings(
        given["attempts"], given["summaries"], given["similarity"],
        given["most_strategies"], given["seed"], file.stem.lower().replace(" ", "-"),
    )  # fmt: skip
    asked = _Asked(*(given[name] for name in _Asked.__dataclass_fields__))
    known = choose_strategies(given["known"]) if given["known"] else ()
    with download_bar("Fetching what discovery needs") as download:
        split = _requests(asked, download)
        if dry_run:
            _show_plan(split, 1 + len(given["also_measure"]), settings)
            return
        roles = _roles(given, download)
    measured = len(roles.measured_on)
    planned = calls_at_most(len(split.goals), len(split.held_out), measured, settings)

    async def work(asker: Asker) -> Discovered:
        return await discover(*split, roles, settings, asker, known=known)

    options = AskingOptions(workspace, wait, Budget(max_calls), quiet)
    found = ask(work, _models(roles), sum(planned.values()), options)
    is_written = bool(found.library.strategies) or not _holds_something(file)
    if is_written:
        write_library(found.library, file)
    _show_found(found, file, is_written=is_written)


def _models(roles: DiscoveryRoles) -> list[ChatModel]:
    """Whom a discovery asks, each once."""
    return list({id(each.model): each.model for each in (*roles[:-1], *roles.measured_on)}.values())


def _requests(asked: _Asked, download: DownloadProgress | None) -> _Split:
    """The requests of both parts, drawn by the seed.

    Raises:
        UserError: there are too few.
    """
    benchmark = load(
        asked.benchmark,
        path=asked.data,
        guidelines=load_sets(asked.guidelines),
        progress=download,
    )
    items = select(benchmark.items(), language=(asked.language,), intent=("harmful",))
    texts = dict.fromkeys(item.turns[0] for item in items if len(item.turns) == 1)
    wanted = asked.goals + asked.held_out
    if len(texts) < wanted:
        raise UserError(
            f"{benchmark.name} holds {counted(len(texts), 'harmful request')} of one turn in "
            f"“{asked.language}”; {wanted:,} are needed. Lower --goals or --held-out, or name "
            "another --benchmark."
        )
    draw = random.Random(asked.seed)  # noqa: S311 - a draw that can be made again
    goals = [Goal(text, asked.language) for text in draw.sample(sorted(texts), wanted)]
    split = _Split(goals[: asked.goals], goals[asked.goals :])
    refuse_unusable(*split)
    return split


def _roles(given: dict[str, Any], download: DownloadProgress | None) -> DiscoveryRoles:
    opened: dict[tuple[str, str | None], ChatModel] = {}

    def role(name: str, sampling: Sampling, base_url: str | None = None) -> RoleModel:
        key = (name, base_url)
        if key not in opened:
            opened[key] = resolve(name, base_url=base_url, progress=download)
        return RoleModel(opened[key], sampling)

    exact, free = Sampling(), Sampling(temperature=1.0)
    summariser = given["summariser"] or given["scorer"]
    target = role(given["target"], exact, given["base_url"])
    return DiscoveryRoles(
        attacker=role(given["attacker"], free),
        target=target,
        scorer=role(given["scorer"], exact),
        summariser=role(summariser, exact),
        novelty=role(given["novelty"] or summariser, exact),
        measured_on=(target, *(role(name, exact) for name in given["also_measure"])),
    )


def _show_plan(split: _Split, targets: int, settings: DiscoverySettings) -> None:
    calls = calls_at_most(len(split.goals), len(split.held_out), targets, settings)
    console = output()
    print_facts(
        console,
        (
            ("requests", f"{len(split.goals)} to seek on, {len(split.held_out)} to measure on"),
            ("targets", str(targets)),
        ),
    )
    console.print()
    print_table(console, ("role", "calls at most"), [(k, f"{v:,}") for k, v in calls.items()])
    console.print("\nNothing was asked.")


def _holds_something(file: Path) -> bool:
    """Whether the file holds more than a library without strategies."""
    if not file.exists():
        return False
    try:
        return bool(load_library(file).strategies)
    except UserError:
        return bool(file.read_bytes().strip())


def _show_found(found: Discovered, file: Path, *, is_written: bool) -> None:
    console = output()
    rows = [
        (each.id, str(found.found[each.id]), one.target, _drop(one), str(one.n), one.finding)
        for each in found.library.strategies
        for one in each.evidence
    ]
    if rows:
        headings = ("strategy", "found", "target", "drop of safety (1-10)", "n", "held out")
        print_table(console, headings, rows)
    else:
        console.print("No strategy was found.")
    console.print()
    for part, counts in found.outcomes.items():
        told = ", ".join(f"{name} {count:,}" for name, count in counts.items()) or "none"
        console.print(f"{part}: {told}", markup=False)
    written = f"Library: {file}" if is_written else f"Not written: {file} is kept as it was."
    console.print(written, soft_wrap=True, markup=False)


def _show_library(console: Console, library: StrategyLibrary, language: str) -> None:
    print_facts(
        console,
        (
            ("library", f"{library.id} {library.version}"),
            ("title", library.title.told(language)),
            ("source", library.source),
            ("notes", library.notes.told(language)),
            ("fingerprint", library.fingerprint),
        ),
    )


def _show_strategy(console: Console, strategy: Strategy, language: str) -> None:
    console.print()
    print_facts(
        console,
        (
            ("strategy", strategy.id),
            ("title", strategy.title.told(language)),
            ("mechanism", strategy.mechanism.told(language)),
            ("how", strategy.how.told(language)),
            ("source", strategy.source),
            *(("evidence", _told(each)) for each in strategy.evidence),
        ),
    )


def _told(evidence: Evidence) -> str:
    return (
        f"{evidence.target}: {evidence.finding}; drop {_drop(evidence)}, n {evidence.n}, "
        f"missing {evidence.missing}; {evidence.measured_on}"
    )


def _drop(evidence: Evidence) -> str:
    if evidence.drop is None:
        return "-"
    if evidence.low is None or evidence.high is None:
        return f"{evidence.drop:.2f}"
    share = f"{evidence.confidence:.1%}"
    return f"{evidence.drop:.2f} [{evidence.low:.2f}, {evidence.high:.2f}] ({share})"
