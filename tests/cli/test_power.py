"""``primum power``: n for a question, and what n can show."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Primum

from primum.statistics.power import PairedRates, Plan, detectable_difference, needed_size


def _json(primum: Primum, *arguments: str) -> dict[str, Any]:
    result = primum("power", *arguments, "--json", "-")
    assert result.code == 0, result.err
    document: dict[str, Any] = json.loads(result.out)
    return document


def test_a_difference_is_answered_with_n(primum: Primum) -> None:
    arguments = "--outcome rate --baseline 0.2 --difference 0.05 --paired --correlation 0.5"
    result = primum("power", *arguments.split(), "--power", "0.8", "--contrasts", "3")

    expected = needed_size(PairedRates(0.2, correlation=0.5), 0.05, Plan(contrasts=3))
    assert expected == 767
    assert result.code == 0
    assert "767 pairs" in result.out
    assert "0.05 / 3 tests" in result.out
    assert "McNemar's exact test" in result.out


def test_n_is_answered_with_the_least_differences_up_and_down(primum: Primum) -> None:
    design = PairedRates(0.2, correlation=0.5, is_of_greatest=True)

    answer = _json(primum, "--baseline", "0.2", "--n", "300")["answer"]

    def expected(sign: int) -> float | None:
        return detectable_difference(design, 300, Plan(), sign=sign)

    assert answer["least_rise"] == pytest.approx(expected(1))
    assert answer["least_fall"] == pytest.approx(expected(-1))
    assert answer["n_needed"] is None


def test_n_and_a_difference_are_answered_with_the_chance(primum: Primum) -> None:
    # statsmodels TTestPower().power(0.5, 20, 0.05) = 0.5645044
    arguments = ("--outcome", "mean", "--sd-difference", "2", "--difference", "-1", "--n", "20")

    assert _json(primum, *arguments)["answer"]["power"] == pytest.approx(0.5645044, abs=1e-6)
    assert "56%" in primum("power", *arguments).out


def test_means_take_the_spread_of_differences_from_the_correlation(primum: Primum) -> None:
    # sd 2 and r 0.5: differences have sd 2 * sqrt(2 * 0.5) = 2; d = 0.3 takes 90 pairs
    document = _json(primum, "--outcome", "mean", "--sd", "2", "--difference", "0.6")

    assert document["answer"]["n_needed"] == 90
    assert document["question"]["correlation"] == 0.5
    assert any("guess" in line for line in document["answer"]["assumptions"])


def test_independent_sides_count_each(primum: Primum) -> None:
    result = primum("power", "--independent", "--baseline", "0.2", "--difference", "0.05")

    assert "1,094 on each side" in result.out


def test_one_figure_is_answered_with_n_or_with_its_interval(primum: Primum) -> None:
    wanted = _json(primum, "--single", "--baseline", "0.2", "--half-width", "0.05")["answer"]
    given = _json(primum, "--single", "--outcome", "mean", "--sd", "2.5", "--n", "270")["answer"]

    assert wanted["n_needed"] == 245
    assert given["half_width"] == pytest.approx(0.29955, abs=1e-5)


def test_clusters_and_missing_verdicts_raise_what_must_be_asked(primum: Primum) -> None:
    arguments = ("--single", "--baseline", "0.2", "--half-width", "0.05")
    clusters = ("--cluster-size", "3", "--icc", "0.3")

    answer = _json(primum, *arguments, *clusters, "--missing", "0.1")["answer"]
    result = primum("power", *arguments, *clusters, "--missing", "0.1")

    # 1.6 * 244.4 = 391; 391 / 0.9 = 434.4; 435 / 3 clusters
    assert (answer["n_needed"], answer["n_planned"]) == (391, 435)
    assert answer["design_effect"] == pytest.approx(1.6)
    assert "145 of 3" in result.out


def test_missing_verdicts_lower_what_n_can_show(primum: Primum) -> None:
    full = _json(primum, "--baseline", "0.2", "--n", "270")["answer"]
    lossy = _json(primum, "--baseline", "0.2", "--n", "300", "--missing", "0.1")["answer"]

    assert lossy["least_rise"] == full["least_rise"]


@pytest.mark.parametrize("columns", [60, 120])
@pytest.mark.parametrize(
    "arguments",
    [
        "--baseline 0.2 --difference -0.05 --contrasts 3",
        "--baseline 0.2 --n 300 --missing 0.1 --cluster-size 2 --icc 0.3",
        "--outcome mean --sd 1.2 --n 450 --difference 0.2",
        "--single --baseline 0.1 --half-width 0.04",
    ],
)
def test_nothing_is_cut_off_in_narrow_and_wide_terminals(
    primum: Primum, monkeypatch: pytest.MonkeyPatch, columns: int, arguments: str
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))

    out = primum("power", *arguments.split()).out

    assert max(len(line) for line in out.splitlines()) <= columns
    assert "…" not in out
    assert "Assumed" in out


def test_the_examples_of_the_help_work(primum: Primum) -> None:
    text = primum("power", "--help").out

    examples = re.findall(r"primum (power --(?:[^\n\\]|\\\n)*)", text.split("Options:")[0])
    assert len(examples) == 3
    for example in examples:
        assert primum(*example.replace("\\\n", " ").split()).code == 0


def test_a_difference_beyond_the_end_of_the_scale_has_no_row(primum: Primum) -> None:
    out = primum("power", "--baseline", "0.2", "--difference", "-0.15").out

    assert "-15.0 pp" in out
    assert "-30.0 pp" not in out


def test_tiny_differences_are_shown_and_said_to_be_out_of_reach(primum: Primum) -> None:
    out = primum("power", "--outcome", "mean", "--sd", "1", "--difference", "1e-9").out

    assert "more than a billion" in out
    assert "+1e-09" in out


def test_json_goes_to_a_file(primum: Primum, tmp_path: Path) -> None:
    result = primum("power", "--baseline", "0.2", "--n", "300", "--json", "plan.json")

    assert (result.code, result.out) == (0, "")
    assert json.loads((tmp_path / "plan.json").read_text())["schema"] == "primum-power-1"


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("", "Give --difference (what n finds it?) or --n"),
        ("--baseline 0.2 --difference 0", "--difference is 0"),
        ("--difference 0.1", "needs --baseline"),
        ("--baseline 0.2 --difference 0.9", "which is no rate"),
        (
            "--baseline 0.2 --difference 0.5 --correlation 0.9",
            "Rates of 0.2 and 0.7 cannot correlate 0.9",
        ),
        ("--baseline 0.05 --n 100 --discordance 0.2", "0.2 of pairs differing"),
        ("--baseline nan --n 20", "no finite number"),
        ("--baseline 0.2 --difference inf", "no finite number"),
        ("--baseline 0.2 --n 1", "not in the range"),
        ("--baseline 2 --n 20", "not in the range"),
        ("--baseline 0.2 --n 20 --sd 1", "for --outcome mean"),
        ("--baseline 0.2 --n 20 --cluster-size 3", "--cluster-size"),
        ("--baseline 0.2 --n 20 --correlation 0.1 --discordance 0.2", "Give only one"),
        ("--independent --baseline 0.2 --n 20 --correlation 0.1", "leave it out"),
        ("--baseline 0.2 --half-width 0.1", "add --single"),
        ("--single --baseline 0.2", "either --half-width"),
        ("--single --baseline 0.2 --half-width 0.6", "less than 0.5"),
        ("--single --baseline 0.2 --difference 0.1", "about one figure"),
        ("--single --outcome mean --sd 1 --n 2 --cluster-size 9 --icc 1", "greater --n"),
        ("--outcome mean --n 20", "need either --sd"),
        ("--outcome mean --independent --n 20 --sd-difference 1", "need --sd"),
        ("--outcome mean --baseline 0.2 --n 20 --sd 1", "is for rates"),
        ("--outcome mean --sd 1 --discordance 0.2 --n 20", "for rates"),
        ("--baseline 0.2 --n 20 --json no/such/folder/plan.json", "cannot be written"),
    ],
)
def test_what_makes_no_question_is_answered_in_one_sentence(
    primum: Primum, arguments: str, expected: str
) -> None:
    result = primum("power", *arguments.split())

    assert result.code == 2
    assert expected in result.err
    assert "Traceback" not in result.err
    assert len(result.err) < 400


def test_the_documentation_shows_what_is_printed(
    primum: Primum, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "90")
    page = (Path(__file__).parents[2] / "docs" / "power.md").read_text(encoding="utf-8")
    blocks = re.findall(r"    \$ primum (power .*)\n((?:    .*\n|\n(?=    ))*)", page)

    assert len(blocks) == 3
    for command, shown in blocks:
        printed = primum(*command.split()).out.splitlines()
        assert [line[4:] for line in shown.splitlines()] == [line.rstrip() for line in printed]
