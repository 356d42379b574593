"""The budget of a command: what it says when it is spent, and what is no budget."""

from __future__ import annotations

import pytest

from primum.core.errors import BudgetReached, UserError
from primum.engine.budget import Budget


@pytest.mark.parametrize(
    ("budget", "words"),
    [
        (Budget(max_calls=1, calls=1), "budget of 1 call for"),
        (Budget(max_calls=2, calls=2), "budget of 2 calls for"),
        (Budget(max_tokens=1, tokens=5), "budget of 1 token for"),
        (Budget(max_usd=1.0, usd=1.5), "budget of 1 US dollar for"),
        (Budget(max_usd=0.5, usd=0.5), "budget of 0.5 US dollars for"),
    ],
)
def test_a_spent_budget_is_named_with_its_unit(budget: Budget, words: str) -> None:
    with pytest.raises(BudgetReached, match=words):
        budget.take()


def test_a_limit_that_is_no_number_is_refused_rather_than_never_reached() -> None:
    with pytest.raises(UserError, match="“nan”"):
        Budget(max_usd=float("nan"))
