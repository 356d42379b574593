"""An adapter that is finished: its folder and its manifest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from primum.models.adapter_source import AdapterSource, adapter_source
from primum.tuning.manifest import AdapterManifest, read_manifest


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
    """The adapter in the folder, ``hf:`` before it or not.

    Raises:
        UserError: it holds none that ``primum tune`` wrote.
    """
    place = Path(str(folder).removeprefix("hf:")).expanduser()
    return Adapter(place, read_manifest(place))
