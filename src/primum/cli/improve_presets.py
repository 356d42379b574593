"""``primum improve list`` and ``primum improve show``."""

from __future__ import annotations

import click

from primum.cli.screen import output
from primum.cli.table import print_table
from primum.studies.improve_grid import grid_points
from primum.studies.improve_reading import list_improvements, preset_text


@click.command("list")
def list_presets_command() -> None:
    """List the presets: improvements that come with Primum."""
    print_table(
        output(),
        ("preset", "base", "points", "seeds", "what it asks"),
        (
            (
                name,
                file.model,
                str(len(grid_points(file))),
                str(len(file.seeds)),
                file.title.mapping()["en"],
            )
            for name, file in list_improvements().items()
        ),
    )


@click.command("show")
@click.argument("preset")
def show_command(preset: str) -> None:
    """Print a preset's file, or its gate's policy.

    \b
    Examples:
      primum improve show demo > ours.toml
      primum improve show demo.gate.toml > policy.toml
    """
    click.echo(preset_text(preset), nl=False)
