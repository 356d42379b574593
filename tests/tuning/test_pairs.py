"""Preference pairs: a rejected answer for each demonstration, or a counted reason why not."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.engine.support import CountingModel
from tests.tuning.demonstration_support import demonstration

from primum.core.errors import BudgetReached, UserError
from primum.core.response import Response
from primum.engine.budget import Budget
from primum.engine.progress import Progress
from primum.engine.run import JobGroup
from primum.judging.refusal_screen import screen
from primum.ledger.ledger import Ledger, open_ledger
from primum.ledger.workspace import Workspace
from primum.models.chat_model import ChatModel, ChatRequest
from primum.models.embedded import EmbeddedModel
from primum.tuning.demonstration import Demonstration
from primum.tuning.pairs import REASONS, Pairs, plain_refusals, with_rejected
from primum.tuning.sources import read_source


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Workspace(tmp_path / "work")) as opened:
        yield opened


def paired(
    ledger: Ledger,
    demonstrations: Sequence[Demonstration],
    model: ChatModel,
    *,
    seed: int = 0,
    budget: Budget | None = None,
) -> Pairs:
    async def run() -> Pairs:
        async with JobGroup(ledger, budget or Budget()) as group, model:
            asker = group.asker(Progress())
            return await with_rejected(demonstrations, model, asker, seed=seed)

    return asyncio.run(run())


def answering(*texts: str | Response) -> CountingModel:
    """A model that answers the demonstration of each number by the text of its place."""

    def answer(request: ChatRequest) -> Response:
        number = int(request.messages[-1].content.split()[-1].strip("?").removeprefix("noon"))
        found = texts[number]
        return found if isinstance(found, Response) else Response("ok", found)

    return CountingModel(answer=answer)


def test_a_models_own_answer_is_rejected_where_it_does_not_refuse(ledger: Ledger) -> None:
    own = [demonstration(0), demonstration(1)]
    model = answering(" Glue the kite and let it dry. ", "I can't help with that.")

    found = paired(ledger, own, model)

    assert [(each.request, each.rejected) for each in found.pairs] == [
        (own[0].request, "Glue the kite and let it dry.")
    ]
    assert found.pairs[0].response == own[0].response
    assert found.dropped == {"refused": 1}


def test_every_reason_is_counted(ledger: Ledger) -> None:
    own = [demonstration(number) for number in range(5)]
    model = answering(
        "I can't help with that.",
        Response("content_filter"),
        own[2].response.upper(),
        "Glue it and let it dry.",
        Response("truncated", "Glue it, then"),
    )
    other = demonstration(6, "benign", language="fr")

    found = paired(ledger, [*own, other], model)

    assert [each.rejected for each in found.pairs] == ["Glue it and let it dry.", "Glue it, then"]
    assert found.dropped == {
        "refused": 1,
        "no_answer": 1,
        "same_answer": 1,
        "no_refusal_in_language": 1,
    }
    assert set(found.dropped) <= set(REASONS)


def test_an_answer_in_a_language_that_is_not_screened_is_dropped(ledger: Ledger) -> None:
    own = [demonstration(0, language="ko"), demonstration(1)]
    model = answering("연을 풀로 붙이고 말리세요.", "Glue the kite and let it dry.")

    assert paired(ledger, own, model).dropped == {"not_screened": 1}


def test_harmless_requests_get_a_plain_refusal_and_are_not_asked(ledger: Ledger) -> None:
    own = [demonstration(number, "benign") for number in range(30)]
    own.append(demonstration(31, "benign", language="ja"))
    model = answering()

    found = paired(ledger, own, model, seed=1)
    again = paired(ledger, own[:5], model, seed=1)
    other = paired(ledger, own, model, seed=2)

    assert model.requests == []
    drawn = {each.rejected for each in found.pairs[:30]}
    assert drawn <= set(plain_refusals("en"))
    assert len(drawn) > 5
    assert found.pairs[30].rejected in plain_refusals("ja")
    assert again.pairs == found.pairs[:5]
    assert other.pairs != found.pairs


def test_a_rejected_answer_that_is_there_stays(ledger: Ledger) -> None:
    own = [demonstration(0, rejected="Burn it."), demonstration(1, "benign", rejected="No.")]
    model = answering()

    assert paired(ledger, own, model).pairs == tuple(own)
    assert model.requests == []


def test_pairs_keep_the_order_of_the_demonstrations(ledger: Ledger) -> None:
    own = [demonstration(0), demonstration(1, "benign"), demonstration(2)]
    model = answering("Glue the kite.", "", "Paint the scarf.")

    found = paired(ledger, own, model)

    assert [each.request for each in found.pairs] == [each.request for each in own]


def test_no_question_is_asked_twice_in_a_workspace(ledger: Ledger) -> None:
    own = [demonstration(number) for number in range(4)]
    model = answering(*["Glue the kite and let it dry."] * 4)

    with pytest.raises(BudgetReached):
        paired(ledger, own, model, budget=Budget(max_calls=2))
    found = paired(ledger, own, model)
    paired(ledger, own, model)

    assert len(found.pairs) == 4
    assert len(model.requests) == 4


def test_nothing_left_is_one_sentence(ledger: Ledger) -> None:
    model = answering("I can't help with that.")

    with pytest.raises(UserError) as caught:
        paired(ledger, [demonstration(0)], model)

    assert str(caught.value) == (
        "None of the 1 demonstrations gives a preference pair with counting (1: the model refuses "
        "it already, in full or in part). Name benign demonstrations or data with rejected "
        "answers, or tune with “lora”."
    )


@pytest.mark.slow
@pytest.mark.embedded
def test_the_embedded_model_gives_pairs(ledger: Ledger) -> None:
    own = [*read_source("general")[:6], *read_source("benign")[:2]]

    found = paired(ledger, own, EmbeddedModel(threads=1))

    assert len(found.pairs) + sum(found.dropped.values()) == len(own)
    harmful = [each for each in found.pairs if each.kind == "harmful"]
    assert harmful
    assert all(screen(each.rejected, "en", each.request).label == "none" for each in harmful)
    assert all(each.rejected in plain_refusals("en") for each in found.pairs[-2:])
