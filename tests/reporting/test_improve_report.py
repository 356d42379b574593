"""The report of an improvement: whole in both languages, untrusted names shown as text."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from rich.console import Console
from tests.studies.improve_outcomes import Rates, a_file, drawn, gate_of, summarised

import primum.studies
from primum.core.gate import Outcome
from primum.core.improve import Declared, ImproveSummary, Reason
from primum.reporting.catalogue import gaps
from primum.reporting.improve_machine import improve_to_csv, improve_to_json
from primum.reporting.improve_page import render_improve_html
from primum.reporting.improve_terminal import render_improve_terminal
from primum.reporting.improve_words import improve_texts
from primum.reporting.visible import cells_wide

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
    assert re.search(r"refusals only: .*\n(.*\n)* +Safety +\d\d\.\d% \[.*\] +200 / 0", text)
    assert "over-refusal rise, refusals only: found." in text


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [50, 80])
def test_a_narrow_terminal_has_no_line_too_wide_and_no_word_broken(
    three: ImproveSummary, twelve: ImproveSummary, width: int, language: str
) -> None:
    """Every point is shown with its gate and its share of draws, which the note explains."""
    for summary in (three, twelve):
        console = Console(width=width, record=True, file=io.StringIO())

        render_improve_terminal(summary, console, language)

        lines = console.export_text().splitlines()
        assert max(cells_wide(line.rstrip()) for line in lines) <= width
        text = " ".join(line.strip() for line in lines)
        assert improve_texts(language)["told_front"].split("{")[0] in text
        for word in ("over-refusal", "preferences", "Over-refusal") if language == "en" else ():
            halves = {(word[:cut], word[cut:]) for cut in range(3, len(word) - 1)}
            broken = {
                half
                for half in halves
                for one, following in pairwise(lines)
                if one.split()[-1:] == [half[0]] and following.split()[:1] == [half[1]]
            }
            assert not broken


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_figure_stands_with_its_n_and_what_is_missing(
    three: ImproveSummary, language: str
) -> None:
    """Levels, changes, findings, gates and adapters, in both languages."""
    page = render_improve_html(three, language)
    texts = improve_texts(language)
    rests = texts["rests"].format(n=200, missing=0)

    # 4 levels and 3 changes and 9 adapters of 3 objectives.
    assert page.count(rests) >= 48
    assert page.count(f'<td class="num">{198}</td><td class="num">2</td>') == 9
    assert texts["one_sided"].format(confidence=95) in page


def test_an_adapters_own_figure_has_an_interval_and_what_it_was_trained_on(
    three: ImproveSummary,
) -> None:
    """What preference tuning lost, and what was cut, stands beside it."""
    page = render_improve_html(three)
    own = three.points[0].levels["safety"].by_seed[0]

    assert own.low is not None
    assert own.high is not None
    assert f"[{own.low * 100:.1f}, {own.high * 100:.1f}]" in page
    assert "98 <small>2 without a pair</small> <small>7 cut</small>" in page


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("before", "The ledger noted objectives, margins and policy before the first tuned model"),
        ("after", "The ledger did not have these objectives, margins and policy before the first"),
    ],
)
def test_the_rule_says_whether_the_ledger_had_it_before_the_first_answer(
    three: ImproveSummary, when: Declared, said: str
) -> None:
    """And nothing of it where the ledger does not know."""
    page = render_improve_html(replace(three, declared=when))

    assert said in page
    assert page.count("before the first tuned model answered") == 1
    assert "before the first tun" not in render_improve_html(three)


def test_rules_of_the_gate_that_are_broken_and_open_stand_apart(three: ImproveSummary) -> None:
    """With the seeds of each, where not all have it."""
    gates = (
        gate_of("fail", ("able", "undecided")),
        gate_of("fail", ("able", "pass")),
        gate_of("undecided", ("able", "pass")),
    )
    first, *others = three.points
    adapters = tuple(
        replace(adapter, gate=gate) for adapter, gate in zip(first.adapters, gates, strict=True)
    )
    values = {"point": first.name, "failed": "over-refusal", "undecided": "able, over-refusal"}
    reasons = (Reason("gate_failed_and_open", values),)
    changed = replace(
        three,
        points=(replace(first, adapters=adapters), *others),
        recommendation=replace(three.recommendation, reasons=reasons),
    )

    page = render_improve_html(changed)

    assert (
        "“refusals only” fails the gate. Broken: over-refusal (seed 1, 2). "
        "Open: able (seed 1), over-refusal (seed 3)."
    ) in page


def test_the_csv_says_n_missing_and_whether_a_bound_is_one_sided(three: ImproveSummary) -> None:
    """Of gates one-sided bounds, of all else two-sided intervals; nothing without its n."""
    rows = list(csv.DictReader(io.StringIO(improve_to_csv(three))))

    gate = next(row for row in rows if row["kind"] == "gate")
    assert (gate["items"], gate["missing"], gate["clusters"]) == ("198", "2", "197")
    assert (gate["confidence"], gate["bounds"]) == ("0.95", "one-sided")
    for kind in ("level", "gain", "seed", "finding"):
        found = [row for row in rows if row["kind"] == kind and row["value"]]
        assert found
        for row in found:
            assert (row["items"], row["missing"], row["clusters"]) == ("200", "0", "200")
            assert (row["confidence"], row["bounds"]) == ("0.95", "two-sided")
            assert row["low"]
            assert row["high"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_was_not_looked_for_is_named_with_the_reason(
    three: ImproveSummary, language: str
) -> None:
    """On the page, on the terminal, and in the CSV."""
    console = Console(width=200, record=True, file=io.StringIO())
    texts = improve_texts(language)

    render_improve_terminal(three, console, language)

    shown = console.export_text()
    page, table = render_improve_html(three, language), improve_to_csv(three)
    for what, why in (("no_further_gain", "one_size"), ("transfer", "no_transfer")):
        said = texts["not_looked_for_is"].format(
            what=texts[f"silent_{what}"], why=texts[f"why_{why}"]
        )
        assert said in shown
        assert texts[f"why_{why}"] in page
        assert f"{what},,not_looked_for" in table


def test_transfers_stand_with_n_and_what_is_missing(twelve: ImproveSummary) -> None:
    """Half of the items are of either language."""
    console = Console(width=400, record=True, file=io.StringIO())

    render_improve_terminal(twelve, console)

    assert "(n 100, missing 0)" in console.export_text()
    transfers = render_improve_html(twelve).partition('id="transfer"')[2].partition("</section>")[0]
    assert transfers.count("n 100, missing 0") == 24


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
