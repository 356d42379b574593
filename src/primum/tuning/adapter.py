"""An adapter that is finished: its folder and its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from primum.models.adapter_source import CONFIGURATION, WEIGHTS, AdapterSource, adapter_source
from primum.tuning.manifest import AdapterManifest, read_manifest, require_unchanged


@dataclass(frozen=True, slots=True)
class Adapter:
    """A folder that ``hf:FOLDER`` opens, and what it holds."""

    folder: Path
    manifest: AdapterManifest

    @property
    def spec(self) -> str:
        """What ``--model`` takes."""
        return f"hf:{self.folder}"

    @property
    def source(self) -> AdapterSource:
        """The adapter on its base.

        Raises:
            UserError: the base is not there.
        """
        found = adapter_source(str(self.folder))
        if found is None:
            # The manifest was read from there.
            raise FileNotFoundError(self.folder)
        return found

    @property
    def digest(self) -> str:
        """Of the adapter's own files: equal for adapters that are equal to the last bit."""
        return self.source.content


def read_adapter(folder: Path | str) -> Adapter:
    """The adapter in the folder, ``hf:`` before it or not; or what a merged model came from.

    Raises:
        UserError: it holds none that ``primum tune`` wrote, or it was changed since.
    """
    place = Path(str(folder).removeprefix("hf:")).expanduser()
    manifest = read_manifest(place)
    if any((place / name).is_file() for name in (CONFIGURATION, WEIGHTS)):
        require_unchanged(place, manifest)
    return Adapter(place, manifest)
