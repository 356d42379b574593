"""Guideline sets: the built-in ones, a user's own, and what a wrong file is told."""

from __future__ import annotations

from pathlib import Path

import pytest

from primum.core.errors import DataError, UnknownNameError, UserError
from primum.guidelines.catalogue import guideline, list_sets, load_set, load_sets, with_built_in

OWN = """\
id = "our-clinic"
version = "3"
status = "complete"
title.en = "Rules of our clinic"
title.ja = "当院の規則"
source = "Board decision"
licence = "internal"

[[category]]
id = "desk"
title.en = "Front desk"
title.ja = "受付"

[[guideline]]
id = "1"
category = "desk"
title.en = "Greeting"
title.ja = "挨拶"
text.en = "Greet everyone who comes in."
text.ja = "来院した人に挨拶をする。"

[[guideline]]
id = "2"
title.en = "Waiting"
title.ja = "待ち時間"
text.en = "Say how long the wait will be."
text.ja = "待ち時間を伝える。"
"""


def write(folder: Path, text: str) -> Path:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return path


def replacement(set_id: str) -> str:
    return "replaces_built_in = true\n" + OWN.replace("our-clinic", set_id)


def message(folder: Path, text: str) -> str:
    with pytest.raises(DataError) as caught:
        load_set(write(folder, text))
    assert str(caught.value).startswith(str(folder / "own.toml"))
    return str(caught.value)


def test_a_guideline_is_found_by_its_full_id() -> None:
    found = guideline("ama-2001/4")

    assert found.id == "ama-2001/4"
    assert found.text("ja") == found.texts["ja"]
    assert found.title("fr") == found.titles["en"]


def test_an_unknown_guideline_names_near_misses_and_the_sets_looked_in() -> None:
    with pytest.raises(UnknownNameError) as caught:
        guideline("patient-safety/misinfo")

    assert "“patient-safety/misinformation”" in str(caught.value)
    assert ", ".join(list_sets()) in str(caught.value)


def test_an_unknown_set_names_near_misses() -> None:
    with pytest.raises(UnknownNameError, match="Did you mean “ama-2001”"):
        load_set("ama-2002")


def test_a_users_own_set_is_loaded_beside_the_built_in_ones(tmp_path: Path) -> None:
    sets = load_sets([write(tmp_path, OWN)])

    assert [each.id for each in sets] == [*list_sets(), "our-clinic"]
    assert sets[-1].ids == ("our-clinic/1", "our-clinic/2")
    assert sets[-1].guidelines[0].category == "desk"
    assert guideline("our-clinic/2", extra_sets=sets[-1:]).title("ja") == "待ち時間"


def test_a_byte_order_mark_and_windows_line_ends_are_accepted(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xef\xbb\xbf" + OWN.replace("\n", "\r\n").encode())

    assert load_set(path) == load_set(write(tmp_path, OWN))


def test_the_fingerprint_follows_what_a_judge_may_be_shown(tmp_path: Path) -> None:
    before = load_set(write(tmp_path, OWN)).fingerprint
    other_source = load_set(write(tmp_path, OWN.replace("Board", "Council"))).fingerprint
    other_text = load_set(write(tmp_path, OWN.replace("Greet everyone", "Greet all"))).fingerprint

    assert other_source == before
    assert other_text != before


def test_a_set_that_takes_a_built_in_id_with_other_content_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, OWN.replace("our-clinic", "ama-2001"))

    with pytest.raises(UserError, match="“ama-2001” is already that of a built-in set"):
        load_sets([path])


def test_the_refusal_of_a_taken_id_names_both_ways_out(tmp_path: Path) -> None:
    path = write(tmp_path, OWN.replace("our-clinic", "jma-2018"))

    with pytest.raises(UserError, match=r"an id of its own, or write “replaces_built_in = true”"):
        load_sets([path])


def test_a_declared_replacement_takes_the_place_of_the_built_in_set(tmp_path: Path) -> None:
    own = load_set(write(tmp_path, replacement("jma-2018")))

    sets = load_sets([tmp_path / "own.toml"])

    assert [each.id for each in sets] == list(list_sets())
    assert sets[list_sets().index("jma-2018")] == own
    assert guideline("jma-2018/1", extra_sets=[own]).title("en") == "Greeting"
    assert load_set("jma-2018").fingerprint != own.fingerprint


def test_topics_that_a_replacement_lacks_are_no_longer_known(tmp_path: Path) -> None:
    own = load_set(write(tmp_path, replacement("jma-2018")))

    with pytest.raises(UnknownNameError, match="jma-2018/informed-consent"):
        guideline("jma-2018/informed-consent", extra_sets=[own])


def test_a_replacement_holds_whatever_the_order_and_however_often_sets_are_joined(
    tmp_path: Path,
) -> None:
    """A plan joins the sets once, and the benchmark's loader joins the joined sets again."""
    own, built_in = load_set(write(tmp_path, replacement("jma-2018"))), load_set("jma-2018")

    once = with_built_in([own])

    assert with_built_in(once) == once
    assert with_built_in([built_in, own]) == once
    assert with_built_in([own, built_in]) == once


def test_two_different_replacements_of_one_set_are_refused(tmp_path: Path) -> None:
    first = load_set(write(tmp_path, replacement("jma-2018")))
    second = load_set(write(tmp_path, replacement("jma-2018").replace("Greet everyone", "Greet")))

    with pytest.raises(UserError, match="“jma-2018” is already that of"):
        with_built_in([first, second])


def test_a_replacement_of_nothing_is_refused_with_the_ids_there_are(tmp_path: Path) -> None:
    path = write(tmp_path, replacement("jma-2019"))

    with pytest.raises(UserError, match=r"no built-in set has that id \(built in: ama-2001, .*wma"):
        load_sets([path])


def test_the_wish_to_replace_is_no_part_of_the_fingerprint(tmp_path: Path) -> None:
    plain = load_set(write(tmp_path, OWN)).fingerprint

    assert load_set(write(tmp_path, replacement("our-clinic"))).fingerprint == plain


def test_a_wish_to_replace_that_is_no_truth_value_is_refused(tmp_path: Path) -> None:
    text = message(tmp_path, 'replaces_built_in = "yes"\n' + OWN)

    assert "“replaces_built_in” holds 'yes': true or false was expected" in text


def test_a_built_in_set_may_be_named_again() -> None:
    assert with_built_in([load_set("ama-2001")]) == load_sets()


def test_a_missing_language_is_named_by_its_key_path(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace('text.ja = "待ち時間を伝える。"\n', ""))

    assert "the key “guideline[2].text.ja” is missing" in text


def test_an_unknown_key_is_named(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace("licence =", "license ="))

    assert "“licence” is missing" in text or "“license” is not known" in text
    assert "1 more like this" in text


def test_a_duplicate_id_is_named(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace('id = "2"', 'id = "1"'))

    assert "guideline id “1” stands more than once" in text


def test_an_unknown_category_is_named_with_the_defined_ones(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace('category = "desk"', 'category = "disk"'))

    assert "“guideline[1].category” holds “disk”" in text
    assert "defined: desk" in text


def test_a_value_of_the_wrong_kind_says_what_was_expected(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace('version = "3"', "version = 3"))

    assert "the key “version” holds 3: a text in quotes was expected" in text


def test_an_id_that_would_break_a_full_id_is_refused(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace('id = "2"', 'id = "a/b"'))

    assert "the key “guideline[2].id” holds 'a/b'" in text
    assert "letters, digits" in text


def test_an_empty_text_is_refused(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace("Greet everyone who comes in.", " "))

    assert "“guideline[1].text.en”" in text
    assert "not empty" in text


def test_an_unknown_status_names_the_known_ones(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace('status = "complete"', 'status = "done"'))

    assert "the key “status” holds 'done'" in text
    assert all(known in text for known in ("complete", "ours", "shape"))


def test_a_set_without_guidelines_is_refused(tmp_path: Path) -> None:
    head = OWN.partition("[[guideline]]")[0]

    assert "“guideline” is missing" in message(tmp_path, head)


def test_bad_toml_is_refused_with_its_line(tmp_path: Path) -> None:
    text = message(tmp_path, OWN.replace('version = "3"', "version = three"))

    assert ", line 2: not valid TOML" in text


def test_another_encoding_is_refused_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(OWN.encode("cp932"))

    with pytest.raises(DataError, match="line 5: the file is not UTF-8"):
        load_set(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such guideline file"):
        load_set(tmp_path / "none.toml")
