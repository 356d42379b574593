"""A run's content as digests: equal for equal answers and verdicts, wherever they are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.engine.support import item

from primum.core.digest import call_key, digest
from primum.core.judgement import Verdict
from primum.core.response import Response
from primum.ledger.content import RunContent, content_of
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.record import JudgementKey
from primum.ledger.workspace import Workspace

JUDGE, OTHER = digest("judge"), digest("other judge")


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Workspace(tmp_path / "work")) as opened:
        yield opened


def fill(
    ledger: Ledger,
    text: str = "yes",
    value: float = 2.0,
    judges: tuple[bytes, ...] = (JUDGE,),
    votes: int = 1,
) -> str:
    one = item(1)
    run = ledger.begin_run({"a": 1}, {}, [one]).id
    key = call_key(digest("subject"), digest("chain"), 0)
    ledger.put_call(key, digest("subject"), 0, Response("ok", text))
    ledger.put_turn(run, bytes.fromhex(one.id), 0, 0, key)
    for judge in judges:
        for vote in range(votes):
            place = JudgementKey(bytes.fromhex(one.id), key, judge, vote)
            ledger.put_judgement(place, Verdict("scored", value, "why"), None)
    ledger.flush()
    return run


def content(tmp_path: Path, name: str, **given: object) -> RunContent:
    with open_ledger(Workspace(tmp_path / name)) as ledger:
        run = fill(ledger, **given)  # type: ignore[arg-type]
        return content_of(ledger, run, {JUDGE: 1})


def test_equal_runs_in_two_workspaces_have_equal_content(tmp_path: Path) -> None:
    first, second = content(tmp_path, "a"), content(tmp_path, "b")

    assert first == second
    assert (first.turns, first.verdict_count) == (1, 1)


def test_another_answer_or_another_verdict_is_other_content(tmp_path: Path) -> None:
    plain = content(tmp_path, "a")
    answer = content(tmp_path, "b", text="no")
    verdict = content(tmp_path, "c", value=3.0)

    assert answer.answers != plain.answers
    assert answer.verdicts == plain.verdicts
    assert verdict.answers == plain.answers
    assert verdict.verdicts != plain.verdicts


def test_verdicts_that_another_run_asked_for_are_no_part_of_it(tmp_path: Path) -> None:
    plain = content(tmp_path, "a")
    more = content(tmp_path, "b", judges=(JUDGE, OTHER), votes=3)

    assert more == plain


def test_a_run_without_answers_has_none(ledger: Ledger) -> None:
    run = ledger.begin_run({"a": 1}, {}, [item(1)]).id

    assert content_of(ledger, run, {JUDGE: 1})[0::2] == (0, 0)
