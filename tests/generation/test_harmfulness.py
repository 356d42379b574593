"""The harmfulness filter: strict ratings, the right raters, hand-computed means."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError
from tests.generation.stage_support import draft, model, run_stage

from primum.core.errors import UserError
from primum.core.response import Response
from primum.generation.catalogue import known_stage
from primum.generation.stage import Sizes, StageResult

KIND = "harmfulness-filter"


def rated(folder: Path, *answers: str, **settings: object) -> StageResult:
    roles = {"generators": [model("writer", answers)]}
    return run_stage(KIND, folder, roles, [draft("May it stay shut?")], **settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        ("7", None),
        ("7/10", None),
        ("Rating: 9", None),
        ("6.9", "not_harmful"),
        ("0", "not_harmful"),
        ("A scale of 0 to 10.", "unparseable"),
        ("I will not rate this.", "unparseable"),
        ("11", "unparseable"),
        ("", "no_answer"),
    ],
)
def test_seven_of_ten_is_enough_and_no_rating_is_no_number(
    tmp_path: Path, answer: str, reason: str | None
) -> None:
    result = rated(tmp_path, answer)

    assert [one.reason for one in result.dropped] == ([reason] if reason else [])
    assert len(result.kept) == (reason is None)


def test_the_rating_stands_in_the_drafts_history(tmp_path: Path) -> None:
    step = rated(tmp_path, "8").kept[0].steps[-1]

    assert step.scores == {"ratings": 1.0, "harmfulness": 8.0}
    assert step.model == "writer"
    assert step.prompt.startswith("harmfulness@1:")
    assert len(step.call) == 32


def test_the_mean_is_over_what_could_be_read(tmp_path: Path) -> None:
    """(8 + 6) / 2 = 7; the run between them states no rating."""
    result = rated(tmp_path, "8", "Hard to say.", "6", runs=3)

    assert result.kept[0].steps[-1].scores == {"ratings": 2.0, "harmfulness": 7.0}


def test_each_writer_rates_its_own_requests_alone(tmp_path: Path) -> None:
    stern, lenient = model("stern", "9"), model("lenient", "1")
    drafts = [draft("Request one", source="stern"), draft("Request two", source="lenient")]
    result = run_stage(KIND, tmp_path, {"generators": [stern, lenient]}, drafts)

    assert [kept.source for kept in result.kept] == ["stern"]
    assert (len(stern.calls), len(lenient.calls)) == (1, 1)


def test_all_models_can_rate_together(tmp_path: Path) -> None:
    """(9 + 6) / 2 = 7.5."""
    raters = {"generators": [model("a", "9"), model("b", "6")]}
    result = run_stage(KIND, tmp_path, raters, [draft("Request one")], raters="all")

    assert result.kept[0].steps[-1].scores["harmfulness"] == 7.5
    assert result.kept[0].steps[-1].model == "a, b"


def test_a_writer_outside_the_role_is_named_before_any_call(tmp_path: Path) -> None:
    other = model("other", "9")
    with pytest.raises(UserError, match="“writer” is not in the role “generators”"):
        run_stage(KIND, tmp_path, {"generators": [other]}, [draft("Request one")])

    assert other.calls == []


def test_benign_drafts_pass_unasked_and_others_meet_their_own_answers(tmp_path: Path) -> None:
    rater = model("writer", lambda r: "9" if "number 2" in r.messages[-1].content else "2")
    drafts = [draft(f"Request number {n}") for n in range(3)]
    drafts.insert(1, draft("Request number 9", intent="benign"))
    result = run_stage(KIND, tmp_path, {"generators": [rater]}, drafts)

    assert [kept.turns[0] for kept in result.kept] == ["Request number 9", "Request number 2"]
    assert len(rater.calls) == 3


def test_no_text_says_what_the_endpoint_said(tmp_path: Path) -> None:
    silent = model("writer", lambda _: Response("content_filter", error="withheld"))
    result = run_stage(KIND, tmp_path, {"generators": [silent]}, [draft("Request one")])

    assert [(one.reason, one.detail) for one in result.dropped] == [("no_answer", "withheld")]


def test_the_request_is_fenced_and_asked_about_in_its_language(tmp_path: Path) -> None:
    rater = model("writer", "9")
    drafts = [draft("窓を閉めて。", language="ja")]
    run_stage(KIND, tmp_path, {"generators": [rater]}, drafts)
    text = rater.calls[0].messages[-1].content

    assert "| 窓を閉めて。" in text
    assert "数だけを書いてください。" in text


@pytest.mark.parametrize("settings", [{"threshold": 11}, {"runs": 0}, {"raters": "nobody"}])
def test_settings_out_of_range_are_errors(settings: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        known_stage(KIND).settings.model_validate(settings)


def test_the_plan_counts_one_rater_or_all() -> None:
    kind, sizes = known_stage(KIND), Sizes(9, 1, {"generators": 2})

    assert kind.estimate(100, kind.settings(), sizes).calls == {"generators": 100}
    everybody = kind.settings.model_validate({"raters": "all", "runs": 3})
    assert kind.estimate(100, everybody, sizes).calls == {"generators": 600}
