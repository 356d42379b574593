"""``primum evaluate``."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from pydantic import ValidationError
from rich.console import Console

from primum.cli.live_attacker import attack_lines, attacker_of
from primum.cli.number_range import NumberRange
from primum.cli.option import (
    column_option,
    guidelines_option,
    language_option,
    mapping_of,
    wait_option,
    workspace_option,
)
from primum.cli.report import write_html
from primum.cli.screen import download_bar, live_progress, notes, output
from primum.cli.table import print_table
from primum.core.errors import DataError, PrimumError, UnknownNameError, UserError, shorten
from primum.engine.progress import Progress
from primum.evaluation.cost import CostEstimate, estimate_cost
from primum.evaluation.evaluate import evaluate
from primum.evaluation.pace import expected_pace
from primum.evaluation.plan import Plan
from primum.evaluation.planning import make_plan
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.result import read_run
from primum.guidelines.toml_file import read_toml
from primum.ledger.ledger import Ledger, open_ledger, read_ledger
from primum.ledger.record import Run
from primum.ledger.workspace import Workspace, locate
from primum.reporting.terminal import render_terminal


class LimitType(click.ParamType[Any]):
    """A positive number or ``all``."""

    name = "N|all"

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> int | str:
        """The number, or the word."""
        text = str(value)
        if text == "all":
            return text
        if text.isdecimal() and int(text) > 0:
            return int(text)
        problem = f"“{text}” was given; a positive number or “all” was expected."
        raise click.BadParameter(problem, ctx=ctx, param=param)


@click.command("evaluate", short_help="Ask a model a benchmark's requests and judge the answers.")
@click.argument("protocol", required=False)
@click.option(
    "--model",
    "-m",
    help="Who answers: embedded, PROVIDER/MODEL, embedded:FILE.gguf, "
    "answers:FILE, scripted:FILE. See “primum models list”.  [default: embedded]",
)
@click.option("--base-url", help="Any other endpoint that speaks chat completions.")
@click.option("--api-key-variable", metavar="NAME", help="Environment variable of its key.")
@click.option(
    "--judge",
    "-j",
    "judges",
    multiple=True,
    metavar="JUDGE",
    help="A further judge, for example harmfulness:openai/gpt-4.1. Repeatable.",
)
@click.option(
    "--judge-model",
    "judge_models",
    multiple=True,
    metavar="MODEL",
    help="Who judges instead of the protocol's judge models: once for all, or one for each in "
    "order; “none” leaves them out.",
)
@click.option("--judge-base-url", help="Endpoint of the judges' models.")
@click.option("--judge-api-key-variable", metavar="NAME", help="Environment variable of its key.")
@click.option(
    "--judge-max-tokens",
    type=click.IntRange(min=1),
    help="Of each verdict, hidden reasoning included.  [default: 512]",
)
@click.option(
    "--benchmark",
    "-b",
    multiple=True,
    help="Another benchmark than the protocol's, or a file of your "
    "own (.jsonl, .csv, .parquet). Repeatable. See “primum benchmarks list”.",
)
@click.option(
    "--data",
    multiple=True,
    metavar="[NAME=]PATH",
    help="Where a published set lies, instead of a download; NAME= says which of several.",
)
@column_option
@guidelines_option
@click.option("--language", "-l", multiple=True, help="Only items in this language. Repeatable.")
@click.option("--perspective", multiple=True, help="Only patient, clinician or general items.")
@click.option("--intent", multiple=True, help="Only harmful or benign items.")
@click.option("--guideline", multiple=True, help="Only items of this guideline, e.g. ama-2001/4.")
@click.option("--limit", type=LimitType(), help="How many items at most.")
@click.option(
    "--sample",
    type=click.Choice(["stratified", "first"]),
    help="How a limit is drawn: spread over perspectives, guidelines and languages with "
    "pairs kept whole, or the first ones.",
)
@click.option("--seed", type=int, help="Seed of the sample.")
@click.option("--repeats", type=click.IntRange(min=1), help="Conversations per item.")
@click.option("--profile", help="Deployment profile: a built-in name or a TOML file.")
@click.option("--system-prompt", help="System prompt of the target.")
@click.option("--temperature", type=NumberRange(min=0), help="Of the target.")
@click.option("--top-p", type=NumberRange(min=0, max=1, min_open=True), help="Of the target.")
@click.option("--max-tokens", type=click.IntRange(min=1), help="Of each answer.")
@click.option("--concurrency", type=click.IntRange(min=1), help="Calls in flight at an endpoint.")
@click.option(
    "--timeout",
    "timeout_seconds",
    type=NumberRange(min=0, min_open=True),
    help="Seconds for one attempt of a call.  [default: 300]",
)
@click.option("--slots", type=click.IntRange(min=1), help="Conversations at once, embedded model.")
@click.option("--context-tokens", type=click.IntRange(min=64), help="Context of an embedded model.")
@click.option(
    "--attacker",
    metavar="MODEL",
    help="A model that plays the user turn by turn and sees the answers. Benign items of the "
    "sample are left out.",
)
@click.option("--attacker-base-url", help="Endpoint of the attacker.")
@click.option("--attacker-api-key-variable", metavar="NAME", help="Variable of its key.")
@click.option(
    "--attacker-turns",
    type=click.IntRange(min=1, max=50),
    help="Messages in a conversation, at most.  [default: 3]",
)
@click.option(
    "--attacker-strategies",
    multiple=True,
    metavar="ID|LIBRARY|FILE",
    help="What it tries, see “primum generate strategies list”. Repeatable.  [default: all]",
)
@click.option(
    "--attacker-mode",
    type=click.Choice(["escalation", "persona", "rephrasing"]),
    help="Step by step, as one person, or the plain request in other words.  [default: escalation]",
)
@click.option(
    "--attacker-success",
    metavar="screen|JUDGE",
    help="It stops when an answer is no refusal by its words, or unsafe by that judge of the run.  "
    "[default: screen]",
)
@click.option(
    "--max-calls",
    type=click.IntRange(min=0),
    help="Stop after so many calls; each command counts its own.",
)
@click.option(
    "--max-total-tokens",
    type=click.IntRange(min=0),
    help="Stop after so many tokens of this command.",
)
@click.option(
    "--max-cost",
    "max_cost_usd",
    type=NumberRange(min=0),
    help="Stop after so many US dollars of this command.",
)
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="A TOML file with any of these settings; flags win over it.",
)
@click.option("--dry-run", is_flag=True, help="Show items, calls, tokens and cost; ask nothing.")
@click.option("--no-html", is_flag=True, help="Write no HTML report.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
@language_option
def command(
    *,
    config: Path | None,
    dry_run: bool,
    no_html: bool,
    quiet: bool,
    workspace: Path | None,
    wait: float,
    report_language: str,
    columns: tuple[str, ...],
    **given: Any,
) -> None:
    """Ask a model the requests of a benchmark, judge every answer, report.

    PROTOCOL is a built-in protocol (“primum protocols list”) or a TOML file; without it, Primum's
    own starter items are put to the small embedded model, on this machine, without any account.

    \b
    Examples:
      primum evaluate
      primum evaluate medsafetybench --data med-safety-bench --limit 90
      primum evaluate --model openai/gpt-4.1 --judge harmfulness:openai/gpt-4.1-mini --dry-run
      primum evaluate medriskeval --model openai/gpt-4.1 --judge-model openai/gpt-4.1-mini
      primum evaluate --model my-model --base-url http://localhost:8000/v1
      primum evaluate --benchmark ours.csv --column request=prompt --column language==ja

    Stop it whenever you like: the same command continues, and nothing is paid for twice.
    """
    request = _request(config, mapping_of(columns), given)
    typed = "primum " + shlex.join(sys.argv[1:])
    with download_bar("Fetching what this run needs") as download:
        attacker = attacker_of(request, download)
        plan = make_plan(request, command=typed, download=download, attacker=attacker)
        if dry_run:
            _show_plan(plan, locate(workspace), output())
            return
        place = locate(workspace)
        with open_ledger(place, wait_seconds=wait) as ledger:
            if not quiet:
                _announce(plan, place)
            run = _evaluate(plan, ledger, quiet=quiet)
            _report(ledger, run, place, report_language, html=not no_html, plan=plan)


def _request(
    config: Path | None, mapping: dict[str, str], given: dict[str, Any]
) -> EvaluationRequest:
    settings = read_toml(config, "configuration file") if config is not None else {}
    settings |= {name: value for name, value in given.items() if value not in (None, ())}
    if mapping:
        settings["columns"] = mapping
    _refuse_idle_attacker(settings)
    try:
        return EvaluationRequest.model_validate(settings)
    except ValidationError as error:
        first = error.errors()[0]
        key = str(first["loc"][0])
        if key == "limit":
            value = shorten(str(first["input"]))
            problem = f"the key “limit” holds “{value}”; a positive number or “all” was expected."
        elif first["type"] == "extra_forbidden":
            known = ", ".join(EvaluationRequest.model_fields)
            problem = f"the key “{shorten(key)}” is not known. Known: {known}."
        else:
            value = shorten(str(first["input"]))
            problem = f"the key “{key}” holds “{value}”: {first['msg'].lower()}."
        if config is not None:
            raise DataError(config, problem) from error
        raise UserError(problem[0].upper() + problem[1:]) from error


def _refuse_idle_attacker(settings: Mapping[str, Any]) -> None:
    """Refuse settings of an attacker where none is named."""
    idle = [name for name in settings if name.startswith("attacker_")]
    if idle and settings.get("attacker") is None:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in idle)
        raise UserError(
            f"{names} was given without --attacker: nobody plays the user but the benchmark. Name "
            "a model with --attacker, or leave it out."
        )


def _evaluate(plan: Plan, ledger: Ledger, *, quiet: bool) -> Run:
    progress = Progress(planned=plan.conversations)
    try:
        with live_progress(progress, quiet=quiet):
            run = evaluate(plan, ledger, progress)
    except PrimumError:
        if progress.done or progress.calls:
            notes().print(
                f"{progress.done:,} of {progress.planned:,} conversations are done; "
                f"{progress.calls:,} calls were made now.",
                style="dim",
            )
        raise
    if not quiet:
        what = "calls made" if plan.answers is None else "turns looked up"
        calls = f"{progress.calls:,} {what}" if progress.calls else "no call was needed"
        reused = f", {progress.reused:,} found in the ledger" if progress.reused else ""
        notes().print(f"Finished: {calls}{reused}.", style="dim")
    return run


def _report(
    ledger: Ledger, run: Run, place: Workspace, language: str, *, html: bool, plan: Plan
) -> None:
    found = read_run(ledger, run)
    summary = found.summary
    console = output()
    render_terminal(summary, console, language, is_brief=True)
    for line in attack_lines(found.facts.spec):
        console.print(line, markup=False, soft_wrap=True)
    _list_unmatched(plan, console)
    if html:
        path = write_html(summary, place.reports / f"{run.id}.html", language)
        console.print(f"\nReport: {path}", soft_wrap=True)
    console.print(f"All breakdowns: primum report {run.id}", soft_wrap=True)


def _announce(plan: Plan, place: Workspace) -> None:
    survey, benchmark = plan.survey, plan.benchmark
    of_all = f" of {benchmark.count:,}" if survey.items < benchmark.count else ""
    repeats = f" × {plan.repeats} repeats" if plan.repeats > 1 else ""
    notes().print(
        f"{plan.target.model.name} ({plan.target.profile.name}) on {benchmark.name}: "
        f"{survey.items:,}{of_all} items, {survey.turns:,} turns{repeats}; "
        f"judged by {', '.join(judge.name for judge in plan.judges)}. "
        f"Run {plan.run_id} in {place.folder}.",
        style="dim",
        markup=False,
    )
    notes().print(_licence_of(plan), style="dim", markup=False)
    for note in benchmark.report.notes:
        notes().print(f"Note: {shorten(note, 400)}", style="yellow", markup=False)
    named = sum(bool(judge.model) for judge in plan.protocol.judges)
    asking = sum(judge.model is not None for judge in plan.judges)
    if 0 < asking < named:
        notes().print(
            f"{asking} of the protocol's {named} judges: one model judges once. Give --judge-model "
            f"{named} times for all of them.",
            style="yellow",
        )
    if plan.unsent:
        names = ", ".join(plan.unsent)
        notes().print(f"This endpoint takes no {names}; it is not sent.", style="yellow")
    if plan.sample.limit is not None and survey.items < benchmark.count:
        notes().print("A sample; “--limit all” takes every item.", style="dim")


def _licence_of(plan: Plan) -> str:
    """Under which licence and on which terms the items are used."""
    benchmark = plan.benchmark
    licence = f"Licence of the items: {benchmark.licence or 'not stated'}."
    return f"{licence} {benchmark.terms}".rstrip()


def _show_plan(plan: Plan, place: Workspace, console: Console) -> None:
    estimate, survey = estimate_cost(plan), plan.survey
    cost = (
        "unknown: no price for a model"
        if estimate.usd_at_most is None
        else (f"at most ${estimate.usd_at_most:,.2f}")
    )
    rows = {
        "Run": f"{plan.run_id} ({_progress_of(plan, place)})",
        "Protocol": f"{plan.protocol.id} {plan.protocol.version}",
        "Benchmark": f"{plan.benchmark.name}, licence {plan.benchmark.licence or 'not stated'}",
        "Items": f"{survey.items:,} of {plan.benchmark.count:,}; {survey.turns:,} turns; "
        + ", ".join(f"{name} {n:,}" for name, n in sorted(survey.languages.items())),
        "Repeats": f"{plan.repeats}",
        "Target": f"{plan.target.model.name}, profile {plan.target.profile.name}",
        "Judges": ", ".join(judge.name for judge in plan.judges),
        **_attack_of(plan),
        "Target calls": f"{estimate.target_calls:,}",
        "Judge calls": f"{estimate.judge_calls:,}",
        "Prompt tokens": f"about {estimate.prompt_tokens:,}",
        "Answer tokens": f"at most about {estimate.completion_tokens_at_most:,}",
        "Cost": cost,
        "Time": _time_of(plan, estimate, place),
    }
    if plan.benchmark.terms:
        rows["Terms"] = plan.benchmark.terms
    if plan.benchmark.citation:
        rows["Cite"] = plan.benchmark.citation
    if plan.benchmark.columns:
        columns = plan.benchmark.columns.items()
        rows["Columns"] = ", ".join(f"{field} = {column}" for field, column in columns)
    if plan.benchmark.report.notes:
        rows["Notes"] = " ".join(plan.benchmark.report.notes)
    width = max(len(name) for name in rows)
    for name, value in rows.items():
        console.print(f"{name:<{width}}  {shorten(value, 600)}", markup=False)
    _show_costs(estimate, console)
    _list_unmatched(plan, console)
    console.print("\nNothing was asked.")


def _attack_of(plan: Plan) -> dict[str, str]:
    """Who plays the user, where a model does."""
    if plan.live is None:
        return {}
    described, rule = plan.live.user.description, plan.live.success.judge.name
    ways = ", ".join(described["strategies"]) or "no strategy"
    told = f"{described['name']}, {described['mode']}, at most {described['most_turns']} turns, "
    return {"Attacker": f"{told}stops by {rule}; {ways}"}


def _show_costs(estimate: CostEstimate, console: Console) -> None:
    """Who takes what, where more than the target is asked."""
    if len(estimate.lines) < 2:
        return
    console.print()
    print_table(
        console,
        ("asked", "calls", "prompt tokens", "answer tokens at most", "US$ at most"),
        (
            (
                line.model if line.role == "target" else line.role,
                f"{line.calls:,}",
                f"{line.prompt_tokens:,}",
                f"{line.completion_tokens_at_most:,}",
                "unknown" if line.usd_at_most is None else f"{line.usd_at_most:,.2f}",
            )
            for line in estimate.lines
        ),
    )


def _progress_of(plan: Plan, place: Workspace) -> str:
    if not place.ledger.exists():
        return "new"
    with read_ledger(place) as ledger:
        try:
            state = ledger.run(plan.run_id).state
        except UnknownNameError:
            return "new"
    return f"{state}: nothing would be asked again" if state == "finished" else state


def _time_of(plan: Plan, estimate: CostEstimate, place: Workspace) -> str:
    """About how long all calls take, where earlier calls of these models tell."""
    pace = None
    if place.ledger.exists():
        with read_ledger(place) as ledger:
            pace = expected_pace(plan, estimate, ledger)
    if pace is None:
        return "unknown: no earlier call of these models in this workspace"
    minutes = pace.seconds / 60
    shown = f"{pace.seconds:.0f} s" if minutes < 2 else f"{minutes:,.0f} min"
    return f"about {shown}, by {pace.calls_seen:,} earlier calls of these models"


def _list_unmatched(plan: Plan, console: Console, most: int = 10) -> None:
    """What of a file of recorded answers does not match an item, and which turns have none."""
    if plan.answers is None:
        return
    rows, turns = plan.answers.unmatched_rows, plan.answers.items_without_answer
    for title, entries in (
        ("row(s) of the answers file match no item",
         [f"{row.item}, turn {row.turn + 1}" for row in rows]),
        ("turn(s) have no recorded answer",
         [f"{each.item.name or each.item.id}, turn {each.turn + 1}" for each in turns]),
    ):  # fmt: skip
        if entries:
            console.print(f"\n{len(entries):,} {title}:")
            for entry in entries[:most]:
                console.print(f"  {shorten(entry, 90)}", markup=False)
            if len(entries) > most:
                console.print(f"  … and {len(entries) - most:,} more")
