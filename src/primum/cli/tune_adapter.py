"""``primum tune show`` and ``primum tune merge``."""

from __future__ import annotations

from pathlib import Path

import click

from primum.cli.screen import notes, output
from primum.cli.table import print_facts, print_table
from primum.cli.tune_screen import loss_line, settings_line
from primum.tuning.adapter import read_adapter
from primum.tuning.manifest import AdapterManifest
from primum.tuning.planning import require_libraries

_adapter_argument = click.argument("adapter", type=click.Path(path_type=Path))


@click.command("show", short_help="Show an adapter: base, data, settings, loss.")
@_adapter_argument
def show_command(adapter: Path) -> None:
    """Show what ADAPTER, a folder that “primum tune” wrote, is made of."""
    found = read_adapter(adapter)
    console = output()
    print_facts(console, _facts(found.manifest))
    console.print()
    print_table(
        console,
        ("source", "kind", "used", "read", "copies", "refused", "licence"),
        (
            (
                source.source,
                source.kind,
                f"{source.used:,}",
                f"{source.read:,}",
                f"{source.duplicates:,}",
                f"{source.refused:,}",
                " ".join(part for part in (source.licence, source.terms) if part),
            )
            for source in found.manifest.data.sources
        ),
    )
    console.print(f"\nUse it: primum evaluate --model {found.spec}", soft_wrap=True, markup=False)


@click.command("merge", short_help="Write base and adapter as one model.")
@_adapter_argument
@click.option(
    "--output",
    "target",
    required=True,
    type=click.Path(path_type=Path),
    help="A new folder.",
)
def merge_command(adapter: Path, target: Path) -> None:
    """Write ADAPTER and its base as one model, a folder that hf:FOLDER and other programs open."""
    require_libraries("Merging")
    found = read_adapter(adapter)
    notes().print(f"Merging {found.manifest.id} into {found.manifest.base.model} …", style="dim")
    from primum.tuning.merge import merge

    merge(found, target)
    console = output()
    console.print(f"Model: {target}", soft_wrap=True, markup=False)
    console.print(f"Use it: primum evaluate --model hf:{target}", soft_wrap=True, markup=False)


def _facts(manifest: AdapterManifest) -> list[tuple[str, str]]:
    data, training, base = manifest.data, manifest.training, manifest.base
    told = ", ".join(f"{name} {value}" for name, value in base.identity.items())
    unpaired = ", ".join(f"{why} {n:,}" for why, n in data.unpaired.items())
    return [
        ("Adapter", " ".join(part for part in (manifest.id, manifest.name) if part)),
        ("Base", f"{base.model} ({told}), licence {base.licence}"),
        (
            "Data",
            (
                f"{data.demonstrations:,} demonstrations, {data.harmful:,} harmful and "
                f"{data.benign:,} benign, fingerprint {data.fingerprint}"
            ),
        ),
        (
            "Kept out",
            (
                f"{data.refused_test_items:,} test items and "
                f"{data.refused_near_twins:,} near twins of "
                f"{', '.join(each.benchmark for each in data.held_out) or 'no benchmark'}"
            ),
        ),
        ("No pair", unpaired),
        ("Settings", settings_line(manifest.settings)),
        (
            "Training",
            (
                f"{training.updates:,} updates, {training.epochs:.2g} epochs of "
                f"{training.examples:,} examples ({training.cut:,} cut), {training.tokens:,} tokens"
            ),
        ),
        (
            "Time",
            (
                f"{training.seconds:,.0f} s on {training.device}, "
                f"{training.processes} process(es), {training.sessions} session(s), finished "
                f"{manifest.finished}"
            ),
        ),
        ("Loss", loss_line(training)),
        ("Versions", ", ".join(f"{name} {v}" for name, v in manifest.versions.items())),
    ]
