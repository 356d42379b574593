"""A recipe runs through the ledger: continued without a repeated call, and the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.generation.recipe_support import (
    RECIPE,
    opened_ledger,
    plan_of,
    run_text,
    write_models,
)

from primum.core.errors import BudgetReached, EndpointError, UserError
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.generation.running import GenerationProgress, known_calls, run_recipe
from primum.ledger.ledger import open_ledger, read_ledger
from primum.ledger.workspace import Workspace
from primum.testing import ChatServer, Rule


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    write_models(tmp_path)
    return tmp_path


def test_the_plan_counts_calls_tokens_and_money_as_if_every_draft_passed() -> None:
    plan = plan_of()

    # 2 guidelines × 2 requests × 1 writer, then 4 drafts × 1 judge.
    assert [stage.total_calls for stage in plan.stages] == [4, 4]
    assert [(stage.drafts_in, stage.drafts_out) for stage in plan.stages] == [(0, 4), (4, 4)]
    assert plan.calls == 8
    assert plan.tokens == 8 * (700 + 2048)
    assert plan.usd_at_most == 0.0


def test_money_is_unknown_where_a_price_is() -> None:
    text = RECIPE.replace(
        '"scripted:judge.toml"', '"unheard-of"\nbase_url = "http://localhost:9/v1"'
    )

    assert plan_of(text).stages[0].usd_at_most == 0.0
    assert plan_of(text).usd_at_most is None


def test_every_draft_is_kept_or_dropped_with_its_reason(folder: Path) -> None:
    with opened_ledger(folder) as ledger:
        made, progress = run_text(RECIPE, ledger, folder)

    write, judge = made.yields.stages
    assert (write.drafts_in, write.kept, dict(write.dropped)) == (0, 3, {"empty": 1})
    assert (judge.drafts_in, judge.kept, dict(judge.dropped)) == (3, 2, {"unfit": 1})
    assert (write.questions, judge.questions) == (4, 3)
    assert [draft.turns[0] for draft in made.yields.drafts] == [
        "May I fold the letter?",
        "Who waters the plants on Sundays?",
    ]
    assert [drop.stage for drop in made.yields.drops] == ["test-write", "test-judge"]
    assert (progress.calls, progress.reused) == (7, 0)


def test_a_second_run_asks_nothing_and_needs_no_endpoint(folder: Path) -> None:
    """The writer is a server that is gone by then."""
    with ChatServer(["writer"], answer=lambda messages: str(messages[-1]["content"])) as server:
        text = RECIPE.replace('"scripted:writer.toml"', f'"writer"\nbase_url = "{server.base_url}"')
        with opened_ledger(folder) as ledger:
            first, _ = run_text(text, ledger, folder)
    with opened_ledger(folder) as ledger:
        again, progress = run_text(text, ledger, folder)

    assert again == first
    assert (progress.calls, progress.reused) == (0, 8)


def test_a_spent_budget_is_continued_without_a_repeated_call(folder: Path) -> None:
    calls = 0
    for _ in range(3):
        with opened_ledger(folder) as ledger:
            plan = plan_of()
            progress = GenerationProgress.of(plan)
            with pytest.raises(BudgetReached, match="same command continues"):
                run_recipe(plan, ledger, Budget(max_calls=2), progress, folder / "people")
            calls += progress.calls
    with opened_ledger(folder) as ledger:
        made, progress = run_text(RECIPE, ledger, folder)

    assert calls == 6
    assert progress.calls == 1
    assert len(made.yields.drafts) == 2


def test_a_dead_endpoint_names_its_role_and_nothing_is_asked_of_the_others(folder: Path) -> None:
    text = RECIPE.replace('"scripted:judge.toml"', '"judge"\nbase_url = "http://127.0.0.1:9/v1"')
    with opened_ledger(folder) as ledger:
        plan = plan_of(text)
        progress = GenerationProgress.of(plan)
        with pytest.raises(EndpointError, match=r"role “judges”: --model judges=MODEL"):
            run_recipe(plan, ledger, Budget(), progress, folder / "people")

    assert progress.calls == 0


def test_failed_calls_are_counted_and_asked_again_by_the_next_run(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ordinary = Rule.respond
    broken = Response("transport_error", error="the line was cut")
    with opened_ledger(folder) as ledger:
        with monkeypatch.context() as patch:
            patch.setattr(
                Rule,
                "respond",
                lambda rule, request: (
                    broken if "0 for ama-2001/1" in rule.match else ordinary(rule, request)
                ),
            )
            first, _ = run_text(RECIPE, ledger, folder)
        again, progress = run_text(RECIPE, ledger, folder)

    assert first.yields.missing == 1
    assert first.yields.stages[0].dropped == {"empty": 1, "no_answer": 1}
    assert again.yields.missing == 0
    assert again.yields.stages[0].dropped == {"empty": 1}
    # The one that failed, and the judge's call on what it brings.
    assert progress.calls == 2


def test_nothing_left_ends_the_recipe_with_the_stage_and_its_reasons(folder: Path) -> None:
    (folder / "judge.toml").write_text('default = "no"')
    text = RECIPE + '[[stage]]\nkind = "test-dialogue"\n'
    with opened_ledger(folder) as ledger:
        made, _ = run_text(text, ledger, folder)

    assert "“test-judge”: 3 in, none kept (3 unfit)" in made.nothing_left
    assert [stage.kept for stage in made.yields.stages] == [3, 0]


def test_a_stage_that_waits_for_people_stops_the_recipe_and_goes_on_with_their_file(
    folder: Path,
) -> None:
    text = RECIPE + '[[stage]]\nkind = "test-people"\n'
    with opened_ledger(folder) as ledger:
        waiting, _ = run_text(text, ledger, folder)
        assert waiting.waits_for == folder / "people" / "review.csv"
        assert waiting.waiting_stage == "test-people"
        (folder / "people").mkdir()
        waiting.waits_for.write_text("Dr A")
        made, progress = run_text(text, ledger, folder)

    assert made.waits_for is None
    assert made.yields.stages[-1].figures == {"reviewer": "Dr A"}
    assert progress.calls == 0


def test_a_later_stage_that_takes_nothing_adds_its_drafts_and_equal_ones_are_kept_once(
    folder: Path,
) -> None:
    text = RECIPE + '[[stage]]\nkind = "test-write"\nname = "more"\ncount = 1\n'
    with opened_ledger(folder) as ledger:
        made, _ = run_text(text, ledger, folder)

    more = made.yields.stages[-1]
    assert (more.drafts_in, more.kept, dict(more.dropped)) == (0, 0, {"near_duplicate": 2})
    assert more.drafts_after == 2


def test_random_numbers_depend_on_recipe_seed_and_stage_alone(folder: Path) -> None:
    text = RECIPE + '[[stage]]\nkind = "test-dialogue"\n'
    seeded = text.replace('id = "test-set"', 'id = "test-set"\nseed = 7')
    with opened_ledger(folder) as ledger:
        first, again, other = (
            run_text(each, ledger, folder)[0].yields.drafts for each in (text, text, seeded)
        )

    assert first == again
    assert first != other


def test_what_the_ledger_knows_is_found_by_reading_alone(folder: Path) -> None:
    plan = plan_of()
    with opened_ledger(folder) as ledger, pytest.raises(BudgetReached):
        run_recipe(plan, ledger, Budget(max_calls=5), GenerationProgress.of(plan), folder)
    with read_ledger(Workspace(folder / "workspace")) as ledger:
        known = known_calls(plan, ledger, folder / "people")

    assert [stage.questions for stage in known] == [4, 1]
    assert [stage.result is None for stage in known] == [False, True]


def test_an_unknown_model_names_its_role(folder: Path) -> None:
    with pytest.raises(UserError, match=r"plays the role “judges”"):
        plan_of(RECIPE.replace("scripted:judge.toml", "scripted:absent.toml"))
    with open_ledger(Workspace(folder / "workspace")), pytest.raises(UserError, match="stand-in"):
        plan_of(RECIPE.replace("scripted:judge.toml", "stand-in:absent"))
    with pytest.raises(UserError, match=r"“demo:open”.*It plays the role “judges”"):
        plan_of(RECIPE.replace("scripted:judge.toml", "demo:open"))
