"""What a study says of its items is checked against those that are planned, before any call."""

from __future__ import annotations

import pytest
from tests.studies.study_text import HEAD, contrast, model, study_of

from primum.core.errors import DataError, UserError
from primum.studies.study_plan import make_study_plan

MODELS = model("g", **{"class": "general"}) + model("m", **{"class": "medical", "base": "g"})
ENGLISH = """
[[protocol]]
protocol = "starter"
language = "en"
limit = 12
"""


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (
            contrast("c", "within", across="language", levels=["en", "ja"]),
            "contrast “c”: “language” never varies among the planned items (found: en)",
        ),
        (
            contrast("c", "within", across="perspective", levels=["patient", "nurse"]),
            "contrast “c”: no protocol has planned items of both levels “patient” and “nurse”",
        ),
        (
            contrast("c", "pairs", items={"language": "ja"}),
            "contrast “c”: no planned item has language = “ja” (language: found: en)",
        ),
        (
            contrast("c", "pairs", measure="refusal.ful"),
            "contrast “c”: Unknown measure “refusal.ful”. Did you mean “refusal.full”",
        ),
        (
            contrast("c", "pairs", measure="refusal.full|kind"),
            "contrast “c”: in “measure”: Unknown intent “kind”",
        ),
    ],
)
def test_a_contrast_about_items_that_are_not_planned_is_one_sentence(
    table: str, sentence: str
) -> None:
    with pytest.raises(DataError) as raised:
        make_study_plan(study_of(MODELS, table, parts=ENGLISH))

    assert sentence in str(raised.value)


def test_a_measure_on_an_intent_that_is_not_planned_is_one_sentence() -> None:
    table = contrast("c", "pairs", measure="refusal.full|benign")

    with pytest.raises(DataError, match="is asked of benign items, and none is planned"):
        make_study_plan(study_of(MODELS, table, parts=ENGLISH + 'intent = "harmful"\n'))


def test_a_factor_of_the_items_that_never_varies_is_refused() -> None:
    study = study_of(MODELS, head=HEAD + 'factors = ["language"]\n', parts=ENGLISH)

    with pytest.raises(DataError, match="“language” never varies among the planned items"):
        make_study_plan(study)


def test_what_the_items_bear_out_is_planned() -> None:
    study = study_of(
        MODELS,
        contrast("c", "within", across="perspective", levels=["clinician", "patient"]),
        contrast("d", "pairs", measure="refusal.full|benign", items={"language": "en"}),
        head=HEAD + 'factors = ["class", "perspective"]\n',
        parts=ENGLISH,
    )

    (part,) = make_study_plan(study).parts

    assert part.items == 12
    assert part.levels["language"] == ("en",)
    assert set(part.levels["perspective"]) == {"patient", "clinician", "general"}
    assert set(part.levels["intent"]) == {"harmful", "benign"}


def test_every_model_gets_the_same_sample_drawn_with_the_studys_seed() -> None:
    def items(seed: int) -> list[list[str]]:
        head = HEAD + f"seed = {seed}\n"
        plan = make_study_plan(study_of(MODELS, head=head, parts=ENGLISH))
        return [[item.id for item in run.plan.items()] for run in plan.runs]

    first, second = items(1)
    assert first == second
    assert items(1) != items(2)


def test_a_model_that_is_not_known_is_named_with_its_place() -> None:
    study = study_of(model("a", model="openay/gpt-4.1"))

    with pytest.raises(UserError, match="small: model “a” in protocol “starter”: Unknown model"):
        make_study_plan(study)


def test_a_setting_out_of_range_is_named_with_its_place() -> None:
    with pytest.raises(UserError, match="model “a” in protocol “starter”: The sampling cannot be"):
        make_study_plan(study_of(model("a", temperature=-1)))


def test_data_that_name_no_benchmark_of_the_study_are_refused() -> None:
    with pytest.raises(UserError, match=r"“--data medsafetybench=x” names no benchmark"):
        make_study_plan(study_of(model("a")), data=("medsafetybench=x",))


def test_a_models_own_profile_goes_before_that_of_the_part() -> None:
    part = ENGLISH + 'profile = "safety-prompt"\nmax_tokens = 99\n'
    study = study_of(model("a"), model("b", profile="clinical-assistant", max_tokens=7), parts=part)

    first, second = (run.plan.target.profile for run in make_study_plan(study).runs)

    assert first.name.startswith("safety-prompt")
    assert second.name.startswith("clinical-assistant")
    assert (first.sampling.max_tokens, second.sampling.max_tokens) == (99, 7)


TWO_LANGUAGES = """
[[protocol]]
protocol = "starter"
limit = "all"
"""
WITHIN = contrast("c", "within", across="language", levels=["en", "ja"])


def test_a_small_limit_from_outside_may_leave_a_level_without_items() -> None:
    study = study_of(MODELS, WITHIN, head='factors = ["language"]\n' + HEAD, parts=TWO_LANGUAGES)

    plan = make_study_plan(study, limit=2)

    assert len(plan.parts[0].levels["language"]) == 1


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (
            contrast("c", "within", across="perspective", levels=["patient", "nurse"]),
            "no protocol has planned items of both levels “patient” and “nurse”",
        ),
        (contrast("c", "pairs", measure="refusal.ful"), "Unknown measure “refusal.ful”"),
    ],
)
def test_what_no_item_of_the_benchmark_has_is_refused_with_a_limit_too(
    table: str, sentence: str
) -> None:
    with pytest.raises(DataError, match=sentence):
        make_study_plan(study_of(MODELS, table, parts=TWO_LANGUAGES), limit=4)


def test_a_limit_in_the_study_file_is_no_excuse() -> None:
    study = study_of(MODELS, WITHIN, parts=TWO_LANGUAGES.replace('"all"', "2"))

    with pytest.raises(DataError, match="never varies among the planned items"):
        make_study_plan(study)

    assert make_study_plan(study, limit="all").parts[0].items > 2
