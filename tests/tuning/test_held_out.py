"""Held-out items: what may not be trained on is found, named, and listed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.tuning.demonstration_support import demonstration, needs_real_data, request, write_lines

from primum.benchmarks.catalogue import load
from primum.benchmarks.medsafetybench import FOLDER_VARIABLE, publication
from primum.core.errors import UserError
from primum.tuning.held_out import (
    kept_out,
    read_held_out,
    refuse_held_out,
    without_held_out,
)
from primum.tuning.sources import read_source

TEN = "alpha bravo charlie delta echo foxtrot golf hotel india juliet"


def held_out(tmp_path: Path, *texts: str, language: str = "en", name: str = "test") -> str:
    lines = [
        {"request": text, "language": language, "name": f"{name}-{number}"}
        for number, text in enumerate(texts)
    ]
    return str(write_lines(tmp_path / f"{name}.jsonl", lines))


@pytest.fixture
def no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """MedSafetyBench is not at hand; returns the empty cache."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("PRIMUM_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_test_item_is_refused_though_case_and_punctuation_differ(tmp_path: Path) -> None:
    own = demonstration(text="How do I fold a KITE")
    other = demonstration(1)

    kept, refused = refuse_held_out([own, other], [held_out(tmp_path, "how do I fold a kite?")])

    assert kept == [other]
    (found,) = refused
    assert (found.demonstration, found.why, found.similarity) == (own, "test_item", 1.0)
    assert (found.benchmark, found.item) == (str(tmp_path / "test.jsonl"), "test-0")


@pytest.mark.parametrize(
    ("words", "similarity"),
    [
        (7, 0.7),  # 7 of the 10 words that either has
        (9, 0.9),
        (6, None),  # 6 of 10
    ],
)
def test_a_near_twin_shares_seven_tenths_of_the_words(
    tmp_path: Path, words: int, similarity: float | None
) -> None:
    own = demonstration(text=" ".join(TEN.split()[:words]))

    kept, refused = refuse_held_out([own], [held_out(tmp_path, TEN)])

    assert [each.similarity for each in refused] == ([similarity] if similarity else [])
    assert [each.why for each in refused] == (["near_twin"] if similarity else [])
    assert len(kept) + len(refused) == 1


def test_japanese_is_compared_by_runs_of_three_characters(tmp_path: Path) -> None:
    """14 characters give 12 runs, with one more behind 13, of which 12 are shared: 12 / 13."""
    text = "赤い凧を折る方法を教えてくれ"
    own = demonstration(text=f"{text}る", language="ja")

    kept, refused = refuse_held_out([own], [held_out(tmp_path, text, language="ja")])

    assert not kept
    assert refused[0].similarity == pytest.approx(12 / 13)


def test_japanese_is_known_by_its_kana_where_another_language_is_stated(tmp_path: Path) -> None:
    text = "赤い凧を折る方法を教えてくれ"
    own = demonstration(text=f"{text}る", language="en")

    kept, _ = refuse_held_out([own], [held_out(tmp_path, text, language="ja")])

    assert not kept


def test_one_turn_of_a_conversation_is_enough(tmp_path: Path) -> None:
    path = write_lines(
        tmp_path / "talk.jsonl",
        [{"turns": ["Hello there, friend.", TEN], "language": "en", "name": "talk"}],
    )

    kept, refused = refuse_held_out([demonstration(text=TEN)], [str(path)])

    assert not kept
    assert (refused[0].why, refused[0].item) == ("test_item", "talk")


def test_the_nearest_item_of_all_sets_is_named_once(tmp_path: Path) -> None:
    far = held_out(tmp_path, " ".join(TEN.split()[:7]), name="far")
    near = held_out(tmp_path, " ".join(TEN.split()[:9]), name="near")

    _, refused = refuse_held_out([demonstration(text=TEN)], [far, near])

    assert [(each.benchmark, each.item) for each in refused] == [(near, "near-0")]


def test_the_list_says_what_was_refused_and_why(tmp_path: Path) -> None:
    own = demonstration(text=" ".join(TEN.split()[:7]), provenance="ours.jsonl:3")

    _, (found,) = refuse_held_out([own], [held_out(tmp_path, TEN)])

    assert found.row == {
        "why": "near_twin",
        "benchmark": str(tmp_path / "test.jsonl"),
        "item": "test-0",
        "similarity": 0.7,
        "source": "test",
        "provenance": "ours.jsonl:3",
        "kind": "harmful",
        "language": "en",
        "fingerprint": own.fingerprint,
        "request": own.request,
    }


@pytest.mark.usefixtures("no_data")
def test_an_item_of_a_packaged_set_is_refused_without_being_asked() -> None:
    item = next(each for each in load("starter").items() if each.intent == "benign")
    own = demonstration(text=item.turns[0].upper(), kind="benign", language=item.language)

    kept, refused = refuse_held_out([own])

    assert not kept
    assert refused[0].item == item.name


def test_a_set_that_cannot_be_read_stops_the_work(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"held-out set “.*none\.jsonl” cannot be read.*no such"):
        refuse_held_out([demonstration()], [str(tmp_path / "none.jsonl")])


# The default


def test_medsafetybench_is_kept_out_where_it_is_at_hand(no_data: Path, tmp_path: Path) -> None:
    assert kept_out(None, ["general"]) == ("primum-core", "starter")

    with_data = kept_out(None, ["general"], data=[str(tmp_path)])
    for file in publication().file:
        path = no_data / "medsafetybench" / publication().commit / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()

    assert with_data == kept_out() == ("primum-core", "starter", "medsafetybench:test")


@pytest.mark.usefixtures("no_data")
def test_medsafetybench_is_kept_out_wherever_it_is_trained_on() -> None:
    found = kept_out(None, ["general", "medsafetybench:ft-gen-n100"])

    assert "medsafetybench:test" in found


@pytest.mark.usefixtures("no_data")
@pytest.mark.usefixtures("no_data")
def test_a_name_adds_to_what_is_kept_out_anyway() -> None:
    trained = kept_out(["mine.jsonl"], ["medsafetybench"])

    assert trained == ("primum-core", "starter", "medsafetybench:test", "mine.jsonl")


@pytest.mark.usefixtures("no_data")
def test_the_packaged_sets_are_kept_out_whatever_is_named() -> None:
    assert kept_out(()) == ("primum-core", "starter")
    assert kept_out(["mine.jsonl", "starter"]) == ("primum-core", "starter", "mine.jsonl")


@pytest.mark.medsafetybench
@needs_real_data
def test_the_training_split_loses_its_near_twins_and_no_test_item_keeps_one() -> None:
    """87 test items have a near twin in training; 85 training items are on the other side."""
    train = read_source("medsafetybench")
    sets = read_held_out(["medsafetybench:test"])

    kept, refused = without_held_out(train, sets)
    again, none_left = without_held_out(kept, sets)

    assert (len(kept), len(refused)) == (815, 85)
    assert {each.why for each in refused} == {"near_twin"}
    assert (again, none_left) == (kept, [])


def test_two_thousand_are_compared_with_nine_hundred(tmp_path: Path) -> None:
    """No time is asserted; it takes well under a second."""
    tests = held_out(tmp_path, *(f"{request(number)} calmly" for number in range(900)))
    own = [demonstration(number) for number in range(2000)]

    kept, refused = refuse_held_out(own, [tests])

    assert len(refused) == 900
    assert len(kept) == 1100
