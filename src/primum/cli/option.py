"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from primum.cli.number_range import NumberRange

Command = TypeVar("Command", bound=Callable[..., Any])


def workspace_option(command: Command) -> Command:
    """``--workspace``."""
    return click.option(
        "--workspace",
        type=click.Path(path_type=Path, file_okay=False),
        help="Folder of ledger and reports.  [default: $PRIMUM_WORKSPACE or ./primum-workspace]",
    )(command)


def wait_option(command: Command) -> Command:
    """``--wait``."""
    return click.option(
        "--wait",
        type=NumberRange(min=0),
        default=0.0,
        metavar="SECONDS",
        help="If another process holds the workspace, wait so long for it.",
    )(command)


def language_option(command: Command) -> Command:
    """``--report-language``."""
    return click.option(
        "--report-language",
        "report_language",
        type=click.Choice(["en", "ja"]),
        default="en",
        show_default=True,
        help="Language of the report.",
    )(command)


def file_options(command: Command) -> Command:
    """``--html``, ``--json`` and ``--csv``: where a result is written."""
    to_file = click.Path(path_type=Path, dir_okay=False)
    to_file_or_pipe = click.Path(path_type=Path, allow_dash=True)
    for option in (
        click.option(
            "--csv",
            "csv_file",
            type=to_file_or_pipe,
            help="Write CSV there; - for standard output.",
        ),
        click.option(
            "--json",
            "json_file",
            type=to_file_or_pipe,
            help="Write JSON there; - for standard output.",
        ),
        click.option("--html", type=to_file, help="Write HTML there."),
    ):
        command = option(command)
    return command


def guidelines_option(command: Command) -> Command:
    """``--guidelines``."""
    return click.option(
        "--guidelines",
        multiple=True,
        metavar="FILE",
        help="A guideline set of your own (TOML), beside the built-in ones.",
    )(command)


def data_option(command: Command) -> Command:
    """``--data``."""
    return click.option(
        "--data",
        type=click.Path(path_type=Path),
        help="Local folder or file of a published set, instead of a download.",
    )(command)


def column_option(command: Command) -> Command:
    """``--column``."""
    return click.option(
        "--column",
        "columns",
        multiple=True,
        metavar="FIELD=COLUMN",
        help="For a file of your own, or a published set whose columns have other names: our field "
        "and its column there, or FIELD==VALUE for one "
        "value in every row. Fields: request or turns, language, perspective, intent, guidelines, "
        "source, name, …",
    )(command)


def mapping_of(columns: tuple[str, ...]) -> dict[str, str]:
    """The column mapping of ``--column`` options."""
    mapping: dict[str, str] = {}
    for entry in columns:
        name, found, column = entry.partition("=")
        if not found or not name or not column:
            raise click.BadParameter(
                f"“{entry}” was given; FIELD=COLUMN was expected, for example request=prompt, or "
                "FIELD==VALUE, for example language==ja.",
                param_hint="--column",
            )
        mapping[name.strip()] = column
    return mapping
