"""``primum generate``: from a recipe to a benchmark that ``primum evaluate`` takes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click import Context
from tests.cli.committed_calls import committed
from tests.cli.conftest import Primum

from primum.cli.generate import command
from primum.generation.strategy_library import DEFAULT_LIBRARY, load_library

RECIPE = """
id = "try"
title.en = "Stand-ins"
guidelines = "ama-2001"
only = ["ama-2001/1", "ama-2001/4"]
[[role]]
name = "generators"
models = "scripted:writer.jsonl"
[[stage]]
kind = "seeds"
role = "generators"
per_guideline = 3
"""
LIST = "1. May I fold the letter?\\n2. Where does the cup stand?\\n3. Who waters the plants?"


@pytest.fixture
def recipe(primum: Primum, tmp_path: Path) -> str:
    """A recipe on scripted models, in the folder of the command."""
    (tmp_path / "ours.toml").write_text(RECIPE)
    (tmp_path / "writer.jsonl").write_text(f'{{"answer": "{LIST}"}}\n')
    return "ours.toml"


def test_a_recipe_becomes_a_benchmark_that_loads_checks_and_is_evaluated(
    primum: Primum, recipe: str, script: str
) -> None:
    made = primum("generate", recipe)
    items = "primum-workspace/benchmarks/try/items.jsonl"

    assert made.code == 0
    assert "seeds" in made.out
    assert "6 items, fingerprint" in made.out
    assert f"primum evaluate --benchmark {items}" in made.out
    assert "2 calls made" in made.err
    assert primum("benchmarks", "check", items).code == 0
    assert primum("evaluate", "--benchmark", items, "-m", script, "--limit", "all").code == 0


def test_a_dry_run_shows_calls_and_asks_nothing(primum: Primum, recipe: str) -> None:
    before = primum("generate", recipe, "--dry-run")
    primum("generate", recipe, "--max-calls", "1")
    between = primum("generate", recipe, "--dry-run")

    assert before.code == 0
    assert "at most 2; 0 found in the ledger" in before.out
    assert "Nothing was asked" in before.out
    assert "at most 2; 1 found in the ledger" in between.out


def test_a_spent_budget_ends_with_3_and_the_same_command_continues(
    primum: Primum, recipe: str
) -> None:
    stopped = primum("generate", recipe, "--max-calls", "1")
    continued = primum("generate", recipe)

    assert stopped.code == 3
    assert "The budget of 1 call " in stopped.err
    assert "“seeds” is not" in stopped.err
    assert continued.code == 0
    assert "1 call made, 1 found in the ledger" in continued.err


def test_the_recipe_in_the_folder_repeats_it_byte_by_byte(primum: Primum, recipe: str) -> None:
    primum("generate", recipe)
    first = Path("primum-workspace/benchmarks/try")
    again = primum("generate", str(first / "recipe.toml"), "--output", "again")

    assert again.code == 0
    assert "No call was needed" in again.err
    for path in first.iterdir():
        assert (Path("again") / path.name).read_bytes() == path.read_bytes()


def test_kills_lose_nothing_and_ask_nothing_again(
    primum: Primum, recipe: str, tmp_path: Path
) -> None:
    (tmp_path / recipe).write_text(RECIPE.replace('only = ["ama-2001/1", "ama-2001/4"]', ""))
    slow = {"answer": LIST.replace("\\n", "\n"), "delay_seconds": 0.15}
    (tmp_path / "writer.jsonl").write_text(json.dumps(slow) + "\n")
    text = (tmp_path / recipe).read_text().replace("per_guideline = 3", "per_guideline = 27")
    (tmp_path / recipe).write_text(text + "per_call = 3\n")
    noted = [_kill_at(tmp_path, recipe, calls) for calls in (1, 70)]

    continued = primum("generate", recipe)
    final = committed(tmp_path)
    folder = tmp_path / "primum-workspace" / "benchmarks" / "try"
    after_kills = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert continued.code == 0
    assert 1 <= len(noted[0]) < len(final)
    for calls in noted:
        assert calls.items() <= final.items()
    assert len(final) == 81
    (tmp_path / "primum-workspace").rename(tmp_path / "killed")
    primum("generate", recipe)
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == after_kills


def test_ctrl_c_ends_with_130_and_the_same_command_continues(
    primum: Primum, recipe: str, tmp_path: Path
) -> None:
    """The second wave of calls is not begun."""
    text = (tmp_path / recipe).read_text().replace("per_guideline = 3", "per_guideline = 100")
    (tmp_path / recipe).write_text(text + "per_call = 1\n")
    (tmp_path / "writer.jsonl").write_text(
        '{"answer": "1. May I fold the letter?", "delay_seconds": 0.5}\n'
    )
    command = [sys.executable, "-m", "primum", "generate", recipe, "--quiet"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while not committed(tmp_path) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        told = process.communicate(timeout=60)[1]

    assert process.returncode == 130
    assert "Stopped by Ctrl-C" in told
    assert 64 <= len(committed(tmp_path)) < 200
    assert primum("generate", recipe).code == 0
    assert len(committed(tmp_path)) == 200


def test_people_s_review_stops_the_recipe_until_their_files_are_back(
    primum: Primum, recipe: str, tmp_path: Path
) -> None:
    text = (tmp_path / recipe).read_text()
    (tmp_path / recipe).write_text(text + '[[stage]]\nkind = "curation"\n')

    primum("generate", recipe, "--max-calls", "1")
    primum("generate", recipe, "--dry-run")
    assert not list(tmp_path.rglob("people"))
    waiting = primum("generate", recipe)
    primum("generate", recipe, "--dry-run")
    folder = tmp_path / "primum-workspace" / "benchmarks" / "try"

    assert waiting.code == 0
    assert "waits for people" in waiting.out
    assert "give the same command again" in waiting.out
    assert "unfinished/card.md" in waiting.out.replace("\n", "")
    assert (folder / "unfinished" / "dropped.jsonl").exists()
    assert not (folder / "items.jsonl").exists()
    assert list((folder / "people").rglob("*.csv"))


def _kill_at(folder: Path, recipe: str, calls: int) -> dict[bytes, int]:
    """Start the recipe and kill it once so many calls are committed."""
    command = [sys.executable, "-m", "primum", "generate", recipe, "--quiet"]
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 60
        while len(committed(folder)) < calls and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    return committed(folder)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("I am sorry, but I cannot help with that.", "none kept (2 refused)"),
        ("Requests come in many colours and all are welcome here.", "none kept (2 unparseable)"),
    ],
)
def test_a_generator_without_requests_is_one_sentence_and_a_record(
    primum: Primum, recipe: str, tmp_path: Path, answer: str, words: str
) -> None:
    (tmp_path / "writer.jsonl").write_text(json.dumps({"answer": answer}) + "\n")

    result = primum("generate", recipe)

    folder = tmp_path / "primum-workspace" / "benchmarks" / "try"
    assert result.code == 2
    assert "Nothing is left after the stage “seeds”" in result.err
    assert words in result.err
    assert (folder / "yields.svg").exists()
    assert not (folder / "items.jsonl").exists()
    assert len((folder / "dropped.jsonl").read_text().splitlines()) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((), "Name a recipe"),
        (("ours.toml", "-m", "writers=embedded"), "Unknown role “writers”"),
        (("ours.toml", "-m", "generators"), "ROLE=VALUE was expected"),
        (("ours.toml", "-m", "generators=opanai/x"), "plays the role “generators”"),
        (("ours.toml", "--guideline", "ama-2001/44"), "Unknown guideline “ama-2001/44”"),
        (("ours.toml", "--guidelines", "absent.toml"), "absent.toml"),
        (("primun",), "Unknown recipe “primun”"),
        (("absent.toml",), "there is no such recipe file"),
        (("ours.toml", "--max-cost", "inf"), "no finite number"),
        (
            ("translate", "starter", "--to", "ja", "-m", "embedded", "--temperature", "nan"),
            "no finite",
        ),
    ],
)
def test_a_wrong_argument_is_one_sentence(
    primum: Primum, recipe: str, arguments: tuple[str, ...], words: str
) -> None:
    result = primum("generate", *arguments, *(() if arguments else ("--quiet",)))

    assert recipe == "ours.toml"
    assert result.code == 2
    assert words in result.err
    assert "Traceback" not in result.err


def test_another_model_and_other_guidelines_take_their_places(
    primum: Primum, recipe: str, tmp_path: Path
) -> None:
    (tmp_path / "other.jsonl").write_text('{"answer": "1. Shall I knock twice?"}\n')

    result = primum(
        "generate", recipe, "-m", "generators=scripted:other.jsonl",
        "--guidelines", "patient-safety", "--guideline", "patient-safety/misinformation",
    )  # fmt: skip

    row = json.loads((tmp_path / "primum-workspace/benchmarks/try/items.jsonl").read_text())
    assert result.code == 0
    # Everything is there once, and nothing is called “1 items”.
    told = " ".join((result.out + result.err).split())
    assert "1 stage on 1 guideline, at most 1 call, at most $0.00." in told
    assert "1 call made." in told
    assert "1 item, fingerprint" in told
    planned = primum("generate", recipe, "--guideline", "ama-2001/4", "--dry-run").out
    assert "1 guideline, en, 1 stage." in planned
    card = (tmp_path / "primum-workspace/benchmarks/try/card.md").read_text()
    assert "\n1 item, generated by" in card
    assert row["request"] == "Shall I knock twice?"
    assert row["guidelines"] == ["patient-safety/misinformation"]


def test_help_stages_and_recipes_teach(primum: Primum) -> None:
    teaching, stages, seeds = (
        primum("generate", *words) for words in (("--help",), ("stages",), ("stages", "seeds"))
    )

    assert "[[stage]]" in teaching.out
    assert "seeds" in stages.out
    assert "at least 1" in seeds.out
    assert primum("generate", "list").code == 0
    assert "Did you mean “seeds”" in primum("generate", "stages", "seedz").err


@pytest.mark.parametrize("word", command.list_commands(Context(command)))
def test_every_further_word_has_a_command_that_teaches(primum: Primum, word: str) -> None:
    result = primum("generate", word, "--help")

    assert result.code == 0
    assert "Usage: primum generate" in result.out


def test_guidelines_that_nobody_reviewed_are_named_on_screen_and_in_the_card(
    primum: Primum, recipe: str, tmp_path: Path
) -> None:
    """The mark that “primum generate guidelines” leaves counts until a person deletes it."""
    text = (
        'id = "house"\nversion = "1"\ntitle.en = "House"\ntitle.ja = "家"\nsource = "rules.md"\nstatus = "ours"\n'
        'licence = "none"\n[[guideline]]\nid = "1"\ntitle.en = "Cups"\ntitle.ja = "茶碗"\n'
        'text.en = "Cups stand upright."\ntext.ja = "茶碗は伏せない。"\n'
    )
    (tmp_path / "house.toml").write_text(f"# NOT REVIEWED: by a model\n\n{text}")
    (tmp_path / "ours.toml").write_text(
        RECIPE.replace('"ama-2001"', '"house.toml"').replace(
            'only = ["ama-2001/1", "ama-2001/4"]\n', ""
        )
    )
    card = tmp_path / "primum-workspace" / "benchmarks" / "try" / "card.md"

    before = primum("generate", recipe)
    was_marked = "Nobody has reviewed the guidelines of `house`" in card.read_text()
    (tmp_path / "house.toml").write_text(text)
    after = primum("generate", recipe)

    assert before.code == after.code == 0
    assert "house.toml says that nobody has reviewed it" in before.err
    assert was_marked
    check = "benchmarks check items.jsonl --guidelines guidelines/house.toml"
    assert check in card.read_text()
    assert "nobody has reviewed it" not in after.err
    assert "reviewed the guidelines of" not in card.read_text()


def test_a_narrow_terminal_shows_every_number_of_plan_and_yields(
    primum: Primum, recipe: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    planned = primum("generate", recipe, "--dry-run").out
    made = primum("generate", recipe).out
    listed = primum("generate", "strategies", "list").out

    assert "seeds: drafts 0 → 6; calls 2; known 0;" in " ".join(planned.split())
    assert "…" not in planned + made + listed
    assert any(line.split()[:4] == ["seeds", "–", "6", "0"] for line in made.splitlines())
    for strategy in load_library(DEFAULT_LIBRARY).strategies:
        assert f"{strategy.id}  (" in listed


@pytest.mark.parametrize("command", [["generate"], ["evaluate", "--dry-run"]])
def test_a_budget_of_no_number_is_refused_before_anything_is_asked(
    primum: Primum, recipe: str, command: list[str]
) -> None:
    given = [recipe] if command == ["generate"] else []
    refused = primum(*command, *given, "--max-cost", "nan")

    assert refused.code == 2
    assert "nan" in refused.err
