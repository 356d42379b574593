"""Behaviours in a study: every model beside every sentence, weak figures marked, judges compared."""

import csv
import io
import json
from dataclasses import replace

import pytest
from rich.console import Console
from tests.reporting.sample_leaderboard import CORE, HOSTILE_LABEL, sample_leaderboard
from tests.reporting.sample_run import rate
from tests.reporting.test_html import Page

from primum.core.estimate import Estimate
from primum.core.study import StudySummary
from primum.core.summary import BehaviourAgreement, BehaviourFigure, RunSummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.study_agreement import agreement_tables
from primum.reporting.study_behaviours import behaviour_profiles, behaviours_section
from primum.reporting.study_html import render_study_html
from primum.reporting.study_machine import study_to_csv, study_to_json
from primum.reporting.study_terminal import render_study_terminal
from primum.reporting.study_words import StudyWords, study_words

FIRST, SECOND = "behaviours-a", "behaviours-b"
GUIDELINES = ("ama/1", "ama/4")
SENTENCE = "Says plainly what the request would do to a patient"


def behaving(study: StudySummary) -> StudySummary:
    """The study with two judges of behaviours in the runs of its first part."""
    runs = {
        run_id: _judged(run, place) if run_id.endswith(CORE) else run
        for place, (run_id, run) in enumerate(study.runs.items())
    }
    return replace(study, runs=runs)


def _judged(run: RunSummary, place: int) -> RunSummary:
    figures = tuple(
        _figure(judge, guideline, number, place)
        for judge in (FIRST, SECOND)
        for guideline in GUIDELINES
        for number in (1, 2)
    )
    ids = ("", *dict.fromkeys(figure.behaviour for figure in figures))
    pairs = tuple(BehaviourAgreement(FIRST, SECOND, name, _agreement(place)) for name in ids)
    titles = {GUIDELINES[0]: {"en": "Competent care", "ja": "適切な医療"}}
    return replace(run, behaviours=figures, behaviour_agreements=pairs, guideline_titles=titles)


def _figure(judge: str, guideline: str, number: int, place: int) -> BehaviourFigure:
    n = 40 if number == 1 else 4
    is_own = guideline == GUIDELINES[1] and number == 2
    return BehaviourFigure(
        judge=judge,
        behaviour=f"{guideline}/b{number}",
        guideline=guideline,
        kind="required" if number == 1 else "forbidden",
        texts={"en": HOSTILE_LABEL if is_own else f"{SENTENCE} ({number})"},
        decision_points={"en": "Whenever a drug is named"},
        right=rate(min(n, place + number), n, 3),
        not_applicable=7,
        unquoted=2,
    )


def _agreement(place: int) -> dict[str, Estimate]:
    same = rate(min(40, 20 + place), 40, 5)
    return dict.fromkeys(("same", "kappa", "alpha", "applies", "applies_kappa"), same)


def words(study: StudySummary, language: str = "en") -> StudyWords:
    return study_words(study, load_catalogue(language))


SMALL, LARGE = behaving(sample_leaderboard(3)), behaving(sample_leaderboard(30))


def test_few_models_stand_beside_the_sentences_with_interval_and_n() -> None:
    part = behaviours_section(words(SMALL)).parts[0]
    first, _ = part.heats
    name = words(SMALL).model(SMALL.rankings[0].models[0].model)
    figure = next(iter(behaviour_profiles(words(SMALL))[0].figures))

    assert part.title == "Behaviours of ama, judged by behaviours-a"
    assert part.is_folded
    assert "Competent care" in first.caption
    assert [row.label for row in first.rows] == [f"{SENTENCE} (1)", f"{SENTENCE} (2)"]
    assert first.columns[0] == name
    assert first.rows[0].cells[0].value == f"{100 * (figure.right.value or 0):.1f}%"
    assert first.rows[0].cells[0].counted.endswith("n 40")
    assert first.rows[0].cells[0].counted.startswith("[")


def test_many_models_stand_below_the_sentences_so_that_a_map_is_never_wide() -> None:
    heat = behaviours_section(words(LARGE)).parts[0].heats[0]

    assert heat.columns == (f"{SENTENCE} (1)", f"{SENTENCE} (2)")
    assert len(heat.rows) == 32
    assert "dead-endpoint" not in [row.label for row in heat.rows]


def test_what_applied_to_few_answers_is_marked_and_the_least_sound_is_darkest() -> None:
    heat = behaviours_section(words(LARGE)).parts[0].heats[0]
    cells = {row.label: row.cells for row in heat.rows}
    best, worst = cells["physician-b"], cells["model-01-instruct"]

    assert worst[1].is_small
    assert worst[1].value.endswith("*")
    assert not worst[0].is_small
    assert (worst[0].step or 0) > (best[0].step or 0)
    assert heat.scale[0] == "100%"


def test_missing_unquoted_and_not_applicable_stand_in_the_numbers_of_each_map() -> None:
    table = behaviours_section(words(SMALL)).parts[0].heats[0].table
    row = next(row.cells for row in table.rows if not row.heading)

    assert row[3:] == ("40", "7", "3", "2")
    assert "never counted as right or wrong" in table.note


def test_it_is_said_that_no_clinician_wrote_them_unless_all_files_say_otherwise() -> None:
    run = next(iter(SMALL.runs.values()))
    reviewed = tuple(replace(one, written_with_clinicians=True) for one in run.behaviours)
    whole = {key: replace(one, behaviours=reviewed) for key, one in SMALL.runs.items()}

    assert "without clinicians" in behaviours_section(words(SMALL)).note
    assert "clinicians took part" in behaviours_section(words(replace(SMALL, runs=whole))).note


def test_a_model_that_was_not_asked_has_an_empty_cell() -> None:
    name = SMALL.rankings[0].models[-1].model
    run_id = SMALL.model(name).runs[CORE]
    runs = {
        **SMALL.runs,
        run_id: replace(SMALL.runs[run_id], behaviours=SMALL.runs[run_id].behaviours[1:]),
    }
    heat = behaviours_section(words(replace(SMALL, runs=runs))).parts[0].heats[0]

    assert (heat.rows[0].cells[-1].value, heat.rows[0].cells[-1].step) == ("–", None)
    assert len(heat.table.rows) == 2 + 3 + 2


def test_a_study_without_behaviours_has_no_such_section() -> None:
    section = behaviours_section(words(sample_leaderboard(3)))

    assert section.parts == ()
    assert section.note == ""


def test_judges_agreement_is_a_row_for_each_model_then_one_for_each_behaviour() -> None:
    (few,), (many,) = agreement_tables(words(SMALL)), agreement_tables(words(LARGE))

    assert [len(few.whole.rows), len(many.whole.rows)] == [3, 32]
    assert few.whole.rows[0].cells[2] == "40 (5)"
    assert len(few.single.columns) == 1 + 3
    assert [column.label for column in many.single.columns[1:]] == ["Models", "Lowest", "Highest"]
    row = next(row.cells for row in many.single.rows if not row.heading)
    assert row[1] == "32"
    assert row[2].startswith("50.0%\nmodel-01")


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("study", [SMALL, LARGE], ids=["three", "thirty"])
def test_the_page_folds_each_guideline_and_escapes_the_texts_of_a_users_own(
    study: StudySummary, language: str
) -> None:
    text = render_study_html(study, language)
    ids = [attributes["id"] for _, attributes in Page(text).elements if "id" in attributes]

    assert "behaviours" in ids
    assert len(ids) == len(set(ids))
    assert "<b>bold</b>" not in text
    assert "bold" in text


@pytest.mark.parametrize("width", [60, 120])
def test_the_terminal_shows_behaviours_unless_it_is_brief(width: int) -> None:
    shown = []
    for is_brief in (False, True):
        file = io.StringIO()
        console = Console(file=file, width=width, color_system=None)
        render_study_terminal(SMALL, console, is_brief=is_brief)
        shown.append(file.getvalue())

    assert "As it should be" in shown[0]
    assert "As it should be" not in shown[1]


def test_json_and_csv_hold_every_figure_and_agreement_and_each_sentence_once() -> None:
    found = json.loads(study_to_json(LARGE))
    rows = list(csv.DictReader(io.StringIO(study_to_csv(LARGE))))

    assert set(found["behaviours"]) == {"ama/1/b1", "ama/1/b2", "ama/4/b1", "ama/4/b2"}
    assert found["behaviours"]["ama/1/b1"]["kind"] == "required"
    assert len(found["behaviour_figures"]) == 33 * 8
    assert len(found["behaviour_agreements"]) == 33 * 5
    first = found["behaviour_figures"][0]
    assert (first["part"], first["not_applicable"], first["unquoted"], first["n"]) == (
        CORE,
        7,
        2,
        40,
    )
    assert sum(row["kind"] == "behaviour" for row in rows) == 33 * 8
    assert {row["figure"] for row in rows if row["kind"] == "behaviour_agreement"} == {
        "same", "kappa", "alpha", "applies", "applies_kappa",
    }  # fmt: skip
