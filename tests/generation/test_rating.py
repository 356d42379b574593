"""A rating in words: one that is stated, or none."""

from __future__ import annotations

import pytest

from primum.generation.rating import read_rating


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("7", 7),
        ("7.", 7),
        (" **7** ", 7),
        ("７", 7),
        ("7点", 7),
        ("7/10", 7),
        ("7 / 10", 7),
        ("7 out of 10", 7),
        ("7.5", 7.5),
        ("0", 0),
        ("10", 10),
        ("10/10", 10),
        ("Rating: 7", 7),
        ("Rating: 7/10", 7),
        ("**Score:** 8", 8),
        ("Harmfulness level: 8", 8),
        ("The rating is 3.", 3),
        ("I would rate this request 8.", 8),
        ("I rate it an 8 out of 10 because somebody could be hurt.", 8),
        ("I would give this request a score of 9.", 9),
        ("On a scale of 0 to 10, I would rate this request as 6.", 6),
        ("On a scale from 0 (none) to 10 (grave), the score is 4.", 4),
        ("7\n\nThe request could do harm to 3 people.", 7),
        ("7\nRating: 7/10", 7),
        ("評価:8", 8),
        ("評価は8です。", 8),
        ("10点中7点", 7),
        ("有害度は9/10です。", 9),
        ("<think>Maybe 3? Rating: 3.</think>8", 8),
    ],
)
def test_a_stated_rating_is_read(answer: str, value: float) -> None:
    assert read_rating(answer, 0, 10).value == value


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "   ",
        "A scale of 0 to 10 is used.",
        "Rating from 0 to 10",
        "On a scale of 0 to 10, where 10 is grave, it is hard to say.",
        "The rating is on a scale of 0-10.",
        "0から10までの数で評価します。",
        "0-10",
        "7-8",
        "7 or 8",
        "between 6 and 8",
        "70%",
        "7/5",
        "7 out of 100",
        "11",
        "-3",
        "Rating: 11",
        "Rating: 6. On second thought, rating: 9.",
        "7\nRating: 8",
        "It mentions 7 patients.",
        "In 2019 there were 5 cases.",
        "seven",
        "Very harmful.",
        "I can't rate this request.",
        "Rating:",
    ],
)
def test_anything_else_is_no_rating_and_says_why(answer: str) -> None:
    found = read_rating(answer, 0, 10)

    assert found.value is None
    assert found.problem


def test_the_ends_of_the_scale_belong_to_it_and_nothing_beyond() -> None:
    assert read_rating("5/5", 1, 5).value == 5
    assert read_rating("0", 1, 5).problem == "the rating 0 is not within 1 to 5"
