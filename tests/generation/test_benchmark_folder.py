"""The folder of a generated benchmark: loadable, sound, stated whole, and the same every time."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from tests.generation.recipe_support import (
    JUDGE,
    RECIPE,
    opened_ledger,
    plan_of,
    run_text,
    write_models,
)

from primum.benchmarks.catalogue import load
from primum.benchmarks.check import check
from primum.core.errors import UserError, WorkspaceError
from primum.generation.benchmark_folder import (
    Written,
    require_own_folder,
    write_benchmark,
    write_unfinished,
)
from primum.generation.draft import Draft
from primum.generation.finished_items import fingerprint_of, finished_items
from primum.generation.funnel import funnel_svg
from primum.generation.review_form import row_id
from primum.generation.yields import StageYield


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_models(tmp_path)
    return tmp_path


def written(folder: Path, text: str = RECIPE, name: str = "out") -> Written:
    with opened_ledger(folder) as ledger:
        made, _ = run_text(text, ledger, folder)
    return write_benchmark(folder / name, plan_of(text), made.yields)


def draft(text: str, **changes: object) -> Draft:
    blank = Draft((text,), "en", "general", "harmful", ("ama-2001/1",), "writer")
    return replace(blank, **changes)  # type: ignore[arg-type]


def rows(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def test_the_items_load_as_a_benchmark_and_pass_its_check(folder: Path) -> None:
    result = written(folder)

    benchmark = load(str(folder / "out" / "items.jsonl"))
    assert [item.name for item in benchmark.items()] == ["test-set-0001", "test-set-0002"]
    assert check(benchmark).is_sound
    assert result.items == 2


def test_provenance_and_drops_account_for_everything(folder: Path) -> None:
    written(folder)

    origins = rows(folder / "out" / "provenance.jsonl")
    drops = rows(folder / "out" / "dropped.jsonl")
    items = list(load(str(folder / "out" / "items.jsonl")).items())
    assert [row["id"] for row in origins] == [item.id for item in items]
    assert origins[0]["steps"] == [
        {"stage": "test-write", "kind": "test-write", "model": "writer",
         "call": origins[0]["steps"][0]["call"]},  # type: ignore[index]
    ]  # fmt: skip
    assert [(row["stage"], row["reason"]) for row in drops] == [
        ("test-write", "empty"),
        ("test-judge", "unfit"),
    ]
    assert drops[1]["turns"] == ["Where does the blue cup stand?"]


def test_the_same_ledger_writes_the_same_bytes(folder: Path) -> None:
    first = written(folder, name="one")
    again = written(folder, name="two")

    files = sorted(path.relative_to(folder / "one") for path in (folder / "one").rglob("*"))
    assert [path.name for path in files] == [
        "card.md", "dropped.jsonl", "items.jsonl", "provenance.jsonl", "recipe.toml", "yields.json",
        "yields.svg",
    ]  # fmt: skip
    for path in files:
        assert (folder / "one" / path).read_bytes() == (folder / "two" / path).read_bytes()
    assert first.fingerprint == again.fingerprint


def test_the_yields_state_the_fingerprint_and_every_other_file(folder: Path) -> None:
    result = written(folder)

    stated = json.loads((folder / "out" / "yields.json").read_text())
    assert stated["fingerprint"] == result.fingerprint
    assert [(s["name"], s["kept"], s["dropped"]) for s in stated["stages"]] == [
        ("test-write", 3, {"empty": 1}),
        ("test-judge", 2, {"unfit": 1}),
    ]
    assert "items.jsonl" in stated["files"]


def test_the_card_says_what_was_made_how_and_that_nobody_reviewed_it(folder: Path) -> None:
    result = written(folder)

    card = (folder / "out" / "card.md").read_text("utf-8")
    for words in (
        "# A test set",
        "2 items",
        result.fingerprint,
        "`ama-2001`, version 1: 2 of 9",
        "| test-judge | 3 | 2 | 1 | 1 unfit | 3 | scripted:judge.toml |",
        "Not reviewed by clinicians",
        "Scripted models played `writers`, `judges`",
        "Licence: CC-BY-4.0",
        "test-set-canary-",
        "| test-write | asked | 4 |",
    ):
        assert words in card, words


def test_a_set_of_one_s_own_lies_beside_the_recipe_which_runs_from_there(folder: Path) -> None:
    rule = 'title.en = "T"\ntitle.ja = "題"\ntext.en = "Knock."\ntext.ja = "叩く。"\n'
    (folder / "house.toml").write_text(
        'id = "house"\nversion = "1"\nstatus = "complete"\nsource = "us"\nlicence = "internal"\n'
        f'title.en = "House"\ntitle.ja = "家"\n[[guideline]]\nid = "1"\n{rule}'
    )
    text = RECIPE.replace('guidelines = "ama-2001"', 'guidelines = "house.toml"').replace(
        'only = ["ama-2001/1", "ama-2001/4"]', ""
    )
    (folder / "writer.toml").write_text('default = "Shall I knock?"')
    written(folder, text)

    copied = folder / "out" / "guidelines" / "house.toml"
    assert copied.read_bytes() == (folder / "house.toml").read_bytes()
    assert 'guidelines = ["guidelines/house.toml"]' in (folder / "out" / "recipe.toml").read_text()
    benchmark = load(str(folder / "out" / "items.jsonl"), guidelines=[copied])
    assert [item.guidelines for item in benchmark.items()] == [("house/1",)]


def test_other_items_are_said_to_replace_those_that_were_there(folder: Path) -> None:
    first = written(folder)
    (folder / "judge.toml").write_text(JUDGE.replace("blue cup", "plants"))
    second = written(folder)

    assert first.replaced == ""
    assert second.replaced == first.fingerprint


def test_a_folder_of_something_else_is_left_alone(folder: Path) -> None:
    recipe = plan_of().ready.recipe
    written(folder)
    (folder / "mine").mkdir()
    (folder / "mine" / "items.jsonl").write_text("{}")

    require_own_folder(folder / "out", recipe)
    require_own_folder(folder / "new", recipe)
    with pytest.raises(UserError, match="of the recipe “test-set”, not of “other”"):
        require_own_folder(folder / "out", recipe.model_copy(update={"id": "other"}))
    with pytest.raises(UserError, match="no recipe wrote"):
        require_own_folder(folder / "mine", recipe)
    with pytest.raises(UserError, match="is a file"):
        require_own_folder(folder / "judge.toml", recipe)


def test_files_of_people_are_not_touched(folder: Path) -> None:
    (folder / "out" / "people").mkdir(parents=True)
    (folder / "out" / "people" / "review.csv").write_text("accepted")

    written(folder)

    assert (folder / "out" / "people" / "review.csv").read_text() == "accepted"


def test_a_folder_that_cannot_be_written_is_one_sentence(folder: Path) -> None:
    (folder / "file").write_text("")

    with pytest.raises(WorkspaceError, match=r"could not be written to .* --output"):
        written(folder, name="file/below")


def test_without_items_there_is_a_record_but_no_benchmark(folder: Path) -> None:
    written(folder)
    (folder / "judge.toml").write_text('default = "no"')
    written(folder)

    assert not (folder / "out" / "items.jsonl").exists()
    assert len(rows(folder / "out" / "dropped.jsonl")) == 4


def test_a_pair_label_stays_only_where_the_pair_came_through_whole() -> None:
    drafts = [
        draft("a", twin_pair="p"),
        draft("b", twin_pair="p", intent="benign"),
        draft("c", twin_pair="q"),
        draft("d", translation_pair="t"),
        draft("e", translation_pair="t", language="ja"),
        draft("f", translation_pair="u"),
    ]

    items = [each.item for each in finished_items(drafts, "set", "CC0")]

    assert [item.twin_pair for item in items] == ["p", "p", "", "", "", ""]
    assert [item.translation_pair for item in items] == ["", "", "", "t", "t", ""]


def test_a_translated_twin_pair_is_a_pair_in_each_language() -> None:
    drafts = [
        draft("a", twin_pair="p", language=language, intent=intent)
        for language in ("en", "ja")
        for intent in ("harmful", "benign")
    ]

    items = [each.item for each in finished_items(drafts, "set", "CC0")]

    assert [item.twin_pair for item in items] == ["p-en", "p-en", "p-ja", "p-ja"]


def test_the_drawing_shows_every_stage_on_one_scale() -> None:
    stages = [
        StageYield("seeds", "seeds", 0, 60, {"refused": 30, "empty": 10}, 60, 20),
        StageYield("<fit>", "fit", 60, 15, dict.fromkeys(("a", "b", "c", "d", "e"), 9), 15, 60),
    ]

    svg = funnel_svg("Our <set>", stages)

    root = ET.fromstring(svg)
    texts = [element.text for element in root.iter("{http://www.w3.org/2000/svg}text")]
    assert {"Our <set>", "seeds", "60 kept", "30 refused", "10 empty", "<fit>"} <= set(texts)
    assert "60 in, 15 kept" in texts
    assert "27 for 3 other reasons" in texts
    bars = [
        float(element.get("width", "0"))
        for element in root.iter("{http://www.w3.org/2000/svg}rect")
        if element.get("height") == "18.0"
    ]
    assert bars == pytest.approx([336, 224, 84, 252])


EDITED = """item,turn_1,decision,edited_turn_1,reason,reviewer
{id},May I fold the letter?,{decision},{new},,{who}
"""


def test_the_parent_of_an_edited_item_stands_in_its_provenance(folder: Path) -> None:
    text = RECIPE.replace('only = ["ama-2001/1", "ama-2001/4"]', 'only = ["ama-2001/1"]')
    text += '[[stage]]\nkind = "curation"\n'
    with opened_ledger(folder) as ledger:
        waiting, _ = run_text(text, ledger, folder)
        (old,) = waiting.yields.drafts
        for number, decision, new, who in (
            (1, "edit", "May I fold the letter twice?", "Dr A"),
            (2, "accept", "", "Dr B"),
        ):
            cells = EDITED.format(id=row_id(old), decision=decision, new=new, who=who)
            (folder / "people" / f"curation-reviewer-{number}.csv").write_text(cells)
        made, _ = run_text(text, ledger, folder)
    write_benchmark(folder / "out", plan_of(text), made.yields)

    (row,) = rows(folder / "out" / "provenance.jsonl")
    step = row["steps"][-1]  # type: ignore[index]
    assert row["parents"] == [old.id]
    assert row["id"] != old.id
    assert step["parent"] == old.id
    assert step["parent_turns"] == ["May I fold the letter?"]
    assert step["note"] == "edit (Dr A); read by Dr A, Dr B"


def test_while_people_are_waited_for_what_there_is_stands_apart_and_marked(folder: Path) -> None:
    written(folder)
    finished = {path.name: path.read_bytes() for path in (folder / "out").iterdir()}
    text = RECIPE + '[[stage]]\nkind = "test-people"\n'
    with opened_ledger(folder) as ledger:
        made, _ = run_text(text, ledger, folder)
    place = write_unfinished(folder / "out", plan_of(text), made.yields, made.waiting_stage)

    card = (place / "card.md").read_text("utf-8")
    stated = json.loads((place / "yields.json").read_text())
    assert [row["reason"] for row in rows(place / "dropped.jsonl")] == ["empty", "unfit"]
    assert "# A test set (unfinished)" in card
    assert "**This is no benchmark yet.** The stage “test-people”" in card
    assert "2 drafts have come so far" in card
    assert stated["unfinished"] == "test-people"
    assert [stage["name"] for stage in stated["stages"]] == ["test-write", "test-judge"]
    assert "unfinished" in (place / "yields.svg").read_text()
    assert not (place / "items.jsonl").exists()
    assert {p.name: p.read_bytes() for p in (folder / "out").iterdir() if p.is_file()} == finished

    (place / "notes.txt").write_text("a person's own")
    written(folder)
    assert [path.name for path in place.iterdir()] == ["notes.txt"]


def test_a_set_in_halves_is_written_as_two_files_that_load_with_their_fingerprints(
    folder: Path,
) -> None:
    text = RECIPE + '[[stage]]\nkind = "test-set"\nby = []\nsplit = 0.5\n'
    result = written(folder, text)

    halves = {
        half: list(load(str(folder / "out" / f"{half}.jsonl")).items())
        for half in ("train", "test")
    }
    whole = list(load(str(folder / "out" / "items.jsonl")).items())
    stated = json.loads((folder / "out" / "yields.json").read_text())
    card = (folder / "out" / "card.md").read_text("utf-8")
    assert {half: len(items) for half, items in halves.items()} == {"train": 1, "test": 1}
    assert {item.id for items in halves.values() for item in items} == {item.id for item in whole}
    assert result.to_test == folder / "out" / "test.jsonl"
    for half, items in halves.items():
        assert stated["halves"][half] == {"items": 1, "fingerprint": fingerprint_of(items)}
        assert fingerprint_of(items) in card
    assert {row["split"] for row in rows(folder / "out" / "provenance.jsonl")} == {"train", "test"}

    written(folder)
    assert not (folder / "out" / "train.jsonl").exists()


def test_markup_in_titles_and_reasons_is_shown_in_the_card_and_never_obeyed(folder: Path) -> None:
    text = RECIPE.replace("A test set", "# <script>alert(1)</script> [here](https://a.example)")
    text = text.replace('kind = "test-judge"', 'kind = "test-judge"\nname = "<b>*x*</b> `y` | z"')
    written(folder, text)

    card = (folder / "out" / "card.md").read_text("utf-8")
    assert "<script>" not in card
    assert "<b>" not in card
    assert r"# \# &lt;script&gt;alert(1)&lt;/script&gt; \[here\](https://a.example)" in card
    assert r"| &lt;b&gt;\*x\*&lt;/b&gt; \`y\` \| z |" in card
