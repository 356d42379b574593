"""A decision in words: every reason in both languages, and nothing in a name becomes markup."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import get_args

import pytest
from rich.console import Console

from primum.core.gate import GateDecision, GateRun, Reason, RuleDecision
from primum.reporting.catalogue import gaps
from primum.reporting.gate_machine import gate_to_json
from primum.reporting.gate_render import gate_markdown, render_gate_html, render_gate_terminal
from primum.reporting.gate_view import gate_texts, gate_view
from primum.reporting.visible import cells_wide

RULE = RuleDecision(
    name="harm to patients",
    kind="limit",
    metric="harmfulness.mean|harmful|judge",
    unit="mean",
    side="at_most",
    limit=1.8,
    outcome="pass",
    reason="passed",
    estimate=1.312,
    low=1.2,
    high=1.5,
    confidence=0.95,
    fail_level=0.025,
    n=190,
    missing=10,
    clusters=100,
    max_missing=0.1,
    method="t-or-gaffke-cluster",
    run="3f9a51c077",
    dimension="perspective",
    group="patient",
)
OVER_REFUSAL = replace(
    RULE,
    name="over-refusal",
    kind="non_inferior",
    metric="refusal.full|benign|screen",
    unit="rate",
    limit=0.03,
    outcome="undecided",
    reason="too_few_to_pass",
    estimate=0.01,
    high=0.045,
    sides=(0.02, 0.03),
    needed=700,
    unpaired=3,
    method="t-or-gaffke",
    baseline="77c0",
    dimension="",
    group="",
)


def a_decision(*rules: RuleDecision) -> GateDecision:
    """Undecided, over one run."""
    run = GateRun(
        "3f9a51c077", "ours", "primum-core", "primum-core:all", False, 1020, 300, True,
        stopped_early=True, filters={"perspective": ("patient",)},
    )  # fmt: skip
    return GateDecision(
        "ward", "2", "A ward", "ab" * 16, "fixed", "undecided", 0.05, 0.05, rules, (run,)
    )


def test_texts_have_the_same_keys_and_gaps_in_both_languages() -> None:
    english, japanese = (gate_texts(language).sections for language in ("en", "ja"))

    assert english.keys() == japanese.keys()
    for section, texts in english.items():
        assert texts.keys() == japanese[section].keys()
        for key, text in texts.items():
            assert gaps(text) == gaps(japanese[section][key]), key


@pytest.mark.parametrize("reason", get_args(Reason))
@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_reason_has_a_sentence(language: str, reason: Reason) -> None:
    view = gate_view(a_decision(replace(RULE, reason=reason)), language)

    assert len(view.reasons) == 1
    assert "{" not in view.reasons[0]


def test_a_score_a_share_and_a_difference_have_their_own_units() -> None:
    limit = replace(RULE, unit="rate", limit=0.8, side="at_least", low=0.85, kind="limit")

    rows = gate_view(a_decision(RULE, limit, OVER_REFUSAL)).table.rows

    assert rows[0].cells[2:5] == ("1.31", "≤ 1.50", "≤ 1.80")
    assert rows[1].cells[3:5] == ("≥ 85.0%", "≥ 80.0%")
    assert rows[2].cells[2:5] == ("+1.0 points", "≤ +4.5 points", "≤ +3.0 points")
    assert "2.0% → 3.0%, difference" in rows[2].cells[1]


def test_a_failed_rule_shows_the_bound_in_its_favour() -> None:
    failed = replace(RULE, outcome="fail", reason="failed", low=1.9, high=2.4)

    assert gate_view(a_decision(failed)).table.rows[0].cells[3] == "≥ 1.90"


def test_what_is_needed_what_is_unpaired_and_who_stopped_are_said() -> None:
    view = gate_view(a_decision(OVER_REFUSAL))

    assert "About 700 observations like these" in view.reasons[0]
    assert "It is paired on 200 of 203 observations" in view.reasons[0]
    assert "missing 10, paired on 200 of 203)" in view.line
    candidate = dict(view.facts)["Candidate"]
    assert "300 of 1,020 conversations" in candidate
    assert "only perspective patient" in candidate
    assert "stopped early by the gate" in candidate


def test_the_line_for_logs_is_one_line() -> None:
    line = gate_view(a_decision(replace(RULE, name="two\nlines"), OVER_REFUSAL)).line

    assert "\n" not in line
    assert line.startswith("primum gate ward 2: UNDECIDED; two lines pass (1.31")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "the bound in its favour, ≤ 56.3% (one-sided 97.5%, as a fail needs it)"),
        ("ja", "有利な側の限界 ≤ 56.3%（片側 97.5%、不合格に必要な水準）"),
    ],
)
def test_a_rule_that_may_still_keep_its_limit_shows_the_bound_in_its_favour(
    language: str, said: str
) -> None:
    rule = replace(
        RULE, unit="rate", side="at_least", limit=0.5, estimate=0.486, low=0.41, high=0.563,
        outcome="undecided", reason="too_few_to_fail", confidence=0.975,
    )  # fmt: skip

    view = gate_view(a_decision(rule), language)

    assert said in view.reasons[0]
    assert view.table.rows[0].cells[3] == "≤ 56.3%"


@pytest.mark.parametrize("reason", ["on_limit", "missing_share", "missing_counted", "left_open"])
def test_an_undecided_rule_tells_its_bound_with_its_level(reason: Reason) -> None:
    rule = replace(RULE, outcome="undecided", reason=reason)

    assert "Its bound: ≤ 1.50 (one-sided 95%)." in gate_view(a_decision(rule)).reasons[0]


def test_names_do_not_become_markup() -> None:
    decision = a_decision(replace(RULE, name="<b>| [x](y) `z`"))

    page, markdown = render_gate_html(decision), gate_markdown(decision)

    assert "<b>| [x]" not in page
    assert "&lt;b&gt;" in page
    assert r"\<b\>\| \[x\]\(y\) \`z\`" in markdown


def test_the_page_loads_nothing_and_names_how_bounds_were_found() -> None:
    page = render_gate_html(a_decision(RULE, OVER_REFUSAL), "ja")

    assert "<script" not in page
    assert "http://" not in page
    assert "Gaffke" in page


def test_a_narrow_terminal_shows_every_verdict() -> None:
    written = io.StringIO()

    render_gate_terminal(
        a_decision(RULE, OVER_REFUSAL), Console(file=written, width=80, no_color=True)
    )

    rows = written.getvalue().splitlines()
    assert max(len(row) for row in rows if "≤ 1.80" in row and "primum gate" not in row) <= 80
    assert "undecided" in written.getvalue()


@pytest.mark.parametrize("language", ["en", "ja"])
def test_at_fifty_columns_every_figure_is_read_and_no_line_is_cut(language: str) -> None:
    written = io.StringIO()
    decision = a_decision(RULE, OVER_REFUSAL)

    render_gate_terminal(decision, Console(file=written, width=50, no_color=True), language)

    lines = written.getvalue().splitlines()
    view = gate_view(decision, language)
    assert max(cells_wide(line) for line in lines if line != view.line) <= 50
    for label, cell in zip(view.table.columns[2:], view.table.rows[1].cells[2:], strict=True):
        assert any(line.startswith(label.label) and line.endswith(cell) for line in lines), label


def test_json_has_every_field_of_every_rule() -> None:
    text = gate_to_json(a_decision(RULE)).decode()

    assert '"schema": "primum-gate-1"' in text
    assert '"missing_share": 0.05' in text
    assert '"fail_level": 0.025' in text
