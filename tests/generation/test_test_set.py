"""The draw of a test set: sizes, strata, pairs, order."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.generation.stage_support import draft, run_stage

from primum.generation.catalogue import known_stage
from primum.generation.draft import Draft
from primum.generation.stage import StageResult


def draw(folder: Path, drafts: list[Draft], **settings: object) -> StageResult:
    return run_stage("test-set", folder, {}, drafts, **settings)  # type: ignore[arg-type]


def pool() -> list[Draft]:
    """Strategy a: 8 drafts on house/1 and 2 on house/2; strategy b: 4 on house/1."""
    return [
        draft(
            f"Request {n} of {strategy} on {guideline}", strategy=strategy, guidelines=(guideline,)
        )
        for strategy, guideline, count in (
            ("a", "house/1", 8),
            ("a", "house/2", 2),
            ("b", "house/1", 4),
        )
        for n in range(count)
    ]


def strata(result: StageResult) -> Counter[tuple[str, str]]:
    return Counter((kept.strategy, kept.guidelines[0]) for kept in result.kept)


def test_each_stratum_gives_as_many_as_wanted_or_all_it_has(tmp_path: Path) -> None:
    result = draw(tmp_path, pool(), per_stratum=3)

    assert strata(result) == {("a", "house/1"): 3, ("a", "house/2"): 2, ("b", "house/1"): 3}
    assert Counter(one.reason for one in result.dropped) == {"not_drawn": 14 - 8}
    assert result.figures["short"] == {"a × house/2": 2}
    assert result.figures["strata"] == 3


def test_a_total_is_taken_from_all_strata_alike(tmp_path: Path) -> None:
    """10 of 8 + 2 + 4: two rounds give 2 + 2 + 2, then 2 + 2 more from the two that have some."""
    result = draw(tmp_path, pool(), total=10)

    assert strata(result) == {("a", "house/1"): 4, ("a", "house/2"): 2, ("b", "house/1"): 4}


def test_a_total_above_all_there_is_takes_all(tmp_path: Path) -> None:
    assert len(draw(tmp_path, pool(), total=1000).kept) == 14


def test_the_order_of_the_drafts_does_not_matter(tmp_path: Path) -> None:
    drafts = pool()
    first = draw(tmp_path, drafts, per_stratum=2)
    random.Random(5).shuffle(drafts)
    second = draw(tmp_path, drafts, per_stratum=2)

    assert first.kept == second.kept
    assert first.figures == second.figures


def test_another_seed_draws_others_and_has_another_fingerprint(tmp_path: Path) -> None:
    first = draw(tmp_path, pool(), per_stratum=2, seed=1)
    second = draw(tmp_path, pool(), per_stratum=2, seed=2)

    assert {d.id for d in first.kept} != {d.id for d in second.kept}
    assert first.figures["fingerprint"] != second.figures["fingerprint"]


def test_drafts_that_come_to_a_stratum_leave_the_others_draw_as_it_was(tmp_path: Path) -> None:
    first = draw(tmp_path, pool(), per_stratum=2)
    more = [*pool(), draft("One more request of b", strategy="b")]
    second = draw(tmp_path, more, per_stratum=2)

    def of_a(result: StageResult) -> list[str]:
        return [kept.id for kept in result.kept if kept.strategy == "a"]

    assert of_a(first) == of_a(second)


def test_every_draft_of_a_stratum_is_drawn_about_equally_often(tmp_path: Path) -> None:
    """2 of 8 in 60 strata: each place 15 times on average; 4 to 30 in all likelihood."""
    drafts = [draft(f"{n} of {s}", strategy=f"s{s}") for s in range(60) for n in range(8)]
    result = draw(tmp_path, drafts, per_stratum=2)
    counts = Counter(kept.turns[0][0] for kept in result.kept)

    assert sum(counts.values()) == 120
    assert len(counts) == 8
    assert all(4 <= count <= 30 for count in counts.values())


def test_translations_and_twins_are_drawn_together(tmp_path: Path) -> None:
    drafts = []
    for n in range(6):
        pair = {"translation_pair": f"t{n}"}
        twin = {"twin_pair": f"w{n}"}
        drafts += [
            draft(f"Request {n}", **pair, **twin),
            draft(f"依頼その{n}", language="ja", **pair),
            draft(f"Fine request {n}", intent="benign", **twin),
        ]
    result = draw(tmp_path, drafts, per_stratum=2)

    assert len(result.kept) == 6
    assert len({kept.translation_pair for kept in result.kept} - {""}) == 2
    assert Counter((kept.language, kept.intent) for kept in result.kept) == {
        ("en", "harmful"): 2,
        ("ja", "harmful"): 2,
        ("en", "benign"): 2,
    }


def test_a_total_counts_every_draft_of_a_pair(tmp_path: Path) -> None:
    drafts = [
        draft(f"{word} {n}", language=language, translation_pair=f"t{n}")
        for n in range(6)
        for language, word in (("en", "Request"), ("ja", "依頼"))
    ]
    result = draw(tmp_path, drafts, total=5)

    # Two pairs make four; a third does not fit in.
    assert len(result.kept) == 4


def test_pairs_can_be_drawn_apart(tmp_path: Path) -> None:
    drafts = [draft(f"Request {n}", twin_pair="w") for n in range(4)]

    assert len(draw(tmp_path, drafts, per_stratum=1, keeps_pairs=False).kept) == 1
    assert len(draw(tmp_path, drafts, per_stratum=1).kept) == 4


def test_strata_can_be_made_by_any_label(tmp_path: Path) -> None:
    drafts = [draft(f"Request {n}", source=f"model-{n % 3}") for n in range(9)]
    result = draw(tmp_path, drafts, by="source", per_stratum=1)

    assert sorted(kept.source for kept in result.kept) == ["model-0", "model-1", "model-2"]


@pytest.mark.parametrize("settings", [{}, {"per_stratum": 1, "total": 2}, {"total": 0}])
def test_a_draw_has_exactly_one_size(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        known_stage("test-set").settings.model_validate(settings)


def halves(result: StageResult) -> Counter[tuple[str, ...]]:
    return Counter((kept.split, *kept.guidelines, kept.source) for kept in result.kept)


def test_a_split_is_even_in_every_stratum_and_takes_all(tmp_path: Path) -> None:
    words = ("cup", "lamp", "door", "roof", "sock", "moon", "fork", "leaf")
    drafts = [
        draft(f"{word} {word}s {source} {guideline}", source=source, guidelines=(guideline,))
        for word in words
        for source in ("a", "b")
        for guideline in ("house/1", "house/2")
    ]
    result = draw(tmp_path, drafts, by=["guideline", "source"], split=0.5, alike=0.9)

    assert set(halves(result).values()) == {4}
    assert len(halves(result)) == 8
    assert not result.dropped


def test_odd_strata_even_each_other_out_and_shares_are_kept(tmp_path: Path) -> None:
    words = ("cup", "lamp", "door", "roof", "sock", "moon")
    ones = [draft(word * 3, guidelines=(f"house/{n}",)) for n, word in enumerate(words)]
    even = draw(tmp_path / "a", ones, by="guideline", split=0.5)
    uneven = draw(tmp_path / "b", pool(), by=[], split=0.8, alike=1.0)

    assert Counter(kept.split for kept in even.kept) == {"train": 3, "test": 3}
    assert Counter(kept.split for kept in uneven.kept) == {"train": 11, "test": 3}


def test_drafts_that_are_alike_stay_in_one_half(tmp_path: Path) -> None:
    pairs = [
        (draft(f"may the {word} lie here now"), draft(f"may the {word} lie here today"))
        for word in ("cup cups", "lamp lamps", "door doors", "roof roofs", "sock socks")
    ]
    result = draw(tmp_path, [one for pair in pairs for one in pair], by=[], split=0.5, alike=0.7)
    half = {kept.id: kept.split for kept in result.kept}

    assert all(half[a.id] == half[b.id] for a, b in pairs)
    assert set(half.values()) == {"train", "test"}
    assert result.figures["halves"]["alike_on_one_side"] == 5


def test_halves_are_frozen_whatever_the_order_and_each_has_a_fingerprint(tmp_path: Path) -> None:
    one, other = (
        draw(tmp_path / name, drafts, by="guideline", split=0.5, alike=1.0)
        for name, drafts in (("a", pool()), ("b", pool()[::-1]))
    )
    figures = one.figures["halves"]

    assert {k.id: k.split for k in one.kept} == {k.id: k.split for k in other.kept}
    assert figures == other.figures["halves"]
    assert figures["train"]["fingerprint"] != figures["test"]["fingerprint"]
    assert figures["train"]["drafts"] + figures["test"]["drafts"] == 14
