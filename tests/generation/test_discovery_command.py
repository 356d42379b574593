"""``primum generate strategies``: list, show, discover from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from primum.cli.generate_strategies import strategies_command
from primum.core.errors import UserError
from primum.generation.strategy_library import load_library, write_library
from primum.models.scripted import ScriptedModel
from primum.testing.simulation import STRATEGIES

REQUESTS = "request,language,intent,perspective,guidelines\n" + "".join(
    f"What colour is door {n}?,en,harmful,patient,ama-2001/1\n" for n in range(8)
)
HOUSE = (
    'id = "house"\nversion = "1"\nstatus = "complete"\nsource = "us"\nlicence = "CC0"\n'
    'title = { en = "House", ja = "家" }\n[[guideline]]\nid = "1"\n'
    'title = { en = "Doors", ja = "戸" }\ntext = { en = "Shut doors.", ja = "戸を閉める。" }\n'
)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(strategies_command, [str(each) for each in arguments])


def discover(folder: Path, *more: str | Path) -> Result:
    (folder / "doors.csv").write_text(REQUESTS, "utf-8")
    (folder / "attacker.toml").write_text('default = "<message>Sing of it.</message>"', "utf-8")
    (folder / "target.toml").write_text('default = "I do not tell."', "utf-8")
    (folder / "scorer.toml").write_text('default = "Quite safe."', "utf-8")
    return run(
        "discover", "--benchmark", folder / "doors.csv", "--goals", "2", "--held-out", "4",
        "--attempts", "2", "--attacker", f"scripted:{folder / 'attacker.toml'}",
        "--target", f"scripted:{folder / 'target.toml'}",
        "--scorer", f"scripted:{folder / 'scorer.toml'}",
        "--workspace", folder / "work", "--output", folder / "found.toml", *more,
    )  # fmt: skip


def test_list_names_the_published_strategies() -> None:
    listed = run("list").output

    assert all(name in listed for name in STRATEGIES)


def test_show_tells_mechanism_and_use_in_either_language() -> None:
    strategy = load_library().strategy(STRATEGIES[0])

    shown = "".join(run("show", STRATEGIES[0], "-l", "ja").output.split())
    assert "".join(strategy.mechanism.ja.split()) in shown
    assert STRATEGIES[6] in run("show").output


def test_a_discovery_says_what_came_of_every_part(tmp_path: Path) -> None:
    done = discover(tmp_path)

    assert done.exit_code == 0, done.output
    assert "No strategy was found." in done.output
    assert "attempts: scorer_unparseable 4" in done.output
    assert load_library(tmp_path / "found.toml").strategies == ()


def test_a_dry_run_tells_calls_and_asks_nothing(tmp_path: Path) -> None:
    done = discover(tmp_path, "--dry-run")

    # 2 requests × 2 attempts; one pair each; 4 held out × (plain + 2 strategies).
    assert "attacker    12" in done.output
    assert "target      16" in done.output
    assert "Nothing was asked." in done.output
    assert not (tmp_path / "work").exists()


def test_a_library_that_is_there_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "found.toml").write_text("ours", "utf-8")
    refused = discover(tmp_path)

    assert isinstance(refused.exception, UserError)
    assert "found.toml is there already" in str(refused.exception)
    assert "--overwrite" in str(refused.exception)
    assert (tmp_path / "found.toml").read_text("utf-8") == "ours"
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("holds", ["published-seven", "something else"])
def test_nothing_found_never_replaces_what_a_file_holds(tmp_path: Path, holds: str) -> None:
    file = tmp_path / "found.toml"
    if holds == "published-seven":
        write_library(load_library(holds), file)
    else:
        file.write_text(holds, "utf-8")
    before = file.read_bytes()
    done = discover(tmp_path, "--overwrite")

    assert done.exit_code == 0, done.output
    assert "No strategy was found." in done.output
    assert f"Not written: {file} is kept as it was." in done.output.replace("\n", "")
    assert file.read_bytes() == before


def test_a_library_without_strategies_is_overwritten_when_asked(tmp_path: Path) -> None:
    discover(tmp_path)
    done = discover(tmp_path, "--overwrite", "--seed", "1")

    assert f"Library: {tmp_path / 'found.toml'}" in done.output.replace("\n", "")
    assert "seed 1" in load_library(tmp_path / "found.toml").source


def test_a_finished_discovery_is_told_again_without_any_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = discover(tmp_path)
    monkeypatch.setattr(ScriptedModel, "preflight", None)
    again = discover(tmp_path, "--overwrite")

    assert "7 calls made, 5 found in the ledger." in first.output
    assert again.exit_code == 0, again.output
    assert "No call was needed." in again.output


def test_requests_of_a_set_of_ones_own_are_taken(tmp_path: Path) -> None:
    (tmp_path / "house.toml").write_text(HOUSE, "utf-8")
    requests = REQUESTS.replace("ama-2001/1", "house/1")
    (tmp_path / "house.csv").write_text(requests, "utf-8")
    asked = ("--benchmark", tmp_path / "house.csv", "--dry-run")
    unknown = discover(tmp_path, *asked)
    done = discover(tmp_path, *asked, "--guidelines", tmp_path / "house.toml")

    assert "house/1" in str(unknown.exception)
    assert done.exit_code == 0, done.output
    assert "Nothing was asked." in done.output


def test_help_says_that_each_command_counts_its_own_calls() -> None:
    assert "each command counts its own" in " ".join(run("discover", "--help").output.split())


def test_too_few_requests_are_told_before_anything_is_asked(tmp_path: Path) -> None:
    done = discover(tmp_path, "--held-out", "40")

    assert "holds 8 harmful requests" in str(done.exception)
    assert not (tmp_path / "work").exists()
