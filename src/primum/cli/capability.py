"""``primum capability``."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.console import Console
from rich.text import Text

from primum.capability.catalogue import groups, own_tasks
from primum.capability.planning import CapabilityPlan, plan_capability
from primum.capability.request import CapabilityRequest, preset, presets
from primum.capability.run import run_capability
from primum.capability.scoring import CUT_PROMPT, LM_EVAL
from primum.cli.option import language_option, wait_option, workspace_option
from primum.cli.report import write_html
from primum.cli.screen import download_bar, duration, live_text, notes, output
from primum.cli.table import print_table
from primum.core.errors import DataError, PrimumError, UserError, shorten
from primum.core.summary import RunSummary
from primum.engine.progress import Progress
from primum.evaluation.result import read_run
from primum.guidelines.toml_file import read_toml
from primum.ledger.ledger import Ledger, open_ledger, read_ledger
from primum.ledger.record import Run
from primum.ledger.workspace import Workspace, locate
from primum.reporting.terminal import render_terminal


class SeedsType(click.ParamType[Any]):
    """Whole numbers with commas between them."""

    name = "N,N,…"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[int, ...]:
        """The numbers."""
        parts = str(value).split(",")
        if all(part.strip().isdecimal() for part in parts):
            return tuple(int(part) for part in parts)
        problem = (
            f"“{value}” was given; numbers with commas were expected, for example 1234,432,32."
        )
        raise click.BadParameter(problem, ctx=ctx, param=param)


@click.command("capability", short_help="Measure what a model knows, by lm-evaluation-harness.")
@click.argument("models", nargs=-1, metavar="[MODEL]...")
@click.option("--model", "-m", "named", multiple=True, help="The same as MODEL. Repeatable.")
@click.option(
    "--tasks",
    "-t",
    multiple=True,
    metavar="NAME,…|FILE",
    help="Groups, tasks of lm-evaluation-harness, or YAML files; see --list.  "
    "[default: Primum's two small sets]",
)
@click.option(
    "--include-path",
    multiple=True,
    metavar="FOLDER",
    help="Folder with task files of your own. Repeatable.",
)
@click.option(
    "--few-shot",
    type=click.IntRange(min=0),
    help="Examples before each question.  [default: what each task says]",
)
@click.option("--seeds", type=SeedsType(), help="One repeat each: which examples are drawn.")
@click.option("--limit", type=click.IntRange(min=1), help="Documents of each task, the first ones.")
@click.option("--metric", help="What decides right or wrong, for example acc_norm.")
@click.option(
    "--chat-template",
    is_flag=True,
    default=None,
    help="Put prompts to a model in this process in its chat form; endpoints always are.",
)
@click.option("--batch-size", type=click.IntRange(min=1), help="Prompts computed at once.")
@click.option("--preset", "preset_name", help=f"Settings by name: {', '.join(presets())}.")
@click.option("--base-url", help="Any other endpoint that speaks chat completions.")
@click.option("--api-key-variable", metavar="NAME", help="Environment variable of its key.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Calls in flight at an endpoint.")
@click.option("--max-calls", type=click.IntRange(min=0), help="Stop after so many requests.")
@click.option("--max-total-tokens", type=click.IntRange(min=0), help="Stop after so many tokens.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file with any of these settings; flags win over it.",
)
@click.option("--list", "is_list", is_flag=True, help="Show groups, own tasks and presets.")
@click.option("--dry-run", is_flag=True, help="Show tasks, documents and requests; ask nothing.")
@click.option("--no-html", is_flag=True, help="Write no HTML report.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
@language_option
def command(
    *,
    models: tuple[str, ...],
    named: tuple[str, ...],
    preset_name: str | None,
    config: Path | None,
    is_list: bool,
    dry_run: bool,
    no_html: bool,
    quiet: bool,
    workspace: Path | None,
    wait: float,
    report_language: str,
    **given: Any,
) -> None:
    """Measure what a model knows: medical and general questions with right answers.

    lm-evaluation-harness (extra “capability”) writes the prompts and scores the answers; every
    computed log-likelihood and generated text is kept in the workspace, and the result is a run
    like any other: “primum report”, “compare” and “runs” read it.

    MODEL is one in this process (hf:embedded, hf:FOLDER, hf:OWNER/NAME, an adapter's folder) or,
    for tasks that are answered in words, any endpoint.

    \b
    Examples:
      primum capability
      primum capability hf:embedded --few-shot 3 --seeds 1234,432,32
      primum capability hf:Qwen/Qwen3-8B --preset medsafetybench --limit 200
      primum capability openai/gpt-4.1-mini --tasks medical-generative --limit 50
      primum capability hf:embedded --tasks ours.yaml --dry-run
    """
    if is_list:
        _list(output())
        return
    place = locate(workspace)
    settings = _settings(preset_name, config, given)
    chosen = [*models, *named] or _as_tuple(settings.pop("model", ())) or ["hf:embedded"]
    settings.pop("model", None)
    typed = "primum " + shlex.join(sys.argv[1:])
    with download_bar("Fetching the model") as download:
        for model in dict.fromkeys(chosen):
            request = _request({**settings, "model": model}, config)
            plan = plan_capability(request, command=typed, download=download)
            if dry_run:
                _show_plan(plan, place, output())
                continue
            with open_ledger(place, wait_seconds=wait) as ledger:
                run = _measure(plan, ledger, place, quiet=quiet)
                _report(ledger, run, place, report_language, html=not no_html)


def _settings(name: str | None, config: Path | None, given: dict[str, Any]) -> dict[str, Any]:
    """The preset's settings, the file's over them, the flags over both."""
    settings = preset(name) if name is not None else {}
    if config is not None:
        read = read_toml(config, "configuration file")
        if isinstance(read.get("preset"), str):
            settings = preset(read.pop("preset")) | settings
        settings |= read
    settings |= {name: value for name, value in given.items() if value not in (None, ())}
    if isinstance(settings.get("tasks"), str | list | tuple):
        settings["tasks"] = tuple(
            part.strip()
            for entry in _as_tuple(settings["tasks"])
            for part in str(entry).split(",")
            if part.strip()
        )
    return settings


def _as_tuple(value: Any) -> tuple[Any, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _request(settings: dict[str, Any], config: Path | None) -> CapabilityRequest:
    try:
        return CapabilityRequest.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = shorten(str(first["loc"][0]))
        if first["type"] == "extra_forbidden":
            known = ", ".join(CapabilityRequest.model_fields)
            problem = f"the key “{key}” is not known. Known: {known}."
        else:
            value = shorten(str(first["input"]))
            problem = f"the key “{key}” holds “{value}”: {first['msg'].lower()}."
        if config is not None:
            raise DataError(config, problem) from error
        raise UserError(problem[0].upper() + problem[1:]) from error


def _measure(plan: CapabilityPlan, ledger: Ledger, place: Workspace, *, quiet: bool) -> Run:
    if not quiet:
        _announce(plan, place, ledger)
    progress = Progress(planned=plan.requests)
    try:
        with live_text(lambda: Text(_line(progress)), lambda: _line(progress), quiet=quiet):
            run = run_capability(plan, ledger, progress)
    except PrimumError:
        if progress.done or progress.calls:
            notes().print(_line(progress), style="dim")
        raise
    if not quiet:
        made = f"{progress.calls:,} requests computed" if progress.calls else "nothing was computed"
        reused = f", {progress.reused:,} found in the ledger" if progress.reused else ""
        notes().print(f"Finished: {made}{reused}.", style="dim")
    return run


def _line(progress: Progress) -> str:
    """The run in one line: done, rate, time left, what the ledger had."""
    parts = [f"{progress.done:,}/{progress.planned:,} requests"]
    if progress.done_new and progress.elapsed_seconds > 1:
        parts.append(f"{progress.done_new / progress.elapsed_seconds * 60:.0f}/min")
    if progress.eta_seconds is not None and progress.done < progress.planned:
        parts.append(f"{duration(progress.eta_seconds)} left")
    if progress.reused:
        parts.append(f"{progress.reused:,} from the ledger")
    return " · ".join(parts)


def _announce(plan: CapabilityPlan, place: Workspace, ledger: Ledger) -> None:
    known = plan.known(ledger)
    names = ", ".join(task.name for task in plan.tasks[:4])
    more = f" and {len(plan.tasks) - 4} more" if len(plan.tasks) > 4 else ""
    seeds = f" × {len(plan.seeds)} seeds" if len(plan.seeds) > 1 else ""
    notes().print(
        f"{plan.model.name} on {names}{more}: {plan.documents:,} documents{seeds}, "
        f"{plan.requests:,} requests, {known.answered:,} of {known.requests:,} different ones in "
        f"the ledger. Run {plan.run_id} in {place.folder}.",
        style="dim",
        markup=False,
    )
    for note in plan.notes:
        notes().print(f"Note: {shorten(note, 400)}", style="yellow", markup=False)


def _show_plan(plan: CapabilityPlan, place: Workspace, console: Console) -> None:
    print_table(
        console,
        ("task", "documents", "examples", "requests", "answered by", "metric"),
        (
            (
                task.name,
                f"{len(task.documents):,} of {task.documents_in_all:,}",
                str(task.few_shot),
                f"{sum(map(len, task.keys)):,}",
                "words" if task.loaded.kind == "generate_until" else "log-likelihood",
                task.loaded.metric,
            )
            for task in plan.tasks
        ),
    )
    console.print()
    for name, value in {
        "Run": plan.run_id,
        "Model": plan.model.name,
        "Seeds": ", ".join(map(str, plan.seeds)),
        "Requests": f"{plan.requests:,}; {_known(plan, place)}",
        "Notes": " ".join(plan.notes),
    }.items():
        if value:
            console.print(f"{name:<9} {shorten(value, 600)}", markup=False, soft_wrap=True)
    console.print("\nNothing was asked.")


def _known(plan: CapabilityPlan, place: Workspace) -> str:
    if not place.ledger.exists():
        return "the ledger is new"
    with read_ledger(place) as ledger:
        known = plan.known(ledger)
    return f"{known.answered:,} of {known.requests:,} different ones are in the ledger"


def _report(ledger: Ledger, run: Run, place: Workspace, language: str, *, html: bool) -> None:
    found = read_run(ledger, run)
    summary, console = found.summary, output()
    render_terminal(summary, console, language, is_brief=True)
    _print_tasks(summary, console)
    measures = found.columns.verdicts[LM_EVAL].measures
    if cut := sum(CUT_PROMPT in each for each in measures if each):
        console.print(
            f"\n{cut:,} prompts were longer than the model's context and lost their beginning, as "
            "lm-evaluation-harness has it. Lower --few-shot.",
            style="yellow",
            soft_wrap=True,
        )
    if html:
        path = write_html(summary, place.reports / f"{run.id}.html", language)
        console.print(f"\nReport: {path}", soft_wrap=True)
    console.print(f"All breakdowns: primum report {run.id}", soft_wrap=True)


def _print_tasks(summary: RunSummary, console: Console) -> None:
    """Accuracy task by task, where the run has several."""
    cells = [cell for cell in summary.cells if cell.dimension == "benchmark"]
    if len(cells) < 2:
        return
    console.print()
    print_table(
        console,
        ("task", "right", "95% interval", "n", "missing"),
        (
            (
                cell.group,
                _percent(cell.estimate.value),
                f"{_percent(cell.estimate.low)} … {_percent(cell.estimate.high)}",
                f"{cell.estimate.n:,}",
                f"{cell.estimate.missing:,}",
            )
            for cell in cells
        ),
    )


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share:.1%}"


def _list(console: Console) -> None:
    """The names that --tasks and --preset take; nothing is loaded."""
    print_table(
        console,
        ("group", "tasks", "what"),
        ((group.name, str(len(group.tasks)), group.title) for group in groups().values()),
    )
    console.print("\nTasks of Primum, which need no download:")
    for name in own_tasks():
        console.print(f"  {name}", markup=False)
    console.print("\nPresets:")
    for name, title in presets().items():
        console.print(f"  {name:<16} {title}", markup=False, soft_wrap=True)
    console.print(
        "\nAny task of lm-evaluation-harness goes by its own name (“lm_eval ls tasks” shows them "
        "all), and any task file of your own by its path. Tasks beyond those of Primum are fetched "
        "from the Hugging Face hub.",
        soft_wrap=True,
    )
