"""A verb that runs something by its own options, and has further words beside it.

``primum study FILE`` runs a study; ``primum study list`` is one of its words. A word's module is
imported when it is called, so that ``--help`` is instant.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import NamedTuple

import click

_RUN = "run"
"""The word that is not spoken."""


class Word(NamedTuple):
    """A word after the verb and where its command lies."""

    module: str
    attribute: str
    help: str


class _UnspokenContext(click.Context):
    """Of the command that runs where no word is said: messages call it by the verb alone."""

    @property
    def command_path(self) -> str:
        """The verb's own path."""
        return self.parent.command_path if self.parent is not None else super().command_path


class WordGroup(click.Group):
    """A group whose own options and argument are those of its unspoken command.

    Args:
        name: the verb.
        unspoken: what runs where no word is said; its help is the verb's.
        argument: how help names what it takes.
        words: the further words, in the order of help.
    """

    def __init__(
        self, name: str, unspoken: click.Command, argument: str, words: Mapping[str, Word]
    ) -> None:
        super().__init__(
            name,
            help=unspoken.help,
            epilog=unspoken.epilog,
            short_help=unspoken.short_help,
            no_args_is_help=True,
        )
        self._unspoken = unspoken
        unspoken.context_class = _UnspokenContext
        self._argument = argument
        self.words = dict(words)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the unspoken word before a name or an option."""
        if args and args[0] not in (*self.words, "-h", "--help"):
            args = [_RUN, *args]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The words, without the unspoken one."""
        return list(self.words)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a word, imported now."""
        if cmd_name == _RUN:
            return self._unspoken
        word = self.words.get(cmd_name)
        if word is None:
            return None
        module = importlib.import_module(f"primum.cli.{word.module}")
        found: click.Command = getattr(module, word.attribute)
        return found

    def format_usage(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """How the unspoken command is called; the words come below."""
        formatter.write_usage(ctx.command_path, f"[OPTIONS] {self._argument}")

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The options of the unspoken command, then the words."""
        self._unspoken.format_options(ctx, formatter)
        with formatter.section("Further commands"):
            formatter.write_dl([(name, word.help) for name, word in self.words.items()])
