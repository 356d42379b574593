"""``primum models``."""

from __future__ import annotations

from pathlib import Path

import click

from primum.cli.screen import download_bar, notes, output
from primum.cli.table import print_facts, print_table
from primum.models.embedded import SLOTS, serve
from primum.models.profiles import built_in_profiles
from primum.models.registry import describe
from primum.models.weights import FileWeights, embedded_weights


@click.group("models")
def command() -> None:
    """List what can be asked; fetch or serve the embedded model."""


@command.command("list")
def list_models() -> None:
    """List local models and providers, and whether their keys are set."""
    entries = describe()
    console = output()
    console.print("On this machine and from files", style="bold")
    print_table(
        console,
        ("--model", "what it is"),
        ((entry.form, entry.summary) for entry in entries if entry.kind != "provider"),
    )
    console.print("\nProviders", style="bold")
    print_table(
        console,
        ("--model", "key", "what it is"),
        (
            (entry.form, _key(entry.key_variable, entry.is_key_set), entry.summary)
            for entry in entries
            if entry.kind == "provider"
        ),
    )
    console.print("\nAny other endpoint: --model NAME --base-url URL")


@command.command("profiles")
def list_profiles() -> None:
    """List the deployment profiles: system prompt and sampling."""
    for profile in built_in_profiles().values():
        sampling = profile.sampling.model_dump(exclude_none=True, exclude={"stop"})
        print_facts(
            output(),
            (
                ("profile", profile.name),
                ("sampling", ", ".join(f"{key} {value}" for key, value in sampling.items())),
                ("system prompt", profile.system_prompt or "(none)"),
                (" ", " "),
            ),
        )


@command.command("fetch")
def fetch() -> None:
    """Fetch the embedded model's weights into the cache, if they are not there."""
    with download_bar("Fetching the embedded model") as progress:
        path = embedded_weights().path(progress)
    output().print(str(path), soft_wrap=True)


@command.command("serve")
@click.option("--gguf", type=click.Path(path_type=Path, dir_okay=False), help="Another model file.")
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option("--slots", type=click.IntRange(min=1), default=SLOTS, show_default=True)
@click.option("--context-tokens", type=click.IntRange(min=64), help="Context of each slot.")
def serve_model(
    *, gguf: Path | None, host: str, port: int, slots: int, context_tokens: int | None
) -> None:
    """Serve the embedded model as a chat-completions endpoint on this machine, until Ctrl-C."""
    weights = FileWeights(gguf) if gguf is not None else None
    with download_bar("Fetching the embedded model") as progress:
        serve(
            weights,
            host=host,
            port=port,
            slots=slots,
            context_tokens=context_tokens,
            progress=progress,
            on_ready=lambda url: notes().print(f"Serving at {url} (Ctrl-C ends it)"),
        )


def _key(variable: str, is_set: bool) -> str:  # noqa: FBT001 - one call, in a table
    if not variable:
        return "none needed"
    return f"{variable} {'is set' if is_set else 'is not set'}"
