"""Wording and source of the requests in a study's report: folded, as an association, or not there."""

import json
from dataclasses import replace

import pytest
from tests.reporting.sample_leaderboard import CORE, FULL, HOSTILE_LABEL, sample_leaderboard

from primum.core.study import StudyWording, WordingSlope
from primum.reporting.catalogue import load_catalogue
from primum.reporting.study_html import render_study_html
from primum.reporting.study_machine import study_to_json
from primum.reporting.study_page import study_sections
from primum.reporting.study_words import study_words

WORDS = WordingSlope(
    "words", 10, "", "", -0.062, -0.11, -0.01, 0.02, 0.08, -0.1, -0.2, -0.02, -0.05, -0.1, 0.01, 118
)
SOURCES = WordingSlope(
    "source", 1, "gpt4", HOSTILE_LABEL, 0.2, 0.1, 0.3, 0.01, None, 0.3, 0.2, 0.4, None, None, None, 90
)  # fmt: skip
WORDING = StudyWording(
    f"{CORE}:{FULL.id}", "en", 3, 120, 118, 2, ("guideline", "source"), True, (WORDS, SOURCES)
)
STUDY = replace(sample_leaderboard(3), wording=(WORDING,))


def test_properties_and_sources_stand_folded_with_adjusted_and_plain_intervals() -> None:
    sections = study_sections(study_words(STUDY, load_catalogue("en")))
    section = next(one for one in sections if one.id == "wording")
    properties, sources = section.parts[0].tables

    assert section.fold
    assert "not an effect" in section.note
    assert "screen that looks for words" in section.note
    assert properties.rows[0].cells == (
        "10 words more", "−6.2\n[−11.0, −1.0]", "−10.0\n[−20.0, −2.0]", "−5.0\n[−10.0, +1.0]",
        "0.080", "118",
    )  # fmt: skip
    assert "Adjusted for: guideline, source." in properties.note
    assert sources.rows[0].cells[0] == f"gpt4 − {HOSTILE_LABEL}"
    assert sources.rows[0].cells[3] == "–"


@pytest.mark.parametrize("language", ["en", "ja"])
def test_names_of_sources_are_escaped(language: str) -> None:
    text = render_study_html(STUDY, language)

    assert 'id="wording"' in text
    assert "<b>bold</b>" not in text


def test_a_study_whose_requests_cannot_tell_has_no_such_section() -> None:
    study = sample_leaderboard(3)

    assert 'id="wording"' not in render_study_html(study, "en")
    assert json.loads(study_to_json(study))["wording"] == []


def test_json_has_the_figures() -> None:
    (one,) = json.loads(study_to_json(STUDY))["wording"]

    assert one["models"] == 3
    assert one["slopes"][1]["first"] == "gpt4"
    assert one["slopes"][0]["plain_low"] == -0.2
