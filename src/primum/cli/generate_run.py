"""Running a recipe from the command line: plan, run, write the benchmark."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import click

from primum.cli.generate_screen import live_recipe, show_plan, show_yields
from primum.cli.number_range import NumberRange
from primum.cli.number_words import counted
from primum.cli.option import wait_option, workspace_option
from primum.cli.screen import download_bar, notes, output
from primum.core.errors import PrimumError, UserError, shorten
from primum.engine.budget import Budget
from primum.generation.benchmark_folder import (
    Written,
    people_folder,
    require_own_folder,
    write_benchmark,
    write_unfinished,
)
from primum.generation.guideline_document_set import is_unreviewed, unreviewed_note
from primum.generation.planning import RecipePlan, make_plan
from primum.generation.recipe_changes import demo_of, with_guidelines, with_models
from primum.generation.recipe_reading import read_recipe
from primum.generation.recipe_resolving import ResolvedRecipe, resolve_recipe
from primum.generation.running import (
    SUFFIXES,
    Generated,
    GenerationProgress,
    KnownStage,
    known_calls,
    run_recipe,
)
from primum.ledger.ledger import Ledger, open_ledger, read_ledger
from primum.ledger.workspace import Workspace, locate


@click.command(
    "run",
    short_help="Make a benchmark from guidelines: requests, filters, dialogues, a data card.",
    epilog=(
        "Exit codes: 0 done, or waiting for a file that people fill in; 2 fix what the message "
        "says; 3 the budget is spent; 130 stopped. After 3 and 130 the same command continues."
    ),
)
@click.argument("recipe", required=False, metavar="RECIPE")
@click.option("--demo", is_flag=True, help="The recipe small, on this machine; no account needed.")
@click.option("--dry-run", is_flag=True, help="Show stages, calls, tokens and cost; ask nothing.")
@click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    metavar="ROLE=MODEL",
    help="Another model for a role; repeat it for several models or roles.",
)
@click.option(
    "--base-url", "base_urls", multiple=True, metavar="ROLE=URL", help="Where a role's models are."
)
@click.option(
    "--guidelines",
    multiple=True,
    metavar="SET|FILE",
    help="Other guidelines than the recipe's: a built-in set or a file of yours. Repeatable.",
)
@click.option(
    "--guideline", "only", multiple=True, metavar="ID", help="Only this guideline. Repeatable."
)
@click.option(
    "--output",
    "folder",
    type=click.Path(path_type=Path),
    help="Folder of the benchmark.  [default: WORKSPACE/benchmarks/RECIPE]",
)
@click.option("--max-calls", type=click.IntRange(min=0), help="Stop after so many calls in all.")
@click.option("--max-total-tokens", type=click.IntRange(min=0), help="Stop after so many tokens.")
@click.option(
    "--max-cost",
    "max_cost_usd",
    type=NumberRange(min=0),
    help="Stop after so many US dollars in all.",
)
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
def run_command(
    *,
    recipe: str | None,
    demo: bool,
    dry_run: bool,
    models: tuple[str, ...],
    base_urls: tuple[str, ...],
    guidelines: tuple[str, ...],
    only: tuple[str, ...],
    folder: Path | None,
    max_calls: int | None,
    max_total_tokens: int | None,
    max_cost_usd: float | None,
    quiet: bool,
    workspace: Path | None,
    wait: float,
) -> None:
    """Make a benchmark from guidelines, by a recipe of stages.

    RECIPE is one that comes with Primum (“primum generate list”) or a TOML file of yours. It says
    which guidelines are covered, which models play which role, and which stages follow each other:
    some write requests, some filter them, some make dialogues, twins or translations of them.

    \b
    Examples:
      primum generate primum --demo
      primum generate list
      primum generate show primum > ours.toml
      primum generate stages
      primum generate ours.toml --dry-run
      primum generate ours.toml --max-cost 5
      primum generate primum --guidelines house-rules.toml -m generators=openai/gpt-4.1

    A recipe of one role and two stages:

    \b
      id = "house-rules"
      guidelines = ["house-rules.toml"]
      [[role]]
      name = "generators"
      models = ["openrouter/qwen/qwen3-32b"]
      [[stage]]
      kind = "seeds"
      role = "generators"
      per_guideline = 10
      [[stage]]
      kind = "near-duplicates"

    The folder that comes out holds items.jsonl (for “primum evaluate --benchmark”), a data card,
    what led to every item, what was dropped and why, and the yield of every stage as a drawing.
    Stop it whenever you like: the same command continues, and nothing is paid for twice.
    """
    place = locate(workspace)
    ready = _chosen(
        recipe, demo=demo, models=models, base_urls=base_urls, guidelines=guidelines, only=only
    )
    target = folder or place.folder / "benchmarks" / ready.recipe.id
    require_own_folder(target, ready.recipe)
    for path in ready.own_files.values():
        if is_unreviewed(path):
            notes().print(unreviewed_note(path), style="yellow", markup=False, soft_wrap=True)
    with download_bar("Fetching what this recipe needs") as download:
        plan = make_plan(ready, download)
        if dry_run:
            show_plan(plan, _known(plan, place, target), output())
            return
        with open_ledger(place, wait_seconds=wait) as ledger:
            budget = Budget(max_calls, max_total_tokens, max_cost_usd)
            made = _run(plan, ledger, budget, target, place.folder / SUFFIXES, quiet=quiet)
            # Under the ledger's lock, so that two commands never write one folder.
            written = so_far = None
            if made.waits_for:
                so_far = write_unfinished(target, plan, made.yields, made.waiting_stage)
            else:
                written = write_benchmark(target, plan, made.yields)
    _end(plan, made, written, so_far or target)


def _chosen(
    name: str | None,
    *,
    demo: bool,
    models: Sequence[str],
    base_urls: Sequence[str],
    guidelines: Sequence[str],
    only: Sequence[str],
) -> ResolvedRecipe:
    """The recipe as the command line changes it."""
    if name is None:
        raise UserError(
            "Name a recipe (“primum generate list”) or a file of yours, or try “primum generate "
            "primum --demo”."
        )
    path = Path(name)
    home = path.parent if path.suffix == ".toml" else None
    recipe = with_guidelines(read_recipe(name), guidelines, only)
    ready = resolve_recipe(recipe, name, home)
    if demo:
        recipe = demo_of(ready, name, home)
    urls = {role: given[-1] for role, given in _by_role(base_urls, "--base-url").items()}
    recast = with_models(recipe, _by_role(models, "--model"), urls)
    return resolve_recipe(recast, name, home) if recast != ready.recipe else ready


def _by_role(entries: Sequence[str], option: str) -> Mapping[str, list[str]]:
    found: dict[str, list[str]] = {}
    for entry in entries:
        role, is_whole, value = entry.partition("=")
        if not is_whole or not role.strip() or not value.strip():
            raise click.BadParameter(
                f"“{shorten(entry)}” was given; ROLE=VALUE was expected, for example "
                "generators=openai/gpt-4.1.",
                param_hint=option,
            )
        found.setdefault(role.strip(), []).append(value.strip())
    return found


def _known(plan: RecipePlan, place: Workspace, target: Path) -> Sequence[KnownStage]:
    if not place.ledger.exists():
        return ()
    with read_ledger(place) as ledger:
        return known_calls(plan, ledger, people_folder(target), place.folder / SUFFIXES)


def _run(
    plan: RecipePlan,
    ledger: Ledger,
    budget: Budget,
    target: Path,
    searches: Path,
    *,
    quiet: bool,
) -> Generated:
    recipe = plan.ready.recipe
    if not quiet:
        usd = plan.usd_at_most
        cost = "" if usd is None else f", at most ${usd:,.2f}"
        notes().print(
            f"Recipe {recipe.id}: {counted(len(plan.stages), 'stage')} on "
            f"{counted(len(plan.ready.chosen), 'guideline')}, at most "
            f"{counted(plan.calls, 'call')}{cost}. Output: {target}",
            style="dim",
            markup=False,
        )
    progress = GenerationProgress.of(plan)
    try:
        with live_recipe(progress, quiet=quiet):
            made = run_recipe(plan, ledger, budget, progress, people_folder(target), searches)
    except PrimumError:
        running = [stage.name for stage in progress.stages if stage.state == "running"]
        notes().print(
            f"{sum(stage.state == 'finished' for stage in progress.stages)} of "
            f"{counted(len(progress.stages), 'stage')} done"
            f"{f'; “{shorten(running[-1])}” is not' if running else ''}; "
            f"{counted(progress.calls, 'call')} made now.",
            style="dim",
            markup=False,
        )
        raise
    if not quiet:
        calls = (
            f"{counted(progress.calls, 'call')} made" if progress.calls else "no call was needed"
        )
        reused = f", {progress.reused:,} found in the ledger" if progress.reused else ""
        notes().print(f"{calls[:1].upper()}{calls[1:]}{reused}.", style="dim")
    return made


def _end(plan: RecipePlan, made: Generated, written: Written | None, target: Path) -> None:
    console = output()
    show_yields(made.yields.stages, console)
    if written is None:
        console.print(
            f"\nThe stage “{made.waiting_stage}” waits for people: fill in {made.waits_for} and "
            "give the same command again.",
            markup=False,
            soft_wrap=True,
        )
        console.print(
            f"So far: {target / 'card.md'}, and what was dropped: {target / 'dropped.jsonl'}",
            markup=False,
            soft_wrap=True,
        )
        return
    if made.nothing_left:
        raise UserError(f"{made.nothing_left} What was dropped: {target / 'dropped.jsonl'}")
    _tell(plan, written, made)


def _tell(plan: RecipePlan, written: Written, made: Generated) -> None:
    """What was written, and what to do with it."""
    console = output()
    console.print(
        f"\n{counted(written.items, 'item')}, fingerprint {written.fingerprint}", markup=False
    )
    if written.replaced:
        console.print(f"They replace other items, of the fingerprint {written.replaced}.")
    if made.yields.missing:
        console.print(
            f"{counted(made.yields.missing, 'answer')} never came because calls failed; the same "
            "command asks again."
        )
    found = written.check.findings if written.check is not None else ()
    for finding in [each for each in found if each.level == "error"][:3]:
        console.print(f"Check: {finding.text}", style="yellow", markup=False)
    own = "".join(
        f" --guidelines {written.folder / 'guidelines' / name}.toml"
        for name in plan.ready.own_files
    )
    console.print(f"Data card: {written.folder / 'card.md'}", markup=False, soft_wrap=True)
    console.print(
        f"Next: primum evaluate --benchmark {written.to_test}{own}",
        markup=False,
        soft_wrap=True,
    )
