"""A study file is read whole, or one sentence says what is wrong with it and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.studies.study_text import HEAD, STARTER, contrast, model, study_of

from primum.core.errors import DataError, UnknownNameError
from primum.studies.reading import list_presets, parse_study, preset_text, read_study

GENERAL = model("g", **{"class": "general"})
MEDICAL = model("m", **{"class": "medical", "base": "g"})
GROUPS = {"factor": "class", "first": "general", "second": "medical"}


def test_a_whole_study_is_read() -> None:
    study = study_of(
        GENERAL,
        MEDICAL,
        contrast("groups", "groups", **GROUPS),
        contrast("pairs", "pairs", measure="refusal.full|benign"),
        head=HEAD + 'factors = ["class", "language"]\n',
    )

    assert [m.class_ for m in study.models] == ["general", "medical"]
    assert [c.kind for c in study.contrasts] == ["groups", "pairs"]


def test_a_preset_is_read_by_name_and_every_preset_is_whole() -> None:
    presets = list_presets()

    assert {"mediphi", "medsafetybench", "jmedethicbench"} <= set(presets)
    assert read_study("mediphi") == presets["mediphi"]
    assert 'id = "mediphi"' in preset_text("mediphi")


def test_a_file_is_read_by_path(tmp_path: Path) -> None:
    path = tmp_path / "ours.toml"
    path.write_text(HEAD + STARTER + GENERAL)

    assert read_study(path).id == "small"


def test_an_unknown_name_names_the_near_misses() -> None:
    with pytest.raises(UnknownNameError, match="medi"):
        read_study("mediphy")


FAULTS = {
    "two models of one name": (GENERAL + GENERAL, "2 models have the name “g”"),
    "two parts of one name": (STARTER + GENERAL, "have the name “starter”"),
    "two contrasts of one name": (
        GENERAL + MEDICAL + contrast("c", "pairs") + contrast("c", "pairs"),
        "2 contrasts have the name “c”",
    ),
    "a base that is not there": (MEDICAL, "its base “g” is not in the study"),
    "its own base": (model("a", base="a"), "“a” is named as its own base"),
    "a circle of bases": (model("a", base="b") + model("b", base="a"), "circle of bases"),
    "a protocol that is not there": (
        model("a", protocols=["starter", "other"]),
        "model “a”: Unknown protocol of this study “other”",
    ),
    "a protocol that nobody takes": (
        STARTER.replace("limit", 'name = "other"\nlimit') + model("a", protocols=["other"]),
        "no model takes the protocol “starter”",
    ),
    "respondents of a model": (model("a", respondents="all"), "belongs to an answers file"),
    "a label that means something": (
        model("a", labels={"language": "ja"}),
        "the label “language” has a meaning of its own",
    ),
    "an empty group": (
        GENERAL + contrast("c", "groups", **GROUPS),
        "contrast “c”: the group class = “medical” is empty",
    ),
    "a group that the filter empties": (
        GENERAL + MEDICAL + contrast("c", "groups", **GROUPS, models={"class": "general"}),
        "the group class = “medical” is empty",
    ),
    "an unknown factor": (
        GENERAL + MEDICAL + contrast("c", "groups", **{**GROUPS, "factor": "classs"}),
        "Unknown factor “classs”. Did you mean “class”?",
    ),
    "groups of items": (
        GENERAL + contrast("c", "groups", factor="language", first="en", second="ja"),
        "“language” is a property of the items",
    ),
    "an unknown part": (
        GENERAL + MEDICAL + contrast("c", "pairs", protocol="starterr"),
        "Unknown protocol of this study “starterr”. Did you mean “starter”?",
    ),
    "a superfluous field": (
        GENERAL + MEDICAL + contrast("c", "groups", **GROUPS, across="language"),
        "“across” has no meaning for the kind “groups”",
    ),
    "a missing field": (
        GENERAL + MEDICAL + contrast("c", "groups", factor="class", first="general"),
        "the kind “groups” needs “second”, which is missing",
    ),
    "three levels": (
        GENERAL + contrast("c", "within", across="language", levels=["en", "ja", "fr"]),
        "“levels” holds 3; two were expected",
    ),
    "one level": (
        GENERAL + contrast("c", "within", across="language", levels=["en"]),
        "“levels” holds 1; two were expected",
    ),
    "equal levels": (
        GENERAL + contrast("c", "within", across="language", levels=["en", "en"]),
        "both levels are “en”",
    ),
    "equal groups": (
        GENERAL + contrast("c", "groups", factor="class", first="general", second="general"),
        "“first” and “second” are “general”",
    ),
    "an unknown dimension": (
        GENERAL + contrast("c", "within", across="tongue", levels=["en", "ja"]),
        "Unknown dimension of the items “tongue”",
    ),
    "items of an unknown dimension": (
        GENERAL + MEDICAL + contrast("c", "pairs", items={"tongue": "en"}),
        "Unknown dimension of the items “tongue”",
    ),
    "models by an unknown label": (
        GENERAL + MEDICAL + contrast("c", "pairs", models={"kin": "x"}),
        "in “models”: Unknown factor “kin”",
    ),
    "models by a value that none has": (
        GENERAL + MEDICAL + contrast("c", "pairs", models={"class": ["general", "open"]}),
        "no model has class “open”. Known: general, medical.",
    ),
    "pairs without a base": (GENERAL + contrast("c", "pairs"), "so there is no pair"),
    "pairs whose base the filter takes": (
        GENERAL + MEDICAL + contrast("c", "pairs", models={"class": "medical"}),
        "so there is no pair",
    ),
    "a dose of one size": (
        model("a", family="F", size=8) + model("b", family="F") + contrast("c", "dose"),
        "no family has models of two sizes",
    ),
    "a dose across families": (
        model("a", family="F", size=8) + model("b", family="G", size=1) + contrast("c", "dose"),
        "no family has models of two sizes",
    ),
    "an unknown key of a model": (
        model("a", clas="general"),
        "[[model]] 1 (“a”): the key “clas” is not known. Known: name, model,",
    ),
    "a key that is missing": (
        '\n[[model]]\nname = "a"\n',
        "[[model]] 1 (“a”): the key “model” is missing",
    ),
    "an unknown kind": (
        GENERAL + contrast("c", "paired"),
        "[[contrast]] 1 (“c”): the key “kind” holds “paired”",
    ),
    "a value of another type": (model("a", size="big"), "the key “size” holds “big”"),
    "no model": ("", "the key “model” is missing"),
}


@pytest.mark.parametrize(("tables", "sentence"), FAULTS.values(), ids=FAULTS.keys())
def test_a_contradiction_is_one_sentence_that_names_its_place(tables: str, sentence: str) -> None:
    with pytest.raises(DataError) as raised:
        study_of(tables)

    said = str(raised.value)
    assert said.startswith("small.toml: ")
    assert sentence in said
    assert "\n" not in said
    assert "pydantic" not in said


@pytest.mark.parametrize("study_id", ["a/b", "..", "a b", "", "x" * 65, "表", "-a"])
def test_an_id_that_names_no_file_is_refused(study_id: str) -> None:
    head = f'id = "{study_id}"\ntitle.en = "t"\n'

    with pytest.raises(DataError, match="id"):
        study_of(GENERAL, head=head)


@pytest.mark.parametrize(
    ("factor", "models"),
    [
        ("class", GENERAL),
        ("class", GENERAL + model("h", **{"class": "general"})),
        ("family", GENERAL + MEDICAL),
        ("origin", GENERAL + model("h", labels={"origin": "x"})),
    ],
)
def test_a_factor_that_never_varies_is_refused(factor: str, models: str) -> None:
    with pytest.raises(DataError, match=f"the factor “{factor}” never varies among the models"):
        study_of(models, head=HEAD + f'factors = ["{factor}"]\n')


def test_an_unknown_factor_is_refused() -> None:
    with pytest.raises(DataError, match="Unknown factor “klass”. Did you mean “class”"):
        study_of(GENERAL, MEDICAL, head=HEAD + 'factors = ["klass"]\n')


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(DataError, match="the limit must be a positive number"):
        study_of(GENERAL, parts='[[protocol]]\nprotocol = "starter"\nlimit = 0\n')


def test_what_is_no_toml_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.toml"
    path.write_text('id = "a"\ntitle = \n')

    with pytest.raises(DataError, match="line 2"):
        read_study(path)
    with pytest.raises(DataError, match="line 2"):
        parse_study(path.read_text(), "broken")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="there is no such study file"):
        read_study(tmp_path / "none.toml")


def test_a_model_table_that_is_no_list_is_one_sentence() -> None:
    with pytest.raises(DataError, match="small.toml: "):
        parse_study(HEAD + STARTER + '[model]\nname = "a"\n', "small.toml")


def test_people_are_a_class_of_their_own() -> None:
    study = study_of(
        GENERAL,
        model("ward", model="answers:ward.csv"),
        contrast("c", "groups", factor="class", first="general", second="people"),
    )

    assert study.contrasts[0].second == "people"
