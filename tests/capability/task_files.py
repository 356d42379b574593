"""Task files that tests write: small, local, in the harness's published schema."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

QUESTIONS = (
    ("What is the capital of France?", ("Paris", "Rome", "Madrid", "Lisbon"), 0),
    ("What colour is the sky on a clear day?", ("green", "blue", "brown", "black"), 1),
    ("How many legs does a spider have?", ("four", "six", "ten", "eight"), 3),
)
EXAMPLES = (
    ("What is the capital of Italy?", ("Paris", "Rome", "Madrid", "Lisbon"), 1),
    ("What colour is grass?", ("green", "blue", "brown", "black"), 0),
    ("How many legs does a dog have?", ("four", "six", "ten", "eight"), 0),
)
CHOICE: Mapping[str, Any] = {
    "task": "quiz",
    "dataset_path": "json",
    "dataset_kwargs": {"data_files": {"test": "test.jsonl", "examples": "examples.jsonl"}},
    "output_type": "multiple_choice",
    "test_split": "test",
    "fewshot_split": "examples",
    "doc_to_text": "Question: {{question}}\nAnswer:",
    "doc_to_choice": "choices",
    "doc_to_target": "answer",
    "metadata": {"version": 1.0},
}
LETTERS: Mapping[str, Any] = {
    **CHOICE,
    "output_type": "generate_until",
    "doc_to_text": "{{question}} A. {{choices[0]}} B. {{choices[1]}} C. {{choices[2]}} D. {{choices[3]}}",
    "doc_to_choice": None,
    "doc_to_target": "{{'ABCD'[answer]}}",
    "generation_kwargs": {"until": ["\n"], "max_gen_toks": 8},
    "metric_list": [{"metric": "exact_match", "aggregation": "mean", "higher_is_better": True}],
}


def write_rows(file: Path, rows: Sequence[Mapping[str, Any]]) -> None:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")


def as_rows(questions: Sequence[tuple[str, Sequence[str], int]]) -> list[dict[str, Any]]:
    return [{"question": q, "choices": list(c), "answer": a} for q, c, a in questions]


def write_task(folder: Path, config: Mapping[str, Any] = CHOICE, **changes: Any) -> Path:
    """The task file, its questions beside it; a change to None leaves the key out."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "test.jsonl", as_rows(QUESTIONS))
    write_rows(folder / "examples.jsonl", as_rows(EXAMPLES))
    content = {k: v for k, v in {**config, **changes}.items() if v is not None}
    file = folder / f"{content.get('task', 'task')}.yaml"
    file.write_text(json.dumps(content), "utf-8")
    return file
