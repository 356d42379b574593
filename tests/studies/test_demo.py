"""The stand-ins of the demonstration, in a study of a user's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.studies.study_text import HEAD, STARTER, model

PLAN = (
    "import sys; from primum.studies.reading import read_study;"
    "from primum.studies.study_plan import make_study_plan;"
    "print(*(run.plan.target.model.name for run in make_study_plan(read_study(sys.argv[1])).runs))"
)


def test_a_study_file_may_name_a_stand_in_though_no_demonstration_was_begun(tmp_path: Path) -> None:
    """In a process of its own, where no other test has made the stand-ins known."""
    file = tmp_path / "ours.toml"
    tables = model("first", model="demo:careful") + model("second", model="demo:open")
    file.write_text(HEAD + STARTER + tables)

    run = [sys.executable, "-c", PLAN, str(file)]
    found = subprocess.run(run, capture_output=True, text=True, check=False)

    assert found.stdout.split() == ["demo:careful", "demo:open"], found.stderr
