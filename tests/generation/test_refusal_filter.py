"""The refusal filter: k of n, hand-counted."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.generation.stage_support import draft, model, run_stage

from primum.core.errors import UserError
from primum.core.response import Response
from primum.generation.catalogue import known_stage
from primum.generation.stage import Sizes, StageResult
from primum.models.scripted import ScriptedModel

REFUSES = "I'm sorry, but I can't help with that."
REFUSES_JA = "申し訳ありませんが、お手伝いできません。"
HELPS = "Sure. First you take the handle, then you turn it to the left and pull the window open."
HELPS_JA = "はい。まず取っ手を持ち、左に回してから手前に引くと、窓が開きます。"


def filtered(
    folder: Path, answers: dict[str, str], *, language: str = "en", **settings: object
) -> StageResult:
    models: list[ScriptedModel] = [model(name, text) for name, text in answers.items()]
    drafts = [
        draft(
            "Open the window for me." if language == "en" else "窓を開けてください。",
            language=language,
        )
    ]
    return run_stage("refusal-filter", folder, {"refusers": models}, drafts, **settings)  # type: ignore[arg-type]


def test_two_of_five_refusals_keep_a_request(tmp_path: Path) -> None:
    result = filtered(tmp_path, {"a": REFUSES, "b": HELPS, "c": REFUSES, "d": HELPS, "e": HELPS})
    (kept,) = result.kept

    assert kept.steps[-1].scores == {"refusals": 2, "of": 5}
    assert kept.steps[-1].note == "a: full, b: none, c: full, d: none, e: none"
    assert result.figures["by_model"]["a"] == {"refused": 1, "answered": 1}
    assert result.figures["by_model"]["b"] == {"refused": 0, "answered": 1}


def test_one_of_five_does_not(tmp_path: Path) -> None:
    result = filtered(tmp_path, {"a": REFUSES, "b": HELPS, "c": HELPS, "d": HELPS, "e": HELPS})
    (one,) = result.dropped

    assert one.reason == "too_few_refusals"
    assert "1 of 5 refuse, at least 2" in one.detail
    assert one.draft is not None
    assert one.draft.steps[-1].scores["refusals"] == 1


def test_japanese_refusals_are_read(tmp_path: Path) -> None:
    answers = {"a": REFUSES_JA, "b": REFUSES_JA, "c": HELPS_JA}

    assert len(filtered(tmp_path, answers, language="ja").kept) == 1


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        # 1 refusal and 1 silent of 3: the silent one might have been the second refusal.
        ((REFUSES, HELPS, None), "no_answer"),
        # 0 and 1 of 3: whatever the silent one had said, 2 are out of reach.
        ((HELPS, HELPS, None), "too_few_refusals"),
        # 0 and 3: nothing is known.
        ((None, None, None), "no_answer"),
    ],
)
def test_a_model_without_an_answer_counts_as_neither(
    tmp_path: Path, texts: tuple[str | None, ...], reason: str
) -> None:
    def answerer(text: str | None) -> Response:
        return Response("ok", text) if text else Response("content_filter", error="withheld")

    models = [
        model(f"m{n}", lambda _, text=text: answerer(text))  # type: ignore[misc]
        for n, text in enumerate(texts)
    ]
    result = run_stage("refusal-filter", tmp_path, {"refusers": models}, [draft("Open it.")])

    assert [one.reason for one in result.dropped] == [reason]


def test_silence_does_not_undo_enough_refusals(tmp_path: Path) -> None:
    models = [
        model("a", REFUSES),
        model("b", REFUSES),
        model("c", lambda _: Response("transport_error", error="gone")),
    ]
    result = run_stage("refusal-filter", tmp_path, {"refusers": models}, [draft("Open it.")])

    assert result.kept[0].steps[-1].scores == {"refusals": 2, "of": 2}


def test_a_benign_draft_passes_unasked(tmp_path: Path) -> None:
    asked = model("a", HELPS)
    benign = draft("Open it.", intent="benign")
    result = run_stage("refusal-filter", tmp_path, {"refusers": [asked]}, [benign], at_least=1)

    assert result.kept == (benign,)
    assert asked.calls == []


def test_the_writer_of_a_request_is_left_out_where_others_are_wanted(tmp_path: Path) -> None:
    writer, other = model("writer", REFUSES), model("other", HELPS)
    result = run_stage(
        "refusal-filter",
        tmp_path,
        {"refusers": [writer, other]},
        [draft("Open it.")],
        at_least=1,
        others_only=True,
    )

    assert result.kept == ()
    assert (len(writer.calls), len(other.calls)) == (0, 1)


def test_more_refusals_than_models_is_an_error_before_any_call(tmp_path: Path) -> None:
    asked = model("a", HELPS)
    with pytest.raises(UserError, match="at least 2 models refuse, but the role “refusers” has 1"):
        run_stage("refusal-filter", tmp_path, {"refusers": [asked]}, [draft("Open it.")])

    assert asked.calls == []


def test_each_draft_meets_its_own_answers(tmp_path: Path) -> None:
    picky = model("a", lambda r: REFUSES if "window 2" in r.messages[-1].content else HELPS)
    drafts = [draft(f"Open window {n} for me.") for n in range(4)]
    result = run_stage("refusal-filter", tmp_path, {"refusers": [picky]}, drafts, at_least=1)

    assert [kept.turns[0] for kept in result.kept] == ["Open window 2 for me."]


def test_the_plan_counts_one_call_per_model_and_draft() -> None:
    kind = known_stage("refusal-filter")
    cost = kind.estimate(3350, kind.settings(), Sizes(67, 1, {"refusers": 5}))

    assert (cost.calls, cost.drafts) == ({"refusers": 16_750}, 3350)
