"""From a task file to a task, or one clear sentence."""

from __future__ import annotations

import json
import os
import re
import socket
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from tests.capability.task_files import CHOICE, LETTERS, as_rows, write_rows, write_task

from primum.capability.catalogue import find_tasks
from primum.capability.document import documents_of
from primum.capability.task_loading import LoadedTask, load_task
from primum.core.errors import DataError, UserError

lm_eval = pytest.importorskip("lm_eval", reason="the extra “capability” is not installed")


def loaded(file: Path, *, metric: str | None = None, few_shot: int | None = None) -> LoadedTask:
    return load_task(find_tasks([str(file)])[0], metric=metric, few_shot=few_shot)


@pytest.fixture
def no_network(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    tried: list[Any] = []

    def refuse(_: socket.socket, address: Any) -> None:
        tried.append(address)
        raise OSError("no network in this test")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    return tried


def test_a_local_task_is_loaded_without_network_cache_or_noise(
    tmp_path: Path,
    no_network: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    import datasets.config

    # Below lm-eval; it sets a variable of OpenMP when it is first imported.
    import_module("sklearn")
    cache = tmp_path / "cache"
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", str(cache))
    before = dict(os.environ), datasets.config.HF_HUB_OFFLINE

    task = loaded(write_task(tmp_path / "tasks"), few_shot=2)

    assert [each.item.reference for each in documents_of(task, None)] == ["a", "b", "d"]
    assert (task.kind, task.metric, task.filter) == ("multiple_choice", "acc", "none")
    assert not no_network
    assert not cache.exists()
    assert capfd.readouterr() == ("", "")
    assert (dict(os.environ), datasets.config.HF_HUB_OFFLINE) == before


@pytest.mark.parametrize(
    "key",
    ["output_type", "doc_to_text", "doc_to_target", "doc_to_choice", "dataset_path", "test_split"],
)
def test_a_task_file_that_lacks_a_key_names_it(tmp_path: Path, key: str) -> None:
    file = write_task(tmp_path, {**CHOICE, key: None})

    with pytest.raises(DataError, match=f"“quiz” lacks the key “{key}”"):
        loaded(file)


def test_a_data_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    file = write_task(tmp_path)
    (tmp_path / "test.jsonl").unlink()

    with pytest.raises(DataError, match=r"the data file “test.jsonl” of the task “quiz” is not"):
        loaded(file)


def test_documents_without_a_field_that_the_task_names_are_one_sentence(tmp_path: Path) -> None:
    file = write_task(tmp_path)
    write_rows(tmp_path / "test.jsonl", [{"question": "Why?", "answer": 0}])

    with pytest.raises(DataError, match=r"test.jsonl, line 1: the field “choices”, which doc"):
        loaded(file)


def test_an_answer_that_was_not_published_is_refused_not_counted_as_wrong(tmp_path: Path) -> None:
    file = write_task(tmp_path)
    rows = as_rows([("1 + 1?", ("2", "3"), 0), ("2 + 2?", ("4", "5"), -1)])
    write_rows(tmp_path / "test.jsonl", rows)

    with pytest.raises(DataError, match=r"test.jsonl, line 2: the field “answer” holds -1"):
        documents_of(loaded(file), None)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"output_type": "loglikelihood_rolling", "doc_to_choice": None}, "right and wrong answers"),
        ({"unsafe_code": True}, "runs code that the model wrote"),
        ({"metric_list": [{"metric": "f1", "aggregation": "f1", "higher_is_better": True}]},
         "the share of right answers"),
    ],
)  # fmt: skip
def test_what_is_no_share_of_right_answers_is_refused(
    tmp_path: Path, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(UserError, match=problem):
        loaded(write_task(tmp_path, **changes))


@pytest.mark.parametrize("config", [CHOICE, LETTERS], ids=["choice", "letters"])
@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"question": "Why?", "choices": ["a", "b", "c", "d"], "answer": 7}],
        [{"question": "Why?", "choices": ["a", "b", "c", "d"], "answr": 0}],
        [{"question": "Why?", "choices": "abcd", "answer": 9}],
        [*as_rows([("1 + 1?", ("2", "3", "4", "5"), 0)]), {"question": 5, "answer": [[]]}],
    ],
)
def test_no_data_end_in_the_name_of_an_error_of_python(
    tmp_path: Path, config: dict[str, Any], rows: list[dict[str, Any]]
) -> None:
    file = write_task(tmp_path, config)
    write_rows(tmp_path / "test.jsonl", rows)

    with pytest.raises(DataError) as caught:
        documents_of(loaded(file), None)

    assert not re.search(r"[A-Z]\w+(Error|Iteration|Exception)", str(caught.value))
    assert "\n" not in str(caught.value)


def test_a_document_that_the_task_file_does_not_fit_is_named_with_its_line(tmp_path: Path) -> None:
    file = write_task(tmp_path, LETTERS)
    rows = as_rows([("1?", ("a", "b", "c", "d"), 0), ("2?", ("a", "b", "c", "d"), 7)])
    write_rows(tmp_path / "test.jsonl", rows)

    with pytest.raises(DataError, match="line 2: document 2 .* nothing that doc_to_target fits"):
        documents_of(loaded(file), None)


def test_another_metric_of_the_task_can_decide(tmp_path: Path) -> None:
    file = write_task(tmp_path)

    assert loaded(file, metric="acc_norm").metric == "acc_norm"
    with pytest.raises(UserError, match="no metric “bleu”; it has acc, acc_norm"):
        loaded(file, metric="bleu")


def test_more_examples_than_there_are_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="has 3 documents to draw examples from, fewer than the 5"):
        loaded(write_task(tmp_path), few_shot=5)


def test_examples_from_the_tested_documents_leave_out_the_one_asked_about(tmp_path: Path) -> None:
    """The harness itself would show a question with its answer before asking it."""
    task = loaded(write_task(tmp_path, fewshot_split=None), few_shot=2)
    task.harness.set_fewshot_seed(seed=1)

    for document in task.harness.eval_docs:
        prompt = task.harness.fewshot_context(document, 2)
        assert prompt.count(document["question"]) == 1
    assert any("drawn from the tested ones" in note for note in task.notes)


def test_a_task_that_is_asked_without_examples_stays_so(tmp_path: Path) -> None:
    task = loaded(write_task(tmp_path, num_fewshot=0), few_shot=3)

    assert task.harness.config.num_fewshot == 0
    assert task.notes == ("quiz is asked without examples: its task file says so.",)


def test_a_set_of_the_hub_that_cannot_be_had_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import datasets.config
    import huggingface_hub.constants

    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_OFFLINE", True)
    task = find_tasks(["medqa_4options"])[0]

    with pytest.raises(
        UserError, match=r"“GBaker/MedQA-USMLE-4-options-hf” of the task “medqa_4"
    ) as e:
        load_task(task, metric=None, few_shot=3)

    assert "HF_HOME" in str(e.value)
    assert "task file of your own" in str(e.value)


MEDQA = {"sent1": "Which organ makes bile?", "ending0": "heart", "ending1": "liver",
         "ending2": "lung", "ending3": "skin", "label": 1}  # fmt: skip
MEDMCQA = {"question": "Which organ makes bile?", "opa": "heart", "opb": "liver", "opc": "lung",
           "opd": "skin", "cop": 1, "exp": ""}  # fmt: skip
PUBMEDQA = {"QUESTION": "Does it help?", "CONTEXTS": ["It was tried.", "It helped."],
            "final_decision": "yes"}  # fmt: skip
MMLU = {
    "question": "Which organ makes bile?",
    "choices": ["heart", "liver", "lung", "skin"],
    "answer": 1,
}


@pytest.mark.parametrize(
    ("name", "row", "splits", "right"),
    [
        ("medqa_4options", MEDQA, ("train", "validation", "test"), "b"),
        ("medmcqa", MEDMCQA, ("train", "validation"), "b"),
        ("pubmedqa", PUBMEDQA, ("train", "validation", "test"), "a"),
        ("mmlu_anatomy", MMLU, ("dev", "test"), "b"),
        ("medqa_4options_generative", MEDQA, ("train", "validation", "test"), "B"),
        ("medmcqa_generative", MEDMCQA, ("train", "validation"), "B"),
        ("pubmedqa_generative", PUBMEDQA, ("train", "validation", "test"), "yes"),
        ("mmlu_anatomy_generative", MMLU, ("dev", "test"), "B"),
    ],
)
def test_published_tasks_read_local_files_of_the_published_form(
    tmp_path: Path, name: str, row: dict[str, Any], splits: tuple[str, ...], right: str
) -> None:
    """The published task file over stand-ins of one's own: how to run it without the hub."""
    for split in splits:
        write_rows(tmp_path / f"{split}.jsonl", [{**row, "split": split, "n": n} for n in range(4)])
    published = find_tasks([name])[0].file
    local = {
        "include": str(published),
        "task": f"local_{name}",
        "dataset_path": "json",
        "dataset_name": None,
        "dataset_kwargs": {"data_files": {split: f"{split}.jsonl" for split in splits}},
    }
    file = tmp_path / "local.yaml"
    file.write_text(json.dumps(local))

    task = loaded(file, few_shot=3)

    assert {each.item.reference for each in documents_of(task, None)} == {right}
    assert task.harness.config.num_fewshot == 3


def test_the_right_letter_is_found_in_what_a_chat_model_writes(tmp_path: Path) -> None:
    task = load_task(find_tasks(["primum-medical-small-generative"])[0], metric=None, few_shot=0)
    (ensemble,) = task.harness._filters
    (regex, _) = [each() if callable(each) else each for each in ensemble.filters]

    def read(text: str) -> str:
        return str(regex.apply([[text]], [{}])[0][0])

    assert [read(each) for each in ("B", " B.", "**B**", "(B)", "B. the liver")] == ["B"] * 5
    assert [read(each) for each in ("The answer is B.", "Answer: **B**")] == ["B"] * 2
    assert read("A heart pumps blood, so I cannot say.") == "[invalid]"


def test_letters_and_options_are_both_kept(tmp_path: Path) -> None:
    choice = documents_of(loaded(write_task(tmp_path / "a", CHOICE)), 1)[0]
    letters = documents_of(loaded(write_task(tmp_path / "b", LETTERS)), 1)[0]

    assert choice.item.turns[0].endswith("a. Paris\nb. Rome\nc. Madrid\nd. Lisbon")
    assert letters.item.reference == "A"
