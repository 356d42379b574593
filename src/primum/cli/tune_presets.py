"""``primum tune presets``."""

from __future__ import annotations

import click

from primum.cli.screen import output
from primum.cli.table import print_table
from primum.tuning.settings import preset, preset_names, preset_text


@click.command("presets", short_help="List the presets, or print one.")
@click.argument("name", required=False)
def presets_command(name: str | None) -> None:
    """List the presets of settings; with NAME, print its file and the reasons of its values."""
    if name is not None:
        click.echo(preset_text(name), nl=False)
        return
    rows = []
    for each in preset_names():
        settings = preset(each)
        length = (
            f"{settings.updates} updates" if settings.updates else f"{settings.epochs:g} epochs"
        )
        rows.append(
            (
                each,
                settings.method,
                length,
                f"{settings.batch_size}",
                f"{settings.learning_rate:g}",
                (
                    f"{settings.prompt_form} form, loss on "
                    f"{'the answer' if settings.loss_on == 'response' else 'request and answer'}"
                ),
            )
        )
    headings = ("preset", "method", "length", "batch", "learning rate", "how it is written out")
    print_table(output(), headings, rows)
