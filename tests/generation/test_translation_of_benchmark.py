"""A finished benchmark in another language: pairs that load, labels that stay, failures listed."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.generation.text_stage_support import code_in, fenced_text, model, said

from primum.benchmarks.catalogue import load
from primum.benchmarks.row_file import read_rows
from primum.cli.generate_translate import translate_command
from primum.core.errors import BudgetReached, DataError, UnknownNameError, UserError
from primum.core.item import Item
from primum.models.chat_model import ChatRequest
from primum.models.scripted import ScriptedModel

JAPANESE = {
    "May I see my chart?": "自分のカルテを見てもよいですか。",
    "May he see my chart?": "彼が私のカルテを見てもよいですか。",
    "May they see my chart?": "自分のカルテを見てもよいですか。",
    "Which day is it? a. Monday": "今日は何曜日ですか。a. 月曜日",
}
BAD = "May nobody see my chart?"


def worker() -> ScriptedModel:
    """Translates what it knows, back with the meaning lost for one, and judges by that."""
    english = {japanese: text for text, japanese in JAPANESE.items()} | {
        "誰も見られませんか。": "Odd."
    }

    def answer(request: ChatRequest) -> str:
        text = said(request)
        if "BACK TRANSLATION" in text:
            return json.dumps({"check": code_in(text), "meaning": 1 if "| Odd." in text else 5})
        if '"naturalness"' in text:
            return json.dumps({"check": code_in(text), "naturalness": 5})
        return (JAPANESE | english | {BAD: "誰も見られませんか。"})[fenced_text(text, "MESSAGE")]

    return model("worker", answer)


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    path = tmp_path / "ours.jsonl"
    labels = {"language": "en", "perspective": "patient", "guidelines": ["ama-2001/4"]}
    rows: list[dict[str, Any]] = [
        {"name": "q1-en", "request": "May I see my chart?", "twin_pair": "t-en", "intent": "benign",
         "reference": "Yes."},
        {"name": "q2-en", "request": "May he see my chart?", "twin_pair": "t-en"},
        {"name": "q3", "request": BAD},
        {"name": "q4", "request": "Which day is it? a. Monday", "task": "choice", "reference": "a"},
        {"name": "q5", "request": "今日は。", "language": "ja"},
    ]  # fmt: skip
    path.write_text("".join(json.dumps(labels | row) + "\n" for row in rows), "utf-8")
    return path


def translate(
    path: Path, asked: ScriptedModel, monkeypatch: pytest.MonkeyPatch, *options: str
) -> Path:
    monkeypatch.setattr("primum.cli.generate_translate.resolve", lambda *_, **__: asked)
    folder = path.parent / "out"
    arguments = [str(path), "--to", "ja", "--model", "worker", "--output", str(folder), "-q"]
    arguments += ["--workspace", str(path.parent / "work"), *options]
    translate_command.main(args=arguments, standalone_mode=False)
    return folder


def items_of(folder: Path) -> dict[str, Item]:
    return {item.name: item for item in load(str(folder / "items.jsonl")).items()}


def test_pairs_are_written_that_load_with_their_labels(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = translate(ours, worker(), monkeypatch)

    items = items_of(folder)
    assert set(items) == {"q1-en", "q1-ja", "q2-en", "q2-ja", "q4", "q4-ja"}
    first, second = items["q1-en"], items["q1-ja"]
    assert first.translation_pair == second.translation_pair != ""
    assert (second.turns, second.language) == (("自分のカルテを見てもよいですか。",), "ja")
    assert (second.twin_pair, items["q2-ja"].twin_pair, first.twin_pair) == ("t-ja", "t-ja", "t-en")
    assert (second.intent, second.perspective, second.guidelines) == (
        "benign", "patient", ("ama-2001/4",),
    )  # fmt: skip
    assert (first.reference, second.reference) == ("Yes.", "")
    assert (items["q4-ja"].task, items["q4-ja"].reference) == ("choice", "a")
    assert first.id in second.provenance
    (row,) = read_rows(folder / "translation-ja-failed.csv")
    assert (row.values["reason"], row.values["turn_1"]) == ("meaning_lost", BAD)
    figures = json.loads((folder / "translation.json").read_text("utf-8"))["languages"]["ja"]
    assert (figures["translated"], figures["kept"]["value"]) == (4, 0.75)
    assert figures["failed"] == {"meaning_lost": 1}


def test_the_whole_benchmark_can_be_kept(ours: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    items = items_of(translate(ours, worker(), monkeypatch, "--whole"))

    assert {"q3", "q5"} <= set(items)
    assert items["q3"].translation_pair == ""


def test_two_items_with_one_translation_leave_one_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ours.jsonl"
    texts = ("May I see my chart?", "May they see my chart?")
    path.write_text("".join(f'{{"request": "{t}", "language": "en"}}\n' for t in texts), "utf-8")

    folder = translate(path, worker(), monkeypatch)

    assert load(str(folder / "items.jsonl")).count == 2
    (row,) = read_rows(folder / "translation-ja-failed.csv")
    assert row.values["reason"] == "near_duplicate"


def test_a_budget_that_is_spent_is_continued_and_nothing_is_asked_twice(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = worker()
    with pytest.raises(BudgetReached):
        translate(ours, asked, monkeypatch, "--max-calls", "5")
    folder = translate(ours, asked, monkeypatch)
    before = (folder / "items.jsonl").read_bytes(), len(asked.calls)
    translate(ours, asked, monkeypatch, "--max-calls", "0")

    assert ((folder / "items.jsonl").read_bytes(), len(asked.calls)) == before
    assert len({call.messages for call in asked.calls}) == len(asked.calls)


def test_a_dry_run_asks_nothing_and_writes_nothing(
    ours: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = worker()

    folder = translate(ours, asked, monkeypatch, "--dry-run")

    assert "at most 8 calls" in capsys.readouterr().out
    assert asked.calls == []
    assert not folder.exists()


@pytest.mark.parametrize(
    ("options", "error", "sentence"),
    [
        (["--to", "japanese!"], UserError, "is the code of no language"),
        (["--to", "xx"], UserError, "“xx” is the code of no language. A code of ISO 639-1 was"),
        (["--to", "xx", "--dry-run"], UserError, "such as ja, en, zh, ko"),
        (["--to", "jp"], UserError, "Did you mean “ja”?"),
        (["--to", "de-"], UserError, "is no language code such as"),
        (["-m", "other"], UserError, "given twice without a role"),
        (["-m", "judges=other"], UnknownNameError, "Did you mean “judge”"),
        (["-l", "ja"], UserError, "there is nothing to translate"),
    ],
)
def test_what_cannot_be_translated_is_one_clear_sentence(
    options: list[str], error: type[UserError], sentence: str, ours: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    with pytest.raises(error, match=sentence):
        translate(ours, worker(), monkeypatch, *options)


def test_one_item_is_said_in_the_singular(
    ours: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    translate(ours, worker(), monkeypatch, "--dry-run", "--limit", "1", "-l", "en")

    told = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert any(line.endswith(": 1 item") for line in told)
    assert any(line.endswith("1 of 1 turn") for line in told)

    translate(ours, worker(), monkeypatch, "--limit", "1", "--intent", "benign")
    assert "(too few items for an interval)" in " ".join(capsys.readouterr().out.split())


def test_a_folder_of_something_else_is_left_alone(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = translate(ours, worker(), monkeypatch)
    other = ours.with_name("other.jsonl")
    other.write_bytes(ours.read_bytes())

    with pytest.raises(UserError, match="holds a translation of"):
        translate(other, worker(), monkeypatch)
    (folder / "translation.json").unlink()
    with pytest.raises(UserError, match="that is no translation"):
        translate(ours, worker(), monkeypatch)


def correct(folder: Path, **cells: str) -> Path:
    """Write into the only row of the list, as a spreadsheet would."""
    path = folder / "translation-ja-failed.csv"
    (row,) = csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline=""))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, list(row | cells))
    writer.writeheader()
    writer.writerow(row | cells)
    path.write_bytes(out.getvalue().encode("utf-8-sig"))
    return path


def test_what_a_person_corrects_is_used_counted_and_kept(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = translate(ours, worker(), monkeypatch)
    path = correct(folder, corrected_1="だれにもカルテを見せなくてよいですか。")

    for _ in range(2):
        translate(ours, worker(), monkeypatch, "--max-calls", "0")
        assert items_of(folder)["q3-ja"].turns == ("だれにもカルテを見せなくてよいですか。",)
    made = items_of(folder)["q3-ja"]
    assert "a person" in made.provenance
    lines = (folder / "provenance.jsonl").read_text("utf-8").splitlines()
    (row,) = (row for line in lines if (row := json.loads(line))["name"] == "q3-ja")
    assert row["corrected_by_a_person"] is True
    assert "back_translation" not in row
    *before, last = row["steps"]
    assert all("the model's text, before a person corrected it" in each["note"] for each in before)
    assert [each for each in before if each.get("scores")]
    assert "scores" not in last
    assert "rated by nobody" in last["note"]
    figures = json.loads((folder / "translation.json").read_text("utf-8"))["languages"]["ja"]
    assert (figures["corrected_by_people"], figures["kept"]["value"]) == (1, 0.75)

    translate(ours, worker(), monkeypatch, "--max-calls", "0", "--intent", "benign")
    (kept,) = read_rows(path)
    assert kept.values["corrected_1"] == "だれにもカルテを見せなくてよいですか。"
    assert kept.values["turn_1"] == BAD


def test_a_correction_of_a_turn_that_is_not_there_is_one_clear_sentence(
    ours: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = translate(ours, worker(), monkeypatch)
    correct(folder, corrected_1="だれも。", corrected_2="明日も。")

    with pytest.raises(DataError, match="“corrected_2” holds a text, but the item has 1 turn"):
        translate(ours, worker(), monkeypatch)
