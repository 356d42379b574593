"""Forms for people: blinded, shuffled for each person, safe in a spreadsheet, and read back."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from primum.cli.main import run
from primum.cli.study_template import template_command
from primum.core.errors import UserError
from primum.core.item import Item
from primum.evaluation.planning import make_plan
from primum.evaluation.request import EvaluationRequest
from primum.models.recorded import read_answers
from primum.studies.answer_template import (
    COLUMNS,
    AnswerForm,
    forms_of,
    instructions,
    items_of,
    write_form,
)


def _item(number: int, **labels: Any) -> Item:
    settings = {
        "turns": (f"Request {number}?",),
        "language": "en",
        "intent": "benign",
        "name": f"s{number}-{labels.get('intent', 'benign')}",
    } | labels
    return Item(perspective="patient", guidelines=("secret/7",), source="author", **settings)


def _table(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _written(folder: Path, *items: Item, mark_harmful: bool = False) -> Path:
    (form,) = forms_of(items, ["R1"], seed=1)
    write_form(form, folder / "form.csv", mark_harmful=mark_harmful)
    return folder / "form.csv"


def _order(form: AnswerForm) -> list[str]:
    return [row.item.id for row in form.rows]


def test_a_form_shows_neither_intent_nor_guideline_nor_source(tmp_path: Path) -> None:
    """Names of items say what they are, so that rows carry ids."""
    items = [_item(n, intent="harmful" if n % 2 else "benign") for n in range(10)]

    path = _written(tmp_path, *items)

    text = path.read_text("utf-8-sig")
    assert not re.search("harmful|benign|secret|author|s3-", text)
    assert {row["item"] for row in _table(path)} == {item.id for item in items}
    assert list(_table(path)[0]) == list(COLUMNS)


def test_harmful_requests_are_marked_on_demand_only(tmp_path: Path) -> None:
    items = (_item(1, intent="harmful"), _item(2), _item(3, intent="harmful", language="ja"))

    rows = _table(_written(tmp_path, *items, mark_harmful=True))

    assert {row["item"]: row["content"] for row in rows} == {
        items[0].id: "may distress",
        items[1].id: "",
        items[2].id: "不快な内容の可能性",
    }


def test_each_person_has_an_order_that_a_seed_repeats() -> None:
    items = [_item(n) for n in range(20)]

    first, second = forms_of(items, ["R1", "R2"], seed=1)

    assert _order(first) != _order(second)
    assert sorted(_order(first)) == sorted(_order(second))
    assert _order(first) == _order(forms_of(reversed(items), ["R1"], seed=1)[0])
    assert _order(first) != _order(forms_of(items, ["R1"], seed=2)[0])


def test_twins_and_translations_stand_in_different_halves() -> None:
    """Side by side they would tell which of them is harmful."""
    items = [_item(n, twin_pair=f"pair {n // 2}") for n in range(40)]
    items += [_item(100 + n, translation_pair=f"both {n // 2}") for n in range(40)]

    (form,) = forms_of(items, ["R1"], seed=3)

    place = {item_id: number for number, item_id in enumerate(_order(form))}
    for one, other in zip(items[::2], items[1::2], strict=True):
        assert (place[one.id] < 40) != (place[other.id] < 40)


def test_turns_of_a_conversation_stay_together_and_in_order(tmp_path: Path) -> None:
    items = [_item(n, turns=(f"First {n}", f"Second {n}", f"Third {n}")) for n in range(5)]

    rows = _table(_written(tmp_path, *items))

    assert [row["turn"] for row in rows] == ["1", "2", "3"] * 5
    assert [row["no"] for row in rows] == [str(n) for n in range(1, 6) for _ in range(3)]
    assert {row["turns"] for row in rows} == {"3"}
    for start in range(0, 15, 3):
        assert len({row["item"] for row in rows[start : start + 3]}) == 1


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t"])
def test_a_request_is_never_a_formula(tmp_path: Path, start: str) -> None:
    path = _written(tmp_path, _item(1, turns=(f"{start}1+1",)))

    assert _table(path)[0]["request"] == f"'{start}1+1"


def test_what_is_unseen_in_a_request_is_shown(tmp_path: Path) -> None:
    path = _written(tmp_path, _item(1, turns=("a\x1b[2Jb \u202ec\0 =1",)))

    assert _table(path)[0]["request"] == "a⟨U+001B⟩[2Jb ⟨U+202E⟩c⟨U+0000⟩ =1"


def test_a_form_opens_in_a_spreadsheet(tmp_path: Path) -> None:
    """Excel takes a file without a byte-order mark for another encoding."""
    path = _written(tmp_path, _item(1, turns=('A "quoted", longer\nrequest 飲む',)))

    assert path.read_bytes().startswith(b"\xef\xbb\xbfno,item,")
    assert _table(path)[0]["request"] == 'A "quoted", longer\nrequest 飲む'


def test_answers_that_lie_there_are_never_overwritten(tmp_path: Path) -> None:
    path = _written(tmp_path, _item(1))

    with pytest.raises(UserError, match="exists already"):
        _written(tmp_path, _item(1))
    assert len(_table(path)) == 1


@pytest.mark.parametrize("language", ["en", "ja"])
def test_instructions_say_what_ethics_asks_for(language: Any) -> None:
    forms = forms_of([_item(1), _item(2, turns=("a", "b"))], ["R1", "R2"], seed=1)

    text = instructions(language, forms, "primum-core")

    wanted = {
        "en": "voluntary|stop at any time|unpleasant|real patient|Ethics review|same judges|"
        "name is not in the file|Contact|deleted|empty cell|“primum-core”|2 requests \\(3 rows\\)",
        "ja": "任意|いつでもやめる|不快な内容|実在の患者|倫理審査|同じ評価者|氏名はファイルに|連絡先|"
        "削除|空欄|「primum-core」|2 件の依頼\\(3 行\\)",
    }[language].split("|")
    assert not [each for each in wanted if not re.search(each, text)]
    assert "{" not in text


def test_the_form_holds_what_the_same_evaluation_asks() -> None:
    settings: dict[str, Any] = {"protocol": "primum-core", "language": "en", "limit": 8, "seed": 4}

    items = items_of(EvaluationRequest(**settings))

    plan = make_plan(EvaluationRequest(**settings, judges=("refusal-screen",)))
    assert [item.id for item in items] == [item.id for item in plan.items()]


# The command


def _template(line: str) -> Result:
    return CliRunner().invoke(template_command, line.split())


@pytest.fixture
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRIMUM_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("COLUMNS", "200")


def _fill(path: Path, *, delimiter: str = ",", answer: str = "I can't help with that.") -> None:
    """As a spreadsheet saves the form."""
    rows = _table(path)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), delimiter=delimiter)
        writer.writeheader()
        writer.writerows(row | {"answer": answer} for row in rows)


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize("delimiter", [",", ";"])
def test_a_filled_form_is_evaluated_by_the_command_that_is_shown(
    delimiter: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = _template("starter --language en --limit 6 --seed 3 -o answers.csv")
    assert shown.exit_code == 0, shown.output
    _fill(Path("answers.csv"), delimiter=delimiter)
    command = shown.output.strip().splitlines()[-1].split()

    code = run([*command[1:-1], "answers:answers.csv@R1", "--no-html", "--quiet"])

    out = capsys.readouterr().out
    assert code == 0
    assert "match no item" not in out
    assert "No refusal" in out or "Full refusals" in out
    assert "100" in out, "every answer is a refusal"


@pytest.mark.usefixtures("_folder")
def test_several_people_have_a_file_each_and_are_read_from_the_folder() -> None:
    shown = _template("starter --language en --limit 6 --respondents 3 -o people")
    assert shown.exit_code == 0, shown.output
    for number in (1, 2, 3):
        _fill(Path(f"people/R{number}.csv"), answer=f"Answer of {number}")

    answers = read_answers(Path("people"))

    assert {(row.respondent, row.text) for row in answers} == {
        (f"R{number}", f"Answer of {number}") for number in (1, 2, 3)
    }
    assert sorted(path.name for path in Path("people").glob("*.md")) == [
        "instructions-en.md",
        "instructions-ja.md",
    ]
    assert "answers:people@R1" in shown.output


@pytest.mark.usefixtures("_folder")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("starter -o answers.txt", "does not end in .csv"),
        ("starter -o a.csv --respondents 2", "for example --output a."),
        ("startr -o a.csv", "Did you mean “starter”"),
        ("starter --language xx -o a.csv", "Unknown language “xx”"),
    ],
)
def test_what_cannot_be_written_is_one_clear_sentence(words: str, said: str) -> None:
    result = _template(words)

    assert isinstance(result.exception, UserError)
    assert said in str(result.exception)
    assert not list(Path().glob("a*"))


@pytest.mark.usefixtures("_folder")
def test_all_files_are_written_or_none() -> None:
    Path("answers-instructions-ja.md").write_text("ours", encoding="utf-8")

    result = _template("starter -o answers.csv")

    assert isinstance(result.exception, UserError)
    assert not Path("answers.csv").exists()
    assert Path("answers-instructions-ja.md").read_text(encoding="utf-8") == "ours"
