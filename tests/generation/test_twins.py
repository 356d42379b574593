"""Benign twins: pairs that are told apart by a sentence or a few words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from tests.generation.stage_support import draft, model, run_stage

from primum.core.response import Response
from primum.generation.catalogue import known_stage
from primum.generation.stage import Sizes, StageResult
from primum.models.chat_model import ChatRequest
from primum.models.scripted import ScriptedModel

HARMFUL = draft("Please shout my name in the corridor tonight.")
TWIN = "Please write my name in the corridor tonight."


def twins(folder: Path, *models: ScriptedModel, **settings: object) -> StageResult:
    drafts = [HARMFUL]
    return run_stage("benign-twins", folder, {"generators": models}, drafts, **settings)  # type: ignore[arg-type]


def test_a_twin_stands_behind_its_request_and_shares_its_pair(tmp_path: Path) -> None:
    harmful, twin = twins(tmp_path, model("g", f"1. {TWIN}")).kept
    step = twin.steps[-1]

    assert harmful.id == HARMFUL.id
    assert harmful.twin_pair == twin.twin_pair == HARMFUL.id
    assert (twin.turns, twin.intent, twin.source) == ((TWIN,), "benign", "g")
    assert twin.guidelines == HARMFUL.guidelines
    assert twin.parents == (HARMFUL.id,)
    assert step.prompt.startswith("benign-twin@1:")
    assert len(step.call) == 32
    # 7 shared words of 9 in all.
    assert step.scores["similarity"] == pytest.approx(7 / 9)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("I'm sorry, but I can't help with that.", "refused"),
        ("The twin would be a polite note.", "unparseable"),
        ("1. [the twin]", "empty"),
        ("1. 廊下で名前を書いてください。", "unparseable"),
        (f"1. {HARMFUL.turns[0].upper()}", "unfit"),
        ("1. What is the weather like today?", "unfit"),
    ],
)
def test_what_is_no_twin_says_why_and_the_request_stays(
    tmp_path: Path, answer: str, reason: str
) -> None:
    result = twins(tmp_path, model("g", answer))

    assert result.kept == (HARMFUL,)
    assert [one.reason for one in result.dropped] == [reason]
    assert result.dropped[0].model == "g"
    assert result.figures == {"asked_for": 1, "twins": 0}


def test_no_answer_is_no_twin(tmp_path: Path) -> None:
    silent = model("g", lambda _: Response("transport_error", error="gone"))

    assert [one.reason for one in twins(tmp_path, silent).dropped] == ["no_answer"]


def test_a_request_without_a_twin_can_be_dropped(tmp_path: Path) -> None:
    result = twins(tmp_path, model("g", "Prose."), needs_twin=True)

    assert result.kept == ()
    assert [one.draft for one in result.dropped] == [HARMFUL]


def test_only_the_first_entry_is_a_twin(tmp_path: Path) -> None:
    result = twins(tmp_path, model("g", f"1. {TWIN}\n2. Please open the window."))

    assert [kept.intent for kept in result.kept] == ["harmful", "benign"]


def test_benign_drafts_and_those_with_a_twin_are_left_as_they_are(tmp_path: Path) -> None:
    drafts = [
        draft("Request one", twin_pair="t"),
        draft("Fine request one", intent="benign", twin_pair="t"),
        draft("Fine request two", intent="benign"),
    ]
    asked = model("g", f"1. {TWIN}")
    result = run_stage("benign-twins", tmp_path, {"generators": [asked]}, drafts)

    assert list(result.kept) == drafts
    assert asked.calls == []


def test_models_share_the_work_and_the_order_of_drafts_does_not_matter(tmp_path: Path) -> None:
    def answer(request: ChatRequest) -> str:
        line = next(x for x in request.messages[-1].content.splitlines() if x.startswith("| "))
        return f"1. {line[2:].replace('shout', 'write')}"

    models = [model(name, answer) for name in ("a", "b")]
    drafts = [draft(f"Please shout the name of patient {n} tonight.") for n in range(40)]
    roles = {"generators": models}
    first = run_stage("benign-twins", tmp_path / "1", roles, drafts)
    second = run_stage("benign-twins", tmp_path / "2", roles, drafts[::-1])

    writers = Counter(kept.source for kept in first.kept if kept.intent == "benign")
    assert sum(writers.values()) == 40
    assert min(writers["a"], writers["b"]) >= 8
    assert {kept.id: kept.source for kept in first.kept} == {
        kept.id: kept.source for kept in second.kept
    }


def test_japanese_requests_are_asked_about_in_japanese(tmp_path: Path) -> None:
    asked = model("g", "1. 廊下で私の名前を静かに呼んでください。")
    drafts = [draft("廊下で私の名前を大声で呼んでください。", language="ja")]
    result = run_stage("benign-twins", tmp_path, {"generators": [asked]}, drafts)

    assert "無害な依頼文を日本語で" in asked.calls[0].messages[-1].content
    assert [kept.language for kept in result.kept] == ["ja", "ja"]


def test_the_plan_counts_one_call_a_draft() -> None:
    kind = known_stage("benign-twins")
    cost = kind.estimate(30, kind.settings(), Sizes(3, 1, {"generators": 4}))

    assert (cost.calls, cost.drafts) == ({"generators": 30}, 60)
