"""``primum gate``.

Exit codes are a gate's own: 0 pass, 1 fail, 3 undecided. So nothing else may end with 1: a fault
of Primum's own, which elsewhere does, is 70 here.
"""

from __future__ import annotations

import shlex
import sys
import traceback
from pathlib import Path
from typing import Any

import click

from primum.cli.destinations import require_apart
from primum.cli.evaluate import LimitType
from primum.cli.gate_evaluation import request_of, run_until_decided
from primum.cli.option import language_option, wait_option, workspace_option
from primum.cli.report import write_bytes
from primum.cli.screen import output
from primum.core.errors import BudgetReached, RunInterrupted, UserError
from primum.core.gate import GateDecision, Outcome
from primum.evaluation.result import read_run
from primum.gate.decide import decide
from primum.gate.policy import load_policy
from primum.ledger.ledger import read_ledger
from primum.ledger.workspace import Workspace, locate
from primum.reporting.gate_machine import gate_to_json
from primum.reporting.gate_render import gate_markdown, render_gate_html, render_gate_terminal

EXIT_CODES: dict[Outcome, int] = {"pass": 0, "fail": 1, "undecided": 3}
FAULT = 70
"""EX_SOFTWARE of sysexits.h."""

_FILE = click.Path(path_type=Path, allow_dash=True, dir_okay=False)


@click.command("gate", short_help="Pass, fail or undecided: a policy over runs, for CI.")
@click.argument("policy", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--run",
    "-r",
    "runs",
    multiple=True,
    metavar="RUN",
    help="A finished run of the candidate: its id, the beginning of one, or latest. Repeatable; "
    "each rule takes the run that has its metric.",
)
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    metavar="RUN",
    help="A run of the model as it was before, for rules of non-inferiority. Repeatable.",
)
@click.option(
    "--sequential",
    is_flag=True,
    help="Evaluate now, and stop as soon as the decision is safe. The options below say what is "
    "evaluated.",
)
@click.option("--protocol", metavar="ID|FILE", help="With --sequential; see evaluate.")
@click.option("--model", "-m", help="With --sequential: who answers.  [default: embedded]")
@click.option("--base-url", help="With --sequential: its endpoint.")
@click.option("--benchmark", "-b", multiple=True, help="With --sequential; repeatable.")
@click.option("--data", multiple=True, metavar="[NAME=]PATH", help="With --sequential; repeatable.")
@click.option("--judge", "-j", "judges", multiple=True, help="With --sequential; repeatable.")
@click.option("--judge-model", "judge_models", multiple=True, help="With --sequential; repeatable.")
@click.option("--limit", type=LimitType(), help="With --sequential: at most so many items.")
@click.option("--seed", type=int, help="With --sequential: of the sample and of the order.")
@click.option("--concurrency", type=click.IntRange(min=1), help="With --sequential.")
@click.option("--max-calls", type=click.IntRange(min=0), help="With --sequential: of this command.")
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="With --sequential: a TOML file with any setting of evaluate; flags win over it.",
)
@click.option("--json", "json_file", type=_FILE, help="Write JSON there; - for standard output.")
@click.option("--markdown", type=_FILE, help="Write Markdown there, e.g. $GITHUB_STEP_SUMMARY.")
@click.option("--html", type=click.Path(path_type=Path, dir_okay=False), help="Write HTML there.")
@click.option("--quiet", "-q", is_flag=True, help="No progress.")
@workspace_option
@wait_option
@language_option
def command(
    policy: Path,
    *,
    runs: tuple[str, ...],
    baselines: tuple[str, ...],
    sequential: bool,
    config: Path | None,
    json_file: Path | None,
    markdown: Path | None,
    html: Path | None,
    quiet: bool,
    workspace: Path | None,
    wait: float,
    report_language: str,
    **given: Any,
) -> int:
    """Decide by a policy file whether a model may go on: pass, fail or undecided.

    A rule passes when the one-sided bound of its figure keeps the limit, missing verdicts counted
    as the worst; too few data are no pass. Exit codes: 0 pass, 1 fail, 3 undecided (or the budget
    is spent), 2 something to fix, 70 a fault of Primum's own, 130 stopped.

    \b
    Examples:
      primum gate gate.toml --run latest
      primum gate gate.toml --run 3f9a --run 51c0 --baseline 77c0 --markdown summary.md
      primum gate gate.toml --sequential --model openai/gpt-4.1 --protocol primum-core
    """
    try:
        require_apart([json_file, markdown, html], [policy, config])
        place = locate(workspace)
        rules = load_policy(policy)
        settings = {name: value for name, value in given.items() if value not in (None, ())}
        if sequential:
            request = request_of(config, settings)
            typed = "primum " + shlex.join(sys.argv[1:])
            decision = run_until_decided(
                rules, request, place, (runs, baselines), command=typed, wait=wait, quiet=quiet
            )
        else:
            _refuse_idle(config, settings, runs)
            decision = _decided(rules, place, runs, baselines)
        _show(decision, report_language, json_file=json_file, markdown=markdown, html=html)
    except (UserError, BudgetReached, RunInterrupted, click.ClickException, click.Abort):
        raise
    except Exception:  # noqa: BLE001 - an exit code of 1 would say that the model failed
        traceback.print_exc()
        return FAULT
    return EXIT_CODES[decision.outcome]


def _decided(
    policy: Any, place: Workspace, runs: tuple[str, ...], baselines: tuple[str, ...]
) -> GateDecision:
    with read_ledger(place) as ledger:
        sides = [
            [read_run(ledger, ledger.run(name), examples_per_group=0) for name in names]
            for names in (runs, baselines)
        ]
    return decide(policy, *sides)


def _refuse_idle(config: Path | None, settings: dict[str, Any], runs: tuple[str, ...]) -> None:
    if config is not None or settings:
        names = ", ".join([*(f"--{name.replace('_', '-')}" for name in settings)]) or "--config"
        raise UserError(
            f"{names} was given without --sequential: a gate over finished runs asks nobody. Add "
            "--sequential, or name the runs with --run alone."
        )
    if not runs:
        raise UserError(
            "No run was named. Name a finished one with --run (“primum runs list” shows them, "
            "“latest” is the newest), or add --sequential to evaluate now."
        )


def _show(
    decision: GateDecision,
    language: str,
    *,
    json_file: Path | None,
    markdown: Path | None,
    html: Path | None,
) -> None:
    to_pipe = False
    if json_file is not None:
        to_pipe = write_bytes(json_file, gate_to_json(decision))
    if markdown is not None:
        to_pipe = write_bytes(markdown, gate_markdown(decision, language).encode()) or to_pipe
    if html is not None:
        write_bytes(html, render_gate_html(decision, language).encode())
    if not to_pipe:
        render_gate_terminal(decision, output(), language)
        if html is not None:
            output().print(f"Report: {html.resolve()}", soft_wrap=True)
