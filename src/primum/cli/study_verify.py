"""``primum study verify``."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from primum.cli.option import workspace_option
from primum.cli.screen import output
from primum.core.errors import UserError
from primum.ledger.ledger import read_ledger
from primum.ledger.workspace import locate
from primum.reporting.visible import visible_line
from primum.studies.manifest import Finding, verify


@click.command("verify", short_help="Check a study's files and figures against the ledger.")
@click.argument("manifest", type=click.Path(path_type=Path))
@workspace_option
def verify_command(*, manifest: Path, workspace: Path | None) -> None:
    """Check a study's files and figures against the ledger that they were made from.

    MANIFEST is the manifest.json that “primum study” wrote beside the report, or its folder. Three
    things are checked: that no file was changed since, that the ledger holds the very answers and
    verdicts that are recorded, and that figures, table and page come out the same, byte for byte,
    when they are made again from it.

    \b
    Examples:
      primum study verify primum-workspace/reports/study-demo
      primum study verify manifest.json --workspace primum-workspace

    Exit codes: 0 all equal, 2 something differs.
    """
    console, wrong = output(), 0
    with read_ledger(locate(workspace)) as ledger:
        for finding in verify(manifest, ledger):
            console.print(_line(finding))
            wrong += not finding.is_right
    if wrong:
        raise UserError(
            f"{wrong} of the checks failed: these figures are not what this ledger holds. "
            "Name the workspace of the study with --workspace, or run the study again."
        )
    console.print("All equal: the files, the runs and the figures are what this ledger holds.")


def _line(finding: Finding) -> Text:
    mark = Text("✓ ", "green") if finding.is_right else Text("✗ ", "red")
    return mark + Text(visible_line(f"{finding.what}: {finding.sentence}"))
