"""People in a study: one member for each, and no answer to what is never asked."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.studies.study_text import model, study_of

from primum.core.errors import DataError, UnknownNameError, UserError
from primum.core.item import Item
from primum.studies.respondents import members_of
from primum.studies.study_plan import StudyPlan, make_study_plan

PART = """
[[protocol]]
protocol = "starter"
language = "en"
limit = 6
"""


def planned(limit: int = 6) -> list[Item]:
    """The items that the part asks."""
    part = PART.replace("limit = 6", f"limit = {limit}")
    return list(make_study_plan(study_of(model("a"), parts=part)).runs[0].plan.items())


def answers(folder: Path, items: Sequence[Item], respondents: Sequence[str] = ("R1",)) -> Path:
    """A file in which everybody answers every turn."""
    path = folder / "ward.csv"
    rows = [
        f"{item.id},{turn + 1},I would refer them.,{who}"
        for who in respondents
        for item in items
        for turn in range(len(item.turns))
    ]
    path.write_text("\n".join(["item,turn,answer,respondent", *rows]) + "\n")
    return path


def plan_of(path: Path, *, limit: int | None = None, **keys: object) -> StudyPlan:
    """A study of one model and the people of the file."""
    ward = model("ward", model=f"answers:{path}", **keys)
    return make_study_plan(study_of(model("a"), ward, parts=PART), limit=limit)


def names(path: Path, **keys: object) -> list[str]:
    """Who takes part."""
    study = study_of(model("ward", model=f"answers:{path}", **keys), parts=PART)
    return [member.name for member in members_of(study)]


def test_every_respondent_of_a_file_is_a_member(tmp_path: Path) -> None:
    path = answers(tmp_path, planned(), ("Dr A", "Dr B", "Dr C"))

    assert names(path, respondents="all") == ["ward/Dr A", "ward/Dr B", "ward/Dr C"]
    assert names(path, respondents=["Dr C", "Dr A"]) == ["ward/Dr C", "ward/Dr A"]
    assert names(path, respondents=["Dr B"]) == ["ward"]


def test_a_file_of_one_person_is_one_member(tmp_path: Path) -> None:
    path = answers(tmp_path, planned())

    assert names(path) == names(path, respondents="all") == ["ward"]


def test_a_respondent_named_in_the_model_is_one_member(tmp_path: Path) -> None:
    path = answers(tmp_path, planned(), ("Dr A", "Dr B"))
    ward = model("ward", model=f"answers:{path}@Dr B")

    plan = make_study_plan(study_of(ward, parts=PART))

    assert [member.name for member in plan.members] == ["ward"]
    assert plan.runs[0].plan.target.model.identity["respondent"] == "Dr B"


def test_people_are_no_calls(tmp_path: Path) -> None:
    plan = plan_of(answers(tmp_path, planned(), ("Dr A", "Dr B")), respondents="all")

    assert [run.calls for run in plan.runs[1:]] == [0, 0]
    assert plan.totals.calls == plan.runs[0].calls > 0


def test_a_respondent_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = answers(tmp_path, planned(), ("Dr A", "Dr B"))

    with pytest.raises(UnknownNameError, match=r"Unknown respondent of .*ward.csv “Dr D”"):
        names(path, respondents=["Dr D"])


def test_several_people_without_a_choice_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"model “ward” .*holds answers of 2 respondents"):
        plan_of(answers(tmp_path, planned(), ("Dr A", "Dr B")))


def test_rows_without_a_name_beside_named_ones_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="some rows name a respondent and others none"):
        names(answers(tmp_path, planned(), ("Dr A", "")), respondents="all")


def test_an_answer_to_an_unknown_item_is_named_with_file_and_line(tmp_path: Path) -> None:
    path = answers(tmp_path, planned())
    lines = len(path.read_text().splitlines())
    path.write_text(path.read_text() + "no-such-item,1,Yes.,R1\nnor-this,2,Yes.,R1\n")

    with pytest.raises(DataError) as raised:
        plan_of(path)

    said = str(raised.value)
    assert said.startswith(f"{path}, line {lines + 1}: ")
    assert "no planned item of starter matches “no-such-item”, turn 1, nor does 1 more row" in said


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"PK\x03\x04more", "is a spreadsheet's workbook under the name of a CSV file"),
        ("item,answer\n1,はい\n".encode("cp932"), "reads as Japanese in Shift-JIS"),
        (b"item,answer\n1,\0\n", "line 2: the file holds NUL bytes"),
    ],
)
@pytest.mark.parametrize("respondents", [(), "all"])
def test_what_a_spreadsheet_saves_that_is_no_csv_says_what_to_do(
    data: bytes, sentence: str, respondents: object, tmp_path: Path
) -> None:
    path = tmp_path / "answers.csv"
    path.write_bytes(data)

    with pytest.raises(DataError, match=sentence):
        names(path, respondents=respondents)


def test_in_a_folder_the_file_of_an_unknown_item_is_named(tmp_path: Path) -> None:
    items = planned()
    answers(tmp_path, items).rename(tmp_path / "R1.csv")
    second = answers(tmp_path, items, ("R2",)).rename(tmp_path / "R2.csv")
    lines = len(second.read_text().splitlines())
    second.write_text(second.read_text() + "no-such-item,1,Yes.,R2\n")

    with pytest.raises(DataError) as raised:
        plan_of(tmp_path, respondents="all")

    assert str(raised.value).startswith(f"{second}, line {lines + 1}: no planned item")


def test_an_answer_to_a_turn_that_is_not_asked_is_named(tmp_path: Path) -> None:
    items = planned()
    path = answers(tmp_path, items)
    path.write_text(path.read_text() + f"{items[0].id},9,Yes.,R1\n")

    with pytest.raises(DataError, match=rf"“{items[0].id}”, turn 9"):
        plan_of(path)


def test_an_item_beyond_the_studys_sample_is_not_planned(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no planned item of starter matches"):
        plan_of(answers(tmp_path, planned(20)))


def test_a_smaller_trial_leaves_answers_over_and_says_nothing(tmp_path: Path) -> None:
    path = answers(tmp_path, planned())

    assert plan_of(path, limit=2).runs[1].plan.survey.items < 6


def test_an_answer_to_an_item_of_any_part_is_known(tmp_path: Path) -> None:
    other = PART.replace("en", "ja") + 'name = "japanese"\n'
    japanese = make_study_plan(study_of(model("a"), parts=other)).runs[0].plan
    path = answers(tmp_path, [*planned(), *japanese.items()])
    ward = model("ward", model=f"answers:{path}")

    plan = make_study_plan(study_of(model("a"), ward, parts=PART + other))

    assert [run.part for run in plan.runs] == ["starter", "japanese"] * 2
