"""Data files of a user's own task: one sentence with file, line, field, and what was expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.capability.task_files import CHOICE, LETTERS, QUESTIONS, as_rows, write_rows

from primum.capability.data_file import check_data_files, place_of, used_files
from primum.core.errors import DataError

GOOD = as_rows(QUESTIONS)


def problem(file: Path, **changes: Any) -> str:
    """What is said about the file, its place left out; empty where nothing is wrong."""
    config = {k: v for k, v in {**CHOICE, **changes}.items() if v is not None}
    try:
        check_data_files("quiz", config, [file])
    except DataError as error:
        return str(error).replace(f"{file.parent}/", "")
    return ""


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    write_rows(folder / "test.jsonl", rows)
    return folder / "test.jsonl"


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"answer": 7}, ("the field “answer” holds 7, and there are 4 options; a whole number from "
         "0 to 3 was expected, or the text of one of them.")),
        ({"answer": -1}, "holds -1, and there are 4 options"),
        ({"answer": "red"}, 'holds "red", and there are 4 options'),
        ({"answer": True}, "holds true"),
        ({"answer": [1, 4]}, "holds [1, 4]"),
        ({"answer": None}, ("the field “answer”, which doc_to_target of the task “quiz” names, is "
         "empty; a value was expected.")),
        ({"choices": "green, blue"}, 'the field “choices” holds "green, blue"; a list of options'),
        ({"choices": []}, "the field “choices” holds []"),
        ({"question": None}, "“question”, which doc_to_text of the task “quiz” names, is empty"),
    ],
)  # fmt: skip
def test_a_field_that_holds_something_else_is_named_with_its_line(
    tmp_path: Path, row: dict[str, Any], said: str
) -> None:
    found = problem(written(tmp_path, GOOD[0], {**GOOD[1], **row}))

    assert found.startswith("test.jsonl, line 2: ")
    assert said in found


def test_a_misspelt_field_is_named_with_what_there_is(tmp_path: Path) -> None:
    misspelt = {"question": "Why?", "choices": ["a", "b"], "answr": 0}

    assert problem(written(tmp_path, GOOD[0], misspelt)) == (
        "test.jsonl, line 2: the field “answer”, which doc_to_target of the task “quiz” names, is "
        "missing; there are “question”, “choices”, “answr”. Was “answr” meant to be it?"
    )


@pytest.mark.parametrize("text", ["", "\n\n", "[]"])
def test_a_file_without_documents_says_what_was_expected(tmp_path: Path, text: str) -> None:
    (tmp_path / "test.jsonl").write_text(text)

    assert problem(tmp_path / "test.jsonl") == (
        "test.jsonl: the file holds no documents; one a line was expected, each with “question”, "
        "“choices”, “answer”."
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ('{"question": nope}', "line 3: not valid JSON (at character 14: Expecting value)"),
        ("5", "line 3: found 5; an object with the document's fields was expected."),
    ],
)
def test_a_line_that_is_no_document_is_named(tmp_path: Path, line: str, said: str) -> None:
    file = written(tmp_path, GOOD[0])
    file.write_text(f"{file.read_text()}\n{line}\n")

    assert said in problem(file)


@pytest.mark.parametrize(
    ("changes", "row"),
    [
        ({}, {"answer": "blue"}),
        ({"doc_to_target": "{{answer}}"}, {"answer": "1"}),
        ({"doc_to_choice": "{{[a, b]}}"}, {"a": "x", "b": "y"}),
        ({"doc_to_choice": ["A", "B", "C", "D"]}, {"choices": None, "answer": 3}),
        ({"doc_to_text": "{% if case %}{{case}} {% endif %}{{question}}"}, {}),
        ({"doc_to_text": "{{case if case else ''}} {{question}}"}, {}),
        ({"doc_to_text": "/folder/own.to_text"}, {"question": None}),
        ({"process_docs": "/folder/own.process"}, {"answer": None}),
        # The number is the text: one of several contexts before one ending (WinoGrande).
        ({"doc_to_text": "label", "doc_to_target": "ending"}, {"label": 1, "ending": "it broke"}),
    ],
)
def test_what_the_harness_takes_is_not_refused(
    tmp_path: Path, changes: dict[str, Any], row: dict[str, Any]
) -> None:
    assert not problem(written(tmp_path, {**GOOD[1], **row}), **changes)


def test_an_answer_beyond_options_that_the_task_file_lists_is_refused(tmp_path: Path) -> None:
    assert "holds 3, and there are 2 options" in problem(
        written(tmp_path, GOOD[2]), doc_to_choice=["yes", "no"]
    )


def test_a_task_answered_in_words_needs_its_fields_and_no_options(tmp_path: Path) -> None:
    rows = {"question": "Why?", "choices": ["a", "b", "c", "d"]}

    assert "“answer”" in problem(written(tmp_path, rows), **{**LETTERS, "doc_to_choice": None})
    assert not problem(written(tmp_path, GOOD[0]), **{**LETTERS, "doc_to_choice": None})


def test_csv_is_read_with_its_lines(tmp_path: Path) -> None:
    (tmp_path / "test.csv").write_text('question,answer\n"Two\nlines?",1\nWhy?,5\n')
    wanted = {"dataset_path": "csv", "doc_to_choice": ["yes", "no"]}

    assert problem(tmp_path / "test.csv", **wanted).startswith(
        "test.csv, line 4: the field “answer” holds 5, and there are 2 options"
    )


def test_one_json_list_is_read_and_columns_are_left_to_the_harness(tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text(json.dumps([GOOD[0], {**GOOD[1], "answer": 9}], indent=1))
    (tmp_path / "columns.json").write_text(json.dumps({"question": ["Why?"]}, indent=1))

    assert "holds 9" in problem(tmp_path / "list.json")
    assert not problem(tmp_path / "columns.json")


def test_only_the_files_of_splits_in_use_are_looked_at(tmp_path: Path) -> None:
    placed = {"test": [str(tmp_path / "*.jsonl")], "examples": "b.json", "spare": "c.json"}
    written(tmp_path, GOOD[0])

    assert used_files(CHOICE, placed) == [tmp_path / "test.jsonl", Path("b.json")]


def test_a_tested_document_is_found_at_its_line(tmp_path: Path) -> None:
    file = written(tmp_path, GOOD[0])
    file.write_text(f"\n{file.read_text()}\n{json.dumps(GOOD[1])}\n")

    found = place_of(CHOICE, {"test": str(file)}, 1)

    assert found is not None
    assert (found.file, found.line) == (file, 4)
