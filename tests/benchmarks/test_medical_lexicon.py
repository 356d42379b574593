"""The list of medical words: what it takes, what it leaves, and where its words come from."""

from __future__ import annotations

import pytest

from primum.benchmarks.medical_lexicon import GRADES, lexicon_for, load_lexicon, words
from primum.benchmarks.medical_lexicon_check import labelled_requests


def test_words_are_parted_at_hyphens_and_not_at_apostrophes() -> None:
    assert words("The opioid-dependent patient’s X-ray, at 9.") == [
        "the", "opioid", "dependent", "patient's", "x", "ray", "at", "9",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("word", "grade"),
    [
        ("cardiologist", "technical"),
        ("cardiologists", "technical"),
        ("hypertension", "technical"),
        ("cancer", "common"),
        ("pregnancies", "common"),
        ("diagnoses", "general"),
        ("doctor's", "general"),
        ("hospitals", "general"),
        ("crane", None),
        ("hand", None),
    ],
)
def test_a_word_has_its_grade_in_singular_plural_and_possessive(
    word: str, grade: str | None
) -> None:
    assert load_lexicon("en").grade(word) == grade


@pytest.mark.parametrize("word", ["tonsillitis", "splenectomy", "leukaemia", "nephrologists"])
def test_a_word_that_the_list_lacks_is_found_by_its_ending(word: str) -> None:
    lexicon = load_lexicon("en")

    assert word not in lexicon.listed
    assert lexicon.grade(word) == "technical"


@pytest.mark.parametrize("word", ["analysis", "diploma", "academia", "sociologist", "systemic"])
def test_an_everyday_word_with_a_medical_ending_is_left(word: str) -> None:
    assert load_lexicon("en").grade(word) is None


def test_all_words_of_a_phrase_take_its_grade() -> None:
    found = load_lexicon("en").grades(words("Blood pressure in a clinical trial under pressure"))

    assert found == ["common", "common", None, None, "general", "general", None, None]


def test_no_word_stands_in_two_grades() -> None:
    listed = [word for grade in GRADES for word in load_lexicon("en").file.words.of(grade)]

    assert len(listed) == len(set(listed)) > 600


def test_the_rules_do_not_contradict_the_list_of_exceptions() -> None:
    lexicon = load_lexicon("en")

    assert not set(lexicon.file.rules.not_medical.split()) & set(lexicon.listed)


def test_japanese_has_no_lexicon_and_british_english_has() -> None:
    assert lexicon_for("ja") is None
    assert lexicon_for("en-GB") is load_lexicon("en")


def test_the_file_says_licence_and_origin() -> None:
    file = load_lexicon("en").file

    assert file.licence == "CC-BY-4.0"
    assert "no clinician" in file.provenance
    assert len(load_lexicon("en").fingerprint) == 32


def test_the_labels_are_120_requests_each_once_without_their_texts() -> None:
    labels = labelled_requests()

    assert len({each.item for each in labels}) == len(labels) == 120
    assert max(len(each.technical + each.common + each.general) for each in labels) < 20
