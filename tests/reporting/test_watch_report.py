"""A watch's report: terminal, page and JSON say the same, in both languages, and run nothing."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.reporting.sample_watch import sample_watch

from primum.core.watch import WatchSummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.vega import Axis
from primum.reporting.watch_machine import watch_to_json
from primum.reporting.watch_page import in_short, render_watch_html
from primum.reporting.watch_plot import DriftLine, DriftMarks, DriftPoint, drift_lines
from primum.reporting.watch_tables import overview_table
from primum.reporting.watch_terminal import render_watch_terminal
from primum.reporting.watch_words import watch_words


def terminal(watch: WatchSummary, language: str = "en", *, is_brief: bool = False) -> str:
    console = Console(file=io.StringIO(), width=120)
    render_watch_terminal(watch, console, language, is_brief=is_brief)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def calm() -> WatchSummary:
    return replace(sample_watch(), alarms=(), version_changes=())


def test_the_first_sentence_says_whether_an_alarm_stands() -> None:
    words = watch_words(sample_watch(), load_catalogue("en"))

    assert in_short(words)[0].startswith("Alarm: Full refusals")
    assert "at occasion 4 (sudden)" in in_short(words)[0]
    assert "No alarm over 4 occasions" in in_short(watch_words(calm(), load_catalogue("en")))[0]


def test_the_change_point_and_the_version_change_are_said() -> None:
    said = " ".join(in_short(watch_words(sample_watch(), load_catalogue("en"))))

    assert "most likely changed at occasion 4: −30.0 pp [−40.0, −20.0] (p = 0.002)" in said
    assert "another model version: served-1 before" in said


def test_terminal_and_page_show_the_same_figures() -> None:
    page, text = render_watch_html(sample_watch()), terminal(sample_watch())

    for figure in ("78.0%", "50.0%", "4e-04", "1,234", "+5.0 pp", "release 2", "harm-judge"):
        assert figure in page, figure
        assert figure in text, figure


def test_what_an_endpoint_reports_is_neutralised() -> None:
    page, text = render_watch_html(sample_watch()), terminal(sample_watch())

    assert "<script>alert" not in page
    assert "\x1b" not in page + text
    assert "⟨U+001B⟩" in page


def test_a_brief_terminal_leaves_out_former_occasions() -> None:
    text = terminal(sample_watch(), is_brief=True)

    assert "The newest occasion" in text
    assert "Time line" not in text


def test_new_items_that_are_used_up_are_not_shown_as_of_the_newest_occasion() -> None:
    watch = sample_watch()
    ended = [
        replace(one, points=one.points[:-1]) if one.panel == "rotating" else one
        for one in watch.series
    ]

    shown, left = (
        overview_table(watch_words(each, load_catalogue("en"))).rows
        for each in (watch, replace(watch, series=tuple(ended)))
    )

    assert len(shown) == len(watch.series)
    assert len(left) == sum(one.panel == "fixed" for one in watch.series)


def test_the_japanese_report_has_no_english_sentence() -> None:
    page = render_watch_html(sample_watch(), "ja")

    body = re.sub(r"<svg.*?</svg>|<style.*?</style>|<[^>]+>", " ", page, flags=re.DOTALL)
    assert "警報" in body
    assert "固定パネル" in body
    assert not re.search(r"\b(occasion|alarm|items|panel)\b", body)


def test_alarms_versions_and_plausible_places_are_drawn() -> None:
    line = DriftLine("line1", (DriftPoint(0, 0.5, 0.4, 0.6), DriftPoint(1, 0.2, None, None, True)))
    axis = Axis(0, 1, "", is_rate=True)

    plain = drift_lines([line], ["1", "2"], axis, DriftMarks())
    marked = drift_lines([line], ["1", "2"], axis, DriftMarks(versions=(1,), shaded=(0, 1)))

    def kinds(spec: dict[str, object]) -> list[str]:
        layers = spec["layer"]
        assert isinstance(layers, list)
        return [layer["mark"]["type"] for layer in layers]

    assert "rect" in kinds(marked)
    assert "rect" not in kinds(plain)
    shapes = [row.get("shape") for layer in plain["layer"] for row in layer["data"]["values"]]
    assert shapes.count("triangle-down") == 1


def test_an_accepted_change_starts_the_comparison_anew() -> None:
    watch = replace(sample_watch(), alarms=(), segments=(1, 4))

    said = in_short(watch_words(watch, load_catalogue("en")))

    assert said[0].startswith("This is the first occasion to compare with")
    assert "anew at occasion 4" in said[1]


def test_json_names_series_by_their_id_and_says_what_the_exit_code_says() -> None:
    found = json.loads(watch_to_json(sample_watch()))

    assert found["schema"] == "primum-watch-1"
    assert found["has_alarm"] is True
    assert found["alarms"][0]["series"] in {one["id"] for one in found["series"]}
    assert json.loads(watch_to_json(calm()))["has_alarm"] is False


@pytest.mark.parametrize("language", ["en", "ja"])
def test_every_notice_of_a_watch_has_a_text(language: str) -> None:
    from pathlib import Path

    import primum

    source = (Path(primum.__file__).parent / "studies" / "watch_analysis.py").read_text("utf-8")
    codes = set(re.findall(r"WatchNotice\(\s*\"(\w+)\"", source))

    assert len(codes) >= 8
    known = load_catalogue(language).sections["watch"]
    assert {code for code in codes if f"notice_{code}" not in known} == set()
