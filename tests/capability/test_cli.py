"""``primum capability`` as a person types it."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capability.task_files import LETTERS, write_task

from primum.cli.main import run

SCRIPT = 'default = "A"\n[[rules]]\nmatch = "colour"\nanswer = "B"\n'


@pytest.fixture
def harness() -> None:
    pytest.importorskip("lm_eval", reason="the extra “capability” is not installed")


@pytest.fixture
def task(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "model.toml").write_text(SCRIPT)
    return str(write_task(tmp_path, LETTERS))


def typed(tmp_path: Path, *more: str) -> list[str]:
    return ["capability", "scripted:model.toml", "--workspace", str(tmp_path / "workspace"), *more]


def test_groups_tasks_and_presets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["capability", "--list"]) == 0

    shown = capsys.readouterr().out
    assert all(
        word in shown for word in ("medical", "japanese", "primum-medical-small", "medsafetybench")
    )


@pytest.mark.usefixtures("harness")
def test_a_dry_run_says_what_would_be_asked_and_asks_nothing(
    tmp_path: Path, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        run(typed(tmp_path, "--tasks", task, "--few-shot", "2", "--seeds", "1,2", "--dry-run")) == 0
    )

    shown = capsys.readouterr().out
    assert "Nothing was asked." in shown
    assert "6; the ledger is new" in shown
    assert not (tmp_path / "workspace" / "ledger.sqlite").exists()


@pytest.mark.usefixtures("harness")
def test_a_run_is_reported_listed_and_found_again(
    tmp_path: Path, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed(tmp_path, "--tasks", task, "--no-html")) == 0
    first = capsys.readouterr()
    assert "66.7%" in first.out
    assert "3 requests computed" in first.err

    assert run(typed(tmp_path, "--tasks", task, "--no-html")) == 0
    assert "nothing was computed" in capsys.readouterr().err
    assert run(["report", "--workspace", str(tmp_path / "workspace")]) == 0
    assert "quiz" in capsys.readouterr().out
    assert run(["runs", "list", "--workspace", str(tmp_path / "workspace")]) == 0
    assert "quiz · lm-eval" in capsys.readouterr().out


@pytest.mark.usefixtures("harness")
def test_settings_come_from_a_file_and_flags_win(
    tmp_path: Path, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(f'tasks = ["{task}"]\nfew_shot = 1\nseeds = [5, 6]\n')

    assert run(typed(tmp_path, "--config", str(config), "--seeds", "7", "--dry-run")) == 0

    assert "Seeds     7\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("fewshot = 3\n", "the key “fewshot” is not known. Known: model, tasks"),
        ("few_shot = -1\n", "the key “few_shot” holds “-1”"),
        ("few_shot = \n", "not valid TOML"),
    ],
)
def test_a_settings_file_that_is_wrong_is_one_sentence(
    tmp_path: Path, text: str, problem: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = tmp_path / "settings.toml"
    config.write_text(text)

    assert run(["capability", "--config", str(config)]) == 2

    assert problem in capsys.readouterr().err


def test_seeds_that_are_no_numbers_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["capability", "--seeds", "one"]) == 2

    assert "numbers with commas were expected" in capsys.readouterr().err


@pytest.mark.usefixtures("harness")
def test_a_budget_that_is_spent_is_exit_code_3(tmp_path: Path, task: str) -> None:
    assert run(typed(tmp_path, "--tasks", task, "--max-calls", "1", "--no-html", "-q")) == 3
    assert run(typed(tmp_path, "--tasks", task, "--no-html", "-q")) == 0


@pytest.mark.usefixtures("harness")
def test_an_endpoint_is_refused_a_task_of_log_likelihoods(
    tmp_path: Path, task: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(typed(tmp_path, "--tasks", "primum-medical-small")) == 2

    assert "gives no log-likelihoods" in capsys.readouterr().err
