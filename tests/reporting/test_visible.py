"""Numbers and untrusted text as a reader sees them."""

import math

import pytest

from primum.core.estimate import Estimate
from primum.reporting.numerals import bounds, count, interval, number, p_value, percent, with_unit
from primum.reporting.visible import brief, cells_wide, visible, visible_line, wrap_cells


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("\x1b[31mred", "⟨U+001B⟩[31mred"),
        ("a\u202eb", "a⟨U+202E⟩b"),
        ("a\u2066b\u2069", "a⟨U+2066⟩b⟨U+2069⟩"),
        ("zero\u200bwidth", "zero⟨U+200B⟩width"),
        ("\x9b31m", "⟨U+009B⟩31m"),
        ("bell\x07 del\x7f", "bell⟨U+0007⟩ del⟨U+007F⟩"),
        ("lone \ud800", "lone ⟨U+D800⟩"),
        ("tag\U000e0041", "tag⟨U+E0041⟩"),
        ("line\u2028end\r\nnext\ttab", "line⟨U+2028⟩end\nnext\ttab"),
        ("日本語 العربية 👩\u200d⚕️", "日本語 العربية 👩\u200d⚕️"),
    ],
)
def test_what_hides_or_redirects_text_is_shown(raw: str, shown: str) -> None:
    assert visible(raw) == shown


def test_a_carriage_return_cannot_overwrite_a_line() -> None:
    assert visible("score 5\rscore 1") == "score 5⟨U+000D⟩score 1"


def test_a_line_is_one_line_and_short() -> None:
    assert visible_line("a\n\n b") == "a b"
    assert brief("x" * 99, 10) == "x" * 9 + "…"


def test_wrapping_never_breaks_a_number_or_strands_punctuation() -> None:
    lines = wrap_cells("全面的な拒否は45.0%でした。欠測は3です。", 15)

    assert "".join(lines) == "全面的な拒否は45.0%でした。欠測は3です。"
    assert all(cells_wide(line) <= 15 for line in lines)
    assert any("45.0%" in line for line in lines)
    assert not any(line.startswith(("。", "、")) for line in lines)


def test_wrapping_cuts_what_does_not_fit_and_says_so() -> None:
    assert wrap_cells("one two three four", 9, most_lines=1) == ["one two…"]
    assert wrap_cells("x" * 12, 5) == ["xxxxx", "xxxxx", "xx"]


@pytest.mark.parametrize(
    ("value", "rate", "signed", "shown"),
    [
        (0.4375, True, False, "43.8"),
        (2.3, False, False, "2.30"),
        (-0.05, True, True, "−5.0"),
        (0.05, True, True, "+5.0"),
        (-0.0001, True, True, "0.0"),
        (None, True, False, "–"),
        (math.nan, False, False, "–"),
        (math.inf, False, False, "–"),
    ],
)
def test_numbers(value: float | None, rate: bool, signed: bool, shown: str) -> None:
    assert number(value, rate=rate, signed=signed) == shown


def test_what_is_unknown_is_a_dash_not_a_zero() -> None:
    assert with_unit(None, rate=True) == "–"
    assert interval(0.1, None, rate=True) == "–"
    assert p_value(None) == "–"
    assert percent(0, 0) == "–"


def test_bounds_are_shown_exactly_where_something_is_missing() -> None:
    whole = Estimate(0.5, 0.3, 0.7, 10, 0, 0.5, 0.5, "wilson")
    holed = Estimate(0.5, 0.3, 0.7, 10, 2, 0.417, 0.583, "wilson")

    assert bounds(whole, rate=True) == "–"
    assert bounds(holed, rate=True) == "41.7 … 58.3"


def test_p_values_and_counts() -> None:
    assert [p_value(p) for p in (0.00001, 0.0123, 0.5)] == ["<0.001", "0.012", "0.50"]
    assert [count(n) for n in (0, 74374, 0.8423, 0.0004)] == ["0", "74,374", "0.84", "0.0004"]
