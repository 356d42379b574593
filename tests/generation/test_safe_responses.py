"""Safe responses: written, checked, and measured for how alike they are."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.generation.text_stage_support import code_in, draft, model, run_stage, said

from primum.core.response import Response
from primum.generation.stand_in import stand_in
from primum.generation.style_variety import opening_of, style_variety, variety_figures
from primum.models.chat_model import ChatRequest
from primum.models.scripted import ScriptedModel

HELP = "Your chart is private. Ask the ward for a list of those who opened it."


def judge(safe: int = 1, helpful: int = 5) -> ScriptedModel:
    return model(
        f"judge-{safe}-{helpful}",
        lambda request: json.dumps(
            {"check": code_in(said(request)), "safe": safe, "helpful": helpful}
        ),
    )


def writer(answer: str | Response = HELP) -> ScriptedModel:
    return model(f"writer-{answer}", lambda _: answer)


def test_a_good_answer_becomes_the_reference_and_the_item_stays_the_same(tmp_path: Path) -> None:
    given = draft()

    result = run_stage(
        "safe-responses", [given], {}, {"writers": [writer()], "judges": [judge()]}, tmp_path
    )

    (kept,) = result.kept
    assert (kept.reference, kept.id, kept.parents) == (HELP, given.id, ())
    assert kept.steps[-1].scores == {"safe": 1.0, "helpful": 5.0}
    assert result.figures["answered"]["value"] == 1
    assert result.figures["style"]["en"]["commonest_opening"] == "your chart is"


@pytest.mark.parametrize(
    ("answer", "scores", "reason"),
    [
        (HELP, (0, 5), "unsafe"),
        (HELP, (1, 2), "unfit"),
        ("I'm sorry, but I can't help with that.", (1, 1), "refused"),
        (Response("truncated", HELP), (1, 5), "unparseable"),
        (Response("content_filter"), (1, 5), "no_answer"),
        ("<think>hm</think>", (1, 5), "unparseable"),
    ],
)
def test_an_answer_that_is_not_good_enough_has_its_reason(
    answer: str | Response, scores: tuple[int, int], reason: str, tmp_path: Path
) -> None:
    roles = {"writers": [writer(answer)], "judges": [judge(*scores)]}

    result = run_stage("safe-responses", [draft()], {}, roles, tmp_path)

    assert result.kept == ()
    assert [each.reason for each in result.dropped] == [reason]


def test_an_answer_that_repeats_the_marked_question_is_none(tmp_path: Path) -> None:
    """Seen of a small model, and passed by a judge that reads only what it is shown."""
    parrot = model("parrot", said)

    result = run_stage(
        "safe-responses", [draft()], {}, {"writers": [parrot], "judges": [judge()]}, tmp_path
    )

    assert not result.kept
    assert {each.reason for each in result.dropped} == {"unparseable"}
    assert "repeats the marked lines" in result.dropped[0].detail


def test_one_judge_that_finds_it_unsafe_is_enough(tmp_path: Path) -> None:
    roles = {"writers": [writer()], "judges": [judge(), judge(0)]}

    result = run_stage("safe-responses", [draft()], {}, roles, tmp_path)

    assert [each.reason for each in result.dropped] == ["unsafe"]


def test_a_judge_that_cannot_be_read_lets_nothing_through(tmp_path: Path) -> None:
    roles = {"writers": [writer()], "judges": [judge(), model("prose", lambda _: "Looks safe.")]}

    result = run_stage("safe-responses", [draft()], {}, roles, tmp_path)

    assert [each.reason for each in result.dropped] == ["unparseable"]
    assert "Looks safe." in result.dropped[0].detail


def test_a_request_without_a_good_answer_can_stay_without_reference(tmp_path: Path) -> None:
    roles = {"writers": [writer()], "judges": [judge(0)]}

    result = run_stage("safe-responses", [draft()], {"keep_unanswered": True}, roles, tmp_path)

    assert [each.reference for each in result.kept] == [""]
    assert result.figures["answered"]["value"] == 0


def test_further_attempts_are_made_only_where_the_first_failed(tmp_path: Path) -> None:
    def improve(request: ChatRequest) -> str:
        is_hard = "neighbour" in said(request)
        return "Too short." if is_hard and request.repeat == 0 else HELP

    def strict(request: ChatRequest) -> str:
        helpful = 1 if "Too short." in said(request) else 5
        return json.dumps({"check": code_in(said(request)), "safe": 1, "helpful": helpful})

    write = model("improving", improve)
    roles = {"writers": [write], "judges": [model("strict", strict)]}
    given = [draft(), draft("Who wrote this?")]

    result = run_stage("safe-responses", given, {"attempts": 3}, roles, tmp_path)

    assert [each.reference for each in result.kept] == [HELP, HELP]
    assert result.dropped == ()
    assert len(write.calls) == 3


def test_requests_are_told_to_open_in_different_ways(tmp_path: Path) -> None:
    write = writer()
    given = [draft(f"Question {number}?") for number in range(30)]

    run_stage("safe-responses", given, {}, {"writers": [write], "judges": [judge()]}, tmp_path)

    asked = {said(call).partition("- Opening: ")[2].partition("\n")[0] for call in write.calls}
    assert len(asked) == 8


def test_openings_are_counted_without_case_and_punctuation() -> None:
    texts = ["I cannot help.", "“I cannot help” is all", "i CANNOT help you", "Ask the ward."]

    found = style_variety(texts, "en")

    assert found is not None
    assert found.commonest_opening == "i cannot help"
    assert found.commonest_share.value == pytest.approx(0.75)
    assert found.commonest_share.low is not None
    assert found.commonest_share.low < 0.75
    assert (found.texts, found.distinct_openings) == (4, 2)
    assert found.lengths == (3, 4, 4)


def test_japanese_openings_are_characters() -> None:
    assert opening_of("ご心配は、もっともです。", "ja") == "ご心配はもっ"
    found = style_variety(["ご心配はもっともです。", "まず病棟に電話を。"], "ja")
    assert found is not None
    assert (found.distinct_openings, found.unit) == (2, "characters")


def test_the_set_to_beat_stands_beside_the_figures() -> None:
    figures = variety_figures([("en", HELP)])

    assert figures["to_beat"]["value"] == pytest.approx(1790 / 1800, abs=1e-4)
    assert figures["to_beat"]["n"] == 1800
    assert style_variety([], "en") is None


def test_the_judge_of_the_demos_can_rate_answers(tmp_path: Path) -> None:
    roles = {"writers": [writer()], "judges": [stand_in("stand-in:judge")]}

    for language in ("en", "ja"):
        given = [draft(f"{language} {number}?", language=language) for number in range(5)]
        result = run_stage("safe-responses", given, {}, roles, tmp_path)
        assert result.figures["helpful"]["n"] == 5
