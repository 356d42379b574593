"""Users' own files: every form that is read, and what each wrong one is told."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from primum.benchmarks.catalogue import load
from primum.core.errors import DataError, UnknownNameError, UserError
from primum.core.item import Item

CRANE = {"request": "How do I fold a paper crane?", "language": "en"}
BOAT = {"request": "How do I fold a paper boat?", "language": "en"}


def write_jsonl(folder: Path, *rows: Mapping[str, Any]) -> Path:
    path = folder / "mine.jsonl"
    path.write_text("\n".join(json.dumps(row, ensure_ascii=False) for row in rows), "utf-8")
    return path


def write_text(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, "utf-8")
    return path


def items_of(path: Path, **mapping: str) -> list[Item]:
    return list(load(str(path), mapping=mapping).items())


def refusal(path: Path, **mapping: str) -> DataError:
    with pytest.raises(DataError) as caught:
        load(str(path), mapping=mapping)
    assert str(caught.value).startswith(str(path))
    return caught.value


# What is read


def test_the_smallest_row_has_sensible_defaults(tmp_path: Path) -> None:
    benchmark = load(str(write_jsonl(tmp_path, CRANE)))

    (item,) = benchmark.items()

    assert item.turns == ("How do I fold a paper crane?",)
    assert (item.language, item.perspective, item.intent) == ("en", "general", "harmful")
    assert (item.guidelines, item.source, item.provenance) == ((), "mine", "mine.jsonl:1")
    assert (benchmark.name, benchmark.count, benchmark.guideline_sets) == ("mine", 1, ())


def test_every_field_of_a_row_reaches_the_item(tmp_path: Path) -> None:
    expected = Item(
        turns=("Hello.", "How do I fold a crane?"),
        language="en",
        perspective="patient",
        intent="benign",
        guidelines=("ama-2001/4", "ama-2001/8"),
        source="us",
        name="7",
        split="pilot",
        strategy="plain",
        translation_pair="t1",
        twin_pair="w1",
        reference="Start with a square.",
        licence="CC0",
        provenance="our archive",
    )

    benchmark = load(str(write_jsonl(tmp_path, {**asdict(expected), "name": 7})))

    assert list(benchmark.items()) == [expected]
    assert [each.id for each in benchmark.guideline_sets] == ["ama-2001"]


@pytest.mark.parametrize(
    ("licences", "told"),
    [
        (("CC0", "CC0"), "CC0"),
        (("MIT", "CC0"), "CC0 + MIT"),
        (("", "CC0"), "CC0 + not stated"),
        (("", ""), ""),
        (tuple("edcba"), "a + b + c + d + …"),
    ],
)
def test_the_licence_is_that_of_the_items(
    tmp_path: Path, licences: tuple[str, ...], told: str
) -> None:
    rows = [
        {"request": f"Fold crane {number}.", "language": "en", "licence": licence}
        for number, licence in enumerate(licences)
    ]

    assert load(str(write_jsonl(tmp_path, *rows))).licence == told


def test_a_mapping_names_columns_and_constants(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.csv", "prompt,who\nFold a crane.,patient\n")

    (item,) = items_of(
        path,
        request="prompt",
        perspective="who",
        language="=ja",
        guidelines="=ama-2001/1; ama-2001/2",
    )

    assert item.turns == ("Fold a crane.",)
    assert (item.language, item.perspective) == ("ja", "patient")
    assert item.guidelines == ("ama-2001/1", "ama-2001/2")


def test_numbered_turns_may_end_early(tmp_path: Path) -> None:
    path = write_text(
        tmp_path,
        "mine.csv",
        "turn_1,turn_2,turn_3,language\nHello.,Fold a crane.,Again.,en\nFold a boat.,,,en\n",
    )

    assert [len(item.turns) for item in items_of(path)] == [3, 1]


def test_numbered_turns_may_be_mapped(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.csv", "first,second\nHello.,Fold a crane.\n")

    (item,) = items_of(path, turn_1="first", turn_2="second", language="=en")

    assert item.turns == ("Hello.", "Fold a crane.")


def test_a_csv_cell_may_hold_lists_as_json(tmp_path: Path) -> None:
    path = write_text(
        tmp_path,
        "mine.csv",
        'turns,guidelines,language\n"[""Hello."", ""Fold a crane.""]","[""ama-2001/1""]",en\n',
    )

    (item,) = items_of(path)

    assert item.turns == ("Hello.", "Fold a crane.")
    assert item.guidelines == ("ama-2001/1",)


def test_a_quoted_cell_may_hold_commas_and_line_ends(tmp_path: Path) -> None:
    path = write_text(
        tmp_path, "mine.csv", 'request,language\n"Fold a crane,\nthen a boat.",en\nFold.,xx!\n'
    )

    error = refusal(path)

    assert error.line == 4
    assert "xx!" in str(error)


def test_tabs_separate_a_tsv_file(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.tsv", "request\tlanguage\nFold a crane, please.\ten\n")

    assert items_of(path)[0].turns == ("Fold a crane, please.",)


def test_a_byte_order_mark_is_no_part_of_the_first_column(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes(b"\xef\xbb\xbfrequest,language\r\nFold a crane.,en\r\n")

    assert items_of(path)[0].turns == ("Fold a crane.",)


def test_blank_lines_are_passed_over(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.jsonl", "\n" + json.dumps(CRANE) + "\n\n")

    assert items_of(path)[0].provenance == "mine.jsonl:2"


def test_parquet_rows_are_read_with_list_columns(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    table = pa.table({"content": [["Hello.", "Fold a crane."], ["Fold a boat."]], "n": [1, 2]})
    parquet.write_table(table, path)

    items = items_of(path, turns="content", language="=en")

    assert [item.turns for item in items] == [("Hello.", "Fold a crane."), ("Fold a boat.",)]
    assert items[1].provenance == "mine.parquet:2"


def test_the_same_rows_make_the_same_benchmark_in_every_form(tmp_path: Path) -> None:
    lines = write_jsonl(tmp_path, CRANE, BOAT)
    table = write_text(
        tmp_path,
        "mine.csv",
        "request,language\nHow do I fold a paper crane?,en\nHow do I fold a paper boat?,en\n",
    )
    columns = tmp_path / "mine.parquet"
    parquet.write_table(pa.Table.from_pylist([CRANE, BOAT]), columns)

    prints = {load(str(path)).fingerprint for path in (lines, table, columns)}

    assert len(prints) == 1


def test_guidelines_of_a_users_own_set_are_known(tmp_path: Path) -> None:
    own = write_text(
        tmp_path,
        "own.toml",
        'id = "own"\nversion = "1"\nstatus = "complete"\nsource = "us"\nlicence = "CC0"\n'
        'title = { en = "Own", ja = "自前" }\n[[guideline]]\nid = "1"\n'
        'title = { en = "One", ja = "一" }\ntext = { en = "Be kind.", ja = "親切に。" }\n',
    )
    path = write_jsonl(tmp_path, {**CRANE, "guidelines": "own/1"})

    benchmark = load(str(path), guidelines=[own])

    assert [each.id for each in benchmark.guideline_sets] == ["own"]
    assert "own/1" in next(benchmark.items()).guidelines


# What is refused


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert "no such file" in str(refusal(tmp_path / "mine.jsonl"))


def test_an_unknown_ending_names_the_known_ones(tmp_path: Path) -> None:
    assert ".jsonl, .ndjson, .csv" in str(refusal(write_text(tmp_path, "mine.xlsx", "x")))


@pytest.mark.parametrize("name", ["mine.jsonl", "mine.csv"])
def test_an_empty_file_is_refused(tmp_path: Path, name: str) -> None:
    assert "holds no items" in str(refusal(write_text(tmp_path, name, "")))


def test_a_header_without_rows_is_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.csv", "request,language\n")

    assert "holds no items" in str(refusal(path))


def test_malformed_json_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.jsonl", json.dumps(CRANE) + '\n{"request": \n')

    error = refusal(path)

    assert error.line == 2
    assert "not valid JSON" in str(error)


def test_a_json_document_is_told_from_json_lines(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.jsonl", json.dumps([CRANE], indent=1))

    assert "one JSON object on each line was expected" in str(refusal(path))


def test_a_json_list_on_a_line_is_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.jsonl", json.dumps([CRANE]))

    assert "line 1: a JSON list" in str(refusal(path))


def test_shift_jis_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes("request,language\n折り鶴の折り方を教えてください。,ja\n".encode("cp932"))

    error = refusal(path)

    assert error.line == 2
    assert "Shift-JIS (cp932)" in str(error)
    assert "UTF-8" in str(error)


def test_utf_16_is_recognised(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes("request,language\nFold.,en\n".encode("utf-16"))

    assert "line 1: byte 0xff" in str(refusal(path))
    assert "looks like UTF-16" in str(refusal(path))


def test_any_other_encoding_names_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_bytes("request,language\nUn papier plié,fr\n".encode("latin-1"))

    assert "line 2: byte 0xe9 at position 14 is not UTF-8. Save" in str(refusal(path))


def test_a_missing_request_lists_the_columns_and_the_way_out(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, {"prompt": "Fold.", "language": "en"}))

    assert "no column for the request" in str(error)
    assert "Columns here: prompt, language" in str(error)
    assert "request=COLUMN" in str(error)


def test_a_missing_language_says_how_to_give_one(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, {"request": "Fold."}))

    assert "line 1: the language is not given. Columns here: request." in str(error)
    assert "language==ja" in str(error)


def test_a_mapped_column_that_is_not_there_lists_the_columns(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, CRANE), request="prompt")

    assert "no column “prompt”, which was named for “request”" in str(error)
    assert "Columns here: request, language" in str(error)


def test_a_mapping_of_an_unknown_field_names_near_misses(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match=r"Unknown item field “guideline”.*“guidelines”"):
        load(str(write_jsonl(tmp_path, CRANE)), mapping={"guideline": "g"})


@pytest.mark.parametrize("text", ["", "  \n"])
def test_an_empty_request_is_refused_with_its_line(tmp_path: Path, text: str) -> None:
    error = refusal(write_jsonl(tmp_path, CRANE, {**BOAT, "request": text}))

    assert error.line == 2
    assert "is empty; a text was expected" in str(error)


def test_a_gap_between_turns_is_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.csv", "turn_1,turn_2,turn_3,language\nHi.,,Fold.,en\n")

    assert "line 2: turn 2 is empty" in str(refusal(path))


def test_a_request_that_is_given_twice_is_refused_unless_one_is_named(tmp_path: Path) -> None:
    path = write_jsonl(tmp_path, {**CRANE, "turns": ["Fold a boat."]})

    assert "given twice" in str(refusal(path))
    assert items_of(path, turns="turns")[0].turns == ("Fold a boat.",)


@pytest.mark.parametrize("turns", ["Fold.", [], 3, {"role": "user"}, [3]])
def test_turns_that_are_no_list_of_texts_are_refused(tmp_path: Path, turns: object) -> None:
    error = refusal(write_jsonl(tmp_path, {"turns": turns, "language": "en"}), turns="turns")

    assert "expected" in str(error)
    assert error.line == 1


def test_a_label_of_the_wrong_kind_is_refused(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, {**CRANE, "source": ["a"]}))

    assert "“source” holds list" in str(error)


def test_half_a_surrogate_pair_is_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.jsonl", '{"request": "Fold \\ud800.", "language": "en"}')

    assert "line 1: not valid JSON" in str(refusal(path))


@pytest.mark.parametrize(("found", "meant"), [("jp", "“ja”"), ("English", "“en”"), ("?", "“en”")])
def test_a_wrong_language_code_says_what_was_meant(tmp_path: Path, found: str, meant: str) -> None:
    error = refusal(write_jsonl(tmp_path, {**CRANE, "language": found}))

    assert f"the language “{found}” is no language code" in str(error)
    assert meant in str(error)


def test_an_unknown_perspective_names_near_misses(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, CRANE, {**BOAT, "perspective": "clinical"}))

    assert error.line == 2
    assert "Unknown perspective “clinical”. Did you mean “clinician”?" in str(error)


def test_an_unknown_intent_lists_the_known_ones(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, {**CRANE, "intent": "evil"}))

    assert "Known: benign, harmful" in str(error)


def test_an_unknown_guideline_names_near_misses_and_sets(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, {**CRANE, "guidelines": ["ama-2001/4", "ama2001/5"]}))

    assert error.line == 1
    assert "Unknown guideline “ama2001/5”. Did you mean “ama-2001/5”" in str(error)
    assert "patient-safety" in str(error)


def test_an_item_that_stands_twice_is_refused_with_both_lines(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, CRANE, BOAT, {**CRANE, "name": "again"}))

    assert error.line == 3
    assert "the same item as in line 1" in str(error)


def test_a_ragged_row_is_refused_with_its_line(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.csv", "request,language\nFold a crane, please.,en\n")

    error = refusal(path)

    assert error.line == 2
    assert "3 cells found, 2 expected" in str(error)


def test_a_column_that_stands_twice_is_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.csv", "request,request\na,b\n")

    assert "the column “request” stands twice" in str(refusal(path))


def test_another_separator_is_recognised(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.csv", "request;language\nFold.;en\n")

    assert "The separator must be a comma" in str(refusal(path))


def test_a_terminal_escape_in_a_file_is_made_visible(tmp_path: Path) -> None:
    error = refusal(write_jsonl(tmp_path, {**CRANE, "perspective": "\x1b[31mred"}))

    assert "\x1b" not in str(error)


def test_a_file_that_is_no_parquet_is_refused(tmp_path: Path) -> None:
    path = write_text(tmp_path, "mine.parquet", "request,language\n")

    assert "not a readable parquet file" in str(refusal(path))


def test_a_parquet_row_is_named_by_its_number(tmp_path: Path) -> None:
    path = tmp_path / "mine.parquet"
    parquet.write_table(pa.Table.from_pylist([CRANE, {**BOAT, "language": None}]), path)

    error = refusal(path)

    assert "row 2: the language is not given" in str(error)
    assert error.line is None


def test_parquet_without_its_extra_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.parquet"
    parquet.write_table(pa.Table.from_pylist([CRANE]), path)
    monkeypatch.setitem(sys.modules, "pyarrow", None)

    with pytest.raises(UserError, match=r"needs the extra “parquet”.*primum\[parquet\]"):
        load(str(path))
