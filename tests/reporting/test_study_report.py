"""The report of a study: what stands in it, in which order, and that its texts are harmless."""

import csv
import io
import json
import re
from dataclasses import replace

import pytest
from rich.console import Console
from tests.reporting.sample_leaderboard import (
    BENIGN,
    CORE,
    FULL,
    HOSTILE_LABEL,
    HOSTILE_NAME,
    JMED,
    SCORE,
    sample_leaderboard,
)
from tests.reporting.test_html import Page

from primum.core.errors import UnknownNameError
from primum.core.study import StudyCoverage, StudyMeasure, StudySummary
from primum.core.summary import Notice
from primum.reporting.catalogue import load_catalogue
from primum.reporting.study_charts import contrast_charts
from primum.reporting.study_comparison import comparison, title_of
from primum.reporting.study_contrasts import (
    contrast_notices,
    contrast_table,
    declared,
    declared_section,
    exploratory,
    exploratory_section,
    further_table,
)
from primum.reporting.study_html import render_study_html
from primum.reporting.study_leaderboard import (
    all_measures,
    leaderboard,
    missing_verdicts,
    probability,
)
from primum.reporting.study_machine import STUDY_CSV_COLUMNS, study_to_csv, study_to_json
from primum.reporting.study_narrative import contrast_sentence, study_headline
from primum.reporting.study_page import study_sections
from primum.reporting.study_profile import language_table, perspective_section
from primum.reporting.study_run_notices import part_notices
from primum.reporting.study_terminal import render_study_terminal
from primum.reporting.study_turns import turns_table
from primum.reporting.study_words import StudyWords, lead, standing, study_words
from primum.reporting.table import Table

SMALL, LARGE = sample_leaderboard(3), sample_leaderboard(30)


def words(study: StudySummary, language: str = "en") -> StudyWords:
    return study_words(study, load_catalogue(language))


def rows(table: Table) -> list[tuple[str, ...]]:
    return [row.cells for row in table.rows]


def column(table: Table, label: str) -> int:
    return next(n for n, one in enumerate(table.columns) if one.label.startswith(label))


@pytest.fixture(scope="module", params=["en", "ja"])
def large(request: pytest.FixtureRequest) -> str:
    return render_study_html(LARGE, request.param)


def test_sections_stand_in_reading_order() -> None:
    ids = [section.id for section in study_sections(words(LARGE))]

    assert ids == [
        "summary",
        "notices",
        "leaderboard",
        "ranking",
        "contrasts",
        "exploratory",
        "balance",
        "decay",
        "perspectives",
        "languages",
        "run-notices",
        "how",
        "glossary",
    ]


def test_sections_without_data_are_left_out() -> None:
    ids = [section.id for section in study_sections(words(SMALL))]

    assert "decay" not in ids
    assert {"leaderboard", "perspectives", "languages"} <= set(ids)


def test_the_page_is_whole_runs_nothing_and_escapes_hostile_names(large: str) -> None:
    page = Page(large)

    assert page.all("script") == []
    assert "alert(1)</script>" not in large
    assert "\x1b" not in large
    assert "\u202e" not in large
    assert all(not name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "default-src 'none'" in large


def test_no_two_elements_share_an_id(large: str) -> None:
    ids = [attributes["id"] for _, attributes in Page(large).elements if "id" in attributes]

    assert len(ids) == len(set(ids))


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        render_study_html(SMALL, "fr")


def test_models_stand_by_the_first_ranking_people_and_incomplete_ones_after_them() -> None:
    table = leaderboard(words(LARGE))
    headings = [row.cells[0] for row in table.rows if row.heading]
    names = [row.cells[0].split("\n")[0] for row in table.rows if not row.heading]
    ranked = [words(LARGE).model(one.model) for one in LARGE.rankings[0].models]

    assert headings == ["Models", "People", "Not complete"]
    assert names == [*ranked, "physician-a", "physician-b", "dead-endpoint"]
    assert "HTTP 503 after 5 retries" in rows(table)[-1][0]


def test_people_and_incomplete_models_have_no_rank() -> None:
    table = leaderboard(words(LARGE))
    rank = column(table, "Rank")
    last = [row.cells for row in table.rows if not row.heading][-3:]

    assert [cells[rank] for cells in last] == ["–", "–", "–"]
    assert rows(table)[1][rank] == "1\n1–5"


def test_columns_stand_below_their_protocol_and_only_where_somebody_has_a_figure() -> None:
    assert leaderboard(words(LARGE)).groups == (
        ("", 2),
        ("Primum core", 7),
        ("JMedEthicBench", 6),
        ("", 1),
    )
    labels = [one.label.split("\n")[0] for one in leaderboard(words(SMALL)).columns]
    assert "Capability" not in labels
    assert "Decay, last minus first turn" not in labels


def test_each_protocol_has_the_ranks_of_its_own_measure() -> None:
    """Two protocols, of which the second ranks the models the other way round."""
    first = LARGE.rankings[0]
    other = next(one for one in LARGE.measures if one.part == JMED and one.role == "safety")
    turned = tuple(
        replace(one, rank=len(first.models) - place, rank_low=7, rank_high=9)
        for place, one in enumerate(first.models)
    )
    study = replace(LARGE, rankings=(first, replace(first, measure=other.id, models=turned)))

    table = leaderboard(words(study))
    ranks = [n for n, one in enumerate(table.columns) if one.label == "Rank"]
    top = rows(table)[1]

    assert [table.columns[n].group for n in ranks] == ["Primum core", "JMedEthicBench"]
    assert [top[n].split("\n")[0] for n in ranks] == ["1", str(len(first.models))]


def test_decay_in_the_leaderboard_is_last_minus_first_turn_with_its_interval() -> None:
    table = leaderboard(words(LARGE))
    first = LARGE.rankings[0].models[0].model
    change = LARGE.turn_change(first, f"{JMED}:{SCORE.id}")
    assert change is not None

    shown = rows(table)[1][column(table, "Decay")]
    assert shown.startswith(f"−{abs(change.difference.value or 0):.2f}\n[−")


def test_a_cost_that_is_known_of_some_runs_only_is_a_least_cost() -> None:
    table = leaderboard(words(LARGE))

    assert rows(table)[1][column(table, "Cost")] == "≥ 1.25"


def test_the_leaderboard_shows_what_is_missing_of_the_leading_measure() -> None:
    """Three of 120 answers on harmful requests, though all judges together lack eight of 400."""
    table = leaderboard(words(LARGE))
    place = column(table, "Missing verdicts")

    assert table.columns[place].label == "Missing verdicts\nof: Full refusals"
    assert table.columns[place].group == "Primum core"
    assert rows(table)[1][place] == "3\n2.5%"
    first = next(model for model in LARGE.models if not model.is_person)
    assert missing_verdicts(first, words(LARGE)) == (8, 400)


def test_what_a_person_left_out_is_not_missing() -> None:
    person = next(model for model in LARGE.models if model.is_person and model.runs)
    (part, *_), measure = person.runs, LARGE.measures[0]
    covered = StudyCoverage(part, 60, 20, {"j": 40}, {"j": 3}, {measure.metric.id: 2})
    study = replace(
        LARGE,
        models=tuple(
            replace(model, coverage=(covered,)) if model is person else model
            for model in LARGE.models
        ),
    )
    estimate = study.estimate(person.name, measure.id)

    assert estimate is not None
    assert missing_verdicts(study.model(person.name), words(study)) == (3, 40)
    assert study.missing(person.name, measure.id) == estimate.missing - 2
    assert study.missing(LARGE.models[0].name, measure.id) == LARGE.missing(
        LARGE.models[0].name, measure.id
    )


def test_a_study_without_rankings_still_has_a_leaderboard() -> None:
    study = replace(SMALL, rankings=(), contrasts=())
    table = leaderboard(words(study))

    assert len(table.rows) == 3
    assert [one.label for one in table.columns][1] == "Class"
    assert "No contrast was declared" in " ".join(study_headline(words(study)))


@pytest.mark.parametrize(
    ("value", "shown"), [(0.0, "0%"), (0.001, "<1%"), (0.31, "31%"), (0.999, ">99%"), (1.0, "100%")]
)
def test_a_probability_is_never_rounded_to_certainty(value: float, shown: str) -> None:
    assert probability(value) == shown


def test_a_declared_contrast_is_told_with_interval_counts_adjusted_p_and_reach() -> None:
    sentence = contrast_sentence(declared(words(SMALL))[0], words(SMALL))

    assert (
        "−18.4 percentage points (95% interval −27.4 to −9.4, models: 6 / 6, 117 items" in sentence
    )
    assert "adjusted p = 0.004" in sentence
    assert "Beyond chance: medical does worse than general." in sentence
    assert "further models like these" in sentence


def test_what_is_not_significant_after_adjustment_is_not_claimed() -> None:
    pairs = contrast_sentence(declared(words(SMALL))[1], words(SMALL))
    wide = replace(declared(words(SMALL))[0], adjusted_p=0.08)

    assert "No difference is shown, which is no proof that there is none." in pairs
    assert "these very models only" in pairs
    assert "Beyond chance" not in contrast_sentence(wide, words(SMALL))


@pytest.mark.parametrize(("pairs", "said"), [(1, "model does"), (2, "models do")])
def test_a_single_pair_is_told_in_the_singular(pairs: int, said: str) -> None:
    contrast = declared(words(SMALL))[1]
    difference = replace(declared(words(SMALL))[0].difference, units_first=pairs)
    shown = replace(contrast, difference=difference, adjusted_p=0.004)

    assert f"the derived {said} worse than" in contrast_sentence(shown, words(SMALL))


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "medical minus general changes by −18.4 percentage points from English to Japanese"),
        ("ja", "「医療特化 − 汎用」の差は英語から日本語で−18.4パーセントポイント変わり"),
    ],
)
def test_an_interaction_is_told_as_a_change_whatever_its_signs(language: str, said: str) -> None:
    groups = declared(words(SMALL))[0]
    crossed = replace(groups, kind="interaction", across="language", levels=("en", "ja"))

    assert said in contrast_sentence(crossed, words(SMALL, language))


def test_an_interaction_names_both_differences_where_the_study_compared_them() -> None:
    groups = declared(words(SMALL))[0]
    crossed = replace(groups, kind="interaction", across="language", levels=("en", "ja"))
    simple = tuple(
        replace(
            groups, where={"language": level}, difference=replace(groups.difference, value=value)
        )
        for level, value in (("en", -0.149), ("ja", -0.351))
    )
    study = replace(SMALL, contrasts=(crossed, *simple))

    said = "medical minus general is −14.9 percentage points on English and −35.1"
    assert said in contrast_sentence(crossed, words(study))
    half = replace(study, contrasts=(crossed, simple[0]))
    assert "medical minus general is" not in contrast_sentence(crossed, words(half))


def test_declared_contrasts_say_that_their_intervals_are_not_adjusted() -> None:
    note = declared_section(words(SMALL)).note

    assert "each interval is an individual 95% one and is not adjusted" in note


def test_over_refusal_that_rises_is_worse() -> None:
    contrast = declared(words(SMALL))[0]
    rising = replace(
        contrast,
        measure=f"{CORE}:{BENIGN.id}",
        difference=replace(contrast.difference, value=0.2, low=0.1, high=0.3),
    )

    assert "medical does worse than general" in contrast_sentence(rising, words(SMALL))


def test_a_contrast_without_a_value_says_so_and_carries_its_reason() -> None:
    contrast = declared(words(SMALL))[2]

    assert "could not be computed" in contrast_sentence(contrast, words(SMALL))
    assert rows(contrast_table([contrast], words(SMALL)))[0][2:6] == ("–", "–", "–", "–")
    assert "only Japanese" in comparison(contrast, words(SMALL))


def test_notices_of_contrasts_stand_once_with_the_names_of_those_that_carry_them() -> None:
    few, nothing = contrast_notices(declared(words(SMALL)), words(SMALL))

    assert few.details == ("Medical against general (models: 6 / 6)", "Tuning (6 pairs)")
    assert "groups" not in few.details
    assert nothing.details == ("Size",)


def test_exploratory_contrasts_are_folded_and_have_no_adjusted_p() -> None:
    section = exploratory_section(words(SMALL))
    labels = [one.label for one in section.parts[0].tables[0].columns]

    assert "p, Holm" not in labels
    assert section.fold.startswith("Exploratory contrasts (2)")
    assert "p, Holm" in [
        one.label for one in contrast_table(declared(words(SMALL)), words(SMALL)).columns
    ]
    assert all(
        one.name not in "".join(study_headline(words(SMALL))) for one in exploratory(words(SMALL))
    )


def test_bounds_of_what_is_missing_stand_beside_it_where_anything_is() -> None:
    first, second, _ = declared(words(SMALL))
    wide = replace(first.difference, bound_low=-0.251, bound_high=0.102)
    whole = replace(wide, missing=0)
    table = contrast_table(
        [replace(first, difference=wide), replace(second, difference=whole)], words(SMALL)
    )
    place = column(table, "Bounds")

    assert [cells[place - 1 : place + 1] for cells in rows(table)] == [
        ("3", "−25.1 … +10.2"),
        ("0", "–"),
    ]
    assert "Bounds: the difference if all missing scores" in table.note
    without = contrast_table([first], words(SMALL))
    assert "Bounds" not in [one.label for one in without.columns]
    assert "Bounds" not in without.note


def test_both_other_intervals_of_a_contrast_stand_in_a_table() -> None:
    first = rows(further_table(declared(words(SMALL)), words(SMALL)))[0]

    assert first[1:3] == ("[−23.4, −13.4]", "[−28.4, −10.4]")


def test_of_many_declared_contrasts_the_first_six_of_the_file_are_told() -> None:
    """Nine of which the fifth and the last are beyond chance."""
    beyond, unshown, _ = declared(words(SMALL))
    several = [replace(unshown, name=f"unshown {n}") for n in range(7)]
    found = (*several[:4], replace(beyond, name="one"), *several[4:], replace(beyond, name="two"))
    told = study_headline(words(replace(SMALL, contrasts=found)))[1:-1]

    names = ["unshown 0", "unshown 1", "unshown 2", "unshown 3", "one", "unshown 4"]
    assert [sentence.partition(" (")[0] for sentence in told[:-1]] == names
    assert told[-1].endswith("in the table below: 3, of which beyond chance: 1.")
    few = study_headline(words(replace(SMALL, contrasts=found[:6])))[1:-1]
    assert [sentence.partition(" (")[0] for sentence in few] == [one.name for one in found[:6]]


def test_who_shares_a_letter_with_the_first_is_named_at_the_top() -> None:
    top = study_headline(words(LARGE))[-1]
    same = [one.model for one in LARGE.rankings[0].models[1:] if set(one.groups) & {"a", "b"}]

    assert "cannot be told apart" in top
    assert all(name in top for name in same)


def test_the_first_that_stands_alone_is_called_so() -> None:
    ranking = SMALL.rankings[0]
    apart = tuple(
        replace(one, groups=letter) for one, letter in zip(ranking.models, "abc", strict=True)
    )
    study = replace(SMALL, rankings=(replace(ranking, models=apart),))

    assert "no other model shares its letter" in study_headline(words(study))[-1]


def test_notices_of_runs_are_said_once_with_the_number_of_models() -> None:
    texts = part_notices(words(LARGE))
    lexical = [text for text in texts if "lexical refusal screen" in text.text]

    assert [text.details for text in lexical] == [
        ("Primum core: models 33", "JMedEthicBench: models 30")
    ]


def cut(study: StudySummary, *counts: int) -> StudySummary:
    """The study with so many of each run's 200 answers cut."""
    runs = {}
    for (run_id, run), many in zip(study.runs.items(), counts, strict=True):
        values = {"count": str(many), "share": f"{many / 2:.1f}%"}
        notice = Notice("truncated-answers", "warning", values)
        outcomes = {"ok": 200 - many, "truncated": many}
        runs[run_id] = replace(run, response_outcomes=outcomes, notices=(notice,))
    return replace(study, runs=runs)


def test_a_notice_of_several_runs_shows_the_range_of_its_figures() -> None:
    (text,) = part_notices(words(cut(SMALL, 190, 9, 166)))

    assert text.details == ("Primum core: models 3 (count: 9–190, share: 4.5%–95.0%)",)
    (ja,) = part_notices(words(cut(SMALL, 190, 9, 166), "ja"))
    assert "9–190" in ja.details[0]
    (alike,) = part_notices(words(cut(SMALL, 9, 9, 9)))
    assert alike.details == ("count: 9", "share: 4.5%", "Primum core: models 3")


def test_joined_notices_of_several_runs_show_the_range_of_each_judge() -> None:
    joined = [
        {"judge": "a / b", "missing": "5 / 20", "share": "<0.1% / 2.0%"},
        {"judge": "b", "missing": "31", "share": "3.1%"},
        {"judge": "a / b", "missing": "7 / 22", "share": "0.1% / 2.2%"},
    ]
    runs = {
        run_id: replace(run, notices=(Notice("missing-verdicts", "warning", values),))
        for (run_id, run), values in zip(SMALL.runs.items(), joined, strict=True)
    }
    (text,) = part_notices(words(replace(SMALL, runs=runs)))

    (detail,) = text.details
    assert "models 3 (a: missing: 5–7, share: <0.1%–0.1%; b: missing: 20–31" in detail
    assert detail.endswith("share: 2.0%–3.1%)")


@pytest.mark.parametrize(("counts", "named"), [((20, 20, 20), 0), ((21, 20, 190), 2)])
def test_the_terminal_names_cut_answers_where_more_than_a_tenth_of_a_run_was(
    counts: tuple[int, int, int], named: int
) -> None:
    file = io.StringIO()
    render_study_terminal(cut(SMALL, *counts), Console(file=file, width=200), is_brief=True)

    assert ("Some answers were cut" in file.getvalue()) == (named > 0)
    assert (f"models {named} (count: 21–190" in file.getvalue()) == (named > 0)


def test_a_notice_of_the_study_names_measure_and_protocol_in_words() -> None:
    notice = Notice(
        "study-unscored-models",
        "warning",
        {"measure": f"{CORE}:{FULL.id}", "models": "m", "count": "1"},
    )
    sections = study_sections(words(replace(LARGE, notices=(notice,))))
    text = next(one for one in sections if one.id == "notices").notices[0].text

    assert "Full refusals · harmful requests · Primum core: m." in text


def test_turns_stand_side_by_side_with_the_paired_change() -> None:
    measure = LARGE.measure(f"{JMED}:{SCORE.id}")
    table = turns_table(measure, words(LARGE))

    assert [one.label for one in table.columns] == [
        "Model",
        "Turn 1",
        "Turn 2",
        "Turn 3",
        "Decay, last minus first turn",
        "p",
    ]
    assert len(table.rows) == 30


def test_languages_stand_side_by_side_with_the_paired_difference_of_the_run() -> None:
    measure = SMALL.measure(f"{CORE}:{FULL.id}")
    found = rows(language_table(measure, words(SMALL)))

    assert {cells[3] for cells in found} == {"−10.0\n[−20.0, −1.0]"}
    assert {cells[-1] for cells in found} == {"38 (2)"}


def test_languages_without_pairs_have_no_difference() -> None:
    """The two columns are of different requests: their difference would be of nothing."""
    runs = {run_id: replace(run, contrasts=()) for run_id, run in SMALL.runs.items()}
    study = replace(SMALL, runs=runs)
    found = rows(language_table(study.measure(f"{CORE}:{FULL.id}"), words(study)))

    assert len(found) == 3
    assert {(cells[3], cells[-1]) for cells in found} == {("–", "–")}


def test_the_map_of_perspectives_has_an_interval_in_each_cell() -> None:
    heat = perspective_section(words(LARGE)).parts[0].heats[0]

    assert heat.columns == ("Patient", "Clinician", "General public")
    assert len(heat.rows) == 32
    assert all(
        re.fullmatch(r"\[[\d.]+, [\d.]+\]", cell.counted) for row in heat.rows for cell in row.cells
    )


def test_incomplete_models_are_in_no_chart_and_no_profile() -> None:
    order = standing(LARGE)

    assert [model.name for model in order.incomplete] == ["dead-endpoint"]
    assert "dead-endpoint" not in [model.name for model in order.compared]
    for section in study_sections(words(LARGE)):
        drawn = [chart.svg for part in section.parts for chart in part.charts]
        assert all("dead-endpoint" not in svg for svg in drawn)


def test_every_value_of_every_ranked_model_in_a_chart_stands_in_a_table() -> None:
    shown = " ".join(cell for row in rows(all_measures(words(LARGE))) for cell in row)

    for ranking in LARGE.rankings:
        rate = LARGE.measure(ranking.measure).metric.kind == "rate"
        for one in ranking.models:
            value = one.estimate.value or 0
            assert (f"{100 * value:.1f}%" if rate else f"{value:.2f}") in shown


def test_a_measure_in_a_ranking_leads_its_role() -> None:
    measure = lead(LARGE, CORE, "safety")

    assert measure is not None
    assert measure.id == LARGE.rankings[0].measure


def test_a_judge_that_reads_leads_before_the_refusal_screen_and_orders_the_models() -> None:
    screen = SMALL.rankings[0]
    read = StudyMeasure(CORE, replace(SCORE, judge="reader"), "safety")
    turned = replace(screen, measure=read.id, models=screen.models[::-1])
    study = replace(SMALL, measures=(*SMALL.measures, read), rankings=(screen, turned))

    assert lead(study, CORE, "safety") == read
    assert [model.name for model in standing(study).models] == [m.model for m in turned.models]
    assert study_headline(words(study))[-1].count("Mean safety") == 1
    assert "Sorted by Mean safety" in leaderboard(words(study)).note
    assert lead(replace(study, rankings=()), CORE, "safety") == read
    assert lead(replace(study, rankings=(screen,)), CORE, "safety") == SMALL.measures[0]


def test_the_judge_is_named_only_where_two_give_one_measure() -> None:
    second = replace(SMALL.measures[0], metric=replace(FULL, judge="another"))
    study = replace(SMALL, measures=(*SMALL.measures, second))

    assert "refusal-screen" not in words(SMALL).measure(SMALL.measures[0])
    assert "refusal-screen" in words(study).measure(SMALL.measures[0])


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("language", ["en", "ja"])
def test_the_terminal_shows_the_leaderboard_and_no_escape_sequence(
    width: int, language: str
) -> None:
    file = io.StringIO()
    render_study_terminal(LARGE, Console(file=file, width=width, color_system=None), language)
    text = file.getvalue()

    assert "\x1b" not in text
    assert "JMedEthicBench" in text
    assert "86.3% [80.1, 92.6]" in text


def test_a_brief_terminal_leaves_exploratory_contrasts_out() -> None:
    file = io.StringIO()
    render_study_terminal(SMALL, Console(file=file, width=100), is_brief=True)

    assert "Leaderboard" in file.getvalue()
    assert "Exploratory" not in file.getvalue()


def test_json_holds_every_figure_contrast_ranking_and_run_of_the_study() -> None:
    found = json.loads(study_to_json(LARGE))

    assert found["schema"] == "primum-study-1"
    assert set(found) == {
        "behaviour_agreements", "behaviour_figures", "behaviours", "command", "confidence", "contrasts", "estimates", "fingerprint", "id", "measures", "models", "notices",
        "parts", "rankings", "runs", "schema", "spec", "titles", "turn_changes", "wording",
    }  # fmt: skip
    assert set(found["runs"]) == set(LARGE.runs)
    assert len(found["contrasts"]) == 5
    assert len(found["turn_changes"]) == 30
    languages = [
        one for one in found["estimates"]
        if (one["model"], one["dimension"]) == ("physician-a", "language")
    ]  # fmt: skip
    assert {one["group"] for one in languages} == {"en", "ja"}
    assert found["models"][1]["name"] == HOSTILE_NAME
    assert study_to_json(LARGE) == study_to_json(sample_leaderboard(30))


def test_csv_has_one_figure_a_row_and_runs_in_no_spreadsheet() -> None:
    study = replace(SMALL, models=(replace(SMALL.models[0], name=HOSTILE_LABEL), *SMALL.models[1:]))
    study = replace(study, rankings=())
    text = study_to_csv(study)
    found = list(csv.DictReader(io.StringIO(text)))

    assert tuple(found[0]) == STUDY_CSV_COLUMNS
    assert {row["kind"] for row in found} == {
        "estimate",
        "contrast",
        "missing_verdicts",
        "cost_usd",
    }
    assert f"'{HOSTILE_LABEL}" in {row["model"] for row in found}
    assert all(not row["model"].startswith("=") for row in found)
    contrast = next(row for row in found if row["contrast"] == "Medical against general")
    assert float(contrast["value"]) == pytest.approx(-0.184)
    assert contrast["is_declared"] == "true"
    assert contrast["adjusted_p"] == "0.004"


def test_csv_holds_ranks_with_their_intervals_and_changes_over_turns() -> None:
    found = list(csv.DictReader(io.StringIO(study_to_csv(LARGE))))
    first = next(row for row in found if row["kind"] == "rank")

    assert (first["rank"], first["rank_low"], first["rank_high"], first["letters"]) == (
        "1",
        "1",
        "5",
        "ab",
    )
    assert sum(row["kind"] == "turn_change" for row in found) == 30
    assert {row["n"] for row in found if row["kind"] == "turn_change"} == {"40"}


def test_two_parts_of_one_protocol_are_told_apart_by_their_names() -> None:
    first = LARGE.parts[0]
    study = replace(LARGE, parts=(first, replace(LARGE.parts[1], titles=first.titles)))

    assert words(study).part(CORE) == "Primum core (core)"
    assert words(study).part(JMED) == "Primum core (jmed)"
    assert words(LARGE).part(CORE) == "Primum core"


def test_harmful_against_benign_is_called_higher_and_not_better() -> None:
    contrast = declared(words(SMALL))[0]
    across = replace(contrast, kind="within", across="intent", levels=("benign", "harmful"))

    sentence = contrast_sentence(across, words(SMALL))
    assert "the figure is lower for harmful requests than for benign requests" in sentence


def test_rows_of_a_forest_name_the_part_where_several_stand_together() -> None:
    contrast = declared(words(LARGE))[0]
    other = replace(LARGE.measures[0], part=JMED)
    study = replace(
        LARGE,
        measures=(*LARGE.measures, other),
        contrasts=(contrast, replace(contrast, measure=other.id)),
    )

    (chart,) = contrast_charts(study.contrasts, words(study), "chart")
    assert chart.title == ""
    assert "Medical against general · Primum core" in chart.svg
    assert "Medical against general · JMedEthicBench" in chart.svg


def test_an_exploratory_contrast_is_called_by_what_it_compares_in_the_readers_language() -> None:
    within, crossed = exploratory(words(SMALL, "ja"))

    assert title_of(within, words(SMALL, "ja")) == "言語：同じモデルの中での 日本語 − 英語"
    assert "「医療特化 − 汎用」の差の違い：日本語 − 英語" in title_of(crossed, words(SMALL, "ja"))
    single = replace(crossed, kind="pairs", first="model-a", second="model-b")
    assert title_of(single, words(SMALL)) == "model-b − model-a"
