"""``primum study``: dry run, run, exit codes, and every bad input before any call."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.conftest import Primum
from tests.studies.study_text import HEAD, contrast, model, study_of

from primum.cli.main import run
from primum.studies.study_plan import make_study_plan
from primum.testing import ChatServer

PART = """
[[protocol]]
protocol = "starter"
language = "en"
limit = 8
"""
NOWHERE = "http://127.0.0.1:9/v1"


@pytest.fixture
def server() -> Iterator[ChatServer]:
    with ChatServer(["a", "b"]) as running:
        yield running


def at(server: ChatServer, name: str, **keys: object) -> str:
    """A model behind that server."""
    return model(name, model=f"vllm/{name}", base_url=server.base_url, **keys)


def write(folder: Path, *tables: str) -> Path:
    """The study file."""
    path = folder / "ours.toml"
    path.write_text(HEAD + PART + "".join(tables))
    return path


def test_a_dry_run_shows_every_run_and_asks_nothing(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(tmp_path, at(server, "a"), at(server, "b"))

    result = primum("study", "ours.toml", "--dry-run")

    assert result.code == 0
    assert server.calls == []
    assert "2 models and 0 people on 1 protocol: 2 runs" in result.out
    assert "Nothing was asked." in result.out
    assert not (tmp_path / "primum-workspace").exists()


def test_a_dry_run_after_the_run_says_that_all_is_known(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(tmp_path, at(server, "a"), at(server, "b"))
    assert primum("study", "ours.toml", "--quiet").code == 0
    calls = len(server.calls)

    result = primum("study", "ours.toml", "--dry-run")

    assert "2 finished, 0 begun, 0 new" in result.out
    assert "0 at most to be made" in result.out
    assert "endpoints side by side" in result.out
    assert len(server.calls) == calls


def test_a_dry_run_says_what_each_person_left_out(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    plan = make_study_plan(study_of(model("a"), parts=PART))
    items = [item.id for item in plan.runs[0].plan.items()]
    rows = [f"{item},fine,R1" for item in items]
    rows += [f"{item},{'' if place < 2 else 'fine'},R2" for place, item in enumerate(items[:-3])]
    (tmp_path / "people").mkdir()
    for person in ("R1", "R2"):
        own = [row for row in rows if row.endswith(person)]
        text = "\n".join(["item,answer,respondent", *own])
        (tmp_path / "people" / f"{person}.csv").write_text(text)
    write(tmp_path, at(server, "a"), model("ward", model="answers:people", respondents="all"))

    said = " ".join(primum("study", "ours.toml", "--dry-run").out.split())

    assert (
        "People ward/R1: of 8 items all answered; ward/R2: of 8 items 3 without a row (not asked), "
        "2 left blank, wholly or in part (missing)"
    ) in said


def test_a_limit_holds_for_every_part(primum: Primum, tmp_path: Path, server: ChatServer) -> None:
    write(tmp_path, at(server, "a"))

    primum("study", "ours.toml", "--limit", "2", "--quiet")

    assert 0 < len(server.calls) <= 6


def test_a_study_with_a_dead_endpoint_ends_with_3_and_says_which(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    dead = model("dead", model="vllm/dead", base_url=NOWHERE)
    write(tmp_path, at(server, "a"), dead)

    result = primum("study", "ours.toml")

    assert result.code == 3
    assert "Incomplete: dead. starter: " in result.err
    assert "cannot be reached" in result.err


def test_a_study_leaves_a_report_that_the_ledger_bears_out(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(tmp_path, at(server, "a"), at(server, "b", base="a"), contrast("tuning", "pairs"))

    result = primum("study", "ours.toml", "--html", "own.html", "--json", "own.json")

    folder = tmp_path / "primum-workspace" / "reports" / "study-small"
    written = {path.name for path in folder.iterdir()}
    assert written == {"study.html", "study.json", "study.csv", "manifest.json"}
    assert "A small study" in (tmp_path / "own.html").read_text()
    assert (tmp_path / "own.json").read_bytes() == (folder / "study.json").read_bytes()
    assert "tuning" in result.out
    checked = primum("study", "verify", str(folder))
    assert (checked.code, "All equal" in checked.out) == (0, True)
    (folder / "study.csv").write_text("other")
    assert primum("study", "verify", str(folder)).code == 2


def test_figures_in_a_pipe_stand_alone(
    tmp_path: Path,
    server: ChatServer,
    monkeypatch: pytest.MonkeyPatch,
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PRIMUM_WORKSPACE", raising=False)
    write(tmp_path, at(server, "a"), model("dead", model="vllm/dead", base_url=NOWHERE))

    code = run(["study", "ours.toml", "--json", "-", "--no-html", "--quiet"])

    figures = json.loads(capfdbinary.readouterr().out)
    assert code == 3
    assert [(one["name"], one["is_complete"]) for one in figures["models"]] == [
        ("a", True),
        ("dead", False),
    ]
    assert not list(tmp_path.rglob("*.html"))


def test_a_spent_budget_ends_with_3_and_the_same_command_goes_on(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(tmp_path, at(server, "a"), at(server, "b"))

    stopped = primum("study", "ours.toml", "--max-calls", "3")
    assert (stopped.code, len(server.calls)) == (3, 3)
    assert "3 calls were made now" in stopped.err

    assert primum("study", "ours.toml").code == 0
    bodies = [str(call.body) for call in server.calls]
    assert len(set(bodies)) == len(bodies)


def test_a_price_that_is_not_known_cannot_be_kept_to(
    primum: Primum, tmp_path: Path, server: ChatServer
) -> None:
    write(tmp_path, model("a", model="a", base_url=server.base_url))

    result = primum("study", "ours.toml", "--max-cost", "1")

    assert result.code == 2
    assert "--max-cost cannot be kept" in result.err
    assert server.calls == []


def test_help_teaches(primum: Primum) -> None:
    result = primum("study", "--help")

    assert result.code == 0
    for said in ("primum study ours.toml --dry-run", "[[contrast]]", "Exit codes", "verify"):
        assert said in result.out
    assert "study" in primum("--help").out


def test_presets_are_listed_and_printed_whole(primum: Primum, tmp_path: Path) -> None:
    assert "jmedethicbench" in primum("study", "list").out

    printed = primum("study", "show", "mediphi").out

    (tmp_path / "ours.toml").write_text(printed)
    assert "Phi-3.5 to MediPhi-Instruct" in primum("study", "show", "ours.toml", "--summary").out


GENERAL = model("g", **{"class": "general"})
BAD = {
    "two models of one name": (GENERAL + GENERAL, "2 models have the name “g”"),
    "a base that is not there": (model("m", base="x"), "its base “x” is not in the study"),
    "an empty group": (
        GENERAL + contrast("c", "groups", factor="class", first="general", second="medical"),
        "the group class = “medical” is empty",
    ),
    "answers for unknown items": (
        GENERAL + model("ward", model="answers:ward.csv"),
        "ward.csv, line 2: no planned item of starter matches “nowhere”, turn 1",
    ),
    "no such protocol": (
        GENERAL + '\n[[protocol]]\nprotocol = "startre"\n',
        "Unknown protocol “startre”",
    ),
}


@pytest.mark.parametrize(("tables", "sentence"), BAD.values(), ids=BAD.keys())
def test_bad_input_is_one_sentence_before_anything_is_made(
    primum: Primum, tmp_path: Path, tables: str, sentence: str
) -> None:
    (tmp_path / "ward.csv").write_text("item,answer\nnowhere,Yes.\n")
    write(tmp_path, tables)

    result = primum("study", "ours.toml")

    assert result.code == 2
    assert result.err.startswith("primum: ")
    assert result.err.count("\n") == 1
    assert sentence in result.err
    assert not (tmp_path / "primum-workspace").exists()


def test_a_factor_that_never_varies_is_one_sentence(primum: Primum, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(HEAD + 'factors = ["class"]\n' + PART + GENERAL)

    result = primum("study", "ours.toml")

    assert result.code == 2
    assert "the factor “class” never varies among the models" in result.err


def test_a_study_must_be_named(primum: Primum) -> None:
    assert "primum study list" in primum("study", "--dry-run").err
    assert "Did you mean “mediphi”" in primum("study", "mediphy").err


def committed(folder: Path) -> int:
    """Calls on disk."""
    ledger = folder / "primum-workspace" / "ledger.sqlite"
    if not ledger.exists():
        return 0
    database = sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)
    try:
        return int(database.execute("SELECT count(*) FROM calls").fetchone()[0])
    except sqlite3.OperationalError:
        return 0
    finally:
        database.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM], ids=lambda n: n.name)
def test_a_study_that_is_killed_goes_on_and_repeats_no_call_that_was_kept(
    primum: Primum, tmp_path: Path, number: signal.Signals
) -> None:
    (tmp_path / "slow.jsonl").write_text('{"answer": "General advice.", "delay_seconds": 0.05}\n')
    (tmp_path / "fast.jsonl").write_text('{"answer": "Other advice.", "delay_seconds": 0.02}\n')
    tables = (
        model(name, model=f"scripted:{name}.jsonl", concurrency=2) for name in ("slow", "fast")
    )
    write(tmp_path, *tables)
    command = [sys.executable, "-m", "primum", "study", "ours.toml", "--limit", "all", "--quiet"]
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
    ) as process:
        deadline = time.monotonic() + 60
        while committed(tmp_path) < 10 and time.monotonic() < deadline:
            time.sleep(0.01)
        os.kill(process.pid, number)
        said = process.stderr.read() if process.stderr else ""
    kept = committed(tmp_path)

    continued = primum("study", "ours.toml", "--limit", "all")

    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    assert ("Stopped by SIGTERM" in said) == (number == signal.SIGTERM)
    assert continued.code == 0
    assert 10 <= kept < committed(tmp_path)
    made = committed(tmp_path) - kept
    assert f"Finished: {made:,} calls made" in continued.err
