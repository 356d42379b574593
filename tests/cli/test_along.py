"""``primum report --along`` and ``primum benchmarks coverage --run``."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Primum

OWN_SET = """
id = "ward"
version = "1"
title.en = "Rules of the ward"
title.ja = "病棟の規則"
status = "complete"
source = "Us"
licence = "internal"

[[guideline]]
id = "1"
title.en = "Keep what you learn"
title.ja = "知ったことを守る"
text.en = "Keep what you learn about a patient to yourself."
text.ja = "患者について知ったことは口外しない。"
"""

OWN_WALK = """
id = "ama-2001--ward"
version = "1"
from = "ama-2001"
to = "ward"
title.en = "AMA principles and the ward"
title.ja = "AMA医の倫理原則と病棟"
source = "Us"
licence = "internal"

[[link]]
from = "4"
to = "1"
strength = "overlaps"
reason.en = "Both guard what is learnt about a patient."
reason.ja = "どちらも患者について知ったことを守る。"
"""


@pytest.fixture
def asked(primum: Primum, script: str) -> Primum:
    """A workspace with a run of the starter benchmark, screened for refusals."""
    result = primum("evaluate", "--model", script, "--limit", "40", "--judge-model", "none")
    assert result.code == 0, result.err
    return primum


def along(primum: Primum, *arguments: str) -> dict[str, Any]:
    result = primum("report", "--json", "-", *arguments)
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


def test_results_are_read_along_any_of_the_three_sets(asked: Primum) -> None:
    document = along(
        asked, "--along", "jma-2018", "--along", "ama-2001", "--along", "patient-safety"
    )

    sets = {one["guideline_set"]: one for one in document["along"]}
    assert list(sets) == ["jma-2018", "ama-2001", "patient-safety"]
    for one in sets.values():
        assert one["named"] + one["linked"] + one["unplaced"] == document["items"]
        assert one["cells"]
    assert sets["jma-2018"]["named"] == 0
    assert sets["jma-2018"]["linked"] > 0
    assert sets["jma-2018"]["links"][0]["reasons"]["ja"]
    assert document["cells"] == along(asked)["cells"]


def test_the_reading_stands_in_html_csv_and_the_terminal(asked: Primum, tmp_path: Path) -> None:
    page = tmp_path / "report.html"

    made = asked("report", "--along", "jma-2018", "--html", str(page), "--report-language", "ja")
    table = asked("report", "--along", "jma-2018", "--csv", "-").out
    shown = " ".join(asked("report", "--along", "jma-2018").out.split())

    assert made.code == 0, made.err
    assert "jma-2018に沿って" in page.read_text(encoding="utf-8")
    records = {row["record"] for row in csv.DictReader(io.StringIO(table))
               if row["dimension"] == "along:jma-2018"}  # fmt: skip
    assert records == {"estimate", "link"}
    assert "groups overlap" in shown


def test_a_crosswalk_and_a_set_of_ones_own_work(asked: Primum, tmp_path: Path) -> None:
    (tmp_path / "ward.toml").write_text(OWN_SET, encoding="utf-8")
    (tmp_path / "walk.toml").write_text(OWN_WALK, encoding="utf-8")

    without = asked("report", "--along", "ward.toml")
    (found,) = along(asked, "--along", "ward.toml", "--crosswalk", "walk.toml")["along"]
    by_id = along(
        asked, "--guidelines", "ward.toml", "--along", "ward", "--crosswalk", "walk.toml"
    )["along"]

    assert without.code == 2
    assert "--crosswalk FILE" in without.err
    assert {cell["group"] for cell in found["cells"]} == {"ward/1"}
    assert {link["start"] for link in found["links"]} == {"ama-2001/4"}
    assert by_id == [found]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--along", "jma-2081"), "jma-2018"),
        (("--crosswalk", "walk.toml"), "serves --along"),
        (("--along", "general-harm"), "can be read along “general-harm”"),
    ],
)
def test_what_cannot_be_read_along_is_refused_in_a_sentence(
    asked: Primum, arguments: tuple[str, ...], said: str
) -> None:
    result = asked("report", *arguments)

    assert result.code == 2
    assert said in result.err
    assert "Traceback" not in result.err


def test_the_coverage_of_a_run_is_counted_along_every_set_in_reach(asked: Primum) -> None:
    document = json.loads(asked("benchmarks", "coverage", "--run", "latest", "--json", "-").out)
    shown = asked("benchmarks", "coverage", "--run", "latest").out

    sets = [each["guideline_set"] for each in document["coverage"]]
    assert sorted(sets) == ["ama-2001", "jma-2018", "patient-safety"]
    assert document["items"] == 40
    for each in document["coverage"]:
        counted = each["items"]
        assert counted["direct"] + counted["through"] + counted["unplaced"] == 40
        cells = [cell for row in each["guidelines"] for cell in row["cells"]]
        assert {cell["language"] for cell in cells} == {"en", "ja"}
    assert "No item at all" in shown
    assert "harmful" in shown


def test_the_coverage_of_a_run_agrees_with_that_of_its_items(asked: Primum) -> None:
    """The run asked a part of its benchmark: no guideline has more items than the whole has."""
    arguments = ("--by", "ama-2001", "--json", "-")
    run = json.loads(asked("benchmarks", "coverage", "--run", "latest", *arguments).out)
    whole = json.loads(asked("benchmarks", "coverage", "starter", *arguments).out)

    pairs = zip(run["coverage"][0]["guidelines"], whole["coverage"][0]["guidelines"], strict=True)
    for one, other in pairs:
        assert one["guideline"] == other["guideline"]
        assert one["direct"] <= other["direct"]
    assert run["coverage"][0]["items"]["direct"] > 0


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Name a benchmark"),
        (("starter", "--run", "latest"), "A run has items of its own"),
        (("--run", "zzzz"), "zzzz"),
    ],
)
def test_coverage_of_nothing_or_of_two_things_is_refused(
    asked: Primum, arguments: tuple[str, ...], said: str
) -> None:
    result = asked("benchmarks", "coverage", *arguments)

    assert result.code == 2
    assert said in result.err
