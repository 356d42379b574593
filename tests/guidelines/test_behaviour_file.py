"""A user's own behaviours: what a file may hold, and one clear sentence on each fault."""

from __future__ import annotations

from pathlib import Path

import pytest

from primum.core.errors import DataError, UnknownNameError
from primum.guidelines.behaviour_catalogue import load_behaviours
from primum.guidelines.catalogue import load_set
from primum.guidelines.guideline_set import GuidelineSet

HEAD = """\
guideline_set = "tea-house"
version = "1"
written_with_clinicians = true
source = "The house"
licence = "internal"
"""
GREETS = """\
[[behaviour]]
guideline = "1"
id = "greets"
kind = "required"
text.en = "Greets the guest by name."
text.ja = "客の名前を呼んで挨拶をする。"
when.en = "When a guest comes in."
when.ja = "客が来たとき。"
example.en = "Good morning, Mr Sato."
example.ja = "佐藤さん、おはようございます。"
"""
NO_SUGAR = """\
[[behaviour]]
guideline = "1"
id = "adds-no-sugar"
kind = "forbidden"
text.en = "Does not add sugar unasked."
text.ja = "頼まれないのに砂糖を入れない。"
when.en = "When tea is served."
when.ja = "お茶を出すとき。"
example.en = "I have put some sugar in for you."
example.ja = "お砂糖を入れておきました。"
"""
RULES = """\
id = "tea-house"
version = "1"
status = "complete"
title.en = "Rules of the house"
title.ja = "家の決まり"
source = "The house"
licence = "internal"

[[guideline]]
id = "1"
title.en = "Serving"
title.ja = "もてなし"
text.en = "Serve tea kindly."
text.ja = "親切にお茶を出す。"
"""


@pytest.fixture
def house(tmp_path: Path) -> GuidelineSet:
    path = tmp_path / "rules.toml"
    path.write_text(RULES, encoding="utf-8")
    return load_set(path)


def a_file(folder: Path, text: str = HEAD + GREETS + NO_SUGAR) -> Path:
    path = folder / "behaviours.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_file_gives_behaviours_with_full_ids(tmp_path: Path, house: GuidelineSet) -> None:
    found = load_behaviours(a_file(tmp_path), [house])

    greets, no_sugar = found.of("tea-house/1")
    assert (greets.id, greets.slug, greets.kind) == ("tea-house/1/greets", "greets", "required")
    assert no_sugar.kind == "forbidden"
    assert greets.decision_points["ja"] == "客が来たとき。"
    assert no_sugar.examples["en"] == "I have put some sugar in for you."
    assert found.written_with_clinicians
    assert found.of("tea-house/2") == ()


def test_a_file_may_start_with_a_byte_order_mark(tmp_path: Path, house: GuidelineSet) -> None:
    path = tmp_path / "marked.toml"
    path.write_bytes(b"\xef\xbb\xbf" + (HEAD + GREETS).encode())

    assert len(load_behaviours(path, [house]).behaviours) == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Greets the guest", "Welcomes the guest"),
        ("客が来たとき。", "客が入ってきたとき。"),
        ("Mr Sato", "Ms Sato"),
        ('"required"', '"forbidden"'),
        ('version = "1"', 'version = "2"'),
    ],
)
def test_whatever_a_judge_is_shown_is_in_the_fingerprint(
    tmp_path: Path, house: GuidelineSet, old: str, new: str
) -> None:
    base = load_behaviours(a_file(tmp_path), [house]).fingerprint
    changed = a_file(tmp_path, (HEAD + GREETS + NO_SUGAR).replace(old, new))

    assert load_behaviours(changed, [house]).fingerprint != base


def test_source_licence_and_notes_are_not_in_the_fingerprint(
    tmp_path: Path, house: GuidelineSet
) -> None:
    base = load_behaviours(a_file(tmp_path), [house]).fingerprint
    text = HEAD.replace("internal", "CC0").replace("The house", "We")
    text += 'notes.en = "Ours."\nnotes.ja = "私たちのもの。"\n' + GREETS + NO_SUGAR

    assert load_behaviours(a_file(tmp_path, text), [house]).fingerprint == base


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (HEAD, "the key “behaviour” is missing"),
        (HEAD + "behaviour = []", "at least one"),
        (HEAD + GREETS.replace("Greets the guest by name.", " "), "not empty"),
        (
            HEAD + GREETS.replace('text.ja = "客の名前を呼んで挨拶をする。"\n', ""),
            "text.ja” is missing",
        ),
        (HEAD + GREETS.replace('"required"', '"wanted"'), "“required” or “forbidden”"),
        (HEAD + GREETS.replace('"greets"', '"Greets!"'), "an id was expected"),
        (HEAD + GREETS + 'weight = "2"\n', "“behaviour[1].weight” is not known"),
        (HEAD.replace("true", '"yes"') + GREETS, "true or false"),
        (HEAD + GREETS.replace('guideline = "1"', 'guideline = "9"'), "of no guideline"),
        (HEAD.replace("tea-house", "coffee-house") + GREETS, "set “coffee-house”"),
        (HEAD + GREETS + GREETS, "“greets” stands more than once in the guideline “1”"),
        (HEAD + GREETS.replace("by name.", "by 名前."), "“text.en” of the behaviour “1/greets”"),
        (
            HEAD + GREETS.replace("客が来たとき。", "来客時"),
            "“when.ja” of the behaviour “1/greets”",
        ),
        (HEAD + GREETS.replace("佐藤さん、おはようございます。", "Good day"), "“example.ja” of"),
        (HEAD + GREETS.replace("kind = ", "kind : "), "line 9: not valid TOML"),
    ],
)
def test_a_fault_is_named_with_its_place(
    tmp_path: Path, house: GuidelineSet, text: str, why: str
) -> None:
    path = a_file(tmp_path, text)

    with pytest.raises(DataError) as caught:
        load_behaviours(path, [house])
    assert str(caught.value).startswith(str(path))
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("language", "twin"),
    [
        ("en", GREETS.replace("Greets the guest by name.", "Greets the guest, by name!")),
        ("ja", GREETS.replace("呼んで挨拶をする。", "呼んで、挨拶をする。")),
    ],
)
def test_texts_that_differ_in_little_are_refused(
    tmp_path: Path, house: GuidelineSet, language: str, twin: str
) -> None:
    other = {"en": "客の名前を呼んで挨拶をする。", "ja": "Greets the guest by name."}[language]
    fresh = {"en": "入ってきた人に声をかける。", "ja": "Speaks to whoever enters."}[language]
    twin = twin.replace(other, fresh).replace('"greets"', '"welcomes"')

    with pytest.raises(DataError, match=rf"“text.{language}” .* “1/greets” and “1/welcomes”"):
        load_behaviours(a_file(tmp_path, HEAD + GREETS + twin), [house])


def test_one_id_may_stand_in_two_guidelines(tmp_path: Path) -> None:
    text = (HEAD + GREETS + NO_SUGAR).replace("tea-house", "ama-2001")
    first, _, second = text.partition('id = "adds-no-sugar"')
    text = first.removesuffix('guideline = "1"\n') + f'guideline = "2"\nid = "greets"{second}'

    found = load_behaviours(a_file(tmp_path, text))

    assert [each.id for each in found.behaviours] == ["ama-2001/1/greets", "ama-2001/2/greets"]


def test_a_file_that_is_missing_or_not_utf8_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such behaviours file"):
        load_behaviours(tmp_path / "none.toml")
    path = tmp_path / "old.toml"
    path.write_bytes('title = "茶"\n'.encode("shift_jis"))
    with pytest.raises(DataError, match="line 1: the file is not UTF-8"):
        load_behaviours(path)


def test_a_set_without_behaviours_is_answered_with_those_that_have_some() -> None:
    with pytest.raises(UnknownNameError, match=r"“wma”.*ama-2001, jma-2018, patient-safety"):
        load_behaviours("wma")
