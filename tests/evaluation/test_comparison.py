"""Two runs, paired."""

from collections.abc import Mapping
from dataclasses import replace

import pytest
from tests.evaluation.run_columns import Talk, Turn, Votes, an_item, columns_of, facts_of, talk

from primum.core.errors import ScaleMismatchError, UserError
from primum.core.scale import HARMFULNESS, REFUSAL, SAFETY
from primum.core.summary import Contrast, RunComparison
from primum.evaluation.comparison import EvaluatedRun, compare
from primum.evaluation.fact import JudgeFacts, RunFacts
from primum.evaluation.summary import summarise
from primum.ledger.columns import RunColumns


def _evaluated(columns: RunColumns, facts: RunFacts) -> EvaluatedRun:
    return EvaluatedRun(columns, facts, summarise(columns, run=facts))


def _run(values: Mapping[str, Votes], **labels: object) -> EvaluatedRun:
    columns = columns_of(*(talk(an_item(name, **labels), v) for name, v in values.items()))
    return _evaluated(columns, facts_of(j=SAFETY))


def _contrast(comparison: RunComparison, metric: str, group: str) -> Contrast:
    (found,) = [c for c in comparison.contrasts if (c.metric, c.first) == (metric, group)]
    return found


def test_items_are_paired_by_their_id_whatever_their_order() -> None:
    # b - a over the shared items x, y: 5-8 = -3, 6-6 = 0; z lacks a score, p and q are alone
    first = _run({"x": 8, "y": 6, "z": 5, "p": 1})
    second = _run({"q": 9, "z": None, "y": 6, "x": 5})

    comparison = compare(first, second)

    overall = _contrast(comparison, "safety.mean|harmful|j", "overall:micro")
    assert overall.difference.value == -1.5
    assert (overall.difference.pairs, overall.difference.dropped) == (2, 1)
    assert (comparison.only_first, comparison.only_second) == (1, 1)
    assert overall.name == "runs"
    assert overall.second == "overall:micro"


def test_swapping_the_runs_turns_the_sign() -> None:
    first, second = _run({"x": 8, "y": 6, "w": 3}), _run({"w": 1, "y": 6, "x": 5})

    there = _contrast(compare(first, second), "safety.mean|harmful|j", "overall:micro").difference
    back = _contrast(compare(second, first), "safety.mean|harmful|j", "overall:micro").difference

    assert there.value is not None
    assert back.value == -there.value
    assert there.p_value == back.p_value


def test_turns_and_repeats_meet_their_own_kind() -> None:
    item = an_item("x", turns=2)
    first = columns_of(talk(item, 9, 8, repeat=0), talk(item, 1, 1, repeat=1))
    second = columns_of(talk(item, 7, 2, repeat=0))
    runs = [_evaluated(columns, facts_of(j=SAFETY)) for columns in (first, second)]

    comparison = compare(runs[0], runs[1])

    # repeat 0 only: (7+2)/2 - (9+8)/2 = -4; jailbreaks by turn: 0-0, 1-0
    mean = _contrast(comparison, "safety.mean|harmful|j", "overall:micro").difference
    jailbreak = _contrast(comparison, "safety.jailbreak|harmful|j", "overall:micro").difference
    assert (mean.value, mean.pairs) == (-4, 1)
    assert (jailbreak.value, jailbreak.pairs) == (0.5, 2)


def test_groups_are_compared_and_adjusted_within_their_dimension() -> None:
    # en: six rises (p = 2/64); ja: six rises (p = 2/64); Holm over the two: 4/64
    def run(step: int) -> EvaluatedRun:
        columns = columns_of(
            *(
                talk(an_item(f"{language}{k}", language=language), 3 + step * (k + 1) / 2)
                for language in ("en", "ja")
                for k in range(6)
            )
        )
        return _evaluated(columns, facts_of(j=SAFETY))

    comparison = compare(run(0), run(1))

    english = _contrast(comparison, "safety.mean|harmful|j", "language:en")
    assert english.difference.p_value == pytest.approx(2 / 64)
    assert english.adjusted_p == pytest.approx(4 / 64)
    overall = _contrast(comparison, "safety.mean|harmful|j", "overall:micro")
    assert overall.adjusted_p == overall.difference.p_value
    assert not [c for c in comparison.contrasts if c.first.startswith("perspective")]


def test_missingness_is_compared_too() -> None:
    # Seven of eight verdicts that the first run has are missing in the second: p = 2/2^7
    names = "abcdefgh"
    first = _run(dict.fromkeys(names, 5))
    second = _run({**dict.fromkeys(names), "a": 5})

    comparison = compare(first, second)

    missing = next(c for c in comparison.missingness if c.metric == "safety.mean|harmful|j")
    assert missing.difference.value == pytest.approx(7 / 8)
    assert missing.difference.p_value == pytest.approx(2 / 128)
    codes = [notice.code for notice in comparison.notices]
    assert "missingness-differs" in codes
    assert "small-n" in codes


def test_runs_without_a_common_item_cannot_be_compared() -> None:
    with pytest.raises(UserError, match="have no item in common"):
        compare(_run({"x": 1}), _run({"y": 1}))


def test_runs_on_two_scales_cannot_be_compared() -> None:
    columns = columns_of(talk(an_item("x"), 2))
    second = _evaluated(columns, facts_of(j=HARMFULNESS))
    renamed = _evaluated(columns_of(talk(an_item("x"), 2, judge="k")), facts_of(k=HARMFULNESS))

    with pytest.raises(ScaleMismatchError, match=r"“safety”.*“harmfulness”.*scales do not mix"):
        compare(_run({"x": 3}), second)
    with pytest.raises(ScaleMismatchError, match=r"“safety”.*“harmfulness”; scales do not mix"):
        compare(_run({"x": 3}), renamed)


def test_only_what_the_same_judge_scored_is_compared() -> None:
    def run(**judges: float) -> EvaluatedRun:
        columns = columns_of(Talk(an_item("x"), (Turn(judges),)))
        return _evaluated(columns, facts_of(**dict.fromkeys(judges, REFUSAL)))

    comparison = compare(run(a=1.0, b=1.0), run(a=0.0, c=0.0))

    assert {contrast.metric.split("|")[2] for contrast in comparison.contrasts} == {"a"}
    (notice,) = [n for n in comparison.notices if n.code == "judge-differs"]
    assert notice.values == {"scale": "refusal", "first": "a, b", "second": "a, c"}


def test_a_rubric_that_changed_under_its_name_is_noticed() -> None:
    run = _run({"x": 3})
    facts = replace(run.facts, judges=(JudgeFacts("j", SAFETY, fingerprint="new"),))

    comparison = compare(run, run._replace(facts=facts))

    assert [n.values for n in comparison.notices if n.code == "judge-changed"] == [{"judge": "j"}]


def test_a_run_compared_with_itself_shows_no_difference() -> None:
    run = _run({"x": 3, "y": 9, "z": 1})

    comparison = compare(run, run)

    assert {contrast.difference.value for contrast in comparison.contrasts} == {0}
    assert {contrast.difference.p_value for contrast in comparison.contrasts} == {1}
    assert (comparison.only_first, comparison.only_second) == (0, 0)


def test_what_else_differs_between_the_runs_is_noticed() -> None:
    run = _run({"x": 3})

    def codes(first: dict[str, object], second: dict[str, object]) -> list[str]:
        sides = [run._replace(facts=replace(run.facts, spec=spec)) for spec in (first, second)]
        notices = compare(sides[0], sides[1]).notices
        return [notice.code for notice in notices if notice.code.startswith("different")]

    assert codes({"benchmark": {"name": "a"}}, {"benchmark": {"name": "b"}}) == [
        "different-benchmarks"
    ]
    assert codes({"profile": {"name": "a"}}, {"profile": {"name": "b"}}) == []
    assert codes({"profile": {"system_prompt": "x"}}, {"profile": {"system_prompt": ""}}) == [
        "different-profiles"
    ]
    assert codes({"summary": {"counted_turns": "last"}}, {"summary": {}}) == ["different-settings"]
    assert codes({"summary": {"counted_turns": "all"}}, {}) == []


def test_few_pairs_and_uneven_gaps_are_noticed_once() -> None:
    names = "abcdefgh"

    notices = compare(_run(dict.fromkeys(names, 5)), _run({**dict.fromkeys(names), "a": 5})).notices

    codes = [notice.code for notice in notices]
    assert len(codes) == len(set(codes))
    uneven = next(notice for notice in notices if notice.code == "missingness-differs")
    assert uneven.values == {"metric": "safety.mean|harmful|j"}
