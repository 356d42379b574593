"""A watch file: what it holds, and one sentence for what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from primum.core.errors import DataError
from primum.studies.watch_file import read_watch

WHOLE = """
id = "triage"
title.en = "Triage"
model = "openai/gpt-4.1"
[[protocol]]
protocol = "starter"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "watch.toml"
    path.write_text(text)
    return path


def test_the_smallest_file_has_a_profile_and_a_false_alarm_rate(tmp_path: Path) -> None:
    watch = read_watch(write(tmp_path, WHOLE))

    assert [profile.name for profile in watch.profiles] == ["default"]
    assert watch.alarm.false_alarm_rate == 0.01
    assert watch.panel.rotating == 0


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('engine = "x"', r"\[\[protocol\]\] 1: the key “engine” is not known"),
        ("limit = 5", "How many items are asked is said by fixed and rotating"),
        ('[[profile]]\nname = "a"\n[[profile]]\nname = "a"', "two profiles are called “a”"),
        ('[[profile]]\nname = "a/b"', "has a slash"),
        ("[alarm]\nfalse_alarm_rate = 2", "alarm.false_alarm_rate.*holds “2”"),
        ("[alarm]\naccepted_changes = [5, 3]", "ascending order"),
        (
            "[panel]\nfixed = 1",
            "the key “panel.fixed” holds “1”: a whole number from 2 on, or “all”",
        ),
        ("fixed = 0", r"\[\[protocol\]\] 1: the key “fixed” holds “0”: a whole number from 2 on"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(tmp_path: Path, more: str, said: str) -> None:
    with pytest.raises(DataError, match=said) as error:
        read_watch(write(tmp_path, WHOLE + more))

    assert "\n" not in str(error.value)


@pytest.mark.parametrize("given", ["../triage", "ward 1", ".triage", "t" * 65])
def test_an_id_that_cannot_name_a_file_is_one_sentence(tmp_path: Path, given: str) -> None:
    with pytest.raises(DataError, match="names files, so it may hold letters"):
        read_watch(write(tmp_path, WHOLE.replace('"triage"', f'"{given}"')))


def test_a_missing_key_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="“model” is missing"):
        read_watch(write(tmp_path, WHOLE.replace('model = "openai/gpt-4.1"', "")))


def test_the_example_of_the_documentation_is_a_whole_watch() -> None:
    example = Path(__file__).parents[2] / "docs" / "examples" / "watch" / "triage.toml"

    watch = read_watch(example)

    assert [part.name for part in watch.parts] == ["safety", "knowledge"]
    assert [profile.name for profile in watch.profiles] == ["plain", "deployed", "deployed-4bit"]
