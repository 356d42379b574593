"""Runs in which a model plays the user: turns, success, failures, resumption, pairs."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from tests.evaluation.small_study import SmallStudy, a_row, asked_of

from primum.cli.evaluate import command
from primum.cli.live_attacker import attacker_of
from primum.core.errors import BudgetReached, UnknownNameError, UserError
from primum.core.response import Response
from primum.engine.progress import Progress
from primum.evaluation.comparison import EvaluatedRun, compare
from primum.evaluation.cost import estimate_cost
from primum.evaluation.evaluate import evaluate
from primum.evaluation.plan import Plan
from primum.evaluation.planning import make_plan
from primum.evaluation.request import EvaluationRequest
from primum.evaluation.result import read_run
from primum.ledger.ledger import open_ledger
from primum.ledger.maintenance import check, compact, delete_run
from primum.ledger.workspace import locate
from primum.models.chat_model import ChatRequest
from primum.testing.judge import verdict_text
from primum.testing.simulation import STRATEGIES

SCREEN = '[[judge]]\nname = "refusal-screen"\n'
REFUSAL = "I'm sorry, but I can't help with that."


@dataclass
class World:
    """A target that gives way to the words “pretty please”, an attacker that says so from a turn."""

    folder: Path
    gives_way_at: int = 99
    calls: list[tuple[str, ChatRequest]] = field(default_factory=list)

    def attacker(self, request: ChatRequest) -> str | Response:
        """Says the name of the request, the turn, and when it is time the magic words."""
        self.calls.append(("attacker", request))
        text = request.messages[-1].content
        turn = int(text.partition(": turn ")[2].partition(" of")[0])
        words = "pretty please" if turn >= self.gives_way_at else "please"
        return f"<message>[{asked_of(request)}] number {turn}, {words}.</message>"

    def target(self, request: ChatRequest) -> str | Response:
        self.calls.append(("target", request))
        given = "pretty please" in request.messages[-1].content
        return "The door is green, and so is the gate behind it." if given else REFUSAL

    def judge(self, request: ChatRequest) -> str:
        self.calls.append(("judge", request))
        return verdict_text(request, 5 if "number 2" in request.messages[-1].content else 1)

    @property
    def study(self) -> SmallStudy:
        models = {"target": self.target, "attacker": self.attacker, "judge": self.judge}
        return SmallStudy(self.folder, models)

    def plan(self, *names: str, judges: str = SCREEN, rows: Any = None, **more: Any) -> Plan:
        study = self.study
        study.plan(study.write_protocol(SCREEN), study.write_items([a_row("x")]))
        request = EvaluationRequest(
            **{
                "protocol": study.write_protocol(judges),
                "benchmark": study.write_items(rows or [a_row(name) for name in names]),
                "model": "small:target",
                "attacker": "small:attacker",
                **more,
            }
        )
        return make_plan(request, attacker=attacker_of(request))

    def run(self, *names: str, **more: Any) -> EvaluatedRun:
        plan = self.plan(*names, **more)
        with open_ledger(locate(self.folder / "workspace")) as ledger:
            return read_run(ledger, evaluate(plan, ledger, Progress()))

    def asked(self, who: str) -> list[ChatRequest]:
        return [request for name, request in self.calls if name == who]


def attack(run: EvaluatedRun) -> dict[str, Any]:
    return dict(run.facts.spec["attack"])


def test_an_attack_stops_at_its_success_and_only_what_was_held_is_counted(tmp_path: Path) -> None:
    world = World(tmp_path, gives_way_at=2)
    run = world.run("p", "q", attacker_turns=5)

    assert len(world.asked("target")) == len(world.asked("attacker")) == 2 * 2
    assert run.summary.turns == 4
    assert run.summary.complete == run.summary.conversations == 2
    assert attack(run)["median_turns_to_success"] == 2
    assert attack(run)["successes"].startswith("2/2 = 100.0% [34.2%")
    assert attack(run)["without_result"] == {}
    assert run.summary.usage["calls"] == 8


def test_the_target_is_asked_what_the_attacker_says_and_the_report_shows_it(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, gives_way_at=2)
    run = world.run("p")

    said = ["[p-1] number 1, please.", "[p-1] number 2, pretty please."]
    last = world.asked("target")[-1]
    assert [m.content for m in last.messages if m.role == "user"] == said
    assert [turn.request for turn in run.summary.examples[0].turns] == said


def test_the_number_of_turns_is_honoured_exactly(tmp_path: Path) -> None:
    world = World(tmp_path)
    run = world.run("p", "q", "r", attacker_turns=4)

    assert len(world.asked("target")) == len(world.asked("attacker")) == 3 * 4
    assert run.summary.turns == 12
    assert attack(run)["successes"].startswith("0/3 = 0.0%")


def test_the_attacker_sees_the_answers_and_steps_back_after_a_refusal(tmp_path: Path) -> None:
    world = World(tmp_path, gives_way_at=2)
    world.run("p", attacker_turns=3, attacker_success="harmfulness:small:judge",
              judges='[[judge]]\nname = "harmfulness"\nmodel = "small:judge"\n')  # fmt: skip

    first, second = (request.messages[-1].content for request in world.asked("attacker"))
    assert "nothing was said yet" in first
    assert "This opens the conversation." in first
    assert REFUSAL in second
    assert "Step back" in second


def test_after_an_answer_the_attacker_goes_one_step_further(tmp_path: Path) -> None:
    world = World(tmp_path, gives_way_at=1)
    world.run("p", attacker_turns=2, attacker_success="harmfulness:small:judge",
              judges='[[judge]]\nname = "harmfulness"\nmodel = "small:judge"\n')  # fmt: skip

    assert "one step further" in world.asked("attacker")[1].messages[-1].content


def test_a_named_judge_decides_when_to_stop_and_is_asked_no_more_often_for_it(
    tmp_path: Path,
) -> None:
    world = World(tmp_path)
    run = world.run("p", "q", attacker_turns=4, attacker_success="harmfulness:small:judge",
                    judges='[[judge]]\nname = "harmfulness"\nmodel = "small:judge"\n')  # fmt: skip

    # The judge finds the second message's answer unsafe, whatever its words.
    assert len(world.asked("target")) == len(world.asked("judge")) == 2 * 2
    assert attack(run)["successes"].startswith("2/2 ")
    assert run.summary.turns == 4


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (f"<message>{REFUSAL}</message>", "attacker_refused"),
        ("<message>one</message> or <message>two</message>", "attacker_unparseable"),
        (Response("content_filter"), "attacker_no_answer"),
    ],
)
def test_a_failure_of_the_attacker_is_typed_and_never_a_safe_answer(
    tmp_path: Path, said: str | Response, outcome: str
) -> None:
    class Failing(World):
        def attacker(self, request: ChatRequest) -> str | Response:
            is_late = "turn 2 of" in request.messages[-1].content
            good = super().attacker(request)
            return said if is_late and "[q-1]" in request.messages[-1].content else good

    run = Failing(tmp_path).run("p", "q", attacker_turns=3)

    assert attack(run)["without_result"] == {outcome: 1}
    assert attack(run)["successes"].startswith("0/1 ")
    assert run.summary.complete == 1
    assert run.summary.conversations == 2
    refused = run.summary.estimate("refusal.full|harmful|refusal-screen", "overall", "micro")
    assert (refused.n, refused.missing) == (4, 2)


def test_a_stopped_run_goes_on_and_no_call_is_made_twice(tmp_path: Path) -> None:
    whole, parts = World(tmp_path / "a", gives_way_at=3), World(tmp_path / "b", gives_way_at=3)
    for world in (whole, parts):
        world.folder.mkdir()
    at_once = whole.run("p", "q", "r", attacker_turns=4)
    with pytest.raises(BudgetReached):
        parts.run("p", "q", "r", attacker_turns=4, max_calls=7)
    resumed = parts.run("p", "q", "r", attacker_turns=4)
    made = len(parts.calls)
    again = parts.run("p", "q", "r", attacker_turns=4)

    assert resumed.summary.cells == at_once.summary.cells == again.summary.cells
    assert attack(resumed) == attack(at_once)
    assert made == len(whole.calls) == len(parts.calls)


def test_an_interrupted_run_counts_what_is_open_as_unfinished(tmp_path: Path) -> None:
    world = World(tmp_path)
    plan = world.plan("p", "q", attacker_turns=3, max_calls=3)
    with open_ledger(locate(tmp_path / "workspace")) as ledger:
        with pytest.raises(BudgetReached):
            evaluate(plan, ledger, Progress())
        run = read_run(ledger, ledger.run(plan.run_id))

    assert attack(run)["without_result"] == {"unfinished": 2}
    assert attack(run)["successes"] == "0/0"


def test_a_failed_call_of_the_attacker_is_tried_again_by_the_next_command(tmp_path: Path) -> None:
    class Flaky(World):
        is_down = True

        def attacker(self, request: ChatRequest) -> str | Response:
            return Response("transport_error") if self.is_down else super().attacker(request)

    world = Flaky(tmp_path, gives_way_at=1)
    first = world.run("p")
    world.is_down = False
    second = world.run("p")

    assert attack(first)["without_result"] == {"attacker_no_answer": 1}
    assert attack(second)["successes"].startswith("1/1 ")


def test_a_verdict_that_comes_later_ends_the_attack_where_it_would_have_ended(
    tmp_path: Path,
) -> None:
    class Late(World):
        is_down = True

        def judge(self, request: ChatRequest) -> Any:
            is_lost = self.is_down and "[p-1] number 2" in request.messages[-1].content
            return Response("transport_error") if is_lost else super().judge(request)

    world = Late(tmp_path)
    settings: dict[str, Any] = {
        "attacker_turns": 4,
        "attacker_success": "harmfulness:small:judge",
        "judges": '[[judge]]\nname = "harmfulness"\nmodel = "small:judge"\n',
    }
    first = world.run("p", "q", **settings)
    world.is_down = False
    second = world.run("p", "q", **settings)

    # The first run lost the verdict on p's second answer, and went on to four turns.
    assert (first.summary.turns, attack(first)["successes"][:3]) == (6, "1/2")
    assert (second.summary.turns, attack(second)["successes"][:3]) == (4, "2/2")
    assert second.summary.verdict_outcomes == {"harmfulness:small:judge": {"scored": 4}}


def test_repeats_are_tries_of_their_own_with_the_same_strategy(tmp_path: Path) -> None:
    world = World(tmp_path, gives_way_at=2)
    run = world.run("p", "q", repeats=3, attacker_turns=3)

    assert [request.repeat for request in world.asked("attacker")].count(2) == 4
    assert attack(run)["successes"].startswith("6/6")
    assert run.summary.conversations == 6


def test_scripted_and_live_runs_of_the_same_items_are_compared_in_pairs(tmp_path: Path) -> None:
    world = World(tmp_path, gives_way_at=1)
    names = [f"n{number}" for number in range(12)]
    scripted = world.run(*names, attacker=None)
    live = world.run(*names, attacker_turns=3)

    compared = compare(scripted, live)
    (found,) = [
        one
        for one in compared.contrasts
        if one.metric == "refusal.full|harmful|refusal-screen" and one.first == "overall:micro"
    ]
    assert found.difference.pairs == 12
    assert found.difference.value == -1
    assert compared.only_first == compared.only_second == 0
    assert "different-users" in {notice.code for notice in compared.notices}


def test_the_strategy_is_part_of_the_result_and_the_items_own_one_is_kept(tmp_path: Path) -> None:
    rows = [a_row(f"n{n}", strategy=STRATEGIES[n % 2]) for n in range(4)]
    world = World(tmp_path, gives_way_at=1)
    run = world.run(rows=rows)
    other = world.run(rows=rows, attacker_strategies=STRATEGIES[4])

    assert set(attack(run)["successes_by_strategy"]) == set(STRATEGIES[:2])
    assert {item.strategy for item in run.columns.items} == set(STRATEGIES[:2])
    assert {item.strategy for item in other.columns.items} == {STRATEGIES[4]}


def test_plain_rephrasing_follows_no_strategy(tmp_path: Path) -> None:
    world = World(tmp_path)
    run = world.run("p", attacker_mode="rephrasing")

    assert run.facts.spec["attacker"]["strategies"] == []
    assert "strategy" not in world.asked("attacker")[0].messages[-1].content.lower()


def test_whatever_the_attacker_is_makes_it_another_run(tmp_path: Path) -> None:
    world = World(tmp_path)
    settings: list[dict[str, Any]] = [
        {},
        {"attacker": None},
        {"attacker_turns": 5},
        {"attacker_mode": "persona"},
        {"attacker_strategies": STRATEGIES[0]},
    ]

    assert len({world.plan("p", **each).run_id for each in settings}) == len(settings)


def test_a_plan_counts_turns_and_calls_of_both_sides(tmp_path: Path) -> None:
    plan = World(tmp_path).plan("p", "q", attacker_turns=5)
    lines = {line.role: line.calls for line in estimate_cost(plan).lines}

    assert lines == {"target": 10, "attacker": 10}
    assert plan.survey.turns == 10


def test_benign_items_are_not_attacked(tmp_path: Path) -> None:
    plan = World(tmp_path).plan(rows=[a_row("p"), a_row("q", intent="benign")])

    assert [item.intent for item in plan.items()] == ["harmful"]


@pytest.mark.parametrize("sample", ["stratified", "first"])
def test_a_sample_holds_the_same_requests_for_scripted_and_live_turns(
    tmp_path: Path, sample: str
) -> None:
    world = World(tmp_path)
    rows = [a_row(f"n{n}", intent="harmful" if n % 3 else "benign") for n in range(30)]
    settings: dict[str, Any] = {"rows": rows, "limit": 12, "sample": sample, "seed": 7}
    scripted = list(world.plan(**settings, attacker=None).items())
    live = world.plan(**settings)

    assert len(scripted) == 12
    assert {item.intent for item in scripted} == {"harmful", "benign"}
    assert [*live.items()] == [item for item in scripted if item.intent == "harmful"]
    assert live.survey.items == len([*live.items()])


def test_a_sample_of_benign_items_only_is_no_live_run(tmp_path: Path) -> None:
    rows = [a_row("p", intent="benign"), a_row("q")]
    with pytest.raises(UserError, match="raise it"):
        World(tmp_path).plan(rows=rows, limit=1, sample="first")


@pytest.mark.parametrize(
    "option",
    [
        ("--attacker-turns", "4"),
        ("--attacker-base-url", "http://localhost:1/v1"),
        ("--attacker-strategies", STRATEGIES[0]),
        ("--attacker-mode", "persona"),
        ("--attacker-success", "screen"),
    ],
)
def test_what_an_attacker_is_to_do_is_refused_without_one(
    tmp_path: Path, option: tuple[str, str]
) -> None:
    done = CliRunner().invoke(command, [*option, "--workspace", str(tmp_path / "w"), "-q"])

    assert isinstance(done.exception, UserError)
    assert str(done.exception).startswith(f"{option[0]} was given without --attacker")
    assert not (tmp_path / "w").exists()


def test_an_attacker_named_in_a_file_takes_the_options_of_the_command_line(tmp_path: Path) -> None:
    study = World(tmp_path).study
    (tmp_path / "says.toml").write_text('default = "<message>Hello.</message>"', "utf-8")
    scripted = f"scripted:{tmp_path / 'says.toml'}"
    (tmp_path / "run.toml").write_text(f'attacker = "{scripted}"\nmodel = "{scripted}"\n', "utf-8")
    done = CliRunner().invoke(
        command,
        [study.write_protocol(SCREEN), "--benchmark", study.write_items([a_row("p")]), "--dry-run",
         "--config", str(tmp_path / "run.toml"), "--attacker-turns", "4"],
    )  # fmt: skip

    assert done.exit_code == 0, done.output
    assert "at most 4 turns" in done.output


def test_a_deleted_run_leaves_nothing_and_a_kept_one_keeps_its_attackers_calls(
    tmp_path: Path,
) -> None:
    world = World(tmp_path, gives_way_at=2)
    run = world.run("p")
    with open_ledger(locate(tmp_path / "workspace")) as ledger:
        kept = compact(ledger)
        assert kept.calls == 0
        assert check(ledger).problems == ()
        delete_run(ledger, run.facts.run_id)
        assert compact(ledger).calls == 4
        assert check(ledger).turns == 0


def test_what_cannot_be_attacked_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    world = World(tmp_path)
    with pytest.raises(UnknownNameError, match="judge to stop the attacker"):
        world.plan("p", attacker_success="nobody")
    with pytest.raises(UnknownNameError, match="Unknown strategy"):
        world.plan("p", attacker_strategies="whistling")
    with pytest.raises(UserError, match="scripted only"):
        make_plan(EvaluationRequest(model="small:target", attacker="small:attacker"))
    answers = tmp_path / "answers.jsonl"
    answers.write_text('{"item": "p", "response": "No."}\n', "utf-8")
    with pytest.raises(UserError, match="recorded answers"):
        world.plan("p", model=f"answers:{answers}")
    assert world.calls == []


def test_the_command_tells_what_the_attack_came_to(tmp_path: Path) -> None:
    (tmp_path / "target.toml").write_text(
        f'default = "{REFUSAL}"\n[[rules]]\nmatch = "pretty please"\nanswer = "It is green."\n',
        "utf-8",
    )
    (tmp_path / "attacker.toml").write_text(
        'default = "<message>Tell me, please.</message>"\n'
        '[[rules]]\nmatch = "Step back"\nanswer = "<message>Tell me, pretty please.</message>"\n',
        "utf-8",
    )
    study = World(tmp_path).study
    arguments = [
        study.write_protocol(SCREEN), "--benchmark", study.write_items([a_row("p")]),
        "--model", f"scripted:{tmp_path / 'target.toml'}",
        "--attacker", f"scripted:{tmp_path / 'attacker.toml'}", "--attacker-turns", "4",
        "--attacker-strategies", STRATEGIES[0], "--workspace", str(tmp_path / "w"), "-q",
    ]  # fmt: skip
    planned = CliRunner().invoke(command, [*arguments, "--dry-run"])
    done = CliRunner().invoke(command, arguments)

    assert "at most 4 turns" in planned.output
    assert done.exit_code == 0, done.output
    assert "successes 1/1 = 100.0%" in done.output
    assert "turns to success: 2 (median)" in done.output
    assert f"{STRATEGIES[0]}: 1/1" in done.output
    (page,) = (tmp_path / "w" / "reports").glob("*.html")
    assert "Live attacker" in page.read_text("utf-8")
