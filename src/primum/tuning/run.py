"""Carries out a plan: data made ready, the trainer run or continued, the adapter put in its folder.

    plan = plan_tuning(request, workspace=workspace)
    adapter = tune(plan)                          # plan.needs_pairs: tune(plan, ledger)
    evaluate(make_plan(EvaluationRequest(model=adapter.spec)), …)

To resume is to run the same plan again. On a CPU the adapter is then the same to the last bit as
one that was never stopped.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, NamedTuple

from primum.core.errors import RunInterrupted, UserError
from primum.ledger.ledger import Ledger
from primum.models.adapter_source import MANIFEST
from primum.tuning import checkpoint
from primum.tuning.adapter import Adapter
from primum.tuning.demonstration import Demonstration
from primum.tuning.finishing import Session, finish
from primum.tuning.manifest import read_manifest
from primum.tuning.own_folder import OWN, own_folder, write_json
from primum.tuning.planning import TuningPlan, require_libraries
from primum.tuning.progress import TuningProgress

_PAIRS = "pairs.json"
_SESSION = "session.json"
_POLL_SECONDS = 0.5
_MEMORY_WORDS = ("not enough memory", "allocate memory", "out of memory")


class _Data(NamedTuple):
    demonstrations: Sequence[Demonstration]
    unpaired: Mapping[str, int]


def is_main_process() -> bool:
    """Whether this process writes and speaks: the only one, or the first of several."""
    return int(os.environ.get("RANK", "0")) == 0


def process_count() -> int:
    """How many processes tune together, as their launcher says."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def tune(
    plan: TuningPlan,
    ledger: Ledger | None = None,
    progress: TuningProgress | None = None,
    *,
    wait_seconds: float = 0.0,
) -> Adapter:
    """The adapter of the plan: found finished, continued from a checkpoint, or made.

    Args:
        plan: what is to be done.
        ledger: where the base's own answers are kept, for preference tuning that needs them.
        progress: what is drawn.
        wait_seconds: how long to wait for another process that tunes this very adapter.

    Raises:
        RunInterrupted: stopped from outside; the same plan continues.
        UserError: a device, a module or memory is missing, or another process tunes this.
    """
    progress = progress or TuningProgress()
    progress.planned = plan.updates
    if (known := _known(plan, progress)) is not None:
        return known
    require_libraries("Tuning")
    if not is_main_process():
        return _tune_beside(plan, progress)
    if ledger is not None:
        prepare(plan, ledger, progress, wait_seconds=wait_seconds)
    with _interrupts(), own_folder(plan, progress, wait_seconds):
        # Another process may have finished it while this one waited.
        known = _known(plan, progress)
        return known or _tune(plan, _data_of(plan), progress)


def _known(plan: TuningPlan, progress: TuningProgress) -> Adapter | None:
    """The adapter, if it is finished."""
    if (manifest := plan.finished) is None:
        return None
    progress.done, progress.stage = plan.updates, "finished"
    return Adapter(plan.folder, manifest)


def prepare(
    plan: TuningPlan,
    ledger: Ledger,
    progress: TuningProgress | None = None,
    *,
    wait_seconds: float = 0.0,
) -> None:
    """Find the rejected answers that preference tuning still needs; the ledger is free afterwards.

    Raises:
        RunInterrupted: stopped from outside; what was answered is kept.
        UserError: the base cannot be asked, or gives no pair at all.
    """
    if not plan.needs_pairs or plan.finished is not None or not is_main_process():
        return
    require_libraries("Tuning")
    from primum.tuning.pairing import find_pairs

    progress = progress or TuningProgress()
    with _interrupts(), own_folder(plan, progress, wait_seconds):
        file = plan.training_folder / _PAIRS
        if plan.finished is not None or file.is_file():
            return
        progress.stage = "pairs"
        found = find_pairs(plan, ledger, progress)
        pairs = [asdict(each) for each in found.pairs]
        write_json(file, {"pairs": pairs, "unpaired": dict(found.dropped)})


def _tune_beside(plan: TuningPlan, progress: TuningProgress) -> Adapter:
    """The part of a further process: it trains along, and waits for the first one to write."""
    pairs = plan.training_folder / _PAIRS
    if plan.needs_pairs:
        _wait_for(pairs)
    else:
        _wait_for(plan.training_folder / OWN)
    _train(plan, _read_pairs(pairs) if plan.needs_pairs else _whole(plan), progress)
    _wait_for(plan.folder / MANIFEST)
    return Adapter(plan.folder, read_manifest(plan.folder))


def _tune(plan: TuningPlan, data: _Data, progress: TuningProgress) -> Adapter:
    last = checkpoint.newest(plan.training_folder)
    if last is None or last.update < plan.updates:
        _train(plan, data, progress)
        last = checkpoint.newest(plan.training_folder)
    if last is None or last.update < plan.updates:
        # The trainer ended early without a signal, which it never should.
        raise RuntimeError(f"the training ended at {last} of {plan.updates} updates")
    session: Any = json.loads((plan.training_folder / _SESSION).read_text("utf-8"))
    adapter = finish(plan, last, Session(**session))
    progress.done, progress.stage = plan.updates, "finished"
    return adapter


def _train(plan: TuningPlan, data: _Data, progress: TuningProgress) -> None:
    """Run the trainer to the last update.

    Raises:
        RunInterrupted: a signal came; a checkpoint of the last update is kept.
        UserError: memory, a device or a module is missing, or the tuning diverged.
    """
    progress.stage = "loading"
    from primum.tuning.place import place_of
    from primum.tuning.trainer import make_trainer, quiet
    from primum.tuning.watcher import DivergedError, Watcher, stopped

    place = place_of(plan.request.device, plan.settings, process_count())
    earlier = checkpoint.newest(plan.training_folder)
    is_main = is_main_process()
    if is_main:
        checkpoint.drop_others(plan.training_folder, earlier.folder if earlier else None)
    watcher = Watcher(plan.training_folder, progress, earlier, is_main=is_main)
    with quiet(), watcher.catching_signals(), _memory_errors(plan):
        needs_template = plan.settings.prompt_form == "chat"
        loaded = plan.base.load("cpu", place.precision, needs_chat_template=needs_template)
        trainer = make_trainer(plan, loaded, data.demonstrations, place, watcher)
        if is_main:
            session = Session(
                place.device,
                place.processes,
                len(trainer.train_dataset),
                _cut(trainer.train_dataset, plan.settings.max_tokens),
                dict(data.unpaired),
            )
            write_json(plan.training_folder / _SESSION, session._asdict())
        try:
            trainer.train(resume_from_checkpoint=str(earlier.folder) if earlier else None)
        except DivergedError:
            if is_main:
                shutil.rmtree(plan.training_folder, ignore_errors=True)
            raise
    if watcher.stopped_by and progress.done < plan.updates:
        raise RunInterrupted(stopped(watcher.stopped_by, progress))


def _cut(rows: Any, most: int) -> int:
    """Examples that fill all the room there is: those that were cut, and the rare exact fit."""
    if "input_ids" in rows.column_names:
        return sum(len(tokens) >= most for tokens in rows["input_ids"])
    longest = (
        len(row["prompt_ids"]) + max(len(row["chosen_ids"]), len(row["rejected_ids"]))
        for row in rows
    )
    return sum(length > most for length in longest)


def _data_of(plan: TuningPlan) -> _Data:
    """What is trained on.

    Raises:
        UserError: rejected answers are needed and were not found before.
    """
    if not plan.needs_pairs:
        return _whole(plan)
    file = plan.training_folder / _PAIRS
    if not file.is_file():
        raise UserError(
            "Preference tuning asks the base model for the answers to turn away from, and keeps "
            "them in a ledger; none was given."
        )
    return _read_pairs(file)


def _whole(plan: TuningPlan) -> _Data:
    return _Data(plan.mixture.demonstrations, {})


def _read_pairs(file: Path) -> _Data:
    found: Any = json.loads(file.read_text("utf-8"))
    return _Data([Demonstration(**pair) for pair in found["pairs"]], found["unpaired"])


@contextlib.contextmanager
def _interrupts() -> Iterator[None]:
    """Turn Ctrl-C where nobody else hears it into the ordinary end of a stopped run.

    Raises:
        RunInterrupted: it came.
    """
    try:
        yield
    except KeyboardInterrupt:
        raise RunInterrupted(
            "Stopped before the first update. The same command begins again."
        ) from None


@contextlib.contextmanager
def _memory_errors(plan: TuningPlan) -> Iterator[None]:
    """Turn a lack of memory into a sentence.

    Raises:
        UserError: memory did not suffice; other errors pass unchanged.
    """
    import torch

    try:
        yield
    except (MemoryError, RuntimeError) as error:
        is_named = isinstance(error, (MemoryError, torch.OutOfMemoryError))
        if not is_named and not any(word in str(error).lower() for word in _MEMORY_WORDS):
            raise
        micro = plan.settings.micro_batch_size or plan.settings.batch_size
        raise UserError(
            f"Memory did not suffice for {micro} example(s) of up to {plan.settings.max_tokens} "
            "tokens at once. Lower --micro-batch-size (the result stays the same) or --max-tokens, "
            "or add --gradient-checkpointing. What is saved stays."
        ) from error


def _wait_for(file: Path) -> None:
    while not file.is_file():
        time.sleep(_POLL_SECONDS)
