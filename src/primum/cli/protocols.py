"""``primum protocols``."""

from __future__ import annotations

import click

from primum.cli.screen import output
from primum.cli.table import print_facts, print_table
from primum.evaluation.protocol import built_in_protocols, load_protocol


@click.group("protocols")
def command() -> None:
    """List and show the evaluation protocols."""


@command.command("list")
def list_protocols() -> None:
    """List the built-in protocols."""
    print_table(
        output(),
        ("protocol", "benchmark", "what it is"),
        (
            (protocol.id, protocol.benchmark, protocol.description.en)
            for protocol in built_in_protocols().values()
        ),
    )


@command.command("show")
@click.argument("protocol")
def show(protocol: str) -> None:
    """Show a protocol (a built-in id or a TOML file): items, judges, thresholds, fidelity."""
    found = load_protocol(protocol)
    sample = found.sample
    console = output()
    print_facts(
        console,
        (
            ("protocol", f"{found.id} {found.version}: {found.title.en}"),
            ("", found.description.en),
            ("benchmark", found.benchmark),
            ("sample", f"{sample.method}, {sample.limit} items" if sample.limit else "all items"),
            ("profile", found.profile),
            ("on this machine", found.embedded_profile),
            ("judges", ", ".join(found.judges)),
            ("repeats", str(found.repeats)),
            ("fingerprint", found.fingerprint),
        ),
    )
    console.print("\nHow verdicts become numbers", style="bold")
    print_facts(console, ((key, str(value)) for key, value in found.summary.model_dump().items()))
    if found.fidelity:
        console.print("\nFidelity to the published protocol", style="bold")
        rows = ((line.what, line.status, line.why) for line in found.fidelity)
        print_table(console, ("what", "status", "why"), rows)
