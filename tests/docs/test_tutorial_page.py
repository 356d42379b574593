"""The way that ``docs/tutorial-generate.md`` shows, gone from the first file to the last."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from tests.docs.page import ROOT

from primum.cli.main import run

PAGE = (ROOT / "docs" / "tutorial-generate.md").read_text(encoding="utf-8")
MADE = Path("primum-workspace/benchmarks/clinic")
ITEMS = str(MADE / "items.jsonl")
OWN = ["--guidelines", "clinic-rules.toml"]


@pytest.fixture
def clinic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example's folder, to work in."""
    shutil.copytree(ROOT / "docs" / "examples" / "clinic", tmp_path / "clinic")
    monkeypatch.chdir(tmp_path / "clinic")
    monkeypatch.delenv("PRIMUM_WORKSPACE", raising=False)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path / "clinic"


def _shown_in_page(printed: str, *lines: str) -> None:
    flat_page, flat = (" ".join(text.split()) for text in (PAGE, printed))
    for line in lines:
        assert " ".join(line.split()) in flat_page, line
        assert " ".join(line.split()) in flat, line


def test_the_tutorial_leads_from_the_rules_to_the_benchmark_that_it_shows(
    clinic: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = "clinic-house-rules.md", "--output", "clinic-rules.toml"
    assert run(["generate", "guidelines", *rules, "--model", "scripted:clinic-model.jsonl"]) == 0
    _shown_in_page(capsys.readouterr().err, "The model gave 1 quotation not found")
    drawn = clinic / "clinic-rules.toml"
    drawn.write_text(drawn.read_text("utf-8").partition("\n\n")[2], encoding="utf-8")

    assert run(["generate", "clinic.toml", "--dry-run"]) == 0
    _shown_in_page(capsys.readouterr().out, "at most 187")
    assert run(["generate", "clinic.toml", "--quiet"]) == 0
    _shown_in_page(
        capsys.readouterr().out,
        "near-duplicates  20  19    1        ██████████                1 near duplicate",
        "translation      26  46    6        ████████████████████████  3 meaning lost, 3 unnatural",
        "The stage “curation” waits for people",
    )

    shutil.copy("people/translation-ja-failed.csv", MADE / "people")
    assert run(["generate", "clinic.toml", "--quiet"]) == 0
    for number in (1, 2):
        shutil.copy(f"people/curation-reviewer-{number}.csv", MADE / "people")
    capsys.readouterr()
    assert run(["generate", "clinic.toml", "--quiet"]) == 0
    fingerprint = "50 items, fingerprint a3be2de8122f65b77e99345a969dae1b"
    _shown_in_page(capsys.readouterr().out, "2 rejected", fingerprint)

    assert run(["benchmarks", "check", ITEMS, *OWN]) == 0
    _shown_in_page(capsys.readouterr().out, "none has 7", "Sound: no error found.")
    target = ["--model", "scripted:clinic-model.jsonl", "--no-html", "--quiet"]
    assert run(["evaluate", "--benchmark", ITEMS, *OWN, *target]) == 0
    assert "50 items, 50 conversations" in capsys.readouterr().out
