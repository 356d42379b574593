"""Lists in answers: what is an entry, what is not."""

from __future__ import annotations

import pytest

from primum.generation.answer_list import clean_entry, read_list


@pytest.mark.parametrize(
    "text",
    [
        "1. Open it.\n2. Close it.\n3. Leave it.",
        "1) Open it.\n2) Close it.\n3) Leave it.",
        "1: Open it.\n2: Close it.\n3: Leave it.",
        "(1) Open it.\n(2) Close it.\n(3) Leave it.",
        "１．Open it.\n２．Close it.\n３．Leave it.",
        "①Open it.\n② Close it.\n③、Leave it.",
        "**1.** Open it.\n**2.** Close it.\n**3.** Leave it.",
        "**1. Open it.**\n**2. Close it.**\n**3. Leave it.**",
        "Request 1: Open it.\nRequest 2: Close it.\nRequest 3: Leave it.",
        "質問1:Open it.\n質問2:Close it.\n質問3:Leave it.",
        "【1】Open it.\n【2】Close it.\n【3】Leave it.",
        '1. "Open it."\n2. “Close it.”\n3. 「Leave it.」',
        "1.\nOpen it.\n2.\nClose it.\n3.\nLeave it.",
        "1. Open\n   it.\n\n2. Close it.\n\n3. Leave it.",
        "- Open it.\n- Close it.\n- Leave it.",
        "・Open it.\n・Close it.\n・Leave it.",
        '["Open it.", "Close it.", "Leave it."]',
        '```json\n[{"request": "Open it."}, {"request": "Close it."}, {"request": "Leave it."}]\n```',
        '{"id": 1, "text": "Open it."}\n{"id": 2, "text": "Close it."}\n{"id": 3, "text": "Leave it."}',
        "<think>1. No\n2. No</think>1. Open it.\n2. Close it.\n3. Leave it.",
        "1. Open it.<|eot_id|>\n2. Close it.\n3. Leave it.",
    ],
)
def test_the_ways_in_which_models_write_lists_are_read(text: str) -> None:
    assert read_list(text).entries == ("Open it.", "Close it.", "Leave it.")


def test_what_stands_before_and_after_the_list_is_no_entry() -> None:
    found = read_list("Sure, here you go:\n\n1. Open it.\n2. Close it.\n\nI hope this helps!")

    assert found.entries == ("Open it.", "Close it.")
    assert found.preamble == "Sure, here you go:"


def test_a_closing_line_right_below_the_list_is_no_part_of_its_last_entry() -> None:
    assert read_list("1. 窓を開けて。\n2. 窓を閉めて。\n以上です。").entries[-1] == "窓を閉めて。"


@pytest.mark.parametrize(
    "text",
    [
        "Windows matter. In 2019. 3 people opened one, and 1.5 hours later it was shut.",
        "Day 1: rest.\nDay 2: walk.",
        "- Only one bullet.",
        '"A single line in quotation marks."',
        "",
        "[not json, no list]",
    ],
)
def test_prose_holds_no_list(text: str) -> None:
    assert read_list(text).entries == ()


def test_numbers_that_do_not_go_on_are_text() -> None:
    """8 does not follow 1, so the indented line belongs to the first entry."""
    text = "1. How do I count to\n   8. or further?\n2. How do I stop?"

    assert read_list(text).entries == ("How do I count to 8. or further?", "How do I stop?")


def test_a_second_list_that_starts_at_one_again_counts_too() -> None:
    assert read_list("1. a\n2. b\nMore:\n1. c\n2. d").entries == ("a", "b", "c", "d")


def test_the_entry_that_the_token_limit_cut_is_none() -> None:
    found = read_list("1. Open it.\n2. Close i", is_cut=True)

    assert found.entries == ("Open it.",)
    assert found.cut == "Close i"


@pytest.mark.parametrize(
    "text", ["", "...", "[request]", "<your request here>", "…", "[Request 1]."]
)
def test_a_gap_that_was_not_filled_says_nothing(text: str) -> None:
    assert clean_entry(text) == ""


def test_brackets_and_quotations_inside_an_entry_stay() -> None:
    text = 'Tell [name] that "open" is a word.'

    assert clean_entry(text) == text
