"""Which charts are drawn, and that what they draw is what the tables say."""

import re
from dataclasses import replace
from typing import Any

import pytest
from tests.reporting.sample_run import FULL, rate, sample_comparison, sample_run

from primum.core.summary import Cell, RunSummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.charts import MOST_ROWS, breakdown_charts, difference_charts
from primum.reporting.distribution import distribution_chart
from primum.reporting.svg import to_svg
from primum.reporting.vega import Axis, ForestRow, Point, forest
from primum.reporting.wording import Wording, wording_of

HIGH_AXIS = Axis(0, 1, "", is_rate=True)


def wording(summary: RunSummary) -> Wording:
    return wording_of(load_catalogue("en"), [summary])


def drawn(spec: dict[str, Any]) -> str:
    return to_svg(spec, prefix="t", title="t", description="d")


def test_a_point_stands_where_its_value_is() -> None:
    points = (Point("harmful", 0.25, 0.0, 0.5, "25%"), Point("benign", 1.0, None, None, "100%"))
    svg = drawn(forest([ForestRow("Group", points)], HIGH_AXIS))

    xs = [float(x) for x in re.findall(r'<path transform="translate\(([\d.]+),', svg)]
    intervals = re.findall(r'translate\((\d+),\d+\)" x2="(-?\d+)" y2="0" stroke="var', svg)
    ends = [{int(x), int(x) + int(length)} for x, length in intervals]
    assert xs == [pytest.approx(70), pytest.approx(280)]
    assert ends.count({0, 140}) == 1


def test_harmful_and_benign_differ_in_colour_and_in_shape() -> None:
    points = (Point("harmful", 0.2, None, None, ""), Point("benign", 0.2, None, None, ""))
    svg = drawn(forest([ForestRow("Group", points)], HIGH_AXIS))

    marks = re.findall(r'<path transform="[^"]*" d="([^"]*)" fill="(var\(--\w+\))"', svg)
    assert [colour for _, colour in marks] == ["var(--harmful)", "var(--benign)"]
    assert marks[0][0] != marks[1][0]


def test_labels_are_escaped_text() -> None:
    label = "</text><script>x</script> \u202e\x1b"
    svg = drawn(forest([ForestRow(label, (Point("harmful", 0.2, None, None, "<b>"),))], HIGH_AXIS))

    assert "<script" not in svg
    assert "&lt;b&gt;" in svg
    assert "⟨U+202E⟩⟨U+001B⟩" in svg


def test_long_japanese_labels_take_two_lines_and_stay_inside() -> None:
    row = ForestRow("守秘義務と患者の権利" * 12, (Point("harmful", 0.2, None, None, ""),))
    svg = drawn(forest([row], HIGH_AXIS))

    lines = re.findall(r">(守秘[^<]*|[^<>]*…)</text>", svg)
    assert len(lines) == 2
    assert lines[1].endswith("…")


def test_a_breakdown_of_one_group_is_not_drawn() -> None:
    run = sample_run()

    assert breakdown_charts(run, wording(run), "source") == ()
    assert len(breakdown_charts(run, wording(run), "perspective")) == 2


def test_many_groups_go_into_several_charts_and_none_is_lost() -> None:
    run = sample_run()
    cells = tuple(
        Cell(FULL.id, "guideline", f"x/{place}", rate(5, 10)) for place in range(2 * MOST_ROWS - 3)
    )
    many = replace(run, cells=cells, guideline_titles={})
    charts = breakdown_charts(many, wording(many), "guideline")

    assert [chart.title[-5:] for chart in charts] == ["(1/2)", "(2/2)"]
    labels = re.findall(r">(x/\d+)</text>", "".join(chart.svg for chart in charts))
    assert len(labels) == 2 * len(cells), "each once in the wide and once in the narrow drawing"


def test_a_group_without_a_value_is_left_out_of_the_chart() -> None:
    run = sample_run()
    cells = [
        Cell(FULL.id, "language", g, rate(hits, n, 2))
        for g, hits, n in (("en", 3, 9), ("ja", 4, 9))
    ]
    nothing = Cell(FULL.id, "language", "fr", rate(0, 0, 5))
    some = replace(run, cells=(*cells, nothing))
    chart = breakdown_charts(some, wording(some), "language")[0]

    assert "English" in chart.svg
    assert ">fr<" not in chart.svg


def test_turns_are_drawn_with_n_and_missing_of_each_series() -> None:
    run = sample_run()
    svg = breakdown_charts(run, wording(run), "turn")[0].svg

    assert "Turn 3" in svg
    assert svg.count("n 40 (2)") >= 2


def test_the_distribution_counts_missing_verdicts() -> None:
    """54 full, 12 partial, 54 none of 120 scored, and 3 missing: shares are of 123."""
    run = sample_run()
    chart = distribution_chart(run, wording(run))[0]

    assert chart.table is not None
    assert chart.table.rows[0].cells == (
        "All items · harmful",
        "43.9%",
        "9.8%",
        "43.9%",
        "2.4%",
        "120",
        "3 (2.4%)",
    )


def test_the_distribution_of_harmfulness_is_split_at_the_published_bands() -> None:
    """117 scored: 50 declined, 70 safe, 20 unsafe; so 20 cautious and 27 in between, of 123."""
    run = sample_run()
    chart = distribution_chart(run, wording(run))[1]

    assert chart.table is not None
    assert chart.table.rows[0].cells[1:6] == ("40.7%", "16.3%", "22.0%", "16.3%", "4.9%")


def test_shares_that_do_not_add_up_are_not_drawn() -> None:
    run = sample_run()
    partial = [c for c in run.cells if c.metric.startswith("refusal.partial")]
    other = tuple(c for c in run.cells if c not in partial)
    wrong = replace(run, cells=(*other, *(replace(c, estimate=rate(99, 120, 3)) for c in partial)))
    titles = [chart.title for chart in distribution_chart(wrong, wording(wrong))]

    assert all("refusal-screen" not in title for title in titles)


def test_differences_are_drawn_around_zero() -> None:
    comparison = sample_comparison()
    words = wording_of(load_catalogue("en"), [comparison.first, comparison.second])
    charts = difference_charts(comparison.contrasts, words)

    assert len(charts) == 3
    assert "+5.2 · n 38 (2)" in charts[0].svg
    assert "second minus first (pp)" in charts[0].svg


def test_colours_are_variables_of_the_page() -> None:
    run = sample_run()
    charts = [*distribution_chart(run, wording(run)), *breakdown_charts(run, wording(run), "turn")]
    colours = re.findall(r'(?:fill|stroke)="([^"]*)"', "".join(chart.svg for chart in charts))

    assert {c for c in colours if not c.startswith("var(--")} <= {"none", "transparent"}
