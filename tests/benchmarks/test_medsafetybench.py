"""MedSafetyBench: the views of the real data, and what malformed data are told."""

from __future__ import annotations

import hashlib
from collections import Counter
from pathlib import Path

import pytest
from tests.benchmarks.conftest import rows_of, write_rows

from primum.benchmarks.benchmark import LoadReport, LoadTally
from primum.benchmarks.catalogue import load
from primum.benchmarks.medsafetybench import (
    FOLDER_VARIABLE,
    PublishedData,
    publication,
)
from primum.benchmarks.published_file import PublishedFile
from primum.benchmarks.twins import leaks, near_twins
from primum.core.errors import DataError, UnknownNameError, UserError

PUBLISHED_GPT4 = dict.fromkeys(range(1, 10), 50)
PUBLISHED_LLAMA2 = dict(zip(range(1, 10), (59, 57, 31, 56, 50, 24, 61, 64, 48), strict=True))
TEST_1 = next(file for file in publication().file if "test/gpt4" in file.path)


# The real data


@pytest.mark.medsafetybench
@pytest.mark.parametrize(
    ("view", "count"),
    [
        ("test", 900),
        ("train", 900),
        ("test-gpt4", 450),
        ("test-llama2", 450),
        ("test-minus-twins", 813),
    ],
)
def test_a_view_holds_its_published_number_of_items(real_data: Path, view: str, count: int) -> None:
    benchmark = load(f"medsafetybench:{view}", path=real_data)

    items = list(benchmark.items())

    assert len(items) == len({item.id for item in items}) == benchmark.count == count
    assert benchmark.version == "191aa79"
    assert benchmark.name == f"medsafetybench:{view}"


@pytest.mark.medsafetybench
@pytest.mark.parametrize("view", ["test", "train"])
def test_rows_per_principle_are_the_published_ones(real_data: Path, view: str) -> None:
    counts = Counter(
        (item.source, item.guidelines[0])
        for item in load(f"medsafetybench:{view}", path=real_data).items()
    )

    for source, published in (("gpt4", PUBLISHED_GPT4), ("llama2", PUBLISHED_LLAMA2)):
        assert {k: counts[source, f"ama-2001/{k}"] for k in range(1, 10)} == published


@pytest.mark.medsafetybench
def test_an_item_knows_where_it_comes_from(real_data: Path) -> None:
    item = next(load("medsafetybench", path=real_data).items())

    assert (item.split, item.source, item.guidelines) == ("test", "gpt4", ("ama-2001/1",))
    assert (item.perspective, item.intent, item.language) == ("clinician", "harmful", "en")
    assert item.provenance == "datasets/test/gpt4/med_safety_demonstrations_category_1.csv:0"
    assert item.licence == "MIT"
    assert item.reference.startswith("I'm sorry")


@pytest.mark.medsafetybench
def test_near_twins_are_the_published_number(real_data: Path) -> None:
    test = list(load("medsafetybench:test", path=real_data).items())
    train = list(load("medsafetybench:train", path=real_data).items())

    pairs = near_twins(test, train, 0.7)
    twins = {pair.a.id: pair.a.source for pair in pairs}

    assert len(pairs) == 116
    assert sum(pair.jaccard >= 0.8 for pair in pairs) == len(near_twins(test, train, 0.8)) == 42
    assert sum(pair.jaccard >= 0.9 for pair in pairs) == len(near_twins(test, train, 0.9)) == 6
    assert Counter(twins.values()) == {"llama2": 83, "gpt4": 4}
    assert len(near_twins(test, None, 0.7)) + len(near_twins(train, None, 0.7)) == 108


@pytest.mark.medsafetybench
def test_the_view_without_twins_says_what_it_left_out(real_data: Path) -> None:
    benchmark = load("medsafetybench:test-minus-twins", path=real_data)

    assert benchmark.report == LoadReport(read=900, kept=813, dropped={"near_twin": 87}, changed={})
    assert {item.split for item in benchmark.items()} == {"test"}


@pytest.mark.medsafetybench
def test_the_llama3_view_is_cleaned_and_every_line_accounted_for(real_data: Path) -> None:
    """73,360 texts differ once the mark is gone and case is folded; 148 of them are loops."""
    benchmark = load("medsafetybench:llama3", path=real_data)

    assert benchmark.report == LoadReport(
        read=74_374,
        kept=73_212,
        dropped={"loop": 150, "duplicate": 1_012},
        changed={"end_mark": 981},
    )
    assert not any(
        "<|eot_id|>" in item.turns[0] or len(item.turns[0].split()) > 60
        for item in benchmark.items()
    )


@pytest.mark.medsafetybench
def test_llama3_lines_that_leak_into_the_splits_are_found(real_data: Path) -> None:
    views = [load(f"medsafetybench:{view}", path=real_data) for view in ("test", "train")]
    extra = load("medsafetybench:llama3", path=real_data)

    found = leaks((item for view in views for item in view.items()), extra.items())

    assert Counter(leak.item.split for leak in found) == {"test": 14, "train": 10}
    assert {leak.item.source for leak in found} == {"llama2"}


@pytest.mark.medsafetybench
def test_every_file_is_byte_for_byte_the_published_one(real_data: Path) -> None:
    assert all(file.matches(real_data / file.path) for file in publication().file)


def test_the_table_of_published_files_is_whole() -> None:
    files = publication().file

    assert Counter((file.split, file.source) for file in files) == dict.fromkeys(
        [
            ("train", "gpt4"),
            ("train", "llama2"),
            ("test", "gpt4"),
            ("test", "llama2"),
            ("extra", "llama3"),
        ],
        9,
    )
    assert sum(file.rows for file in files if file.source == "llama3") == 74_374
    assert sum(file.rows for file in files if file.split == "test") == 900
    assert publication().commit.startswith("191aa79")


# Where the data are


def test_the_folder_may_be_datasets_itself(stand_in: Path) -> None:
    outer, inner = (
        load("medsafetybench", path=stand_in),
        load("medsafetybench", path=stand_in / "datasets"),
    )

    assert outer.fingerprint == inner.fingerprint
    assert outer.count == 900


def test_the_folder_may_be_named_in_the_environment(
    stand_in: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(stand_in))

    assert load("medsafetybench:test-gpt4").count == 450


def test_files_that_are_not_the_published_ones_mark_the_version(stand_in: Path) -> None:
    assert load("medsafetybench", path=stand_in).version == "191aa79+modified"


def test_items_can_be_read_again(stand_in: Path) -> None:
    benchmark = load("medsafetybench:train", path=stand_in)

    assert list(benchmark.items()) == list(benchmark.items())


def test_a_folder_without_the_layout_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no folder “datasets”.*published layout"):
        load("medsafetybench", path=tmp_path)


def test_a_wrong_folder_in_the_environment_is_named_with_its_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "none"))

    with pytest.raises(DataError, match=f"named by {FOLDER_VARIABLE}.*is not a folder"):
        load("medsafetybench")


def test_missing_files_are_counted_and_the_first_named(stand_in: Path) -> None:
    (stand_in / TEST_1.path).unlink()

    with pytest.raises(DataError, match=r"1 of 18 files are missing.*category_1\.csv"):
        load("medsafetybench", path=stand_in)


def test_an_unknown_view_names_near_misses() -> None:
    with pytest.raises(UnknownNameError, match=r"view of medsafetybench “test-gpt”.*“test-gpt4”"):
        load("medsafetybench:test-gpt")


def test_a_column_mapping_is_refused() -> None:
    with pytest.raises(UserError, match="has its own form"):
        load("medsafetybench", mapping={"request": "prompt"})


# Malformed files


def refusal(folder: Path, view: str = "test") -> DataError:
    with pytest.raises(DataError) as caught:
        list(load(f"medsafetybench:{view}", path=folder).items())
    assert TEST_1.path in str(caught.value)
    return caught.value


def test_a_wrong_header_is_refused(stand_in: Path) -> None:
    path = stand_in / TEST_1.path
    path.write_text(path.read_text().replace("harmful_medical_request", "request", 1))

    error = refusal(stand_in)

    assert error.line == 1
    assert "the header is “,request,safe_response”" in str(error)


def test_an_empty_file_is_refused(stand_in: Path) -> None:
    (stand_in / TEST_1.path).write_text("")

    assert "the header is “”" in str(refusal(stand_in))


def test_a_file_that_is_cut_short_is_refused_with_both_counts(stand_in: Path) -> None:
    write_rows(stand_in, TEST_1, rows_of(TEST_1)[:-1])

    assert "49 requests found, 50 expected" in str(refusal(stand_in))


def test_a_doubled_row_is_refused_with_its_line(stand_in: Path) -> None:
    rows = rows_of(TEST_1)
    write_rows(stand_in, TEST_1, [*rows[:5], rows[4], *rows[5:-1]])

    error = refusal(stand_in)

    assert error.line == 7
    assert "the index column holds “4”, 5 was expected" in str(error)


def test_a_ragged_row_is_refused_with_its_line(stand_in: Path) -> None:
    rows = rows_of(TEST_1)
    rows[2] += ",more"
    write_rows(stand_in, TEST_1, rows)

    error = refusal(stand_in)

    assert error.line == 4
    assert "4 cells found, 3 expected" in str(error)


def test_an_empty_cell_is_refused_with_its_line_and_column(stand_in: Path) -> None:
    rows = rows_of(TEST_1)
    rows[0] = "0,How is paper folded?,"
    write_rows(stand_in, TEST_1, rows)

    error = refusal(stand_in)

    assert error.line == 2
    assert "the cell “safe_response” is empty" in str(error)


def test_another_encoding_is_refused_with_its_line(stand_in: Path) -> None:
    path = stand_in / TEST_1.path
    path.write_bytes(path.read_bytes().replace(b"paper sheet 3", "papier plié".encode("cp1252")))

    error = refusal(stand_in)

    assert error.line == 5
    assert "is not UTF-8" in str(error)


def test_an_unclosed_quote_is_refused_with_the_line_it_starts_on(stand_in: Path) -> None:
    rows = rows_of(TEST_1)
    rows[9] = '9,"How is paper folded?,Gladly.'
    write_rows(stand_in, TEST_1, rows)

    error = refusal(stand_in)

    assert error.line == 11
    assert "quote" in str(error)


# The llama3 form, on harmless lines


def generated(folder: Path, lines: list[str], rows: int | None = None) -> PublishedData:
    text = "\n".join([*lines, ""])
    path = folder / "category_1.txt"
    path.write_text(text, encoding="utf-8")
    file = PublishedFile(
        path=path.name,
        split="extra",
        source="llama3",
        category=1,
        rows=len(lines) if rows is None else rows,
        bytes=len(text.encode()),
        sha256=hashlib.sha256(text.encode()).hexdigest(),
    )
    return PublishedData(folder, (file,))


def test_marks_loops_and_duplicates_are_taken_out_and_counted(tmp_path: Path) -> None:
    tally = LoadTally()
    data = generated(
        tmp_path,
        [
            "Fold a paper crane.",
            "Fold a paper boat.<|eot_id|>",
            "fold a paper crane",
            "<|eot_id|>",
            " ".join(["fold"] * 61),
            " ".join(["fold"] * 60),
        ],
    )

    items = list(data.items(tally))

    assert [item.turns[0] for item in items[:2]] == ["Fold a paper crane.", "Fold a paper boat."]
    assert len(items[2].turns[0].split()) == 60
    assert items[1].provenance == "category_1.txt:1"
    assert tally.report(len(items)) == LoadReport(
        read=6,
        kept=3,
        dropped={"duplicate": 1, "empty": 1, "loop": 1},
        changed={"end_mark": 2},
    )


def test_a_text_file_with_another_number_of_lines_is_refused_before_any_item(
    tmp_path: Path,
) -> None:
    data = generated(tmp_path, ["Fold a paper crane."], rows=2)

    with pytest.raises(DataError, match="1 requests found, 2 expected"):
        next(data.items(LoadTally()))


def test_lines_are_read_as_items_are_taken(tmp_path: Path) -> None:
    """The published file is large; it must never be in memory as a whole."""
    tally = LoadTally()
    stream = generated(tmp_path, [f"Fold sheet {number}." for number in range(50)]).items(tally)

    next(stream)

    assert tally.read == 1
