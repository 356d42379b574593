import asyncio
from pathlib import Path

import pytest

from primum.core.errors import DataError, UnknownNameError, UserError
from primum.core.item import Item
from primum.core.message import Message
from primum.core.response import Response
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling
from primum.models.recorded import RecordedAnswers, read_answers


def item(name: str, *turns: str) -> Item:
    return Item(turns or (f"About {name}?",), "en", "patient", "benign", ("x/1",), "primum", name)


def written(folder: Path, text: str, name: str = "answers.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def answer(model: RecordedAnswers, asked: Item | None, turn: int = 0) -> Response:
    request = ChatRequest((Message("user", "?"),), Sampling(), item=asked, turn=turn)
    return asyncio.run(model.complete(request))


def test_an_answer_is_found_by_item_name_or_id_and_turn(tmp_path: Path) -> None:
    tea, milk = item("tea", "One?", "Two?"), item("milk")
    text = f'item,turn,answer\ntea,1,"First,\nsecond line"\ntea,2,Two\n{milk.id},1,Milk\n'
    model = RecordedAnswers(written(tmp_path, text))

    assert answer(model, tea).text == "First,\nsecond line"
    assert answer(model, tea, 1).text == "Two"
    assert answer(model, milk).outcome == "ok"
    assert answer(model, milk).text == "Milk"


def test_a_turn_without_a_row_or_with_a_blank_answer_has_no_answer(tmp_path: Path) -> None:
    model = RecordedAnswers(written(tmp_path, "item,turn,answer\ntea,1,Yes\nmilk,1,  \n"))

    assert answer(model, item("tea", "a", "b"), 1).outcome == "no_answer"
    assert answer(model, item("milk")).outcome == "no_answer"
    assert answer(model, None).outcome == "no_answer"
    # Stored in ledgers: by these words a blank is told from what was not asked
    assert answer(model, item("tea", "a", "b"), 1).error == "no row answers this turn"
    assert answer(model, item("milk")).error == "the answer is blank"
    assert answer(model, item("milk")).text == ""


def test_match_lists_what_does_not_fit_on_either_side(tmp_path: Path) -> None:
    text = "item,turn,answer\ntea,1,Yes\ntea,3,Late\ncoffee,1,Hot\nmilk,1,\n"
    model = RecordedAnswers(written(tmp_path, text))
    tea, milk, water = item("tea", "a", "b"), item("milk"), item("water")

    match = model.match([tea, milk, water])

    assert [(row.item, row.turn) for row in match.matched] == [("tea", 0), ("milk", 0)]
    assert [(row.item, row.turn, row.line) for row in match.unmatched_rows] == [
        ("tea", 2, 3),
        ("coffee", 0, 4),
    ]
    assert [(miss.item.name, miss.turn) for miss in match.items_without_answer] == [
        ("tea", 1),
        ("milk", 0),
        ("water", 0),
    ]
    assert [item.name for item in match.items_without_row] == ["water"]
    assert [item.name for item in match.items_left_blank] == ["tea", "milk"]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.csv", "item_id,response,turn\ntea,Yes,1\n"),
        ("a.csv", "\ufeffname,text\ntea,Yes\n"),
        ("a.tsv", "id\tanswer\ntea\tYes\n"),
        ("a.jsonl", '{"item": "tea", "answer": "Yes", "turn": 1, "note": {"a": 1}}\n'),
        ("a.jsonl", '{"name": "tea", "text": "Yes"}\n\n'),
    ],
)
def test_common_column_names_and_forms_are_understood(tmp_path: Path, name: str, text: str) -> None:
    model = RecordedAnswers(written(tmp_path, text, name))

    assert answer(model, item("tea")).text == "Yes"


def test_unicode_line_separators_inside_a_json_string_stay_in_the_answer(tmp_path: Path) -> None:
    path = written(tmp_path, '{"item": "tea", "answer": "一\u2028二"}\n', "a.jsonl")

    assert answer(RecordedAnswers(path), item("tea")).text == "一\u2028二"


def test_one_of_several_respondents_must_be_named(tmp_path: Path) -> None:
    text = "item,answer,respondent\ntea,Yes,Dr A\ntea,No,Dr B\n"
    path = written(tmp_path, text)

    with pytest.raises(UserError, match=r"2 respondents \(Dr A, Dr B\).*answers:.*@RESPONDENT"):
        RecordedAnswers(path)
    with pytest.raises(
        UnknownNameError, match=r"Unknown respondent “Dr C”\. Did you mean “Dr [AB]”"
    ):
        RecordedAnswers(path, "Dr C")

    assert answer(RecordedAnswers(path, "Dr B"), item("tea")).text == "No"
    assert RecordedAnswers(path, "Dr B").name == f"answers:{path}@Dr B"


def test_identity_is_the_respondents_answers_and_not_the_file(tmp_path: Path) -> None:
    header = "item,answer,respondent\n"
    first = written(tmp_path, header + "tea,Yes,A\nmilk,No,A\n", "1.csv")
    reordered = written(tmp_path, header + "milk,No,A\ntea,Yes,A\ntea,Other,B\n", "2.csv")
    changed = written(tmp_path, header + "tea,Yes,A\nmilk,Yes,A\n", "3.csv")

    identity = RecordedAnswers(first).identity

    assert RecordedAnswers(reordered, "A").identity == identity
    assert RecordedAnswers(changed).identity != identity
    assert RecordedAnswers(reordered, "B").identity != identity


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("a.csv", "", "the file is empty"),
        ("a.csv", "item,answer\n", "a header and no answers"),
        ("a.csv", "item,reply\ntea,Yes\n", "line 2: no column “answer” (or response, text); found: item, reply"),
        ("a.csv", "row,answer\n1,Yes\n", "line 2: no column “item” (or item_id, id, name)"),
        ("a.csv", "item,answer\ntea,Yes, please\n", "line 2: the row has another number of fields"),
        ("a.csv", 'item,answer\ntea,"Yes\n', "not valid CSV"),
        ("a.csv", "item,turn,answer\ntea,0,Yes\n", "line 2: the turn must be a whole number from 1; found “0”"),
        ("a.csv", "item,turn,answer\ntea,first,Yes\n", "found “first”"),
        ("a.csv", "item,answer\n ,Yes\n", "line 2: the item's id or name is empty"),
        ("a.csv", "item,answer\ntea,Yes\nmilk,No\ntea,Ja\n", "line 4: item “tea”, turn 1 is answered here and on line 2"),
        ("a.jsonl", '{"item": "tea", "answer": "Yes"}\n[1]\n', "line 2: each line must be a JSON object"),
        ("a.jsonl", '{"item": "tea", "answer": "Yes"}\n{"item"\n', "line 2: not valid JSON"),
        ("a.jsonl", '{"item": "tea", "answer": ["Yes"]}\n', "line 1: the answer must be text"),
        ("a.xlsx", "x", "answers are read from .jsonl, .ndjson, .csv, .tsv files"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_with_file_and_line(
    tmp_path: Path, name: str, text: str, message: str
) -> None:
    path = written(tmp_path, text, name)

    with pytest.raises(DataError) as error:
        read_answers(path)

    assert str(error.value).startswith(str(path))
    assert message in str(error.value)


def test_another_encoding_than_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes("item,answer\ntea,Yes\nmilk,牛乳\n".encode("cp932"))

    with pytest.raises(DataError, match="line 3: the file is not UTF-8"):
        read_answers(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"none\.csv: the file cannot be read: No such file"):
        read_answers(tmp_path / "none.csv")


@pytest.mark.parametrize(
    "text",
    [
        "item;turn;request;answer;respondent\r\ntea;1;Why, tea?;Yes, or no;R1\r\n",
        '\ufeff"item";"turn";"answer"\n"tea";"1";"Yes, or no"\n',
        "item\tturn\tanswer\ntea\t1\tYes, or no\n",
        'item,turn,answer\r\ntea,1,"Yes, or no"\r\n,,\r\n,,\r\n',
        'no,item,turn,answer,respondent\rtea-no,tea,1,"Yes, or no",R1\r',
    ],
    ids=["semicolons", "quoted header", "tabs", "empty rows", "carriage returns"],
)  # fmt: skip
def test_what_spreadsheets_write_is_read(tmp_path: Path, text: str) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(text.encode())

    assert answer(RecordedAnswers(path), item("tea")).text == "Yes, or no"


@pytest.mark.parametrize("encoding", ["shift_jis", "utf-16", "cp1252"])
def test_a_spreadsheet_that_is_not_utf8_is_refused_in_one_sentence(
    tmp_path: Path, encoding: str
) -> None:
    """Guessing could turn an answer into other characters without anyone noticing."""
    path = tmp_path / "answers.csv"
    text = "item,turn,answer\ntea,1,飲む\n" if encoding != "cp1252" else "item,answer\ntea,café\n"
    path.write_bytes(text.encode(encoding))

    with pytest.raises(DataError, match=r"not UTF-8\. Save it as UTF-8"):
        read_answers(path)


def test_a_folder_holds_one_file_for_each_respondent(tmp_path: Path) -> None:
    written(tmp_path, "item,answer,respondent\ntea,Yes,R1\n", "R1.csv")
    written(tmp_path, "item;answer;respondent\ntea;No;R2\n", "R2.csv")
    written(tmp_path, "Please answer.", "instructions-en.md")

    assert [(row.respondent, row.file.name) for row in read_answers(tmp_path)] == [
        ("R1", "R1.csv"),
        ("R2", "R2.csv"),
    ]
    assert answer(RecordedAnswers(tmp_path, "R2"), item("tea")).text == "No"
    with pytest.raises(UserError, match="2 respondents"):
        RecordedAnswers(tmp_path)


@pytest.mark.parametrize(
    ("second", "said"),
    [
        ("item,answer,respondent\nmilk,No,R1\n", "respondent “R1” stand here and in a.csv"),
        ("item,answer\nmilk,No\nmilk,Yes\n", "line 3"),
        ("what,ever\n1,2\n", "no column “item”"),
    ],
)
def test_a_folder_of_files_that_do_not_fit_is_refused(
    tmp_path: Path, second: str, said: str
) -> None:
    written(tmp_path, "item,answer,respondent\ntea,Yes,R1\n", "a.csv")
    written(tmp_path, second, "b.csv")

    with pytest.raises(DataError, match=said) as caught:
        read_answers(tmp_path)

    assert str(caught.value).startswith(str(tmp_path / "b.csv"))


def test_a_folder_without_answers_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="holds no answers"):
        read_answers(tmp_path)
