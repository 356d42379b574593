"""A recipe whose generator is opened by a GCG suffix, on the real embedded model, to the end."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Primum

from primum.models.local import LocalModel


def _not_again(_self: LocalModel) -> None:
    pytest.fail("a finished recipe loaded its model")


RECIPE = """
id = "opened"
guidelines = ["ama-2001"]
only = ["ama-2001/4"]
languages = ["en"]

[[role]]
name = "generators"
models = ["hf:embedded"]
temperature = 0.7
max_tokens = 60

[[stage]]
kind = "jailbroken-seeds"
role = "generators"
method = "gcg"
answers = 3
per_answer = 4
gcg = { suffix_tokens = 4, steps = 3, top_k = 16, candidates = 6 }

[[stage]]
kind = "near-duplicates"
"""


@pytest.mark.slow
@pytest.mark.local
@pytest.mark.timeout(600)
def test_a_recipe_with_a_suffix_search_goes_on_after_its_budget_and_ends_in_a_benchmark(
    primum: Primum, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("torch", reason="the extra “local” is not installed")
    (tmp_path / "opened.toml").write_text(RECIPE)
    stopped = primum("generate", "opened.toml", "-q", "--max-calls", "1")
    folder = tmp_path / "primum-workspace" / "benchmarks" / "opened"
    (search,) = (tmp_path / "primum-workspace" / "suffixes").glob("suffix-*.json")
    sought = search.read_bytes()
    done = primum("generate", "opened.toml")

    monkeypatch.setattr(LocalModel, "open", _not_again)
    repeated = primum("generate", "opened.toml")
    planned = primum("generate", "opened.toml", "--dry-run")

    assert not list(folder.rglob("*suffix*")), "a working key is not put into what is passed on"
    assert (repeated.code, repeated.out) == (done.code, done.out)
    assert "No call was needed, 3 found in the ledger" in repeated.err
    assert "3 found in the ledger" in planned.out
    assert stopped.code == 3
    assert json.loads(sought)["state"]["step"] == 3
    assert search.read_bytes() == sought
    assert "2 calls made, 1 found in the ledger" in done.err
    stated = json.loads((folder / "yields.json").read_text())
    dropped = (folder / "dropped.jsonl").read_text().splitlines()
    assert sum(sum(stage["dropped"].values()) for stage in stated["stages"]) == len(dropped)
    # A model this small may write nothing usable; then the command says so and keeps the record.
    if done.code != 0:
        assert "Nothing is left after the stage" in done.err
        return
    rows = [json.loads(line) for line in (folder / "provenance.jsonl").read_text().splitlines()]
    assert all(row["steps"][0]["note"].startswith("gcg, 3 steps, loss ") for row in rows)
    items = str(folder / "items.jsonl")
    planned = primum("evaluate", "--benchmark", items, "--dry-run")
    assert "licence CC-BY-4.0" in planned.out
