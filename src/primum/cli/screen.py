"""What stands on the terminal: results on standard output, progress and notes on standard error."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from collections.abc import Callable, Iterator
from functools import partial

from rich.console import Console
from rich.live import Live
from rich.text import Text

from primum.engine.progress import Progress

REDRAW_PER_SECOND = 4
LINE_SECONDS = 30.0
"""Without a terminal a line of progress is written this often."""


def output() -> Console:
    """Results; in a pipe without colour and 100 columns wide, or as ``COLUMNS`` says."""
    is_free = sys.stdout.isatty() or os.environ.get("COLUMNS", "").isdecimal()
    return Console(highlight=False, width=None if is_free else 100)


def notes() -> Console:
    """Progress and notes."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


@contextlib.contextmanager
def live_progress(progress: Progress, *, quiet: bool = False) -> Iterator[None]:
    """Draw the run's progress until the block ends: a live line, or a line now and then."""
    console = Console(stderr=True, highlight=False)
    drawn = partial(_one_line, progress, no_wrap=console.width >= 80)
    with live_text(drawn, lambda: describe(progress), quiet=quiet):
        yield


def _one_line(progress: Progress, *, no_wrap: bool) -> Text:
    return Text(describe(progress), no_wrap=no_wrap, overflow="ellipsis")


@contextlib.contextmanager
def live_text(
    drawn: Callable[[], Text], line: Callable[[], str], *, quiet: bool = False
) -> Iterator[None]:
    """Draw until the block ends: ``drawn`` again and again on a terminal, else ``line``."""
    console = Console(stderr=True, highlight=False)
    if quiet:
        yield
    elif console.is_terminal:
        with Live(
            get_renderable=drawn,
            console=console,
            refresh_per_second=REDRAW_PER_SECOND,
            transient=True,
        ):
            yield
    else:
        ended = threading.Event()

        def write() -> None:
            while not ended.wait(LINE_SECONDS):
                sys.stderr.write(line() + "\n")
                sys.stderr.flush()

        thread = threading.Thread(target=write, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def describe(progress: Progress) -> str:
    """The run in one line: done, rate, time left, calls, cost, missing verdicts."""
    parts = [f"{progress.done:,}/{progress.planned:,} conversations"]
    elapsed = progress.elapsed_seconds
    if progress.done_new and elapsed > 1:
        parts.append(f"{progress.done_new / elapsed * 60:.0f}/min")
    if progress.eta_seconds is not None and progress.done < progress.planned:
        parts.append(f"{duration(progress.eta_seconds)} left")
    parts.append(f"{progress.calls:,} calls")
    if progress.reused:
        parts.append(f"{progress.reused:,} from the ledger")
    if progress.in_flight:
        parts.append(f"{progress.in_flight} in flight")
    if progress.usd:
        parts.append(f"${progress.usd:,.2f}")
    parts.append(f"{progress.missing_verdicts:,} verdicts missing")
    return " · ".join(parts)


def duration(seconds: float) -> str:
    """``45 s``, ``3 min``, ``2 h 05 min``."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60:02d} min"


@contextlib.contextmanager
def download_bar(label: str) -> Iterator[Callable[[int, int | None], None]]:
    """A callback for downloads, which draws a bar once something is fetched."""
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        TextColumn,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )
    from rich.progress import Progress as Bar

    console = Console(stderr=True, highlight=False)
    bar = Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
    )
    task = None

    def update(done: int, total: int | None) -> None:
        nonlocal task
        if task is None:
            if not console.is_terminal:
                sys.stderr.write(f"{label} …\n")
            bar.start()
            task = bar.add_task(label, total=total)
        bar.update(task, completed=done, total=total)

    try:
        yield update
    finally:
        if task is not None:
            bar.stop()
