"""The study files that pages show are studies, and a plan that is shown has the form printed."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import pytest
from tests.docs.page import pages
from tests.docs.test_shown_plans import _form

from primum.cli.main import run
from primum.studies.reading import parse_study


class _Block(NamedTuple):
    page: Path
    text: str


def _blocks() -> list[_Block]:
    return [
        _Block(page, text)
        for page in pages()
        for text in re.findall(r"```toml\n(.*?)```", page.read_text("utf-8"), re.DOTALL)
        if "[[contrast]]" in text
    ]


@pytest.mark.parametrize("block", _blocks(), ids=lambda block: block.page.name)
def test_a_study_file_that_is_shown_is_a_study(block: _Block) -> None:
    study = parse_study(block.text, block.page.name)

    assert study.contrasts


def test_study_files_are_found_in_the_pages() -> None:
    names = {block.page.name for block in _blocks()}

    assert {"design-a-study.md", "people-as-respondents.md"} <= names


def test_the_plan_of_the_study_has_the_form_that_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PRIMUM_WORKSPACE", str(tmp_path / "workspace"))
    monkeypatch.setenv("COLUMNS", "120")
    (block,) = (block for block in _blocks() if block.page.name == "design-a-study.md")
    Path("ward-assistant.toml").write_text(block.text, encoding="utf-8")
    page = block.page.read_text("utf-8")
    shown = re.search(r"^    \$ primum (study .*)\n((?:    .*\n|\n(?=    ))*)", page, re.MULTILINE)
    assert shown is not None

    code = run(shown[1].split())

    assert code == 0
    printed = capsys.readouterr().out
    assert _form(_from_the_table(shown[2])) == _form(_from_the_table(printed))


def _from_the_table(text: str) -> str:
    return text[text.index("model  ") :]
