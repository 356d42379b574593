"""An adapter as a model: its base, checked by content, and what is said where it is not there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from primum.core.errors import DataError, UserError
from primum.models import adapter_source as module
from primum.models.adapter_source import AdapterSource, is_same_base
from primum.models.local_source import FolderSource, open_source
from primum.models.registry import resolve
from primum.models.weights import pinned


def _adapter(
    folder: Path,
    *,
    model: str = "hf:embedded",
    identity: Mapping[str, str] | None = None,
    weights: bytes = b"adapter",
) -> Path:
    folder.mkdir(parents=True)
    (folder / "adapter_config.json").write_text(
        json.dumps({"base_model_name_or_path": model.removeprefix("hf:")})
    )
    (folder / "adapter_model.safetensors").write_bytes(weights)
    if identity is not None:
        head = {"base": {"model": model, "identity": dict(identity)}, "more": 1}
        (folder / "primum-adapter.json").write_text(json.dumps(head))
    return folder


def _base(folder: Path, weights: bytes = b"base") -> Path:
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    (folder / "model.safetensors").write_bytes(weights)
    return folder


EMBEDDED = {"model": "SmolLM2-135M-Instruct.Q4_1", "sha256": pinned().sha256}


def test_its_identity_is_the_bases_and_the_content_of_its_files(tmp_path: Path) -> None:
    one = open_source(str(_adapter(tmp_path / "one", identity=EMBEDDED)))
    same = open_source(str(_adapter(tmp_path / "same", identity=EMBEDDED)))
    other = open_source(str(_adapter(tmp_path / "other", identity=EMBEDDED, weights=b"more")))

    assert one.identity["sha256"] == pinned().sha256
    assert one.identity == same.identity
    assert one.identity != other.identity
    assert one.licence == pinned().licence
    assert resolve(f"hf:{tmp_path / 'one'}").name == f"hf:{tmp_path / 'one'}"


def test_an_adapter_for_another_base_is_one_sentence(tmp_path: Path) -> None:
    base = _base(tmp_path / "base")
    folder = _adapter(
        tmp_path / "adapter", model=f"hf:{base}", identity=FolderSource(base).identity
    )
    (base / "model.safetensors").write_bytes(b"other weights")

    with pytest.raises(UserError, match=r"was tuned on hf:.* which is not the model given now"):
        _ = open_source(str(folder)).identity
    with pytest.raises(UserError, match="was tuned on"):
        _ = open_source(f"{folder}@embedded").identity


def test_a_base_that_was_moved_is_named_after_the_adapter(tmp_path: Path) -> None:
    base = _base(tmp_path / "base")
    folder = _adapter(
        tmp_path / "adapter", model=f"hf:{base}", identity=FolderSource(base).identity
    )
    moved = base.rename(tmp_path / "moved")

    with pytest.raises(UserError, match=r"not here\. Say where that model is: hf:.*@BASE"):
        open_source(str(folder))
    found = open_source(f"{folder}@{moved}")

    assert isinstance(found, AdapterSource)
    assert "adapter" in found.identity


def test_one_of_elsewhere_names_its_base_as_peft_does(tmp_path: Path) -> None:
    found = open_source(str(_adapter(tmp_path / "a", model="embedded")))

    assert isinstance(found, AdapterSource)
    assert found.tuned_on is None
    assert found.identity["sha256"] == pinned().sha256


def test_an_adapter_that_does_not_say_its_base_is_one_sentence(tmp_path: Path) -> None:
    folder = _adapter(tmp_path / "a")
    (folder / "adapter_config.json").write_text("{}")

    with pytest.raises(UserError, match="does not say on which model the adapter goes"):
        open_source(str(folder))
    assert isinstance(open_source(f"{folder}@embedded"), AdapterSource)


def test_a_torn_adapter_and_a_torn_manifest_are_one_sentence_each(tmp_path: Path) -> None:
    folder = _adapter(tmp_path / "a", identity=EMBEDDED)
    (folder / "adapter_model.safetensors").unlink()

    with pytest.raises(UserError, match=r"adapter_model\.safetensors is missing"):
        _ = open_source(str(folder)).identity
    (folder / "primum-adapter.json").write_text('{"base": 1')
    with pytest.raises(DataError, match="no manifest as “primum tune” writes it"):
        open_source(str(folder))


def test_without_peft_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(module, "version", absent)
    source = open_source(str(_adapter(tmp_path / "a", identity=EMBEDDED)))

    with pytest.raises(UserError, match=r"needs peft, which is not installed.*primum\[tune\]"):
        source.load("cpu", "float32")


def test_the_same_weights_under_another_name_are_the_same_base() -> None:
    one = {"model": "a", "content": "1"}

    assert is_same_base(one, {"model": "b", "content": "1"})
    assert not is_same_base(one, {"model": "a", "content": "2"})
    assert not is_same_base(one, {"model": "a", "content": "1", "adapter": "3"})
    assert not is_same_base({"model": "a/b", "revision": "1"}, {"model": "a/c", "revision": "1"})


def test_a_folders_licence_is_read_from_its_card(tmp_path: Path) -> None:
    base = _base(tmp_path / "base")
    assert FolderSource(base).licence == ""
    (base / "README.md").write_text("---\nlanguage: en\nlicense: llama3.1\n---\n# A model\n")
    assert FolderSource(base).licence == "llama3.1"
