"""Documents of a task as items of a run."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.capability.task_files import QUESTIONS, as_rows, write_rows, write_task

from primum.capability.catalogue import find_tasks
from primum.capability.document import documents_of, without_copies
from primum.capability.task_loading import LoadedTask, load_task

pytest.importorskip("lm_eval", reason="the extra “capability” is not installed")


def task_of(file: Path) -> LoadedTask:
    return load_task(find_tasks([str(file)])[0], metric=None, few_shot=None)


def test_a_question_that_a_set_asks_twice_counts_twice_and_is_one_cluster(tmp_path: Path) -> None:
    file = write_task(tmp_path)
    write_rows(tmp_path / "test.jsonl", as_rows([QUESTIONS[0], QUESTIONS[1], QUESTIONS[0]]))

    items = [each.item for each in without_copies(documents_of(task_of(file), None))]

    assert len({item.id for item in items}) == 3
    assert items[0].fingerprint == items[2].fingerprint


def test_the_limit_takes_the_first_documents(tmp_path: Path) -> None:
    documents = documents_of(task_of(write_task(tmp_path)), 2)

    assert [each.item.name for each in documents] == ["quiz-1", "quiz-2"]


def test_items_are_benign_choices_of_their_task(tmp_path: Path) -> None:
    item = documents_of(task_of(write_task(tmp_path)), 1)[0].item

    assert (item.task, item.intent, item.perspective) == ("choice", "benign", "general")
    assert (item.benchmark, item.reference, item.guidelines) == ("quiz", "a", ())


@pytest.mark.parametrize(
    ("questions", "language"),
    [
        ([("肝臓の働きはどれですか。", ("代謝", "排尿"), 0)], "ja"),
        ([("Which organ makes the bile?", ("liver", "skin"), 0)], "en"),
        ([("Welches Organ bildet Galle?", ("Leber", "Haut"), 0)], "und"),
    ],
)
def test_the_language_is_told_by_the_words(
    tmp_path: Path, questions: list[tuple[str, tuple[str, ...], int]], language: str
) -> None:
    file = write_task(tmp_path)
    write_rows(tmp_path / "test.jsonl", as_rows(questions))

    assert documents_of(task_of(file), None)[0].item.language == language


def test_a_language_that_the_task_file_states_is_taken(tmp_path: Path) -> None:
    file = write_task(tmp_path, metadata={"version": 1.0, "language": "de"})

    assert documents_of(task_of(file), None)[0].item.language == "de"
