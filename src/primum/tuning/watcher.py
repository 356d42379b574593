"""What is done between two updates: counting, checkpoints that count, and stopping when asked to.

A callback of the trainers; it is imported with them, lazily.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from transformers import TrainerCallback

from primum.core.errors import RunInterrupted, UserError
from primum.tuning import checkpoint
from primum.tuning.progress import TuningProgress

_SIGNALS = {signal.SIGINT: "Ctrl-C", signal.SIGTERM: "SIGTERM"}


class DivergedError(UserError):
    """The tuning made values that are no numbers; nothing of it is of use."""


class Watcher(TrainerCallback):  # type: ignore[misc] # extras are not read by the type check
    """Counts updates, marks checkpoints, and ends the training after a signal.

    Args:
        folder: of the checkpoints.
        progress: what is drawn.
        earlier: where this session goes on.
        is_main: whether this process is the one that writes.
    """

    def __init__(
        self,
        folder: Path,
        progress: TuningProgress,
        earlier: checkpoint.Checkpoint | None,
        *,
        is_main: bool,
    ) -> None:
        self._folder = folder
        self._progress = progress
        self._earlier_seconds = earlier.seconds if earlier else 0.0
        self._sessions = earlier.sessions + 1 if earlier else 1
        self._earlier_tokens = earlier.tokens if earlier else 0
        self._tokens = 0
        self._is_main = is_main
        self._began = time.monotonic()
        self.stopped_by = ""
        """The signal that ended the training, if one did."""

    def on_train_begin(self, _args: Any, state: Any, _control: Any, **_more: Any) -> None:
        """Count from the checkpoint."""
        self._began = time.monotonic()
        self._progress.begin_training(state.max_steps, state.global_step)

    def on_step_end(self, _args: Any, state: Any, control: Any, **_more: Any) -> None:
        """Count the update; after a signal, keep what is there and end."""
        self._progress.done = state.global_step
        if _any_process(bool(self.stopped_by)):
            self.stopped_by = self.stopped_by or "a signal to another process"
            control.should_save = True
            control.should_training_stop = True

    def on_log(
        self, _args: Any, _state: Any, _control: Any, logs: Any = None, **_more: Any
    ) -> None:
        """Take the loss."""
        if logs and "loss" in logs:
            self._progress.loss = float(logs["loss"])
            # The trainers count those of this session.
            self._tokens = round(logs.get("num_tokens", self._tokens))

    def on_save(
        self, args: Any, state: Any, _control: Any, model: Any = None, **_more: Any
    ) -> None:
        """Make the checkpoint count, once every process has written its part.

        Raises:
            DivergedError: it holds nan or inf. The trainers log the loss of such an update as 0,
                which looks like learning.
        """
        if not _is_finite(model):
            raise DivergedError(
                f"The tuning diverged: after update {state.global_step:,} the adapter holds values "
                "that are no numbers (nan or inf), so none was written. Take a --learning-rate "
                f"below {args.learning_rate:g}, or a longer warm-up."
            )
        _wait_for_all()
        if self._is_main:
            seconds = self._earlier_seconds + time.monotonic() - self._began
            checkpoint.mark(
                self._folder,
                state.global_step,
                seconds=seconds,
                sessions=self._sessions,
                tokens=self._earlier_tokens + self._tokens,
            )

    @contextlib.contextmanager
    def catching_signals(self) -> Iterator[None]:
        """Hand Ctrl-C and SIGTERM to the watcher: the first ends after the update, a second now."""
        before: dict[int, Any] = {}
        # Only the main thread may; elsewhere signals do what they did.
        with contextlib.suppress(ValueError):
            for number in _SIGNALS:
                before[number] = signal.signal(number, self._on_signal)
        try:
            yield
        finally:
            for caught, handler in before.items():
                signal.signal(caught, handler)

    def _on_signal(self, number: int, _frame: Any) -> None:
        name = _SIGNALS[signal.Signals(number)]
        if self.stopped_by or self._progress.stage != "training":
            raise RunInterrupted(stopped(name, self._progress))
        self.stopped_by = name
        self._progress.stage = "stopping"


def stopped(name: str, progress: TuningProgress) -> str:
    """What is said when the tuning ends before its time."""
    return (
        f"Stopped by {name} after update {progress.done:,} of {progress.planned:,}. The last "
        "checkpoint is kept; the same command continues from it."
    )


def _is_finite(model: Any) -> bool:
    """Whether every value that is learned is a number."""
    import torch

    learned = (each for each in model.parameters() if each.requires_grad)
    return all(bool(torch.isfinite(each).all()) for each in learned)


def _any_process(value: bool) -> bool:  # noqa: FBT001 - the value itself
    """Whether it is so in any process, known to all of them: they must end at the same update."""
    import torch
    from torch import distributed

    if not (distributed.is_available() and distributed.is_initialized()):
        return value
    on_gpu = distributed.get_backend() == "nccl"
    told = torch.tensor(int(value), device="cuda" if on_gpu else "cpu")
    distributed.all_reduce(told, op=distributed.ReduceOp.MAX)
    return bool(told.item())


def _wait_for_all() -> None:
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()
