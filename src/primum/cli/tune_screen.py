"""What stands on the terminal before, while and after a model is tuned."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.text import Text

from primum.cli.number_words import counted
from primum.cli.screen import describe as describe_asking
from primum.cli.screen import duration, live_text
from primum.cli.table import print_facts, print_table
from primum.core.errors import shorten
from primum.tuning.adapter import Adapter
from primum.tuning.held_out import Refused
from primum.tuning.manifest import TrainingRecord
from primum.tuning.planning import TuningPlan
from primum.tuning.progress import TuningProgress
from primum.tuning.settings import TuningSettings

_MOST_REFUSED = 5


@contextlib.contextmanager
def live_tuning(progress: TuningProgress, *, quiet: bool = False) -> Iterator[None]:
    """Draw the tuning's progress until the block ends."""

    def drawn() -> Text:
        return Text(describe(progress), no_wrap=True, overflow="ellipsis")

    with live_text(drawn, lambda: describe(progress), quiet=quiet):
        yield


def describe(progress: TuningProgress) -> str:
    """The tuning in one line: updates, loss, time left."""
    if progress.stage == "pairs" and progress.asked is not None:
        asking = describe_asking(progress.asked).partition(" conversations")
        return f"asking the base model: {asking[0]} answers"
    if progress.stage == "waiting":
        return "waiting for another process that tunes this adapter …"
    if progress.stage == "loading":
        return "loading the base model …"
    parts = [f"{progress.done:,}/{progress.planned:,} updates"]
    if progress.loss is not None:
        parts.append(f"loss {progress.loss:.3f}")
    if progress.eta_seconds is not None and progress.done < progress.planned:
        parts.append(f"{duration(progress.eta_seconds)} left")
    if progress.resumed_at:
        parts.append(f"continued at {progress.resumed_at:,}")
    if progress.stage == "stopping":
        parts.append("stopping after this update; once more to stop now")
    return " · ".join(parts)


def settings_line(settings: TuningSettings) -> str:
    """The settings in one line."""
    micro = settings.micro_batch_size
    parts = [
        (
            f"{settings.method}, rank {settings.rank}, alpha {settings.alpha:g}, dropout "
            f"{settings.dropout:g} on {', '.join(settings.target_modules)}"
        ),
        f"learning rate {settings.learning_rate:g}, {settings.warmup_updates} updates of warm-up",
        f"batches of {settings.batch_size}{f' ({micro} at once)' if micro else ''}",
        f"{settings.prompt_form} form, at most {settings.max_tokens} tokens",
        "loss on the answer" if settings.loss_on == "response" else "loss on request and answer",
        f"seed {settings.seed}",
    ]
    if settings.beta is not None:
        parts.append(f"beta {settings.beta:g}")
    return "; ".join(parts)


def loss_line(training: TrainingRecord) -> str:
    """The loss of the first and the last update, and the mean of the last ones; empty if none."""
    if not training.loss:
        return ""
    first, last, averaged = training.loss[0], training.loss[-1], training.averaged_updates
    told = f"{first.loss:.3f} at the first update, {last.loss:.3f} at the last"
    if averaged > 1:
        told += f"; mean of the last {averaged:,}: {training.final_loss:.3f}"
    return told


def show_plan(plan: TuningPlan, console: Console) -> None:
    """Everything that is known before the first update."""
    mixture, settings = plan.mixture, plan.settings
    seconds = plan.expected_seconds
    state = "finished: nothing would be done" if plan.finished else _begun(plan)
    at_most = "at most " if plan.needs_pairs else ""
    print_facts(
        console,
        (
            ("Adapter", f"{plan.id} ({state})"),
            ("Base", f"{plan.request.model}, licence {plan.base.licence or 'not stated'}"),
            (
                "Examples",
                (
                    f"{at_most}{plan.examples:,}: {mixture.count('harmful'):,} harmful, "
                    f"{mixture.count('benign'):,} benign, fingerprint {mixture.fingerprint}"
                ),
            ),
            ("Settings", settings_line(settings)),
            (
                "Updates",
                (
                    f"{plan.updates:,}, {settings.warmup_updates:,} of them warm-up; "
                    f"{plan.updates_per_epoch:,} an epoch, {plan.epochs:.2g} epochs"
                ),
            ),
            ("Tokens", f"about {plan.tokens:,} over all updates"),
            (
                "Time",
                f"about {duration(seconds)}, by earlier tunings of this base"
                if seconds is not None
                else "unknown: no earlier tuning of this base in this workspace",
            ),
            ("Output", str(plan.folder)),
        ),
    )
    console.print()
    print_table(
        console,
        ("source", "kind", "used", "read", "copies", "refused", "licence and terms"),
        (
            (
                count.source,
                count.kind,
                f"{count.used:,}",
                f"{count.read:,}",
                f"{count.duplicates:,}",
                f"{count.refused:,}",
                " ".join(part for part in (count.licence or "not stated", count.terms) if part),
            )
            for count in mixture.counts
        ),
    )
    show_refused(mixture.refused, console)


def show_refused(refused: Sequence[Refused], console: Console) -> None:
    """The demonstrations that are test items or near twins of one: the first ones, and how many."""
    if not refused:
        return
    console.print(
        f"\n{counted(len(refused), 'demonstration')} may not be trained on, as test items or "
        "near twins of one:"
    )
    for each in refused[:_MOST_REFUSED]:
        place = each.demonstration.provenance or each.demonstration.source
        kind = "is" if each.why == "test_item" else f"near ({each.similarity:.2f})"
        console.print(
            f"  {shorten(place, 50)} {kind} {each.benchmark} {shorten(each.item, 40)}",
            markup=False,
        )
    if len(refused) > _MOST_REFUSED:
        rest = len(refused) - _MOST_REFUSED
        console.print(
            f"  … and {rest:,} more: --refused FILE writes all of them, and so does the tuning "
            "(refused.jsonl in the adapter's folder)"
        )


def show_adapter(adapter: Adapter, console: Console) -> None:
    """What came of it, and what to do next."""
    training = adapter.manifest.training
    if training.loss:
        console.print(f"Loss: {loss_line(training)}")
    if adapter.manifest.data.unpaired:
        told = ", ".join(f"{why} {n:,}" for why, n in adapter.manifest.data.unpaired.items())
        console.print(f"No pair: {told}", markup=False)
    if training.cut:
        console.print(
            f"{training.cut:,} of {training.examples:,} examples fill all of "
            f"{adapter.manifest.settings.max_tokens} tokens and were cut there."
        )
    console.print(f"Adapter: {adapter.folder}", markup=False, soft_wrap=True)
    console.print(f"Next: primum evaluate --model {adapter.spec}", markup=False, soft_wrap=True)


def _begun(plan: TuningPlan) -> str:
    from primum.tuning.checkpoint import newest

    last = newest(plan.training_folder)
    return f"a checkpoint of update {last.update:,} is there" if last else "new"
