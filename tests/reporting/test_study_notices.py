"""What a study's report says of its limits, of single comparisons, of people, and of the first."""

from dataclasses import replace

import pytest
from tests.reporting.sample_leaderboard import sample_leaderboard

from primum.core.study import StudyContrast, StudySummary
from primum.core.summary import Notice
from primum.reporting.catalogue import load_catalogue
from primum.reporting.study_contrasts import contrast_notices, declared, units
from primum.reporting.study_html import render_study_html
from primum.reporting.study_narrative import contrast_sentence, study_headline, study_notices
from primum.reporting.study_page import study_sections
from primum.reporting.study_words import StudyWords, study_words

SMALL, LARGE = sample_leaderboard(3), sample_leaderboard(30)
QUIET = replace(
    SMALL,
    notices=(),
    rankings=tuple(replace(one, notices=()) for one in SMALL.rankings),
)


def words(study: StudySummary, language: str = "en") -> StudyWords:
    return study_words(study, load_catalogue(language))


def limits(study: StudySummary, language: str = "en") -> list[tuple[str, str]]:
    sections = study_sections(words(study, language))
    section = next(one for one in sections if one.id == "notices")
    return [(text.level, text.text) for text in section.notices]


@pytest.mark.parametrize(
    ("language", "pointer"),
    [
        ("en", "Warnings that concern single comparisons: 2. They stand with the comparisons."),
        ("ja", "個々の比較に関する警告は2件あり、それぞれの比較とともに示します。"),
    ],
)
def test_where_all_warnings_are_of_contrasts_the_reader_is_sent_there(
    language: str, pointer: str
) -> None:
    assert limits(QUIET, language)[0] == ("warning", pointer)
    assert load_catalogue(language).ui("no_notices") not in render_study_html(QUIET, language)


def test_warnings_stand_before_limits() -> None:
    levels = [level for level, _ in limits(SMALL)]

    assert levels == ["warning", *["limit"] * 4]


def test_the_limits_of_every_study_stand_in_the_one_that_warns_of_nothing() -> None:
    contrasts = tuple(replace(one, notices=()) for one in SMALL.contrasts)
    found = limits(replace(QUIET, contrasts=contrasts))

    assert [level for level, _ in found] == ["limit"] * 3
    assert "samples few of the situations" in found[0][1]
    assert found[1][1].endswith("refusal-screen.")
    assert "No clinician has reviewed" in found[2][1]


def test_too_few_models_is_said_once_with_each_contrast_and_its_models() -> None:
    first, second, *rest = SMALL.contrasts
    few = Notice("study-few-models", "warning", {"counts": "1", "least": "5", "kind": "pairs"})
    study = replace(SMALL, contrasts=(first, replace(second, notices=(few,)), *rest))
    found = [
        text
        for text in contrast_notices(declared(words(study)), words(study))
        if text.text.startswith("Too few independent models")
    ]

    assert len(found) == 1
    assert found[0].details == ("Medical against general (models: 6 / 6)", "Tuning (6 pairs)")
    assert "at least 5" in found[0].text


def test_warnings_of_exploratory_contrasts_stand_with_them() -> None:
    few = SMALL.contrasts[0].notices[0]
    contrasts = tuple(
        one if one.is_declared else replace(one, notices=(few,)) for one in SMALL.contrasts
    )
    sections = study_sections(words(replace(SMALL, contrasts=contrasts)))
    section = next(one for one in sections if one.id == "exploratory")

    assert [len(text.details) for text in section.notices] == [2]


def test_the_incomplete_are_told_once_with_the_contrasts_that_lack_only_some_of_them() -> None:
    incomplete = Notice("study-incomplete-models", "warning", {"models": "m, n", "count": "2"})
    some = Notice("study-left-out", "warning", {"models": "m", "count": "1"})
    both = Notice("study-left-out", "warning", {"models": "m, n", "count": "2"})
    first, second, third, *rest = SMALL.contrasts
    contrasts = (
        replace(first, notices=(some,)),
        replace(second, notices=(both,)),
        replace(third, notices=()),
        *rest,
    )
    study = replace(SMALL, notices=(incomplete,), contrasts=contrasts)
    (text,) = study_notices(words(study))

    assert text.details == ("contrasts without them: Medical against general (m), Tuning",)
    assert contrast_notices(declared(words(study)), words(study)) == ()


def with_people(firsts: tuple[str, ...], seconds: tuple[str, ...]) -> StudyContrast:
    contrast = LARGE.contrasts[0]
    difference = replace(contrast.difference, units_first=len(firsts), units_second=len(seconds))
    return replace(contrast, models_first=firsts, models_second=seconds, difference=difference)


@pytest.mark.parametrize(
    ("firsts", "seconds", "shown"),
    [
        (("model-01-instruct", "model-03-instruct", "model-04-instruct"), ("physician-a",), "3 models / 1 person"),
        (("physician-a", "physician-b"), ("model-01-instruct",), "2 people / 1 model"),
        (("model-01-instruct",), ("model-03-instruct", "physician-a"), "1 model / 2 models and people"),
        (("model-01-instruct",), ("model-03-instruct",), "1 / 1"),
    ],
)  # fmt: skip
def test_people_are_not_called_models(
    firsts: tuple[str, ...], seconds: tuple[str, ...], shown: str
) -> None:
    contrast = with_people(firsts, seconds)
    sentence = contrast_sentence(contrast, words(LARGE))

    assert units(contrast, words(LARGE)) == shown
    has_people = "/ 1" not in shown or "people" in shown or "person" in shown
    assert f"{'' if has_people else 'models: '}{shown}, 117 items" in sentence
    assert ("models and people like these" in sentence) == has_people


@pytest.mark.parametrize(
    ("language", "quoted"), [("en", ("“no”", "“yes”")), ("ja", ("「no」", "「yes」"))]
)
def test_names_of_ranked_models_are_quoted(language: str, quoted: tuple[str, str]) -> None:
    top = study_headline(words(named("no", "yes"), language))[-1]

    assert all(name in top for name in quoted)


def test_a_first_that_always_comes_first_and_shares_its_letter_is_explained() -> None:
    sure = study_headline(words(named("no", "yes", best=1.0)))[-1]
    unsure = study_headline(words(named("no", "yes", best=0.6)))[-1]

    assert "in 100% of the resamples, but these only draw again from the same 60" in sure
    assert "needs more requests" in sure
    assert unsure.endswith("Share of resamples in which it comes first: 60%.")


def named(*names: str, best: float = 0.62) -> StudySummary:
    """A study whose ranked models are called so and all share one letter."""
    ranking = SMALL.rankings[0]
    models = tuple(
        replace(one, model=name, groups="a", best_probability=best if not place else 1 - best)
        for place, (name, one) in enumerate(zip(names, ranking.models, strict=False))
    )
    return replace(SMALL, rankings=(replace(ranking, models=models),))
