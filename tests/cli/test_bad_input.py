"""What a user is told when something is wrong: one clear sentence, exit code 2, no traceback."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Primum

from primum.testing import ChatServer

USER_COLUMNS = ("--column", "language==en", "--column", "perspective==patient")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("evaluat",), "Unknown command “evaluat”. Did you mean “evaluate”?"),
        (("evaluate", "medsafetybensh"), "Did you mean “medsafetybench”"),
        (("evaluate", "-b", "startr"), "Unknown benchmark “startr”. Did you mean “starter”"),
        (("evaluate", "-b", "medsafetybench:tset"), "“test”"),
        (("evaluate", "-m", "embeded"), "Unknown model “embeded”. Did you mean “embedded”"),
        (("evaluate", "-m", "opnai/gpt-4.1"), "Did you mean “openai”"),
        (("evaluate", "-j", "harmfullness:embedded"), "Did you mean “harmfulness”"),
        (("evaluate", "-j", "harmfulness"), "names no model. Write it as harmfulness:MODEL"),
        (("evaluate", "-m", "openai/gpt-4.1"), "OPENAI_API_KEY"),
        (("evaluate", "--guideline", "ama-2001/44"), "Unknown guideline “ama-2001/44”"),
        (("evaluate", "--language", "fr"), "Unknown language “fr”"),
        (("evaluate", "--perspective", "patiant"), "Did you mean “patient”"),
        (("evaluate", "--profile", "safty-prompt"), "Did you mean “safety-prompt”"),
        (("evaluate", "-m", "embedded:missing.gguf"), "missing.gguf"),
        (("evaluate", "-m", "answers:missing.csv"), "missing.csv"),
        (("evaluate", "--config", "missing.toml"), "missing.toml: there is no such"),
        (("evaluate", "ours.toml"), "ours.toml: there is no such protocol file"),
        (("evaluate", "--temperature", "nan"), "no finite number"),
        (("evaluate", "--wait", "inf"), "no finite number"),
        (("power", "--baseline", "nan"), "no finite number"),
        (("report",), "There is no ledger in primum-workspace"),
        (("guidelines", "show", "ama-2002"), "Did you mean “ama-2001”"),
        (("protocols", "show", "starte"), "Did you mean “starter”"),
    ],
)
def test_an_unknown_name_is_answered_with_what_is_known(
    primum: Primum, arguments: tuple[str, ...], expected: str
) -> None:
    result = primum(*arguments)

    assert result.code == 2
    assert expected in result.err
    assert "Traceback" not in result.err
    assert len(result.err) < 900


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "holds no items"),
        (b'{"request": "What is a cold?"}\n{"request": \n', "line 2"),
        (b'{"question": "What is a cold?"}\n', "question"),
        ('{"request": "風邪とは?"}\n'.encode("cp932"), "UTF-8"),
        (b'{"request": "What is a cold?", "intent": "harmles"}\n', "harmles"),
        (b'{"request": "What is a cold?"}\n{"request": "What is a cold?"}\n', "line 2"),
        (b'{"request": "What is a cold?", "guidelines": ["ama-2001/12"]}\n', "ama-2001/12"),
    ],
)
def test_a_malformed_file_is_named_with_its_line(
    primum: Primum, script: str, tmp_path: Path, content: bytes, expected: str
) -> None:
    (tmp_path / "ours.jsonl").write_bytes(content)

    result = primum("evaluate", "-m", script, "-b", "ours.jsonl", *USER_COLUMNS)

    assert result.code == 2
    assert "ours.jsonl" in result.err
    assert expected in result.err


def test_a_guideline_file_that_is_wrong_names_the_key(
    primum: Primum, script: str, tmp_path: Path
) -> None:
    (tmp_path / "ours.toml").write_text('id = "ours"\nversion = "1"\nstatus = "done"\n')

    result = primum("evaluate", "-m", script, "--guidelines", "ours.toml")

    assert result.code == 2
    assert "ours.toml" in result.err
    assert "status" in result.err


def test_an_unknown_key_of_a_config_file_is_named(primum: Primum, tmp_path: Path) -> None:
    (tmp_path / "run.toml").write_text('modle = "embedded"\n')

    result = primum("evaluate", "--config", "run.toml")

    assert result.code == 2
    assert "run.toml" in result.err
    assert "“modle” is not known" in result.err


def test_an_endpoint_that_is_down_fails_before_any_work(primum: Primum, tmp_path: Path) -> None:
    result = primum("evaluate", "-m", "m", "--base-url", "http://127.0.0.1:9/v1")

    assert result.code == 2
    assert "http://127.0.0.1:9/v1" in result.err
    assert "Finished" not in result.err
    assert "holds no run yet" in primum("report").err


def test_a_model_that_is_not_served_names_what_is(primum: Primum) -> None:
    with ChatServer(["llama-3-8b"]) as server:
        result = primum("evaluate", "-m", "llama-3-8", "--base-url", server.base_url)

    assert result.code == 2
    assert "llama-3-8b" in result.err


def test_runs_on_different_scales_are_not_compared(
    primum: Primum, script: str, tmp_path: Path, judge_server: ChatServer
) -> None:
    primum("evaluate", "-m", script, "--limit", "4")
    (tmp_path / "harm.toml").write_text(
        'id = "harm-only"\nversion = "1"\nbenchmarks = ["starter"]\n'
        'title = {en = "t", ja = "t"}\ndescription = {en = "d", ja = "d"}\n'
        '[sample]\nlimit = 4\n[[judge]]\nname = "harmfulness"\nmodel = "judge"\n'
    )
    second = primum(
        "evaluate", "harm.toml", "-m", script, "--judge-base-url", judge_server.base_url
    )
    assert second.code == 0, second.err
    runs = [line.split()[0] for line in primum("runs", "list").out.splitlines()[1:]]

    result = primum("compare", *runs)

    assert result.code == 2
    assert "scales do not mix" in result.err
    assert "harmfulness" in result.err
    assert "refusal" in result.err


def test_a_held_workspace_names_its_holder(primum: Primum, script: str, tmp_path: Path) -> None:
    (tmp_path / "slow.jsonl").write_text('{"answer": "Later.", "delay_seconds": 30}\n')
    other = subprocess.Popen(
        [sys.executable, "-m", "primum", "evaluate", "-m", "scripted:slow.jsonl"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert other.stderr is not None
    other.stderr.readline()
    try:
        result = primum("evaluate", "-m", script)
    finally:
        other.kill()
        other.wait()

    assert result.code == 2
    assert f"process {other.pid}" in result.err
    assert "--wait" in result.err
    assert primum("evaluate", "-m", script).code == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_a_read_only_workspace_can_be_reported_and_not_written(
    primum: Primum, script: str, tmp_path: Path
) -> None:
    """As root every folder can be written, so the command runs as nobody."""
    primum("evaluate", "-m", script, "--limit", "4")
    for folder in [tmp_path, *tmp_path.parents]:
        if folder.stat().st_uid == os.geteuid() and str(folder).startswith("/tmp/"):
            folder.chmod(0o755)

    def as_nobody(*arguments: str) -> subprocess.CompletedProcess[str]:
        # Python itself may lie where only root can read: run once as root, which loads it all.
        script = (
            "import contextlib, io, os, sys; from primum.cli.main import run\n"
            "with contextlib.redirect_stdout(io.StringIO()): run(sys.argv[1:])\n"
            "os.chmod('.', 0o755); os.setgid(65534); os.setuid(65534)\n"
            "sys.exit(run(sys.argv[1:]))"
        )
        return subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )

    shown = as_nobody("report")
    written = as_nobody("evaluate", "-m", "scripted:target.toml", "--limit", "8")

    assert shown.returncode == 0, shown.stderr
    assert "Key figures" in shown.stdout
    assert written.returncode == 2
    assert "read-only" in written.stderr


def test_a_reader_that_leaves_early_is_no_error(
    primum: Primum, script: str, tmp_path: Path
) -> None:
    primum("evaluate", "-m", script, "--limit", "4")

    shown = subprocess.run(
        ["bash", "-c", f"'{sys.executable}' -m primum report | head -n 1; echo ${{PIPESTATUS[0]}}"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert shown.stdout.splitlines()[-1] == "0"
    assert shown.stderr == ""


def test_a_damaged_ledger_is_not_told_to_check_itself(primum: Primum, tmp_path: Path) -> None:
    (tmp_path / "primum-workspace").mkdir()
    ledger = tmp_path / "primum-workspace" / "ledger.sqlite"
    ledger.write_text("not a database, but long enough to be taken for a damaged one " * 50)
    damaged = primum("ledger", "check")
    ledger.write_bytes(b"")
    empty = primum("ledger", "check")

    assert damaged.code == empty.code == 2
    assert "is not a Primum ledger, or it is damaged. Restore it" in damaged.err
    assert "ledger check" not in damaged.err
    assert "is empty" in empty.err


def test_deleting_without_a_terminal_needs_yes(
    primum: Primum, script: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    primum("evaluate", "-m", script, "--limit", "4")
    monkeypatch.setattr("sys.stdin", io.StringIO(""))

    result = primum("runs", "delete", "latest")

    assert result.code == 2
    assert "add --yes" in result.err


def test_a_wrong_limit_in_a_config_file_says_what_was_expected(
    primum: Primum, tmp_path: Path
) -> None:
    (tmp_path / "run.toml").write_text('limit = "many"\n')

    result = primum("evaluate", "--config", "run.toml")

    assert "the key “limit” holds “many”; a positive number or “all” was expected" in result.err


def test_a_very_large_cell_is_read(primum: Primum, script: str, tmp_path: Path) -> None:
    (tmp_path / "ours.csv").write_text('request\n"' + "word " * 60_000 + '"\n')

    result = primum("evaluate", "-m", script, "-b", "ours.csv", *USER_COLUMNS)

    assert result.code == 0, result.err


def test_help_imports_nothing_heavy() -> None:
    code = (
        "import sys; from primum.cli.main import run; run(['--help']);"
        "heavy = {'numpy','scipy','sqlalchemy','aiohttp','rich','pydantic','jinja2','vl_convert'};"
        "print('HEAVY', sorted(heavy & set(sys.modules)))"
    )

    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "HEAVY []" in shown.stdout


@pytest.mark.parametrize(
    "verb",
    ["evaluate", "report", "compare", "runs", "benchmarks", "protocols", "models", "judges",
     "guidelines", "ledger", "doctor"],
)  # fmt: skip
def test_every_verb_teaches_itself(primum: Primum, verb: str) -> None:
    result = primum(verb, "--help")

    assert result.code == 0
    assert "Usage: primum " + verb in result.out


def test_lists_show_what_is_there(primum: Primum) -> None:
    assert "medsafetybench:test-minus-twins" in primum("benchmarks", "list").out
    assert "openrouter/MODEL" in primum("models", "list").out
    assert "clinical-assistant" in primum("models", "profiles").out
    assert "ama-2001" in primum("guidelines", "list").out
    assert "as published" in primum("protocols", "show", "medsafetybench").out
    assert "refusal-screen" in primum("judges", "list").out


def test_the_starter_benchmark_is_sound(primum: Primum) -> None:
    result = primum("benchmarks", "check", "starter")

    assert result.code == 0
    assert "Sound" in result.out


def test_json_of_a_run_has_no_nan(primum: Primum, script: str) -> None:
    primum("evaluate", "-m", script, "--limit", "2")

    text = primum("report", "--json", "-").out

    assert json.loads(text, parse_constant=pytest.fail)
