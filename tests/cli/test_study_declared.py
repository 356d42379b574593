"""A contrast that is declared after answers are there is said to be late."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Primum
from tests.studies.study_text import HEAD, contrast, model

PART = '\n[[protocol]]\nprotocol = "starter"\nlanguage = "en"\nlimit = 8\n'
MODELS = model("open", model="demo:open") + model("closed", model="demo:closed", base="open")


def notices(primum: Primum, tmp_path: Path, *contrasts: str) -> dict[str, str]:
    (tmp_path / "ours.toml").write_text(HEAD + PART + MODELS + "".join(contrasts))
    assert primum("study", "ours.toml", "--quiet", "--no-html", "--json", "out.json").code == 0
    found = json.loads((tmp_path / "out.json").read_bytes())["notices"]
    return {one["code"]: one["values"].get("names", "") for one in found}


def test_what_was_declared_first_is_not_late_however_often_it_is_run(
    primum: Primum, tmp_path: Path
) -> None:
    early = contrast("early", "pairs", measure="refusal.full")

    assert "study-late-contrasts" not in notices(primum, tmp_path, early)
    assert "study-late-contrasts" not in notices(primum, tmp_path, early)
    renamed = contrast("by another name", "pairs", measure="refusal.full")
    assert "study-late-contrasts" not in notices(primum, tmp_path, renamed)


def test_what_is_added_after_the_answers_is_named(primum: Primum, tmp_path: Path) -> None:
    early = contrast("early", "pairs", measure="refusal.full|harmful")
    notices(primum, tmp_path, early)
    late = contrast("late", "pairs", measure="refusal.full|benign")

    assert notices(primum, tmp_path, early, late)["study-late-contrasts"] == "late"
    folder = tmp_path / "primum-workspace" / "reports" / "study-small"
    assert primum("study", "verify", str(folder)).code == 0
