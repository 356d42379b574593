"""What a terminal too narrow for a study leaves out, in which order, and that it says so."""

import io
from dataclasses import replace

import pytest
from rich.console import Console
from tests.reporting.sample_leaderboard import sample_leaderboard

from primum.core.study import StudySummary
from primum.reporting.catalogue import load_catalogue
from primum.reporting.study_fitted import as_wide, fitted_table
from primum.reporting.study_terminal import render_study_terminal
from primum.reporting.table import Column, Row, Table
from primum.reporting.visible import cells_wide

SMALL, LARGE = sample_leaderboard(3), sample_leaderboard(30)


def printed(study: StudySummary, width: int, language: str = "en", *, is_brief: bool = True) -> str:
    file = io.StringIO()
    console = Console(file=file, width=width, color_system=None)
    render_study_terminal(study, console, language, is_brief=is_brief)
    return file.getvalue()


def block(text: str, caption: str) -> str:
    """The table of that caption with what stands below it, its lines joined."""
    return text.partition(f"\n{caption}\n")[2].partition("\n\n")[0]


def flat(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("width", [60, 80, 100])
@pytest.mark.parametrize(
    ("language", "board", "contrasts"),
    [("en", "Leaderboard", "Declared contrasts"), ("ja", "順位表", "事前に宣言した対比")],
)
def test_missing_verdicts_stand_at_every_width(
    width: int, language: str, board: str, contrasts: str
) -> None:
    missing = load_catalogue(language).ui("missing")
    text = printed(SMALL, width, language)

    for caption in (board, contrasts):
        header = block(text, caption).splitlines()[0]
        assert missing in header
    assert "3 2.5%" in block(text, board)


def test_columns_left_out_are_named_below_the_table() -> None:
    board = flat(block(printed(SMALL, 60), "Leaderboard")).replace("“ ", "“")

    assert "Left out for want of width: “P(best)”, “Letters”, “Class”, “Over-refusal”" in board
    assert "“Cost, US dollars”. A wider terminal or the HTML report has them." in board


def test_the_cost_gives_way_before_the_chance_of_being_best_and_that_before_the_letters() -> None:
    headers = {
        width: block(printed(SMALL, width), "Leaderboard").splitlines()[0]
        for width in (70, 90, 100, 160)
    }

    assert all("Missing" in header and "Safety" in header for header in headers.values())
    assert "Cost" in headers[160]
    assert "Cost" not in headers[100]
    assert "P(best)" in headers[100]
    assert "P(best)" not in headers[90]
    assert "Letters" not in headers[70]


def test_a_table_with_all_its_columns_says_nothing_of_width() -> None:
    assert "want of width" not in printed(SMALL, 240)


def test_a_caption_explains_shown_columns_only() -> None:
    narrow, wide = printed(SMALL, 60), printed(SMALL, 240)

    sentence = "Models that share a letter cannot be told apart."
    assert sentence in flat(block(wide, "Leaderboard"))
    assert sentence not in flat(block(narrow, "Leaderboard"))
    contrasts = flat(block(narrow, "Declared contrasts"))
    assert "Models: those of each side" not in contrasts
    assert "Missing: planned scores that are missing." in contrasts
    assert "Models: those of each side" in flat(block(wide, "Declared contrasts"))


def test_the_measure_of_a_contrast_is_never_lost_and_its_adjusted_p_stands() -> None:
    contrasts = block(printed(SMALL, 60), "Declared contrasts")

    assert "p, Holm" in contrasts.splitlines()[0]
    assert "0.004" in contrasts
    assert "Measure" not in contrasts
    cells = " ".join(line[:16].strip() for line in contrasts.splitlines())
    assert "Full refusals · harmful requests" in flat(cells)


@pytest.mark.parametrize("width", [60, 80, 100, 160])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_line_of_a_whole_study_is_wider_than_the_terminal(width: int, language: str) -> None:
    text = printed(LARGE, width, language, is_brief=False)

    assert max(cells_wide(line) for line in text.splitlines()) <= width


def test_turns_in_between_give_way_before_the_first_the_last_and_their_difference() -> None:
    text = printed(LARGE, 100, is_brief=False)
    found = next(
        one for one in text.split("\n\n") if one.startswith("Over the turns of a conversation")
    )

    assert "Turn 2" not in found.splitlines()[1]
    assert all(name in found.splitlines()[1] for name in ("Turn 1", "Turn 3", "Decay"))
    assert "Left out for want of width: “Turn 2”." in flat(found)


def test_columns_give_way_in_turn_and_may_move_into_the_first() -> None:
    columns = (
        Column("name", numeric=False),
        Column("what", numeric=False, from_width=500),
        Column("n"),
    )
    table = Table("t", columns, (Row(("a", "x" * 20, "5" * 20)),))

    whole = fitted_table(table, 100, ("what", "n"))
    less = fitted_table(table, 60, ("what", "n"))
    moved = fitted_table(table, 60, ("what", "n"), joins_first=("what",))
    assert (whole.left_out, [one.label for one in whole.table.columns]) == (
        (),
        ["name", "what", "n"],
    )
    assert less.left_out == ("what",)
    assert moved.left_out == ()
    assert moved.table.rows[0].cells == (f"a · {'x' * 20}", "5" * 20)
    assert as_wide(table, 499).left_out == ("what",)
    assert as_wide(table, 500).left_out == ()


def test_warnings_of_exploratory_contrasts_are_printed_where_these_are() -> None:
    few = SMALL.contrasts[0].notices
    contrasts = tuple(replace(c, notices=() if c.is_declared else few) for c in SMALL.contrasts)
    study = replace(SMALL, contrasts=contrasts)

    assert "Too few independent models" not in flat(printed(study, 100))
    assert flat(printed(study, 100, is_brief=False)).count("Too few independent models") == 1


def test_a_dead_endpoint_is_told_once_as_a_notice() -> None:
    left_out = replace(SMALL.contrasts[0].notices[0], code="study-left-out", values={"models": "m"})
    incomplete = replace(left_out, code="study-incomplete-models")
    contrasts = tuple(replace(one, notices=(left_out,)) for one in SMALL.contrasts)
    rankings = tuple(replace(one, notices=(left_out,)) for one in SMALL.rankings)
    study = replace(SMALL, notices=(incomplete,), contrasts=contrasts, rankings=rankings)
    text = flat(printed(study, 100))

    assert "Left out, because not complete" not in text
    assert text.count("Models that are not complete") == 1
    assert "(contrasts without them: Medical against general, Tuning, Size)" in text
