"""``primum tune``: plans, bad input, and what is shown of an adapter."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from tests.cli.conftest import Primum
from tests.tuning.stand_in import plan_in, write_rows
from tests.tuning.test_run import SESSION, _trained

from primum.tuning import planning
from primum.tuning.finishing import finish


@pytest.fixture
def data(primum: Primum, tmp_path: Path) -> list[str]:
    """Flags that name two files and a share."""
    write_rows(tmp_path)
    return ["--harmful", "refuse.jsonl", "--benign", "answer.jsonl", "--benign-share", "0.25"]


def test_a_dry_run_says_examples_updates_and_place_and_writes_nothing(
    primum: Primum, data: list[str], tmp_path: Path
) -> None:
    shown = primum("tune", *data, "--size", "8", "--updates", "3", "--dry-run")

    assert shown.code == 0
    assert "8: 6 harmful, 2 benign" in shown.out
    assert "3, 5 of them warm-up; 1 an epoch, 3 epochs" in shown.out
    assert "licence Apache-2.0" in shown.out
    assert "Nothing was tuned." in shown.out
    assert "never gets beyond 40%" in shown.err
    assert not (tmp_path / "primum-workspace").exists()


def test_a_file_says_the_same_as_flags_and_flags_win(
    primum: Primum, data: list[str], tmp_path: Path
) -> None:
    (tmp_path / "ours.toml").write_text(
        'preset = "primum"\n[mix]\nharmful = "refuse.jsonl"\nbenign = ["answer.jsonl"]\n'
        "benign_share = 0.25\nsize = 4\n[settings]\nupdates = 9\n"
    )
    flags = primum("tune", *data, "--size", "4", "--updates", "7", "--dry-run")
    file = primum("tune", "ours.toml", "--updates", "7", "--dry-run")

    assert flags.out == file.out
    assert primum("tune", "ours.toml", "--dry-run").out != file.out


def test_one_seed_is_that_of_the_mix_and_of_the_training(primum: Primum, data: list[str]) -> None:
    first = primum("tune", *data, "--size", "4", "--dry-run")
    second = primum("tune", *data, "--size", "4", "--seed", "1", "--dry-run")

    assert "seed 1" in second.out
    fingerprint = "fingerprint "
    assert first.out.split(fingerprint)[1][:32] != second.out.split(fingerprint)[1][:32]


def test_test_items_are_listed_and_not_trained_on(primum: Primum, tmp_path: Path) -> None:
    items = [
        {"request": f"Where is cup {n} of the set?", "intent": "harmful", "language": "en"}
        for n in range(3)
    ]
    (tmp_path / "test.jsonl").write_text("".join(json.dumps(item) + "\n" for item in items))
    rows = [{"request": item["request"], "response": "No."} for item in items]
    rows += [{"request": f"Read note {n * 31} aloud.", "response": "No."} for n in range(4)]
    (tmp_path / "ours.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))

    arguments = ("--harmful", "ours.jsonl", "--held-out", "test.jsonl", "--dry-run")
    shown = primum("tune", *arguments, "--refused", "refused.jsonl")

    assert shown.code == 0
    assert "3 demonstrations may not be trained on" in shown.out
    assert "4: 4 harmful, 0 benign" in shown.out
    refused = [json.loads(line) for line in (tmp_path / "refused.jsonl").open(encoding="utf-8")]
    assert [row["request"] for row in refused] == [item["request"] for item in items]


def test_the_list_of_the_refused_is_never_written_over_a_source(
    primum: Primum, data: list[str], tmp_path: Path
) -> None:
    before = (tmp_path / "refuse.jsonl").read_bytes()

    failed = primum("tune", "--harmful", "refuse.jsonl", "--dry-run", "--refused", "refuse.jsonl")

    assert failed.code == 2
    assert "refuse.jsonl is read here, and would be overwritten" in failed.err
    assert (tmp_path / "refuse.jsonl").read_bytes() == before


def test_where_nothing_else_is_left_the_test_items_are_listed_too(
    primum: Primum, tmp_path: Path
) -> None:
    row = {"request": "Where is the blue cup of the set?", "response": "No."}
    for name in ("ours.jsonl", "test.jsonl"):
        (tmp_path / name).write_text(json.dumps({**row, "intent": "harmful", "language": "en"}))

    arguments = ("--harmful", "ours.jsonl", "--held-out", "test.jsonl", "--dry-run")
    failed = primum("tune", *arguments, "--refused", "refused.jsonl")

    assert failed.code == 2
    assert "1 demonstration may not be trained on" in failed.err
    assert "1 refused as test items or their near twins" in failed.err
    assert json.loads((tmp_path / "refused.jsonl").read_text())["request"] == row["request"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--seed", "1"], "Nothing to tune on is named. Name demonstrations with --harmful"),
        (["--benign", "benign"], "Benign sources are named, but no harmful ones"),
        (["--learning-rate", "nan"], "--learning-rate holds “nan”, which is no finite number"),
        (["--harmful", "absent.jsonl"], "absent.jsonl"),
        (["--harmful", "refuse.jsonl", "--benign-share", "0.5"], "no benign source is named"),
        (["--harmful", "refuse.jsonl", "--model", "openai/gpt-4.1"], "cannot be tuned"),
        (["--harmful", "refuse.jsonl", "--model", "hf:nothing"], "names no model"),
        (["--harmful", "refuse.jsonl", "--preset", "ours"], "Unknown preset “ours”"),
        (["--harmful", "refuse.jsonl", "--updates", "2", "--epochs", "1"], "exactly one of"),
        (["absent.toml"], "absent.toml: there is no such configuration file"),
        (["broken.toml"], "not valid TOML"),
        (["unknown.toml"], "unknown.toml: the key “modle” is not known. Known:"),
        (["show", "."], "holds no adapter: primum-adapter.json is missing"),
        (["presets", "ours"], "Unknown preset “ours”"),
    ],
)
def test_bad_input_is_one_sentence(
    primum: Primum, data: list[str], tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    (tmp_path / "broken.toml").write_text("model = ")
    (tmp_path / "unknown.toml").write_text('modle = "hf:embedded"')
    dry = [] if arguments[0] in ("show", "presets") else ["--dry-run"]

    failed = primum("tune", *arguments, *dry)

    assert failed.code == 2
    assert sentence in failed.err
    assert failed.err.count("\n") == 1


def test_without_the_extra_nothing_is_begun(
    primum: Primum, data: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def absent(name: str) -> str:
        raise PackageNotFoundError(name)

    monkeypatch.setattr(planning, "version", absent)
    failed = primum("tune", *data)

    assert failed.code == 2
    assert "pip install primum[tune]" in failed.err
    assert not (tmp_path / "primum-workspace").exists()


def test_an_adapter_is_shown_with_its_base_its_data_and_how_to_use_it(
    primum: Primum, tmp_path: Path
) -> None:
    plan = plan_in(tmp_path, output=Path("adapter"))
    finish(plan, _trained(plan), SESSION)
    shown = primum("tune", "show", "adapter")

    assert shown.code == 0
    assert plan.id in shown.out
    assert "hf:embedded" in shown.out
    assert "refuse.jsonl" in shown.out
    assert "2.000 at the first update, -1.000 at the last" in shown.out
    assert "test items  " not in shown.out
    assert "primum evaluate --model hf:adapter" in shown.out


def test_a_changed_adapter_is_not_shown_as_if_it_were_whole(primum: Primum, tmp_path: Path) -> None:
    plan = plan_in(tmp_path, output=Path("adapter"))
    finish(plan, _trained(plan), SESSION)
    file = Path("adapter/primum-adapter.json")
    file.write_text(file.read_text().replace('"rank": 8', '"rank": 9'))
    shown = primum("tune", "show", "adapter")

    assert shown.code == 2
    assert "was changed after tuning" in shown.err


def test_a_wrong_use_names_the_verb_and_no_hidden_command(primum: Primum) -> None:
    failed = primum("tune", "--size", "0")

    assert failed.code == 2
    assert failed.err.startswith("Usage: primum tune [OPTIONS] [FILE]\n")
    assert "tune run" not in failed.err


def test_presets_are_listed_and_one_is_printed_to_begin_ones_own(primum: Primum) -> None:
    listed, printed = primum("tune", "presets"), primum("tune", "presets", "medsafetybench")

    assert "primum-dpo" in listed.out
    assert "batch_size = 128" in printed.out


@pytest.mark.slow
@pytest.mark.local
@pytest.mark.timeout(900)
def test_tuned_shown_merged_and_evaluated(primum: Primum, data: list[str], tmp_path: Path) -> None:
    for needed in ("torch", "peft", "trl"):
        pytest.importorskip(needed, reason="the extra “tune” is not installed")
    small = ["--size", "4", "--updates", "2", "--batch-size", "2", "--max-tokens", "64"]
    tuned = primum("tune", *data, *small, "--device", "cpu", "--output", "adapter")
    again = primum("tune", *data, *small, "--device", "cpu", "--output", "adapter", "--quiet")
    merged = primum("tune", "merge", "adapter", "--output", "merged")
    asked = ["--limit", "2", "--max-tokens", "8", "--no-html", "--quiet"]
    evaluated = primum("evaluate", "--model", "hf:adapter", *asked)

    assert (tuned.code, again.code, merged.code, evaluated.code) == (0, 0, 0, 0)
    assert "Next: primum evaluate --model hf:adapter" in tuned.out
    assert again.out == tuned.out
    assert "No benign" not in tuned.err
    assert sorted(file.name for file in Path("adapter").iterdir()) == [
        "adapter_config.json",
        "adapter_model.safetensors",
        "primum-adapter.json",
        "refused.jsonl",
    ]
    assert str(tmp_path) not in Path("adapter/primum-adapter.json").read_text()
