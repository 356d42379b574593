"""``primum generate``: its own command runs a recipe; further words list, show and prepare."""

from __future__ import annotations

import importlib
from typing import NamedTuple

import click

from primum.cli.generate_run import run_command


class _Word(NamedTuple):
    """A word after ``primum generate`` and where its command lies."""

    module: str
    attribute: str
    help: str


_WORDS = {
    "list": _Word("generate_recipes", "list_command", "List the recipes that come with Primum."),
    "show": _Word("generate_recipes", "show_command", "Print a recipe, to begin one of yours."),
    "stages": _Word("generate_recipes", "stages_command", "List the stages and their settings."),
    "guidelines": _Word(
        "generate_guidelines",
        "guidelines_command",
        "Draw guidelines from a document, for a person to review.",
    ),
    "translate": _Word(
        "generate_translate", "translate_command", "Translate a finished benchmark, checked."
    ),
    "attack": _Word(
        "generate_attack", "attack_command", "Attack a local model: GCG suffixes, begun answers."
    ),
    "strategies": _Word(
        "generate_strategies", "strategies_command", "List, show and discover attack strategies."
    ),
    "review": _Word(
        "generate_review", "review_command", "Have two people review a finished benchmark."
    ),
}


class GenerateGroup(click.Group):
    """A group whose own options and argument are those of running a recipe."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the unspoken ``run`` before a recipe's name or an option."""
        if args and args[0] not in (*_WORDS, "-h", "--help"):
            args = ["run", *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The words, without the unspoken one."""
        return list(_WORDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a word, imported now."""
        if cmd_name == "run":
            return run_command
        word = _WORDS.get(cmd_name)
        if word is None:
            return None
        module = importlib.import_module(f"primum.cli.{word.module}")
        found: click.Command = getattr(module, word.attribute)
        return found

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How a recipe is run; the words come below."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] RECIPE")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of running a recipe, then the words."""
        run_command.format_options(ctx, formatter)
        with formatter.section("Further commands"):
            formatter.write_dl([(name, word.help) for name, word in _WORDS.items()])


command = GenerateGroup(
    "generate",
    help=run_command.help,
    epilog=run_command.epilog,
    short_help=run_command.short_help,
    no_args_is_help=True,
)
