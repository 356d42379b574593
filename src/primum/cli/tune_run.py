"""Tuning a model from the command line: plan, run or continue, say what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from primum.cli.destinations import require_apart
from primum.cli.number_range import NumberRange
from primum.cli.number_words import counted
from primum.cli.option import wait_option, workspace_option
from primum.cli.screen import download_bar, notes, output
from primum.cli.tune_screen import live_tuning, show_adapter, show_plan, show_refused
from primum.core.errors import DataError, UserError, shorten
from primum.guidelines.toml_file import read_toml
from primum.ledger.ledger import open_ledger
from primum.ledger.workspace import Workspace, locate
from primum.tuning.held_out import Refused, write_refused
from primum.tuning.mix import TooFewDemonstrationsError
from primum.tuning.planning import TuningPlan, plan_tuning, require_libraries
from primum.tuning.progress import TuningProgress
from primum.tuning.request import TuningRequest, request_of
from primum.tuning.run import is_main_process, prepare, tune

_MIX = ("harmful", "benign", "benign_share", "size", "language")
_TOP = ("model", "preset", "held_out", "data", "output", "name", "device", "checkpoint_every")


@click.command(
    "run",
    short_help="Make a model safer: LoRA on demonstrations, or preference tuning.",
    epilog=(
        "Exit codes: 0 done; 2 fix what the message says; 130 stopped, and the same command "
        "continues from the last checkpoint."
    ),
)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--model",
    "-m",
    metavar="hf:…",
    help="The base: hf:embedded, hf:FOLDER, hf:OWNER/NAME[@REVISION], hf:FILE.gguf.  "
    "[default: hf:embedded]",
)
@click.option(
    "--harmful",
    multiple=True,
    metavar="SOURCE",
    help="Harmful requests with safe answers: medsafetybench, medsafetybench:gpt4, general, "
    "contrast, a file (.jsonl, .json, .csv), or a folder that “primum generate” wrote. Repeatable.",
)
@click.option(
    "--benign",
    multiple=True,
    metavar="SOURCE",
    help="Harmless requests with helpful answers: benign, contrast (alike to harmful ones), or a "
    "file. Repeatable.",
)
@click.option(
    "--benign-share",
    type=NumberRange(min=0, max=1, max_open=True),
    help="Share of benign demonstrations in the whole.",
)
@click.option("--size", type=click.IntRange(min=1), help="Demonstrations in all.  [default: all]")
@click.option("--language", "-l", multiple=True, help="Only this language. Repeatable.")
@click.option(
    "--data",
    multiple=True,
    metavar="[NAME=]PATH",
    help="Where a published set lies, instead of a download; NAME= says which of several.",
)
@click.option(
    "--held-out",
    multiple=True,
    metavar="BENCHMARK",
    help="Its items and their near twins are refused too. Repeatable.",
)
@click.option("--preset", metavar="NAME", help="See “primum tune presets”.  [default: primum]")
@click.option(
    "--method",
    type=click.Choice(["lora", "dpo"]),
    help="Demonstrations, or safe against unsafe answers.  [default: lora]",
)
@click.option("--updates", type=click.IntRange(min=1), help="Steps of the optimiser in all.")
@click.option("--epochs", type=NumberRange(min=0, min_open=True), help="Instead of updates.")
@click.option("--learning-rate", type=NumberRange(min=0, min_open=True))
@click.option("--warmup-updates", type=click.IntRange(min=0))
@click.option("--batch-size", type=click.IntRange(min=1), help="Examples of one update.")
@click.option("--micro-batch-size", type=click.IntRange(min=1), help="Of them at once on a device.")
@click.option("--max-tokens", type=click.IntRange(min=16), help="Of one example; more is cut.")
@click.option("--rank", type=click.IntRange(min=1), help="Of the adapter.")
@click.option("--alpha", type=NumberRange(min=0, min_open=True), help="Of the adapter.")
@click.option(
    "--target-modules", multiple=True, metavar="NAME", help="Layers with an adapter. Repeatable."
)
@click.option("--beta", type=NumberRange(min=0, min_open=True), help="Of dpo.")
@click.option(
    "--gradient-checkpointing", is_flag=True, help="Less memory, about a fifth more time."
)
@click.option("--seed", type=click.IntRange(min=0), help="Of the mix and of the training.")
@click.option("--device", metavar="cpu|cuda", help="[default: a GPU if there is one]")
@click.option(
    "--checkpoint-every",
    type=click.IntRange(min=1),
    metavar="UPDATES",
    help="[default: 10]",
)
@click.option("--name", help="For people: stands in the manifest.")
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    help="Folder of the adapter.  [default: WORKSPACE/adapters/ID]",
)
@click.option(
    "--refused",
    "refused_file",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the demonstrations that are test items or near twins of one here (JSONL), in a "
    "dry run too.",
)
@click.option("--dry-run", is_flag=True, help="Show examples, updates and tokens; tune nothing.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
def run_command(
    *,
    file: Path | None,
    refused_file: Path | None,
    dry_run: bool,
    quiet: bool,
    workspace: Path | None,
    wait: float,
    **given: Any,
) -> None:
    """Make a model safer, and keep it useful: LoRA on demonstrations, or preference tuning.

    A small adapter is trained beside the model's weights, which stay as they are. Demonstrations
    are harmful requests with safe answers; mix in benign ones, or the model learns to refuse
    everything. Items of benchmarks and their near twins are never trained on. FILE is a TOML file
    with the same settings; flags win over it.

    \b
    Examples:
      primum tune --harmful general --benign benign --benign-share 0.5 --dry-run
      primum tune --harmful medsafetybench --benign benign --benign-share 0.5 --size 400
      primum tune --harmful medsafetybench --preset medsafetybench
      primum tune --harmful general --benign benign --benign-share 0.5 --method dpo
      primum tune ours.toml --seed 1
      primum evaluate --model hf:primum-workspace/adapters/ID

    A file:

    \b
      model = "hf:Qwen/Qwen3-8B"
      [mix]
      harmful = ["medsafetybench", "ours.jsonl"]
      benign = ["benign"]
      benign_share = 0.5
      size = 400
      [settings]
      updates = 100

    Several GPUs: accelerate launch -m primum tune … . Stop it whenever you like: the same command
    continues from the last checkpoint, on a CPU to the very same adapter.
    """
    request = _request(file, given)
    place = locate(workspace)
    if not dry_run:
        # Before anything is downloaded.
        require_libraries("Tuning")
    is_quiet = quiet or not is_main_process()
    require_apart([refused_file], [file, *request.mix.harmful, *request.mix.benign])
    plan = _plan(request, place, refused_file)
    if dry_run:
        if is_main_process():
            show_plan(plan, output())
            _warn(plan)
            output().print("\nNothing was tuned.")
        return
    if not is_quiet:
        _announce(plan)
    _tune(plan, place, wait, quiet=is_quiet)


def _plan(request: TuningRequest, place: Workspace, refused_file: Path | None) -> TuningPlan:
    """The plan; what was refused is written, and shown where nothing else is left."""
    try:
        with download_bar("Fetching what this tuning needs") as download:
            plan = plan_tuning(request, workspace=place, download=download)
    except TooFewDemonstrationsError as error:
        _write(error.refused, refused_file)
        if is_main_process():
            show_refused(error.refused, notes())
        raise
    _write(plan.mixture.refused, refused_file)
    return plan


def _write(refused: Sequence[Refused], file: Path | None) -> None:
    if file is None or not is_main_process():
        return
    write_refused(refused, file)
    told = f"{counted(len(refused), 'demonstration')} that may not be trained on: {file}"
    notes().print(told, style="dim", markup=False)


def _tune(plan: TuningPlan, place: Workspace, wait: float, *, quiet: bool) -> None:
    progress = TuningProgress()
    with live_tuning(progress, quiet=quiet):
        if plan.needs_pairs and plan.finished is None and is_main_process():
            with open_ledger(place, wait_seconds=wait) as ledger:
                prepare(plan, ledger, progress, wait_seconds=wait)
        adapter = tune(plan, progress=progress, wait_seconds=wait)
    if is_main_process():
        show_adapter(adapter, output())


def _request(file: Path | None, given: Mapping[str, Any]) -> TuningRequest:
    values: dict[str, Any] = read_toml(file, "configuration file") if file is not None else {}
    for name, value in given.items():
        if value in (None, (), False):
            continue
        if name in _TOP:
            values[name] = value
        elif name == "seed":
            _put(values, "mix", name, value)
            _put(values, "settings", name, value)
        else:
            _put(values, "mix" if name in _MIX else "settings", name, value)
    try:
        return request_of(values)
    except DataError:
        raise
    except UserError as error:
        if file is None:
            raise
        text = str(error)
        raise DataError(file, text[0].lower() + text[1:]) from error


def _put(values: dict[str, Any], table: str, name: str, value: Any) -> None:
    found = values.setdefault(table, {})
    if isinstance(found, dict):
        found[name] = value


def _announce(plan: TuningPlan) -> None:
    mixture = plan.mixture
    notes().print(
        f"{plan.request.model}, {plan.settings.method}: {plan.examples:,} demonstrations "
        f"({mixture.count('harmful'):,} harmful, {mixture.count('benign'):,} benign), "
        f"{plan.updates:,} updates ({plan.epochs:.2g} epochs), about {plan.tokens:,} tokens. "
        f"Output: {plan.folder}",
        style="dim",
        markup=False,
    )
    licences = ", ".join(mixture.licences)
    notes().print(
        f"Licences: base {plan.base.licence or 'not stated'}; data {licences}.",
        style="dim",
        markup=False,
    )
    show_refused(mixture.refused, notes())
    _warn(plan)


def _warn(plan: TuningPlan) -> None:
    for warning in plan.warnings:
        notes().print(f"Note: {shorten(warning, 400)}", style="yellow", markup=False)
