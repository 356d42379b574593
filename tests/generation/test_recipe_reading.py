"""Recipes are read and checked; every fault is one sentence that says where and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.generation.recipe_support import RECIPE

from primum.core.errors import DataError, UnknownNameError, UserError
from primum.generation.recipe_changes import demo_of, with_guidelines, with_models
from primum.generation.recipe_reading import parse_recipe, read_recipe
from primum.generation.recipe_resolving import ResolvedRecipe, resolve_recipe
from primum.generation.recipe_text import recipe_fingerprint, recipe_text


def resolved(text: str) -> ResolvedRecipe:
    return resolve_recipe(parse_recipe(text, "test.toml"), "test.toml")


def test_a_recipe_is_resolved_with_names_guidelines_and_roles() -> None:
    ready = resolved(RECIPE + '[[stage]]\nkind = "test-judge"\n')

    assert [stage.name for stage in ready.stages] == ["test-write", "test-judge", "test-judge-2"]
    assert ready.stages[1].roles == ("judges",)
    assert ready.chosen == ("ama-2001/1", "ama-2001/4")
    assert ready.sizes.models == {"writers": 1, "judges": 1}


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('id = "test-set"', 'id = "Test Set"', ["“id”", "“Test Set”", "lower-case"]),
        ('id = "test-set"', 'id = "test-set"\nseeds = 3', ["“seeds” is not known", "seed,"]),
        ('id = "test-set"', "", ["“id” is missing"]),
        ('only = ["ama-2001/1", "ama-2001/4"]', 'only = "ama-2001/44"', ["“ama-2001/44”", "ama-2001/4”"]),
        ('guidelines = "ama-2001"', 'guidelines = "ama-2002"', ["“ama-2002”", "“ama-2001”"]),
        ('guidelines = "ama-2001"', 'guidelines = ["ama-2001", "ama-2001"]', ["twice"]),
        ('title.en = "A test set"', 'languages = "de"', ["“languages” holds “de”", "en and ja"]),
        ('title.en = "A test set"', 'languages = "jp"', ["“jp”", "en and ja"]),
        ('title.en = "A test set"', "title = 7", ["“title” holds “7”", "a table was expected"]),
        ('title.en = "A test set"', 'perspective = "nurse"', ["“perspective” holds “nurse”", "patient"]),
        ('kind = "test-write"', 'kind = "test-wite"', ["[[stage]] 1", "“test-wite”", "“test-write”"]),
        ('kind = "test-write"', 'kind = "test-write"\ncount = 0', ["[[stage]] 1 (“test-write”)", "“count” holds “0”", "at least 1 was expected"]),
        ('kind = "test-write"', 'kind = "test-write"\ncount = -2', ["“count” holds “-2”"]),
        ('kind = "test-write"', 'kind = "test-write"\ncount = "two"', ["“count” holds “two”"]),
        ('kind = "test-write"', 'kind = "test-write"\ncount = true', ["“count” holds “true”: a whole number was expected"]),
        ('kind = "test-write"', 'kind = "test-write"\ncount = "5"', ["“count” holds “5”: a whole number was expected, without quotes"]),
        ('kind = "test-write"', 'kind = "test-write"\ncount = 2.5', ["“count” holds “2.5”: a whole number was expected"]),
        ('kind = "test-write"', 'kind = "jailbroken-seeds"\nrole = "writers"\ngcg.steps = true', ["“gcg.steps” holds “true”: a whole number was expected"]),
        ('kind = "test-judge"', 'kind = "near-duplicates"\nwithin = "yes"', ["“within” holds “yes”: true or false was expected"]),
        ('kind = "test-judge"', 'kind = "near-duplicates"\nthreshold = true', ["“threshold” holds “true”: a number was expected"]),
        ('kind = "test-judge"', 'kind = "near-duplicates"\nagainst = "medsafetybnch"', ["[[stage]] 2 (“near-duplicates”)", "“against” holds “medsafetybnch”", "medsafetybench”"]),
        ('kind = "test-judge"', 'kind = "near-duplicates"\nagainst = ["starter", "medsafetybench:trainn"]', ["“against”", "“trainn”", "“train”"]),
        ('kind = "test-judge"', 'kind = "near-duplicates"\nagainst = "absent.jsonl"', ["“against”", "there is no file “absent.jsonl”"]),
        ('kind = "test-judge"', 'kind = "translation"\nto = "xx"', ["[[stage]] 2 (“translation”)", "“to” holds “xx”", "ISO 639-1"]),
        ('kind = "test-judge"', 'kind = "translation"\nto = []', ["“to” is empty: at least 1 was expected"]),
        ('kind = "test-judge"', 'kind = "test-judge"\n[[stage]]\nkind = "test-set"\ntotal = 5', ["[[stage]] 3 (“test-set”)", "“total” holds “5”", "at most 4 drafts can come"]),
        ('kind = "test-judge"', 'kind = "test-judge"\n[[stage]]\nkind = "test-set"\nper_stratum = 3', ["“per_stratum” holds “3”", "at most 2 drafts of a stratum"]),
        ('kind = "test-judge"', 'kind = "test-set"\nby = ["colour"]\ntotal = 1', ["“by.0” holds “colour”", "“strategy”, “guideline”"]),
        ('title.en = "A test set"', "languages = []", ["“languages” is empty: at least 1 was expected"]),
        ('title.en = "A test set"', "seed = true", ["“seed” holds “true”: a whole number was expected"]),
        ('name = "judges"', 'name = "judges"\ntemperature = 99', ["[[role]] 2 (“judges”)", "“temperature” holds “99”", "at most 2 was expected"]),
        ('name = "judges"', 'name = "judges"\ntemperature = "warm"', ["“temperature” holds “warm”: a number was expected"]),
        ('name = "judges"', 'name = "judges"\nmax_tokens = "5"', ["“max_tokens” holds “5”: a whole number was expected"]),
        ('kind = "test-write"', 'kind = "test-write"\ncuont = 2', ["“cuont” is not known", "role, count"]),
        ('kind = "test-judge"', 'kind = "test-judge"\nat_least = 2', ["[[stage]] 2", "“at_least” holds “2”", "1 model "]),
        ('kind = "test-judge"', 'kind = "test-judge"\nrole = "jugdes"', ["“jugdes”", "writers, judges"]),
        ('name = "judges"', 'name = "judge"', ["“judges”, which no [[role]] defines", "writers, judge."]),
        ('[[stage]]\nkind = "test-judge"', "", ["no stage asks the role “judges”"]),
        ('[[stage]]\nkind = "test-write"', "", ["[[stage]] 1 (“test-judge”)", "nothing for it to work on"]),
        ('kind = "test-judge"', 'kind = "test-dialogue"\n[[stage]]\nkind = "test-judge"', ["[[stage]] 3", "takes requests of one turn, but is given dialogues"]),
        ('kind = "test-judge"', 'kind = "test-dialogue"\n[[stage]]\nkind = "test-write"\nname = "more"', ["[[stage]] 3", "would add requests"]),
        ('kind = "test-judge"', 'kind = "test-judge"\nname = "test-write"', ["the stage “test-write” stands twice"]),
        ('models = "scripted:judge.toml"', "models = []", ["[[role]] 2 (“judges”)", "“models”"]),
        ('models = "scripted:judge.toml"', 'models = ["a", "a"]', ["“judges”", "“a” twice"]),
        ('name = "judges"', 'name = "judges"\ntemperatur = 1', ["[[role]] 2 (“judges”)", "“temperatur” is not known", "temperature"]),
        ('kind = "test-judge"', 'kind = "fit-filter"\nruns = 2\nleast_ratings = 3', ["“least_ratings” holds “3”", "2 runs of 1 model give 2"]),
        ("[[stage]]", "[stage]", ["“stage” is no list of tables", "[[stage]]"]),
    ],
)  # fmt: skip
def test_a_fault_is_one_sentence_that_says_where_it_is(
    old: str, new: str, words: list[str]
) -> None:
    text = RECIPE.replace(old, new, 1)
    if old == "[[stage]]":
        text = RECIPE[: RECIPE.index("[[stage]]")] + '[stage]\nkind = "test-write"\n'
    assert text != RECIPE

    with pytest.raises(UserError) as caught:
        resolved(text)

    message = str(caught.value)
    assert "\n" not in message
    assert all(word in message for word in words), message


def test_a_name_that_is_no_recipe_lists_the_known_ones_and_a_broken_file_its_line(
    tmp_path: Path,
) -> None:
    (tmp_path / "broken.toml").write_text('id = "x"\nseed = = 2\n')

    with pytest.raises(UnknownNameError, match=r"A recipe of your own is a \.toml file"):
        read_recipe("primun")
    with pytest.raises(DataError, match=r"broken\.toml, line 2"):
        read_recipe(tmp_path / "broken.toml")
    with pytest.raises(DataError, match="there is no such recipe file"):
        read_recipe(tmp_path / "absent.toml")


def test_a_recipe_written_down_is_the_same_recipe() -> None:
    text = RECIPE + 'name = "strict \\"judge\\""\nat_least = 1\n'
    ready = resolved(text)

    again = resolved(recipe_text(ready))

    assert recipe_fingerprint(again) == recipe_fingerprint(ready)
    assert again.stages == ready.stages
    assert recipe_text(again) == recipe_text(ready)


def test_the_fingerprint_follows_what_decides_the_result_alone() -> None:
    ready = resolved(RECIPE)

    assert recipe_fingerprint(resolved(RECIPE + "\n[demo]\nmax_tokens = 9\n")) == (
        recipe_fingerprint(ready)
    )
    assert recipe_fingerprint(resolved(RECIPE + "at_least = 1\n")) == recipe_fingerprint(ready)
    assert recipe_fingerprint(
        resolved(RECIPE.replace('kind = "test-write"', 'kind = "test-write"\ncount = 3'))
    ) != recipe_fingerprint(ready)


def test_the_perspective_of_the_recipe_is_that_of_its_seeds() -> None:
    text = RECIPE.replace("test-write", "seeds").replace('"writers"', '"generators"')

    seeds = resolved(text.replace(
        'guidelines = "ama', 'perspective = "patient"\nguidelines = "ama'
    )).stages[0]  # fmt: skip

    assert seeds.settings.model_dump()["perspective"] == ("patient",)


def test_models_of_a_role_are_replaced_together_with_their_address() -> None:
    recipe = parse_recipe(RECIPE.replace(
        'name = "judges"', 'name = "judges"\nbase_url = "http://one/v1"'
    ), "test.toml")  # fmt: skip

    changed = with_models(recipe, {"judges": ["a", "b"]})
    moved = with_models(recipe, {}, {"judges": "http://two/v1"})

    assert changed.roles[1].models == ("a", "b")
    assert changed.roles[1].base_url is None
    assert moved.roles[1].models == ("scripted:judge.toml",)
    assert moved.roles[1].base_url == "http://two/v1"
    with pytest.raises(UnknownNameError, match="“judges”"):
        with_models(recipe, {"judge": ["a"]})


def test_other_guidelines_take_the_place_of_the_recipe_s_own() -> None:
    recipe = parse_recipe(RECIPE, "test.toml")

    changed = with_guidelines(recipe, ["patient-safety"], ["patient-safety/misinformation"])

    assert changed.guidelines == ("patient-safety",)
    assert changed.only == ("patient-safety/misinformation",)
    assert with_guidelines(recipe, ["patient-safety"], []).only == ()


def test_a_demo_is_small_on_this_machine_and_another_recipe() -> None:
    text = (
        RECIPE
        + '[demo]\nonly = ["ama-2001/4"]\nmax_tokens = 50\n[demo.role]\njudges = ["demo:x"]\n'
    )
    text += "[demo.stage.test-write]\ncount = 1\n"

    demo = demo_of(resolved(text))

    assert demo.id == "test-set-demo"
    assert demo.only == ("ama-2001/4",)
    assert [role.models for role in demo.roles] == [("embedded",), ("demo:x",)]
    assert {role.max_tokens for role in demo.roles} == {50}
    assert demo.stages[0].own == {"count": 1}
    assert resolve_recipe(demo).stages[0].name == "test-write"


def test_a_demo_may_leave_stages_and_their_roles_out() -> None:
    demo = demo_of(resolved(RECIPE + '[demo]\nwithout = ["test-judge"]\n'))

    assert resolve_recipe(demo).stages[0].name == "test-write"
    assert [role.name for role in demo.roles] == ["writers"]


def test_a_demo_that_names_no_stage_of_the_recipe_is_refused() -> None:
    with pytest.raises(UnknownNameError, match=r"stage in \[demo\] “test-wite”"):
        demo_of(resolved(RECIPE + "[demo.stage.test-wite]\ncount = 1\n"))


def test_what_a_demo_makes_too_small_for_a_draw_makes_the_draw_smaller() -> None:
    text = RECIPE.replace('kind = "test-judge"', 'kind = "test-set"\ntotal = 3', 1)
    text = text.replace('[[role]]\nname = "judges"\nmodels = "scripted:judge.toml"\n', "")
    small = demo_of(resolved(text + '[demo]\nonly = ["ama-2001/4"]\n'))

    assert small.stages[1].own["total"] == 2
    assert resolve_recipe(small).stages[1].name == "test-set"


def test_a_demo_may_ask_one_role_otherwise() -> None:
    text = (
        RECIPE + "[demo]\nmax_tokens = 50\nsampling.judges = { temperature = 1.0, top_p = 0.9 }\n"
    )
    writers, judges = demo_of(resolved(text)).roles

    assert (writers.temperature, writers.top_p, writers.max_tokens) == (0.6, None, 50)
    assert (judges.temperature, judges.top_p, judges.max_tokens) == (1.0, 0.9, 50)
