"""``primum runs``."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from primum.cli.option import wait_option, workspace_option
from primum.cli.screen import output
from primum.cli.table import print_facts, print_table
from primum.core.errors import UserError
from primum.ledger.ledger import open_ledger, read_ledger
from primum.ledger.maintenance import delete_run
from primum.ledger.workspace import locate


@click.group("runs")
def command() -> None:
    """List, show or delete the runs of a workspace."""


@command.command("list")
@workspace_option
def list_runs(*, workspace: Path | None) -> None:
    """List all runs, newest first."""
    with read_ledger(locate(workspace)) as ledger:
        runs = ledger.runs()
    print_table(
        output(),
        ("run", "state", "created", "items", "target", "benchmark and judges"),
        (
            (
                run.id,
                run.state,
                run.created.replace("T", " ").removesuffix("Z"),
                f"{run.spec['items']['count']:,}",
                run.spec["target"]["name"],
                f"{run.spec['benchmark']['name']} · "
                + ", ".join(judge["name"] for judge in run.spec["judges"]),
            )
            for run in runs
        ),
    )


@command.command("show")
@click.argument("run", default="latest")
@workspace_option
def show_run(run: str, *, workspace: Path | None) -> None:
    """Show how a run was set up. For its results: primum report RUN."""
    with read_ledger(locate(workspace)) as ledger:
        stored = ledger.run(run)
    facts = [
        ("run", stored.id),
        ("state", stored.state),
        ("created", stored.created),
        ("finished", stored.finished),
    ]
    print_facts(output(), [*facts, *_leaves({**stored.spec, **stored.facts})])


@command.command("delete")
@click.argument("run")
@click.option("--yes", is_flag=True, help="Do not ask.")
@workspace_option
@wait_option
def delete(run: str, *, yes: bool, workspace: Path | None, wait: float) -> None:
    """Forget a run. Its calls stay in the ledger, and so stay paid for, until “ledger compact”."""
    place = locate(workspace)
    with open_ledger(place, wait_seconds=wait) as ledger:
        stored = ledger.run(run)
        if not yes:
            if not sys.stdin.isatty():
                raise UserError("Nobody can be asked whether to delete the run; add --yes.")
            name = f"{stored.id} ({stored.spec['target']['name']}, {stored.created})"
            click.confirm(f"Delete run {name}?", abort=True)
        delete_run(ledger, stored.id)
    (place.reports / f"{stored.id}.html").unlink(missing_ok=True)
    output().print(f"Deleted run {stored.id}. “primum ledger compact” frees its space.")


def _leaves(value: object, path: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        return [
            leaf
            for key, inner in value.items()
            if key not in {"guidelines", "fidelity"}
            for leaf in _leaves(inner, f"{path}.{key}" if path else str(key))
        ]
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [leaf for n, inner in enumerate(value, 1) for leaf in _leaves(inner, f"{path}.{n}")]
    if isinstance(value, list):
        return [(path, ", ".join(str(each) for each in value))]
    return [(path, "" if value is None else str(value))]
