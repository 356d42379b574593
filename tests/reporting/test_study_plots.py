"""Drawings of many models: round axes, labels that keep apart, one chart for both sizes."""

import itertools

import pytest

from primum.reporting.study_plots import (
    DotRow,
    SlopeLine,
    SlopePanel,
    Spot,
    dot_rows,
    fitted_axis,
    round_ticks,
    scatter,
    slopes,
    spread_out,
)
from primum.reporting.svg import to_svg
from primum.reporting.vega import NARROW, WIDE, Axis, Size

SCALE = Axis(0, 1, "rate", is_rate=True)


def drawn(spec: dict[str, object]) -> str:
    return to_svg(spec, prefix="t", title="t", description="d")


def texts(spec: dict[str, object]) -> list[dict[str, object]]:
    layers = spec["layer"]
    assert isinstance(layers, list)
    found: list[dict[str, object]] = []
    for one in layers:
        if one["mark"]["type"] == "text":
            found += one["data"]["values"]
    return found


@pytest.mark.parametrize(
    ("low", "high"), [(0.03, 0.97), (4.1, 8.9), (-0.2, 0.2), (0.5, 0.5), (1, 10), (0.0001, 0.0002)]
)
def test_ticks_are_few_rise_and_hold_both_ends(low: float, high: float) -> None:
    ticks = round_ticks(low, high)

    assert 2 <= len(ticks) <= 6
    assert ticks == sorted(set(ticks))
    assert ticks[0] <= low + 1e-9
    assert ticks[-1] >= high - 1e-9


def test_an_axis_never_leaves_the_scale_of_its_measure() -> None:
    axis = fitted_axis([0.91, 0.99, None], (0, 1), "", is_rate=True)
    nothing = fitted_axis([], (1, 10), "", is_rate=False)

    assert axis.high == 1
    assert axis.low <= 0.91
    assert (nothing.low, nothing.high) == (1, 10)


def test_labels_that_crowd_are_moved_apart_and_keep_their_order() -> None:
    places = [10.0, 11.0, 50.0, 10.5, 51.0]
    moved = spread_out(places, 12)

    assert [i for i, _ in sorted(enumerate(moved), key=lambda p: p[1])] == [0, 3, 1, 2, 4]
    gaps = [b - a for a, b in itertools.pairwise(sorted(moved))]
    assert min(gaps) >= 12 - 1e-9
    assert spread_out([0.0, 100.0], 12) == [0.0, 100.0]


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_a_row_shows_its_name_and_figures_inside_the_chart(size: Size) -> None:
    rows = [
        DotRow("model " * 30, "line1", 0.5, 0.4, 0.6, "ab  50.0% [40.0, 60.0]"),
        DotRow("nothing scored", "whole", None, None, None, "–"),
    ]
    svg = drawn(dot_rows(rows, SCALE, size))

    assert "50.0% [40.0, 60.0]" in svg
    assert "nothing scored" in svg
    assert "…" in svg


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_thirty_points_of_a_scatter_all_have_a_label_and_few_labels_share_a_place(
    size: Size,
) -> None:
    spots = [
        Spot(str(n), "line1", (0.1 + 0.02 * (n % 6), 0.0, 0.4), (0.2 + 0.02 * n, None, None))
        for n in range(30)
    ]
    spec = scatter(spots, (SCALE, SCALE), size, with_names=False)
    labels = [one for one in texts(spec) if str(one["text"]).isdigit()]

    assert {one["text"] for one in labels} >= {str(n) for n in range(30)}
    places = {(round(float(str(one["x"]))), round(float(str(one["y"])))) for one in labels}
    assert len(places) == len(labels)
    assert drawn(spec).count("<svg") == 1


@pytest.mark.parametrize("size", [NARROW, WIDE])
def test_a_slope_chart_labels_each_line_and_names_both_columns_in_every_panel(size: Size) -> None:
    lines = tuple(
        SlopeLine(str(n), "line2", (0.1 * n, None, None), (0.5, 0.4, 0.6)) for n in range(4)
    )
    panels = [SlopePanel("one", lines[:2], lines[2:]), SlopePanel("two", lines[2:], lines[:2])]
    spec = slopes(panels, ("English", "Japanese"), SCALE, size, with_names=False)
    shown = [str(one["text"]) for one in texts(spec)]

    assert shown.count("English") == shown.count("Japanese") == 2
    assert {"0", "1", "2", "3"} <= set(shown)
    assert "</svg>" in drawn(spec)


def test_labels_never_leave_their_limits_and_are_moved_no_further_than_that() -> None:
    """Five at the lower end stand one above the other; the one in the middle stays."""
    moved = spread_out([300.0] * 5 + [150.0], 13, (0, 300))

    assert moved == [248.0, 261.0, 274.0, 287.0, 300.0, 150.0]
    assert spread_out([0.0, 1.0], 13, (0, 300)) == [0.0, 13.0]


@pytest.mark.parametrize("size", [NARROW, WIDE])
@pytest.mark.parametrize("value", [0.0, 1.0])
def test_thirty_lines_that_end_at_one_value_all_have_their_label_inside_the_chart(
    size: Size, value: float
) -> None:
    lines = tuple(SlopeLine(str(n), "line1", (0.5, None, None), (value, 0, 1)) for n in range(30))
    spec = slopes([SlopePanel("", lines)], ("English", "Japanese"), SCALE, size, with_names=False)
    places = sorted(float(str(t["y"])) for t in texts(spec) if str(t["text"]).isdigit())

    assert len(places) == 30
    assert min(b - a for a, b in itertools.pairwise(places)) >= 12
    assert places[0] >= 6
    assert places[-1] <= float(str(spec["height"])) - 6
