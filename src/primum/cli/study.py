"""``primum study``: its own command runs a study; further words list, show and check."""

from __future__ import annotations

import importlib
from typing import NamedTuple

import click

from primum.cli.study_run import run_command


class _Word(NamedTuple):
    """A word after ``primum study`` and where its command lies."""

    module: str
    attribute: str
    help: str


_WORDS = {
    "list": _Word("study_presets", "list_presets_command", "List the presets."),
    "show": _Word("study_presets", "show_command", "Print a preset's file, to begin one of yours."),
    "template": _Word("study_template", "template_command", "Write forms that people answer."),
    "verify": _Word("study_verify", "verify_command", "Check a study's files against the ledger."),
}


class StudyGroup(click.Group):
    """A group whose own options and argument are those of running a study."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the unspoken ``run`` before a study's name or an option."""
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
        """How a study is run; the words come below."""
        formatter.write_usage(ctx.command_path, "[OPTIONS] FILE|PRESET")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of running a study, then the words."""
        run_command.format_options(ctx, formatter)
        with formatter.section("Further commands"):
            formatter.write_dl([(name, word.help) for name, word in _WORDS.items()])


command = StudyGroup(
    "study",
    help=run_command.help,
    epilog=run_command.epilog,
    short_help=run_command.short_help,
    no_args_is_help=True,
)
