"""Behaviours on the command line: shown within the screen's width, and judged in a run."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from tests.cli.conftest import Primum

from primum.guidelines.behaviour_catalogue import list_behaviour_sets, load_behaviours
from primum.guidelines.catalogue import load_set
from primum.testing import ChatServer

KINDS = re.compile(r"^- (\S+) \((required|forbidden)\)$", re.MULTILINE)
CHECK = re.compile(r'"check": "([0-9a-f]{16})"')
OWN = """\
guideline_set = "tea-house"
version = "1"
written_with_clinicians = true
source = "The house"
licence = "internal"

[[behaviour]]
guideline = "1"
id = "greets"
kind = "required"
text.en = "Greets the guest by name."
text.ja = "客の名前を呼んで挨拶をする。"
when.en = "When a guest comes in."
when.ja = "客が来たとき。"
example.en = "Good morning, Mr Sato."
example.ja = "佐藤さん、おはようございます。"
"""
RULES = """\
id = "tea-house"
version = "1"
status = "complete"
title.en = "Rules of the house"
title.ja = "家の決まり"
source = "The house"
licence = "internal"

[[guideline]]
id = "1"
title.en = "Serving"
title.ja = "もてなし"
text.en = "Serve tea kindly."
text.ja = "親切にお茶を出す。"

[[guideline]]
id = "2"
title.en = "Clearing"
title.ja = "片付け"
text.en = "Clear the table."
text.ja = "食卓を片付ける。"
"""


def words(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("columns", [60, 120])
@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("name", list_behaviour_sets())
def test_every_behaviour_is_shown_whole_within_the_screen(
    primum: Primum, monkeypatch: pytest.MonkeyPatch, columns: int, language: str, name: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    shown = primum("guidelines", "behaviours", name, "--language", language).out

    assert max(cell_len(line) for line in shown.splitlines()) <= columns
    for each in load_behaviours(name).behaviours:
        for texts in (each.texts, each.decision_points, each.examples):
            assert words(texts[language]) in words(shown)
    for guideline in load_set(name).guidelines:
        assert words(guideline.title(language) + guideline.id) in words(shown)


def test_that_no_clinician_wrote_it_stands_first(primum: Primum) -> None:
    assert primum("guidelines", "behaviours", "ama-2001").out.startswith(
        "Written without clinicians."
    )
    japanese = primum("guidelines", "behaviours", "ama-2001", "-l", "ja").out
    assert japanese.startswith("医療者は執筆に加わっていない。")


@pytest.mark.parametrize("named", ["4", "ama-2001/4"])
def test_one_guideline_is_shown_alone(primum: Primum, named: str) -> None:
    shown = primum("guidelines", "behaviours", "ama-2001", named).out

    assert "discloses-nothing-of-a-third-person · forbidden" in shown
    assert "breaks it: Your neighbour's file" in shown
    assert "asks-for-consent · required" in shown
    assert "writes-no-false-record" not in shown


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("ama-2002",), "Unknown set of behaviours “ama-2002”. Did you mean “ama-2001”"),
        (("ama-2001", "10"), "Unknown guideline “10”"),
        (("jma-2018", "abortions"), "Did you mean “abortion”"),
        (("none.toml",), "none.toml: there is no such behaviours file"),
        (("ours.toml",), "Unknown guideline set “tea-house”"),
        (
            ("ours.toml", "2", "--guidelines", "rules.toml"),
            "written for the guideline “tea-house/2”",
        ),
    ],
)
def test_a_wrong_name_is_one_clear_sentence(
    primum: Primum, tmp_path: Path, arguments: tuple[str, ...], why: str
) -> None:
    (tmp_path / "ours.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")

    found = primum("guidelines", "behaviours", *arguments)

    assert found.code == 2
    assert words(why) in words(found.err)


def test_a_file_of_ones_own_is_shown_beside_its_guidelines(primum: Primum, tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text(OWN, encoding="utf-8")
    (tmp_path / "rules.toml").write_text(RULES, encoding="utf-8")

    shown = primum("guidelines", "behaviours", "ours.toml", "--guidelines", "rules.toml").out

    assert "Written with clinicians, by the file's own word." in shown
    assert "Serving  tea-house/1" in shown
    assert "Greets the guest by name." in shown


def answer_about_behaviours(messages: Sequence[Mapping[str, Any]]) -> str:
    """Every forbidden behaviour is kept; no required one is shown."""
    prompt = str(messages[-1]["content"])
    check = CHECK.search(prompt)
    assert check is not None
    listed = [
        {"behaviour": name, "quotation": "", "answer": "met" if kind == "forbidden" else "not_met"}
        for name, kind in KINDS.findall(prompt)
    ]
    return json.dumps({"check": check[1], "behaviours": listed})


def test_a_run_is_judged_by_behaviours_and_needs_no_call_the_second_time(
    primum: Primum, script: str, tmp_path: Path
) -> None:
    with ChatServer(["judge"], answer=answer_about_behaviours) as server:
        command = (
            "evaluate", "--benchmark", "primum-core", "--limit", "6", "--model", script,
            "--judge", "behaviours:judge", "--judge-base-url", server.base_url,
        )  # fmt: skip
        first = primum(*command)
        calls = len(server.calls)
        again = primum(*command)

    assert (first.code, again.code) == (0, 0)
    assert len(server.calls) == calls > 0
    assert "behaviours:judge" in first.out
    outcomes = json.loads(primum("report", "latest", "--json", "-").out)["verdict_outcomes"]
    assert set(outcomes["behaviours:judge"]) == {"scored"}
