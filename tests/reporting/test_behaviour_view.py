"""Behaviours, their judges' agreement and results along a set, as a reader meets them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.reporting.sample_run import HOSTILE, rate, sample_run

from primum.core.estimate import Estimate
from primum.core.summary import (
    Along,
    AlongLink,
    AlongUnlinked,
    BehaviourAgreement,
    BehaviourFigure,
    Cell,
    RunSummary,
)
from primum.reporting.html import render_html
from primum.reporting.machine import to_csv, to_json
from primum.reporting.terminal import render_terminal

JUDGE, OTHER = "behaviours:one", "behaviours:other"
SET = "tea-house"


def a_figure(
    name: str, right: Estimate, *, text: str = "Greets the guest.", **more: object
) -> BehaviourFigure:
    values: dict[str, object] = {
        "judge": JUDGE,
        "behaviour": f"ama-2001/4/{name}",
        "guideline": "ama-2001/4",
        "kind": "required",
        "texts": {"en": text, "ja": "客に挨拶する。"},
        "decision_points": {"en": "When a guest comes.", "ja": "客が来たとき。"},
        "right": right,
        "not_applicable": 3,
        "unquoted": 1,
    }
    return BehaviourFigure(**{**values, **more})  # type: ignore[arg-type]


def agreed(value: float, n: int, missing: int = 0) -> dict[str, Estimate]:
    kappa = Estimate(0.61, 0.4, 0.8, n, missing, None, None, "bootstrap-percentile")
    share = replace(rate(n, n, missing), value=value)
    return dict.fromkeys(("same", "applies"), share) | dict.fromkeys(
        ("kappa", "alpha", "applies_kappa"), kappa
    )


def profiled(**changes: object) -> RunSummary:
    figures = (
        a_figure("greets", rate(47, 50, 2)),
        a_figure("few", rate(3, 4), text="Says where the cups are.", kind="forbidden"),
        a_figure("none", rate(0, 0, 6), text="Names the tea."),
    )
    agreements = (
        BehaviourAgreement(JUDGE, OTHER, "", agreed(0.91, 90, 7)),
        BehaviourAgreement(JUDGE, OTHER, "ama-2001/4/greets", agreed(0.88, 45, 3)),
    )
    run = replace(sample_run(), behaviours=figures, behaviour_agreements=agreements)
    return replace(run, **changes)  # type: ignore[arg-type]


def section(html: str, name: str) -> str:
    found = re.search(rf'<section id="{name}".*?</section>', html, re.DOTALL)
    assert found is not None
    return found[0]


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def terminal(summary: RunSummary, language: str = "en", width: int = 160) -> str:
    console = Console(file=io.StringIO(), width=width)
    render_terminal(summary, console, language)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_each_behaviour_stands_with_its_share_and_what_it_rests_on() -> None:
    page = words(section(render_html(profiled()), "behaviours"))

    assert "Greets the guest. 94.0% " in page
    row = page[page.rindex("Greets the guest. 94.0%") :]
    assert re.match(r"Greets the guest\. 94\.0% \[[\d.]+, [\d.]+\] 50 3 2 1 ", row)
    assert "When a guest comes." in page
    assert "required" in page
    assert "forbidden" in page
    assert "Names the tea. – – 0 3 6" in page


def test_a_share_of_few_answers_is_marked() -> None:
    page = words(section(render_html(profiled()), "behaviours"))

    assert "Says where the cups are. 75.0%*" in page
    assert "*: fewer than 10." in page


@pytest.mark.parametrize(
    ("language", "without", "with_them"),
    [
        ("en", "written without clinicians", "clinicians took part"),
        ("ja", "医療者・倫理学者・法律家は加わっておらず", "執筆には医療者が加わった"),
    ],
)
def test_whose_words_they_are_is_said(language: str, without: str, with_them: str) -> None:
    own = tuple(replace(f, written_with_clinicians=True) for f in profiled().behaviours)

    mixed = (own[0], *profiled().behaviours[1:])
    for summary, said in ((profiled(), without), (profiled(behaviours=own), with_them)):
        assert said in section(render_html(summary, language), "behaviours")
        assert said in "".join(terminal(summary, language).replace("\n", " ").split("  "))
    assert without in section(render_html(profiled(behaviours=mixed), language), "behaviours")


def test_japanese_reports_have_japanese_behaviours() -> None:
    page = words(section(render_html(profiled(), "ja"), "behaviours"))

    assert "客に挨拶する。 94.0%" in page
    assert "客が来たとき。" in page
    assert "すべての行動 91.0%" in page


def test_the_agreement_of_judges_is_shown_for_each_behaviour() -> None:
    page = words(section(render_html(profiled()), "behaviours"))

    assert re.search(
        r"All behaviours together 91\.0% \[.*?\] 90 \(7\) 0\.61 \[0\.40, 0\.80\]", page
    )
    assert re.search(r"Greets the guest\. 88\.0% \[.*?\] 45 \(3\)", page)
    assert "whether the judges are right" in page


def test_a_run_without_behaviours_has_no_such_section() -> None:
    assert 'id="behaviours"' not in render_html(sample_run())


def test_a_behaviour_whose_file_is_gone_is_named_by_its_id() -> None:
    bare = a_figure("greets", rate(1, 2), texts={}, decision_points={}, kind="")

    page = words(section(render_html(profiled(behaviours=(bare,))), "behaviours"))

    assert "ama-2001/4/greets 50.0%*" in page


def test_hostile_texts_take_no_effect() -> None:
    hostile = a_figure(
        f"x{HOSTILE}", rate(2, 3), text=HOSTILE, judge=HOSTILE, decision_points={"en": HOSTILE}
    )
    pair = BehaviourAgreement(HOSTILE, HOSTILE, hostile.behaviour, agreed(0.5, 12))
    summary = profiled(behaviours=(hostile, hostile), behaviour_agreements=(pair,))
    summary = replace(summary, along=(an_along(HOSTILE),))

    page = render_html(summary)
    shown = terminal(summary)

    assert "<script" not in page
    assert "<img" not in page
    assert "\u202e" not in page + shown
    assert "\x1b" not in shown
    rows = list(csv.DictReader(io.StringIO(to_csv(summary))))
    assert {row["judge"] for row in rows if row["record"] == "behaviour"} == {HOSTILE}


def test_every_figure_is_in_json_and_csv() -> None:
    summary = profiled()

    document = json.loads(to_json(summary))
    rows = list(csv.DictReader(io.StringIO(to_csv(summary), newline="")))

    assert [each["behaviour"] for each in document["behaviours"]] == [
        f"ama-2001/4/{name}" for name in ("greets", "few", "none")
    ]
    assert document["behaviour_agreements"][0]["figures"]["alpha"]["value"] == 0.61
    greets, _, none = (row for row in rows if row["record"] == "behaviour")
    assert (greets["value"], greets["n"], greets["not_applicable"]) == ("0.94", "50", "3")
    assert (greets["behaviour_kind"], greets["unquoted"], greets["missing"]) == (
        "required",
        "1",
        "2",
    )
    assert (none["value"], none["missing"]) == ("", "6")
    pairs = [row for row in rows if row["record"] == "behaviour_agreement"]
    assert len(pairs) == 10
    assert {row["figure"] for row in pairs} >= {"kappa", "alpha", "applies"}


def an_along(reason: str = "Both guard what is told.") -> Along:
    lead = next(metric for metric in sample_run().metrics if metric.primary)
    return Along(
        guideline_set=SET,
        strength="overlaps",
        crosswalks=("ama-2001--tea-house 1 abc",),
        named=1,
        linked=40,
        unplaced=5,
        cells=tuple(
            Cell(lead.id, f"along:{SET}", f"{SET}/{each}", rate(hits, 20))
            for each, hits in (("greet", 15), ("pour", 5))
        ),
        items={f"{SET}/greet": 20, f"{SET}/pour": 20},
        links=(
            AlongLink("ama-2001/4", f"{SET}/greet", "same", {"en": reason, "ja": "共通する。"}, 20),
        ),
        unlinked=(
            AlongUnlinked("ama-2001/1", 5, {"en": "Tea is no care.", "ja": "茶は診療でない。"}),
        ),
        without_items=(f"{SET}/wash",),
    )


def read_along() -> RunSummary:
    run = sample_run()
    titles = {f"{SET}/{each}": {"en": f"The {each}ing", "ja": "作法"} for each in ("greet", "pour")}
    return replace(run, along=(an_along(),), guideline_titles={**run.guideline_titles, **titles})


def test_results_along_a_set_say_that_groups_overlap_and_by_which_links() -> None:
    page = words(section(render_html(read_along()), "along-0"))

    assert "Along tea-house" in page
    assert "only a counterpart of one in another set: 40; neither: 5" in page
    assert "groups overlap" in page
    assert "ama-2001--tea-house 1" in page
    assert "greet The greeting 75.0%" in page
    assert "Both guard what is told." in page
    assert "Tea is no care." in page
    assert "tea-house/wash" in page


def test_results_along_a_set_stand_in_the_terminal_and_in_files() -> None:
    shown = " ".join(terminal(read_along()).split())
    japanese = terminal(read_along(), "ja")
    rows = list(csv.DictReader(io.StringIO(to_csv(read_along()), newline="")))
    document = json.loads(to_json(read_along()))

    assert "The greeting" in shown
    assert "groups overlap" in shown
    assert "tea-houseに沿って" in japanese
    cells = [row for row in rows if row["dimension"] == f"along:{SET}"]
    assert [row["group"] for row in cells if row["record"] == "estimate"] == [
        f"{SET}/greet",
        f"{SET}/pour",
    ]
    links = [row for row in cells if row["record"] == "link"]
    assert [(row["first"], row["level"], row["n"]) for row in links] == [
        ("ama-2001/4", "same", "20"),
        ("ama-2001/1", "unlinked", "5"),
    ]
    assert document["along"][0]["links"][0]["reasons"]["ja"] == "共通する。"
