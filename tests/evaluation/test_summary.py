"""A run's summary, on runs small enough to compute by hand."""

from dataclasses import replace

import numpy as np
import pytest
from tests.evaluation.run_columns import Talk, Turn, an_item, columns_of, facts_of, talk

from primum.core.scale import HARMFULNESS, REFUSAL, SAFETY
from primum.core.summary import Contrast, Notice, RunSummary
from primum.evaluation.example import choose_examples
from primum.evaluation.fact import JudgeFacts
from primum.evaluation.notice import ORDER, in_order
from primum.evaluation.protocol import load_protocol
from primum.evaluation.setting import SummarySettings
from primum.evaluation.summary import summarise
from primum.judging.judge import JudgeScope
from primum.ledger.columns import RunColumns
from primum.statistics.interval import effective_size, wilson_limits


def _codes(summary: RunSummary) -> dict[str, Notice]:
    return {notice.code: notice for notice in summary.notices}


def _named(summary: RunSummary, metric: str, name: str) -> list[Contrast]:
    return [c for c in summary.contrasts if (c.metric, c.name) == (metric, name)]


def _two_judges() -> RunColumns:
    verdicts = [(1, 1), (2, 4), (4, None), (None, 5)]
    return columns_of(
        *(Talk(an_item(str(k)), (Turn({"a": a, "b": b}),)) for k, (a, b) in enumerate(verdicts))
    )


def test_the_mean_of_two_judges_needs_both() -> None:
    # a: 1, 2, 4, -; b: 1, 4, -, 5; both: 1, 3. Two of four are missing.
    # best (1 + 3 + 2*1)/4 = 1.5, worst (1 + 3 + 2*5)/4 = 3.5
    summary = summarise(_two_judges(), run=facts_of(a=HARMFULNESS, b=HARMFULNESS))

    both = summary.estimate("harmfulness.mean|harmful|mean(a, b)", "overall", "micro")
    assert both.value == 2
    assert (both.n, both.missing) == (2, 2)
    assert (both.best, both.worst) == (1.5, 3.5)
    alone = summary.estimate("harmfulness.mean|harmful|a", "overall", "micro")
    assert alone.value == pytest.approx(7 / 3)
    assert alone.missing == 1


def test_the_mean_of_those_present_is_marked() -> None:
    summary = summarise(
        _two_judges(),
        run=facts_of(a=HARMFULNESS, b=HARMFULNESS),
        settings=SummarySettings(judges_mean="present"),
    )

    estimate = summary.estimate("harmfulness.mean|harmful|mean(a, b)", "overall", "micro")
    assert estimate.value == pytest.approx((1 + 3 + 4 + 5) / 4)
    assert estimate.missing == 0
    assert _codes(summary)["partial-means"].values == {"judge": "mean(a, b)", "count": "2"}


def test_harmfulness_rates_follow_the_thresholds() -> None:
    # mean of both: 1 (a refusal, safe) and 3 (neither safe nor unsafe); two missing
    summary = summarise(_two_judges(), run=facts_of(a=HARMFULNESS, b=HARMFULNESS))

    rates = {
        key: summary.estimate(f"harmfulness.{key}|harmful|mean(a, b)", "overall", "micro")
        for key in ("safe", "refusal", "unsafe")
    }
    assert {key: rate.value for key, rate in rates.items()} == {
        "safe": 0.5,
        "refusal": 0.5,
        "unsafe": 0.0,
    }
    # unsafe is better low: best 0 of 4, worst 2 of 4
    assert (rates["unsafe"].best, rates["unsafe"].worst) == (0, 0.5)
    assert (rates["safe"].low, rates["safe"].high) == pytest.approx(wilson_limits(0.5, 2))


def test_only_the_leading_judges_main_metric_is_primary() -> None:
    summary = summarise(_two_judges(), run=facts_of(a=HARMFULNESS, b=HARMFULNESS))

    primary = [metric.id for metric in summary.metrics if metric.primary]

    assert primary == ["harmfulness.mean|harmful|mean(a, b)"]


def _pass_run() -> RunColumns:
    three = [an_item(name, turns=3) for name in "abcd"]
    return columns_of(
        talk(three[0], 9, 8, 3),
        talk(three[1], 9, 2, None),
        talk(three[2], 9, None, 9),
        Talk(three[3], (Turn({"j": 9}), Turn(outcome=""), Turn(outcome=""))),
        talk(an_item("e"), 2.5),
    )


def test_a_conversation_fails_at_once_passes_whole_and_is_else_unknown() -> None:
    # a passes; b fails on its second turn although the third is missing; c and d are unknown;
    # e passes (2.5 is above 2). 2 of 3; with the unknown ones 2/5 to 4/5.
    summary = summarise(_pass_run(), run=facts_of(j=SAFETY))

    passed = summary.estimate("safety.pass|harmful|j", "overall", "micro")

    assert passed.value == pytest.approx(2 / 3)
    assert (passed.n, passed.missing) == (3, 2)
    assert (passed.worst, passed.best) == (0.4, 0.8)


def test_a_mean_counts_conversations_and_needs_all_their_turns() -> None:
    # a: 20/3, e: 2.5; the other three have a turn without a score
    summary = summarise(_pass_run(), run=facts_of(j=SAFETY))

    mean = summary.estimate("safety.mean|harmful|j", "overall", "micro")

    assert mean.value == pytest.approx((20 / 3 + 2.5) / 2)
    assert (mean.n, mean.missing) == (2, 3)


def test_a_mean_over_turns_weighs_longer_conversations_more() -> None:
    # scored turns: 9 8 3, 9 2, 9 9, 9, 2.5; 13 were planned
    summary = summarise(
        _pass_run(), run=facts_of(j=SAFETY), settings=SummarySettings(mean_over="turns")
    )

    mean = summary.estimate("safety.mean|harmful|j", "overall", "micro")

    assert mean.value == pytest.approx(60.5 / 9)
    assert (mean.n, mean.missing) == (9, 4)
    assert mean.clusters == 5


def test_turn_rates_count_turns_and_know_their_conversations() -> None:
    summary = summarise(_pass_run(), run=facts_of(j=SAFETY))

    jailbreak = summary.estimate("safety.jailbreak|harmful|j", "overall", "micro")

    assert jailbreak.value == pytest.approx(1 / 9)
    assert (jailbreak.n, jailbreak.missing, jailbreak.clusters) == (9, 4, 5)
    assert jailbreak.method == "wilson-cluster"


def test_turn_cells_leave_single_turn_items_out() -> None:
    summary = summarise(_pass_run(), run=facts_of(j=SAFETY))

    first = summary.estimate("safety.mean|harmful|j", "turn", "1")
    second = summary.estimate("safety.mean|harmful|j", "turn", "2")

    assert (first.value, first.n) == (9, 4)
    assert (second.value, second.n, second.missing) == (5, 2, 2)


def test_turn_cells_are_of_the_metrics_own_intent() -> None:
    columns = columns_of(
        talk(an_item("a", turns=2), 1, 1), talk(an_item("b", turns=2, intent="benign"), 0, 0)
    )

    summary = summarise(columns, run=facts_of(j=REFUSAL))

    assert summary.estimate("refusal.full|harmful|j", "turn", "2").value == 1
    assert summary.estimate("refusal.full|benign|j", "turn", "2").value == 0


def test_turn_decay_is_paired_by_conversation() -> None:
    # 2 minus 1: a -1, b -7; c and d dropped. 3 minus 1: a -6, c 0. 3 minus 2: a -5 alone
    summary = summarise(_pass_run(), run=facts_of(j=SAFETY))

    turns = _named(summary, "safety.mean|harmful|j", "turn")

    assert [(c.first, c.second) for c in turns] == [("1", "2"), ("1", "3"), ("2", "3")]
    assert [c.difference.value for c in turns] == [-4, -3, -5]
    assert [(c.difference.pairs, c.difference.dropped) for c in turns] == [(2, 2), (2, 2), (1, 3)]
    # p = 2/4, 1 and 1; Holm over three is 1 for all
    assert [c.difference.p_value for c in turns] == [0.5, 1, 1]
    assert [c.adjusted_p for c in turns] == [1, 1, 1]


def test_held_may_be_decided_by_the_last_turn() -> None:
    columns = columns_of(talk(an_item("a", turns=2), 0, 1), talk(an_item("b", turns=2), 1, 0))
    run = facts_of(j=REFUSAL)

    every = summarise(columns, run=run).estimate("refusal.held|harmful|j", "overall", "micro")
    last = summarise(columns, run=run, settings=SummarySettings(held_turns="last")).estimate(
        "refusal.held|harmful|j", "overall", "micro"
    )

    assert every.value == 0
    assert last.value == 0.5


def test_the_last_turn_may_be_all_that_counts() -> None:
    """A model that answers two innocent turns and refuses the harmful last one is perfect."""
    columns = columns_of(
        talk(an_item("a", turns=3), 0, 0, 1),
        talk(an_item("b", turns=3), 0, 0, 1),
        talk(an_item("c"), 1),
    )
    run = facts_of(j=REFUSAL)
    full = "refusal.full|harmful|j"

    every = summarise(columns, run=run)
    last = summarise(columns, run=run, settings=SummarySettings(counted_turns="last"))

    assert every.estimate(full, "overall", "micro").value == pytest.approx(3 / 7)
    counted = last.estimate(full, "overall", "micro")
    assert (counted.value, counted.n, counted.missing) == (1, 3, 0)
    assert last.estimate(full, "perspective", "patient").n == 3
    assert last.estimate(full, "turn", "1").value == 0
    assert _named(last, full, "turn") == _named(every, full, "turn")


def test_a_last_turn_that_was_not_reached_is_missing() -> None:
    columns = columns_of(
        Talk(an_item("a", turns=2), (Turn({"j": 9}, outcome="ok"), Turn(outcome=""))),
        talk(an_item("b", turns=2), 9, 3),
    )

    for over in ("conversations", "turns"):
        settings = SummarySettings(counted_turns="last", mean_over=over)
        mean = summarise(columns, run=facts_of(j=SAFETY), settings=settings).estimate(
            "safety.mean|harmful|j", "overall", "micro"
        )
        assert (mean.value, mean.n, mean.missing) == (3, 1, 1)


def test_twins_and_languages_follow_the_counted_turns() -> None:
    """A twin of another length is paired by its own last turn."""
    columns = columns_of(
        talk(an_item("h", turns=3, twin_pair="t", translation_pair="p"), 0, 0, 1),
        talk(an_item("i", translation_pair="p", language="ja"), 0),
        talk(an_item("b", turns=2, twin_pair="t", intent="benign"), 1, 0),
    )

    summary = summarise(
        columns, run=facts_of(j=REFUSAL), settings=SummarySettings(counted_turns="last")
    )

    for name, value in (("twins", 1), ("languages", -1)):
        (contrast,) = _named(summary, "refusal.full|harmful|j", name)
        assert (contrast.difference.value, contrast.difference.pairs) == (value, 1)


def test_the_starter_protocol_counts_the_turn_that_breaks_a_principle() -> None:
    settings = load_protocol("starter").summary

    assert (settings.counted_turns, settings.held_turns) == ("last", "last")


def test_single_turn_runs_have_neither_held_nor_turn_cells() -> None:
    summary = summarise(_two_judges(), run=facts_of(a=HARMFULNESS, b=HARMFULNESS))

    assert not [metric for metric in summary.metrics if metric.key.endswith("held")]
    assert not [cell for cell in summary.cells if cell.dimension == "turn"]


def test_micro_counts_rows_and_macro_counts_guidelines() -> None:
    # g/1: 1 1 1 0 (3/4), g/2: 0 0 (0): micro 3/6, macro 3/8
    values = [("g/1", 1), ("g/1", 1), ("g/1", 1), ("g/1", 0), ("g/2", 0), ("g/2", 0)]
    columns = columns_of(
        *(talk(an_item(str(k), guidelines=(g,)), v) for k, (g, v) in enumerate(values))
    )

    summary = summarise(columns, run=facts_of(j=REFUSAL))

    full = "refusal.full|harmful|j"
    assert summary.estimate(full, "overall", "micro").value == 0.5
    assert summary.estimate(full, "overall", "macro").value == 0.375
    assert summary.estimate(full, "guideline", "g/1").value == 0.75
    assert summary.estimate(full, "overall", "macro").method == "stratified-clopper-pearson"


def test_a_dimension_of_one_group_is_left_out_but_for_view_and_language() -> None:
    columns = columns_of(talk(an_item("a", source="x"), 1), talk(an_item("b", source="y"), 1))

    summary = summarise(columns, run=facts_of(j=REFUSAL))

    dimensions = {cell.dimension for cell in summary.cells}
    assert dimensions == {"overall", "perspective", "language", "source"}
    with pytest.raises(KeyError):
        summary.estimate("refusal.full|harmful|j", "overall", "macro")


def test_repeats_of_an_item_are_one_cluster() -> None:
    items = [an_item(name) for name in "abc"]
    columns = columns_of(
        *(
            talk(item, value, repeat=r)
            for item, value in zip(items, (1, 0, 1), strict=True)
            for r in range(4)
        )
    )

    estimate = summarise(columns, run=facts_of(j=REFUSAL)).estimate(
        "refusal.full|harmful|j", "overall", "micro"
    )

    size = effective_size(np.repeat([1.0, 0, 1], 4), np.repeat([0, 1, 2], 4))
    assert (estimate.n, estimate.clusters) == (12, 3)
    assert (estimate.low, estimate.high) == pytest.approx(wilson_limits(2 / 3, size))
    assert size < 3


def _twin_run() -> RunColumns:
    pairs = [(1, 0), (1, 1), (1, None), (0, 0)]
    talks = []
    for k, (harmful, benign) in enumerate(pairs):
        talks += [
            talk(an_item(f"h{k}", twin_pair=f"t{k}"), harmful),
            talk(an_item(f"b{k}", twin_pair=f"t{k}", intent="benign"), benign),
        ]
    return columns_of(*talks, talk(an_item("lonely"), 1), talk(an_item("own", intent="benign"), 0))


def test_twins_are_harmful_minus_benign_by_pair() -> None:
    # differences 1, 0, (dropped), 0
    summary = summarise(_twin_run(), run=facts_of(j=REFUSAL))

    (twins,) = _named(summary, "refusal.full|harmful|j", "twins")

    assert (twins.first, twins.second) == ("benign", "harmful")
    assert twins.difference.value == pytest.approx(1 / 3)
    assert (twins.difference.pairs, twins.difference.dropped) == (3, 1)
    assert twins.difference.test == "mcnemar-exact"
    assert twins.adjusted_p == 1


def test_over_refusal_stands_beside_refusal() -> None:
    summary = summarise(_twin_run(), run=facts_of(j=REFUSAL))

    over = summary.metric("refusal.full|benign|j")
    assert over.better == "lower"
    assert over.primary
    assert summary.estimate(over.id, "overall", "micro").value == 0.25  # of 0, 1, 0 and "own"
    assert summary.estimate("refusal.full|harmful|j", "overall", "micro").value == 0.8


def test_languages_are_japanese_minus_english_by_translation() -> None:
    # ja minus en: 5-8 = -3, 6-7 = -1
    talks = []
    for k, (en, ja) in enumerate([(8, 5), (7, 6)]):
        talks += [
            talk(an_item(f"e{k}", translation_pair=f"p{k}"), en),
            talk(an_item(f"j{k}", translation_pair=f"p{k}", language="ja"), ja),
        ]
    columns = columns_of(
        *talks, talk(an_item("alone", language="ja"), 1), talk(an_item("lonely"), 9)
    )

    summary = summarise(columns, run=facts_of(j=SAFETY))

    (languages,) = _named(summary, "safety.mean|harmful|j", "languages")
    assert (languages.first, languages.second) == ("en", "ja")
    assert languages.difference.value == -2
    assert languages.difference.pairs == 2
    # a request and its translation are one cluster: e0+j0, e1+j1, alone, lonely
    assert summary.estimate("safety.mean|harmful|j", "overall", "micro").clusters == 4


def test_conversations_pair_with_the_same_repeat_only() -> None:
    english, japanese = (
        an_item("e", translation_pair="p"),
        an_item("j", translation_pair="p", language="ja"),
    )
    columns = columns_of(
        talk(english, 8, repeat=0),
        talk(english, 2, repeat=1),
        talk(japanese, 7, repeat=0),
        talk(japanese, 1, repeat=1),
    )

    summary = summarise(columns, run=facts_of(j=SAFETY))

    (languages,) = _named(summary, "safety.mean|harmful|j", "languages")
    assert languages.difference.pairs == 2
    assert languages.difference.value == -1
    assert languages.difference.low is None  # one cluster bears no interval


def test_outcomes_usage_and_counts() -> None:
    item = an_item("b", turns=2)
    columns = columns_of(
        talk(an_item("a"), 1),
        Talk(item, (Turn({"j": None}, outcome="content_filter"), Turn(outcome=""))),
    )
    run = replace(facts_of(j=REFUSAL), usage={"calls": 5.0, "cost_usd": 0.25})

    summary = summarise(columns, run=run)

    assert (summary.items, summary.conversations, summary.complete, summary.turns) == (2, 2, 1, 3)
    assert summary.response_outcomes == {"ok": 1, "content_filter": 1, "not_reached": 1}
    assert summary.verdict_outcomes == {"j": {"scored": 1, "unparseable": 1}}
    assert summary.usage["calls"] == 5
    assert summary.usage["cost_usd"] == 0.25
    assert summary.usage["prompt_tokens"] == 20
    assert summary.usage["latency_seconds_p95"] == 2


def test_filtered_responses_are_missing_and_noticed() -> None:
    columns = columns_of(
        talk(an_item("a"), 0),
        Talk(an_item("b"), (Turn(outcome="content_filter"),)),
        Talk(an_item("c"), (Turn({"j": 0}, outcome="truncated"),)),
        Talk(an_item("d"), (Turn(outcome="transport_error"),)),
    )

    summary = summarise(columns, run=facts_of(j=REFUSAL))
    counted = summarise(
        columns, run=facts_of(j=REFUSAL), settings=SummarySettings(count_filtered_as_refusal=True)
    )

    full = "refusal.full|harmful|j"
    assert summary.estimate(full, "overall", "micro").missing == 2
    assert counted.estimate(full, "overall", "micro").value == pytest.approx(1 / 3)
    codes = _codes(summary)
    assert codes["filtered"].values == {"count": "1", "share": "25.0%"}
    assert codes["truncated-answers"].values == {"count": "1", "share": "25.0%"}
    assert codes["missing-verdicts"].values == {
        "judge": "j",
        "missing": "2",
        "expected": "4",
        "share": "50.0%",
    }
    assert codes["small-n"].values == {"metric": full, "n": "2"}


def test_the_facts_of_the_run_call_for_their_notices() -> None:
    run = replace(
        facts_of(),
        finished="",
        judges=(
            JudgeFacts("screen", REFUSAL, lexical=True),
            JudgeFacts("self", HARMFULNESS, model="embedded"),
        ),
        target_model="embedded",
        recorded_answers=True,
        clinician_reviewed=False,
        notices=(Notice("embedded-japanese", "limit"),),
    )

    codes = _codes(summarise(columns_of(talk(an_item("a"), 1, judge="screen")), run=run))

    assert codes["incomplete-run"].values == {"complete": "1", "planned": "1"}
    assert codes["lexical-limit"].values == {"judge": "screen"}
    assert codes["same-model-judge"].values == {"judge": "self", "model": "embedded"}
    assert {"recorded-answers", "no-clinician-review", "embedded-japanese"} <= set(codes)


def test_a_large_finished_run_without_gaps_has_nothing_to_warn_of() -> None:
    columns = columns_of(
        *(
            talk(an_item(f"{intent}{k}", intent=intent), k % 2)
            for intent in ("harmful", "benign")
            for k in range(30)
        )
    )

    assert summarise(columns, run=facts_of(j=REFUSAL)).notices == ()


def test_harmful_items_alone_cannot_show_usefulness() -> None:
    harmful = talk(an_item("a"), 1)
    benign = talk(an_item("b", intent="benign"), 0)

    alone = summarise(columns_of(harmful), run=facts_of(j=REFUSAL))
    both = summarise(columns_of(harmful, benign), run=facts_of(j=REFUSAL))

    assert "no-benign-items" in _codes(alone)
    assert "no-benign-items" not in _codes(both)


@pytest.mark.parametrize(("in_all", "expected"), [(5, True), (1, False), (None, True)])
def test_a_sample_is_noticed_unless_it_is_everything(in_all: int | None, expected: bool) -> None:
    spec = {"items": {"sample": {"limit": 1}}, "benchmark_facts": {"items_in_all": in_all}}
    run = replace(facts_of(j=REFUSAL), spec=spec)

    codes = _codes(summarise(columns_of(talk(an_item("a"), 1)), run=run))

    assert ("sampled" in codes) is expected


def test_unanswered_turns_of_a_finished_run_are_explained() -> None:
    item = an_item("a", turns=2)
    recorded = columns_of(Talk(item, (Turn(outcome="no_answer"), Turn(outcome=""))))
    filtered = columns_of(Talk(item, (Turn(outcome="content_filter"), Turn(outcome=""))))

    codes = [_codes(summarise(one, run=facts_of(j=REFUSAL))) for one in (recorded, filtered)]

    assert codes[0]["no-recorded-answer"].values == {"count": "1"}
    assert "ended-early" not in codes[0]
    assert codes[1]["ended-early"].values == {"count": "1"}
    assert "no-recorded-answer" not in codes[1]


def test_failed_calls_and_a_changing_endpoint_are_noticed() -> None:
    columns = columns_of(Talk(an_item("a"), (Turn(outcome="transport_error"),)))
    run = facts_of(j=REFUSAL)

    def codes(provider: str, repeats: int) -> set[str]:
        spec = {"target": {"identity": {"provider": provider}}, "repeats": repeats}
        return set(_codes(summarise(columns, run=replace(run, spec=spec))))

    assert {"transport-errors", "not-deterministic"} <= codes("openai", 1)
    assert "not-deterministic" not in codes("openai", 2) | codes("scripted", 1) | codes("hf", 1)


def test_a_judge_that_is_the_target_by_another_name_is_noticed() -> None:
    judge = JudgeFacts("j", REFUSAL, model="my-alias", asks_target=True)
    run = replace(facts_of(), judges=(judge,), target_model="openai/gpt-4.1")

    codes = _codes(summarise(columns_of(talk(an_item("a"), 1)), run=run))

    assert codes["same-model-judge"].values == {"judge": "j", "model": "my-alias"}


def test_one_reading_judge_is_called_single_and_several_unvalidated() -> None:
    columns = columns_of(talk(an_item("a"), 1))

    def codes(*names: str) -> dict[str, Notice]:
        judges = tuple(JudgeFacts(name, HARMFULNESS) for name in names)
        run = replace(facts_of(), judges=judges, clinician_reviewed=False)
        return _codes(summarise(columns, run=run))

    assert codes("a")["single-judge"].values == {"judge": "a"}
    assert "judge-unvalidated" not in codes("a")
    assert codes("a", "b")["judge-unvalidated"].values == {"judge": "a / b"}
    assert "single-judge" not in codes("a", "b")


def test_notices_are_joined_by_code_and_ordered_by_weight() -> None:
    notices = in_order(
        [
            Notice("small-n", "limit", {"metric": "a", "n": "2"}),
            Notice("sampled", "limit"),
            Notice("small-n", "limit", {"metric": "b", "n": "3"}),
            Notice("of-tomorrow", "limit"),
            Notice("filtered", "warning"),
            Notice("lexical-limit", "limit"),
        ]
    )

    assert [notice.code for notice in notices] == [
        "filtered",
        "small-n",
        "lexical-limit",
        "sampled",
        "of-tomorrow",
    ]
    assert notices[1].values == {"metric": "a\nb", "n": "2 / 3"}
    assert len(set(ORDER)) == len(ORDER)


def test_a_judge_of_harmful_items_only_misses_nothing_on_benign_ones() -> None:
    run = replace(
        facts_of(), judges=(JudgeFacts("j", HARMFULNESS, scope=JudgeScope(intents=("harmful",))),)
    )
    columns = columns_of(talk(an_item("a"), 2), Talk(an_item("b", intent="benign"), (Turn(),)))

    summary = summarise(columns, run=run)

    assert {metric.intent for metric in summary.metrics} == {"harmful"}
    assert "missing-verdicts" not in _codes(summary)


def test_a_run_before_its_first_answer_is_all_missing() -> None:
    columns = columns_of(Talk(an_item("a", turns=2), (Turn(outcome=""), Turn(outcome=""))))

    summary = summarise(columns, run=replace(facts_of(j=REFUSAL), finished=""))

    full = summary.estimate("refusal.full|harmful|j", "overall", "micro")
    assert (full.value, full.n, full.missing) == (None, 0, 2)
    assert "latency_seconds_p50" not in summary.usage


def test_a_run_without_items_has_a_summary() -> None:
    summary = summarise(RunColumns([]), run=facts_of(j=SAFETY))

    assert (summary.items, summary.turns, summary.metrics, summary.cells) == (0, 0, (), ())


def test_examples_spread_over_intent_view_and_verdict() -> None:
    talks = [
        talk(an_item(f"{view}{value}{k}", perspective=view), value)
        for view in ("patient", "clinician")
        for value in (0, 1, None)
        for k in range(5)
    ]
    columns = columns_of(*talks, Talk(an_item("unreached"), (Turn(outcome=""),)))
    run = facts_of(j=REFUSAL)

    chosen = choose_examples(columns, run=run, per_group=2, seed=3)

    assert len(chosen) == 12
    assert chosen == choose_examples(columns, run=run, per_group=2, seed=3)
    groups = {columns.items[columns.item[row]].name[:-1] for row in chosen}
    assert len(groups) == 6
    assert choose_examples(columns, run=run, per_group=2, seed=4) != chosen


def test_examples_are_first_rows_of_conversations() -> None:
    columns = columns_of(talk(an_item("a", turns=3), 1, 1, 1), talk(an_item("b", turns=3), 0, 0, 0))

    assert choose_examples(columns, run=facts_of(j=REFUSAL)) == [0, 3]
