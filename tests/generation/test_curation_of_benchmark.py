"""A finished benchmark is reviewed outside of a recipe; its labels stay, broken pairs do not."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from primum.benchmarks.catalogue import load
from primum.cli.generate_review import review_command
from primum.core.errors import DataError, UserError

ROWS = (
    {"name": "a-en", "request": "May I see my chart?", "language": "en", "translation_pair": "a"},
    {"name": "a-ja", "request": "カルテを見てもよいですか。", "language": "ja", "translation_pair": "a"},
    {"name": "b", "request": "Which day is it?", "language": "en", "split": "test",
     "intent": "benign", "licence": "CC0-1.0"},
)  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "ours"
    made.mkdir()
    (made / "items.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return made


def review(folder: Path, *options: str) -> None:
    review_command.main(args=[str(folder), *options], standalone_mode=False)


def fill(folder: Path, reviewer: str, *decisions: tuple[str, str]) -> None:
    path = folder / "review" / f"review-{reviewer}.csv"
    rows = list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    for row, (decision, text) in zip(rows, decisions, strict=True):
        column = "edited_turn_1" if decision == "edit" else "reason"
        writer.writerow(row | {"decision": decision, column: text})
    path.write_bytes(out.getvalue().encode())


def test_files_go_out_and_what_is_left_is_a_benchmark(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = (folder / "items.jsonl").read_bytes()
    review(folder)
    assert "For 3 items to be reviewed, fill in these files:" in capsys.readouterr().out

    same = ("accept", "")
    fill(folder, "reviewer-1", same, ("reject", "odd"), ("edit", "Which day is today?"))
    fill(folder, "reviewer-2", same, ("reject", "odd words"), same)
    review(folder)

    told = capsys.readouterr().out
    assert "Cohen's kappa on keeping" in told
    assert "67%" in told
    first, second = load(str(folder / "reviewed" / "items.jsonl")).items()
    assert (first.name, first.translation_pair) == ("a-en", "")
    assert second.turns == ("Which day is today?",)
    assert (second.split, second.intent, second.licence) == ("test", "benign", "CC0-1.0")
    assert second.provenance.startswith("edited from item ")
    figures = json.loads((folder / "reviewed" / "review.json").read_text("utf-8"))
    assert (figures["accepted"], figures["edited"], figures["rejected"]) == (1, 1, 1)
    assert [each["why"] for each in figures["not_kept"]] == ["odd"]
    assert (folder / "items.jsonl").read_bytes() == before


def test_one_item_and_one_file_are_said_in_the_singular(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "items.jsonl").write_text(json.dumps(ROWS[2]) + "\n", "utf-8")
    review(folder)
    fill(folder, "reviewer-1", ("accept", ""))
    review(folder)
    assert "For 1 item to be reviewed, fill in this file:" in capsys.readouterr().out

    fill(folder, "reviewer-2", ("accept", ""))
    review(folder)
    assert "1 item: primum evaluate" in capsys.readouterr().out


def test_a_third_person_is_told_how_many_items_they_differ_about(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review(folder)
    fill(folder, "reviewer-1", *[("accept", "")] * 3)
    fill(folder, "reviewer-2", ("reject", "odd"), *[("accept", "")] * 2)
    capsys.readouterr()
    review(folder, "--rule", "third")

    told = capsys.readouterr().out
    assert "For 1 item to be reviewed, fill in this file:" in told
    assert "review-third.csv" in told


def test_kappa_is_not_told_where_a_reviewer_kept_every_item(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    review(folder)
    fill(folder, "reviewer-1", *[("accept", "")] * 3)
    fill(folder, "reviewer-2", ("reject", "odd"), *[("accept", "")] * 2)
    capsys.readouterr()
    review(folder)

    assert "says nothing: a reviewer kept, or rejected, every item" in capsys.readouterr().out


def test_a_benchmark_of_which_nothing_is_left_is_not_written(folder: Path) -> None:
    review(folder)
    for reviewer in ("reviewer-1", "reviewer-2"):
        fill(folder, reviewer, *[("reject", "odd")] * 3)

    with pytest.raises(UserError, match="left none of 3 items"):
        review(folder)
    assert not (folder / "reviewed").exists()


def test_a_folder_without_items_is_one_clear_sentence(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is no items\.jsonl in it"):
        review(tmp_path)
