"""How a run was made: nothing that was stored and has a value is left out."""

from typing import Any

import pytest

from primum.reporting.catalogue import load_catalogue
from primum.reporting.run_facts import (
    benchmark_name,
    command,
    fact_groups,
    fidelity,
    flat,
    judge_names,
    system_prompt,
    target_name,
)

EN, JA = load_catalogue("en"), load_catalogue("ja")


def pairs(spec: dict[str, Any], language: str = "en") -> dict[str, dict[str, str]]:
    groups = fact_groups(spec, load_catalogue(language))
    return {group.title: {fact.label: fact.value for fact in group.facts} for group in groups}


@pytest.mark.parametrize(
    "target", ["openai/m", {"name": "openai/m"}, {"identity": {"model": "openai/m"}}]
)
def test_the_target_is_found_in_each_form(target: object) -> None:
    assert target_name({"target": target}, EN) == "openai/m"


def test_a_benchmark_is_named_with_its_view_and_judges_in_each_form() -> None:
    assert benchmark_name({"benchmark": {"name": "m", "view": "test"}}, EN) == "m/test"
    assert judge_names({"judges": [{"name": "a"}, "b"]}, EN) == ("a", "b")
    assert judge_names({"judges": {"a": {}, "b": {}}}, EN) == ("a", "b")
    assert judge_names({}, EN) == ()


def test_what_is_not_stored_is_said_to_be_not_stored() -> None:
    assert target_name({}, EN) == "not stored"
    assert command({}) == ""
    assert system_prompt({}) == ""


def test_known_settings_are_translated_and_unknown_ones_keep_their_path() -> None:
    spec = {"profile": {"sampling": {"max_tokens": 9}}, "novel": {"knob": {"depth": 2}}}

    assert pairs(spec, "ja") == {
        "運用プロファイル": {"サンプリング · 回答のトークン上限": "9"},
        "novel": {"knob · depth": "2"},
    }


def test_values_read_well() -> None:
    spec = {
        "judges": [
            {"name": "j", "scale": {"name": "refusal", "low": 0, "high": 1}, "lexical": True}
        ],
        "summary": {"refusal_above": 2 / 3, "combine": None, "pairs": ["a", "b"]},
        "protocol": {"id": "p"},
        "protocol_title": {"en": "Plain", "ja": "標準"},
        "guidelines": {"g": {"version": "1", "titles": {"g/1": {"en": "x"}}}},
    }
    found = pairs(spec)

    assert found["Judges"]["1 · Scale"] == "refusal 0–1"
    assert found["Judges"]["1 · Lexical"] == "yes"
    assert found["Protocol"] == {"Id": "p", "Title": "Plain"}
    assert found["How verdicts become figures"]["Full refusal: share of votes above"] == "0.666667"
    assert found["How verdicts become figures"]["pairs"] == "a, b"
    assert found["Guidelines"] == {"g · Version": "1"}


def test_every_leaf_is_shown_once() -> None:
    spec = {"target": {"name": "t", "identity": {"a": 1, "b": [{"c": 2}, {"c": 3}]}}, "seed": 7}
    shown = [value for group in pairs(spec).values() for value in group.values()]

    assert sorted(shown) == ["1", "2", "3", "7", "t"]


def test_the_protocol_s_fidelity_is_a_table() -> None:
    spec = {"fidelity": [{"what": "judge", "status": "ours", "why": "no account needed"}]}
    table = fidelity(spec, JA)

    assert [row.cells for row in table.rows] == [("judge", "独自", "no account needed")]
    assert fidelity({}, JA).rows == ()


def test_settings_without_a_value_are_left_out() -> None:
    spec: dict[str, Any] = {
        "profile": {"name": "p", "stop": [], "quantisation": "", "seed": None, "zero": 0}
    }

    assert pairs({**spec, "repeats": None}) == {"Deployment profile": {"Name": "p", "zero": "0"}}


def test_rules_are_said_in_the_reader_s_language() -> None:
    spec = {"summary": {"counted_turns": "last", "mean_over": "turns", "novel": "last"}}

    assert list(pairs(spec, "ja")["判定から数値を求める規則"].values()) == [
        "最後のターン",
        "ターン",
        "last",
    ]


def test_languages_stand_in_one_order() -> None:
    assert list(pairs({"languages": {"ja": 3, "en": 2}})["Languages"]) == ["English", "Japanese"]


@pytest.mark.parametrize(
    ("asked", "shown"), [("starter", True), ("starter:first", True), ("ours", False)]
)
def test_nothing_is_said_of_the_protocol_s_items_where_others_were_asked(
    asked: str, shown: bool
) -> None:
    spec = {
        "benchmark": {"name": asked},
        "protocol_benchmark": "starter",
        "fidelity": [
            {"what": "items", "status": "ours", "why": "x"},
            {"what": "judge", "status": "ours", "why": "y"},
        ],
    }

    found = [row.cells[0] for row in fidelity(spec, EN).rows]

    assert found == (["items", "judge"] if shown else ["judge"])
    spec.pop("protocol_benchmark")
    assert len(fidelity(spec, EN).rows) == 2


def test_leaves_of_two_runs_can_be_compared() -> None:
    assert flat({"a": {"b": 1}, "c": ["x", "y"]}) == {"a.b": "1", "c": "['x', 'y']"}
