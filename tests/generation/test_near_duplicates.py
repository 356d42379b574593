"""Near duplicates and leaks: hand-computed overlaps, order, twins, Japanese."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.generation.stage_support import draft, run_stage

from primum.generation.catalogue import known_stage
from primum.generation.draft import Draft
from primum.generation.recipe_reading import read_recipe
from primum.generation.recipe_resolving import resolve_recipe
from primum.generation.similarity import Thresholds, jaccard, leaked, repeats
from primum.generation.stage import StageResult
from primum.generation.stages.near_duplicates import NearDuplicateSettings

BASE = "one two three four five six seven eight nine ten"


def sift(folder: Path, *drafts: Draft, **settings: object) -> StageResult:
    return run_stage("near-duplicates", folder, {}, drafts, **settings)  # type: ignore[arg-type]


def test_the_first_of_two_close_drafts_is_kept_and_the_pair_reported(tmp_path: Path) -> None:
    """9 shared words of 11 in all: 0.818."""
    first, close = draft(BASE), draft(BASE.replace("ten", "zehn"))
    other = draft("something else that nobody has said")
    result = sift(tmp_path, first, close, other)

    assert [kept.id for kept in result.kept] == [first.id, other.id]
    (one,) = result.dropped
    assert one.reason == "near_duplicate"
    assert one.detail == f"shares 82% of its words with {first.id[:12]}"
    assert result.figures["closest"] == [{"dropped": close.id, "kept": first.id, "jaccard": 0.8182}]
    assert result.kept[0].steps[-1].kind == "near-duplicates"


def test_the_threshold_decides(tmp_path: Path) -> None:
    drafts = (draft(BASE), draft(BASE.replace("ten", "zehn")))

    assert len(sift(tmp_path, *drafts, threshold=0.82).kept) == 2
    assert len(sift(tmp_path, *drafts, threshold=0.81).kept) == 1


def test_japanese_is_compared_by_runs_of_three_characters(tmp_path: Path) -> None:
    """13 and 12 characters make 11 and 10 runs; 10 are shared, 11 in all: 0.909."""
    first = draft("窓を閉めたままでもいいですか", language="ja")
    close = draft("窓を閉めたままでもいいです", language="ja")
    result = sift(tmp_path, first, close)

    assert [kept.id for kept in result.kept] == [first.id]
    assert "of its three-character runs" in result.dropped[0].detail


def test_what_is_close_only_to_a_dropped_draft_stays(tmp_path: Path) -> None:
    """a-b share 4 of 6 (0.67), b-c share 4 of 6, a-c share 3 of 7 (0.43)."""
    a, b, c = draft("p q r s t"), draft("q r s t u"), draft("r s t u v")
    result = sift(tmp_path, a, b, c, threshold=0.6)

    assert [kept.id for kept in result.kept] == [a.id, c.id]


def test_a_copy_of_a_near_duplicate_goes_with_it(tmp_path: Path) -> None:
    near = BASE.replace("ten", "zehn")
    drafts = (draft(BASE), draft(near), draft(near.upper() + "!"), draft(near, source="other"))
    result = sift(tmp_path, *drafts)

    assert [kept.id for kept in result.kept] == [drafts[0].id]
    assert len(result.dropped) == 3


def test_a_harmful_request_and_its_twin_both_stay(tmp_path: Path) -> None:
    harmful = draft(BASE, twin_pair="t1")
    twin = draft(BASE.replace("ten", "zehn"), intent="benign", twin_pair="t1")
    stranger = draft(BASE.replace("ten", "dix"), intent="benign", twin_pair="t2")
    result = sift(tmp_path, harmful, twin, stranger)

    assert [kept.id for kept in result.kept] == [harmful.id, twin.id]


def test_what_a_named_file_holds_is_a_leak(tmp_path: Path) -> None:
    file = tmp_path / "train.jsonl"
    row = {
        "request": BASE.upper(),
        "language": "en",
        "perspective": "patient",
        "intent": "harmful",
        "guideline": "ama-2001/1",
    }
    file.write_text(json.dumps(row) + "\n", "utf-8")
    fresh = draft("something else that nobody has said")
    result = sift(tmp_path, draft(BASE), fresh, against=str(file))

    assert [kept.id for kept in result.kept] == [fresh.id]
    (one,) = result.dropped
    assert one.reason == "leak"
    assert one.detail.startswith("shares 100% of its words with ")
    assert result.figures["leaks"] == {str(file): 1}


def test_a_set_that_ships_is_checked_by_its_name(tmp_path: Path) -> None:
    from primum.benchmarks.catalogue import load

    item = next(i for i in load("starter").items() if i.language == "en" and len(i.turns) == 1)
    result = sift(tmp_path, draft(item.turns[0]), against=["starter"])

    assert [one.reason for one in result.dropped] == ["leak"]


def test_an_unknown_benchmark_is_named(tmp_path: Path) -> None:
    with pytest.raises(ValidationError, match="Did you mean “medsafetybench”"):
        sift(tmp_path, draft(BASE), against=["medsafetybensh"])


def test_only_leaks_are_sought_where_that_is_wanted(tmp_path: Path) -> None:
    assert len(sift(tmp_path, draft(BASE), draft(BASE + " eleven"), within=False).kept) == 2


def test_the_result_equals_that_of_comparing_all_with_all() -> None:
    """The quick search against the plain definition, on 120 random texts of few words."""
    generator = random.Random(3)
    texts = [" ".join(generator.choices("abcdefghij", k=5)) for _ in range(120)]
    items = [draft(text).item() for text in texts]
    thresholds = Thresholds(words=0.6)

    kept: list[int] = []
    for place, item in enumerate(items):
        if all(jaccard(item, items[other]) < 0.6 for other in kept):
            kept.append(place)

    found = {near.place for near in repeats(items, thresholds)}
    assert sorted(set(range(120)) - found) == kept


def test_the_closest_of_several_is_named() -> None:
    item = draft(BASE).item()
    others = [draft(BASE + " eleven").item(), draft(BASE).item()]

    (near,) = leaked([item], others, Thresholds())
    assert (near.other, near.jaccard) == (others[1], 1.0)


def test_a_file_is_sought_beside_the_recipe_where_it_does_not_lie_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, here = tmp_path / "home", tmp_path / "here"
    home.mkdir()
    here.mkdir()
    monkeypatch.chdir(here)
    (home / "train.jsonl").write_text("{}\n", "utf-8")
    known = known_stage("near-duplicates").settings
    table = {"against": ["train.jsonl", "starter"]}

    with pytest.raises(ValidationError, match=r"no file “train\.jsonl”"):
        known.model_validate(table)
    settings = known.model_validate(table, context={"folder": home})
    assert isinstance(settings, NearDuplicateSettings)

    assert settings.against == ("train.jsonl", "starter"), "as it was written"
    assert settings.place_of("train.jsonl") == str(home / "train.jsonl")
    assert settings.place_of("starter") == "starter"
    (here / "train.jsonl").write_text("{}\n", "utf-8")
    assert settings.place_of("train.jsonl") == "train.jsonl", "what lies here comes first"


def test_a_recipe_finds_what_lies_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    home.mkdir()
    (home / "train.jsonl").write_text("{}\n", "utf-8")
    (home / "ours.toml").write_text(
        'id = "ours"\nguidelines = ["ama-2001"]\n[[role]]\nname = "generators"\n'
        'models = ["embedded"]\n[[stage]]\nkind = "seeds"\n'
        '[[stage]]\nkind = "near-duplicates"\nagainst = "train.jsonl"\n',
        "utf-8",
    )

    ready = resolve_recipe(read_recipe(home / "ours.toml"), "ours.toml", home)

    settings = ready.stages[1].settings
    assert isinstance(settings, NearDuplicateSettings)
    assert settings.place_of("train.jsonl") == str(home / "train.jsonl")
