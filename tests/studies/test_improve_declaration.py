"""When the rules of an improvement were declared, as the ledger has it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.engine.support import item
from tests.studies.improve_outcomes import a_file

from primum.core.digest import call_key, digest
from primum.core.response import Response
from primum.gate.policy import Policy
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import Workspace
from primum.studies.improve_declaration import declare, declared
from primum.studies.improve_reading import Improvement


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    """An empty one."""
    with open_ledger(Workspace(tmp_path / "work")) as opened:
        yield opened


def improvement(limit: float = 0.5, **changes: Any) -> Improvement:
    """One candidate under a policy with that limit."""
    rule = {"metric": "refusal.full", "intent": "benign", "at_most": limit}
    policy = Policy.model_validate({"id": "p", "version": "1", "title": "P", "limit": [rule]})
    return Improvement(a_file([{"name": "mix", "harmful": ["general"]}], **changes), policy)


def answered(ledger: Ledger) -> list[str]:
    """The run of a tuned model that has answered now."""
    time.sleep(0.01)
    one = item(1)
    run = ledger.begin_run({"a": 1}, {}, [one]).id
    key = call_key(digest("subject"), digest("chain"), 0)
    ledger.put_call(key, digest("subject"), 0, Response("ok", "yes"))
    ledger.put_turn(run, bytes.fromhex(one.id), 0, 0, key)
    ledger.flush()
    time.sleep(0.01)
    return [run]


def test_rules_that_were_noted_before_the_first_answer_came_before(ledger: Ledger) -> None:
    """And again after the same command has run once more."""
    declare(improvement(), ledger)
    runs = answered(ledger)
    declare(improvement(), ledger)

    assert declared(improvement(), runs, ledger) == "before"


def test_without_an_answer_nothing_is_known(ledger: Ledger) -> None:
    """There is nothing to be before or after."""
    declare(improvement(), ledger)

    assert declared(improvement(), [], ledger) == "not_known"


@pytest.mark.parametrize(
    "changed",
    [
        improvement(0.9),
        improvement(margins={"over_refusal_rise": 0.5}),
        improvement(objectives={"safety": "refusal.any"}),
        improvement(confidence=0.5),
    ],
    ids=["policy", "margins", "objectives", "confidence"],
)
def test_rules_that_were_changed_after_the_answers_came_after(
    ledger: Ledger, changed: Improvement
) -> None:
    """They may have been chosen by looking."""
    declare(improvement(), ledger)
    runs = answered(ledger)
    declare(changed, ledger)

    assert declared(changed, runs, ledger) == "after"


@pytest.mark.parametrize(
    "changed",
    [
        improvement(id="another"),
        improvement(title={"en": "Another"}),
        improvement(transfer=[{"name": "far", "candidate": "mix", "kind": "en-ja"}]),
    ],
    ids=["id", "title", "transfer"],
)
def test_what_decides_nothing_does_not_count(ledger: Ledger, changed: Improvement) -> None:
    """Neither the id, nor titles, nor a transfer that was added."""
    declare(improvement(), ledger)
    runs = answered(ledger)
    declare(changed, ledger)

    assert declared(changed, runs, ledger) == "before"


def test_rules_that_were_never_noted_came_after(ledger: Ledger) -> None:
    """The ledger does not know of them."""
    assert declared(improvement(), answered(ledger), ledger) == "after"
