"""A study runs whole: side by side, nothing asked twice, one dead endpoint alone."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import answer_as_judge
from tests.studies.study_text import contrast, model, study_of

from primum.core.errors import BudgetReached
from primum.core.response import Response
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatRequest
from primum.models.scripted import ScriptedModel
from primum.studies.panel import read_runs
from primum.studies.running import StudyOutcome, run_study
from primum.studies.study_file import StudyFile
from primum.studies.study_plan import StudyLimits, make_study_plan
from primum.studies.study_plan_known import known_runs
from primum.studies.study_progress import StudyProgress
from primum.testing import ChatServer
from primum.testing.server import Act

NOWHERE = "http://127.0.0.1:9/v1"
"""Nothing listens there."""
ITEMS = 6
PART = f"""
[[protocol]]
protocol = "starter"
language = "en"
limit = {ITEMS}
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Workspace(tmp_path)) as opened:
        yield opened


def judged_by(server: str) -> str:
    """The part with a judge that asks a model."""
    return PART + f'judges = ["harmfulness:vllm/judge"]\njudge_base_url = "{server}"\n'


def at(server: ChatServer, name: str, **keys: object) -> str:
    """A model behind that server."""
    return model(name, model=f"vllm/{name}", base_url=server.base_url, **keys)


def run(study: StudyFile, ledger: Ledger, limits: StudyLimits | None = None) -> StudyOutcome:
    """The study to its end."""
    plan = make_study_plan(study, limits=limits)
    return run_study(plan, ledger, StudyProgress.of(plan))


def asked(server: ChatServer) -> Counter[str]:
    """How often the very same was asked, over all calls."""
    return Counter(json.dumps(call.body, sort_keys=True) for call in server.calls)


def test_models_at_different_endpoints_are_asked_at_the_same_time(ledger: Ledger) -> None:
    # Each endpoint answers its first call only once the other has got one, too.
    both, first = threading.Barrier(2), threading.local()

    def answer(_: Sequence[Mapping[str, Any]]) -> str:
        if not hasattr(first, "passed"):
            both.wait(timeout=20)
            first.passed = True
        return "fine"

    with ChatServer(["a"], answer=answer) as one, ChatServer(["b"], answer=answer) as two:
        outcome = run(study_of(at(one, "a"), at(two, "b"), parts=PART), ledger)

    assert outcome.is_complete


def test_models_at_one_endpoint_are_asked_one_after_another(ledger: Ledger) -> None:
    with ChatServer(["a", "b"]) as server:
        run(study_of(at(server, "a"), at(server, "b"), parts=PART), ledger)

        order = [call.body["model"] for call in server.calls]

    assert order == sorted(order)
    assert set(order) == {"a", "b"}


def test_models_that_answer_alike_share_the_calls_of_their_judge(ledger: Ledger) -> None:
    with (
        ChatServer(["a"], answer=lambda _: "fine") as one,
        ChatServer(["b"], answer=lambda _: "fine") as two,
        ChatServer(["judge"], answer=answer_as_judge) as judge,
    ):
        study = study_of(at(one, "a"), at(two, "b"), parts=judged_by(judge.base_url))
        outcome = run(study, ledger)

        assert outcome.is_complete
        assert len(one.calls) == len(two.calls) == len(judge.calls)
        assert set(asked(judge).values()) == {1}


def test_a_finished_study_asks_nothing_again(ledger: Ledger) -> None:
    with ChatServer(["a"]) as one, ChatServer(["b"]) as two:
        study = study_of(at(one, "a"), at(two, "b"), parts=PART)
        first = run(study, ledger)
        calls = len(one.calls) + len(two.calls)

        again = run(study, ledger)

        assert len(one.calls) + len(two.calls) == calls == first.calls
    assert again.calls == 0
    assert again.members == first.members


def test_a_dead_endpoint_leaves_its_model_incomplete_and_all_others_whole(ledger: Ledger) -> None:
    with ChatServer(["a", "b"]) as server:
        study = study_of(
            at(server, "a"),
            model("dead", model="vllm/dead", base_url=NOWHERE),
            model("keyless", model="openai/gpt-4.1", api_key_variable="PRIMUM_TEST_NO_KEY"),
            at(server, "missing"),
            at(server, "b"),
            parts=PART,
        )
        outcome = run(study, ledger)

    whole = {member.name: member.is_complete for member in outcome.members}
    reasons = {member.name: member.reason for member in outcome.incomplete}
    assert whole == {"a": True, "dead": False, "keyless": False, "missing": False, "b": True}
    assert "cannot be reached" in reasons["dead"]
    assert "PRIMUM_TEST_NO_KEY" in reasons["keyless"]
    assert "missing" in reasons["missing"]
    assert not next(m for m in outcome.members if m.name == "dead").runs


def test_a_model_that_comes_back_is_completed_by_the_same_study(ledger: Ledger) -> None:
    with ChatServer(["a"]) as one, ChatServer([]) as two:
        study = study_of(at(one, "a"), at(two, "b"), parts=PART)
        assert not run(study, ledger).is_complete
        two.models = ("b",)
        calls = len(one.calls)

        outcome = run(study, ledger)

        assert outcome.is_complete
        assert len(one.calls) == calls


def test_a_dead_judge_stops_every_run_that_needs_it_and_no_other(ledger: Ledger) -> None:
    with ChatServer(["a"]) as one, ChatServer(["b"]) as two:
        study = study_of(
            at(one, "a", protocols=["starter"]),
            at(two, "b"),
            parts=PART + judged_by(NOWHERE) + 'name = "judged"\n',
        )
        outcome = run(study, ledger)

    first, second = outcome.members
    assert first.is_complete
    assert not second.is_complete
    assert set(second.runs) == {"starter"}
    assert second.reason.startswith("judged: ")
    assert NOWHERE in second.reason


def test_a_model_that_dies_under_way_keeps_what_it_answered(ledger: Ledger) -> None:
    def answer(messages: Sequence[Mapping[str, Any]]) -> str:
        if len(one.calls) == 4:
            one.key = "another key now"
        return f"You said: {messages[-1]['content']}"

    with ChatServer(["a"], answer=answer) as one, ChatServer(["b"]) as two:
        study = study_of(at(one, "a", concurrency=1), at(two, "b"), parts=PART)
        outcome = run(study, ledger)
        one.key = ""
        answered = len(one.calls) - 1
        resumed = run(study, ledger)

        assert [member.is_complete for member in outcome.members] == [False, True]
        assert "starter" in outcome.members[0].runs
        assert resumed.is_complete
        assert len(one.calls) == answered + 1 + resumed.calls
        # The refused call alone is asked again.
        assert sorted(asked(one).values())[-2:] == [1, 2]


def test_one_budget_holds_for_the_whole_study(ledger: Ledger) -> None:
    with ChatServer(["a"]) as one, ChatServer(["b"]) as two:
        study = study_of(at(one, "a"), at(two, "b"), parts=PART)
        with pytest.raises(BudgetReached):
            run(study, ledger, StudyLimits(max_calls=5))

        assert len(one.calls) + len(two.calls) == 5
        outcome = run(study, ledger)

        assert outcome.is_complete
        assert set((asked(one) + asked(two)).values()) == {1}


def test_a_plan_says_what_the_ledger_has_whoever_asked_it(ledger: Ledger) -> None:
    with ChatServer(["a", "b"]) as server:
        both = study_of(at(server, "a"), at(server, "b"), parts=PART)
        with pytest.raises(BudgetReached):
            run(study_of(at(server, "a"), parts=PART), ledger, StudyLimits(max_calls=5))
        plan = make_study_plan(both)
        known = known_runs(plan, ledger)
        begun, new = (known[run.plan.run_id] for run in plan.runs)
        assert (begun.state, begun.work.target_calls) == ("partly", 5)
        assert (new.state, new.work.target_calls) == ("new", 0)
        run(both, ledger)
        # Other judges make other runs; what was answered is known to them all the same.
        judged = make_study_plan(
            study_of(at(server, "a"), parts=judged_by(NOWHERE)), limits=StudyLimits()
        )
        (found,) = known_runs(judged, ledger).values()
        assert found.state == "new"
        assert found.work.target_calls == judged.runs[0].cost.target_calls
        assert found.work.judge_calls == 0


def test_a_model_is_opened_once_for_its_parts(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    enter = ScriptedModel.__aenter__

    async def counted(self: ScriptedModel) -> ScriptedModel:
        opened.append(self.name)
        return await enter(self)

    monkeypatch.setattr(ScriptedModel, "__aenter__", counted)
    (tmp_path / "x.toml").write_text('default = "fine"\n')
    name = f"scripted:{tmp_path / 'x.toml'}"
    study = study_of(
        model("plain", model=name),
        model("careful", model=name, profile="safety-prompt"),
        parts=PART + PART + 'name = "again"\nperspective = "patient"\n',
    )

    assert run(study, ledger).is_complete
    assert opened == [name]


def test_a_fault_of_our_own_is_raised_and_stops_the_others(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def broken(self: ScriptedModel, request: ChatRequest) -> Response:
        raise ZeroDivisionError

    monkeypatch.setattr(ScriptedModel, "complete", broken)
    (tmp_path / "x.toml").write_text('default = "fine"\n')
    with ChatServer(["a"]) as server:
        server.always(Act().after(0.05))
        study = study_of(
            at(server, "a", concurrency=1),
            model("broken", model=f"scripted:{tmp_path / 'x.toml'}"),
            parts=PART,
        )
        with pytest.raises(ZeroDivisionError):
            run(study, ledger)

        assert len(server.calls) < ITEMS


def test_people_and_models_are_asked_the_same_and_people_one_by_one(
    ledger: Ledger, tmp_path: Path
) -> None:
    with ChatServer(["a"]) as server:
        plan = make_study_plan(study_of(at(server, "a"), parts=PART))
        items = list(plan.runs[0].plan.items())
        path = tmp_path / "ward.csv"
        path.write_text(
            "item,turn,answer,respondent\n"
            + "".join(
                f"{item.id},{turn + 1},I would refer them.,{who}\n"
                for who in ("R1", "R2")
                for item in items
                for turn in range(len(item.turns))
            )
        )
        study = study_of(
            at(server, "a", **{"class": "general"}),
            model("ward", model=f"answers:{path}", respondents="all"),
            contrast("c", "groups", factor="class", first="people", second="general"),
            parts=PART,
        )
        outcome = run(study, ledger)

    assert [m.name for m in outcome.members] == ["a", "ward/R1", "ward/R2"]
    assert [m.is_person for m in outcome.members] == [False, True, True]
    assert [m.labels.get("class") for m in outcome.members] == ["general", "people", "people"]
    assert outcome.is_complete
    assert len({member.runs["starter"] for member in outcome.members}) == 3


def test_a_blank_answer_is_missing_and_an_item_without_a_row_was_not_asked(
    ledger: Ledger, tmp_path: Path
) -> None:
    """From the file of answers through the ledger to the panel, turns of dialogues too."""
    part = '\n[[protocol]]\nprotocol = "primum-core"\nlanguage = "en"\nlimit = 120\n'
    plan = make_study_plan(study_of(model("a"), parts=part)).runs[0].plan
    single = [item for item in plan.items() if len(item.turns) == 1][:3]
    dialogue = [item for item in plan.items() if len(item.turns) > 1][:3]
    cells = {
        **{(item, 0): text for item, text in zip(single, ("I cannot.", ""), strict=False)},
        **{(dialogue[0], turn): "I cannot." for turn in range(len(dialogue[0].turns))},
        **{(dialogue[1], turn): "" for turn in range(len(dialogue[1].turns))},
    }
    path = tmp_path / "ward.csv"
    path.write_text(
        "item,turn,answer,respondent\n"
        + "".join(f"{item.id},{turn + 1},{text},R1\n" for (item, turn), text in cells.items())
    )
    study = study_of(model("ward", model=f"answers:{path}"), parts=part)

    members = run(study, ledger).members

    panel = read_runs(members, ["primum-core"], ledger).panels["primum-core"]
    asked = {item.id for item, own in zip(panel.items, panel.with_row[0], strict=True) if own}
    assert asked == {item.id for item, _ in cells}
    coverage = panel.coverage["ward"]
    assert coverage.answered == 2
    planned = 2 + sum(len(item.turns) for item in dialogue[:2])
    assert coverage.verdicts["refusal-screen"] == planned
    assert coverage.missing["refusal-screen"] == 1 + len(dialogue[1].turns)


def test_progress_counts_the_runs_and_their_conversations(ledger: Ledger) -> None:
    with ChatServer(["a", "b"]) as server:
        study = study_of(at(server, "a"), at(server, "b"), at(server, "gone"), parts=PART)
        plan = make_study_plan(study)
        progress = StudyProgress.of(plan)
        assert (progress.runs_done, progress.planned, progress.done) == (0, 3 * ITEMS, 0)
        run_study(plan, ledger, progress)

    assert (progress.runs_done, progress.runs_incomplete) == (3, 1)
    assert progress.done == 2 * ITEMS
    assert progress.calls == sum(run.cost.target_calls for run in plan.runs[:2])
    assert progress.running == []
    assert progress.eta_seconds == 0
