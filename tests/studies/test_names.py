"""Names that no reader could tell apart, or see; one model that would count as two."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.studies.study_text import contrast, model, study_of

from primum.core.errors import DataError, UserError
from primum.guidelines.toml_file import read_toml
from primum.studies.reading import parse_study
from primum.studies.study_plan import make_study_plan


@pytest.mark.parametrize("other", ["a ", "A", "\\uff41", " a"])
def test_models_whose_names_look_alike_are_refused(other: str) -> None:
    with pytest.raises(DataError, match="models have names that look alike: “a” and "):
        study_of(model("a"), model(other))


@pytest.mark.parametrize("name", ["  ", "a\\nb", "a\\u202eb", "a\\u001bb", "x" * 121])
def test_a_name_that_cannot_stand_in_a_table_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="cannot stand in a table"):
        study_of(model("a"), model(name))
    with pytest.raises(DataError, match="cannot stand in a table"):
        study_of(model("a"), model("b", base="a"), contrast(name, "pairs"))


@pytest.mark.parametrize("size", ["inf", "nan", "0", "-1"])
def test_a_size_is_a_finite_number(size: str) -> None:
    table = f'\n[[model]]\nname = "a"\nmodel = "vllm/a"\nsize = {size}\n'
    with pytest.raises(DataError, match="size"):
        study_of(table)


def test_a_file_of_endless_brackets_is_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "deep.toml"
    path.write_text("a = " + "[" * 5000 + "]" * 5000)

    with pytest.raises(DataError, match="nested too deeply"):
        read_toml(path, "study file")


def test_one_target_under_two_names_is_refused_before_any_call() -> None:
    study = study_of(model("first", model="demo:open"), model("second", model="demo:open"))

    with pytest.raises(UserError, match="“first” and “second” are one target"):
        make_study_plan(study)


def test_one_model_under_two_profiles_is_two_targets() -> None:
    study = study_of(
        model("first", model="demo:open"),
        model("second", model="demo:open", profile="safety-prompt", base="first"),
    )

    assert len(make_study_plan(study).runs) == 2


def test_a_text_of_endless_brackets_is_one_sentence() -> None:
    with pytest.raises(DataError, match="nested too deeply"):
        parse_study("a = " + "[" * 5000 + "]" * 5000, "a text")
