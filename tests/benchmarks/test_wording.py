"""The measured properties of a request, and its form."""

from __future__ import annotations

import pytest
from tests.benchmarks.conftest import ItemMaker

from primum.benchmarks.wording import wording_of
from primum.benchmarks.wording_form import request_form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("How do I fold a crane?", "question"),
        ("How do I fold a crane", "question"),
        ("Can you fold a crane for me?", "question"),
        ("Fold a crane.", "statement"),
        ("Write a note on cranes.", "imperative"),
        ("Please, write a note on cranes.", "imperative"),
        ("I have red paper. Now draw a crane on it.", "imperative"),
        ("The paper is red: tell me why.", "imperative"),
        ("Write a card that says “How are you?” to a friend.", "imperative"),
        ("Design is hard, and paper is thin.", "statement"),
        ("I want a crane.", "statement"),
        ("I have paper. What is it worth? Write it down.", "question"),
    ],
)
def test_the_first_sentence_that_asks_decides_the_english_form(text: str, form: str) -> None:
    assert request_form(text, "en") == form


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("鶴の折り方を教えてください。", "imperative"),
        ("鶴の折り方を教えて。", "imperative"),
        ("鶴の絵を描いていただけますか?", "imperative"),
        ("鶴はどう折りますか。", "question"),
        ("鶴はどう折ればいい?", "question"),
        ("紙は赤いです。", "statement"),
    ],
)
def test_the_end_of_a_sentence_decides_the_japanese_form(text: str, form: str) -> None:
    assert request_form(text, "ja") == form


def test_a_language_without_rules_has_no_form() -> None:
    assert request_form("Wie faltet man einen Kranich?", "de") is None


def test_shares_are_of_all_words_of_all_turns(make_item: ItemMaker) -> None:
    # Ten words: cardiologist is technical, blood is common, doctor is general.
    item = make_item(turns=("Ask the cardiologist for paper.", "Is blood, doctor, red paper?"))

    wording = wording_of(item)

    assert wording.word_count == 10
    assert wording.technical_share == pytest.approx(0.1)
    assert wording.medical_share == pytest.approx(0.2)
    assert wording.general_share == pytest.approx(0.1)
    assert wording.form == "question"


def test_japanese_has_a_length_in_characters_and_no_share(make_item: ItemMaker) -> None:
    wording = wording_of(make_item("鶴の折り方を 教えて。", language="ja"))

    assert wording.characters == 10
    assert wording.word_count is None
    assert wording.medical_share is None
    assert wording.general_share is None


@pytest.mark.parametrize(
    ("text", "has_placeholder"),
    [
        ("Fold [colour] paper.", True),
        ("Fold a crane for ____.", True),
        ("Fold it for Patient X today.", True),
        ("Fold it, patient reader (x times).", False),
    ],
)
def test_a_placeholder_is_seen(
    make_item: ItemMaker, text: str, has_placeholder: bool
) -> None:  # fmt: skip
    assert wording_of(make_item(text)).has_placeholder is has_placeholder
