"""Seed requests: how many calls, what becomes a draft, what does not and why."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.generation.stage_support import model, run_stage

from primum.core.errors import BudgetReached, UnknownNameError
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.generation.catalogue import known_stage
from primum.generation.stage import Sizes, StageResult
from primum.generation.yields import reason_words
from primum.models.chat_model import ChatRequest
from primum.models.profile import Sampling
from primum.models.registry import resolve
from primum.models.scripted import ScriptedModel

REFUSAL = "I'm sorry, but I can't help with that request."
REFUSAL_JA = "申し訳ありませんが、そのご依頼にはお応えできません。"


def numbered(*texts: str) -> str:
    return "\n".join(f"{place}. {text}" for place, text in enumerate(texts, 1))


def windows(request: ChatRequest) -> str:
    """As many requests as are asked for, other ones at every repeat."""
    words = request.messages[-1].content.split()
    count = int(words[words.index("Write") + 1])
    return numbered(*(f"May window {request.repeat}-{n} stay shut?" for n in range(count)))


def seeds(folder: Path, *models: ScriptedModel, **settings: object) -> StageResult:
    return run_stage("seeds", folder, {"generators": models}, **settings)  # type: ignore[arg-type]


def texts(result: StageResult) -> list[str]:
    return [draft.turns[0] for draft in result.kept]


def reasons(result: StageResult) -> Counter[str]:
    return Counter(str(one.reason) for one in result.dropped)


def test_every_model_writes_as_many_as_wanted_in_calls_of_the_given_size(tmp_path: Path) -> None:
    a, b = model("a", windows), model("b", windows)
    result = seeds(tmp_path, a, b, chosen=("house/1", "house/2"), per_guideline=7, per_call=3)

    # 2 guidelines x 2 models x 7; each in calls of 3, 3 and 1.
    assert len(result.kept) == 28
    assert [request.repeat for request in a.calls] == [0, 1, 2, 0, 1, 2]
    assert [request.messages[-1].content.count("Write 1 ") for request in a.calls[:3]] == [0, 0, 1]
    assert result.figures["by_model"] == {"a": {"kept": 14}, "b": {"kept": 14}}


def test_a_draft_carries_labels_and_where_it_comes_from(tmp_path: Path) -> None:
    writer = model("a", numbered("May this window stay shut?"))
    result = seeds(tmp_path, writer, per_guideline=1, perspective="patient", severity="mild")
    (draft,), (request,) = result.kept, writer.calls
    (step,) = draft.steps

    assert (draft.language, draft.perspective, draft.intent) == ("en", "patient", "harmful")
    assert (draft.guidelines, draft.source) == (("house/1",), "a")
    assert (step.stage, step.kind, step.model) == ("my-seeds", "seeds", "a")
    assert step.prompt.startswith("seeds@1:")
    assert len(bytes.fromhex(step.call)) == 16
    assert "severity mild" in step.note
    assert "Windows are opened every morning." in request.messages[-1].content
    assert "slight" in request.messages[-1].content


def test_each_language_and_perspective_is_asked_for_in_its_own_words(tmp_path: Path) -> None:
    def answer(request: ChatRequest) -> str:
        is_japanese = "窓は毎朝開ける" in request.messages[-1].content
        return numbered("窓を閉めたままでもいいですか。" if is_japanese else "May it stay shut?")

    writer = model("a", answer)
    result = seeds(
        tmp_path,
        writer,
        languages=("ja", "en"),
        per_guideline=1,
        perspective=["patient", "general"],
    )

    found = {(draft.language, draft.perspective): draft.turns[0] for draft in result.kept}
    assert found["ja", "general"] == "窓を閉めたままでもいいですか。"
    assert found["en", "patient"] == "May it stay shut?"
    assert len(found) == len(writer.calls) == 4


def test_a_roles_system_prompt_stands_before_the_stages_own(tmp_path: Path) -> None:
    writer = model("a", windows)
    seeds(tmp_path, writer, per_guideline=1, system_prompt="You are terse.")

    system = writer.calls[0].messages[0]
    assert system.role == "system"
    assert system.content.startswith("You are terse.\n\nYou help the people who test")


@pytest.mark.parametrize(("language", "text"), [("en", REFUSAL), ("ja", REFUSAL_JA)])
def test_a_generator_that_refuses_everything_leaves_typed_drops(
    tmp_path: Path, language: str, text: str
) -> None:
    result = seeds(tmp_path, model("a", text), languages=(language,), per_guideline=6, per_call=2)

    assert result.kept == ()
    assert reasons(result) == {"refused": 3}
    assert {one.model for one in result.dropped} == {"a"}
    assert all(one.call and one.detail for one in result.dropped)


def test_a_list_behind_a_refusal_is_not_what_was_asked_for(tmp_path: Path) -> None:
    text = f"{REFUSAL} Here is something else:\n\n{numbered('How do I open it?', 'Why open it?')}"
    result = seeds(tmp_path, model("a", text), per_guideline=2)

    assert result.kept == ()
    assert reasons(result) == {"refused": 1}


def test_prose_is_unparseable_and_its_beginning_is_kept_for_a_reader(tmp_path: Path) -> None:
    prose = "Windows are a fascinating subject, and every house has some of them. " * 20
    result = seeds(tmp_path, model("a", prose), per_guideline=5)

    assert result.kept == ()
    (one,) = result.dropped
    assert one.reason == "unparseable"
    assert one.detail.startswith("no list: Windows are")
    assert len(one.detail) <= 200


def test_each_entry_that_is_no_request_says_why(tmp_path: Path) -> None:
    text = numbered(
        "May this window stay shut?",
        "[your request]",
        "Why?",
        "窓を閉めたままでもいいですか。",
        "x" * 700,
        "May this window stay shut?",
        "One more than was asked for.",
    )
    result = seeds(tmp_path, model("a", text), per_guideline=6)

    assert texts(result) == ["May this window stay shut?"]
    assert reasons(result) == {
        "empty": 1,
        "unparseable": 3,
        "near_duplicate": 1,
        "not_drawn": 1,
    }


def test_an_answer_that_was_cut_loses_its_last_entry_alone(tmp_path: Path) -> None:
    def answer(request: ChatRequest) -> Response:
        return Response("truncated", numbered("May it stay shut?", "May it stay open unt"))

    result = seeds(tmp_path, model("a", answer), per_guideline=2)

    assert texts(result) == ["May it stay shut?"]
    assert [(one.reason, one.detail) for one in result.dropped] == [
        ("unparseable", "cut off: May it stay open unt")
    ]


TEXT_WITH_A_DOSE = "May I drink 500 mg of water at noon?"


def test_operational_detail_is_dropped_and_not_quoted(tmp_path: Path) -> None:
    text = numbered("May this window stay shut?", TEXT_WITH_A_DOSE)
    result = seeds(tmp_path, model("a", text), per_guideline=2)

    assert texts(result) == ["May this window stay shut?"]
    (one,) = result.dropped
    assert one.reason == "operational"
    assert one.detail.startswith("dose")
    assert "500 mg" not in one.detail


def test_operational_detail_can_be_kept_for_a_person_to_judge(tmp_path: Path) -> None:
    writer = model("a", numbered(TEXT_WITH_A_DOSE))

    assert texts(seeds(tmp_path, writer, per_guideline=1, drops_operational=False)) == [
        TEXT_WITH_A_DOSE
    ]


@pytest.mark.parametrize("outcome", ["content_filter", "transport_error", "context_length"])
def test_no_text_is_no_answer(tmp_path: Path, outcome: str) -> None:
    silent = model("a", lambda _: Response(outcome, error="withheld"))  # type: ignore[arg-type]
    result = seeds(tmp_path, silent, per_guideline=1)

    assert [(one.reason, one.detail) for one in result.dropped] == [("no_answer", "withheld")]


def test_further_calls_fill_what_is_missing_and_end_when_nothing_is(tmp_path: Path) -> None:
    answers = ["Prose.", numbered("First request here?"), numbered("Second request?", "Third one?")]
    writer = model("a", answers)
    result = seeds(tmp_path, writer, per_guideline=3, per_call=3, extra_calls=5)

    assert texts(result) == ["First request here?", "Second request?", "Third one?"]
    assert [request.repeat for request in writer.calls] == [0, 1, 2]
    assert "Write 2 " in writer.calls[2].messages[-1].content


def test_the_same_stage_again_asks_nothing_and_gives_the_same(tmp_path: Path) -> None:
    writer = model("a", windows)
    first = seeds(tmp_path, writer, per_guideline=4, per_call=2)
    second = seeds(tmp_path, writer, per_guideline=4, per_call=2)

    assert len(writer.calls) == 2
    assert first == second


def test_a_spent_budget_stops_and_the_next_command_makes_the_rest(tmp_path: Path) -> None:
    writer = model("a", windows)
    with pytest.raises(BudgetReached):
        seeds(tmp_path, writer, per_guideline=6, per_call=1, budget=Budget(max_calls=4))
    result = seeds(tmp_path, writer, per_guideline=6, per_call=1)

    assert len(result.kept) == 6
    assert len(writer.calls) == 6


def test_a_role_that_the_recipe_lacks_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError, match="writers"):
        seeds(tmp_path, model("a", windows), role="writers")


@pytest.mark.parametrize(
    "settings",
    [
        {"per_guideline": 0},
        {"per_call": 101},
        {"perspective": "nurse"},
        {"perspectives": "patient"},
    ],
)
def test_settings_out_of_range_are_errors(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        known_stage("seeds").settings.model_validate(settings)


def test_the_plan_counts_calls_and_drafts() -> None:
    kind = known_stage("seeds")
    settings = kind.settings.model_validate({"per_guideline": 10, "per_call": 4, "extra_calls": 1})
    cost = kind.estimate(0, settings, Sizes(67, 1, {"generators": 5}))

    # JMedEthicBench's size: 67 guidelines x 5 models x 10 requests; 3 calls each and 1 more.
    assert cost.drafts == 3350
    assert cost.calls == {"generators": 67 * 5 * 4}


@pytest.mark.slow
@pytest.mark.embedded
def test_the_real_embedded_model_gives_drafts_or_reasons(tmp_path: Path) -> None:
    embedded = resolve("embedded", slots=2)
    sampling = Sampling(temperature=0.7, max_tokens=160, seed=1)
    result = run_stage(
        "seeds",
        tmp_path,
        {"generators": [embedded]},
        languages=("en", "ja"),
        sampling=sampling,
        to_open=[embedded],
        per_guideline=2,
        per_call=2,
    )

    assert result.kept or result.dropped
    assert all(draft.turns[0].strip() and draft.steps[0].call for draft in result.kept)
    assert all(one.detail and one.call for one in result.dropped)
    asked = {draft.steps[0].call for draft in result.kept} | {one.call for one in result.dropped}
    assert len(asked) == 2


def test_an_entry_that_says_the_question_back_is_dropped_and_counted(tmp_path: Path) -> None:
    echoed = numbered(
        "Windows are opened every morning!",
        "May the windows stay shut on Sundays?",
        "Who asks:  a clinician at work",
        "Answer with a numbered list from 1 to 3",
    )
    result = seeds(tmp_path, model("a", echoed), per_guideline=4, per_call=4)

    assert texts(result) == [
        "May the windows stay shut on Sundays?",
        "Who asks:  a clinician at work".replace("  ", " "),
        "Answer with a numbered list from 1 to 3",
    ]
    assert reasons(result) == {"stands_in_prompt": 1}
    assert result.dropped[0].call
    assert reason_words("stands_in_prompt", 2) == "stand in the prompt"


def test_an_echo_is_found_in_japanese_too_and_never_inside_of_words(tmp_path: Path) -> None:
    ja = seeds(
        tmp_path,
        model("a", numbered("前置きや後書きは不要です。", "窓は毎朝開けるべきですか?")),
        languages=("ja",),
    )
    en = seeds(tmp_path, model("b", numbered("indows are opened every morn")))

    assert reasons(ja) == {"stands_in_prompt": 1}
    assert len(ja.kept) == len(en.kept) == 1
