"""``primum ledger``."""

from __future__ import annotations

from pathlib import Path

import click

from primum.cli.option import wait_option, workspace_option
from primum.cli.screen import output
from primum.cli.table import print_facts
from primum.core.errors import WorkspaceError
from primum.ledger.ledger import open_ledger, read_ledger
from primum.ledger.maintenance import check, compact
from primum.ledger.workspace import locate


@click.group("ledger")
def command() -> None:
    """Check and compact a workspace's ledger."""


@command.command("check")
@workspace_option
def check_ledger(*, workspace: Path | None) -> None:
    """Count everything and look for contradictions and damage."""
    place = locate(workspace)
    with read_ledger(place) as ledger:
        found = check(ledger)
    print_facts(
        output(),
        (
            ("ledger", str(place.ledger)),
            ("runs", f"{found.runs:,}"),
            ("items", f"{found.items:,}"),
            ("turns", f"{found.turns:,}"),
            ("calls", f"{found.calls:,}"),
            ("judgements", f"{found.judgements:,}"),
        ),
    )
    if found.problems:
        shown = "\n  ".join(found.problems[:20])
        raise WorkspaceError(
            f"{place.ledger} has {len(found.problems)} problem(s):\n  {shown}\nRestore it from a "
            "copy; what is missing is asked again when its run is continued."
        )
    output().print("No problem found.")


@command.command("compact")
@workspace_option
@wait_option
def compact_ledger(*, workspace: Path | None, wait: float) -> None:
    """Remove calls, judgements and items that no run uses, and give the space back."""
    place = locate(workspace)
    with open_ledger(place, wait_seconds=wait) as ledger:
        removed = compact(ledger)
    output().print(
        f"Removed {removed.calls:,} calls, {removed.judgements:,} judgements and "
        f"{removed.items:,} items; {removed.bytes_before / 1e6:,.1f} MB are now "
        f"{removed.bytes_after / 1e6:,.1f} MB."
    )
