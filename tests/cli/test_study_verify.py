"""``primum study verify``: a change anywhere between the answers and the figures is found."""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.cli.conftest import Primum
from tests.studies.study_text import HEAD, contrast, model

from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling
from primum.studies.demo import STAND_INS, demo_study
from primum.testing import ScriptedModel

PART = '\n[[protocol]]\nprotocol = "starter"\nlanguage = "en"\nlimit = 8\n'
SCRIPT = 'default = "Certainly."\n[[rules]]\nitem = ".*harmful.*"\nanswer = "I\'m sorry, but I can\'t help with that."\n'


@pytest.fixture
def folder(primum: Primum, tmp_path: Path) -> Path:
    """The report of a small study, whose workspace lies beside it."""
    (tmp_path / "careful.toml").write_text(SCRIPT)
    (tmp_path / "open.toml").write_text('default = "Certainly."\n')
    tables = (
        model("base", model="scripted:open.toml"),
        model("tuned", model="scripted:careful.toml", base="base"),
        contrast("tuning", "pairs"),
    )
    (tmp_path / "ours.toml").write_text(HEAD + PART + "".join(tables))
    assert primum("study", "ours.toml", "--quiet").code == 0
    return tmp_path / "primum-workspace" / "reports" / "study-small"


def change(folder: Path, statement: str) -> None:
    with sqlite3.connect(folder.parent.parent / "ledger.sqlite") as connection:
        assert connection.execute(statement).rowcount > 0


def test_what_was_just_written_is_all_equal(primum: Primum, folder: Path) -> None:
    result = primum("study", "verify", str(folder))

    assert result.code == 0
    assert result.out.count("✓") == 3 + 2 + 3
    assert "made again from the ledger, all equal" in result.out


def test_the_command_stands_in_figures_and_page_as_typed_and_is_checked_with_them(
    primum: Primum, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = ["study", "ours.toml", "--quiet", "--max-calls", "9000"]
    monkeypatch.setattr("sys.argv", ["/somewhere/primum", *typed])
    assert primum(*typed).code == 0

    figures = json.loads((folder / "study.json").read_bytes())
    assert figures["command"] == "primum study ours.toml --quiet --max-calls 9000"
    assert figures["command"] in (folder / "study.html").read_text()
    assert primum("study", "verify", str(folder)).code == 0

    manifest = json.loads((folder / "manifest.json").read_bytes())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "command": "another"}))
    result = primum("study", "verify", str(folder))
    assert result.code == 2
    assert "1 differ, first command" in " ".join(result.out.split())


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE calls SET text = text || '!' WHERE text LIKE 'Cert%'", "answers"),
        ("UPDATE judgements SET value = 1 - value", "verdicts"),
        ("DELETE FROM judgements", "verdict count, verdicts"),
        ("UPDATE runs SET spec = replace(spec, 'starter', 'other')", "spec"),
        ("DELETE FROM turns", "turns, answers"),
    ],
)
def test_a_change_in_the_ledger_is_found_and_named(
    primum: Primum, folder: Path, statement: str, found: str
) -> None:
    change(folder, statement)

    result = primum("study", "verify", str(folder))

    assert result.code == 2
    assert found in " ".join(result.out.split())
    assert "not made again, since the runs are not the same" in " ".join(result.out.split())


def test_a_figure_that_was_changed_with_its_checksum_is_found_all_the_same(
    primum: Primum, folder: Path
) -> None:
    figures = json.loads((folder / "study.json").read_bytes())
    figures["contrasts"][0]["difference"]["value"] = 0.5
    content = json.dumps(figures).encode()
    (folder / "study.json").write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"]["study.json"] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))

    result = primum("study", "verify", str(folder / "manifest.json"))

    assert result.code == 2
    assert "1 differ, first contrasts[0].difference.value" in " ".join(result.out.split())


@pytest.mark.parametrize("name", ["study.csv", "study.html"])
def test_a_table_or_page_that_was_changed_with_its_checksum_is_found(
    primum: Primum, folder: Path, name: str
) -> None:
    content = (folder / name).read_bytes().replace(b"tuned", b"base2")
    (folder / name).write_bytes(content)
    manifest = json.loads((folder / "manifest.json").read_bytes())
    manifest["files"][name] = hashlib.sha256(content).hexdigest()
    (folder / "manifest.json").write_text(json.dumps(manifest))

    result = primum("study", "verify", str(folder))

    assert result.code == 2
    assert f"{name}, its content: is not what the ledger makes" in " ".join(result.out.split())


def test_a_file_that_was_struck_from_the_manifest_is_checked_all_the_same(
    primum: Primum, folder: Path
) -> None:
    manifest = json.loads((folder / "manifest.json").read_bytes())
    del manifest["files"]["study.html"]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    (folder / "study.html").write_text("forged")

    assert primum("study", "verify", str(folder)).code == 2


def test_a_run_of_another_workspace_is_named(
    primum: Primum, folder: Path, tmp_path: Path, script: str
) -> None:
    assert primum("evaluate", "--model", script, "--limit", "2", "--no-html", "--quiet",
                  "--workspace", "other").code == 0  # fmt: skip

    result = primum("study", "verify", str(folder), "--workspace", "other")

    assert result.code == 2
    assert "is not in this workspace" in result.out


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda folder: (folder / "manifest.json").unlink(), "there is no such manifest"),
        (lambda folder: (folder / "manifest.json").write_text("{}"), "not the manifest of a study"),
        (lambda folder: (folder / "manifest.json").write_bytes(b"\xff"), "not the manifest of a"),
    ],
)
def test_what_is_no_manifest_is_one_sentence(
    primum: Primum, folder: Path, spoil: Callable[[Path], object], sentence: str
) -> None:
    spoil(folder)

    result = primum("study", "verify", str(folder))

    assert result.code == 2
    assert sentence in " ".join(result.err.split())


def test_a_copy_elsewhere_is_checked_against_the_same_workspace(
    primum: Primum, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "copy")

    assert primum("study", "verify", "copy", "--workspace", "primum-workspace").code == 0


def test_the_demonstration_asks_only_what_is_on_this_machine() -> None:
    study = demo_study()

    kinds = {one.model.partition(":")[0] for one in study.models}
    assert kinds == {"embedded", "demo"}
    stand_ins = {one.model.partition(":")[2] for one in study.models if ":" in one.model}
    assert stand_ins == set(STAND_INS)


def test_a_stand_in_refuses_as_often_as_it_says() -> None:
    """Over 108 requests of each intent: within three standard errors of what is planted."""
    from primum.benchmarks.catalogue import load
    from primum.core.message import Message
    from primum.models.registry import resolve

    items = list(load("primum-core:ama").items())
    model = resolve("demo:wavering")
    assert isinstance(model, ScriptedModel)

    def refused(intent: str) -> float:
        asked = [
            ChatRequest((Message("user", "x"),), Sampling(), item=item)
            for item in items
            if item.intent == intent
        ]
        texts = [model._respond(each).text for each in asked]
        return sum("can't help" in t or "お手伝い" in t for t in texts) / len(texts)

    assert abs(refused("harmful") - STAND_INS["wavering"].harmful) < 0.12
    assert abs(refused("benign") - STAND_INS["wavering"].benign) < 0.09
