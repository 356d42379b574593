"""``primum study list`` and ``primum study show``."""

from __future__ import annotations

import click

from primum.cli.screen import output
from primum.cli.table import print_facts, print_table
from primum.studies.reading import list_presets, preset_text, read_study
from primum.studies.study_file import StudyFile


@click.command("list")
def list_presets_command() -> None:
    """List the presets: studies that come with Primum."""
    print_table(
        output(),
        ("preset", "models", "contrasts", "what it asks"),
        (
            (name, str(len(study.models)), str(len(study.contrasts)), study.title.mapping()["en"])
            for name, study in list_presets().items()
        ),
    )


@click.command("show")
@click.argument("study")
@click.option("--summary", is_flag=True, help="Who is compared with whom, instead of the file.")
def show_command(study: str, *, summary: bool) -> None:
    """Print a preset's file, or with --summary what a preset or a file of yours compares.

    \b
    Examples:
      primum study show mediphi > ours.toml
      primum study show ours.toml --summary
    """
    found = read_study(study)
    if summary or study.endswith(".toml"):
        _summarise(found)
    else:
        click.echo(preset_text(study), nl=False)


def _summarise(study: StudyFile) -> None:
    console = output()
    print_facts(
        console,
        (
            ("study", f"{study.id}: {study.title.mapping()['en']}"),
            ("", study.description.mapping()["en"] if study.description else ""),
            ("follows", study.source),
            ("protocols", ", ".join(part.name or part.protocol for part in study.parts)),
            ("factors", ", ".join(study.factors)),
            ("fingerprint", study.fingerprint),
        ),
    )
    console.print()
    print_table(
        console,
        ("model", "class", "base", "size", "asked as"),
        (
            (m.name, m.class_, m.base, f"{m.size:g}" if m.size else "", m.model)
            for m in study.models
        ),
    )
    if study.contrasts:
        console.print()
        print_table(
            console,
            ("contrast", "kind", "second minus first"),
            ((c.name, c.kind, _sides(c.first, c.second, c.levels)) for c in study.contrasts),
        )


def _sides(first: str, second: str, levels: tuple[str, ...]) -> str:
    groups = f"{second} − {first}" if first else ""
    across = " − ".join(reversed(levels))
    return "; ".join(part for part in (groups, across) if part)
