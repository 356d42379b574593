"""The recipes that come with Primum: sound, planned whole, and small as a demo."""

from __future__ import annotations

import pytest

from primum.generation.planning import make_plan
from primum.generation.recipe_changes import demo_of
from primum.generation.recipe_reading import read_recipe, shipped_recipes, shipped_text
from primum.generation.recipe_resolving import resolve_recipe
from primum.generation.stand_in import PREFIX

NAMES = ("jmedethicbench", "medsafetybench", "patientsafetybench", "primum")


def test_four_recipes_ship() -> None:
    assert tuple(shipped_recipes()) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_can_be_planned_and_says_what_it_follows(name: str) -> None:
    recipe = read_recipe(name)

    plan = make_plan(resolve_recipe(recipe, name))

    assert recipe.title.en
    assert recipe.title.ja
    assert recipe.description.en
    assert recipe.source
    assert plan.calls > 1000
    assert plan.usd_at_most is None or plan.usd_at_most > 1


@pytest.mark.parametrize("name", NAMES)
def test_a_demo_is_small_free_and_asks_models_of_this_machine_alone(name: str) -> None:
    demo = demo_of(resolve_recipe(read_recipe(name), name))

    plan = make_plan(resolve_recipe(demo, name))

    asked = {model for role in demo.roles for model in role.models}
    assert "embedded" in asked
    assert all(model == "embedded" or model.startswith(PREFIX) for model in asked)
    assert plan.calls < 900
    assert plan.usd_at_most == 0.0
    assert all(stage.stage.kind.kind != "curation" for stage in plan.stages)


def test_the_published_counts_stand_in_the_recipes() -> None:
    """67 guidelines × 5 models × 10 requests, and 100 for each of five categories."""
    seeds = {
        name: make_plan(resolve_recipe(read_recipe(name), name)).stages[0].drafts_out
        for name in ("jmedethicbench", "patientsafetybench")
    }

    assert seeds == {"jmedethicbench": 3350, "patientsafetybench": 500}


def test_suffixes_are_sought_with_the_published_settings() -> None:
    """Protocol facts C2: 20 tokens, 1,000 steps, top-k 256, 512 swaps in batches of 300."""
    ready = resolve_recipe(read_recipe("medsafetybench"), "medsafetybench")

    gcg = ready.stages[1].settings.model_dump()["gcg"]

    named = ("suffix_tokens", "steps", "top_k", "candidates", "batch_size")
    assert tuple(gcg[name] for name in named) == (20, 1000, 256, 512, 300)


def test_medsafetybench_falls_into_halves_as_the_published_set_does() -> None:
    """Protocol facts C2: train and test, even by category and source."""
    ready = resolve_recipe(read_recipe("medsafetybench"), "medsafetybench")
    (draw,) = (stage.settings for stage in ready.stages if stage.kind.kind == "test-set")

    assert draw.model_dump(include={"by", "split"}) == {"by": ("guideline", "source"), "split": 0.5}


def test_a_demo_of_a_recipe_in_japanese_runs_in_both_languages() -> None:
    assert demo_of(resolve_recipe(read_recipe("jmedethicbench"))).languages == ("ja", "en")


@pytest.mark.parametrize("name", NAMES)
def test_a_recipe_reads_as_a_beginning_of_one_s_own(name: str) -> None:
    assert shipped_text(name).startswith("# ")
