"""``primum guidelines``."""

from __future__ import annotations

import click

from primum.cli.screen import output
from primum.cli.table import print_facts, print_table
from primum.guidelines.catalogue import list_sets, load_set


@click.group("guidelines")
def command() -> None:
    """List and show guideline sets."""


@command.command("list")
def list_guidelines() -> None:
    """List the built-in guideline sets."""
    sets = [load_set(name) for name in list_sets()]
    print_table(
        output(),
        ("set", "status", "guidelines", "title"),
        ((one.id, one.status, str(len(one.guidelines)), one.titles["en"]) for one in sets),
    )


@command.command("show")
@click.argument("guideline_set")
@click.option("--language", "-l", type=click.Choice(["en", "ja"]), default="en", show_default=True)
def show(guideline_set: str, *, language: str) -> None:
    """Show a set (a built-in id or a TOML file) with its texts."""
    found = load_set(guideline_set)
    console = output()
    print_facts(
        console,
        (
            ("set", f"{found.id} {found.version} ({found.status})"),
            ("title", found.titles[language]),
            ("source", found.source),
            ("licence", found.licence),
            ("notes", (found.notes or {}).get(language, "")),
            ("fingerprint", found.fingerprint),
        ),
    )
    console.print()
    print_table(
        console,
        ("id", "guideline"),
        ((g.id, f"{g.title(language)}. {g.text(language)}") for g in found.guidelines),
    )
