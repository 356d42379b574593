"""What an adapter is made of, as the file ``primum-adapter.json`` beside it.

It names the base model by its content, the data by their fingerprint, everything that was set, and
what came of it. It holds no path but what the user typed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from primum.core.digest import digest_of
from primum.core.errors import DataError, UserError
from primum.models.adapter_source import CONFIGURATION, MANIFEST, WEIGHTS, content_of
from primum.tuning.mixture import Mixture
from primum.tuning.settings import TuningSettings

NOT_STATED = "not stated"
_WAY_OUT = "Delete the folder to tune it again, or give “primum tune” another --output."
_LIBRARIES = ("torch", "transformers", "peft", "trl", "accelerate", "datasets", "primum")


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class BaseModelRecord(_Part):
    """The model that the adapter goes on."""

    model: str
    """As the user named it."""
    identity: Mapping[str, str]
    licence: str = NOT_STATED


class SourceRecord(_Part):
    """What one source of demonstrations gave."""

    source: str
    kind: str
    read: int
    duplicates: int
    refused: int
    """Test items and their near twins."""
    used: int
    licence: str = NOT_STATED
    terms: str = ""
    citation: str = ""


class HeldOutRecord(_Part):
    """A benchmark whose items were kept out of the training data."""

    benchmark: str
    items: int
    fingerprint: str


class DataRecord(_Part):
    """What was trained on."""

    fingerprint: str
    demonstrations: int
    harmful: int
    benign: int
    sources: tuple[SourceRecord, ...]
    held_out: tuple[HeldOutRecord, ...]
    refused: int
    refused_test_items: int
    refused_near_twins: int
    unpaired: Mapping[str, int] = {}
    """Of preference tuning: demonstrations without a rejected answer, by the reason."""


class LossPoint(_Part):
    """The mean training loss of the update."""

    update: int
    loss: float


class TrainingRecord(_Part):
    """What happened."""

    updates: int
    epochs: float
    examples: int
    """Demonstrations trained on; fewer than were mixed where some had no room for an answer."""
    cut: int
    """Of them, longer than ``max_tokens`` and cut at their end."""
    tokens: int
    """Seen over all updates, without padding."""
    seconds: float
    """Of training, over all sessions; without loading."""
    sessions: int
    """More than 1 where the tuning was stopped and continued."""
    device: str
    processes: int
    loss: tuple[LossPoint, ...]

    @property
    def averaged_updates(self) -> int:
        """Of how many updates, the last tenth, ``final_loss`` is the mean."""
        return min(len(self.loss), max(1, len(self.loss) // 10))

    @property
    def final_loss(self) -> float | None:
        """The mean over the last tenth of the updates: one batch alone says little."""
        last = self.loss[len(self.loss) - self.averaged_updates :]
        return sum(point.loss for point in last) / len(last) if last else None


class AdapterManifest(_Part):
    """Where an adapter comes from."""

    form: int = 1
    id: str
    name: str = ""
    base: BaseModelRecord
    data: DataRecord
    settings: TuningSettings
    training: TrainingRecord
    versions: Mapping[str, str]
    finished: str
    """Day and time, UTC."""
    content: str = ""
    """Digest of the adapter's files; empty in a manifest that was written before it held one."""

    @property
    def own_id(self) -> str:
        """The id that follows from what it says of base, data and settings."""
        return tuning_id(
            self.base.identity, self.data.fingerprint, self.settings.decisive_as_written
        )


def tuning_id(base: Mapping[str, str], fingerprint: str, settings: Mapping[str, Any]) -> str:
    """Base, data, settings and seed, as 12 hexadecimal digits."""
    whole = {"base": dict(base), "data": fingerprint, "settings": dict(settings)}
    return digest_of(whole).hex()[:12]


def read_manifest(folder: Path) -> AdapterManifest:
    """The manifest of the folder.

    Raises:
        UserError: there is none, it is not whole, or it was changed.
    """
    manifest = _parsed(folder)
    if manifest.own_id != manifest.id:
        raise DataError(
            folder / MANIFEST,
            f"the manifest of the adapter {manifest.id} was changed after tuning: what it says of "
            f"base, data and settings makes the id {manifest.own_id}. {_WAY_OUT}",
        )
    return manifest


def require_unchanged(folder: Path, manifest: AdapterManifest) -> None:
    """Return if the adapter's files are those that were written with the manifest.

    Manifests of earlier versions do not know their content.

    Raises:
        UserError: one is missing or was changed.
    """
    for name in (CONFIGURATION, WEIGHTS):
        if not (folder / name).is_file():
            raise DataError(folder, f"the adapter is not whole: {name} is missing. {_WAY_OUT}")
    if manifest.content and content_of(folder) != manifest.content:
        raise DataError(
            folder,
            f"the weights of the adapter {manifest.id}, or their configuration, were changed after "
            f"tuning: they are not those that its manifest names. {_WAY_OUT}",
        )


def _parsed(folder: Path) -> AdapterManifest:
    file = folder / MANIFEST
    try:
        return AdapterManifest.model_validate_json(file.read_bytes())
    except FileNotFoundError:
        found = "an adapter of elsewhere" if (folder / CONFIGURATION).is_file() else "no adapter"
        raise UserError(
            f"The folder “{folder}” holds {found}: {MANIFEST} is missing. A folder that “primum "
            "tune” wrote was expected."
        ) from None
    except (OSError, ValidationError) as error:
        raise DataError(
            file,
            "this is no manifest as “primum tune” writes it; it was cut short or changed. "
            + _WAY_OUT,
        ) from error


def write_manifest(folder: Path, manifest: AdapterManifest) -> None:
    """Put the manifest into the folder; a reader finds it whole or not at all."""
    draft = folder / f"{MANIFEST}.part"
    draft.write_text(manifest.model_dump_json(indent=2) + "\n", "utf-8")
    draft.replace(folder / MANIFEST)


def data_record(mixture: Mixture, unpaired: Mapping[str, int] | None = None) -> DataRecord:
    """The mixture as the manifest tells it."""
    sources = tuple(
        SourceRecord(
            source=count.source,
            kind=count.kind,
            read=count.read,
            duplicates=count.duplicates,
            refused=count.refused,
            used=count.used,
            licence=count.licence or NOT_STATED,
            terms=count.terms,
            citation=count.citation,
        )
        for count in mixture.counts
    )
    kept_out = tuple(
        HeldOutRecord(benchmark=each.benchmark, items=each.items, fingerprint=each.fingerprint)
        for each in mixture.held_out
    )
    twins = sum(each.why == "near_twin" for each in mixture.refused)
    return DataRecord(
        fingerprint=mixture.fingerprint,
        demonstrations=len(mixture.demonstrations),
        harmful=mixture.count("harmful"),
        benign=mixture.count("benign"),
        sources=sources,
        held_out=kept_out,
        refused=len(mixture.refused),
        refused_test_items=len(mixture.refused) - twins,
        refused_near_twins=twins,
        unpaired=dict(unpaired or {}),
    )


def library_versions(names: Sequence[str] = _LIBRARIES) -> dict[str, str]:
    """The installed version of each library that is installed."""
    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
