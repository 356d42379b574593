"""``primum doctor``."""

from __future__ import annotations

import asyncio
import os
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Literal, NamedTuple

import click

from primum import __version__
from primum.cli.option import workspace_option
from primum.cli.screen import download_bar, output
from primum.cli.table import print_table
from primum.core.errors import PrimumError, UserError, WorkspaceError
from primum.core.message import Message
from primum.ledger.ledger import open_ledger, read_ledger
from primum.ledger.workspace import Workspace, locate
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.embedded import EmbeddedModel
from primum.models.profile import Sampling
from primum.models.registry import describe, resolve

Level = Literal["ok", "note", "fail"]
LEAST_FREE_BYTES = 500_000_000


class Finding(NamedTuple):
    """One line of the table."""

    level: Level
    what: str
    text: str


@click.command("doctor", short_help="Check this machine, the models and the workspace.")
@click.option(
    "--model",
    "-m",
    "models",
    multiple=True,
    help="Also check that this model can be asked. Repeatable.",
)
@click.option("--base-url", help="Endpoint of those models.")
@click.option("--api-key-variable", metavar="NAME", help="Environment variable of its key.")
@workspace_option
def command(
    *,
    models: tuple[str, ...],
    base_url: str | None,
    api_key_variable: str | None,
    workspace: Path | None,
) -> None:
    """Check everything that a run needs; exit code 2 if something fails.

    The embedded model is fetched if needed and asked one short question. Endpoints named with
    --model are checked as before a run: address, key, served model. No paid call is made.
    """
    findings = [
        Finding("ok", "primum", f"{__version__}, Python {platform.python_version()}, "
                f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors"),
        *_workspace(locate(workspace)),
        _guarded("embedded model", _embedded),
        *(
            _guarded(name, partial(_preflight, name, base_url, api_key_variable))
            for name in models
        ),
        _keys(),
    ]  # fmt: skip
    print_table(output(), ("", "what", "finding"), findings)
    failed = [finding.what for finding in findings if finding.level == "fail"]
    if failed:
        raise UserError(f"{len(failed)} check(s) failed: {', '.join(failed)}.")


def _workspace(place: Workspace) -> Iterator[Finding]:
    yield _guarded("workspace", lambda: _usable(place))
    parent = next(p for p in [place.folder.absolute(), *place.folder.absolute().parents]
                  if p.exists())  # fmt: skip
    free = shutil.disk_usage(parent).free
    level: Level = "ok" if free > LEAST_FREE_BYTES else "fail"
    yield Finding(level, "disk", f"{free / 1e9:,.1f} GB free at {parent}")


def _usable(place: Workspace) -> str:
    if not place.ledger.exists():
        ancestor = place.folder.absolute()
        while not ancestor.exists():
            ancestor = ancestor.parent
        if not os.access(ancestor, os.W_OK):
            raise WorkspaceError(f"{ancestor} cannot be written; name another --workspace.")
        return f"{place.folder} will be made by the first run"
    with open_ledger(place):
        pass
    with read_ledger(place) as ledger:
        return f"{place.folder}, {len(ledger.runs()):,} runs"


def _embedded() -> str:
    with download_bar("Fetching the embedded model") as progress:
        return asyncio.run(_ask(EmbeddedModel(progress=progress)))


async def _ask(model: ChatModel) -> str:
    started = time.monotonic()
    async with model:
        await model.preflight()
        question = (Message("user", "Say hello."),)
        response = await model.complete(ChatRequest(question, Sampling(max_tokens=8)))
    if not response.is_judgeable:
        raise UserError(f"it gave no answer: {response.outcome} {response.error}")
    return f"{model.identity['model']} answers ({time.monotonic() - started:.1f} s with start)"


def _preflight(name: str, base_url: str | None, api_key_variable: str | None) -> str:
    model = resolve(name, base_url=base_url, api_key_variable=api_key_variable)

    async def check() -> None:
        async with model:
            await model.preflight()

    asyncio.run(check())
    return "can be asked"


def _keys() -> Finding:
    providers = [entry for entry in describe() if entry.kind == "provider" and entry.key_variable]
    is_set = [entry.key_variable for entry in providers if entry.is_key_set]
    text = f"set: {', '.join(is_set)}" if is_set else "none is set; only local models can be asked"
    return Finding("note" if not is_set else "ok", "API keys", text)


def _guarded(what: str, check: Callable[[], str]) -> Finding:
    try:
        return Finding("ok", what, check())
    except PrimumError as error:
        return Finding("fail", what, str(error))
