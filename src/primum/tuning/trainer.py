"""The trainers of trl, with LoRA of peft, as the settings ask for them.

The loop, the optimiser, the schedule, the distribution over GPUs and the content of checkpoints are
theirs; nothing here takes a step.
"""

from __future__ import annotations

import contextlib
import logging
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from primum.core.errors import UserError
from primum.models.local_source import Loaded
from primum.tuning.demonstration import Demonstration
from primum.tuning.layer_names import ALL_LINEAR, no_such_layer
from primum.tuning.place import Place
from primum.tuning.planning import TuningPlan
from primum.tuning.prompt_form import rows_of
from primum.tuning.settings import TuningSettings

_NOISY = ("trl", "transformers", "peft", "accelerate", "datasets", "torch")


def make_trainer(
    plan: TuningPlan,
    loaded: Loaded,
    demonstrations: Sequence[Demonstration],
    place: Place,
    callback: Any,
) -> Any:
    """The trainer, ready to train or to go on from a checkpoint.

    Raises:
        UserError: the model lacks the modules, or no example has room for its answer.
    """
    from datasets import Dataset
    from transformers import PrinterCallback
    from trl import DPOTrainer, SFTTrainer

    settings = plan.settings
    rows = Dataset.from_list(rows_of(demonstrations, settings))
    given: dict[str, Any] = {
        "args": _arguments(plan, place),
        "train_dataset": rows,
        "processing_class": loaded.tokenizer,
        "peft_config": _adapter(plan, loaded),
        "callbacks": [callback],
    }
    if settings.padding_side == "left":
        from primum.tuning.left_padding import LeftPadding

        given["data_collator"] = LeftPadding(loaded.tokenizer.pad_token_id)
    trainer = (DPOTrainer if settings.method == "dpo" else SFTTrainer)(loaded.model, **given)
    if not len(trainer.train_dataset):
        raise UserError(
            f"No example has room for an answer in {settings.max_tokens} tokens: every request "
            "alone is longer. Raise --max-tokens."
        )
    trainer.remove_callback(PrinterCallback)
    return trainer


def _arguments(plan: TuningPlan, place: Place) -> Any:
    from trl import DPOConfig, SFTConfig

    settings = plan.settings
    micro = _micro_batch(settings, place)
    common: dict[str, Any] = {
        "output_dir": str(plan.training_folder),
        "max_steps": plan.updates,
        "per_device_train_batch_size": micro,
        "gradient_accumulation_steps": settings.batch_size // (micro * place.processes),
        "learning_rate": settings.learning_rate,
        "lr_scheduler_type": "linear",
        "warmup_steps": settings.warmup_updates,
        "seed": settings.seed,
        "max_length": settings.max_tokens,
        "gradient_checkpointing": settings.gradient_checkpointing,
        "bf16": place.precision == "bfloat16",
        "fp16": place.precision == "float16",
        "use_cpu": place.device == "cpu",
        "save_strategy": "steps",
        "save_steps": plan.request.checkpoint_every,
        "logging_steps": 1,
        "report_to": "none",
        "disable_tqdm": True,
        "log_level": "error",
        "log_level_replica": "error",
        "dataloader_pin_memory": place.device == "cuda",
        "ddp_find_unused_parameters": False,
    }
    if settings.method == "dpo":
        return DPOConfig(**common, beta=settings.beta)
    return SFTConfig(**common, completion_only_loss=settings.loss_on == "response")


def _micro_batch(settings: TuningSettings, place: Place) -> int:
    """Examples at once on one device, so that all devices together make up the batch.

    Raises:
        UserError: the batch cannot be divided so.
    """
    share, rest = divmod(settings.batch_size, place.processes)
    micro = min(settings.micro_batch_size or share, share)
    if rest or share % max(1, micro):
        raise UserError(
            f"A batch of {settings.batch_size} cannot be divided over {place.processes} processes "
            f"with {settings.micro_batch_size or 'all'} at once on each. Change --batch-size or "
            "--micro-batch-size."
        )
    return micro


def _adapter(plan: TuningPlan, loaded: Loaded) -> Any:
    """The LoRA configuration.

    Raises:
        UserError: the model has no modules of these names.
    """
    from peft import LoraConfig

    settings = plan.settings
    targets: Any = list(settings.target_modules)
    if targets == [ALL_LINEAR]:
        targets = ALL_LINEAR
    else:
        there = _linear_modules(loaded.model)
        absent = [name for name in targets if name not in there]
        if absent:
            raise no_such_layer(plan.request.model, absent, there)
    return LoraConfig(
        r=settings.rank,
        lora_alpha=settings.alpha,
        lora_dropout=settings.dropout,
        target_modules=targets,
        bias="none",
        task_type="CAUSAL_LM",
    )


def _linear_modules(model: Any) -> list[str]:
    """The last part of the names of all linear layers but the output layer."""
    output = model.get_output_embeddings()
    return sorted(
        {
            name.rpartition(".")[2]
            for name, module in model.named_modules()
            if type(module).__name__ in ("Linear", "Conv1D") and module is not output
        }
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Run without the libraries' own bars, warnings and log lines, which break the live line."""
    import datasets
    import transformers

    loggers = [logging.getLogger(name) for name in _NOISY]
    levels = [logger.level for logger in loggers]
    had_bars = not datasets.utils.are_progress_bars_disabled()
    datasets.disable_progress_bars()
    transformers.utils.logging.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for logger in loggers:
                logger.setLevel(logging.ERROR)
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
        if had_bars:
            datasets.enable_progress_bars()
