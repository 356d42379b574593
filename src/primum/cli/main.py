"""The ``primum`` command: verbs are loaded when they are called, so that ``--help`` is instant.

Exit codes: 0 done; 1 a fault of Primum's own; 2 something the user can fix; 3 the budget is spent
or a model of a study is incomplete, and the same command continues; 130 stopped by Ctrl-C or
SIGTERM, and the same command continues. ``primum gate`` adds its own: 1 says that a model failed.
"""

from __future__ import annotations

import importlib
import os
import sys
from typing import Any, NamedTuple

import click

from primum import __version__
from primum.core.errors import BudgetReached, PrimumError, RunInterrupted, UserError


class Verb(NamedTuple):
    """Where a verb lives and its line of help, known without importing it."""

    module: str
    help: str


VERBS: dict[str, Verb] = {
    "evaluate": Verb("evaluate", "Ask a model a benchmark's requests and judge the answers."),
    "report": Verb("report", "Show a run: terminal, HTML, JSON or CSV."),
    "compare": Verb("compare", "Compare two runs or more, item by item, with tests."),
    "power": Verb("power", "How many items a question needs; what n items can show."),
    "study": Verb("study", "Compare many models, groups of models and people in one study."),
    "watch": Verb("watch", "Ask the same again on a schedule; an alarm if a model became worse."),
    "generate": Verb("generate", "Make a benchmark from guidelines: write, filter, translate."),
    "gate": Verb("gate", "Pass, fail or undecided: a policy over runs, for CI."),
    "capability": Verb("capability", "Measure what a model knows, by lm-evaluation-harness."),
    "tune": Verb("tune", "Make a model safer: LoRA on demonstrations, preference tuning."),
    "improve": Verb("improve", "Tune over a grid: what a safer model gains and loses."),
    "runs": Verb("runs", "List, show or delete the runs of a workspace."),
    "benchmarks": Verb("benchmarks", "List, show and check benchmarks; find near twins."),
    "protocols": Verb("protocols", "List and show the evaluation protocols."),
    "models": Verb("models", "List what can be asked; fetch or serve the embedded model."),
    "judges": Verb("judges", "List rubrics and judges; measure the refusal screen."),
    "guidelines": Verb("guidelines", "List and show guideline sets."),
    "ledger": Verb("ledger", "Check and compact a workspace's ledger."),
    "doctor": Verb("doctor", "Check this machine, the models and the workspace."),
}


class LazyGroup(click.Group):
    """Finds a verb's command in ``primum.cli.<module>`` under the name ``command``."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs in the order of a user's way through them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, imported now."""
        verb = VERBS.get(cmd_name)
        if verb is None:
            return None
        command: click.Command = importlib.import_module(f"primum.cli.{verb.module}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command; an unknown verb names the near misses."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            from primum.core.errors import UnknownNameError

            raise UnknownNameError("command", args[0], VERBS, "See “primum --help”.")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.help) for name, verb in VERBS.items()])


@click.group(
    cls=LazyGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=(
        "Begin with “primum evaluate”: it needs no account, key or file. "
        "Exit codes: 0 done, 2 fix what the message says, 3 budget spent or a study's model "
        "incomplete, 130 stopped (3 and 130: the same command continues)."
    ),
)
@click.version_option(__version__, prog_name="primum")
def root() -> None:
    """Primum measures the medical safety of language models.

    It asks a model the requests of a benchmark, judges every answer, and reports each figure with
    its interval, its n and what is missing. Everything is kept in one workspace folder; a command
    that is run again continues where it stopped and pays for nothing twice.
    """


def main() -> None:
    """Run the command line and exit with its code."""
    sys.exit(run(sys.argv[1:]))


def run(arguments: list[str]) -> int:
    """The exit code of a command line; errors of the user's kind are printed in one sentence."""
    try:
        result: Any = root.main(args=arguments, prog_name="primum", standalone_mode=False)
    except click.exceptions.Abort:
        click.echo("Stopped.", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (BudgetReached, RunInterrupted, UserError) as error:
        click.echo(f"primum: {error}", err=True)
        return _exit_code(error)
    except PrimumError as error:
        click.echo(f"primum: {error}", err=True)
        return 1
    except (BrokenPipeError, SystemExit) as error:
        if isinstance(error, SystemExit) and not isinstance(error.__context__, OSError):
            raise
        # The reader of our output is gone (click leaves with SystemExit then), which is its right.
        # Python would complain once more while it exits.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    return result if isinstance(result, int) else 0


def _exit_code(error: PrimumError) -> int:
    if isinstance(error, BudgetReached):
        return 3
    return 130 if isinstance(error, RunInterrupted) else 2
