"""Crosswalks: hand-made ones between two small sets, and the promises of those that ship."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from primum.core.errors import DataError, UnknownNameError, UserError
from primum.guidelines.catalogue import load_set
from primum.guidelines.crosswalk import Crosswalk, counterparts, is_at_least
from primum.guidelines.crosswalk_catalogue import (
    built_in_crosswalks,
    crosswalk_between,
    load_crosswalks,
)
from primum.guidelines.crosswalk_file import read_crosswalk
from primum.guidelines.guideline_set import Guideline, GuidelineSet

OWN = """\
id = "desk--ward"
version = "2"
from = "desk"
to = "ward"
title.en = "Desk and ward"
title.ja = "受付と病棟"
source = "By hand"
licence = "CC0"

[[link]]
from = "1"
to = "quiet"
strength = "touches"
reason.en = "Both lower the voice."
reason.ja = "どちらも声を落とす。"

[[link]]
from = "1"
to = "greet"
strength = "same"
reason.en = "Both greet."
reason.ja = "どちらも挨拶をする。"

[[link]]
from = "2"
to = "greet"
strength = "overlaps"
reason.en = "Both speak to those who wait."
reason.ja = "どちらも待つ人に声をかける。"

[[unlinked]]
guidelines = ["ward/lights"]
reason.en = "The desk has no lamps."
reason.ja = "受付に照明はない。"
"""


def guideline_set(set_id: str, *local_ids: str) -> GuidelineSet:
    def guideline(local_id: str) -> Guideline:
        texts = {"en": local_id, "ja": local_id}
        return Guideline(f"{set_id}/{local_id}", titles=texts, texts=texts)

    return GuidelineSet(
        id=set_id,
        version="1",
        status="complete",
        titles={"en": set_id, "ja": set_id},
        guidelines=tuple(guideline(each) for each in local_ids),
        fingerprint=f"{set_id}:{','.join(local_ids)}",
    )


DESK = guideline_set("desk", "1", "2", "3")
WARD = guideline_set("ward", "quiet", "greet", "lights")


def write(folder: Path, text: str = OWN) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def read(folder: Path, text: str = OWN) -> Crosswalk:
    return read_crosswalk(write(folder, text), (DESK, WARD))


def message(folder: Path, text: str) -> str:
    with pytest.raises(DataError) as caught:
        read(folder, text)
    assert str(caught.value).startswith(str(folder / "own.toml"))
    return str(caught.value)


def test_strengths_are_ordered() -> None:
    assert is_at_least("same", "overlaps")
    assert is_at_least("overlaps", "overlaps")
    assert not is_at_least("touches", "overlaps")


def test_counterparts_come_strongest_first_and_from_either_side(tmp_path: Path) -> None:
    crosswalk = read(tmp_path)

    assert crosswalk.counterparts("desk/1") == ("ward/greet", "ward/quiet")
    assert crosswalk.counterparts("ward/greet") == ("desk/1", "desk/2")
    assert crosswalk.counterparts("desk/3") == ()


def test_a_minimum_strength_leaves_weaker_links_out(tmp_path: Path) -> None:
    crosswalk = read(tmp_path)

    assert crosswalk.counterparts("desk/1", "overlaps") == ("ward/greet",)
    assert crosswalk.counterparts("desk/2", "same") == ()
    assert crosswalk.without_counterpart(WARD, "overlaps") == ("ward/quiet", "ward/lights")


def test_what_has_no_link_is_told_apart_from_what_is_not_mentioned(tmp_path: Path) -> None:
    crosswalk = read(tmp_path)

    assert crosswalk.unlinked == {
        "ward/lights": {"en": "The desk has no lamps.", "ja": "受付に照明はない。"}
    }
    assert crosswalk.silent == ("desk/3",)


def test_an_unknown_guideline_has_no_counterparts_but_an_error(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="ward/great"):
        read(tmp_path).counterparts("ward/great")


def test_the_first_crosswalk_between_the_sets_counts(tmp_path: Path) -> None:
    crosswalk = read(tmp_path)
    other = replace(crosswalk, links=crosswalk.links[:1])

    assert counterparts("ward/quiet", DESK, (crosswalk,), "touches") == ("desk/1",)
    assert counterparts("desk/2", WARD, (crosswalk, other)) == ("ward/greet",)
    assert counterparts("desk/2", WARD, (other, crosswalk)) == ()
    assert counterparts("desk/2", load_set("wma"), (crosswalk,)) == ()


def test_a_set_with_other_content_is_not_joined(tmp_path: Path) -> None:
    crosswalk = read(tmp_path)
    changed = replace(WARD, fingerprint="another")

    assert crosswalk.joins(WARD, DESK)
    assert not crosswalk.joins(DESK, changed)
    assert counterparts("desk/2", changed, (crosswalk,)) == ()
    with pytest.raises(UserError, match="No crosswalk joins “desk” to “ward” as they are here"):
        crosswalk_between(DESK, changed, (crosswalk,))


def test_the_fingerprint_follows_links_reasons_and_sets_but_not_the_licence(tmp_path: Path) -> None:
    first = read(tmp_path).fingerprint
    other_ward = replace(WARD, fingerprint="another")

    assert re.fullmatch(r"[0-9a-f]{32}", first)
    assert read(tmp_path, OWN.replace("CC0", "CC-BY-4.0")).fingerprint == first
    assert read(tmp_path, OWN.replace("Both greet.", "Both bow.")).fingerprint != first
    assert read(tmp_path, OWN.replace('"overlaps"', '"touches"')).fingerprint != first
    assert read_crosswalk(write(tmp_path), (DESK, other_ward)).fingerprint != first


def test_ones_own_file_stands_before_the_built_in_ones(tmp_path: Path) -> None:
    own = OWN.replace('"desk"', '"ama-2001"').replace(
        "ward/lights", "patient-safety/misinformation"
    )
    own = own.replace('"ward"', '"patient-safety"').replace('"quiet"', '"harmful-advice"')
    own = own.replace('"greet"', '"bias-discrimination"')

    found = load_crosswalks([write(tmp_path, own)])

    ama, patient = load_set("ama-2001"), load_set("patient-safety")
    assert crosswalk_between(patient, ama, found).id == "desk--ward"
    assert crosswalk_between(patient, ama, built_in_crosswalks()).id == "ama-2001--patient-safety"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('to = "greet"', 'to = "great"', "link[2]: Unknown guideline “ward/great”. Did you mean"),
        ('from = "2"', 'from = "1"', "from “desk/1” to “ward/greet” stands more than once"),
        ('"overlaps"', '"equals"', "link[3].strength” holds 'equals': “same”, “overlaps” or"),
        ('reason.ja = "どちらも挨拶をする。"\n', "", "the key “link[2].reason.ja” is missing"),
        ('"どちらも挨拶をする。"', '" "', "link[2].reason.ja” holds ' ': a text that is not empty"),
        ('"ward/lights"', '"ward/lamps"', "unlinked[1].guidelines: Unknown guideline “ward/lamps”"),
        ('"ward/lights"', '"ward/greet"', "“ward/greet” is called unlinked, but a link names it"),
        ('["ward/lights"]', '["ward/lights", "ward/lights"]', "unlinked more than once"),
        ('to = "ward"', 'to = "wards"', "Unknown guideline set “wards”. Did you mean “ward”?"),
        ('to = "ward"', 'to = "desk"', "both name “desk”"),
        ('version = "2"', 'edition = "2"', "the key “version” is missing"),
        ('licence = "CC0"', 'licence = "CC0"\nlinks = 3', "the key “links” is not known here"),
        ('version = "2"', "version = ", "line 2: not valid TOML"),
    ],
)
def test_a_wrong_file_is_told_what_and_where(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert OWN.count(old) >= 1

    assert said in message(tmp_path, OWN.replace(old, new, 1))


def test_a_file_that_is_not_there_or_not_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such crosswalk file"):
        read_crosswalk(tmp_path / "none.toml", (DESK, WARD))

    (tmp_path / "own.toml").write_bytes(b'id = "x"\ntitle.ja = "\x8e\xf3"')
    with pytest.raises(DataError, match=r"line 2: the file is not UTF-8"):
        read_crosswalk(tmp_path / "own.toml", (DESK, WARD))


every_crosswalk = pytest.mark.parametrize(
    "shipped", built_in_crosswalks(), ids=[each.id for each in built_in_crosswalks()]
)


def test_each_two_of_the_three_sets_of_the_papers_are_joined() -> None:
    assert [(each.from_set.id, each.to_set.id) for each in built_in_crosswalks()] == [
        ("ama-2001", "jma-2018"),
        ("ama-2001", "patient-safety"),
        ("jma-2018", "patient-safety"),
    ]


@every_crosswalk
def test_every_guideline_is_linked_or_said_to_have_no_counterpart(shipped: Crosswalk) -> None:
    assert shipped.silent == ()


def test_every_topic_and_every_principle_is_linked_to_the_other_set() -> None:
    assert built_in_crosswalks()[0].unlinked == {}


@every_crosswalk
def test_every_reason_is_a_sentence_in_its_language_and_no_two_are_alike(
    shipped: Crosswalk,
) -> None:
    for language, end in (("en", "."), ("ja", "。")):
        reasons = [link.reason(language) for link in shipped.links]
        assert [text for text, count in Counter(reasons).items() if count > 1] == []
        reasons += [texts[language] for texts in shipped.unlinked.values()]
        assert all(text.endswith(end) for text in reasons)
    for texts in [*(link.reasons for link in shipped.links), *shipped.unlinked.values()]:
        assert texts["en"].count(".") == 1
        assert texts["en"].isascii()
        assert re.search(r"[ぁ-ゖ]", texts["ja"])
        assert texts["ja"].count("。") <= 2


@every_crosswalk
def test_it_is_labelled_as_neither_reviewed_nor_verified(shipped: Crosswalk) -> None:
    notes = shipped.notes or {}

    assert notes["en"].startswith("Written without clinicians or lawyers. Neither the")
    assert re.search(r"verified or endorsed it\.", notes["en"])
    assert notes["ja"].startswith("医師や法律家の確認を経ずに作成した。")
    assert "内容を確認も承認もしていない。" in notes["ja"]


def test_only_few_guidelines_are_called_the_same() -> None:
    same = {
        (link.start, link.end)
        for crosswalk in built_in_crosswalks()
        for link in crosswalk.links
        if link.strength == "same"
    }

    assert same == {
        ("ama-2001/8", "jma-2018/care-before-profit"),
        ("ama-2001/7", "jma-2018/public-health"),
        ("jma-2018/fair-treatment", "patient-safety/bias-discrimination"),
    }


def test_the_links_are_as_many_as_the_page_on_the_crosswalk_says() -> None:
    counts = Counter(link.strength for each in built_in_crosswalks() for link in each.links)
    page = (Path(__file__).parents[2] / "docs" / "crosswalk.md").read_text(encoding="utf-8")

    for strength, count in counts.items():
        assert re.search(rf"^\| `{strength}` \|.*\| {count} \|$", page, re.MULTILINE)
