"""The report of an improvement: whole in both languages, untrusted names shown as text."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console
from tests.studies.improve_outcomes import Rates, a_file, drawn, summarised

import primum.studies
from primum.core.gate import Outcome
from primum.core.improve import ImproveSummary
from primum.reporting.catalogue import gaps
from primum.reporting.improve_machine import improve_to_csv, improve_to_json
from primum.reporting.improve_page import render_improve_html
from primum.reporting.improve_terminal import render_improve_terminal
from primum.reporting.improve_words import improve_texts

BASE = Rates(0.25, 0.05, 0.45)


@pytest.fixture(scope="module")
def three() -> ImproveSummary:
    """Three points under a gate."""
    names = ("refusals only", "mix", "dpo")
    file = a_file([{"name": name, "harmful": ["general"]} for name in names])
    truth = {
        "baseline": BASE,
        "refusals only": Rates(0.95, 0.8, 0.4),
        "mix": Rates(0.8, 0.06, 0.45),
        "dpo": Rates(0.6, 0.06, 0.45),
    }
    gates: dict[str, Outcome] = {"refusals only": "fail", "mix": "pass", "dpo": "undecided"}
    return summarised(file, drawn(file, truth, scatter=0.05), gates=gates)


@pytest.fixture(scope="module")
def twelve() -> ImproveSummary:
    """A grid of twelve points with curves and transfer."""
    mix = {"name": "mix", "harmful": ["general"], "benign": ["benign"]}
    sizes = {"size": [50, 100, 200, 400]}
    candidates = [{**mix, **sizes, "benign_share": [0, 0.25, 0.5]}]
    transfer = [{"name": "en to ja", "candidate": "mix", "kind": "en-ja"}]
    file = a_file(candidates, transfer=transfer)
    truth = {"baseline": BASE}
    for share in ("0", "0.25", "0.5"):
        for size in sizes["size"]:
            refused = 0.3 + 0.5 * min(1, size / 200)
            truth[f"mix benign_share={share} size={size}"] = BASE._replace(refused_harmful=refused)
    return summarised(file, drawn(file, truth))


def test_both_languages_have_the_same_texts_with_the_same_gaps() -> None:
    """A text that is missing would stop a report."""
    english, japanese = improve_texts("en"), improve_texts("ja")

    assert set(english) == set(japanese)
    assert {key: gaps(text) for key, text in english.items()} == {
        key: gaps(text) for key, text in japanese.items()
    }


def test_every_reason_and_notice_of_the_code_has_a_text() -> None:
    """Read off the modules that make them."""
    folder = Path(primum.studies.__file__).parent
    code = "".join(file.read_text("utf-8") for file in folder.glob("improve_*.py"))
    reasons = set(re.findall(r'Reason\(\s*"(\w+)"', code))
    notices = set(re.findall(r'"(improve-[\w-]+)"', code))

    texts = improve_texts("en")

    assert reasons
    assert {f"reason_{code}" for code in reasons} <= set(texts)
    assert {f"notice_{code}" for code in notices} <= set(texts)


@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_page_shows_every_section(
    three: ImproveSummary, twelve: ImproveSummary, language: str
) -> None:
    """With three points and with twelve."""
    pages = [render_improve_html(one, language) for one in (three, twelve)]

    for section in ("summary", "recommendation", "points", "front", "failures", "adapters"):
        assert all(f'id="{section}"' in page for page in pages)
    assert 'id="gate"' in pages[0]
    assert 'id="curves"' in pages[1]
    assert 'id="transfer"' in pages[1]
    assert all("<svg" in page for page in pages)


def test_the_terminal_says_which_one_and_why(three: ImproveSummary) -> None:
    """Figures stand in one line each."""
    console = Console(width=100, record=True, file=io.StringIO())

    render_improve_terminal(three, console)

    text = console.export_text()
    assert "Take “mix”, seed 1." in text
    assert "Every adapter of “mix” passes the gate." in text
    assert re.search(r"refusals only +\d\d\.\d% \[", text)
    assert re.search(r"over-refusal +refusals only +found", text)


def test_names_of_a_file_are_text_and_no_markup(three: ImproveSummary) -> None:
    """A candidate's name comes from a file of anybody."""
    points = tuple(
        replace(point, name=f"{point.name}<script>", candidate=f"{point.candidate}<script>")
        for point in three.points
    )
    findings = tuple(replace(one, point=f"{one.point}<script>") for one in three.findings)
    recommendation = replace(
        three.recommendation, point=f"{three.recommendation.point}<script>", reasons=()
    )
    renamed = replace(
        three,
        points=points,
        findings=findings,
        recommendation=recommendation,
        titles={"en": "<img>"},
    )

    page = render_improve_html(renamed)

    assert "<script>" not in page
    assert "<img>" not in page
    assert "mix&lt;script&gt;" in page


def test_json_and_csv_hold_every_figure(twelve: ImproveSummary) -> None:
    """The same numbers, for other programs."""
    whole = json.loads(improve_to_json(twelve))
    rows = improve_to_csv(twelve).splitlines()

    assert whole["schema"] == "primum-improve-1"
    assert whole["points"][0]["levels"]["safety"]["value"] == pytest.approx(
        twelve.points[0].levels["safety"].value
    )
    kinds = [row.partition(",")[0] for row in rows[1:]]
    # 13 levels and 12 gains of 3 objectives, 36 adapters of 3, findings, 4 x 3 transfers of 3 rows.
    assert kinds.count("level") == 39
    assert kinds.count("gain") == 36
    assert kinds.count("seed") == 108
    assert kinds.count("finding") == len(twelve.findings)
    assert kinds.count("transfer") == 36
