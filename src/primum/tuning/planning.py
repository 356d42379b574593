"""What a tuning will do, known before it begins: examples, updates, tokens, and where it writes.

    plan = plan_tuning(request, workspace=locate(None))
    adapter = tune(plan)

No model is loaded. The plan's id follows from the base's content, the data, the settings and the
seed: the same request is the same adapter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from primum.core.errors import PrimumError, UserError, shorten
from primum.ledger.workspace import Workspace, locate
from primum.models.adapter_source import MANIFEST, AdapterSource
from primum.models.local_source import LocalSource, open_source
from primum.tuning.layer_names import require_layers
from primum.tuning.manifest import (
    AdapterManifest,
    read_manifest,
    require_unchanged,
    tuning_id,
)
from primum.tuning.mix import mix
from primum.tuning.mixture import Mixture
from primum.tuning.place import require_device
from primum.tuning.prompt_form import tokens_of
from primum.tuning.request import TuningRequest
from primum.tuning.settings import TuningSettings

_NEEDED = ("torch", "transformers", "peft", "trl", "datasets", "accelerate")
ADAPTERS = "adapters"
TRAINING = "training"
"""The folder of checkpoints within the adapter's folder while it is tuned."""
Download = Callable[[int, int | None], None]


@dataclass(frozen=True)
class TuningPlan:
    """A tuning that may begin."""

    request: TuningRequest
    base: LocalSource
    mixture: Mixture
    workspace: Workspace

    @property
    def settings(self) -> TuningSettings:
        """Of the request."""
        return self.request.settings

    @cached_property
    def base_identity(self) -> Mapping[str, str]:
        """The base model by its content."""
        return dict(self.base.identity)

    @cached_property
    def id(self) -> str:
        """Base, data, settings and seed, as 12 hexadecimal digits."""
        return tuning_id(self.base_identity, self.mixture.fingerprint, self.settings.decisive)

    @property
    def folder(self) -> Path:
        """Where the adapter goes."""
        return self.request.output or self.workspace.folder / ADAPTERS / self.id

    @property
    def training_folder(self) -> Path:
        """Where checkpoints lie while it is tuned."""
        return self.folder / TRAINING

    @property
    def examples(self) -> int:
        """Demonstrations; of preference tuning, at most so many pairs."""
        return len(self.mixture.demonstrations)

    @property
    def updates_per_epoch(self) -> int:
        """Updates until every example was seen once; the last batch of an epoch may be smaller."""
        return math.ceil(self.examples / self.settings.batch_size)

    @property
    def updates(self) -> int:
        """Updates in all."""
        if self.settings.updates is not None:
            return self.settings.updates
        return max(1, math.ceil((self.settings.epochs or 1) * self.updates_per_epoch))

    @property
    def epochs(self) -> float:
        """How often each example is seen, on average."""
        return self.updates / self.updates_per_epoch

    @cached_property
    def tokens(self) -> int:
        """Over all updates, roughly, without padding."""
        once = sum(tokens_of(each, self.settings) for each in self.mixture.demonstrations)
        return round(once * self.epochs)

    @property
    def needs_pairs(self) -> bool:
        """Whether rejected answers are still to be found: for some, the base model is asked."""
        return self.settings.method == "dpo" and any(
            not each.rejected for each in self.mixture.demonstrations
        )

    @property
    def finished(self) -> AdapterManifest | None:
        """The manifest, if this very tuning is done.

        Raises:
            UserError: the folder holds another adapter, or one that was changed or is not whole.
        """
        if not (self.folder / MANIFEST).is_file():
            return None
        found = read_manifest(self.folder)
        if found.id != self.id:
            raise UserError(
                f"The folder {self.folder} holds another adapter ({found.id}; this would be "
                f"{self.id}). Delete the folder to tune it again, or give “primum tune” another "
                "--output."
            )
        require_unchanged(self.folder, found)
        return found

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader should know before it begins."""
        found = []
        warmup = self.settings.warmup_updates
        if warmup >= self.updates:
            # The first update of a warm-up has a learning rate of zero.
            reached = (self.updates - 1) / warmup
            found.append(
                f"{self.updates} updates in all, {warmup} of warm-up: the learning rate never "
                f"gets beyond {reached:.0%} of what is set. Take more updates or a shorter warm-up."
            )
        if self.mixture.count("harmful") and not self.mixture.count("benign"):
            found.append(
                "No benign demonstrations: a model tuned on refusals alone learns to refuse "
                "everything. Add --benign benign --benign-share 0.5, and measure over-refusal."
            )
        if self.epochs > 10:
            found.append(
                f"Each example is seen {self.epochs:.0f} times: it may be learned by rote."
            )
        return (*found, *self.mixture.notes)

    @property
    def expected_seconds(self) -> float | None:
        """By the tokens a second of earlier tunings here of this base and method, or None."""
        rates = []
        for file in sorted((self.workspace.folder / ADAPTERS).glob(f"*/{MANIFEST}")):
            try:
                known = read_manifest(file.parent)
            except PrimumError:
                continue
            is_alike = dict(known.base.identity) == dict(self.base_identity)
            if is_alike and known.settings.method == self.settings.method:
                rates.append(known.training.seconds / max(1, known.training.tokens))
        return self.tokens * sorted(rates)[len(rates) // 2] if rates else None


def plan_tuning(
    request: TuningRequest,
    *,
    workspace: Workspace | None = None,
    download: Download | None = None,
    reads_folder: bool = True,
) -> TuningPlan:
    """The plan of the request; ``reads_folder`` False leaves it to the caller to ask ``finished``.

    Raises:
        UserError: the base is none that torch opens, is an adapter, or lacks the chat template
            or a layer that is needed; the device is not there, the data cannot be read, or the
            folder holds another adapter or a changed one.
    """
    require_device(request.device)
    base = open_base(request.model, download)
    if request.settings.prompt_form == "chat":
        base.require_chat_template()
    require_layers(base, request.model, request.settings)
    mixture = mix(request.mix, held_out=request.held_out, data=request.data)
    plan = TuningPlan(request, base, mixture, workspace or locate(None))
    if reads_folder:
        _ = plan.finished
    return plan


def open_base(model: str, download: Download | None = None) -> LocalSource:
    """The model to be tuned, as a user names it.

    Raises:
        UserError: it is none that torch opens, or an adapter.
    """
    source = open_source(_argument(model), download)
    if isinstance(source, AdapterSource):
        raise UserError(
            f"“{shorten(model)}” is an adapter, and a new one would lie beside it, not on top of "
            f"it. Merge it first (“primum tune merge {shorten(str(source.folder), 120)} --output "
            "FOLDER”), and tune the model that comes out."
        )
    return source


def require_libraries(what: str) -> None:
    """Return if everything is installed that tuning needs.

    Raises:
        UserError: something is not.
    """
    absent = []
    for name in _NEEDED:
        try:
            version(name)
        except PackageNotFoundError:
            absent.append(name)
    if absent:
        verb = "is" if len(absent) == 1 else "are"
        raise UserError(
            f"{what} needs {', '.join(_NEEDED)}, of which {', '.join(absent)} {verb} not "
            "installed. Install them with “pip install primum[tune]”."
        )


def _argument(model: str) -> str:
    kind, _, argument = model.strip().partition(":")
    if model.strip() == "embedded":
        return "embedded"
    if kind != "hf" or not argument:
        raise UserError(
            f"“{shorten(model)}” cannot be tuned: its weights are needed as torch opens them. "
            "Name hf:embedded, hf:FOLDER, hf:OWNER/NAME[@REVISION] or hf:FILE.gguf."
        )
    return argument
