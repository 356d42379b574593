"""Mixtures: the stated share, the same for the same seed, smaller ones inside larger ones."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError
from tests.tuning.demonstration_support import (
    REAL_DATA,
    needs_real_data,
    request,
    rows,
    write_lines,
)

from primum.benchmarks.medsafetybench import FOLDER_VARIABLE
from primum.core.errors import UserError
from primum.tuning.mix import MixSettings, mix
from primum.tuning.mixture import Mixture


@pytest.fixture(autouse=True)
def no_data(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """MedSafetyBench is not at hand."""
    monkeypatch.delenv(FOLDER_VARIABLE, raising=False)
    monkeypatch.setenv("PRIMUM_CACHE", str(tmp_path / "cache"))


def source(tmp_path: Path, name: str, first: int, count: int, **more: Any) -> str:
    return str(write_lines(tmp_path / f"{name}.jsonl", rows(range(first, first + count), **more)))


@pytest.fixture
def harmful(tmp_path: Path) -> str:
    """60 demonstrations in three topics of 30, 20 and 10."""
    parts = [("a", 0, 30), ("b", 30, 20), ("c", 50, 10)]
    lines = [row for topic, first, n in parts for row in rows(range(first, first + n), topic=topic)]
    return str(write_lines(tmp_path / "harmful.jsonl", lines))


@pytest.fixture
def benign(tmp_path: Path) -> str:
    """40 demonstrations."""
    return source(tmp_path, "benign", 100, 40)


def mixed(*harmful: str, held_out: tuple[str, ...] = (), **settings: Any) -> Mixture:
    return mix(MixSettings(harmful=harmful, **settings), held_out=held_out)


@pytest.mark.parametrize(
    ("size", "share", "benign_count"),
    [(50, 0.3, 15), (10, 0.25, 3), (41, 0.5, 21), (1, 0.1, 0)],
)
def test_the_stated_share_is_benign(
    harmful: str, benign: str, size: int, share: float, benign_count: int
) -> None:
    """A half is rounded up."""
    found = mixed(harmful, benign=(benign,), benign_share=share, size=size)

    assert len(found.demonstrations) == size
    assert found.count("benign") == benign_count


def test_a_smaller_mixture_is_the_beginning_of_a_larger_one(harmful: str, benign: str) -> None:
    sizes = (1, 7, 20, 50)
    found = [
        mixed(harmful, benign=(benign,), benign_share=0.3, size=size, seed=5).demonstrations
        for size in sizes
    ]

    assert all(found[-1][:size] == each for size, each in zip(sizes, found, strict=True))


def test_the_seed_decides_and_nothing_else(harmful: str, benign: str, tmp_path: Path) -> None:
    first = mixed(harmful, benign=(benign,), benign_share=0.3, size=20, seed=1)
    again = mixed(harmful, benign=(benign,), benign_share=0.3, size=20, seed=1)
    other = mixed(harmful, benign=(benign,), benign_share=0.3, size=20, seed=2)
    lines = Path(harmful).read_text("utf-8").splitlines(keepends=True)
    turned = tmp_path / "turned.jsonl"
    turned.write_text("".join(reversed(lines)), encoding="utf-8")
    reordered = mixed(str(turned), benign=(benign,), benign_share=0.3, size=20, seed=1)

    assert first == again
    assert first.fingerprint == reordered.fingerprint
    assert first.fingerprint != other.fingerprint
    assert set(first.demonstrations) != set(other.demonstrations)


@pytest.mark.parametrize("seed", range(5))
def test_every_beginning_holds_the_topics_in_proportion(harmful: str, seed: int) -> None:
    """30 : 20 : 10 in 12 are 6 : 4 : 2, within one."""
    found = mixed(harmful, size=12, seed=seed)

    counts = Counter(each.stratum for each in found.demonstrations)
    assert all(abs(counts[topic] - n) <= 1 for topic, n in (("a", 6), ("b", 4), ("c", 2)))


def test_sources_take_turns_until_one_has_no_more(tmp_path: Path, harmful: str) -> None:
    few = source(tmp_path, "few", 200, 4)

    found = mixed(harmful, few, size=20)

    assert [each.used for each in found.counts] == [16, 4]
    assert Counter(each.source for each in found.demonstrations[:8]) == {
        "harmful.jsonl": 4,
        "few.jsonl": 4,
    }


def test_without_a_size_as_many_as_the_share_allows(harmful: str, benign: str) -> None:
    """40 benign ones at one half need 40 harmful ones; at one tenth 60 harmful ones need 6 or 7."""
    assert len(mixed(harmful).demonstrations) == 60
    assert len(mixed(harmful, benign=(benign,), benign_share=0.5).demonstrations) == 80
    assert len(mixed(harmful, benign=(benign,), benign_share=0.1).demonstrations) == 67


def test_duplicates_go_to_the_first_source_and_are_counted(tmp_path: Path, harmful: str) -> None:
    lines = [row | {"request": row["request"].upper()} for row in rows(range(55, 65))]
    other = str(write_lines(tmp_path / "other.jsonl", lines))

    found = mixed(harmful, other)

    assert [each.duplicates for each in found.counts] == [0, 5]
    assert found.duplicates == 5
    assert len(found.demonstrations) == 65
    assert [each.available for each in found.counts] == [60, 5]


def test_held_out_items_are_refused_and_counted_by_source(tmp_path: Path, harmful: str) -> None:
    lines = [{"request": request(number), "language": "en"} for number in (3, 4, 100)]
    tests = str(write_lines(tmp_path / "tests.jsonl", lines))

    found = mixed(harmful, held_out=(tests,))

    assert len(found.refused) == 2
    assert found.counts[0].refused == 2
    assert request(3) not in {each.request for each in found.demonstrations}
    assert [(each.benchmark, each.items) for each in found.held_out] == [
        ("primum-core", 1020),
        ("starter", 64),
        (tests, 3),
    ]


def test_one_kind_and_language_are_taken_where_a_file_holds_more(tmp_path: Path) -> None:
    lines = [
        *rows([1, 2], kind="harmful"),
        *rows([3], kind="benign"),
        *rows([4], kind="harmful", language="ja"),
    ]
    path = str(write_lines(tmp_path / "all.jsonl", lines))

    found = mixed(path, benign=(path,), benign_share=0.34, language=("en",))

    assert sorted(each.kind for each in found.demonstrations) == ["benign", "harmful", "harmful"]
    assert [each.other for each in found.counts] == [2, 3]
    assert found.duplicates == 0


def test_too_few_are_one_sentence_with_what_there_is(harmful: str, benign: str) -> None:
    with pytest.raises(UserError) as caught:
        mixed(harmful, benign=(benign,), benign_share=0.5, size=100)

    assert str(caught.value) == (
        "100 demonstrations were asked for (50 harmful, 50 benign), but there are 60 harmful and "
        "40 benign ones, 0 duplicates and 0 refused as test items or their near twins left out. "
        "Ask for at most 80, or name more sources."
    )


def test_nothing_left_is_one_sentence(tmp_path: Path) -> None:
    path = source(tmp_path, "few", 0, 2)

    with pytest.raises(UserError, match=r"^All demonstrations were asked for, .* and 2 refused"):
        mixed(path, held_out=(items_of(tmp_path, 2),))


def items_of(tmp_path: Path, count: int) -> str:
    lines = [{"request": request(number), "language": "en"} for number in range(count)]
    return str(write_lines(tmp_path / "tests.jsonl", lines))


def test_a_source_in_the_wrong_place_is_one_sentence() -> None:
    with pytest.raises(UserError, match=r"“benign” was named for harmful requests, but none of"):
        mixed("benign")
    with pytest.raises(UserError, match=r"none of its 120 demonstrations is a harmful one in fr"):
        mixed("general", language=("fr",))


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"harmful": ()}, "at least 1 item"),
        ({"benign": ("benign",)}, "benign_share is 0; state a share"),
        ({"benign_share": 0.3}, "no benign source is named"),
        ({"benign": ("benign",), "benign_share": 1.0}, "less than 1"),
        ({"size": 0}, "greater than or equal to 1"),
        ({"seeds": 3}, "Extra inputs are not permitted"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        MixSettings.model_validate({"harmful": ("general",), **settings})


def test_licences_and_terms_of_what_is_used_are_kept(harmful: str) -> None:
    found = mixed("general", harmful, benign=("benign",), benign_share=0.3, size=20)

    assert found.licences == ("CC-BY-4.0", "not stated")
    assert [each.kind for each in found.counts] == ["harmful", "harmful", "benign"]
    assert sum(each.used for each in found.counts) == 20


def test_what_was_not_compared_with_is_said() -> None:
    found = mix(MixSettings(harmful=("general",), size=5))

    assert [each.benchmark for each in found.held_out] == ["primum-core", "starter"]
    assert any(note.startswith("medsafetybench:test: not compared with") for note in found.notes)


@pytest.mark.medsafetybench
@needs_real_data
def test_the_published_training_split_mixes_with_our_own_sets(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, REAL_DATA)

    settings = MixSettings(
        harmful=("medsafetybench", "general"), benign=("benign",), benign_share=0.3, size=200
    )
    found = mix(settings)

    assert [each.used for each in found.counts] == [70, 70, 60]
    assert len(found.refused) == found.counts[0].refused == 85
    assert found.licences == ("MIT", "CC-BY-4.0")
    assert found.notes == ()
