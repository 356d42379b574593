"""Which tasks a name stands for."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest

from primum.capability import surroundings
from primum.capability.catalogue import find_tasks, groups, own_tasks
from primum.core.errors import DataError, UnknownNameError, UserError


@pytest.fixture
def harness() -> None:
    pytest.importorskip("lm_eval", reason="the extra “capability” is not installed")


def test_without_the_extra_the_way_to_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(_: str) -> str:
        raise PackageNotFoundError

    monkeypatch.setattr(surroundings, "version", absent)
    with pytest.raises(UserError, match=r"pip install primum\[capability\]"):
        find_tasks(["small"])


@pytest.mark.usefixtures("harness")
@pytest.mark.parametrize("name", groups())
def test_every_group_is_made_of_tasks_that_are_there(name: str) -> None:
    found = find_tasks([name])

    assert [task.name for task in found] == list(groups()[name].tasks)


@pytest.mark.usefixtures("harness")
@pytest.mark.parametrize(
    ("group", "kinds"),
    [
        ("medical", {"multiple_choice"}),
        ("japanese", {"multiple_choice"}),
        ("medical-generative", {"generate_until"}),
        ("general-generative", {"generate_until"}),
        ("small", {"multiple_choice"}),
        ("small-generative", {"generate_until"}),
    ],
)
def test_groups_are_of_the_kind_that_their_name_says(group: str, kinds: set[str]) -> None:
    assert {task.config["output_type"] for task in find_tasks([group])} == kinds


@pytest.mark.usefixtures("harness")
def test_a_task_named_twice_is_asked_once() -> None:
    found = find_tasks(["small", "primum-medical-small"])

    assert [task.name for task in found] == ["primum-medical-small", "primum-general-small"]


@pytest.mark.usefixtures("harness")
def test_a_task_of_ones_own_is_found_by_file_and_by_folder(tmp_path: Path) -> None:
    file = tmp_path / "ward.yaml"
    file.write_text("task: ward-quiz\ndataset_path: json\n")

    by_file, by_folder = find_tasks([str(file)]), find_tasks(["ward-quiz"], [str(tmp_path)])

    assert [task.name for task in by_file] == [task.name for task in by_folder] == ["ward-quiz"]


@pytest.mark.usefixtures("harness")
def test_a_group_file_of_ones_own_is_opened(tmp_path: Path) -> None:
    (tmp_path / "one.yaml").write_text("task: one\ndataset_path: json\n")
    (tmp_path / "two.yaml").write_text("task: two\ndataset_path: json\n")
    (tmp_path / "both.yaml").write_text("group: both\ntask:\n  - one\n  - two\n")

    for names in (["both"], [str(tmp_path / "both.yaml")]):
        assert [task.name for task in find_tasks(names, [str(tmp_path)])] == ["one", "two"]


@pytest.mark.usefixtures("harness")
def test_a_named_file_counts_whatever_lies_beside_it_under_the_same_name(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for folder in (tmp_path, tmp_path / "a"):
        (folder / "quiz.yaml").write_text("task: quiz\ndataset_path: json\n")

    for file in (tmp_path / "quiz.yaml", tmp_path / "a" / "quiz.yaml"):
        assert find_tasks([str(file)])[0].file == file


@pytest.mark.usefixtures("harness")
@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("dataset_path: json\n", "the key “task”, its name, is missing"),
        ("task: [\n", "not valid YAML"),
        ("- a\n", "a table of keys was expected"),
    ],
)
def test_what_is_no_task_file_says_why(tmp_path: Path, text: str, problem: str) -> None:
    file = tmp_path / "bad.yaml"
    file.write_text(text)

    with pytest.raises(DataError, match=problem):
        find_tasks([str(file)])


@pytest.mark.usefixtures("harness")
def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such task file"):
        find_tasks([str(tmp_path / "none.yaml")])
    with pytest.raises(UserError, match="is no folder"):
        find_tasks(["small"], [str(tmp_path / "none")])
    with pytest.raises(UserError, match="holds no task file"):
        find_tasks(["small"], [str(tmp_path)])


@pytest.mark.slow
@pytest.mark.usefixtures("harness")
def test_an_unknown_task_names_the_near_ones() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean “medqa_4options”"):
        find_tasks(["medqa_4option"])


def test_the_tasks_of_primum_are_listed_without_the_harness() -> None:
    assert "primum-medical-small" in own_tasks()
