"""What the words of ``primum generate`` that ask models share: options, ledger, budget, cost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

import click
from rich.console import Console

from primum.cli.number_range import NumberRange
from primum.cli.number_words import counted
from primum.cli.option import wait_option, workspace_option
from primum.cli.screen import live_progress, notes
from primum.cli.table import print_facts
from primum.core.errors import BudgetReached, PrimumError
from primum.core.response import Response
from primum.engine.asking import Asker
from primum.engine.budget import Budget
from primum.engine.call_book import CallBook
from primum.engine.caller import Stopped
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.evaluation.evaluate import run_async
from primum.generation.role_model import known_price
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import locate
from primum.models.chat_model import ChatModel

Command = TypeVar("Command", bound=Callable[..., Any])
Result = TypeVar("Result")
Work = Callable[[Asker], Awaitable[Result]]


class AskingOptions(NamedTuple):
    """What the command line says of asking."""

    workspace: Path | None
    wait: float
    budget: Budget
    quiet: bool


class PlannedCalls(NamedTuple):
    """What one model is asked at most."""

    role: str
    model: ChatModel
    calls: int
    prompt_tokens: int
    answer_tokens: int


def asking_options(command: Command) -> Command:
    """Budget, ``--dry-run``, ``--quiet`` and the workspace."""
    options = (
        click.option("--max-calls", type=click.IntRange(min=0), help="Stop after so many calls."),
        click.option(
            "--max-total-tokens", type=click.IntRange(min=0), help="Stop after so many tokens."
        ),
        click.option(
            "--max-cost",
            "max_cost_usd",
            type=NumberRange(min=0),
            help="Stop after so many US dollars.",
        ),
        click.option("--dry-run", is_flag=True, help="Show calls, tokens and cost; ask nothing."),
        click.option("--quiet", "-q", is_flag=True, help="No progress."),
        workspace_option,
        wait_option,
    )
    for option in reversed(options):
        command = option(command)
    return command


def options_of(given: Mapping[str, Any]) -> AskingOptions:
    """The options as ``asking_options`` names them."""
    budget = Budget(given["max_calls"], given["max_total_tokens"], given["max_cost_usd"])
    return AskingOptions(given["workspace"], given["wait"], budget, given["quiet"])


def ask(
    work: Work[Result], models: Sequence[ChatModel], planned: int, options: AskingOptions
) -> Result:
    """What the work returns; models are opened only if the ledger lacks an answer.

    Args:
        work: done once with an asker that only looks, and again if that was not enough.
        models: whom it asks.
        planned: calls at most.
        options: workspace, budget, progress.

    Raises:
        BudgetReached: the budget is spent; the same command continues.
        RunInterrupted: stopped from outside; the same command continues.
        EndpointError: an endpoint cannot be used, or stopped answering.
    """
    progress = Progress(planned=planned)
    with open_ledger(locate(options.workspace), wait_seconds=options.wait) as ledger:
        try:
            with live_progress(progress, quiet=options.quiet):
                result = run_async(_carried_out(work, models, ledger, progress, options), ledger)
        except PrimumError:
            _say_calls(progress, options)
            raise
    _say_calls(progress, options)
    return result


async def _carried_out(
    work: Work[Result],
    models: Sequence[ChatModel],
    ledger: Ledger,
    progress: Progress,
    options: AskingOptions,
) -> Result:
    look = Asker(CallBook(ledger), Budget(max_calls=0), Progress(), is_recorded=False)
    try:
        return await work(look)
    except (BudgetReached, Stopped):
        pass
    prices = {model.name: price for model in models if (price := known_price(model)) is not None}
    async with JobGroup(ledger, options.budget) as group, AsyncExitStack() as stack:
        for model in {id(each): each for each in models}.values():
            await stack.enter_async_context(model)
            await group.unless_stopped(model.preflight())
        asker = group.asker(progress, prices)
        try:
            return await work(asker)
        except Stopped:
            asker.raise_if_stopped()
            raise


def show_plan(
    facts: Sequence[tuple[str, str]], planned: Sequence[PlannedCalls], console: Console
) -> None:
    """What would be asked, and what it would cost at most."""
    usd: float | None = 0.0
    rows = list(facts)
    for each in planned:
        price = known_price(each.model)
        rows.append((each.role, f"{each.model.name}: at most {counted(each.calls, 'call')}"))
        if price is None:
            usd = None
        elif usd is not None:
            usd += price(
                Response(
                    "ok", prompt_tokens=each.prompt_tokens, completion_tokens=each.answer_tokens
                )
            )
    prompt = sum(each.prompt_tokens for each in planned)
    answer = sum(each.answer_tokens for each in planned)
    rows += [
        ("Prompt tokens", f"about {prompt:,}"),
        ("Answer tokens", f"at most {answer:,}"),
        ("Cost", "unknown: no price for a model" if usd is None else f"at most ${usd:,.2f}"),
    ]
    print_facts(console, rows)


def _say_calls(progress: Progress, options: AskingOptions) -> None:
    if options.quiet:
        return
    calls = f"{counted(progress.calls, 'call')} made" if progress.calls else "No call was needed"
    reused = f", {progress.reused:,} found in the ledger" if progress.reused else ""
    notes().print(f"{calls}{reused}.", style="dim")
