"""A watch's report: terminal, page and JSON say the same, in both languages, and run nothing."""

from __future__ import annotations

import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.reporting.sample_watch import sample_watch

from primum.core.watch import WatchSummary, WatchUntold
from primum.reporting.catalogue import load_catalogue
from primum.reporting.vega import Axis
from primum.reporting.visible import cells_wide
from primum.reporting.watch_machine import watch_to_json
from primum.reporting.watch_page import in_short, render_watch_html
from primum.reporting.watch_plot import DriftLine, DriftMarks, DriftPoint, drift_lines
from primum.reporting.watch_tables import overview_table
from primum.reporting.watch_terminal import render_watch_terminal
from primum.reporting.watch_words import watch_words
from primum.studies.watch_missing import MISSING


def terminal(watch: WatchSummary, language: str = "en", *, is_brief: bool = False) -> str:
    console = Console(file=io.StringIO(), width=120)
    render_watch_terminal(watch, console, language, is_brief=is_brief)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def narrow(watch: WatchSummary, width: int, language: str = "en") -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    render_watch_terminal(watch, console, language)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def of_two_profiles() -> WatchSummary:
    """As ``sample_watch``, with the same series under another profile, and missing verdicts."""
    watch = calm()
    other = [replace(one, profile="deployed at the front desk") for one in watch.series]
    lost = replace(watch.series[0], metric=MISSING, role="missing", change_point=None)
    return replace(
        watch, profiles=("plain", other[0].profile), series=(*watch.series, *other, lost)
    )


def untold(watch: WatchSummary, *series: str) -> WatchSummary:
    return replace(watch, untold=tuple(WatchUntold(one, 4, 48, 48) for one in series))


def calm() -> WatchSummary:
    return replace(sample_watch(), alarms=(), version_changes=())


def test_the_first_sentence_says_whether_an_alarm_stands() -> None:
    words = watch_words(sample_watch(), load_catalogue("en"))

    assert in_short(words)[0].startswith("Alarm: Full refusals")
    assert "at occasion 4 (sudden)" in in_short(words)[0]
    assert "No alarm over 4 occasions" in in_short(watch_words(calm(), load_catalogue("en")))[0]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_what_cannot_be_told_is_not_called_calm(language: str) -> None:
    watch = calm()
    catalogue = load_catalogue(language)
    words = watch_words(watch, catalogue)
    calming = words.text("in_short_calm", n=4)
    ids = [one.id for one in watch.series]

    some, every = (in_short(watch_words(untold(watch, *own), catalogue)) for own in (ids[:1], ids))

    assert calming in in_short(words)
    assert calming not in (*some, *every)
    assert "48" in some[0]
    assert words.series(watch.series[0]) in some[0]
    assert words.text("in_short_calm_else", n=4) in some
    assert words.text("in_short_calm_none", n=4) in every


def test_what_cannot_be_told_is_said_beside_an_alarm() -> None:
    watch = untold(sample_watch(), sample_watch().series[1].id)

    said = in_short(watch_words(watch, load_catalogue("en")))

    assert said[0].startswith("Alarm: ")
    assert any(one.endswith("48 of 48 verdicts missing at occasion 4.") for one in said)
    assert json.loads(watch_to_json(watch))["untold"][0]["missing"] == 48


@pytest.mark.parametrize("language", ["en", "ja"])
@pytest.mark.parametrize("width", [50, 60, 80, 120])
def test_no_line_is_wider_than_the_terminal(language: str, width: int) -> None:
    for watch in (sample_watch(), of_two_profiles()):
        lines = narrow(watch, width, language)

        assert [line for line in lines if cells_wide(line) > width] == []


def test_rows_of_a_narrow_terminal_can_be_told_apart() -> None:
    said = " ".join(" ".join(narrow(of_two_profiles(), 50)).split())

    newest = said.partition("The newest occasion")[2].partition("Before: mean")[0]
    for word in ("plain", "deployed", "fixed", "new items", "verdict"):
        assert word in newest, word
    assert "Left out for want of width" in newest


def test_a_series_of_missing_verdicts_is_shown_only_where_one_was_missing() -> None:
    watch = of_two_profiles()
    lost = watch.series[-1]
    points = tuple(replace(one, estimate=replace(one.estimate, value=0.0)) for one in lost.points)
    never = replace(watch, series=(*watch.series[:-1], replace(lost, points=points)))

    assert "Items with a missing" in terminal(watch)
    assert "Items with a missing" not in terminal(never)
    assert "Items with a missing verdict" in render_watch_html(watch)


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
