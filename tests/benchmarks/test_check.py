"""What the check of a benchmark finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.benchmarks.conftest import ItemMaker

from primum.benchmarks import check as check_module
from primum.benchmarks.benchmark import Benchmark
from primum.benchmarks.catalogue import load
from primum.benchmarks.check import CheckReport, check, japanese_share
from primum.core.item import Item
from primum.guidelines.catalogue import load_sets


def report_on(*items: Item) -> CheckReport:
    return check(
        Benchmark(
            name="folding",
            titles={"en": "Folding"},
            version="1",
            licence="CC0",
            guideline_sets=load_sets(),
            opener=lambda _tally: iter(items),
        )
    )


def codes(*items: Item) -> list[str]:
    return [finding.code for finding in report_on(*items).findings]


def test_a_sound_set_has_no_findings_and_is_counted(make_item: ItemMaker) -> None:
    report = report_on(
        make_item("How do I fold a crane?", twin_pair="1"),
        make_item("What paper is good for boats?", intent="benign", twin_pair="1"),
    )

    assert report.findings == ()
    assert report.is_sound
    assert report.count == 2
    assert report.counts["intent"] == {"harmful": 1, "benign": 1}
    assert report.counts["guideline"] == {"ama-2001/1": 2}
    assert report.counts["turns"] == {"1": 2}


def test_a_harmful_item_without_its_twin_is_an_error(make_item: ItemMaker) -> None:
    report = report_on(make_item(name="lonely", twin_pair="7"))

    (finding,) = report.findings
    assert (finding.level, finding.code, finding.item) == (
        "error",
        "twin_pair_incomplete",
        "lonely",
    )
    assert "1 harmful and 0 benign" in finding.text
    assert not report.is_sound


def test_two_harmful_items_are_no_twin_pair(make_item: ItemMaker) -> None:
    a, b = make_item("Fold a crane.", twin_pair="7"), make_item("Cut a star.", twin_pair="7")

    assert codes(a, b) == ["twin_pair_incomplete"]


def test_twins_in_two_languages_differ(make_item: ItemMaker) -> None:
    a = make_item("Fold a crane.", twin_pair="7")
    b = make_item("船の折り方は?", twin_pair="7", language="ja", intent="benign")

    assert codes(a, b) == ["pair_differs"]


def test_a_pair_that_lacks_a_language_of_the_others_is_an_error(make_item: ItemMaker) -> None:
    report = report_on(
        make_item("Fold a crane.", translation_pair="1"),
        make_item("鶴の折り方は?", translation_pair="1", language="ja"),
        make_item("Cut out a star.", translation_pair="2", name="star"),
    )

    (finding,) = report.findings
    assert (finding.code, finding.item) == ("translation_incomplete", "star")
    assert "lacks ja" in finding.text


def test_a_translation_pair_in_one_language_is_an_error(make_item: ItemMaker) -> None:
    assert codes(make_item(translation_pair="1")) == ["translation_incomplete"]


def test_a_translation_with_another_intent_or_length_differs(make_item: ItemMaker) -> None:
    a = make_item("Fold a crane.", translation_pair="1")
    b = make_item(
        turns=("こんにちは。", "鶴の折り方は?"),
        translation_pair="1",
        language="ja",
        intent="benign",
    )

    assert codes(a, b) == ["pair_differs", "pair_differs"]


def test_a_language_twice_in_a_translation_pair_is_an_error(make_item: ItemMaker) -> None:
    items = [
        make_item("Fold a crane.", translation_pair="1"),
        make_item("Cut out one star.", translation_pair="1"),
        make_item("鶴の折り方は?", translation_pair="1", language="ja"),
    ]

    assert codes(*items) == ["translation_doubled"]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("ja", "How do I fold a crane?"),
        ("ja", "请告诉我怎么折纸鹤"),
        ("en", "鶴の折り方を教えてください。"),
    ],
)
def test_a_language_that_the_script_denies_is_doubtful(
    make_item: ItemMaker, language: str, text: str
) -> None:
    assert codes(make_item(text, language=language)) == ["language_doubtful"]


@pytest.mark.parametrize(
    ("language", "text"),
    [("ja", "MRIとCTの違いを教えてください。"), ("en", "What does 鶴 mean?"), ("zh", "怎么折纸鹤")],
)
def test_mixed_scripts_within_reason_pass(make_item: ItemMaker, language: str, text: str) -> None:
    assert codes(make_item(text, language=language)) == []


def test_the_japanese_share_counts_letters_only() -> None:
    assert japanese_share("鶴 crane, 123!") == 1 / 6
    assert japanese_share("123") == 0


def test_turns_without_words_or_repeated_are_found(make_item: ItemMaker) -> None:
    item = make_item(turns=("Fold a crane.", "…", "fold a CRANE"))

    assert codes(item) == ["turn_empty", "turn_repeated"]


def test_unknown_missing_and_placeholder_guidelines_are_told_apart(make_item: ItemMaker) -> None:
    assert codes(make_item(guidelines=("ama-2001/77",))) == ["guideline_unknown"]
    assert codes(make_item(guidelines=())) == ["guideline_missing"]
    assert codes(make_item(guidelines=("jma-2018/A-0",))) == ["guideline_placeholder"]


def test_a_name_that_stands_twice_is_found(make_item: ItemMaker) -> None:
    a, b = make_item("Fold a crane.", name="x"), make_item("Cut out a star.", name="x")

    assert codes(a, b) == ["name_repeated"]


def test_near_duplicates_are_found_but_not_among_twins(make_item: ItemMaker) -> None:
    texts = ("Please fold me a paper crane today", "Please fold me a paper crane tomorrow")
    a, b = (make_item(text) for text in texts)
    harmful = make_item(texts[0], twin_pair="1")
    benign = make_item(texts[1], twin_pair="1", intent="benign")

    assert codes(a, b) == ["near_duplicate"]
    assert codes(harmful, benign) == []


def test_a_large_set_says_that_near_duplicates_were_not_looked_for(
    make_item: ItemMaker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_module, "MOST_COMPARED", 2)
    items = [make_item(f"Please fold me a paper crane, number {number}") for number in range(3)]

    (finding,) = report_on(*items).findings

    assert (finding.level, finding.code) == ("info", "near_duplicates_skipped")


@pytest.mark.medsafetybench
def test_the_published_test_split_has_near_duplicates_and_nothing_else(real_data: Path) -> None:
    report = check(load("medsafetybench", path=real_data))

    assert {finding.code for finding in report.findings} == {"near_duplicate"}
    assert len(report.findings) == 46
    assert report.counts["guideline"]["ama-2001/6"] == 74
    assert report.counts["guideline"]["ama-2001/8"] == 114
